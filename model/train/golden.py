# SPDX-License-Identifier: MIT
"""Writes tests/data/golden: what the C code is compared with.

    python model/train/golden.py

logmel: librosa's log-mel spectrogram of tests/data/formats/angry.flac, computed in float64, before normalisation.
long_*: the network on the clip's first sequence; short_*: on 61 frames of it, with every layer. The weights are those
of the released file, dequantised. All float32; layers are (steps, channels).
"""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import soundfile
import torch

import export
import features

REPOSITORY = Path(__file__).resolve().parents[2]
CLIP = REPOSITORY / "tests/data/formats/angry.flac"
SHORT = slice(100, 161)


def librosa_logmel(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float64")
    front_end = features.FRONT_END
    assert rate == front_end["sample_rate"]
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=rate,
        n_fft=front_end["n_fft"],
        hop_length=front_end["hop"],
        n_mels=front_end["n_mels"],
        fmin=front_end["f_min"],
        fmax=front_end["f_max"],
        dtype=np.float64,
    )
    return np.log10(np.maximum(power, front_end["log_floor"])).T


@torch.no_grad()
def layers(network, mel: np.ndarray) -> dict[str, np.ndarray]:
    outputs = network.stem(torch.from_numpy(mel)[None])
    outputs |= network(outputs["conv2"])
    arrays = {name: tensor[0].numpy() for name, tensor in outputs.items()}
    arrays |= {name: arrays[name].T for name in ("conv1", "conv2")}
    arrays["probabilities"] = outputs["logits"][0].softmax(dim=0).numpy()
    arrays["speech_ratio"] = (arrays["speech"] > 0).mean(keepdims=True)
    return dict(arrays, input=mel)


def main() -> None:
    folder = REPOSITORY / "tests/data/golden"
    folder.mkdir(parents=True, exist_ok=True)
    network, _ = export.load(REPOSITORY / "model/emovox-small.safetensors")
    logmel = librosa_logmel(CLIP)
    sequence = features.normalize(logmel[: features.SEQUENCE["frames"]])
    arrays = {"logmel": logmel}
    for name, mel in (("long", sequence), ("short", features.normalize(logmel[SHORT]))):
        results = layers(network, mel)
        wanted = ["input", "pooled", "logits", "probabilities", "speech_ratio"]
        wanted += ["conv1", "conv2", "conv3", "lstm"] if name == "short" else []
        arrays |= {f"{name}_{layer}": results[layer] for layer in wanted}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array, dtype="<f4"))
    print(f"{len(arrays)} arrays, {sum(path.stat().st_size for path in folder.iterdir())} bytes")


if __name__ == "__main__":
    main()
