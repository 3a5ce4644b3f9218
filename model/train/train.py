# SPDX-License-Identifier: MIT
"""From corpora to a released model and its report:

    python model/train/train.py --model large --corpora ... --pretrained ... --emovox build/native/emovox
    python model/train/train.py --model small ...      (afterwards: large is its teacher)

Three steps make one network (`fit`):
1. `tune`: the encoder, which starts as Whisper's, is trained gently below the linear map on its own statistics that
   was fitted first.
2. `teach`: on its output conv3, LSTM and attention learn to say what a larger network says, and the speech gate to
   tell speech from noise.
3. `heads.fit_heads`: the linear maps of the heads, fitted anew to the optimum.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, dropout

import audio
import dataset
import export
import features
from corpora import LABELS, Clip, corpora_root, read_corpora
from dataset import Copy
from heads import Facts, Heads, HeadSettings, fit_heads, masks, regression
from network import LARGE, SMALL, Network, Sizes
from splits import ravdess_folds, speaker_folds

NOISE_TRAIN = ("esc10_1", "esc10_2", "esc10_3")  # fold 4 tunes the speech gate, fold 5 tests it
LESSON_BLOCKS = 2  # of Whisper, above those of large: what they say is the lesson of the LSTM of large
SIZES = dict(small=SMALL, large=LARGE)


@dataclass(frozen=True)
class Settings:
    """Chosen on validation speakers; see model/README.md."""

    copies: int = 3  # the clips as they are, and augmented
    epochs: int = 4
    batch: int = 24
    encoder_rate: float = 1e-4
    head_rate: float = 5e-5
    lstm_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.2
    smoothing: float = 0.05
    averaging: float = 0.995  # per step, of the moving average of the weights that is kept
    speech_loss: float = 0.3
    lesson: int = 96  # principal components of the teacher's statistics that are learnt
    lessons: int = 4  # epochs
    lesson_share: tuple = (("ravdess", 1.0), ("nemo", 0.5))
    noises: int = 400  # noise clips per epoch
    coloured: float = 0.7  # share of the untouched clips that get another colour each time
    epoch_share: tuple = (("ravdess", 2.0), ("cremad", 0.2))  # of a corpus' clips per epoch; 0.3 of the others
    heads: HeadSettings = field(default_factory=HeadSettings)


SETTINGS = dict(small=Settings(lessons=8), large=Settings())


class Pool:
    """The rows of all copies as one table, and the facts about their clips."""

    def __init__(self, copies: list[Copy]):
        self.copies, self.clips = copies, copies[0].clips
        self.number = np.concatenate([np.full(len(c), i) for i, c in enumerate(copies)])
        self.row = np.concatenate([np.arange(len(c)) for c in copies])
        index = np.concatenate([c.index for c in copies])
        self.clip, self.length = index[:, 0], index[:, 2]
        self.facts = facts_of(self.clips)[self.clip]
        self.voiced = np.flatnonzero(self.facts.labels >= 0)  # rows of emotional speech

    def without(self, speakers) -> np.ndarray:
        """Rows of everybody else, without the noises that are kept back."""
        kept_back = np.isin(self.facts.speakers, list(speakers))
        kept_back |= (self.facts.corpora == "esc10") & ~np.isin(self.facts.speakers, NOISE_TRAIN)
        return np.flatnonzero(~kept_back)

    def logmel(self, row: int, rng: np.random.Generator, coloured: float) -> np.ndarray:
        logmel = self.copies[self.number[row]].logmel(self.row[row])
        return features.colour(logmel, rng) if self.number[row] == 0 and rng.random() < coloured else logmel


def facts_of(clips: list[Clip]) -> Facts:
    return Facts(
        dataset.label_indices(clips),
        np.array([clip.corpus for clip in clips]),
        np.array([clip.speaker for clip in clips]),
        np.array([clip.intensity for clip in clips]),
    )


@torch.no_grad()
def embed(network: Network, copy_: Copy, rows: np.ndarray, summary: bool = True) -> np.ndarray:
    """Pooled embeddings (rows, E) of a copy; without the LSTM's summary, its statistics only."""
    network.eval()
    pool = network.pool if summary else network.statistics
    embeddings: np.ndarray | None = None
    for part, mel in copy_.batches(rows):
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network.encode(network.stem(mel)["conv2"])
        pooled = pool([output.float() for output in outputs])
        if embeddings is None:
            embeddings = np.zeros((len(rows), pooled.shape[1]), np.float32)
        embeddings[part] = pooled.numpy()
    return embeddings


