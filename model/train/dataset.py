# SPDX-License-Identifier: MIT
"""Sequences ready for training: outputs of the frozen stem, computed once per augmented copy and kept on disk."""

from __future__ import annotations

import hashlib
import json
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
from network import STEM, Network, statistics
from teacher import Teacher

RARE = 20  # emotions with fewer clips in a corpus are left out of it
SYNTHETIC = 200  # synthetic noises beside the recorded ones
BATCH = 200  # recordings per call of the extractor


def pretrained_root(argument: str | None = None) -> Path:
    """The folder of the Whisper encoder: the argument, else EMOVOX_PRETRAINED, else ../shared/pretrained."""
    repository = Path(__file__).resolve().parents[2]
    return Path(argument or os.environ.get("EMOVOX_PRETRAINED") or repository.parent / "shared" / "pretrained")


def load_stem(network: Network, root: Path) -> None:
    """Puts the convolutions of Whisper tiny.en (OpenAI's names, with or without "encoder.") into the network."""
    with safe_open(root / "whisper-tiny-en-encoder.safetensors", "pt") as file:
        names = {name.removeprefix("encoder."): name for name in file.keys()}  # noqa: SIM118, not a dict
        with torch.no_grad():
            for layer in ("conv1", "conv2"):
                getattr(network, layer).weight.copy_(file.get_tensor(names[f"{layer}.weight"]).float())
                getattr(network, layer).bias.copy_(file.get_tensor(names[f"{layer}.bias"]).float())


def without_rare_emotions(clips: list[Clip]) -> list[Clip]:
    """Leaves out the emotions of which a corpus has too few clips to train on."""
    counts = Counter((clip.corpus, clip.emotion) for clip in clips)
    return [clip for clip in clips if counts[clip.corpus, clip.emotion] >= RARE]


def noise_clips(recordings: list[Clip]) -> list[Clip]:
    """Recorded noises and the synthetic ones, which have no file."""
    return recordings + [Clip(Path(), "synthetic", f"synthetic_{i}", "", "", "") for i in range(SYNTHETIC)]


@dataclass
class Copy:
    """The sequences of some clips. Row i of `index`: clip, first and count of stem frames, of speech steps, audible."""

    clips: list[Clip]
    index: np.ndarray
    stems: np.ndarray  # (all frames, 384) float16
    steps: np.ndarray  # (all steps,) speech or not
    statistics: np.ndarray  # (rows, 768), of the stem
    lesson: np.ndarray | None = None  # (rows, 768), what the teacher says

    def __len__(self) -> int:
        return len(self.index)

    def stem(self, i: int, first: int = 0, count: int | None = None) -> Tensor:
        """(384, frames)"""
        start, length = self.index[i, 1] + first, self.index[i, 2] - first
        frames = self.stems[start : start + (length if count is None else count)]
        return torch.from_numpy(np.ascontiguousarray(frames.T)).float()

    def speech(self, i: int, first: int, count: int) -> Tensor:
        """One target per step of conv3 from step `first` on; 0 beyond the end."""
        start, length = self.index[i, 3], self.index[i, 4]
        steps = self.steps[start + first : start + min(first + count, length)]
        return torch.from_numpy(np.pad(steps, (0, count - len(steps))).astype(np.float32))

    def batches(self, rows: np.ndarray, size: int = 16) -> Iterator[tuple[np.ndarray, Tensor]]:
        """Positions in `rows` and their stems, one length at a time: no padding."""
        lengths = self.index[rows, 2]
        for length in np.unique(lengths):
            same = np.flatnonzero(lengths == length)
            for part in np.split(same, range(size, len(same), size)):
                yield part, torch.stack([self.stem(row) for row in rows[part]])

    def apply(self, function: Callable[[Tensor], Tensor]) -> np.ndarray:
        """A function of the stem for every row."""
        values: np.ndarray | None = None
        for part, stems in self.batches(np.arange(len(self))):
            output = function(stems).numpy()
            values = np.zeros((len(self), output.shape[1]), np.float32) if values is None else values
            values[part] = output
        return values


