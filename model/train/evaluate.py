# SPDX-License-Identifier: MIT
"""Predictions on whole clips, decided as the engine decides, and the figures of the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from corpora import LABELS
from dataset import Copy
from network import Network


@dataclass
class Predictions:
    """Per sequence of the chosen clips."""

    clips: np.ndarray  # index of the clip
    logits: np.ndarray
    speech_ratio: np.ndarray  # 0 where the sequence is digital silence

    def __add__(self, other: Predictions) -> Predictions:
        fields = (np.concatenate([getattr(p, f) for p in (self, other)]) for f in self.__dataclass_fields__)
        return Predictions(*fields)


@torch.no_grad()
def predict(network: Network, copy: Copy, chosen: np.ndarray, batch: int = 32) -> Predictions:
    network.eval()
    rows = np.flatnonzero(np.isin(copy.index[:, 0], chosen))
    logits = np.zeros((len(rows), len(LABELS)), np.float32)
    ratio = np.zeros(len(rows), np.float32)
    lengths = np.array([copy.length(row) for row in rows])
    for length in np.unique(lengths):  # one length at a time: no padding
        same = np.flatnonzero(lengths == length)
        for part in np.split(same, range(batch, len(same), batch)):
            output = network(torch.stack([copy.stem(rows[i]) for i in part]))
            logits[part] = output["logits"].numpy()
            ratio[part] = (output["speech"] > 0).float().mean(dim=1).numpy()
    ratio[[not copy.audible(row) for row in rows]] = 0
    return Predictions(copy.index[rows, 0], logits, ratio)


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


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The temperature of least negative log-likelihood."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(5), 200))
    losses = [-np.log(softmax(logits / t)[np.arange(len(truth)), truth] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def speech_pass_rate(predictions: Predictions, min_ratio: float) -> float:
    """Share of clips with at least one sequence that counts as speech, in percent."""
    clips = np.unique(predictions.clips)
    passed = np.unique(predictions.clips[predictions.speech_ratio >= max(min_ratio, 1e-9)])
    return 100 * len(passed) / len(clips)