def embed_pool(network: Network, pool: Pool, rows: np.ndarray, summary: bool = True) -> np.ndarray:
    """Of rows in ascending order."""
    parts = [
        embed(network, copy_, pool.row[rows[pool.number[rows] == number]], summary)
        for number, copy_ in enumerate(pool.copies)
        if (pool.number[rows] == number).any()
    ]
    return np.concatenate(parts)


def frozen_statistics(pool: Pool, arguments) -> np.ndarray:
    """Statistics of every output of Whisper's whole encoder, as it is, for the emotional rows; kept on disk."""
    path = arguments.work / "cache" / "whisper.npy"
    if not path.exists():
        sizes = Sizes(blocks=4, statistics=(0, 1, 2, 3, 4))
        network = start(sizes, Settings(), arguments.pretrained)
        np.save(path, embed_pool(network, pool, pool.voiced, summary=False).astype(np.float16))
    return np.load(path, mmap_mode="r")


def start(sizes: Sizes, settings: Settings, pretrained: Path) -> Network:
    network = Network(len(LABELS), settings.dropout, sizes)
    dataset.load_encoder(network, pretrained)
    return network


def fit(pool: Pool, left_out, sizes: Sizes, settings: Settings, seed: int, arguments, lesson: np.ndarray):
    """A network that has not heard the speakers left out, with its heads; and the embeddings of the other emotional
    rows. The weights are float, but the heads and the embeddings those of the int8 network. `lesson`: what the LSTM
    learns to say, a row for each of these rows."""
    rows = pool.without(left_out)
    network = tune(pool, rows, sizes, settings, seed, arguments)
    network = teach(network, pool, rows, settings, seed, lesson)
    chosen = pool.voiced[np.isin(pool.voiced, rows)]
    embeddings = embed_pool(export.quantized(network), pool, chosen)
    heads = fit_heads(embeddings, 2 * sizes.hidden, pool.facts[chosen], settings.heads)
    return with_heads(network, heads, settings.heads), embeddings.astype(np.float16)


@torch.no_grad()
def with_heads(network: Network, heads: Heads, settings: HeadSettings) -> Network:
    """The network with the heads in place."""
    complete = Network(len(LABELS), 0.0, network.sizes, heads.components.tolist())
    theirs = complete.state_dict()
    theirs |= {name: value for name, value in network.state_dict().items() if theirs[name].shape == value.shape}
    complete.load_state_dict(theirs)
    for layer, weight, bias in (
        (complete.head, heads.head, heads.bias),
        (complete.adapted, heads.adapted, heads.adapted_bias),
        (complete.intensity, heads.intensity[None], np.array([heads.intensity_bias])),
    ):
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    complete.ordinary.copy_(torch.from_numpy(heads.ordinary))
    complete.within, complete.between, complete.prior_seconds = heads.within, heads.between, settings.prior_seconds
    return complete.eval()


def principal_components(embeddings: np.ndarray, count: int) -> Tensor:
    """The strong ones damped."""
    known = embeddings - embeddings.mean(axis=0)
    known = known / (known.std(axis=0) + 1e-3)
    values, vectors = np.linalg.eigh(known.T @ known / len(known))
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]
    return torch.from_numpy((known @ vectors / (values * values[0]) ** 0.25).astype(np.float32))