def crop(logmel: np.ndarray, rng: np.random.Generator) -> int:
    """First frame, a multiple of 4 (one step), of a random sequence."""
    return 4 * int(rng.integers(max(len(logmel) - features.SEQUENCE["frames"], 0) // 4 + 1))


def make_copy(
    folder: Path,
    number: int,
    clips: list[Clip],
    emovox: Path,
    stem: Network,
    noises: list[np.ndarray] | None = None,
    teacher: Teacher | None = None,
    tag: str = "",
) -> Copy:
    """Copy 0 holds every sequence of the untouched clips; the others one random sequence per augmented clip.

    Kept in `folder` under a name made from the list of clips and the tag, and read from there next time.
    """
    names = "\n".join(f"{clip.corpus}/{clip.path.name}" for clip in clips)
    key = hashlib.sha256(names.encode()).hexdigest()[:12]
    path = folder / f"{key}-{number}{tag}"
    if not path.with_suffix(".json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        index, steps, frame_count, step_count = [], [], 0, 0
        with path.with_suffix(".stems").open("wb") as stems:
            for first in range(0, len(clips), BATCH):
                recordings = []
                for i, clip in enumerate(clips[first : first + BATCH], first):
                    rng = np.random.default_rng([number, i])
                    recorded = clip.corpus != "synthetic"
                    samples = audio.read(clip.path) if recorded else audio.synthetic_noise(4 * audio.RATE, rng)
                    if number:
                        recording = audio.augment(samples, noises, rng)
                    else:
                        recording = audio.Augmented(samples, audio.RATE, audio.speech_steps(samples))
                    if not clip.emotion:
                        recording.speech[:] = False
                    recordings.append(recording)
                logmels = features.extract(emovox, [(r.samples, r.rate) for r in recordings])
                for i, (recording, logmel) in enumerate(zip(recordings, logmels, strict=True), first):
                    rng = np.random.default_rng([number, i, 1])
                    for start in [crop(logmel, rng)] if number else features.sequence_starts(len(logmel)):
                        sequence = logmel[start : start + features.SEQUENCE["frames"]]
                        with torch.no_grad():
                            output = stem.stem(torch.from_numpy(features.normalize(sequence))[None])["conv2"][0].T
                        stems.write(output.half().numpy().tobytes())
                        speech = recording.speech[start // 4 : start // 4 + features.SEQUENCE["frames"] // 4]
                        steps.append(speech)
                        audible = features.is_audible(sequence)
                        index.append((i, frame_count, len(output), step_count, len(speech), audible))
                        frame_count += len(output)
                        step_count += len(speech)
                print(f"copy {number}: {min(first + BATCH, len(clips))} of {len(clips)} clips", flush=True)
        np.savez(path.with_suffix(".npz"), index=np.array(index), steps=np.concatenate(steps))
        path.with_suffix(".json").write_text(json.dumps(dict(clips=len(clips), sequences=len(index))))
    arrays = np.load(path.with_suffix(".npz"))
    stems = np.memmap(path.with_suffix(".stems"), np.float16, "r").reshape(-1, STEM)
    copy = Copy(clips, arrays["index"], stems, arrays["steps"], np.empty(0))
    copy.statistics = kept(path.with_suffix(".statistics.npy"), lambda: copy.apply(statistics))
    if teacher:
        copy.lesson = kept(path.with_suffix(".lesson.npy"), lambda: copy.apply(teacher))
    return copy


def kept(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    if not path.exists():
        print(f"making {path.name}", flush=True)
        np.save(path, make())
    return np.load(path)


def label_indices(clips: list[Clip]) -> np.ndarray:
    """Index of every clip's emotion; -1 for noise."""
    return np.array([LABELS.index(clip.emotion) if clip.emotion else -1 for clip in clips])
