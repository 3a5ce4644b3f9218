# SPDX-License-Identifier: MIT
"""Training: `fit` makes one network; as a command, from corpora to the released model and its report."""

from __future__ import annotations

import copy
import math
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from corpora import LABELS
from dataset import Copy, label_indices
from network import Network

RARE = 20  # emotions with fewer clips in a corpus are left out of it


@dataclass(frozen=True)
class Settings:
    """Chosen on validation speakers; see model/README.md."""

    epochs: int = 16
    batch: int = 32
    rate: float = 1e-3
    weight_decay: float = 0.05
    head_weight_decay: float = 0.3
    dropout: float = 0.5
    label_smoothing: float = 0.1
    averaging: float = 0.995  # per step, of the exponential moving average of the weights that is kept
    share: tuple[tuple[str, float], ...] = (("ravdess", 1.0), ("nemo", 0.4), ("cremad", 0.3))  # of clips per epoch
    noise: int = 300  # noise clips per epoch
    shorter: float = 0.4  # share of batches cut to a random shorter length


def usable_labels(copy_: Copy) -> dict[str, np.ndarray]:
    """Per corpus, which emotions it has enough of."""
    labels = label_indices(copy_.clips)
    corpora = np.array([clip.corpus for clip in copy_.clips])
    return {
        corpus: np.bincount(labels[(corpora == corpus) & (labels >= 0)], minlength=len(LABELS)) >= RARE
        for corpus in sorted(set(corpora))
    }


def fit(network: Network, copies: list[Copy], chosen: np.ndarray, settings: Settings, seed: int) -> Network:
    """Trains on the chosen clips (indices into copies[0].clips), returns the averaged network."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    clips, labels, allowed = copies[0].clips, label_indices(copies[0].clips), usable_labels(copies[0])
    corpora = np.array([clip.corpus for clip in clips])
    rows = [rows_by_clip(copy_) for copy_ in copies]
    weights = balance(corpora, labels, chosen, allowed)

    parameters = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    head = [p for name, p in parameters if name == "head.weight"]
    decayed = [p for name, p in parameters if p.ndim > 1 and name != "head.weight"]
    plain = [p for _, p in parameters if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [
            dict(params=head, weight_decay=settings.head_weight_decay),
            dict(params=decayed, weight_decay=settings.weight_decay),
            dict(params=plain, weight_decay=0.0),
        ],
        lr=settings.rate,
    )
    average = copy.deepcopy(network)
    steps = 0
    for epoch in range(settings.epochs):
        network.train()
        batches = epoch_batches(copies, rows, chosen, corpora, labels, allowed, settings, rng)
        for i, batch in enumerate(batches):
            progress = (epoch + i / len(batches)) / settings.epochs
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * min(1, 20 * progress) * (0.5 + 0.5 * math.cos(math.pi * progress))
            stem, speech, clip_ids = collate(copies, batch, settings, rng)
            output = network(stem)
            emotional = torch.from_numpy(labels[clip_ids] >= 0)
            loss = binary_cross_entropy_with_logits(output["speech"], speech)
            if emotional.any():
                ids = clip_ids[emotional.numpy()]
                mask = torch.from_numpy(np.stack([allowed[corpora[j]] for j in ids]))
                target = torch.from_numpy(labels[ids])
                weight = torch.from_numpy(weights[ids]).float()
                losses = masked_cross_entropy(output["logits_summary"][emotional], mask, target, settings.label_smoothing)
                loss = loss + (losses * weight).sum() / weight.sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            steps += 1
            update_average(average, network, min(settings.averaging, steps / (steps + 10)))
    return average.eval()


def masked_cross_entropy(logits: Tensor, mask: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Cross entropy over the emotions that the clip's corpus has; smoothing among those too."""
    logits = logits.masked_fill(~mask, -1e4)
    hard = cross_entropy(logits, target, reduction="none")
    soft = -(logits.log_softmax(dim=1) * mask).sum(dim=1) / mask.sum(dim=1)
    return (1 - smoothing) * hard + smoothing * soft


@torch.no_grad()
def update_average(average: Network, network: Network, keep: float) -> None:
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def rows_by_clip(copy_: Copy) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    for row, clip in enumerate(copy_.index[:, 0]):
        rows.setdefault(int(clip), []).append(row)
    return rows


def balance(corpora: np.ndarray, labels: np.ndarray, chosen: np.ndarray, allowed: dict) -> np.ndarray:
    """Weights by which every emotion counts the same within its corpus; mean 1 per corpus."""
    weights = np.ones(len(labels))
    for corpus in {corpora[i] for i in chosen if labels[i] >= 0}:
        own = chosen[(corpora[chosen] == corpus) & (labels[chosen] >= 0)]
        counts = np.bincount(labels[own], minlength=len(LABELS))
        weights[own] = counts[allowed[corpus]].sum() / allowed[corpus].sum() / counts[labels[own]]
    return weights


def epoch_batches(copies, rows, chosen, corpora, labels, allowed, settings: Settings, rng) -> list:
    """Batches of (copy, row), each of similar lengths, so that cropping to the shortest loses little."""
    picked = []
    for corpus in sorted(set(corpora[chosen])):
        own = [i for i in chosen[corpora[chosen] == corpus] if labels[i] < 0 or allowed[corpus][labels[i]]]
        if corpus in ("esc10", "synthetic"):
            count = min(len(own), settings.noise // 2)
        else:
            count = round(len(own) * dict(settings.share).get(corpus, 1.0))
        picked += list(rng.permutation(own)[:count])
    samples = []
    for clip in picked:
        number = int(rng.integers(len(copies)))
        row = int(rng.choice(rows[number][int(clip)]))
        samples.append((copies[number].length(row) + rng.uniform(0, 20), number, row))
    samples.sort()
    batches = [samples[i : i + settings.batch] for i in range(0, len(samples), settings.batch)]
    if len(batches) > 1 and len(batches[-1]) < 2:  # batch normalisation needs two
        batches.pop()
    return [batches[i] for i in rng.permutation(len(batches))]


def collate(copies, batch, settings: Settings, rng) -> tuple[Tensor, Tensor, np.ndarray]:
    """Sequences of one length: that of the shortest, sometimes less."""
    length = min(copies[number].length(row) for _, number, row in batch)
    if rng.random() < settings.shorter:
        length = int(rng.integers(min(50, length), length + 1))
    stems, speech = [], []
    for _, number, row in batch:
        first = 2 * int(rng.integers((copies[number].length(row) - length) // 2 + 1))
        stems.append(copies[number].stem(row, first, length))
        speech.append(copies[number].speech(row, first // 2, (length - 1) // 2 + 1))
    clip_ids = np.array([copies[number].index[row, 0] for _, number, row in batch])
    return torch.stack(stems), torch.stack(speech), clip_ids
