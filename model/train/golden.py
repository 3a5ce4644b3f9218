# SPDX-License-Identifier: MIT
"""Writes tests/data/golden: what the C code is compared with.

    python model/train/golden.py

logmel: librosa's log-mel spectrogram of tests/data/formats/angry.flac, computed in float64, before normalisation.
long_*: the released network on the clip's first sequence; short_*: on 61 frames of it, with every layer. The weights
are those of the file, dequantised. tiny.safetensors: a small network with transformer blocks and random weights;
tiny_*: its layers on those 61 frames; tiny_long_*: its results on the sequence. speaker_*: a session of a speaker with
that network's heads, segment by segment. All float32, layers (steps, channels).
"""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import soundfile
import torch

import export
import features
from corpora import LABELS
from network import Network, Sizes, Speaker

REPOSITORY = Path(__file__).resolve().parents[2]
CLIP = REPOSITORY / "tests/data/formats/angry.flac"
SHORT = slice(100, 161)
TINY = Sizes(stem=48, blocks=2, heads=3, mlp=96, statistics=(0, 2), channels=16, hidden=8)
COMPONENTS = [*range(len(LABELS)), 0, 3, 3]  # several for neutral and for sad
RESULTS = ["pooled", "components", "adapted", "probabilities", "intensity", "salience", "speech_ratio"]


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
    outputs |= {f"block{i}": x.transpose(1, 2) for i, x in enumerate(network.encode(outputs["conv2"])[1:], 1)}
    outputs |= network(outputs["conv2"])
    arrays = {name: tensor[0].numpy() for name, tensor in outputs.items()}
    arrays |= {name: arrays[name].T for name in ("conv1", "conv2")}
    arrays["probabilities"] = outputs["logits"][0].softmax(dim=0).numpy()
    arrays["speech_ratio"] = (arrays["speech"] > 0).mean(keepdims=True)
    return dict(arrays, input=mel)


@torch.no_grad()
def tiny() -> Network:
    """Random weights, larger than at the start of training, so that every layer has a say."""
    torch.manual_seed(0)
    network = Network(len(LABELS), sizes=TINY, components=COMPONENTS).eval().folded()
    network.prior_seconds, network.within, network.between = 5.0, 0.01, 0.03  # a real session is diverse, not entirely
    for name, parameter in [*network.named_parameters(), *network.named_buffers()]:
        parameter.normal_(std=0.3 if parameter.ndim < 2 else parameter[0].numel() ** -0.5)
        if name.endswith("norm.weight"):
            parameter += 1
    network.attention.weight *= 5  # a salience far from uniform
    return network


@torch.no_grad()
def session(network: Network) -> dict[str, np.ndarray]:
    """Random outputs of both heads; `enrolled` says which segments are, `logits` and `weight` hold before each."""
    rng = np.random.default_rng(0)
    seconds = np.array([2.5, 4, 1, 1, 3.4, 1, 1, 1, 4, 0.7], np.float32)
    enrolled = np.isin(np.arange(len(seconds)), [0, 5]).astype(np.float32)
    shape = len(seconds), len(COMPONENTS)
    components = rng.normal(scale=2, size=shape).astype(np.float32)
    adapted = rng.normal(loc=3, scale=0.05, size=shape).astype(np.float32)  # a voice that is far from ordinary
    speaker, logits, weight, diversity = Speaker(network), [], [], []
    for i in range(len(seconds)):
        logits.append(speaker.logits(components[i], adapted[i]).numpy())
        weight.append(speaker.weight)
        diversity.append(speaker.diversity)
        (speaker.enroll if enrolled[i] else speaker.heard)(adapted[i], float(seconds[i]))
    assert any(0 < beta < 1 for beta in diversity), diversity  # or the comparison would not see it
    return dict(
        seconds=seconds,
        enrolled=enrolled,
        components=components,
        adapted=adapted,
        logits=np.array(logits),
        weight=np.array(weight),
    )


def main() -> None:
    folder = REPOSITORY / "tests/data/golden"
    folder.mkdir(parents=True, exist_ok=True)
    network = tiny()
    export.save(folder / "tiny.safetensors", network, export.metadata(network, "0.0.0", [], 0, 0.15, name="tiny"))
    released, _ = export.load(REPOSITORY / "model/emovox-small.safetensors")
    random, _ = export.load(folder / "tiny.safetensors")
    logmel = librosa_logmel(CLIP)
    sequence, short = features.normalize(logmel[: features.SEQUENCE["frames"]]), features.normalize(logmel[SHORT])
    stem = ["conv1", "conv2", "conv3", "lstm"]
    blocks = [f"block{i}" for i in range(1, TINY.blocks + 1)]
    arrays = {"logmel": logmel} | {f"speaker_{name}": array for name, array in session(random).items()}
    for name, network, mel, wanted in (
        ("long", released, sequence, ["input", *RESULTS]),
        ("short", released, short, ["input", *stem, *RESULTS]),
        ("tiny_long", random, sequence, RESULTS),
        ("tiny", random, short, [*stem, *blocks, *RESULTS]),
    ):
        results = layers(network, mel)
        arrays |= {f"{name}_{layer}": results[layer] for layer in wanted}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array, dtype="<f4"))
    print(f"{len(arrays)} arrays, {sum(path.stat().st_size for path in folder.iterdir())} bytes")


if __name__ == "__main__":
    main()
