# SPDX-License-Identifier: MIT
"""The released file: safetensors with int8 rows, see model/README.md."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

import features
from corpora import LABELS
from network import CHANNELS, HIDDEN, STEM, Network

QUANTIZED = ("conv1", "conv2", "conv3", "lstm")
DIRECTIONS = {"forward": "", "backward": "_reverse"}


def tensors(network: Network) -> dict[str, np.ndarray]:
    """The weights of a folded network by their names in the file."""
    named = {}
    for layer in ("conv1", "conv2", "conv3", "attention", "speech", "head"):
        named[f"{layer}.weight"] = getattr(network, layer).weight
        named[f"{layer}.bias"] = getattr(network, layer).bias
    for direction, suffix in DIRECTIONS.items():
        lstm = network.lstm
        named[f"lstm.{direction}.input.weight"] = getattr(lstm, f"weight_ih_l0{suffix}")
        named[f"lstm.{direction}.recurrent.weight"] = getattr(lstm, f"weight_hh_l0{suffix}")
        named[f"lstm.{direction}.bias"] = getattr(lstm, f"bias_ih_l0{suffix}") + getattr(lstm, f"bias_hh_l0{suffix}")
    return {name: tensor.detach().numpy().astype(np.float32) for name, tensor in named.items()}


def quantize(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 values and one scale per output row."""
    rows = weight.reshape(len(weight), -1)
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
    values = np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8)
    return values.reshape(weight.shape), scale


def rounded(network: Network) -> Network:
    """The folded network with the weights that its file would hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save(path, network, metadata("", [], 0, 0))
        return load(path)[0]


def metadata(version: str, training_data: list[str], min_ratio: float, uncertain_below: float) -> dict:
    return dict(
        format=1,
        name="small",
        version=version,
        license="CC-BY-NC-SA-4.0",
        training_data=training_data,
        labels=list(LABELS),
        front_end=features.FRONT_END,
        normalization=features.NORMALIZATION,
        sequence=features.SEQUENCE,
        encoder=dict(channels=[STEM, STEM, CHANNELS], strides=[1, 2, 2], kernel=3),
        lstm=dict(hidden=HIDDEN),
        speech=dict(min_ratio=min_ratio),
        uncertain_below=uncertain_below,
    )


def save(path: Path, network: Network, meta: dict) -> None:
    """Writes a folded network. Tensors follow each other without holes, in the order of the header."""
    stored = {}
    for name, tensor in tensors(network).items():
        if name.endswith(".weight") and name.startswith(QUANTIZED):
            stored[name], stored[f"{name}.scale"] = quantize(tensor)
        else:
            stored[name] = tensor
    order = sorted(stored, key=lambda name: (stored[name].dtype.itemsize == 1, name))  # floats first stay aligned
    header, offset = {"__metadata__": {"emovox": json.dumps(meta)}}, 0
    for name in order:
        tensor = stored[name]
        dtype = {"float32": "F32", "int8": "I8"}[tensor.dtype.name]
        span = [offset, offset + tensor.nbytes]
        header[name] = dict(dtype=dtype, shape=list(tensor.shape), data_offsets=span)
        offset = span[1]
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(stored[name]).tobytes() for name in order)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def load(path: Path) -> tuple[Network, dict]:
    """Reads a released file back: a folded network with dequantised weights, and the metadata."""
    with safe_open(path, "np") as file:
        meta = json.loads(file.metadata()["emovox"])
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a dict

    def weight(name: str) -> torch.Tensor:
        value = stored[name].astype(np.float32)
        scale = stored.get(f"{name}.scale")
        if scale is not None:
            value = value * scale.reshape(-1, *[1] * (value.ndim - 1))
        return torch.from_numpy(value)

    network = Network(len(meta["labels"])).eval()
    network.conv3_norm = torch.nn.Identity()
    with torch.no_grad():
        for layer in ("conv1", "conv2", "conv3", "attention", "speech", "head"):
            getattr(network, layer).weight.copy_(weight(f"{layer}.weight"))
            getattr(network, layer).bias.copy_(weight(f"{layer}.bias"))
        for direction, suffix in DIRECTIONS.items():
            lstm = network.lstm
            getattr(lstm, f"weight_ih_l0{suffix}").copy_(weight(f"lstm.{direction}.input.weight"))
            getattr(lstm, f"weight_hh_l0{suffix}").copy_(weight(f"lstm.{direction}.recurrent.weight"))
            getattr(lstm, f"bias_ih_l0{suffix}").copy_(weight(f"lstm.{direction}.bias"))
            getattr(lstm, f"bias_hh_l0{suffix}").zero_()
    return network, meta
