"""A media file of a person who speaks into a camera, clean or with a known defect: for end-to-end runs and the bench.

Rendered like the bench's other clips, 720p30, with espeak-ng's speech; kept in ``build/material``.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from bench import quality_clips_picture as clips
from bench import quality_material_picture as material
from tools.material import FOLDER, speech

RATE_FPS, SOUND_HZ = 30, 48_000
_CRF = "20"
_BLOCK = 1024


def person_clip(defect: str = "", amount: float = 0.0, *, seconds: float = 8.0, gain: float = 1.0) -> Path:
    """The file; ``defect`` as the folders of the bench are called, ``gain`` multiplies the speech."""
    named = hashlib.sha256(f"{defect} {amount} {seconds} {gain} {speech().name} 1".encode()).hexdigest()[:12]
    path = FOLDER / f"person-{named}.mp4"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{os.getpid()}-{path.name}")
        _write(partial, defect, amount, seconds, gain)
        partial.replace(path)
    return path


def _write(path: Path, defect: str, amount: float, seconds: float, gain: float) -> None:
    take = next(one for one in material.takes(40, seed=4) if not one.is_photograph)
    take = replace(
        take, width_px=1280, height_px=720, rate_fps=RATE_FPS, kbps=None, seconds=seconds, face_ratio=0.3,
        offset_ratio=0.0, eyes_ratio=0.38, noise=1.2, defect=defect, amount=amount,
    )  # fmt: skip
    with av.open(str(path), "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=RATE_FPS, options={"preset": "veryfast", "crf": _CRF})
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        audio = file.add_stream("aac", rate=SOUND_HZ, layout="stereo")
        for number, (frame, _) in enumerate(clips.frames(take)):
            frame.pts, frame.time_base = number, Fraction(1, RATE_FPS)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        sound = _speech(round(seconds * SOUND_HZ)) * gain
        for at in range(0, sound.shape[1] - _BLOCK + 1, _BLOCK):
            block = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + _BLOCK]), "fltp", "stereo")
            block.sample_rate, block.pts, block.time_base = SOUND_HZ, at, Fraction(1, SOUND_HZ)
            file.mux(audio.encode(block))
        file.mux(audio.encode(None))


def _speech(samples: int) -> np.ndarray:
    """Stereo float32, with the room's quiet noise under it: a device is never digitally silent."""
    resampler = av.AudioResampler("fltp", "stereo", SOUND_HZ)
    parts = []
    with av.open(str(speech())) as file:
        for frame in file.decode(audio=0):
            parts += [block.to_ndarray() for block in resampler.resample(frame)]
    voice = np.asarray(np.concatenate(parts, axis=1), np.float32)
    while voice.shape[1] < samples:
        voice = np.concatenate((voice, voice), axis=1)
    noise = np.random.default_rng(5).normal(0, 10 ** (-66 / 20), samples).astype(np.float32)
    return np.asarray(voice[:, :samples] + noise, np.float32)
