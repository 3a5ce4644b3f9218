# SPDX-License-Identifier: MIT
"""Step 2 of training: linear maps from the pooled embedding, fitted to the optimum.

The emotion head is the sum of two maps that err differently, over components (an emotion as one corpus sounds it):
- logistic regression with an L2 penalty, over all corpora;
- mixture discriminant analysis (Hastie and Tibshirani 1996) with one shrunken within-class covariance of all corpora.
It exists twice: for embeddings as they are, and for embeddings relative to the speaker's mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from corpora import LABELS

N = len(LABELS)
INTENSITIES = dict(normal=0.0, strong=1.0, low=0.0, medium=0.5, high=1.0)


@dataclass(frozen=True)
class HeadSettings:
    floor: float = 0.05  # added to deviations: features that hardly vary are not blown up
    summary_share: float = 0.1  # scale of the LSTM's summary beside the statistics
    dimensions: int = 1200  # principal components that the heads see
    whitened: int = 600  # of them in the discriminant analysis
    penalty: float = 1e-2
    intensity_penalty: float = 3e-2
    shrinkage: float = 0.1
    discriminant: float = 1.0  # share of the discriminant analysis in the sum
    adapted_discriminant: float = 0.3  # the same for the adapted head
    component_corpora: tuple = ("ravdess", "nemo")  # the rest only shape the covariance and the regression
    regression_share: tuple = (("ravdess", 1.0), ("cremad", 0.1))  # weight of a corpus; 0.3 of the others
    covariance_share: tuple = (("cremad", 0.5),)  # 1 of the others
    caution: float = 1.75  # by which the variance within an emotion is taken for larger: one mood is not a person
    prior_seconds: float = 30.0  # of a speaker: how much must be heard until the adapted head weighs one half


@dataclass
class Facts:
    """About each row of a table of embeddings."""

    labels: np.ndarray  # -1: unknown
    corpora: np.ndarray
    speakers: np.ndarray
    intensities: np.ndarray

    def __getitem__(self, rows) -> Facts:
        return Facts(self.labels[rows], self.corpora[rows], self.speakers[rows], self.intensities[rows])


@dataclass
class Heads:
    """Maps of the embedding e: components l = head e + bias; u = adapted e, u + adapted_bias relative to a speaker."""

    components: np.ndarray  # (C,) emotion of each
    head: np.ndarray  # (C, E)
    bias: np.ndarray
    adapted: np.ndarray  # (C, E)
    adapted_bias: np.ndarray
    ordinary: np.ndarray  # (C,) what neutral speech adds to the speaker's mean of u
    within: float  # variance of u within an emotion, summed over components
    between: float  # the same between the emotions of a balanced session
    intensity: np.ndarray  # (E,)
    intensity_bias: float


def masks(labels: np.ndarray, corpora: np.ndarray) -> np.ndarray:
    """Which emotions each row is told from: all, unless its corpus has no more than half of them."""
    mask = np.ones((len(labels), N), bool)
    for corpus in np.unique(corpora):
        own = np.isin(np.arange(N), labels[corpora == corpus])
        if own.sum() <= N / 2:
            mask[corpora == corpus] = own
    return mask


def shares(labels: np.ndarray, corpora: np.ndarray, of_corpus: tuple) -> np.ndarray:
    """Weights of rows that sum to 1: every emotion of a corpus weighs the same."""
    weights = np.zeros(len(labels))
    for corpus in np.unique(corpora):
        own = corpora == corpus
        counts = np.bincount(labels[own], minlength=N)
        weights[own] = dict(of_corpus).get(corpus, 0.3) / (counts > 0).sum() / counts[labels[own]]
    return (weights / weights.sum()).astype(np.float32)


def minimize(loss, parameters: list[Tensor], iterations: int) -> None:
    optimizer = torch.optim.LBFGS(parameters, max_iter=iterations, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(closure)


def regression(x: np.ndarray, facts: Facts, of_corpus: tuple, penalty: float, iterations: int = 40):
    """Multinomial logistic regression: weight (8, D) and bias (8,)."""
    values, target = torch.from_numpy(x), torch.from_numpy(facts.labels)
    share = torch.from_numpy(shares(facts.labels, facts.corpora, of_corpus))
    mask = torch.from_numpy(masks(facts.labels, facts.corpora))
    weight, bias = torch.zeros(N, x.shape[1], requires_grad=True), torch.zeros(N, requires_grad=True)

    def loss() -> Tensor:
        logits = (values @ weight.T + bias).masked_fill(~mask, -1e4)
        return (cross_entropy(logits, target, reduction="none") * share).sum() + penalty * weight.square().sum()

    minimize(loss, [weight, bias], iterations)
    return weight.detach().numpy(), bias.detach().numpy()


def discriminant(x: np.ndarray, facts: Facts, settings: HeadSettings):
    """Emotions of the components (C,), weight (C, D), bias (C,)."""
    covariance = np.zeros((x.shape[1], x.shape[1]), np.float32)
    means, emotions, total = [], [], 0.0
    for corpus in np.unique(facts.corpora):
        own = facts.corpora == corpus
        values, labels = x[own].copy(), facts.labels[own]
        for emotion in np.unique(labels):
            mean = values[labels == emotion].mean(axis=0)
            values[labels == emotion] -= mean
            if corpus in settings.component_corpora:
                means.append(mean)
                emotions.append(emotion)
        share = dict(settings.covariance_share).get(corpus, 1.0)
        covariance += share * values.T @ values / len(values)
        total += share
    covariance /= total
    level = np.trace(covariance) / len(covariance)
    covariance = (1 - settings.shrinkage) * covariance + settings.shrinkage * level * np.eye(len(covariance))
    means = np.stack(means)
    centre = means.mean(axis=0)
    weight = np.linalg.solve(covariance, (means - centre).T).T.astype(np.float32)
    return np.array(emotions), weight, -0.5 * ((means - centre) * weight).sum(axis=1) - weight @ centre


def relative_to_speaker(x: np.ndarray, facts: Facts) -> np.ndarray:
    """Minus the speaker's mean, in which every emotion counts the same."""
    x = x.copy()
    for speaker in np.unique(facts.speakers):
        own = facts.speakers == speaker
        labels = facts.labels[own]
        x[own] -= np.mean([x[own][labels == emotion].mean(axis=0) for emotion in np.unique(labels)], axis=0)
    return x


