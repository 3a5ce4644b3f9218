# SPDX-License-Identifier: MIT
"""Log-mel features from the C extractor: training sees what inference sees."""

from __future__ import annotations

import csv
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import audio

FRONT_END = dict(sample_rate=16000, n_fft=400, hop=160, n_mels=80, f_min=0, f_max=8000, log_floor=1e-14)
NORMALIZATION = dict(range=8, gain=0.25, bias=1.375)
FRAMES_PER_SECOND = FRONT_END["sample_rate"] / FRONT_END["hop"]
SEQUENCE = dict(frames=400, hop=200, min_frames=50)


def extract(emovox: Path, recordings: list[tuple[np.ndarray, int]]) -> list[np.ndarray]:
    """log10 mel power, (frames, 80) per (samples, rate), by `emovox features`."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{folder}/{i}.wav" for i in range(len(recordings))]
        for name, (samples, rate) in zip(names, recordings, strict=True):
            audio.write(Path(name), samples, rate)
        output = Path(folder) / "features.npy"
        subprocess.run([emovox, "features", *names, "--out", output], check=True)
        frames = np.load(output)
        with open(f"{output}.tsv", newline="", encoding="utf-8") as rows:
            index = {row["file"]: row for row in csv.DictReader(rows, delimiter="\t")}
    spans = [(int(index[name]["start"]), int(index[name]["frames"])) for name in names]
    return [frames[start : start + count] for start, count in spans]


def normalize(logmel: np.ndarray) -> np.ndarray:
    """Relative to the loudest band of the sequence, so the level does not matter; Whisper's range."""
    relative = np.maximum(logmel - logmel.max(), -NORMALIZATION["range"])
    return (relative * NORMALIZATION["gain"] + NORMALIZATION["bias"]).astype(np.float32)


def colour(logmel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another microphone and another vocal tract: a smooth random frequency response, and, for every second
    sequence, the frequency axis stretched by up to 10 % (vocal tract length perturbation, Jaitly and Hinton 2013)."""
    bands = FRONT_END["n_mels"]
    axis = np.arange(bands)
    if rng.random() < 0.5:
        warped = np.clip(axis * rng.uniform(0.9, 1.1), 0, bands - 1)
        low = np.minimum(warped.astype(int), bands - 2)
        share = (warped - low).astype(np.float32)
        logmel = logmel[:, low] * (1 - share) + logmel[:, low + 1] * share
    position = axis / (bands - 1)
    decibel = rng.uniform(-9, 9) * (position - 0.5)
    for k in range(1, 5):
        decibel = decibel + rng.normal(0, 4 / k) * np.cos(np.pi * k * position + rng.uniform(0, 2 * np.pi))
    return (logmel + decibel / 10).astype(np.float32)


def sequence_starts(frames: int) -> list[int]:
    """First frames of the sequences of a recording: one every hop; the last one ends with the recording, unless it adds
    less than a quarter hop."""
    hop, last = SEQUENCE["hop"], max(frames - SEQUENCE["frames"], 0)
    starts = list(range(0, last + 1, hop))
    return starts if 4 * (last - starts[-1]) < hop else [*starts, last]
