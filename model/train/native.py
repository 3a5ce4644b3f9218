# SPDX-License-Identifier: MIT
"""The C engine on the same clips: it rounds the inputs of layers to 8 bits, PyTorch does not."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import evaluate
import export
from corpora import LABELS
from network import Network


def analyze(emovox: Path, network: Network, gate: dict, uncertain_below: float, paths: list[Path]) -> list[dict]:
    """What `emovox analyze --json` says about each recording, given the network as a released file."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.safetensors"
        meta = export.metadata(network, "0", [], gate["min_ratio"], uncertain_below)
        export.save(model, network.folded(gate["threshold"]), meta)
        command = [emovox, "analyze", "--json", "--model", model, *paths]
        lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def agreement(emovox: Path, parts, gate: dict, uncertain_below: float) -> dict:
    """Of the engine with PyTorch, and the engine's own UAR, over the clips of report.Tested parts. The engine's answer
    is forced as in evaluate.decide(), or, `as_shown`, wrong where it is `uncertain` or no speech."""
    truth, forced, shown, same, distances = [], [], [], [], []
    for part in parts:
        chosen, answers, means = evaluate.decide(part.predictions.clips, part.plain)
        paths = [part.clips[i].path for i in chosen]
        results = analyze(emovox, part.network, gate, uncertain_below, paths)
        for clip, answer, mean, result in zip(chosen, answers, means, results, strict=True):
            logs = np.log([[s["probabilities"][label] + 1e-9 for label in LABELS] for s in result["segments"]])
            _, (theirs,), _ = evaluate.decide(np.zeros(len(logs), int), logs)
            truth.append(part.labels[clip])
            forced.append(theirs)
            shown.append(result["emotion"] == LABELS[part.labels[clip]])
            same.append(theirs == answer)
            if all(s["label"] != "no speech" for s in result["segments"]):
                distances.append(np.abs(mean - [result["probabilities"][label] for label in LABELS]).max())
    truth, shown = np.array(truth), np.array(shown)
    return dict(
        clips=len(truth),
        same_answer=100 * float(np.mean(same)),
        mean_difference=float(np.mean(distances)),
        largest_difference=float(np.max(distances)),
        uar=evaluate.scores(evaluate.confusion(truth, np.array(forced)))["uar"],
        uar_as_shown=100 * float(np.mean([shown[truth == label].mean() for label in np.unique(truth)])),
    )
