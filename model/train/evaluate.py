# SPDX-License-Identifier: MIT
"""Predictions on whole clips, decided as the engine decides, and the figures of the report."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch

from corpora import LABELS
from dataset import Copy
from network import STATISTICS, Network

THRESHOLDS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)  # on the speech logit
MIN_RATIOS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
SPEECH_TO_PASS = 99.0  # percent


@dataclass
class Predictions:
    """Per sequence of the chosen clips."""

    clips: np.ndarray  # index of the clip
    logits: np.ndarray
    speech_ratios: np.ndarray  # per threshold; 0 where the sequence is digital silence

    def __add__(self, other: Predictions) -> Predictions:
        fields = (np.concatenate([getattr(p, f) for p in (self, other)]) for f in self.__dataclass_fields__)
        return Predictions(*fields)


@torch.no_grad()
def predict(network: Network, copy_: Copy, chosen: np.ndarray) -> Predictions:
    network.eval()
    rows = np.flatnonzero(np.isin(copy_.index[:, 0], chosen))
    logits = np.zeros((len(rows), len(LABELS)), np.float32)
    ratios = np.zeros((len(rows), len(THRESHOLDS)), np.float32)
    thresholds = torch.tensor(THRESHOLDS)[:, None, None]
    for part, conv2 in copy_.batches(rows):
        output = network(conv2)
        logits[part] = output["logits"].numpy()
        ratios[part] = (output["speech"] > thresholds).float().mean(dim=2).numpy().T
    ratios[copy_.index[rows, 5] == 0] = 0
    return Predictions(copy_.index[rows, 0], logits, ratios)


def without_summary(network: Network) -> Network:
    """The linear map on the statistics of the stem alone."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        network.head.weight[:, STATISTICS:] = 0
    return network


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def decide(predictions: Predictions, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clips, their final emotion (majority of votes, ties to the larger summed probability), mean probabilities.

    A forced choice: every sequence votes, without speech gate and `uncertain`.
    """
    probabilities = softmax(predictions.logits / temperature)
    votes = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
    clips = np.unique(predictions.clips)
    means, finals = [], []
    for clip in clips:
        own = predictions.clips == clip
        means.append(probabilities[own].mean(axis=0))
        finals.append(int((votes[own].sum(axis=0) + means[-1] * 1e-3).argmax()))
    return clips, np.array(finals), np.array(means)


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


def fit_temperature(logits: list[np.ndarray], truth: list[np.ndarray]) -> float:
    """The temperature of least negative log-likelihood, averaged over corpora."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(5), 200))

    def loss(temperature: float) -> float:
        parts = zip(logits, truth, strict=True)
        return sum(-np.log(softmax(x / temperature)[np.arange(len(y)), y] + 1e-12).mean() for x, y in parts)

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
