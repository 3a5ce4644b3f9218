# SPDX-License-Identifier: MIT
"""The network in PyTorch; src/nn holds its twin in C.

    log-mel (T, 80) -> conv1 -> conv2 (/2) -> blocks -+-> mean, standard deviation over time ------------+-> head
                                                      |                                                  |
                                                      +-> conv3 (/2) -> LSTM, both ways -+-> attention --+-> intensity
                                                                                         |
                                                                                         +-> speech, per step

conv1 and conv2, the stem, and the transformer blocks, of which `small` has none, start as OpenAI's Whisper tiny.en.
Statistics may be taken of several outputs of the encoder: that of the stem (0) and those of the blocks (from 1).

The head has components, one or several per emotion: an emotion as one corpus sounds it. Their mixture is what counts
(mixture discriminant analysis, Hastie & Tibshirani 1996). A second head, `adapted`, judges how a segment differs from
what the speaker usually sounds like; `Speaker` says how the two become one verdict.
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
LARGE = Sizes(blocks=2, statistics=(0, 1, 2), channels=128)


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
    """`components` names the label of each component (by default one per label). Untrained, it adapts to nobody:
    neither head nor statistics of speakers are there."""

    def __init__(
        self,
        labels: int,
        dropout: float = 0.0,
        sizes: Sizes = SMALL,
        components: Sequence[int] | None = None,
    ):
        super().__init__()
        self.sizes = sizes
        self.components = list(range(labels) if components is None else components)
        self.prior_seconds, self.within, self.between = 30.0, 0.0, 1.0
        self.conv1 = nn.Conv1d(MELS, sizes.stem, 3, padding=1)
        self.conv2 = nn.Conv1d(sizes.stem, sizes.stem, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(sizes.stem, sizes.heads, sizes.mlp) for _ in range(sizes.blocks))
        self.conv3 = nn.Conv1d(sizes.stem, sizes.channels, 3, stride=2, padding=1)
        self.conv3_norm = nn.BatchNorm1d(sizes.channels)
        self.lstm = nn.LSTM(sizes.channels, sizes.hidden, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * sizes.hidden, 1)
        self.speech = nn.Linear(2 * sizes.hidden, 1)
        self.head = nn.Linear(sizes.pooled, len(self.components))
        self.adapted = nn.Linear(sizes.pooled, len(self.components))
        self.register_buffer("ordinary", torch.zeros(len(self.components)))
        self.intensity = nn.Linear(sizes.pooled, 1)
        self.dropout = nn.Dropout(dropout)
        self.channel_dropout = nn.Dropout1d(dropout / 2)
        for layer in (self.head, self.adapted, self.intensity):  # fitted on their own (heads.py)
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
        """As summarize(), of the encoder's outputs; with pooled (batch, embedding), components and adapted (batch,
        components), the latter without its bias, logits (batch, labels) of a speaker who is not known, and intensity
        (batch,)."""
        output = self.summarize(outputs[-1])
        pooled = torch.cat([self.statistics(outputs), output["summary"]], dim=1)
        components = self.head(pooled)
        return dict(
            output,
            pooled=pooled,
            components=components,
            adapted=pooled @ self.adapted.weight.T,
            logits=log_probabilities(components, self.components),
            intensity=self.intensity(pooled).sigmoid().squeeze(1),
        )

    @torch.no_grad()
    def tempered(self, plain: float, adapted: float) -> Network:
        """Calibrated: the outputs of the two heads divided by these temperatures."""
        network = copy.deepcopy(self)
        for head, temperature in ((network.head, plain), (network.adapted, adapted)):
            head.weight /= temperature
            head.bias /= temperature
        network.ordinary /= adapted
        network.within, network.between = self.within / adapted**2, self.between / adapted**2
        return network

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


class Speaker:
    """What has been heard of one person, and the verdicts that follow; src/pipeline/adaptation.c is its twin. Sums are
    in float64, vectors (components,).

    Two kinds of speech tell what somebody usually sounds like: what was enrolled as ordinary, and whatever else was
    heard. The latter counts as far as it was diverse (`diversity`): the mean of one emotion would pass for the speaker.
    """

    def __init__(self, network: Network):
        def double(tensor: Tensor) -> Tensor:
            return tensor.detach().double()

        self.network = network
        self.bias, self.ordinary = double(network.adapted.bias), double(network.ordinary)
        self.seconds = self.squares = self.scatter = self.enrolled = 0.0
        self.sum, self.offset = torch.zeros_like(self.bias), torch.zeros_like(self.bias)

    def heard(self, adapted, seconds: float) -> None:
        """Adds a segment, which brought so many seconds that were not part of the one before."""
        u = torch.as_tensor(adapted, dtype=torch.float64)
        self.seconds += seconds
        self.squares += seconds**2
        self.sum += seconds * u
        self.scatter += seconds * float(u.square().sum())

    def enroll(self, adapted, seconds: float) -> None:
        """The same with a segment of ordinary speech."""
        self.enrolled += seconds
        self.offset += seconds * (torch.as_tensor(adapted, dtype=torch.float64) - self.ordinary)

    @property
    def diversity(self) -> float:
        """Variance of what was heard (unbiased, weighted) less that within an emotion, as a share of that between the
        emotions of a balanced session: 0..1."""
        if self.squares >= self.seconds**2 / 1.5:  # fewer than 1.5 segments, if they were of equal length
            return 0.0
        biased = self.scatter / self.seconds - float((self.sum / self.seconds).square().sum())
        variance = biased / (1 - self.squares / self.seconds**2)
        return min(max((variance - self.network.within) / self.network.between, 0.0), 1.0)

    @property
    def known(self) -> float:
        """Seconds that count."""
        return self.enrolled + self.diversity * self.seconds

    @property
    def weight(self) -> float:
        """How far verdicts are adapted, 0..1."""
        return self.known / (self.known + self.network.prior_seconds)

    def logits(self, components, adapted) -> Tensor:
        """Of the emotions (labels,), given a segment's outputs of both heads."""

        def judged(logits: Tensor) -> Tensor:
            return log_probabilities(logits[None], self.network.components)[0]

        result = judged(torch.as_tensor(components, dtype=torch.float64))
        if self.known > 0:
            usual = (self.offset + self.diversity * self.sum) / self.known
            u = torch.as_tensor(adapted, dtype=torch.float64)
            result = (1 - self.weight) * result + self.weight * judged(u - usual + self.bias)
        return result
