# SPDX-License-Identifier: MIT
"""A released file as ONNX, for those who compare with other runtimes: `npm run bench` does.

    python model/train/to_onnx.py model/emovox-small.safetensors small.onnx

Input `features` (batch, frames, bands), normalised log-mel of full sequences; outputs `probabilities` (batch, labels)
as the network gives them, before they are judged, `intensity` (batch,) and `speech_ratio` (batch,).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

import export
from network import Network


class Verdict(nn.Module):
    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        output = self.network(self.network.stem(features)["conv2"])
        probabilities = output["evidence"][:, : max(self.network.components) + 1].exp()
        speech_ratio = (output["speech"] > 0).float().mean(dim=1)
        return probabilities, output["intensity"], speech_ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="safetensors file")
    parser.add_argument("output", type=Path, help="ONNX file")
    arguments = parser.parse_args()

    network, _, meta = export.load(arguments.model)
    torch.onnx.export(
        Verdict(network),
        (torch.zeros(2, meta["sequence"]["frames"], meta["front_end"]["n_mels"]),),
        arguments.output,
        input_names=["features"],
        output_names=["probabilities", "intensity", "speech_ratio"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
        verbose=False,
    )


if __name__ == "__main__":
    main()
