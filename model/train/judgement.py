# SPDX-License-Identifier: MIT
"""From evidence to a verdict, in NumPy: what is known of people in general, the belief about one of them, judgement.
src/pipeline/population.h, belief.c and judge.c are the twins.

Evidence is (labels + dimensions) numbers: the logits of the labels for a stranger, then x = s + m[y] + e, with the
speaker s ~ N(0, diag(between)), emotion y's mean m[y], and the moment e ~ N(0, 1). `population.py` fits all that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

ROUNDS, SETTLED = 30, 1e-4
LEAST_PRIOR = 1e-6  # somebody may show what nobody expects


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


@dataclass
class Population:
    between: np.ndarray  # (dimensions,) variance of speakers; within one it is 1
    means: np.ndarray  # (labels, dimensions)
    relative: np.ndarray  # (labels, dimensions): logits of x - s for a speaker who is known ...
    relative_bias: np.ndarray  # (labels,)
    share: float = 0.5  # of a segment, as an observation
    caution: float = 6.0  # as many segments heard give what is relative to the speaker half of its weight
    surprise: float = 0.0  # how fast evidence far from all that was trained on flattens probabilities
    everyday: np.ndarray = field(default_factory=lambda: np.full(8, 0.125))  # (labels,) the default prior
    ordinary: tuple[int, ...] = (0, 1)  # the labels that ordinary speech may have

    @property
    def labels(self) -> int:
        return len(self.means)

    @property
    def dimensions(self) -> int:
        return self.means.shape[1]


@dataclass
class Belief:
    heard: float  # whole segments
    shift: np.ndarray  # (dimensions,) mean of s

    def weight(self, people: Population) -> float:
        return self.heard / (self.heard + people.caution)


def learn(people: Population, evidence: np.ndarray, weights: np.ndarray, prior: np.ndarray, allowed=None) -> Belief:
    """The posterior after segments: evidence (n, labels + dimensions), the share of each that is new (n,). `allowed`
    (n, labels): the emotions that each may have."""
    stranger, x = log_softmax(evidence[:, : people.labels]), evidence[:, people.labels :]
    fit = stranger + x @ people.means.T - 0.5 * (people.means**2).sum(axis=1)
    if allowed is not None:
        fit = np.where(allowed, fit, -np.inf)
    shift, total = np.zeros(people.dimensions), weights.sum()
    if total <= 0:
        return Belief(0.0, shift)
    precision = 1 / people.between + people.share * total
    log_prior = np.log(np.maximum(prior, LEAST_PRIOR))
    for _ in range(ROUNDS):
        shares = np.exp(log_softmax(fit + log_prior - people.means @ shift))
        explained = (weights @ shares) @ people.means
        before, shift = shift, people.share * (weights @ x - explained) / precision
        if np.abs(shift - before).max() <= SETTLED:
            break
    return Belief(float(total), shift)


def judge(people: Population, evidence: np.ndarray, prior: np.ndarray, known: Belief | None = None) -> np.ndarray:
    """Log-probabilities (n, labels)."""
    verdict, x = log_softmax(evidence[:, : people.labels]), evidence[:, people.labels :]
    known = known if known and known.heard > 0 else None
    variance = 1 if known else 1 + people.between
    if known:
        x = x - known.shift
        relative = log_softmax(x @ people.relative.T + people.relative_bias)
        verdict = verdict + known.weight(people) * (relative - verdict)
    distance = (((x[:, None] - people.means) ** 2) / variance).sum(axis=2).min(axis=1) / people.dimensions
    surprise = people.surprise * np.maximum(distance - 1, 0)
    with np.errstate(divide="ignore"):
        return log_softmax(verdict / (1 + surprise[:, None]) + np.log(prior))
