# SPDX-License-Identifier: MIT
"""Sequences ready for training: log-mel of every clip, augmented in several ways, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

import audio
import features
from corpora import LABELS, Clip
from network import Network

RARE = 20  # emotions with fewer clips in a corpus are left out of it
SYNTHETIC = 200  # synthetic noises beside the recorded ones
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
BATCH = 200  # recordings per call of the extractor


def pretrained_root(argument: str | None = None) -> Path:
    """The folder of the Whisper encoder: the argument, else EMOVOX_PRETRAINED, else ../shared/pretrained."""
    repository = Path(__file__).resolve().parents[2]
    return Path(argument or os.environ.get("EMOVOX_PRETRAINED") or repository.parent / "shared" / "pretrained")


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


def without_rare_emotions(clips: list[Clip]) -> list[Clip]:
    """Leaves out the emotions of which a corpus has too few clips to train on."""
    counts = Counter((clip.corpus, clip.emotion) for clip in clips)
    return [clip for clip in clips if counts[clip.corpus, clip.emotion] >= RARE]


def noise_clips(recordings: list[Clip]) -> list[Clip]:
    """Recorded noises and the synthetic ones, which have no file."""
    return recordings + [Clip(Path(), "synthetic", f"synthetic_{i}", "", "", "") for i in range(SYNTHETIC)]


@dataclass
class Copy:
    """The sequences of some clips. Row i of `index`: clip, first and count of frames, of speech steps, audible, the
    frame of the clip at which it starts."""

    clips: list[Clip]
    index: np.ndarray
    frames: np.ndarray  # (all frames, 80) float16 log-mel, relative to the sequence's maximum
    steps: np.ndarray  # (all steps,) speech or not

    def __len__(self) -> int:
        return len(self.index)

    def logmel(self, i: int, first: int = 0, count: int | None = None) -> np.ndarray:
        """(frames, 80)"""
        start, length = self.index[i, 1] + first, self.index[i, 2] - first
        return self.frames[start : start + (length if count is None else count)].astype(np.float32)

    def speech(self, i: int, first: int, count: int) -> Tensor:
        """One target per step of conv3 from step `first` on; 0 beyond the end."""
        start, length = self.index[i, 3], self.index[i, 4]
        steps = self.steps[start + first : start + min(first + count, length)]
        return torch.from_numpy(np.pad(steps, (0, count - len(steps))).astype(np.float32))

    def batches(self, rows: np.ndarray, size: int = 16) -> Iterator[tuple[np.ndarray, Tensor]]:
        """Positions in `rows` and their network inputs (batch, frames, 80), one length at a time: no padding."""
        lengths = self.index[rows, 2]
        for length in np.unique(lengths):
            same = np.flatnonzero(lengths == length)
            for part in np.split(same, range(size, len(same), size)):
                yield part, torch.from_numpy(np.stack([features.normalize(self.logmel(row)) for row in rows[part]]))


def crop(logmel: np.ndarray, rng: np.random.Generator) -> int:
    """First frame, a multiple of 4 (one step), of a random sequence."""
    return 4 * int(rng.integers(max(len(logmel) - features.SEQUENCE["frames"], 0) // 4 + 1))


def make_copy(
    folder: Path,
    number: int,
    clips: list[Clip],
    emovox: Path,
    noises: list[np.ndarray] | None = None,
    change: Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, int]] | None = None,
    tag: str = "",
) -> Copy:
    """Copy 0 holds every sequence of the clips (after `change`, if any, which returns samples and rate); the others
    hold one random sequence per augmented clip.

    Kept in `folder` under a name made from the list of clips and the tag, and read from there next time.
    """
    names = "\n".join(f"{clip.corpus}/{clip.path.name}" for clip in clips)
    key = hashlib.sha256(names.encode()).hexdigest()[:12]
    path = folder / f"{key}-{number}{tag}"
    if not path.with_suffix(".npz").exists():
        folder.mkdir(parents=True, exist_ok=True)
        index, frames, steps, frame_count, step_count = [], [], [], 0, 0
        for first in range(0, len(clips), BATCH):
            recordings = []
            for i, clip in enumerate(clips[first : first + BATCH], first):
                rng = np.random.default_rng([number, i])
                recorded = clip.corpus != "synthetic"
                samples = audio.read(clip.path) if recorded else audio.synthetic_noise(4 * audio.RATE, rng)
                if number:
                    recording = audio.augment(samples, noises, rng)
                else:
                    changed, rate = change(samples, rng) if change else (samples, audio.RATE)
                    recording = audio.Augmented(changed, rate, audio.speech_steps(samples))
                if not clip.emotion:
                    recording.speech[:] = False
                recordings.append(recording)
            logmels = features.extract(emovox, [(r.samples, r.rate) for r in recordings])
            for i, (recording, logmel) in enumerate(zip(recordings, logmels, strict=True), first):
                rng = np.random.default_rng([number, i, 1])
                for start in [crop(logmel, rng)] if number else features.sequence_starts(len(logmel)):
                    sequence = logmel[start : start + features.SEQUENCE["frames"]]
                    audible = features.is_audible(sequence)
                    if number:
                        sequence = features.colour(sequence, rng)
                    frames.append((sequence - sequence.max()).astype(np.float16))
                    steps.append(recording.speech[start // 4 : start // 4 + features.SEQUENCE["frames"] // 4])
                    index.append((i, frame_count, len(sequence), step_count, len(steps[-1]), audible, start))
                    frame_count += len(sequence)
                    step_count += len(steps[-1])
            print(f"copy {number}{tag}: {min(first + BATCH, len(clips))} of {len(clips)} clips", flush=True)
        np.savez(
            path.with_suffix(".npz"), index=np.array(index), frames=np.concatenate(frames), steps=np.concatenate(steps)
        )
    arrays = np.load(path.with_suffix(".npz"))
    return Copy(clips, arrays["index"], arrays["frames"], arrays["steps"])


def label_indices(clips: list[Clip]) -> np.ndarray:
    """Index of every clip's emotion; -1 for noise."""
    return np.array([LABELS.index(clip.emotion) if clip.emotion else -1 for clip in clips])
