# SPDX-License-Identifier: MIT
"""The network in PyTorch; src/nn holds its twin in C.

    log-mel (T, 80) -> conv1 -> conv2 (/2) -> blocks -+-> mean, standard deviation over time ------------+-> evidence
                                                      |                                                  |
                                                      +-> conv3 (/2) -> LSTM, both ways -+-> attention --+-> intensity
                                                                                         |
                                                                                         +-> speech, per step

conv1 and conv2, the stem, and the transformer blocks, of which `small` has none, start as OpenAI's Whisper tiny.en.
Statistics may be taken of several outputs of the encoder: that of the stem (0) and those of the blocks (from 1).

The head has components, one or several per emotion: an emotion as one corpus sounds it. Their mixture (mixture
discriminant analysis, Hastie & Tibshirani 1996) is what the evidence says of a stranger. Its other rows say how a
segment differs from others, in the space where speakers and emotions are Gaussian. `judgement.py` makes a verdict of
both.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

MELS, STEM, CHANNELS, HIDDEN = 80, 384, 112, 64
STATISTICS, SUMMARY = 2 * STEM, 2 * HIDDEN
POOLED = STATISTICS + SUMMARY


@dataclass(frozen=True)
class Sizes:
    """What the model file says about the layers; the defaults are `small`."""

    stem: int = STEM
    blocks: int = 0
    heads: int = 6
    mlp: int = 4 * STEM
    statistics: tuple[int, ...] = (0,)  # pooled outputs of the encoder
    channels: int = CHANNELS
    hidden: int = HIDDEN

    @property
    def pooled(self) -> int:
        return 2 * self.stem * len(self.statistics) + 2 * self.hidden


SMALL = Sizes()
LARGE = Sizes(blocks=4, statistics=(0, 1, 2, 3, 4), channels=128)


def statistics(stem: Tensor) -> Tensor:
    """Mean and standard deviation over time: (batch, 384, frames) -> (batch, 768)"""
    return torch.cat([stem.mean(dim=2), (stem.var(dim=2, correction=0) + 1e-8).sqrt()], dim=1)


def positions(frames: int, width: int) -> Tensor:
    """Whisper's sinusoids: (frames, width), sines in the first half, cosines in the second."""
    rates = torch.exp(-math.log(10000) * torch.arange(width // 2) / (width // 2 - 1))
    angles = torch.arange(frames)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def log_probabilities(logits: Tensor, components: Sequence[int]) -> Tensor:
    """Of the emotions, given the logits of the components: (batch, components) -> (batch, labels)"""
    members = [[c for c, label in enumerate(components) if label == y] for y in range(max(components) + 1)]
    return torch.stack([logits[:, of].logsumexp(dim=1) for of in members], dim=1).log_softmax(dim=1)


class Block(nn.Module):
    """A transformer block of Whisper's encoder. (batch, frames, width) -> the same"""

    def __init__(self, width: int, heads: int, mlp: int):
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, mlp)
        self.contract = nn.Linear(mlp, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.attention_norm(x)
        heads = (
            layer(y).unflatten(2, (self.heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        x = x + self.out(scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2))
        return x + self.contract(gelu(self.expand(self.mlp_norm(x))))


class Network(nn.Module):
    """`components` names the label of each of the head's first rows; the other rows are `dimensions`."""

    def __init__(self, components: Sequence[int], dimensions: int = 0, dropout: float = 0.0, sizes: Sizes = SMALL):
        super().__init__()
        self.sizes = sizes
        self.components, self.dimensions = list(components), dimensions
        self.conv1 = nn.Conv1d(MELS, sizes.stem, 3, padding=1)
        self.conv2 = nn.Conv1d(sizes.stem, sizes.stem, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(sizes.stem, sizes.heads, sizes.mlp) for _ in range(sizes.blocks))
        self.conv3 = nn.Conv1d(sizes.stem, sizes.channels, 3, stride=2, padding=1)
        self.conv3_norm = nn.BatchNorm1d(sizes.channels)
        self.lstm = nn.LSTM(sizes.channels, sizes.hidden, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * sizes.hidden, 1)
        self.speech = nn.Linear(2 * sizes.hidden, 1)
        self.head = nn.Linear(sizes.pooled, len(self.components) + dimensions)
        self.intensity = nn.Linear(sizes.pooled, 1)
        self.dropout = nn.Dropout(dropout)
        self.channel_dropout = nn.Dropout1d(dropout / 2)
        for layer in (self.head, self.intensity):  # fitted on their own (heads.py)
            layer.requires_grad_(False)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """What training adapts: the blocks, or the stem where there are none."""
        return [p for layer in (self.blocks or (self.conv1, self.conv2)) for p in layer.parameters()]

    def recurrent_parameters(self) -> list[nn.Parameter]:
        layers = (self.conv3, self.conv3_norm, self.lstm, self.attention, self.speech)
        return [p for layer in layers for p in layer.parameters()]

    def stem(self, mel: Tensor) -> dict[str, Tensor]:
        """(batch, frames, 80), normalised -> conv1 (batch, 384, frames), conv2 (batch, 384, frames / 2)"""
        conv1 = gelu(self.conv1(mel.transpose(1, 2)))
        return dict(conv1=conv1, conv2=gelu(self.conv2(conv1)))

    def encode(self, conv2: Tensor) -> list[Tensor]:
        """The encoder's outputs, (batch, 384, frames / 2) each: conv2, then block by block."""
        outputs, x = [conv2], conv2.transpose(1, 2)
        if self.blocks:
            x = x + positions(x.shape[1], x.shape[2])
        for block in self.blocks:
            x = block(x)
            outputs.append(x.transpose(1, 2))
        return outputs

    def summarize(self, encoded: Tensor) -> dict[str, Tensor]:
        """conv3 and lstm (batch, steps, 112 and 128), summary (batch, 128), salience and speech (batch, steps)"""
        conv3 = gelu(self.conv3_norm(self.conv3(self.channel_dropout(encoded)))).transpose(1, 2)
        lstm, _ = self.lstm(self.dropout(conv3))
        weights = self.attention(lstm).softmax(dim=1)
        return dict(
            conv3=conv3,
            lstm=lstm,
            summary=(weights * lstm).sum(dim=1),
            salience=weights.squeeze(2),
            speech=self.speech(lstm).squeeze(2),
        )

    def statistics(self, outputs: list[Tensor]) -> Tensor:
        """Of the encoder's outputs that are pooled, one after the other: (batch, statistics)"""
        return torch.cat([statistics(outputs[i]) for i in self.sizes.statistics], dim=1)

    def pool(self, outputs: list[Tensor]) -> Tensor:
        """The embedding (batch, pooled)."""
        return torch.cat([self.statistics(outputs), self.summarize(outputs[-1])["summary"]], dim=1)

    def forward(self, conv2: Tensor) -> dict[str, Tensor]:
        return self.judge(self.encode(conv2))

    def judge(self, outputs: list[Tensor]) -> dict[str, Tensor]:
        """As summarize(), of the encoder's outputs; with pooled (batch, embedding), evidence (batch, evidence) and
        intensity (batch,)."""
        output = self.summarize(outputs[-1])
        pooled = torch.cat([self.statistics(outputs), output["summary"]], dim=1)
        answers = self.head(pooled)
        count = len(self.components)
        stranger = log_probabilities(answers[:, :count], self.components)
        return dict(
            output,
            pooled=pooled,
            evidence=torch.cat([stranger, answers[:, count:]], dim=1),
            intensity=self.intensity(pooled).sigmoid().squeeze(1),
        )

    @torch.no_grad()
    def folded(self, speech_threshold: float = 0.0) -> Network:
        """As it is released: normalisation folded into conv3, the threshold into speech."""
        network = copy.deepcopy(self).eval()
        norm = network.conv3_norm
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        network.conv3.weight *= scale[:, None, None]
        network.conv3.bias.copy_((network.conv3.bias - norm.running_mean) * scale + norm.bias)
        network.conv3_norm = nn.Identity()
        network.speech.bias -= speech_threshold
        return network
