# SPDX-License-Identifier: MIT
"""Predictions on whole clips, decided as the engine decides, and the figures of the report."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

import features
from corpora import LABELS
from dataset import Copy
from network import Network

THRESHOLDS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)  # on the speech logit
MIN_RATIOS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
SPEECH_TO_PASS = 98.5  # percent
IMPOSSIBLE = -1e3  # log-probability


@dataclass
class Predictions:
    """Per sequence of the chosen clips."""

    clips: np.ndarray  # index of the clip
    components: np.ndarray  # (sequences, components), of the head
    adapted: np.ndarray  # (sequences, components), of the adapted head, without its bias
    seconds: np.ndarray  # of audio that the sequence adds to the clip's earlier ones
    intensity: np.ndarray
    speech_ratios: np.ndarray  # per threshold; 0 where the sequence is digital silence

    def __getitem__(self, rows) -> Predictions:
        return Predictions(*(getattr(self, f)[rows] for f in self.__dataclass_fields__))

    def tempered(self, plain: float, adapted: float) -> Predictions:
        """Of Network.tempered()."""
        return replace(self, components=self.components / plain, adapted=self.adapted / adapted)


@torch.no_grad()
def predict(network: Network, copy_: Copy, chosen: np.ndarray) -> Predictions:
    network.eval()
    rows = judged_rows(copy_, chosen)
    shape = (len(rows), len(network.components))
    components, adapted = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    intensity = np.zeros(len(rows), np.float32)
    ratios = np.zeros((len(rows), len(THRESHOLDS)), np.float32)
    thresholds = torch.tensor(THRESHOLDS)[:, None, None]
    for part, mel in copy_.batches(rows):
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network.encode(network.stem(mel)["conv2"])
        output = network.judge([output.float() for output in outputs])
        components[part], adapted[part] = output["components"].numpy(), output["adapted"].numpy()
        intensity[part] = output["intensity"].numpy()
        ratios[part] = (output["speech"] > thresholds).float().mean(dim=2).numpy().T
    ratios[copy_.index[rows, 5] == 0] = 0
    clips, end = copy_.index[rows, 0], copy_.index[rows, 6] + copy_.index[rows, 2]
    later = np.concatenate([[False], clips[1:] == clips[:-1]])
    new = end - np.where(later, np.roll(end, 1), 0)
    return Predictions(clips, components, adapted, new / features.FRAMES_PER_SECOND, intensity, ratios)


def judged_rows(copy_: Copy, chosen: np.ndarray) -> np.ndarray:
    """Rows of the chosen clips, without the sequences that the engine leaves out."""
    rows = np.flatnonzero(np.isin(copy_.index[:, 0], chosen))
    clips, starts = copy_.index[rows, 0], copy_.index[rows, 6]
    later = np.concatenate([[False], clips[1:] == clips[:-1]])
    return rows[~later | features.brings_enough(starts - np.roll(starts, 1))]


def log_probabilities(logits: np.ndarray, components: list[int]) -> np.ndarray:
    """Of the emotions, given the logits of their components."""
    emotions = np.array(components)
    joined = [np.logaddexp.reduce(logits[:, emotions == label], axis=1) for label in range(len(LABELS))]
    joined = np.stack(joined, axis=1)
    joined = joined - np.logaddexp.reduce(joined, axis=1, keepdims=True)
    return np.maximum(joined, IMPOSSIBLE)  # an emotion without components, in a network that never heard it


@dataclass
class Heard:
    """The engine's sums over the segments heard of a speaker (network.Speaker), one row per segment to be judged."""

    seconds: np.ndarray
    squares: np.ndarray
    sum: np.ndarray  # (rows, components)
    scatter: np.ndarray

    @staticmethod
    def nothing(rows: int, components: int) -> Heard:
        return Heard(np.zeros(rows), np.zeros(rows), np.zeros((rows, components)), np.zeros(rows))


def contributions(network: Network, predictions: Predictions) -> Heard:
    """What each sequence adds."""
    u, seconds = predictions.adapted.astype(float), predictions.seconds.astype(float)
    return Heard(seconds, seconds**2, seconds[:, None] * u, seconds * (u**2).sum(axis=1))


