# SPDX-License-Identifier: MIT
"""What a user of Python would run: librosa's log-mel and the network in PyTorch, on one thread.

Started by native.mjs with a WAV file: answers the batch size that is best for each model, then, for each model that is
named on a line of the input, the seconds of one more analysis and the probabilities of its sequences."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import librosa
import numpy as np
import soundfile
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "model/train"))
import export  # noqa: E402
from features import normalize  # noqa: E402


def sequences(path: str, meta: dict) -> np.ndarray:
    """(sequences, frames, bands)"""
    front_end = meta["front_end"]
    samples, rate = soundfile.read(path, dtype="float32")
    mel = librosa.feature.melspectrogram(
        y=samples,
        sr=rate,
        n_fft=front_end["n_fft"],
        hop_length=front_end["hop"],
        n_mels=front_end["n_mels"],
        fmin=front_end["f_min"],
        fmax=front_end["f_max"],
        pad_mode="constant",
    )
    logmel = np.log10(np.maximum(mel.T, front_end["log_floor"]))
    frames, hop = meta["sequence"]["frames"], meta["sequence"]["hop"]
    last = len(logmel) - frames
    starts = list(range(0, last + 1, hop))
    if last % hop * 4 >= hop:
        starts.append(last)
    return np.stack([normalize(logmel[start : start + frames]) for start in starts])


@torch.inference_mode()
def analyze(network, meta: dict, path: str, batch: int) -> tuple[float, list[list[float]]]:
    start = time.perf_counter()
    outputs = [
        network(network.stem(features)["conv2"])["evidence"][:, : len(meta["labels"])].exp()
        for features in torch.from_numpy(sequences(path, meta)).split(batch)
    ]
    probabilities = torch.cat(outputs).tolist()
    return time.perf_counter() - start, probabilities


def main() -> None:
    torch.set_num_threads(1)
    path = sys.argv[1]
    loaded = {name: export.load(ROOT / f"model/emovox-{name}.safetensors") for name in ("small", "large")}
    models = {name: (network, meta) for name, (network, _, meta) in loaded.items()}
    analyze(*models["small"], path, 1)  # librosa compiles on its first call
    batches = {
        name: min((1, 8, 64), key=lambda batch: analyze(*model, path, batch)[0]) for name, model in models.items()
    }

    def answer(value) -> None:
        print(json.dumps(value), flush=True)

    answer(batches)
    for line in sys.stdin:
        name = line.strip()
        seconds, probabilities = analyze(*models[name], path, batches[name])
        answer(dict(seconds=seconds, probabilities=probabilities))


if __name__ == "__main__":
    main()
