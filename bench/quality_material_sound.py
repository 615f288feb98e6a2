"""Speech by espeak-ng, clean or spoiled by known amounts, for the bench of the quality meter. Deterministic by seed.

All sound is 2 × n float32 at 48 kHz, as the meter gets it. Amounts are 0 … 1, from what is just heard to what ruins.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from capture.meters.sound_loudness import Loudness
from tools.desktop import clean_environment
from tools.material import FOLDER, SPEECH

Sound = npt.NDArray[np.float32]

RATE_HZ = 48_000
PIECE_S = 12.0
DEFECTS = ("noise", "hum", "clip", "reverb", "quiet", "loud", "dropout", "oneside")
AMOUNTS = tuple(np.linspace(0.15, 1.0, 8))
ENGLISH = (
    "Good evening and welcome. Today we look at a resume, line by line, and ask what a recruiter sees first. Put "
    "numbers before adjectives. Say what you did, how you did it, and what came of it. If there is a gap, explain it "
    "in one sentence and go on. Ask me anything in the comments, and I will answer one question after the other."
)
VOICES = (
    ("cmn", SPEECH), ("cmn+f2", SPEECH), ("cmn+m3", SPEECH), ("en-gb", ENGLISH), ("en-us+f3", ENGLISH),
    ("en+m7", ENGLISH), ("en-us+f5", ENGLISH), ("cmn+f4", SPEECH),
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """How one piece is made."""

    seed: int
    voice: int
    words_per_minute: int
    level_lufs: float
    noise_db: float | None
    """RMS of the room's own noise; None: digitally silent between the words."""


def pieces(count: int, seed: int) -> list[Piece]:
    """Clean ones, all different."""
    rng = np.random.default_rng(seed)
    return [
        Piece(
            int(rng.integers(1 << 30)), index % len(VOICES), int(rng.integers(135, 185)),
            float(rng.uniform(-19.5, -16.5)), None if rng.random() < 0.3 else float(rng.uniform(-72, -60)),
        )
        for index in range(count)
    ]  # fmt: skip


@cache
def _spoken(voice: int, words_per_minute: int) -> Sound:
    name, text = VOICES[voice]
    digest = hashlib.sha256(f"{name} {words_per_minute} {text}".encode()).hexdigest()[:12]
    path = FOLDER / f"voice-{digest}.wav"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{os.getpid()}-{path.name}")
        command = ["espeak-ng", "-v", name, "-s", str(words_per_minute), "-a", "120", "-w", str(partial), text]
        subprocess.run(command, check=True, env=clean_environment(), capture_output=True)
        partial.replace(path)
    return read(path)


def read(path: Path) -> Sound:
    """A sound file as the programme would have it."""
    resampler = av.AudioResampler("fltp", "stereo", RATE_HZ)
    with av.open(str(path)) as file:
        parts = [block.to_ndarray() for frame in file.decode(audio=0) for block in resampler.resample(frame)]
    parts += [block.to_ndarray() for block in resampler.resample(None)]
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def clean(piece: Piece) -> Sound:
    """A voice in a quiet room at a good level."""
    rng = np.random.default_rng(piece.seed)
    voice = _spoken(piece.voice, piece.words_per_minute)
    samples = round(PIECE_S * RATE_HZ)
    start = int(rng.integers(0, max(1, voice.shape[1] - samples)))
    voice = voice[:, start : start + samples]
    voice = voice * np.float32(10 ** ((piece.level_lufs - loudness_lufs(voice)) / 20))
    if piece.noise_db is not None:
        voice = voice + both(coloured(rng, voice.shape[1], "pink") * 10 ** (piece.noise_db / 20))
    return np.asarray(voice, np.float32)


def spoiled(sound: Sound, defect: str, amount: float, seed: int) -> Sound:
    """The same with a defect; ``amount`` 0 … 1."""
    return np.asarray(_WAYS[defect](sound, amount, np.random.default_rng(seed)), np.float32)


# ---- how it is spoiled -----------------------------------------------------------------------------------


def loudness_lufs(sound: Sound) -> float:
    """Integrated, by libavfilter."""
    meter = Loudness()
    for at in range(0, sound.shape[1] - 4799, 4800):
        meter.feed(np.ascontiguousarray(sound[:, at : at + 4800]))
    return meter.integrated_lufs if meter.integrated_lufs is not None else -70.0


def both(one: npt.NDArray[np.floating]) -> Sound:
    return np.asarray(np.stack((one, one)), np.float32)


