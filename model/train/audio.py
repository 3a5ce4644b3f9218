# SPDX-License-Identifier: MIT
"""Waveforms: reading, writing, and what a recording goes through between a mouth and a file.

Corpora differ in rooms, microphones, bands, codecs, noise and level. A model that hears those differences takes a
microphone for a mood, so `Channels.vary` varies every one of them, in emotional and in ordinary speech alike.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 16000
STEP_SECONDS = 0.04  # one output of conv3, one speech target
SPEECH_RANGE_DB = 35  # a step is speech if it is at most this far below the loudest step of the clean clip
ROOM_SECONDS = 1.2  # of an impulse response


def read(path: Path) -> np.ndarray:
    """Mono samples at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return mono if rate == RATE else soxr.resample(mono, rate, RATE)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    soundfile.write(path, samples, rate, subtype="FLOAT")


def power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples))) + 1e-12


def speech_steps(samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    """Speech or not, every 40 ms: steps whose energy is near the clip's loudest."""
    step = rate * STEP_SECONDS
    centres = np.arange(int(len(samples) / step) + 1) * step
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    first = np.clip(centres - step / 2, 0, len(samples)).astype(int)
    last = np.clip(centres + step / 2, 0, len(samples)).astype(int)
    level = (energy[last] - energy[first]) / np.maximum(last - first, 1)
    return level > level.max() * 10 ** (-SPEECH_RANGE_DB / 10) + 1e-12


def synthetic_noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """Coloured noise, hum, or a gliding tone: sounds that are not speech."""
    kind = rng.integers(3)
    time = np.arange(count) / RATE
    if kind == 0:
        spectrum = rng.standard_normal(count // 2 + 1) + 1j * rng.standard_normal(count // 2 + 1)
        spectrum *= (1 + np.arange(len(spectrum))) ** rng.uniform(-1.2, 0.2)
        return np.fft.irfft(spectrum, count).astype(np.float32)
    if kind == 1:
        base = rng.choice([50, 60, 100, 120])
        tones = sum(rng.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * time) for k in range(1, 12))
        return (tones + 0.01 * rng.standard_normal(count)).astype(np.float32)
    glide = np.exp(np.linspace(np.log(rng.uniform(100, 3000)), np.log(rng.uniform(100, 3000)), count))
    return np.sin(2 * np.pi * np.cumsum(glide) / RATE).astype(np.float32)


def add_noise(samples: np.ndarray, noise: np.ndarray, snr: float, level: float) -> np.ndarray:
    """`level`: the power of the speech, `snr` in dB."""
    return samples + noise * np.float32(np.sqrt(level / power(noise) * 10 ** (-snr / 10)))


def band(samples: np.ndarray, low: float | None, high: float | None, order: int = 4) -> np.ndarray:
    """Only what is between two frequencies, in Hz."""
    for edge, kind in ((low, "highpass"), (high, "lowpass")):
        if edge:
            samples = sosfilt(butter(order, edge, btype=kind, fs=RATE, output="sos"), samples)
    return samples.astype(np.float32)


def telephone(samples: np.ndarray) -> np.ndarray:
    return band(samples, 300, 3400)


def coded(samples: np.ndarray, container: str, subtype: str, rate: int = RATE, level: float | None = None):
    """As it comes out of a codec at that rate; `level`, 0 to 1: how much is thrown away."""
    count = len(samples)
    file = io.BytesIO()
    narrow = samples if rate == RATE else soxr.resample(samples, RATE, rate)
    loudest = np.abs(narrow).max() + 1e-9  # codecs of 8 to 16 bits want a full scale
    soundfile.write(file, narrow / loudest * 0.7, rate, format=container, subtype=subtype, compression_level=level)
    file.seek(0)
    decoded, decoded_rate = soundfile.read(file, dtype="float32")
    decoded = decoded if decoded_rate == RATE else soxr.resample(decoded, decoded_rate, RATE)
    return np.resize(decoded[:count], count).astype(np.float32) * np.float32(loudest / 0.7)


CODECS = (
    ("OGG", "OPUS", 16000),
    ("OGG", "OPUS", 8000),
    ("OGG", "VORBIS", 16000),
    ("MP3", "MPEG_LAYER_III", 16000),
    ("MP3", "MPEG_LAYER_III", 8000),
    ("WAV", "ULAW", 8000),
    ("WAV", "ALAW", 8000),
    ("WAV", "GSM610", 8000),
    ("WAV", "IMA_ADPCM", 16000),
)


def synthetic_room(rng: np.random.Generator) -> np.ndarray:
    """Direct sound, then noise that decays by 60 dB in 0.2 to 0.8 s."""
    decay = rng.uniform(0.2, 0.8)
    time = np.arange(int(decay * RATE)) / RATE
    response = rng.standard_normal(len(time)) * np.exp(-6.9 * time / decay)
    response *= rng.uniform(0.1, 0.7) / np.sqrt(np.sum(response**2))
    response[0] = 1
    return response.astype(np.float32)


@dataclass
class Recording:
    samples: np.ndarray
    rate: int  # to be declared in the file: the extractor's resampler then changes speed and pitch
    speech: np.ndarray  # per step


@dataclass
class Channels:
    """Rooms, from the direct sound on, and noises to draw from."""

    rooms: list[np.ndarray]
    noises: list[np.ndarray]

    @staticmethod
    def read(rooms: list[Path], noises: list[Path]) -> Channels:
        responses = []
        for path in rooms:
            response = read(path)
            response = response[np.abs(response).argmax() :][: int(ROOM_SECONDS * RATE)]
            responses.append(response / np.abs(response).max())
        return Channels(responses, [read(path) for path in noises])

    def noise(self, count: int, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < 0.25:
            return synthetic_noise(count, rng)
        noise = self.noises[rng.integers(len(self.noises))]
        return np.resize(np.roll(noise, int(rng.integers(len(noise)))), count)

    def vary(self, samples: np.ndarray, rng: np.random.Generator) -> Recording:
        """The same voice, elsewhere: pauses around it, speed, room, noise, microphone, codec, level."""
        if rng.random() < 0.3:
            samples = np.pad(samples, tuple(int(rng.uniform(0, 1) * RATE) for _ in range(2)))
        rate = RATE + 160 * int(rng.integers(-10, 11)) if rng.random() < 0.5 else RATE
        speech = speech_steps(samples, rate)
        level, count = power(samples), len(samples)
        if rng.random() < 0.5:
            room = self.rooms[rng.integers(len(self.rooms))] if rng.random() < 0.7 else synthetic_room(rng)
            wet = room * np.float32(rng.uniform(0.3, 1))  # near or far
            wet[0] = room[0]
            samples = fftconvolve(samples, wet)[:count].astype(np.float32)
        if rng.random() < 0.65:
            samples = add_noise(samples, self.noise(count, rng), rng.uniform(0, 30), level)
        kind = rng.random()
        if kind < 0.15:
            samples = telephone(samples)
        elif kind < 0.45:
            low = float(rng.uniform(50, 350)) if rng.random() < 0.6 else None
            high = float(rng.uniform(2500, 7500)) if rng.random() < 0.6 else None
            samples = band(samples, low, high, int(rng.integers(1, 5)))
        if rng.random() < 0.4:
            container, subtype, narrow = CODECS[rng.integers(len(CODECS))]
            lossy = float(rng.uniform(0.3, 0.95)) if container != "WAV" else None
            samples = coded(samples, container, subtype, narrow, lossy)
        floor = rng.standard_normal(count).astype(np.float32)  # no microphone is digitally silent
        samples = add_noise(samples, floor, rng.uniform(35, 80), level)
        gain = 10 ** (rng.uniform(-40, 0) / 20) / (np.abs(samples).max() + 1e-9)
        return Recording((samples * gain).astype(np.float32), rate, speech)
