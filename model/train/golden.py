# SPDX-License-Identifier: MIT
"""Writes tests/data/golden: what the C code is compared with.

    python model/train/golden.py

logmel: librosa's log-mel spectrogram of tests/data/formats/angry.flac, computed in float64, before normalisation.
long_*: the released network on the clip's first sequence; short_*: on 61 frames of it, with every layer. The weights
are those of the file, dequantised. tiny.safetensors: a small network with transformer blocks and random weights;
tiny_*: its layers on those 61 frames; tiny_long_*: its results on the sequence. speaker_*: a session of a speaker as
people are in that file. All float32, layers (steps, channels).
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
from judgement import Population, judge, learn
from network import Network, Sizes

REPOSITORY = Path(__file__).resolve().parents[2]
CLIP = REPOSITORY / "tests/data/formats/angry.flac"
SHORT = slice(100, 161)
TINY = Sizes(stem=48, blocks=2, heads=3, mlp=96, statistics=(0, 2), channels=16, hidden=8)
DIMENSIONS = 5
COMPONENTS = [*range(len(LABELS)), 0, 3, 3]  # several for neutral and for sad
RESULTS = ["pooled", "evidence", "intensity", "salience", "speech_ratio"]


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
    arrays["speech_ratio"] = (arrays["speech"] > 0).mean(keepdims=True)
    return dict(arrays, input=mel)


@torch.no_grad()
def tiny() -> Network:
    """Random weights, larger than at the start of training, so that every layer has a say."""
    torch.manual_seed(0)
    network = Network(COMPONENTS, DIMENSIONS, sizes=TINY).eval().folded()
    for name, parameter in [*network.named_parameters(), *network.named_buffers()]:
        parameter.normal_(std=0.3 if parameter.ndim < 2 else parameter[0].numel() ** -0.5)
        if name.endswith("norm.weight"):
            parameter += 1
    network.attention.weight *= 5  # a salience far from uniform
    return network


def people() -> Population:
    rng = np.random.default_rng(1)
    means = rng.normal(scale=1.5, size=(len(LABELS), DIMENSIONS)).astype(np.float32)
    return Population(
        between=np.array([0.2, 0.5, 1, 2, 4], np.float32),
        means=means - means.mean(axis=0),
        relative=rng.normal(size=(len(LABELS), DIMENSIONS)).astype(np.float32),
        relative_bias=rng.normal(size=len(LABELS)).astype(np.float32),
        share=0.5,
        caution=4.0,
        surprise=0.25,
        everyday=np.array([0.3, 0.2, *[0.5 / 6] * 6]),
    )


def session(people: Population) -> dict[str, np.ndarray]:
    """A speaker with a voice of their own: evidence, the share of each segment that is new, which are enrolled; the
    belief after all of it with the everyday prior, and the probabilities of each segment for a stranger, with an even
    prior, and for that speaker."""
    rng = np.random.default_rng(0)
    emotions = np.array([0, 4, 4, 3, 0, 2, 1, 0, 5, 7, 0, 6])
    x = people.means[emotions] + rng.normal(size=(len(emotions), DIMENSIONS)) + [0.5, -1, 1, 2, -3]
    logits = rng.normal(scale=1.5, size=(len(emotions), len(LABELS))) + 2 * np.eye(len(LABELS))[emotions]
    evidence = np.concatenate([logits, x], axis=1).astype(np.float32)
    enrolled = np.isin(np.arange(len(emotions)), [0, 4]).astype(np.float32)
    weights = rng.choice([0.25, 0.5, 1], len(emotions)).astype(np.float32)
    ordinary = np.isin(np.arange(len(LABELS)), people.ordinary)
    allowed = np.where(enrolled[:, None] > 0, ordinary, True)
    known = learn(people, evidence.astype(float), weights.astype(float), people.everyday, allowed)
    even = np.full(len(LABELS), 1 / len(LABELS))
    return dict(
        evidence=evidence,
        weights=weights,
        enrolled=enrolled,
        shift=known.shift,
        stranger=np.exp(judge(people, evidence.astype(float), even)),
        probabilities=np.exp(judge(people, evidence.astype(float), people.everyday, known)),
    )


def main() -> None:
    folder = REPOSITORY / "tests/data/golden"
    folder.mkdir(parents=True, exist_ok=True)
    network = tiny()
    meta = export.metadata(network, people(), "0.0.0", [], 0, 0.15, name="tiny")
    export.save(folder / "tiny.safetensors", network, people(), meta)
    released, _, _ = export.load(REPOSITORY / "model/emovox-small.safetensors")
    random, crowd, _ = export.load(folder / "tiny.safetensors")
    logmel = librosa_logmel(CLIP)
    sequence, short = features.normalize(logmel[: features.SEQUENCE["frames"]]), features.normalize(logmel[SHORT])
    stem = ["conv1", "conv2", "conv3", "lstm"]
    blocks = [f"block{i}" for i in range(1, TINY.blocks + 1)]
    arrays = {"logmel": logmel} | {f"speaker_{name}": array for name, array in session(crowd).items()}
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
