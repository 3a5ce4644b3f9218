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
STATISTICS, SUMMARY = 2 * STEM, 2 * HIDDEN
POOLED = STATISTICS + SUMMARY


def statistics(stem: Tensor) -> Tensor:
    """Mean and standard deviation over time: (batch, 384, frames) -> (batch, 768)"""
    return torch.cat([stem.mean(dim=2), (stem.var(dim=2, correction=0) + 1e-8).sqrt()], dim=1)


class Network(nn.Module):
    def __init__(self, labels: int, dropout: float = 0.0):
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, STEM, 3, padding=1)
        self.conv2 = nn.Conv1d(STEM, STEM, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(STEM, CHANNELS, 3, stride=2, padding=1)
        self.conv3_norm = nn.BatchNorm1d(CHANNELS)
        self.lstm = nn.LSTM(CHANNELS, HIDDEN, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(SUMMARY, 1)
        self.speech = nn.Linear(CHANNELS, 1)
        self.head = nn.Linear(POOLED, labels)
        self.dropout = nn.Dropout(dropout)
        self.channel_dropout = nn.Dropout1d(dropout / 2)
        for layer in (self.conv1, self.conv2, self.head):  # given, and fitted on its own (train.py)
            layer.requires_grad_(False)

    def stem(self, mel: Tensor) -> dict[str, Tensor]:
        """(batch, frames, 80), normalised -> conv1 (batch, 384, frames), conv2 (batch, 384, frames / 2)"""
        conv1 = gelu(self.conv1(mel.transpose(1, 2)))
        return dict(conv1=conv1, conv2=gelu(self.conv2(conv1)))

    def summarize(self, conv2: Tensor) -> dict[str, Tensor]:
        """conv3 and lstm (batch, steps, 128), summary (batch, 128), speech (batch, steps)"""
        conv3 = gelu(self.conv3_norm(self.conv3(self.channel_dropout(conv2)))).transpose(1, 2)
        lstm, _ = self.lstm(self.dropout(conv3))
        weights = self.attention(lstm).softmax(dim=1)
        return dict(conv3=conv3, lstm=lstm, summary=(weights * lstm).sum(dim=1), speech=self.speech(conv3).squeeze(2))

    def forward(self, conv2: Tensor) -> dict[str, Tensor]:
        """As summarize(), with pooled (batch, 896) and logits (batch, labels)."""
        output = self.summarize(conv2)
        pooled = torch.cat([statistics(conv2), output["summary"]], dim=1)
        return dict(output, pooled=pooled, logits=self.head(pooled))

    @torch.no_grad()
    def folded(self, temperature: float = 1.0, speech_threshold: float = 0.0) -> Network:
        """As it is released: normalisation folded into conv3, calibration into head and speech."""
        network = copy.deepcopy(self).eval()
        norm = network.conv3_norm
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        network.conv3.weight *= scale[:, None, None]
        network.conv3.bias.copy_((network.conv3.bias - norm.running_mean) * scale + norm.bias)
        network.conv3_norm = nn.Identity()
        network.head.weight /= temperature
        network.head.bias /= temperature
        network.speech.bias -= speech_threshold
        return network
