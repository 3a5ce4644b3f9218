# SPDX-License-Identifier: MIT
"""The released file: safetensors with int8 rows, see model/README.md."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

import features
from corpora import LABELS
from judgement import Population
from network import Network, Sizes

# The heads are not among them: the inputs of a row differ so much in size that int8 moves logits by up to 0.8.
QUANTIZED = ("conv1", "conv2", "conv3", "lstm", "block")
LAYERS = ("conv1", "conv2", "conv3", "attention", "speech", "head", "intensity")
# Valence and arousal that each emotion stands for, after Russell's circumplex (1980).
CIRCUMPLEX = dict(
    neutral=(0, 0),
    calm=(0.3, -0.5),
    happy=(0.8, 0.5),
    sad=(-0.7, -0.4),
    angry=(-0.6, 0.7),
    fearful=(-0.6, 0.6),
    disgust=(-0.6, 0.2),
    surprised=(0.2, 0.7),
)
JUDGEMENT = ("share", "caution", "surprise")
DIRECTIONS = {"forward": "", "backward": "_reverse"}


def tensors(network: Network) -> dict[str, np.ndarray]:
    """The weights of a folded network by their names in the file."""
    named = {}
    for layer in LAYERS:
        named[f"{layer}.weight"] = getattr(network, layer).weight
        named[f"{layer}.bias"] = getattr(network, layer).bias
    for number, block in enumerate(network.blocks, 1):
        named |= {f"block{number}.{name}": tensor for name, tensor in block.named_parameters()}
    for direction, suffix in DIRECTIONS.items():
        lstm = network.lstm
        named[f"lstm.{direction}.input.weight"] = getattr(lstm, f"weight_ih_l0{suffix}")
        named[f"lstm.{direction}.recurrent.weight"] = getattr(lstm, f"weight_hh_l0{suffix}")
        named[f"lstm.{direction}.bias"] = getattr(lstm, f"bias_ih_l0{suffix}") + getattr(lstm, f"bias_hh_l0{suffix}")
    return {name: tensor.detach().numpy().astype(np.float32) for name, tensor in named.items()}


def of_people(people: Population) -> dict[str, np.ndarray]:
    """What the file says of people, by name."""
    named = {
        "between": people.between,
        "means": people.means,
        "relative.weight": people.relative,
        "relative.bias": people.relative_bias,
    }
    return {name: np.asarray(values, np.float32) for name, values in named.items()}


def quantize(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 values and one scale per output row."""
    rows = weight.reshape(len(weight), -1)
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-12).astype(np.float32) / np.float32(127)
    values = np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8)
    return values.reshape(weight.shape), scale


@torch.no_grad()
def quantized(network: Network) -> Network:
    """With the weights that its file would hold."""
    network = copy.deepcopy(network)
    for name, parameter in network.named_parameters():
        if name.startswith(QUANTIZED) and parameter.ndim > 1:
            values, scale = quantize(parameter.numpy())
            parameter.copy_(torch.from_numpy(values * scale.reshape(-1, *[1] * (values.ndim - 1))))
    return network


def metadata(
    network: Network,
    people: Population,
    version: str,
    training_data: list[str],
    min_ratio: float,
    uncertain_below: float,
    name: str = "small",
) -> dict:
    sizes = network.sizes
    blocks = dict(heads=sizes.heads, mlp=sizes.mlp) if sizes.blocks else {}
    return dict(
        format=5,
        name=name,
        version=version,
        license="CC-BY-NC-SA-4.0",
        training_data=training_data,
        labels=list(LABELS),
        valence=[CIRCUMPLEX[label][0] for label in LABELS],
        arousal=[CIRCUMPLEX[label][1] for label in LABELS],
        front_end=features.FRONT_END,
        normalization=features.NORMALIZATION,
        sequence=features.SEQUENCE,
        encoder=dict(channels=[sizes.stem] * 2, strides=[1, 2], kernel=3, blocks=sizes.blocks, **blocks),
        statistics=list(sizes.statistics),
        lstm=dict(channels=sizes.channels, stride=2, kernel=3, hidden=sizes.hidden),
        components=list(network.components),
        judgement=dict(
            dimensions=people.dimensions,
            **{name: float(getattr(people, name)) for name in JUDGEMENT},
            everyday=[round(float(p), 6) for p in people.everyday],
            ordinary=list(people.ordinary),
        ),
        speech=dict(min_ratio=min_ratio),
        uncertain_below=uncertain_below,
    )


