# SPDX-License-Identifier: MIT
"""The C engine beside PyTorch on the same clips: it rounds the inputs of int8 layers to 8 bits, PyTorch does not."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

import audio
import evaluate
import export
import features
from corpora import LABELS, Clip
from network import Network

BATCH = 200  # recordings per call of the extractor


def analyze(emovox: Path, network: Network, gate: dict, uncertain_below: float, paths: list[Path]) -> list[dict]:
    """What `emovox analyze --json` says about each recording, given the network as a released file."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        meta = export.metadata(network, "0", [], gate["min_ratio"], uncertain_below)
        export.save(model, network.folded(gate["threshold"]), meta)
        command = [emovox, "analyze", "--json", "--model", model, *paths]
        lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


@torch.no_grad()
def probabilities(emovox: Path, network: Network, paths: list[Path]) -> list[np.ndarray]:
    """PyTorch's for the sequences of each recording, in float32: (sequences, labels)."""
    result = []
    for first in range(0, len(paths), BATCH):
        recordings = [(audio.read(path), audio.RATE) for path in paths[first : first + BATCH]]
        for logmel in features.extract(emovox, recordings):
            starts = features.sequence_starts(len(logmel))
            if len(starts) > 1 and not features.brings_enough(starts[-1] - starts[-2]):
                starts.pop()
            frames = features.SEQUENCE["frames"]
            inputs = np.stack([features.normalize(logmel[start : start + frames]) for start in starts])
            logits = network(network.stem(torch.from_numpy(inputs))["conv2"])["logits"]
            result.append(logits.softmax(dim=1).numpy())
    return result


def agreement(emovox: Path, tested: list[tuple[Network, list[Clip]]], gate: dict, uncertain_below: float) -> dict:
    """Of the engine with PyTorch, and the engine's own UAR, with each network on its clips. Answers are forced as in
    evaluate.decide(), or, `as_shown`, wrong where they are `uncertain` or no speech."""
    truth, forced, shown, same, differences = [], [], [], [], []

    def answer(p: np.ndarray) -> int:
        return evaluate.decide(np.zeros(len(p), int), np.log(p + 1e-9))[1][0]

    for network, clips in tested:
        paths = [clip.path for clip in clips]
        expected = probabilities(emovox, network, paths)
        for clip, theirs, result in zip(
            clips, expected, analyze(emovox, network, gate, uncertain_below, paths), strict=True
        ):
            ours = np.array([[s["probabilities"][label] for label in LABELS] for s in result["segments"]])
            voiced = ours.sum(axis=1) > 0  # without speech there are no probabilities
            truth.append(LABELS.index(clip.emotion))
            forced.append(answer(np.where(voiced[:, None], ours, theirs)))
            shown.append(result["emotion"] == clip.emotion)
            same.append(forced[-1] == answer(theirs))
            differences.append(np.abs(ours - theirs)[voiced].ravel())
    truth, shown, differences = np.array(truth), np.array(shown), np.concatenate(differences)
    return dict(
        clips=len(truth),
        same_answer=100 * float(np.mean(same)),
        mean_difference=float(differences.mean()),
        largest_difference=float(differences.max()),
        uar=evaluate.scores(evaluate.confusion(truth, np.array(forced)))["uar"],
        uar_as_shown=100 * float(np.mean([shown[truth == label].mean() for label in np.unique(truth)])),
    )
