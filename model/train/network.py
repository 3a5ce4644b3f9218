# SPDX-License-Identifier: MIT
"""The network in PyTorch; src/nn holds its twin in C.

    log-mel (T, 80) -> conv1 -> conv2 (/2) -+-> mean, standard deviation over time ------------+
                                            |                                                  |
                                            +-> conv3 (/2) -+-> LSTM, both ways -> attention --+-> head -> emotion
                                                            |
                                                            +-> speech, per step

conv1 and conv2, the stem, are OpenAI's Whisper tiny.en and stay as they are.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

MELS, STEM, CHANNELS, HIDDEN = 80, 384, 128, 64
POOLED = 2 * STEM + 2 * HIDDEN


class Network(nn.Module):
    def __init__(self, labels: int, dropout: float = 0.0):
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, STEM, 3, padding=1)
        self.conv2 = nn.Conv1d(STEM, STEM, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(STEM, CHANNELS, 3, stride=2, padding=1)
        self.conv3_norm = nn.BatchNorm1d(CHANNELS)
        self.lstm = nn.LSTM(CHANNELS, HIDDEN, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * HIDDEN, 1)
        self.pooled_norm = nn.BatchNorm1d(POOLED, affine=False)
        self.head = nn.Linear(POOLED, labels)
        self.speech = nn.Linear(CHANNELS, 1)
        self.dropout = nn.Dropout(dropout)
        self.channel_dropout = nn.Dropout1d(dropout / 2)
        self.conv1.requires_grad_(False)
        self.conv2.requires_grad_(False)

    def stem(self, mel: Tensor) -> Tensor:
        """(batch, frames, 80), normalised -> (batch, 384, frames / 2)"""
        return gelu(self.conv2(gelu(self.conv1(mel.transpose(1, 2)))))

    def forward(self, stem: Tensor) -> dict[str, Tensor]:
        """Output of stem() -> every layer's output; logits (batch, labels) and speech (batch, steps) decide."""
        conv3 = gelu(self.conv3_norm(self.conv3(self.channel_dropout(stem)))).transpose(1, 2)
        lstm, _ = self.lstm(self.dropout(conv3))
        weights = self.attention(lstm).softmax(dim=1)
        mean = stem.mean(dim=2)
        deviation = (stem.var(dim=2, correction=0) + 1e-8).sqrt()
        pooled = torch.cat([mean, deviation, (weights * lstm).sum(dim=1)], dim=1)
        logits = self.head(self.dropout(self.pooled_norm(pooled)))
        speech = self.speech(conv3).squeeze(2)
        return dict(conv3=conv3, lstm=lstm, pooled=pooled, logits=logits, speech=speech)

    @torch.no_grad()
    def folded(self, temperature: float = 1.0) -> Network:
        """The same function with normalisations and calibration folded into conv3 and head, as it is released."""
        network = copy.deepcopy(self).eval()
        norm = network.conv3_norm
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        network.conv3.weight *= scale[:, None, None]
        network.conv3.bias.copy_((network.conv3.bias - norm.running_mean) * scale + norm.bias)
        norm = network.pooled_norm
        network.head.weight /= (norm.running_var + norm.eps).sqrt()
        network.head.bias -= network.head.weight @ norm.running_mean
        network.head.weight /= temperature
        network.head.bias /= temperature
        network.conv3_norm = network.pooled_norm = nn.Identity()
        return network
