# SPDX-License-Identifier: MIT
"""From corpora to the released model and its report:

    python model/train/train.py --corpora ... --pretrained ... --emovox build/native/emovox

Two steps make one network (`fit`):
1. The LSTM learns to tell what two transformer blocks of Whisper would say about the clip, which emotion it holds,
   and which steps are speech (`teach`).
2. The head is a strongly regularised linear map, fitted to the optimum: one on the statistics of the stem and one on
   the LSTM's summary, added up (`fit_head`). With some thousand clips nothing else has beaten that.
"""

from __future__ import annotations

import argparse
import copy
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

import audio
import dataset
from corpora import LABELS, Clip, corpora_root, read_corpora
from dataset import Copy
from network import STATISTICS, SUMMARY, Network
from teacher import Teacher

NOISE_TRAIN = ("esc10_1", "esc10_2", "esc10_3")  # fold 4 tunes the speech gate, fold 5 tests it


STILL = 0.005  # features that vary less are not blown up: some channels of the stem are silent on clean speech


@dataclass(frozen=True)
class Settings:
    """Chosen on validation speakers; see model/README.md."""

    copies: int = 4  # the clips as they are, and augmented
    epochs: int = 10
    batch: int = 32
    rate: float = 2e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    averaging: float = 0.99  # per step, of the moving average of the weights that is kept
    lesson: int = 96  # principal components of the teacher's statistics that are learnt
    emotion_loss: float = 0.1
    speech_loss: float = 0.3
    noises: int = 400  # noise clips per epoch
    epoch_share: tuple = (("ravdess", 1.0),)  # of a corpus' clips per epoch; 0.4 of the others
    head_share: tuple = (("ravdess", 1.0), ("cremad", 0.1))  # weight of a corpus in the head; 0.3 of the others
    statistics_penalty: float = 2e-2
    summary_penalty: float = 1e-2
    summary_share: float = 0.3  # of the summary's logits in the sum


class Pool:
    """The rows of all copies as one table, and the facts about their clips."""

    def __init__(self, copies: list[Copy]):
        self.copies, self.clips = copies, copies[0].clips
        self.labels = dataset.label_indices(self.clips)
        self.corpora = np.array([clip.corpus for clip in self.clips])
        self.speakers = np.array([clip.speaker for clip in self.clips])
        self.number = np.concatenate([np.full(len(c), i) for i, c in enumerate(copies)])
        self.row = np.concatenate([np.arange(len(c)) for c in copies])
        self.clip = np.concatenate([c.index[:, 0] for c in copies])
        self.length = np.concatenate([c.index[:, 2] for c in copies])
        self.statistics = np.concatenate([c.statistics for c in copies])
        self.lesson = np.concatenate([c.lesson for c in copies])
        self.labels_of = {
            corpus: np.isin(np.arange(len(LABELS)), self.labels[self.corpora == corpus]) for corpus in set(self.corpora)
        }

    def without(self, speakers) -> np.ndarray:
        """Rows of everybody else, without the noises that are kept back."""
        kept_back = np.isin(self.speakers, list(speakers))
        kept_back |= (self.corpora == "esc10") & ~np.isin(self.speakers, NOISE_TRAIN)
        return np.flatnonzero(~kept_back[self.clip])

    def mask(self, rows: np.ndarray, most_is_all: bool = False) -> Tensor:
        """Which emotions the corpus of each row has; with `most_is_all`, all if it has more than half."""
        has = {c: most_is_all & (own.sum() > len(LABELS) / 2) | own for c, own in self.labels_of.items()}
        return torch.from_numpy(np.stack([has[corpus] for corpus in self.corpora[self.clip[rows]]]))

    def target(self, rows: np.ndarray) -> Tensor:
        return torch.from_numpy(self.labels[self.clip[rows]])

    def emotional(self, rows: np.ndarray) -> np.ndarray:
        return rows[self.labels[self.clip[rows]] >= 0]


def fit(pool: Pool, rows: np.ndarray, stem: Network, settings: Settings, seed: int) -> Network:
    """A network trained on the given rows."""
    return fit_heads(teach(pool, rows, stem, settings, seed), pool, rows, settings)


