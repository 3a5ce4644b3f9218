# SPDX-License-Identifier: MIT
"""The network below its heads: the encoder is tuned, the LSTM is taught, and the engine says what comes out.

1. `tune`: the transformer blocks, which start as Whisper's, are trained gently below a linear map on their own
   statistics that was fitted first, with emotional and ordinary speech through all channels.
2. `teach`: on the encoder's output, conv3, LSTM and attention learn to say what the statistics of a larger network (or
   its last blocks) say of the same clip without noise; the speech gate learns to tell speech from noise.
"""

from __future__ import annotations

import copy
import math
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, dropout

import export
import features
from dataset import NOISE, NOISE_FOLDS, ORDINARY_LABEL, Pool
from heads import N, Reduction, emotions_of, masks, negative_log_likelihood, regression, usable
from judgement import Population
from network import Network


@dataclass(frozen=True)
class Settings:
    """Chosen on left-out speakers and the corpora to choose by; see model/README.md."""

    batch: int = 16
    rows: int = 12000  # in all, of tuning
    rate: float = 1e-4  # of the last block; each one below has `decay` times that of the one above
    decay: float = 0.7
    head_rate: float = 5e-5
    dropout: float = 0.2
    smoothing: float = 0.05
    longest: int = 300  # frames of a row in tuning
    share: tuple = (("ravdess", 0.38), ("nemo", 0.27), ("cremad", 0.07), ("ordinary", 0.28))  # of the rows of tuning
    weight_decay: float = 0.01
    lesson: int = 96  # principal components of the teacher that are learnt
    lesson_rate: float = 1e-3
    lesson_batch: int = 24
    lessons: int = 8  # epochs
    stem_rate: float = 0.0  # of the convolutions in the lessons, where there are no blocks
    speech_loss: float = 0.3
    lesson_share: tuple = (("ravdess", 1.0), ("nemo", 0.5), ("cremad", 0.4), ("emospeech", 0.4))  # 1 of the others


def training_rows(pool: Pool, left_out) -> np.ndarray:
    """Whether nobody of the row is left out, and its noise is for training."""
    noise = pool.labels == NOISE
    return np.where(noise, np.isin(pool.folds + 1, NOISE_FOLDS), ~np.isin(pool.folds, list(left_out)))


# ---- the engine ----


def nobody() -> Population:
    """In the file of a network without heads."""
    return Population(np.ones(1), np.zeros((N, 1)), np.zeros((N, 1)), np.zeros(N))


@torch.no_grad()
def bare(network: Network) -> Network:
    """The network with heads that say nothing."""
    plain = Network(range(N), 1, 0.0, network.sizes)
    theirs = plain.state_dict()
    own = network.state_dict()
    plain.load_state_dict({name: own[name] if "head" not in name else value for name, value in theirs.items()})
    return plain.eval()


