# SPDX-License-Identifier: MIT
"""Waveforms: reading, writing, augmentation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 16000
STEP_SECONDS = 0.04  # one output of conv3, one speech target
SPEECH_RANGE_DB = 35  # a step is speech if it is at most this far below the loudest step of the clean clip


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


def reverberate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A synthetic room: direct sound, then noise that decays by 60 dB in 0.2 to 0.8 s."""
    decay = rng.uniform(0.2, 0.8)
    time = np.arange(int(decay * RATE)) / RATE
    response = rng.standard_normal(len(time)) * np.exp(-6.9 * time / decay)
    response *= rng.uniform(0.1, 0.7) / np.sqrt(np.sum(response**2))
    response[0] = 1
    return fftconvolve(samples, response)[: len(samples)].astype(np.float32)


def telephone(samples: np.ndarray) -> np.ndarray:
    band = butter(4, [300, 3400], btype="bandpass", fs=RATE, output="sos")
    return sosfilt(band, samples).astype(np.float32)


@dataclass
class Augmented:
    samples: np.ndarray
    rate: int  # to be declared in the file: the extractor's resampler then changes speed and pitch
    speech: np.ndarray


def augment(samples: np.ndarray, noises: list[np.ndarray], rng: np.random.Generator) -> Augmented:
    """Another recording of the same voice: speed, pauses around it, room, noise, telephone, level."""
    if rng.random() < 0.3:
        before, after = (int(rng.uniform(0, 1) * RATE) for _ in range(2))
        samples = np.pad(samples, (before, after))
    rate = RATE + 160 * int(rng.integers(-10, 11)) if rng.random() < 0.5 else RATE
    speech = speech_steps(samples, rate)
    level = power(samples)
    if rng.random() < 0.3:
        samples = reverberate(samples, rng)
    if rng.random() < 0.7:
        noise = noises[rng.integers(len(noises))]
        noise = np.resize(np.roll(noise, int(rng.integers(len(noise)))), len(samples))
        snr = rng.uniform(0, 25)
        samples = samples + noise * np.sqrt(level / power(noise) * 10 ** (-snr / 10)).astype(np.float32)
    if rng.random() < 0.15:
        samples = telephone(samples)
    floor = rng.standard_normal(len(samples)).astype(np.float32)  # no microphone is digitally silent
    samples = samples + floor * np.sqrt(level * 10 ** (-rng.uniform(40, 80) / 10)).astype(np.float32)
    gain = 10 ** (rng.uniform(-40, 0) / 20) / (np.abs(samples).max() + 1e-9)
    return Augmented((samples * gain).astype(np.float32), rate, speech)