def fit_heads(network: Network, pool: Pool, rows: np.ndarray, settings: Settings) -> Network:
    """Step 2, above."""
    with torch.no_grad():
        summary = np.zeros((len(pool.row), SUMMARY), np.float32)
        for number, copy_ in enumerate(pool.copies):
            own = rows[pool.number[rows] == number]
            for part, conv2 in copy_.batches(pool.row[own]):
                summary[own[part]] = network.summarize(conv2)["summary"].numpy()
        weight, bias = fit_head(pool, rows, pool.statistics, settings.statistics_penalty, settings)
        network.head.weight[:, :STATISTICS] = weight
        network.head.bias.copy_(bias)
        weight, bias = fit_head(pool, rows, summary, settings.summary_penalty, settings)
        network.head.weight[:, STATISTICS:] = weight * settings.summary_share
        network.head.bias += bias * settings.summary_share
    return network


def masked_cross_entropy(logits: Tensor, mask: Tensor, target: Tensor) -> Tensor:
    """Among the emotions of the mask: where a corpus has but a few, the absence of the others says nothing."""
    return cross_entropy(logits.masked_fill(~mask, -1e4), target, reduction="none")


def fit_head(pool: Pool, rows: np.ndarray, features: np.ndarray, penalty: float, settings: Settings):
    """Logistic regression with L2 penalty on standardised features; weight and bias for the features as they are."""
    rows = pool.emotional(rows)
    corpora, labels = pool.corpora[pool.clip[rows]], pool.labels[pool.clip[rows]]
    shares = np.zeros(len(rows))
    for corpus in np.unique(corpora):  # every emotion of a corpus weighs the same
        own = corpora == corpus
        counts = np.bincount(labels[own], minlength=len(LABELS))
        shares[own] = dict(settings.head_share).get(corpus, 0.3) / (counts > 0).sum() / counts[labels[own]]
    shares = torch.from_numpy(shares / shares.sum()).float()
    mask, target = pool.mask(rows, most_is_all=True), pool.target(rows)
    values = torch.from_numpy(features[rows])
    mean, deviation = values.mean(dim=0), values.std(dim=0).clamp(min=STILL)
    values = (values - mean) / deviation
    weight = torch.zeros(len(LABELS), values.shape[1], requires_grad=True)
    bias = torch.zeros(len(LABELS), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = (masked_cross_entropy(values @ weight.T + bias, mask, target) * shares).sum()
        value = value + penalty * weight.square().sum()
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    weight = weight.detach() / deviation
    return weight, bias.detach() - weight @ mean


def lessons(pool: Pool, rows: np.ndarray, settings: Settings) -> Tensor:
    """Principal components of the teacher's statistics over the given rows, the strong ones damped, for all rows."""
    known = pool.lesson[pool.emotional(rows)]
    mean, deviation = known.mean(axis=0), known.std(axis=0) + 1e-6
    known = (known - mean) / deviation
    values, vectors = np.linalg.eigh(known.T @ known / len(known))
    values, vectors = values[::-1][: settings.lesson], vectors[:, ::-1][:, : settings.lesson]
    components = (pool.lesson - mean) / deviation @ vectors
    return torch.from_numpy((components / (values * values[0]) ** 0.25).astype(np.float32))


def teach(pool: Pool, rows: np.ndarray, stem: Network, settings: Settings, seed: int) -> Network:
    """Step 1, above: conv3, LSTM, attention and speech."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    network = Network(len(LABELS), settings.dropout)
    network.conv1.load_state_dict(stem.conv1.state_dict())
    network.conv2.load_state_dict(stem.conv2.state_dict())
    lesson = lessons(pool, rows, settings)
    say, name = nn.Linear(SUMMARY, settings.lesson), nn.Linear(SUMMARY, len(LABELS))
    parameters = [p for p in (*network.parameters(), *say.parameters(), *name.parameters()) if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.rate, weight_decay=settings.weight_decay)
    average, steps = copy.deepcopy(network), 0
    for epoch in range(settings.epochs):
        network.train()
        batches = epoch_batches(pool, rows, settings, rng)
        for i, batch in enumerate(batches):
            progress = (epoch + i / len(batches)) / settings.epochs
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * min(1, 20 * progress) * (0.5 + 0.5 * math.cos(math.pi * progress))
            conv2, speech = collate(pool, batch, rng)
            output = network.summarize(conv2)
            loss = settings.speech_loss * binary_cross_entropy_with_logits(output["speech"], speech)
            emotional = torch.from_numpy(pool.labels[pool.clip[batch]] >= 0)
            if emotional.any():
                voiced, summary = batch[emotional.numpy()], output["summary"][emotional]
                loss = loss + mse_loss(say(summary), lesson[voiced])
                named = masked_cross_entropy(name(network.dropout(summary)), pool.mask(voiced), pool.target(voiced))
                loss = loss + settings.emotion_loss * named.mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            steps += 1
            update_average(average, network, min(settings.averaging, steps / (steps + 10)))
    return average.eval()


@torch.no_grad()
def update_average(average: Network, network: Network, keep: float) -> None:
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def epoch_batches(pool: Pool, rows: np.ndarray, settings: Settings, rng) -> list[np.ndarray]:
    """Random rows, in batches of similar lengths, so that cropping to the shortest loses little."""
    corpora = pool.corpora[pool.clip[rows]]
    noise = np.isin(corpora, ("esc10", "synthetic"))
    picked = [rng.choice(rows[noise], settings.noises)] if noise.any() else []
    for corpus in np.unique(corpora[~noise]):
        own = rows[corpora == corpus]
        share = dict(settings.epoch_share).get(corpus, 0.4)
        picked.append(rng.choice(own, round(share * len(np.unique(pool.clip[own]))), replace=False))
    rows = np.concatenate(picked)
    rows = rows[np.argsort(pool.length[rows] + rng.uniform(0, 20, len(rows)))]
    batches = [b for b in np.split(rows, range(settings.batch, len(rows), settings.batch)) if len(b) > 1]
    return [batches[i] for i in rng.permutation(len(batches))]


def collate(pool: Pool, batch: np.ndarray, rng) -> tuple[Tensor, Tensor]:
    """Stem outputs and speech targets of one length, that of the shortest row."""
    length = int(pool.length[batch].min())
    stems, speech = [], []
    for i in batch:
        copy_, row = pool.copies[pool.number[i]], pool.row[i]
        first = 2 * int(rng.integers((pool.length[i] - length) // 2 + 1))
        stems.append(copy_.stem(row, first, length))
        speech.append(copy_.speech(row, first // 2, (length - 1) // 2 + 1))
    return torch.stack(stems), torch.stack(speech)


def load_pool(clips: list[Clip], noises: list[Clip], arguments, stem: Network, settings: Settings) -> Pool:
    clips = dataset.without_rare_emotions(clips) + dataset.noise_clips(noises)
    waveforms = [audio.read(clip.path) for clip in noises if clip.speaker in NOISE_TRAIN]
    teacher = Teacher(arguments.pretrained)
    copies = [
        dataset.make_copy(arguments.work / "cache", i, clips, arguments.emovox, stem, waveforms, teacher)
        for i in range(settings.copies)
    ]
    return Pool(copies)


def main() -> None:
    repository = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description="Trains, evaluates and writes the small model.")
    parser.add_argument("--corpora", type=corpora_root, default=corpora_root(), help="or EMOVOX_CORPORA")
    parser.add_argument(
        "--pretrained", type=dataset.pretrained_root, default=dataset.pretrained_root(), help="or EMOVOX_PRETRAINED"
    )
    parser.add_argument("--emovox", type=Path, default=repository / "build/native/emovox", help="the extractor")
    parser.add_argument("--work", type=Path, default=repository / "build/train", help="caches and results")
    parser.add_argument("--output", type=Path, default=repository / "model")
    parser.add_argument("--training", nargs="+", default=["ravdess", "nemo", "cremad"], help="corpora to train on")
    parser.add_argument("--unseen", nargs="+", default=["tess"], help="corpora to test the released model on")
    parser.add_argument("--seeds", type=int, default=3, help="of the RAVDESS cross-validation")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    from report import release  # which imports this module

    settings = Settings()
    stem = Network(len(LABELS)).eval()
    dataset.load_stem(stem, arguments.pretrained)
    clips = read_corpora(arguments.corpora, arguments.training)
    pool = load_pool(clips, read_corpora(arguments.corpora, ["esc10"]), arguments, stem, settings)
    release(arguments, settings, pool, stem)


if __name__ == "__main__":
    main()