def run_engine(tool: Path, network: Network, pool: Pool, rows: np.ndarray, *options: str) -> Iterator[np.ndarray]:
    """What `emovox-embed` says of each row, by the network as it would be released."""
    model = tool.parent / f"embed-{os.getpid()}.safetensors"
    plain = bare(network).folded()
    export.save(model, plain, nobody(), export.metadata(plain, nobody(), "0", [], 0, 0, name="bare"))
    process = subprocess.Popen([tool, *options, model], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed() -> None:
        for row in rows:
            logmel = pool.logmel(row)
            process.stdin.write(np.uint32(len(logmel)).tobytes() + logmel.tobytes())
        process.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    for _ in rows:
        count = np.frombuffer(process.stdout.read(4), np.uint32)[0]
        yield np.frombuffer(process.stdout.read(4 * int(count)), np.float32)
    feeder.join()
    model.unlink()
    if process.wait() != 0:
        raise RuntimeError("emovox-embed failed")


def embed(tool: Path, network: Network, pool: Pool, rows: np.ndarray) -> np.ndarray:
    """(rows, embedding) float16"""
    result = np.empty((len(rows), network.sizes.pooled), np.float16)
    for i, values in enumerate(run_engine(tool, network, pool, rows)):
        result[i] = values
    return result


# ---- 1: the blocks ----


def tune(network: Network, pool: Pool, frozen: np.ndarray, left_out, settings: Settings, seed: int) -> Network:
    """`frozen`: embeddings of the pool's first rows by the network as it is, from which the linear map is fitted."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    labels = emotions_of(pool)
    free = training_rows(pool, left_out) & usable(labels)
    fitted = np.flatnonzero(free[: len(frozen)])
    reduction = Reduction.of(frozen[fitted], 2 * network.sizes.hidden, 600)
    x = reduction.apply(frozen[fitted])
    weight, bias = regression(x, labels[fitted], pool.corpora[fitted], iterations=30)
    statistics = network.sizes.pooled - 2 * network.sizes.hidden
    weight = nn.Parameter(torch.from_numpy((weight @ reduction.vectors.T)[:, :statistics].copy()))
    bias = nn.Parameter(torch.from_numpy(bias))
    mean, scale = (torch.from_numpy(a[:statistics].copy()) for a in (reduction.mean, reduction.scale))
    mask = torch.from_numpy(masks(labels, pool.corpora))
    network.requires_grad_(False)
    groups = [dict(params=[weight, bias], lr=settings.head_rate)]
    for depth, block in enumerate(reversed(network.blocks)):
        block.requires_grad_(True)
        groups.append(dict(params=list(block.parameters()), lr=settings.rate * settings.decay**depth))

    def loss_of(batch: np.ndarray) -> Tensor:
        mel = torch.from_numpy(collate(pool, batch, settings.longest, rng)[0])
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network.encode(network.stem(mel)["conv2"])
        pooled = network.statistics([output.float() for output in outputs])
        logits = dropout((pooled - mean) / scale, settings.dropout) @ weight.T + bias
        return negative_log_likelihood(logits, mask[batch], torch.from_numpy(labels[batch]), settings.smoothing).mean()

    batches = list(tuning_batches(pool, free, labels, settings, rng))
    return train(network, groups, loss_of, batches, settings)


def tuning_batches(pool: Pool, free: np.ndarray, labels: np.ndarray, settings: Settings, rng) -> Iterator[np.ndarray]:
    """Every emotion of a corpus alike; of ordinary speech, many-voiced sources somewhat more often."""
    done = 0
    while done < settings.rows:
        picked = []
        for corpus, share in settings.share:
            ordinary = corpus == "ordinary"
            kind = labels == ORDINARY_LABEL if ordinary else (pool.corpora == corpus) & (labels < N)
            own = np.flatnonzero(free & kind)
            if not len(own):
                continue
            _, of, counts = np.unique(
                pool.corpora[own] if ordinary else labels[own], return_inverse=True, return_counts=True
            )
            rarity = counts[of] ** (-0.5 if ordinary else -1.0)
            count = int(share * 4000)
            picked.append(rng.choice(own, count, replace=count > len(own), p=rarity / rarity.sum()))
        rows = np.concatenate(picked)
        done += len(rows)
        yield from by_length(pool, rows, settings.batch, rng)


# ---- 2: the LSTM ----


def teach(network: Network, pool: Pool, lessons: np.ndarray, encoded, settings: Settings, seed: int) -> Network:
    """`lessons` (rows, numbers): what to say of each row. `encoded`: None, or the encoder's last outputs of the rows
    that have any, by row: then it is not run again."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    sizes = network.sizes
    say, say_statistics = nn.Linear(2 * sizes.hidden, lessons.shape[1]), nn.Linear(2 * sizes.stem, lessons.shape[1])
    target = torch.from_numpy(lessons)
    network.requires_grad_(False)
    recurrent = network.recurrent_parameters()
    for parameter in recurrent:
        parameter.requires_grad_(True)
    groups = [dict(params=[*recurrent, *say.parameters()], lr=settings.lesson_rate)]
    if settings.stem_rate:
        stem = [*network.conv1.parameters(), *network.conv2.parameters()]
        for parameter in stem:
            parameter.requires_grad_(True)
        groups += [
            dict(params=stem, lr=settings.stem_rate),
            dict(params=list(say_statistics.parameters()), lr=settings.lesson_rate),
        ]
    free = training_rows(pool, ()) & (pool.labels >= NOISE)
    if encoded is not None:
        free &= np.isin(np.arange(len(pool)), list(encoded))

    def loss_of(batch: np.ndarray) -> Tensor:
        if encoded is None:
            mel, first, count = collate(pool, batch, features.SEQUENCE["frames"], rng)
            with torch.set_grad_enabled(settings.stem_rate > 0), torch.autocast("cpu", torch.bfloat16):
                stem = network.stem(torch.from_numpy(mel))["conv2"].float()
            last = stem
        else:
            count = min(len(encoded[row]) for row in batch) * 2
            first = np.zeros(len(batch), int)
            last = torch.from_numpy(
                np.stack([encoded[row][: count // 2] for row in batch]).astype(np.float32)
            ).transpose(1, 2)
        output = network.summarize(last)
        steps = output["speech"].shape[1]
        speech = torch.stack([pool.speech(row, f // 4, steps) for row, f in zip(batch, first, strict=True)])
        loss = settings.speech_loss * binary_cross_entropy_with_logits(output["speech"], speech)
        spoken = pool.labels[batch] != NOISE  # noise teaches nothing else
        if spoken.any():
            rows, spoken = batch[spoken], torch.from_numpy(spoken)
            loss = loss + (say(output["summary"][spoken]) - target[rows]).square().mean()
            if settings.stem_rate:
                pooled = network.statistics([stem])[spoken]
                loss = loss + 0.5 * (say_statistics(pooled) - target[rows]).square().mean()
        return loss

    batches = [b for _ in range(settings.lessons) for b in lesson_batches(pool, free, settings, rng)]
    return train(network, groups, loss_of, batches, settings)


def lesson_batches(pool: Pool, free: np.ndarray, settings: Settings, rng) -> Iterator[np.ndarray]:
    picked = []
    for corpus in np.unique(pool.corpora):
        own = np.flatnonzero(free & (pool.corpora == corpus))
        count = int(dict(settings.lesson_share).get(corpus, 1.0) * len(np.unique(pool.clip[own])))
        if len(own):
            picked.append(rng.choice(own, min(count, len(own)), replace=False))
    yield from by_length(pool, np.concatenate(picked), settings.lesson_batch, rng)


def lessons_from(statistics: np.ndarray, pool: Pool, free: np.ndarray, count: int) -> np.ndarray:
    """What the LSTM learns to say of each row: principal components, the strong ones damped, of a teacher's statistics
    of the first rows, of which some are `free` to be learnt from."""
    known = statistics[free].astype(np.float32)
    mean, scale = known.mean(axis=0), known.std(axis=0) + 1e-3
    known = (known - mean) / scale
    values, vectors = np.linalg.eigh(known.T @ known / len(known))
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count] / (values[::-1][:count] * values[-1]) ** 0.25
    lessons = np.empty((len(statistics), count), np.float32)
    for first in range(0, len(statistics), 4096):
        lessons[first : first + 4096] = ((statistics[first : first + 4096].astype(np.float32) - mean) / scale) @ vectors
    return as_it_was(lessons, pool)


def as_it_was(lessons: np.ndarray, pool: Pool) -> np.ndarray:
    """The lessons of the first rows -> those of all. Of a varied clip that is one sequence, mostly what is said of the
    clip as it was; of one that is several and has no lesson of its own, what is said of its first sequence."""
    whole = np.flatnonzero(pool.copy == 0)
    sequences = np.bincount(pool.clip[whole], minlength=len(pool.clips))
    row_of = np.zeros(len(pool.clips), int)
    row_of[pool.clip[whole][::-1]] = whole[::-1]
    known = np.arange(len(pool)) < len(lessons)
    result = lessons[row_of[pool.clip]]
    kept = np.where((sequences[pool.clip[known]] == 1) & (pool.copy[known] > 0), 0.3, 1.0)[:, None]
    result[known] += kept * (lessons[: known.sum()] - result[known])
    return result


# ---- both ----


def by_length(pool: Pool, rows: np.ndarray, size: int, rng) -> Iterator[np.ndarray]:
    """Batches of similar lengths, in any order: cropping to the shortest loses little."""
    rows = rows[np.argsort(pool.length[rows] + rng.uniform(0, 30, len(rows)))]
    batches = [batch for batch in np.split(rows, range(size, len(rows), size)) if len(batch) > 1]
    yield from (batches[i] for i in rng.permutation(len(batches)))


def collate(pool: Pool, batch: np.ndarray, longest: int, rng) -> tuple[np.ndarray, np.ndarray, int]:
    """Normalised log-mel of one length, that of the shortest row; the first frame of each, and how many there are."""
    count = min(int(pool.length[batch].min()), longest)
    first = 4 * rng.integers((pool.length[batch] - count) // 4 + 1)
    mels = []
    for row, start in zip(batch, first, strict=True):
        logmel = pool.logmel(row, start, count)
        if rng.random() < (0.7 if pool.copy[row] == 0 else 0.3):
            logmel = features.colour(logmel, rng)
        mels.append(features.normalize(logmel))
    return np.stack(mels), first, count


def train(
    network: Network, groups, loss_of: Callable[[np.ndarray], Tensor], batches: list, settings: Settings
) -> Network:
    """The moving average of the network's weights while AdamW minimises the loss, batch after batch."""
    rates = [group["lr"] for group in groups]
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, betas=(0.9, 0.99))
    average, begun, recent = copy.deepcopy(network), time.time(), None
    network.train()
    for i, batch in enumerate(batches):
        progress = i / len(batches)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * min(1, 10 * progress) * (0.5 + 0.5 * math.cos(math.pi * progress))
        loss = loss_of(batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], 1.0)
        optimizer.step()
        update_average(average, network, min(0.995, (i + 1) / (i + 11)))
        recent = loss.item() if recent is None else 0.98 * recent + 0.02 * loss.item()
        if i % 100 == 99:
            print(f"batch {i + 1} of {len(batches)}: loss {recent:.3f}, {time.time() - begun:.0f} s", flush=True)
    return average.eval()


@torch.no_grad()
def update_average(average: Network, network: Network, keep: float) -> None:
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)
