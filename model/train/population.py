# SPDX-License-Identifier: MIT
"""What a model says of people in general, from the evidence of speakers that its network had not heard: their outputs
are less sure than those of the speakers that it was trained on, and that is what it will meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heads import HeadSettings, N, regression
from judgement import Population, learn, log_softmax

ROUNDS = 30  # in which speakers' shifts and emotions' means are found in turns


@dataclass(frozen=True)
class PopulationSettings:
    """Settled by `session`, `mood`, `everyday` and `talker` together; see model/README.md."""

    corpora: tuple = ("ravdess", "nemo", "emotiontts", "cremad")  # whose speakers show what emotions do
    within: float = 1.5  # the covariance within a speaker is taken for so much larger
    ordinary: float = 0.3  # share of ordinary people in the covariance between speakers; actors have the rest
    between: float = 4.0  # by which that is then widened
    share: float = 0.5
    caution: float = 6.0
    surprise: float = 0.5
    penalty: float = 1e-4  # of the map that judges x - s
    ordinary_weight: float = 0.5  # of ordinary speech in it
    expected: float = 0.45  # of neutral and calm together in the everyday prior
    seed: int = 0  # of the sessions that it is fitted to


def mixture(logits: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Logits of components -> log-probabilities of labels."""
    joined = [np.logaddexp.reduce(logits[:, components == label], axis=1) for label in range(N)]
    return log_softmax(np.stack(joined, axis=1))


def temperature(logits: np.ndarray, components: np.ndarray, labels: np.ndarray, corpora: np.ndarray) -> float:
    """Of the components' logits, with the least Brier score, averaged over corpora: a few hopeless errors with large
    logits do not decide it, as they would with log-likelihood."""

    def loss(t: float) -> float:
        return sum(
            ((np.exp(mixture(logits[own] / t, components)) - np.eye(N)[labels[own]]) ** 2).sum(axis=1).mean()
            for own in (corpora == corpus for corpus in np.unique(corpora))
        )

    return float(min(np.exp(np.linspace(np.log(0.4), np.log(10), 50)), key=loss))


def everyday(expected: float) -> np.ndarray:
    """The prior in which neutral and calm have that share together."""
    prior = np.full(N, (1 - expected) / (N - 2))
    prior[:2] = expected / 2
    return prior


@dataclass
class Spread:
    """Means and covariances of u, before it is whitened."""

    mean: np.ndarray  # (D,) of speakers
    emotions: np.ndarray  # (8, D), relative to the speaker; sum 0
    within: np.ndarray  # (D, D)
    between: np.ndarray  # (D, D)


def spread(u: np.ndarray, labels: np.ndarray, speakers: np.ndarray, corpora: np.ndarray) -> Spread:
    """Of acted speech. Speakers may lack emotions: shifts and means are found in turns. Corpora weigh by the root of
    their number of speakers."""
    names = np.unique(speakers)
    own = {s: np.flatnonzero(speakers == s) for s in names}
    home = {s: corpora[own[s][0]] for s in names}
    counts = {c: sum(home[s] == c for s in names) for c in np.unique(corpora)}
    weight = {s: counts[home[s]] ** -0.5 for s in names}
    mean = {s: {y: u[own[s]][labels[own[s]] == y].mean(axis=0) for y in np.unique(labels[own[s]])} for s in names}
    emotions = np.zeros((N, u.shape[1]))
    for _ in range(ROUNDS):
        shift = {s: np.mean([mean[s][y] - emotions[y] for y in mean[s]], axis=0) for s in names}
        for y in range(N):
            having = [s for s in names if y in mean[s]]
            if having:
                rest = np.array([mean[s][y] - shift[s] for s in having])
                emotions[y] = np.average(rest, axis=0, weights=[weight[s] for s in having])
        emotions -= emotions.mean(axis=0)
    total = sum(weight.values())
    rest = np.concatenate(
        [(u[own[s]] - shift[s] - emotions[labels[own[s]]]) * np.sqrt(weight[s] / total / len(own[s])) for s in names]
    )
    within = rest.T @ rest
    within += 1e-3 * np.trace(within) / len(within) * np.eye(len(within))
    shifts, weights = np.stack([shift[s] for s in names]), np.array([weight[s] for s in names]) / total
    centre = weights @ shifts
    away = (shifts - centre) * np.sqrt(weights)[:, None]
    return Spread(centre, emotions, within, away.T @ away)