def tune(pool: Pool, rows: np.ndarray, sizes: Sizes, settings: Settings, seed: int, arguments) -> Network:
    """Step 1, above."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    network = start(sizes, settings, arguments.pretrained)
    known = np.isin(pool.voiced, rows)
    frozen = frozen_statistics(pool, arguments)[known][:, : 2 * sizes.stem * (sizes.blocks + 1)].astype(np.float32)
    mean, scale = frozen.mean(axis=0), frozen.std(axis=0) + settings.heads.floor
    facts = pool.facts
    start_from = facts[pool.voiced[known]], settings.heads.regression_share, settings.heads.penalty, 30
    weight, bias = (nn.Parameter(torch.from_numpy(x)) for x in regression((frozen - mean) / scale, *start_from))
    mean, scale = torch.from_numpy(mean), torch.from_numpy(scale)
    del frozen
    mask = torch.from_numpy(masks(facts.labels, facts.corpora))
    encoder = network.encoder_parameters()
    network.requires_grad_(False)
    for parameter in encoder:
        parameter.requires_grad_(True)
    groups = [dict(params=encoder, lr=settings.encoder_rate), dict(params=[weight, bias], lr=settings.head_rate)]

    def loss_of(batch: np.ndarray, mel: Tensor, speech: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network.encode(network.stem(mel)["conv2"])
        pooled = network.statistics([output.float() for output in outputs])
        logits = dropout((pooled - mean) / scale, settings.dropout) @ weight.T + bias
        return named(logits, mask[batch], torch.from_numpy(facts.labels[batch]), settings.smoothing)

    voiced = rows[facts.labels[rows] >= 0]
    return train(network, groups, loss_of, pool, voiced, settings.epochs, settings.epoch_share, settings, rng)


def teach(network: Network, pool: Pool, rows: np.ndarray, settings: Settings, seed: int, lesson: np.ndarray) -> Network:
    """Step 2, above."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    facts = pool.facts
    say = nn.Linear(2 * network.sizes.hidden, settings.lesson)
    lessons = torch.zeros(len(pool.row), settings.lesson)
    chosen = pool.voiced[np.isin(pool.voiced, rows)]
    lessons[chosen] = principal_components(lesson.astype(np.float32), settings.lesson)
    network.requires_grad_(False)
    recurrent = network.recurrent_parameters()
    for parameter in recurrent:
        parameter.requires_grad_(True)
    groups = [dict(params=[*recurrent, *say.parameters()], lr=settings.lstm_rate)]

    def loss_of(batch: np.ndarray, mel: Tensor, speech: Tensor) -> Tensor:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            encoded = network.encode(network.stem(mel)["conv2"])[-1]
        output = network.summarize(encoded.float())
        loss = settings.speech_loss * binary_cross_entropy_with_logits(output["speech"], speech)
        emotional = facts.labels[batch] >= 0  # noise teaches nothing else
        errors = say(output["summary"][torch.from_numpy(emotional)]) - lessons[batch[emotional]]
        return loss + errors.square().sum() / max(errors.numel(), 1)

    return train(network, groups, loss_of, pool, rows, settings.lessons, settings.lesson_share, settings, rng)


def train(network: Network, groups, loss_of, pool: Pool, rows, epochs: int, shares, settings: Settings, rng) -> Network:
    """The moving average of the network's weights while AdamW minimises the loss over batches of the rows."""
    rates = [group["lr"] for group in groups]
    optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay, betas=(0.9, 0.99))
    average, steps, begun = copy.deepcopy(network), 0, time.time()
    for epoch in range(epochs):
        network.train()
        batches, total = epoch_batches(pool, rows, shares, settings, rng), 0.0
        for i, batch in enumerate(batches):
            progress = (epoch + i / len(batches)) / epochs
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * min(1, 10 * progress) * (0.5 + 0.5 * math.cos(math.pi * progress))
            loss = loss_of(batch, *collate(pool, batch, settings, rng))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], 1.0)
            optimizer.step()
            steps, total = steps + 1, total + loss.item()
            update_average(average, network, min(settings.averaging, steps / (steps + 10)))
        print(f"epoch {epoch + 1}: loss {total / len(batches):.3f}, {time.time() - begun:.0f} s", flush=True)
    return average.eval()


