# SPDX-License-Identifier: MIT
"""Sequences ready for training: log-mel of every clip, as it is and through other rooms, microphones, codecs and
noises; computed once and kept on disk."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

import audio
import corpora
import features
import groups
from audio import Channels
from corpora import LABELS, ORDINARY, Clip
from network import Network

NOISE, UNUSED, ORDINARY_LABEL = -1, -2, len(LABELS)  # beside the indices of LABELS
RARE = 20  # emotions with fewer clips in a corpus are left out of it
SYNTHETIC = 200  # synthetic noises beside the recorded ones
NOISE_FOLDS = (1, 2, 3)  # of ESC-10, that are laid over speech and teach the gate; 4 tunes it, 5 tests it
CHOOSING = ("tess", "ased", "turev")  # corpora that nothing is trained on: models are chosen by them
BATCH = 200  # recordings per call of the extractor
BLOCK_LAYERS = dict(
    attention_norm="attn_ln",
    query="attn.query",
    key="attn.key",
    value="attn.value",
    out="attn.out",
    mlp_norm="mlp_ln",
    expand="mlp.0",
    contract="mlp.2",
)


def pretrained_root(argument: str | None = None) -> Path:
    """The folder of the Whisper encoder: the argument, else EMOVOX_PRETRAINED, else ../shared/pretrained."""
    repository = Path(__file__).resolve().parents[2]
    return Path(argument or os.environ.get("EMOVOX_PRETRAINED") or repository.parent / "shared" / "pretrained")


@torch.no_grad()
def load_encoder(network: Network, root: Path) -> None:
    """Puts the convolutions and first blocks of Whisper tiny.en (OpenAI's names, with or without "encoder.") into the
    network."""
    with safe_open(root / "whisper-tiny-en-encoder.safetensors", "pt") as file:
        stored = {name.removeprefix("encoder."): file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    layers = {"conv1": "conv1", "conv2": "conv2"}
    for i in range(len(network.blocks)):
        layers |= {f"blocks.{i}.{ours}": f"blocks.{i}.{theirs}" for ours, theirs in BLOCK_LAYERS.items()}
    state = network.state_dict()
    for ours, theirs in layers.items():
        for kind in ("weight", "bias"):
            if f"{ours}.{kind}" in state:
                state[f"{ours}.{kind}"].copy_(stored[f"{theirs}.{kind}"].float())


def label_of(clip: Clip) -> int:
    if clip.emotion == ORDINARY:
        return ORDINARY_LABEL
    return LABELS.index(clip.emotion) if clip.emotion else NOISE


def training_clips(root: Path) -> list[Clip]:
    """The table's, but for the corpora to choose by; then recorded noises, and synthetic ones, which have no file."""
    speech = [clip for clip in corpora.read_table(root) if clip.corpus not in CHOOSING]
    synthetic = [Clip(Path(), "synthetic", f"synthetic_{i % 5 + 1}", "", "", "") for i in range(SYNTHETIC)]
    return speech + corpora.noises(root) + synthetic


def channels(root: Path) -> Channels:
    """What speech is sent through in training."""
    noises = [clip.path for clip in corpora.noises(root) if int(clip.speaker[-1]) in NOISE_FOLDS]
    return Channels.read(corpora.rooms(root), noises)


@dataclass
class Pool:
    """The sequences of some clips in all their copies, a row each."""

    clips: list[Clip]
    clip: np.ndarray  # index of the clip
    copy: np.ndarray  # 0: the clip as it is, every sequence of it; others: one sequence, varied
    start: np.ndarray  # frame of the clip
    length: np.ndarray  # frames
    frames: list[np.ndarray]  # of each copy, float16 log-mel (all frames, 80) less the sequence's maximum
    first: np.ndarray  # row of `frames` of its copy
    speech_steps: list[np.ndarray]  # of each copy: speech or not, per step
    first_step: np.ndarray
    steps: np.ndarray  # how many
    labels: np.ndarray  # per row, with NOISE, UNUSED, ORDINARY_LABEL
    corpora: np.ndarray
    speakers: np.ndarray
    folds: np.ndarray

    def __len__(self) -> int:
        return len(self.clip)

    def logmel(self, row: int, first: int = 0, count: int | None = None) -> np.ndarray:
        """(count, 80), from frame `first` of the sequence on."""
        start = self.first[row] + first
        count = self.length[row] - first if count is None else count
        return self.frames[self.copy[row]][start : start + count].astype(np.float32)

    def speech(self, row: int, first: int, count: int) -> Tensor:
        """One target per step from step `first` on; 0 beyond the end."""
        start = self.first_step[row]
        steps = self.speech_steps[self.copy[row]][start + first : start + min(first + count, self.steps[row])]
        return torch.from_numpy(np.pad(steps, (0, count - len(steps))).astype(np.float32))


def make_copy(path: Path, number: int, clips: list[Clip], emovox: Path, through: Channels | None) -> None:
    """Writes one copy of all clips: PATH.npz and PATH.frames.npy."""
    index, frames, steps, frame_count, step_count = [], [], [], 0, 0
    for first in range(0, len(clips), BATCH):
        recordings = []
        for i, clip in enumerate(clips[first : first + BATCH], first):
            rng = np.random.default_rng([number, i])
            recorded = clip.corpus != "synthetic"
            samples = audio.read(clip.path) if recorded else audio.synthetic_noise(4 * audio.RATE, rng)
            plain = audio.Recording(samples, audio.RATE, audio.speech_steps(samples))
            recording = through.vary(samples, rng) if through else plain
            if not clip.emotion:
                recording.speech[:] = False
            recordings.append(recording)
        logmels = features.extract(emovox, [(r.samples, r.rate) for r in recordings])
        for i, (recording, logmel) in enumerate(zip(recordings, logmels, strict=True), first):
            rng = np.random.default_rng([number, i, 1])
            for start in [crop(logmel, rng)] if through else features.sequence_starts(len(logmel)):
                sequence = logmel[start : start + features.SEQUENCE["frames"]]
                if through:
                    sequence = features.colour(sequence, rng)
                speech = recording.speech[start // 4 : start // 4 + features.SEQUENCE["frames"] // 4]
                frames.append((sequence - sequence.max()).astype(np.float16))
                steps.append(speech)
                index.append((i, frame_count, len(sequence), step_count, len(speech), start))
                frame_count += len(sequence)
                step_count += len(speech)
        print(f"copy {number}: {min(first + BATCH, len(clips))} of {len(clips)} clips", flush=True)
    np.save(f"{path}.frames.npy", np.concatenate(frames))
    np.savez(f"{path}.npz", index=np.array(index), steps=np.concatenate(steps))


def crop(logmel: np.ndarray, rng: np.random.Generator) -> int:
    """First frame, a multiple of 4 (one step), of a random sequence."""
    return 4 * int(rng.integers(max(len(logmel) - features.SEQUENCE["frames"], 0) // 4 + 1))


def load_pool(folder: Path, clips: list[Clip], copies: int, emovox: Path, through: Channels | None) -> Pool:
    """The clips as they are and `copies` - 1 times varied; kept in `folder` under a name made from their list."""
    names = "\n".join(f"{clip.corpus}/{clip.path.name}" for clip in clips)
    key = hashlib.sha256(names.encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    indices, frames, steps = [], [], []
    for number in range(copies):
        path = folder / f"{key}-{number}"
        if not Path(f"{path}.npz").exists():
            make_copy(path, number, clips, emovox, through if number else None)
        stored = np.load(f"{path}.npz")
        indices.append(stored["index"])
        steps.append(stored["steps"])
        frames.append(np.load(f"{path}.frames.npy", mmap_mode="r"))
    clip, first, length, first_step, count, start = np.concatenate(indices).T
    rows = dict(clip=clip, start=start, length=length, first=first, first_step=first_step, steps=count)
    copy = np.concatenate([np.full(len(index), number) for number, index in enumerate(indices)])
    return Pool(clips, copy=copy, frames=frames, speech_steps=steps, **rows, **facts(clips, clip))


def facts(clips: list[Clip], rows: np.ndarray) -> dict[str, np.ndarray]:
    counts = Counter((clip.corpus, clip.emotion) for clip in clips)
    fold_of = groups.folds(clips)
    noise = lambda clip: int(clip.speaker[-1]) - 1  # noqa: E731
    labels = [label_of(c) if not c.emotion or counts[c.corpus, c.emotion] >= RARE else UNUSED for c in clips]
    columns = dict(
        labels=labels,
        corpora=[clip.corpus for clip in clips],
        speakers=[f"{clip.corpus}/{clip.speaker}" for clip in clips],
        folds=[fold_of[clip.corpus, clip.speaker] if clip.emotion else noise(clip) for clip in clips],
    )
    return {name: np.array(values)[rows] for name, values in columns.items()}