def sizes_of(meta: dict) -> Sizes:
    """The layer sizes that metadata() was given."""
    encoder, lstm = meta["encoder"], meta["lstm"]
    return Sizes(
        stem=encoder["channels"][1],
        blocks=encoder["blocks"],
        heads=encoder.get("heads", Sizes.heads),
        mlp=encoder.get("mlp", Sizes.mlp),
        statistics=tuple(meta["statistics"]),
        channels=lstm["channels"],
        hidden=lstm["hidden"],
    )


def fnv1a(data: bytes) -> int:
    """The 64-bit checksum of Fowler, Noll and Vo, as src/pipeline/fnv.c."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def save(path: Path, network: Network, people: Population, meta: dict) -> None:
    """Writes a folded network."""
    stored: dict[str, np.ndarray] = of_people(people)
    for name, tensor in tensors(network).items():
        if name.endswith(".weight") and name.startswith(QUANTIZED) and tensor.ndim > 1:
            stored[name], stored[f"{name}.scale"] = quantize(tensor)
        else:
            stored[name] = tensor
    write(path, stored, meta)


def write(path: Path, stored: dict[str, np.ndarray], meta: dict) -> None:
    """Writes tensors one after the other without holes, in the order of the header, and a checksum behind them."""
    order = sorted(stored, key=lambda name: (stored[name].dtype.itemsize == 1, name))  # floats first stay aligned
    header, offset = {"__metadata__": {"emovox": json.dumps(meta)}}, 0
    for name in order:
        tensor = stored[name]
        dtype = {"float32": "F32", "int8": "I8"}[tensor.dtype.name]
        span = [offset, offset + tensor.nbytes]
        header[name] = dict(dtype=dtype, shape=list(tensor.shape), data_offsets=span)
        offset = span[1]
    header["checksum"] = dict(dtype="I8", shape=[8], data_offsets=[offset, offset + 8])
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(stored[name]).tobytes() for name in order)
    file = len(text).to_bytes(8, "little") + text + data
    path.write_bytes(file + fnv1a(file).to_bytes(8, "little"))


def load(path: Path) -> tuple[Network, Population, dict]:
    """Reads a released file back: a folded network with dequantised weights, people, and the metadata."""
    with safe_open(path, "np") as file:
        meta = json.loads(file.metadata()["emovox"])
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, not a dict

    def weight(name: str) -> torch.Tensor:
        value = stored[name].astype(np.float32)
        scale = stored.get(f"{name}.scale")
        if scale is not None:
            value = value * scale.reshape(-1, *[1] * (value.ndim - 1))
        return torch.from_numpy(value)

    judgement = meta["judgement"]
    people = Population(
        stored["between"],
        stored["means"],
        stored["relative.weight"],
        stored["relative.bias"],
        **{name: judgement[name] for name in JUDGEMENT},
        everyday=np.array(judgement["everyday"]),
        ordinary=tuple(judgement["ordinary"]),
    )
    network = Network(meta["components"], judgement["dimensions"], sizes=sizes_of(meta)).eval()
    network.conv3_norm = torch.nn.Identity()
    with torch.no_grad():
        for layer in LAYERS:
            getattr(network, layer).weight.copy_(weight(f"{layer}.weight"))
            getattr(network, layer).bias.copy_(weight(f"{layer}.bias"))
        for number, block in enumerate(network.blocks, 1):
            for name, parameter in block.named_parameters():
                parameter.copy_(weight(f"block{number}.{name}"))
        for direction, suffix in DIRECTIONS.items():
            lstm = network.lstm
            getattr(lstm, f"weight_ih_l0{suffix}").copy_(weight(f"lstm.{direction}.input.weight"))
            getattr(lstm, f"weight_hh_l0{suffix}").copy_(weight(f"lstm.{direction}.recurrent.weight"))
            getattr(lstm, f"bias_ih_l0{suffix}").copy_(weight(f"lstm.{direction}.bias"))
            getattr(lstm, f"bias_hh_l0{suffix}").zero_()
    return network, people, meta