def coloured(rng: np.random.Generator, samples: int, colour: str) -> npt.NDArray[np.float64]:
    """Noise of RMS 1: white, pink, brown, or like a fan."""
    spectrum = np.fft.rfft(rng.normal(0, 1, samples))
    hz = np.maximum(np.fft.rfftfreq(samples, 1 / RATE_HZ), 20.0)
    shapes = {"white": np.ones_like(hz), "pink": hz**-0.5, "brown": 1 / hz}
    shapes["fan"] = hz**-0.7 * (1 + 3 * np.exp(-(((hz - 240) / 60) ** 2)) + 2 * np.exp(-(((hz - 900) / 200) ** 2)))
    made = np.fft.irfft(spectrum * shapes[colour], samples)
    return np.asarray(made / made.std(), np.float64)


def _speech_rms(sound: Sound) -> float:
    """Of the frames that are not more than 30 dB below the loudest."""
    frames = sound.mean(axis=0)[: sound.shape[1] // 960 * 960].reshape(-1, 960)
    powers = (frames.astype(np.float64) ** 2).mean(axis=1)
    return float(np.sqrt(powers[powers > powers.max() * 1e-3].mean()))


def _noise(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    colour = ("white", "pink", "brown", "fan")[rng.integers(4)]
    snr_db = 24 - 26 * amount
    noise = coloured(rng, sound.shape[1], colour)
    if rng.random() < 0.3:
        noise *= 1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.1, 0.5) * np.arange(len(noise)) / RATE_HZ)
    return sound + both(noise * _speech_rms(sound) * 10 ** (-snr_db / 20))


def _hum(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    mains_hz = float(rng.choice([50.0, 60.0])) * (1 + rng.uniform(-2e-3, 2e-3))
    times = np.arange(sound.shape[1]) / RATE_HZ
    hum = np.zeros(sound.shape[1])
    for number in range(1, int(rng.integers(3, 9))):
        hum += rng.uniform(0.2, 1) / number * np.sin(2 * np.pi * mains_hz * number * times + rng.uniform(0, 6.28))
    level_db = -50 + 32 * amount
    return sound + both(hum / hum.std() * 10 ** (level_db / 20))


def _clip(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    top = float(np.abs(sound).max())
    cut = np.clip(sound, -top * (1 - 0.92 * amount), top * (1 - 0.92 * amount))
    # Cut by the sound card, then turned down or up again.
    return cut * np.float32(rng.uniform(0.5, 1.0) * top / np.abs(cut).max())


def _reverb(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    seconds = 0.6 + 2.0 * amount
    samples = round(seconds * RATE_HZ)
    tail = rng.normal(0, 1, samples) * 10 ** (-3 * np.arange(samples) / samples)
    tail[: round(rng.uniform(0.002, 0.012) * RATE_HZ)] = 0
    tail *= 10 ** ((rng.uniform(-3, 1)) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    size = 1 << (sound.shape[1] + samples - 1).bit_length()
    response = np.fft.rfft(tail, size)
    wet = np.stack([np.fft.irfft(np.fft.rfft(side, size) * response, size)[: sound.shape[1]] for side in sound])
    return np.asarray(wet * np.sqrt((sound**2).mean() / (wet**2).mean()), np.float32)


def _quiet(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    return sound * np.float32(10 ** (-(4 + 26 * amount) / 20))


def _loud(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    louder = sound * np.float32(10 ** ((5 + 11 * amount) / 20))
    # As a limiter leaves it: no cut tops.
    return np.asarray(np.tanh(louder), np.float32)


def _dropout(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    broken = sound.copy()
    size = np.abs(sound).max(axis=0)
    places = np.flatnonzero(size[RATE_HZ : -RATE_HZ // 2] > 0.15 * size.max()) + RATE_HZ
    wanted = max(2, round(40 * amount))
    kind = rng.integers(3)
    for place in rng.choice(places, wanted, replace=False):
        length = int(rng.uniform(0.008, 0.06) * RATE_HZ)
        if kind == 0:
            broken[:, place : place + length] = 0
        elif kind == 1:
            broken[:, place : place + length] = broken[:, place - length : place]
        else:
            length = int(rng.choice([480, 960, 1920]))
            broken[:, place // length * length :][:, :length] = 0
    return broken


def _oneside(sound: Sound, amount: float, rng: np.random.Generator) -> Sound:
    sides = sound.copy()
    sides[int(rng.integers(2))] *= np.float32(10 ** (-(9 + 45 * amount) / 20))
    return sides


_WAYS: dict[str, Callable[[Sound, float, np.random.Generator], Sound]] = {
    "noise": _noise, "hum": _hum, "clip": _clip, "reverb": _reverb, "quiet": _quiet, "loud": _loud, "dropout": _dropout,
    "oneside": _oneside,
}  # fmt: skip