def emotion_head(x: np.ndarray, deviation: np.ndarray, facts: Facts, share: float, settings: HeadSettings):
    """The sum of both maps on principal components x of the given deviations: components, weight (C, D), bias."""
    weight, bias = regression(x, facts, settings.regression_share, settings.penalty)
    few = deviation[: settings.whitened]
    emotions, second, second_bias = discriminant(x[:, : len(few)] / few, facts, settings)
    weight, bias = weight[emotions].copy(), bias[emotions] + share * second_bias
    weight[:, : len(few)] += share * second / few
    return emotions, weight, bias


def scatter(u: np.ndarray, facts: Facts) -> tuple[float, float]:
    """Variance between and within the emotions of u, relative to the speaker; averaged over corpora with many."""
    between, within = [], []
    for corpus in np.unique(facts.corpora):
        own = facts.corpora == corpus
        values, labels = u[own], facts.labels[own]
        emotions = np.unique(labels)
        if len(emotions) > N / 2:
            means = np.stack([values[labels == emotion].mean(axis=0) for emotion in emotions])
            between.append(((means - means.mean(axis=0)) ** 2).sum(axis=1).mean())
            rest = [
                ((values[labels == e] - mean) ** 2).sum(axis=1).mean() for e, mean in zip(emotions, means, strict=True)
            ]
            within.append(np.mean(rest))
    return float(np.mean(between)), float(np.mean(within))


def intensity_head(x: np.ndarray, facts: Facts, penalty: float):
    """Logistic regression on how strongly actors were told to play, 0..1: weight (D,) and bias."""
    known = np.isin(facts.intensities, list(INTENSITIES))
    values = torch.from_numpy(x[known])
    target = torch.tensor([INTENSITIES[name] for name in facts.intensities[known]])
    weight, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)

    def loss() -> Tensor:
        return binary_cross_entropy_with_logits(values @ weight + bias, target) + penalty * weight.square().sum()

    minimize(loss, [weight, bias], 40)
    return weight.detach().numpy(), float(bias.detach())


def fit_heads(embeddings: np.ndarray, summary: int, facts: Facts, settings: HeadSettings) -> Heads:
    """Embeddings (rows, E) of emotional speech, whose last `summary` numbers are the LSTM's."""
    mean, scale = embeddings.mean(axis=0), embeddings.std(axis=0) + settings.floor
    scale[-summary:] /= settings.summary_share
    z = (embeddings - mean) / scale
    values, vectors = torch.linalg.eigh(torch.from_numpy(z.T @ z / len(z)))
    vectors = vectors.flip(1)[:, : settings.dimensions].numpy()
    deviation = values.flip(0)[: settings.dimensions].clamp(min=1e-6).sqrt().numpy()
    x = z @ vectors
    project = vectors / scale[:, None]  # (E, D)

    components, weight, bias = emotion_head(x, deviation, facts, settings.discriminant, settings)
    head = weight @ project.T
    centred = relative_to_speaker(x, facts)
    share = settings.adapted_discriminant
    _, weight, adapted_bias = emotion_head(centred, deviation, facts, share, settings)
    adapted, u = weight @ project.T, centred @ weight.T
    neutral = [
        u[(facts.corpora == c) & (facts.labels == 0)].mean(axis=0)
        for c in settings.component_corpora
        if ((facts.corpora == c) & (facts.labels == 0)).any()
    ]

    # How u scatters for speakers that its map has not seen: two halves of the speakers, each with the other's map.
    names = np.unique(facts.speakers)
    half = np.isin(facts.speakers, names[::2])
    ratios = []
    for fitted in (half, ~half):
        _, other, _ = emotion_head(centred[fitted], deviation, facts[fitted], share, settings)
        seen, _ = scatter(centred[fitted] @ other.T, facts[fitted])
        between, within = scatter(centred[~fitted] @ other.T, facts[~fitted])
        ratios.append((between / seen, within / between))
    shrink, within = np.mean(ratios, axis=0)
    between = scatter(u, facts)[0] * shrink

    intensity, intensity_bias = intensity_head(x, facts, settings.intensity_penalty)
    intensity = project @ intensity
    return Heads(
        components=components,
        head=head,
        bias=bias - head @ mean,
        adapted=adapted,
        adapted_bias=adapted_bias,
        ordinary=np.mean(neutral, axis=0),
        within=float(within * between),
        between=float(between),
        intensity=intensity,
        intensity_bias=intensity_bias - float(intensity @ mean),
    )