def of_ordinary_people(u: np.ndarray, speakers: np.ndarray, known: Spread) -> np.ndarray:
    """Covariance between people of whom there is ordinary speech only."""
    usual = known.mean + known.emotions[:2].mean(axis=0)
    names, of, counts = np.unique(speakers, return_inverse=True, return_counts=True)
    several = counts >= 2
    sums = np.zeros((len(names), u.shape[1]))
    np.add.at(sums, of, u)
    away = (sums / counts[:, None])[several] - usual
    return away.T @ away / len(away) - known.within / counts[several].mean()


@dataclass
class Whitening:
    """x = (u - mean) map"""

    mean: np.ndarray  # (D,)
    map: np.ndarray  # (D, D)
    between: np.ndarray  # (D,)
    emotions: np.ndarray  # (8, D)


def whiten(known: Spread, settings: PopulationSettings) -> Whitening:
    """Makes the covariance within a speaker the identity and that between speakers diagonal."""
    lower = np.linalg.cholesky(known.within * settings.within)
    inner = np.linalg.solve(lower, np.linalg.solve(lower, known.between).T)
    values, vectors = np.linalg.eigh((inner + inner.T) / 2)
    transform = np.linalg.solve(lower.T, vectors)
    return Whitening(known.mean, transform, np.maximum(values, 1e-3) * settings.between, known.emotions @ transform)


@dataclass
class Unheard:
    """Evidence of rows by a network and heads that had not heard their speakers."""

    logits: np.ndarray  # (rows, C)
    components: np.ndarray  # (C,)
    u: np.ndarray  # (rows, D)
    labels: np.ndarray
    corpora: np.ndarray
    speakers: np.ndarray


def fit_population(
    unheard: Unheard, settings: PopulationSettings, heads: HeadSettings
) -> tuple[Population, float, Whitening]:
    """Also the temperature of the stranger's logits, and what makes x of u."""
    acted = (unheard.labels >= 0) & (unheard.labels < N)
    ordinary = unheard.labels == N
    main = acted & np.isin(unheard.corpora, heads.components)
    heat = temperature(unheard.logits[main], unheard.components, unheard.labels[main], unheard.corpora[main])
    chosen = acted & np.isin(unheard.corpora, settings.corpora)
    facts = unheard.labels[chosen], unheard.speakers[chosen], unheard.corpora[chosen]
    known = spread(unheard.u[chosen], *facts)
    if ordinary.any():
        people = of_ordinary_people(unheard.u[ordinary], unheard.speakers[ordinary], known)
        known.between = (1 - settings.ordinary) * known.between + settings.ordinary * people
    white = whiten(known, settings)
    x = (unheard.u - white.mean) @ white.map
    gauss = -0.5 * (white.emotions**2).sum(axis=1)
    people = Population(
        white.between,
        white.emotions,
        white.emotions.copy(),
        gauss,
        settings.share,
        settings.caution,
        settings.surprise,
        everyday(settings.expected),
    )
    evidence = np.concatenate([mixture(unheard.logits / heat, unheard.components), x], axis=1)
    judged = acted & np.isin(unheard.corpora, [corpus for corpus, _ in heads.share])
    people.relative, people.relative_bias = relative_map(people, evidence, unheard, judged, ordinary, settings, heads)
    return people, heat, white


def relative_map(people: Population, evidence: np.ndarray, unheard: Unheard, acted, ordinary, settings, heads):
    """Judges x - s, where s is what the belief says after whole sessions and after 16 segments of a speaker."""
    rng = np.random.default_rng(settings.seed)
    x, labels, corpora = [], [], []
    for speaker in np.unique(unheard.speakers[acted | ordinary]):
        own = np.flatnonzero((unheard.speakers == speaker) & (acted | ordinary))
        if len(own) < 4:
            continue
        for prior, rows in ((np.full(N, 1 / N), own), (people.everyday, rng.permutation(own)[:16])):
            known = learn(people, evidence[rows], np.ones(len(rows)), prior)
            x.append(evidence[rows, N:] - known.shift)
            labels.append(unheard.labels[rows])
            corpora.append(unheard.corpora[rows])
    x, labels, corpora = np.concatenate(x).astype(np.float32), np.concatenate(labels), np.concatenate(corpora)
    return regression(x, labels, corpora, heads, settings.penalty, 60, settings.ordinary_weight)
