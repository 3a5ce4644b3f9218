# SPDX-License-Identifier: MIT
"""Linear maps from the embedding, fitted to the optimum.

The head for strangers is the sum of two maps that err differently, over components (an emotion as one corpus sounds it,
as the mean of the corpora does, and ordinary speech):
- logistic regression with an L2 penalty, over all corpora; of ordinary speech it is only asked to be neutral or calm;
- mixture discriminant analysis (Hastie and Tibshirani 1996) with one shrunken within-class covariance of all corpora.
A second one of the same kind, fitted to embeddings relative to the speaker's mean, gives the space of the belief.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from corpora import LABELS
from dataset import ORDINARY_LABEL, UNUSED, Pool

N = len(LABELS)
INTENSITIES = dict(normal=0.0, strong=1.0, low=0.0, medium=0.5, high=1.0)
# Corpora whose emotions are acted in ways of their own, or labelled weakly: as labels they cost strangers of other
# corpora 2 to 5 points. Their neutral and calm clips are ordinary speech like any other.
WEAK = ("emotiontts", "emospeech")


@dataclass(frozen=True)
class HeadSettings:
    floor: float = 0.05  # added to deviations: features that hardly vary are not blown up
    summary_share: float = 0.1  # scale of the LSTM's summary beside the statistics
    dimensions: int = 1200  # principal components that the heads see
    whitened: int = 800  # of them in the discriminant analysis
    penalty: float = 3e-2
    shrinkage: float = 0.2
    discriminant: float = 0.2  # share of the discriminant analysis in the sum
    adapted_discriminant: float = 0.1  # the same relative to the speaker
    adapted_shrinkage: float = 0.2
    components: tuple = ("ravdess", "nemo")  # the corpora that have them
    share: tuple = (
        ("ravdess", 1.0),
        ("nemo", 1.0),
        ("cremad", 0.1),
    )  # in regressions; 0.3 of others
    covariance: tuple = (("cremad", 0.5),)  # weight in the discriminant analysis; 1 of the others
    ordinary: float = 0.5  # weight of ordinary speech in the regression; a corpus is 1
    ordinary_covariance: float = 2.0
    intensity_penalty: float = 3e-2
    seed: int = 0  # of the rows that principal components are taken of


def emotions_of(pool: Pool) -> np.ndarray:
    """The labels that the heads learn, per row."""
    labels = pool.labels.copy()
    weak = np.isin(pool.corpora, WEAK) & (labels >= 0) & (labels < N)
    labels[weak] = np.where(labels[weak] <= LABELS.index("calm"), ORDINARY_LABEL, UNUSED)
    return labels


def usable(labels: np.ndarray) -> np.ndarray:
    """Rows of speech that say something."""
    return labels >= 0


@dataclass
class Reduction:
    """Principal components of embeddings whose columns are scaled alike."""

    mean: np.ndarray  # (E,)
    scale: np.ndarray  # (E,)
    vectors: np.ndarray  # (E, D)
    deviation: np.ndarray  # (D,)

    @staticmethod
    def of(embeddings: np.ndarray, summary: int, dimensions: int, settings: HeadSettings | None = None) -> Reduction:
        """Of (rows, E), whose last `summary` columns are the LSTM's."""
        settings = settings or HeadSettings()
        some = embeddings[np.sort(np.random.default_rng(settings.seed).permutation(len(embeddings))[:14000])].astype(
            np.float32
        )
        mean, scale = some.mean(axis=0), some.std(axis=0) + settings.floor
        scale[-summary:] /= settings.summary_share
        z = torch.from_numpy((some - mean) / scale)
        values, vectors = torch.linalg.eigh(z.T @ z / len(z))
        vectors = vectors.flip(1)[:, :dimensions].numpy()
        return Reduction(mean, scale, vectors, values.flip(0)[:dimensions].clamp(min=1e-6).sqrt().numpy())

    def apply(self, embeddings: np.ndarray) -> np.ndarray:
        result = np.empty((len(embeddings), self.vectors.shape[1]), np.float32)
        for first in range(0, len(embeddings), 4096):
            part = embeddings[first : first + 4096].astype(np.float32)
            result[first : first + 4096] = ((part - self.mean) / self.scale) @ self.vectors
        return result

    def back(self, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows over components -> rows over embeddings, and the bias that the mean makes."""
        rows = (weight @ self.vectors.T) / self.scale
        return rows, -rows @ self.mean


def masks(labels: np.ndarray, corpora: np.ndarray) -> np.ndarray:
    """Which emotions each row is told from: all, unless its corpus has no more than half of them."""
    mask = np.ones((len(labels), N), bool)
    emotional = (labels >= 0) & (labels < N)
    for corpus in np.unique(corpora):
        own = np.isin(np.arange(N), labels[(corpora == corpus) & emotional])
        if 0 < own.sum() <= N / 2:
            mask[(corpora == corpus) & emotional] = own
    return mask


def row_weights(labels: np.ndarray, corpora: np.ndarray, settings: HeadSettings, ordinary: float) -> np.ndarray:
    """Every emotion of a corpus weighs the same; sources of ordinary speech weigh by the root of their size."""
    weights, emotional = np.zeros(len(labels)), labels < N
    for corpus in np.unique(corpora[emotional]):
        own = (corpora == corpus) & emotional
        counts = np.bincount(labels[own], minlength=N)
        weights[own] = dict(settings.share).get(corpus, 0.3) / (counts > 0).sum() / counts[labels[own]]
    total = weights.sum()
    if not emotional.all():
        sources, of, counts = np.unique(corpora[~emotional], return_inverse=True, return_counts=True)
        weights[~emotional] = ordinary * counts[of] ** -0.5 / (counts**0.5).sum()
    return (weights / total).astype(np.float32)


def minimize(loss, parameters: list[Tensor], iterations: int) -> None:
    optimizer = torch.optim.LBFGS(parameters, max_iter=iterations, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(closure)


def negative_log_likelihood(logits: Tensor, mask: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Per row, among the emotions of its mask; of ordinary speech, that it is neutral or calm."""
    logs = logits.masked_fill(~mask, -1e4).log_softmax(dim=1)
    ordinary = labels == ORDINARY_LABEL
    named = logs.gather(1, torch.where(ordinary, 0, labels)[:, None])[:, 0]
    loss = -torch.where(ordinary, torch.logaddexp(logs[:, 0], logs[:, 1]), named)
    if not smoothing:
        return loss
    even = -((logs * mask).sum(dim=1) / mask.sum(dim=1))
    return (1 - smoothing) * loss + smoothing * even * ~ordinary


def regression(
    x: np.ndarray,
    labels: np.ndarray,
    corpora: np.ndarray,
    settings: HeadSettings | None = None,
    penalty: float | None = None,
    iterations: int = 40,
    ordinary: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression: weight (8, D) and bias (8,)."""
    settings = settings or HeadSettings()
    penalty = settings.penalty if penalty is None else penalty
    ordinary = settings.ordinary if ordinary is None else ordinary
    values, target = torch.from_numpy(x), torch.from_numpy(labels)
    share = torch.from_numpy(row_weights(labels, corpora, settings, ordinary))
    mask = torch.from_numpy(masks(labels, corpora))
    weight, bias = torch.zeros(N, x.shape[1], requires_grad=True), torch.zeros(N, requires_grad=True)

    def loss() -> Tensor:
        likelihood = negative_log_likelihood(values @ weight.T + bias, mask, target)
        return (likelihood * share).sum() + penalty * weight.square().sum()

    minimize(loss, [weight, bias], iterations)
    return weight.detach().numpy(), bias.detach().numpy()


def discriminant(x: np.ndarray, labels: np.ndarray, corpora: np.ndarray, settings: HeadSettings, shrinkage: float):
    """Emotions of the components (C,), weight (C, D), bias (C,). Ordinary speech is a component of `neutral`; then each
    emotion as the corpora sound it on average is one, too."""
    covariance = np.zeros((x.shape[1], x.shape[1]), np.float32)
    means, emotions, total = [], [], 0.0
    ordinary = labels == ORDINARY_LABEL
    for corpus in np.unique(corpora[~ordinary]):
        own = (corpora == corpus) & ~ordinary
        values, own_labels = x[own].copy(), labels[own]
        for emotion in np.unique(own_labels):
            mean = values[own_labels == emotion].mean(axis=0)
            values[own_labels == emotion] -= mean
            if corpus in settings.components:
                means.append(mean)
                emotions.append(emotion)
        share = dict(settings.covariance).get(corpus, 1.0)
        covariance += share * values.T @ values / len(values)
        total += share
    if ordinary.any():
        sources = np.unique(corpora[ordinary])
        centres = []
        for source in sources:
            values = x[ordinary & (corpora == source)]
            centres.append(values.mean(axis=0))
            values = values - centres[-1]
            covariance += settings.ordinary_covariance / len(sources) * values.T @ values / len(values)
        total += settings.ordinary_covariance
        means.append(np.mean(centres, axis=0))
        emotions.append(LABELS.index("neutral"))
        several = np.array(emotions)
        for emotion in np.unique(several):
            means.append(
                np.mean([m for m, e in zip(means[: len(several)], several, strict=True) if e == emotion], axis=0)
            )
            emotions.append(emotion)
    covariance /= total
    level = np.trace(covariance) / len(covariance)
    covariance = (1 - shrinkage) * covariance + shrinkage * level * np.eye(len(covariance), dtype=np.float32)
    centred = np.stack(means)
    centre = centred.mean(axis=0)
    weight = np.linalg.solve(covariance, (centred - centre).T).T.astype(np.float32)
    return np.array(emotions), weight, -0.5 * ((centred - centre) * weight).sum(axis=1) - weight @ centre


def relative_to_speaker(x: np.ndarray, labels: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Minus the speaker's mean, in which every emotion counts the same."""
    x = x.copy()
    for speaker in np.unique(speakers):
        own = speakers == speaker
        x[own] -= np.mean([x[own][labels[own] == emotion].mean(axis=0) for emotion in np.unique(labels[own])], axis=0)
    return x


@dataclass
class Heads:
    """Maps of the embedding e."""

    components: np.ndarray  # (C,) emotion of each
    stranger: np.ndarray  # (C, E): logits of the components are stranger e + bias
    bias: np.ndarray  # (C,)
    adapted: np.ndarray  # (C', E): u = adapted e, less what its numbers have in common
    intensity: np.ndarray  # (E,)
    intensity_bias: float

    def evidence(self, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits of the components and u, (rows, C) and (rows, C')."""
        logits = np.empty((len(embeddings), len(self.stranger)), np.float32)
        u = np.empty((len(embeddings), len(self.adapted)), np.float32)
        for first in range(0, len(embeddings), 4096):
            part = embeddings[first : first + 4096].astype(np.float32)
            logits[first : first + 4096] = part @ self.stranger.T + self.bias
            u[first : first + 4096] = part @ self.adapted.T
        return logits, u


def fit_heads(pool: Pool, rows: np.ndarray, embeddings: np.ndarray, summary: int, settings: HeadSettings) -> Heads:
    """From rows of the pool and their embeddings."""
    labels = emotions_of(pool)[rows]
    known = usable(labels)
    rows, embeddings, labels = rows[known], embeddings[known], labels[known]
    corpora, speakers = pool.corpora[rows], pool.speakers[rows]
    reduction = Reduction.of(embeddings, summary, settings.dimensions, settings)
    x, deviation = reduction.apply(embeddings), reduction.deviation
    few = deviation[: settings.whitened]

    def both(values, labels, corpora, share: float, shrinkage: float, penalty: float):
        weight, bias = regression(values, labels, corpora, settings, penalty)
        emotions, second, second_bias = discriminant(values[:, : len(few)] / few, labels, corpora, settings, shrinkage)
        weight, bias = weight[emotions].copy(), bias[emotions] + share * second_bias
        weight[:, : len(few)] += share * second / few
        return emotions, weight, bias

    components, weight, bias = both(x, labels, corpora, settings.discriminant, settings.shrinkage, settings.penalty)
    stranger, offset = reduction.back(weight)
    acted = labels < N
    own = relative_to_speaker(x[acted], labels[acted], speakers[acted])
    _, weight, _ = both(
        own, labels[acted], corpora[acted], settings.adapted_discriminant, settings.adapted_shrinkage, settings.penalty
    )
    adapted, _ = reduction.back(weight - weight.mean(axis=0))

    intensities = np.array([pool.clips[clip].intensity for clip in pool.clip[rows]])
    intensity, intensity_bias = intensity_head(x, intensities, settings.intensity_penalty)
    row, row_offset = reduction.back(intensity[None])
    return Heads(components, stranger, bias + offset, adapted, row[0], intensity_bias + float(row_offset[0]))


def intensity_head(x: np.ndarray, intensities: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Logistic regression on how strongly actors were told to play, 0..1: weight (D,) and bias."""
    known = np.isin(intensities, list(INTENSITIES))
    values = torch.from_numpy(x[known])
    target = torch.tensor([INTENSITIES[name] for name in intensities[known]])
    weight, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)

    def loss() -> Tensor:
        return binary_cross_entropy_with_logits(values @ weight + bias, target) + penalty * weight.square().sum()

    minimize(loss, [weight, bias], 40)
    return weight.detach().numpy(), float(bias.detach())
