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


def statistics(stem: Tensor) -> Tensor:
    """Mean and standard deviation over time: (batch, 384, frames) -> (batch, 768)"""
    return torch.cat([stem.mean(dim=2), (stem.var(dim=2, correction=0) + 1e-8).sqrt()], dim=1)


class Network(nn.Module):
    """While training, the head is two: one on the statistics of the stem, one on the LSTM's summary."""

    def __init__(self, labels: int, dropout: float = 0.0):
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, STEM, 3, padding=1)
        self.conv2 = nn.Conv1d(STEM, STEM, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(STEM, CHANNELS, 3, stride=2, padding=1)
        self.conv3_norm = nn.BatchNorm1d(CHANNELS)
        self.lstm = nn.LSTM(CHANNELS, HIDDEN, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * HIDDEN, 1)
        self.speech = nn.Linear(CHANNELS, 1)
        self.head_statistics = nn.Linear(2 * STEM, labels)
        self.head_summary = nn.Linear(2 * HIDDEN, labels)
        self.dropout = nn.Dropout(dropout)
        self.channel_dropout = nn.Dropout1d(dropout / 2)
        for layer in (self.conv1, self.conv2, self.head_statistics):
            layer.requires_grad_(False)

    def stem(self, mel: Tensor) -> Tensor:
        """(batch, frames, 80), normalised -> (batch, 384, frames / 2)"""
        return gelu(self.conv2(gelu(self.conv1(mel.transpose(1, 2)))))

    def forward(self, stem: Tensor) -> dict[str, Tensor]:
        """Output of stem() -> every layer's output; logits (batch, labels) and speech (batch, steps) decide."""
        conv3 = gelu(self.conv3_norm(self.conv3(self.channel_dropout(stem)))).transpose(1, 2)
        lstm, _ = self.lstm(self.dropout(conv3))
        weights = self.attention(lstm).softmax(dim=1)
        summary = (weights * lstm).sum(dim=1)
        speech = self.speech(conv3).squeeze(2)
        stem_statistics = statistics(stem)
        of_statistics = self.head_statistics(stem_statistics)
        of_summary = self.head_summary(self.dropout(summary))
        return dict(
            conv3=conv3,
            lstm=lstm,
            pooled=torch.cat([stem_statistics, summary], dim=1),
            logits=of_statistics + of_summary,
            logits_summary=of_summary,
            speech=speech,
        )