def relative(network: Network, predictions: Predictions, heard: Heard, enrolled=None) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the components relative to the speaker, and their weight (rows, 1), as network.Speaker gives them.
    `enrolled`: (seconds, sum of seconds x (u - ordinary)) per row."""
    seconds = np.maximum(heard.seconds, 1e-9)
    biased = heard.scatter / seconds - ((heard.sum / seconds[:, None]) ** 2).sum(axis=1)
    enough = heard.seconds**2 > 1.5 * np.maximum(heard.squares, 1e-9)
    variance = biased / np.maximum(1 - heard.squares / seconds**2, 1e-9)
    diversity = np.where(enough, np.clip((variance - network.within) / network.between, 0, 1), 0)
    enrolled_seconds, offset = enrolled if enrolled is not None else (0.0, 0.0)
    known = enrolled_seconds + diversity * heard.seconds
    usual = (offset + diversity[:, None] * heard.sum) / np.maximum(known, 1e-9)[:, None]
    logits = predictions.adapted - usual + network.adapted.bias.detach().numpy()
    return logits.astype(np.float32), (known / (known + network.prior_seconds))[:, None]


def logits(network: Network, predictions: Predictions, heard: Heard | None = None, enrolled=None) -> np.ndarray:
    """Of the emotions."""
    plain = log_probabilities(predictions.components, network.components)
    if heard is None:
        return plain
    other, weight = relative(network, predictions, heard, enrolled)
    return (1 - weight) * plain + weight * log_probabilities(other, network.components)


def after_the_others(network: Network, predictions: Predictions, speakers: np.ndarray) -> Heard:
    """The state in which each sequence is judged when all other clips of its speaker have been heard. `speakers`: per
    sequence."""
    added = contributions(network, predictions)
    heard = Heard.nothing(len(predictions.clips), predictions.adapted.shape[1])
    for name in ("seconds", "squares", "sum", "scatter"):
        values, total = getattr(added, name), getattr(heard, name)
        by_clip = np.zeros((predictions.clips.max() + 1, *values.shape[1:]))
        np.add.at(by_clip, predictions.clips, values)
        for speaker in np.unique(speakers):
            own = speakers == speaker
            total[own] = values[own].sum(axis=0) - by_clip[predictions.clips[own]]
    return heard


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def decide(of: np.ndarray, logits: np.ndarray):
    """Clips, their final emotion (majority of votes, ties to the larger summed probability), mean probabilities; given
    the clip and the logits of each sequence.

    A forced choice: every sequence votes, without speech gate and `uncertain`.
    """
    probabilities = softmax(logits)
    votes = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
    clips, position = np.unique(of, return_inverse=True)
    sums = np.zeros((2, len(clips), probabilities.shape[1]))
    np.add.at(sums[0], position, votes)
    np.add.at(sums[1], position, probabilities)
    means = sums[1] / np.bincount(position)[:, None]
    return clips, (sums[0] + means * 1e-3).argmax(axis=1), means


def confusion(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """Rows: intended emotion; columns: answer."""
    matrix = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(matrix, (truth, guess), 1)
    return matrix


def scores(matrix: np.ndarray) -> dict[str, float]:
    """Unweighted average recall, accuracy and macro-F1 over the emotions that occur, in percent."""
    occurring = matrix.sum(axis=1) > 0
    hits = np.diag(matrix)[occurring]
    recall = hits / matrix.sum(axis=1)[occurring]
    f1 = 2 * hits / np.maximum(matrix.sum(axis=1)[occurring] + matrix.sum(axis=0)[occurring], 1)
    return dict(uar=100 * recall.mean(), accuracy=100 * hits.sum() / matrix.sum(), macro_f1=100 * f1.mean())


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: |confidence - accuracy|, averaged over bins of confidence, in percent."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[bin_of == b].sum() - confidence[bin_of == b].sum()) for b in range(bins)]
    return 100 * float(sum(gaps)) / len(truth)


def per_emotion(matrix: np.ndarray) -> dict[str, dict[str, float]]:
    figures = {}
    for i, label in enumerate(LABELS):
        if matrix[i].sum():
            recall, precision = matrix[i, i] / matrix[i].sum(), matrix[i, i] / max(matrix[:, i].sum(), 1)
            f1 = 2 * matrix[i, i] / (matrix[i].sum() + matrix[:, i].sum())
            figures[label] = dict(recall=100 * recall, precision=100 * precision, f1=100 * f1)
    return figures


def fit_temperature(logits: list[np.ndarray], truth: list[np.ndarray], components: list[int]) -> float:
    """The temperature of the components' logits with the least Brier score, averaged over corpora: a few hopeless
    errors with large logits do not decide it, as they would with log-likelihood."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(20), 100))

    def loss(temperature: float) -> float:
        guesses = [np.exp(log_probabilities(x / temperature, components)) for x in logits]
        return sum(((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1).mean() for p, y in zip(guesses, truth, strict=True))

    return float(min(candidates, key=loss))


def speech_pass_rate(predictions: Predictions, min_ratio: float, threshold: float = 0.0) -> float:
    """Share of clips with at least one sequence that counts as speech, in percent."""
    ratio = predictions.speech_ratios[:, THRESHOLDS.index(threshold)]
    passed = np.unique(predictions.clips[ratio >= min_ratio])
    return 100 * len(passed) / len(np.unique(predictions.clips))


def tune_gate(speech: list[Predictions], noise: list[Predictions]) -> dict[str, float]:
    """The threshold and min_ratio that stop most noise among those that let nearly all speech of every part pass."""

    def stopped(setting: tuple[float, float]) -> tuple[bool, float]:
        passing = min(speech_pass_rate(part, *setting) for part in speech)
        noise_rate = float(np.mean([speech_pass_rate(part, *setting) for part in noise]))
        return (True, -noise_rate) if passing >= SPEECH_TO_PASS else (False, passing)

    min_ratio, threshold = max(((r, t) for r in MIN_RATIOS for t in THRESHOLDS), key=stopped)
    return dict(threshold=threshold, min_ratio=min_ratio)