def named(logits: Tensor, mask: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Smoothed cross entropy among the emotions of the mask."""
    logits = logits.masked_fill(~mask, -1e4)
    even = -((logits.log_softmax(dim=1) * mask).sum(dim=1) / mask.sum(dim=1)).mean()
    return (1 - smoothing) * cross_entropy(logits, target) + smoothing * even


@torch.no_grad()
def update_average(average: Network, network: Network, keep: float) -> None:
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def epoch_batches(pool: Pool, rows: np.ndarray, shares, settings: Settings, rng) -> list[np.ndarray]:
    """Random rows, every emotion of a corpus alike, in batches of similar lengths: cropping to the shortest loses
    little."""
    facts = pool.facts[rows]
    noise = facts.labels < 0
    picked = [rng.choice(rows[noise], settings.noises)] if noise.any() else []
    for corpus in np.unique(facts.corpora[~noise]):
        own = rows[(facts.corpora == corpus) & ~noise]
        rarity = 1 / np.bincount(pool.facts.labels[own])[pool.facts.labels[own]]
        share = dict(shares).get(corpus, 0.3)
        count = min(round(share * len(np.unique(pool.clip[own]))), len(own))
        picked.append(rng.choice(own, count, replace=False, p=rarity / rarity.sum()))
    rows = np.concatenate(picked)
    rows = rows[np.argsort(pool.length[rows] + rng.uniform(0, 30, len(rows)))]
    batches = [b for b in np.split(rows, range(settings.batch, len(rows), settings.batch)) if len(b) > 1]
    return [batches[i] for i in rng.permutation(len(batches))]


def collate(pool: Pool, batch: np.ndarray, settings: Settings, rng) -> tuple[Tensor, Tensor]:
    """Normalised log-mel and speech targets of one length, that of the shortest row."""
    length = int(pool.length[batch].min())
    mels, speech = [], []
    for i in batch:
        first = 4 * int(rng.integers((pool.length[i] - length) // 4 + 1))
        logmel = pool.logmel(i, rng, settings.coloured)[first : first + length]
        mels.append(features.normalize(logmel))
        speech.append(pool.copies[pool.number[i]].speech(pool.row[i], first // 4, (length + 3) // 4))
    return torch.from_numpy(np.stack(mels)), torch.stack(speech)


def load_pool(clips: list[Clip], noises: list[Clip], arguments, settings: Settings) -> Pool:
    clips = dataset.without_rare_emotions(clips) + dataset.noise_clips(noises)
    waveforms = [audio.read(clip.path) for clip in noises if clip.speaker in NOISE_TRAIN]
    copies = [
        dataset.make_copy(arguments.work / "cache", i, clips, arguments.emovox, waveforms)
        for i in range(settings.copies)
    ]
    return Pool(copies)


def left_out(pool: Pool) -> dict[str, list[str]]:
    """The networks that are made, and whom each has not heard: five folds of RAVDESS' actors, each with a fifth of the
    speakers of the other corpora; one for each corpus, without it; and the one that is released, which has heard
    everybody."""
    folds = [list(fold.test) for fold in ravdess_folds()]
    for corpus in sorted({clip.corpus for clip in pool.clips if clip.emotion} - {"ravdess"}):
        of_corpus = speaker_folds([clip for clip in pool.clips if clip.corpus == corpus], len(folds))
        folds = [fold + list(other.test) for fold, other in zip(folds, of_corpus, strict=True)]
    names = {f"fold{i}": fold for i, fold in enumerate(folds)} | {"released": []}
    for corpus in sorted({clip.corpus for clip in pool.clips if clip.emotion}):
        names[f"without_{corpus}"] = sorted({clip.speaker for clip in pool.clips if clip.corpus == corpus})
    return names


def make(name: str, pool: Pool, settings: Settings, arguments, seed: int = 0) -> Network:
    """The network of that name, kept in the work folder with its embeddings."""
    path = arguments.work / "networks" / f"{arguments.model}-{name}-{seed}.pt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"training {path.stem}", flush=True)
        left = left_out(pool)[name]
        known = np.isin(pool.voiced, pool.without(left))
        lesson = frozen_statistics(pool, arguments)[known][:, -2 * LESSON_BLOCKS * LARGE.stem :]
        if arguments.model == "small":  # large is the teacher, trained without the same people
            count = 2 * len(LARGE.statistics) * LARGE.stem
            lesson = np.load(path.with_name(f"large-{name}-0.npy"), mmap_mode="r")[:, :count]
        network, embeddings = fit(pool, left, SIZES[arguments.model], settings, seed, arguments, lesson)
        np.save(path.with_suffix(".npy"), embeddings)
        torch.save((network.components, network.within, network.between, network.state_dict()), path)
    components, within, between, state = torch.load(path)
    network = Network(len(LABELS), 0.0, SIZES[arguments.model], components)
    network.load_state_dict(state)
    network.within, network.between = settings.heads.caution * within, between
    network.prior_seconds = settings.heads.prior_seconds
    return network.eval()


def main() -> None:
    repository = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description="Trains, evaluates and writes a model.")
    parser.add_argument("--model", choices=SIZES, default="large", help="small learns from large: train that first")
    parser.add_argument("--corpora", type=corpora_root, default=corpora_root(), help="or EMOVOX_CORPORA")
    parser.add_argument(
        "--pretrained", type=dataset.pretrained_root, default=dataset.pretrained_root(), help="or EMOVOX_PRETRAINED"
    )
    parser.add_argument("--emovox", type=Path, default=repository / "build/native/emovox", help="the extractor")
    parser.add_argument("--work", type=Path, default=repository / "build/train", help="caches and results")
    parser.add_argument("--output", type=Path, default=repository / "model")
    parser.add_argument("--training", nargs="+", default=["ravdess", "nemo", "cremad"], help="corpora to train on")
    parser.add_argument("--unseen", nargs="+", default=["tess"], help="corpora to test the released model on")
    parser.add_argument("--only", nargs="+", help="make these networks and stop, e.g. fold0 fold1: for parallel runs")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    settings = SETTINGS[arguments.model]
    clips = read_corpora(arguments.corpora, arguments.training)
    pool = load_pool(clips, read_corpora(arguments.corpora, ["esc10"]), arguments, settings)
    for name in arguments.only or left_out(pool):
        make(name, pool, settings, arguments)
    if not arguments.only:
        from report import release  # which imports this module

        release(arguments, settings, pool)


if __name__ == "__main__":
    main()
