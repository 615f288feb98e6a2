"""Material for recordings, made by the house's encoders: each second begins with a white picture and a beep."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

from app.ports.engine import Output
from capture.encode.audio import AudioEncoder
from capture.encode.video import VideoEncoder
from capture.packets import EncodedPacket, StreamFormat
from tests.net.rtmp_peers import clean_env

RATE_FPS = 30
RATE_HZ = 48_000
START_MS = 600_000
"""The programme has run for ten minutes when the recording begins."""
_BEEP_S = 0.05


@dataclass(frozen=True)
class Scene:
    """``packets`` as the encoders hand them out: sound a little ahead of its picture."""

    stream: StreamFormat
    packets: list[EncodedPacket]

    @property
    def pictures(self) -> int:
        return sum(packet.is_video for packet in self.packets)


@lru_cache(maxsize=4)
def make_scene(seconds: int, video_kbps: int = 800) -> Scene:
    """320 × 180 of noise at 30 pictures a second, a key frame each second; sound of 48 kHz."""
    output = Output(width_px=320, height_px=180, rate_fps=RATE_FPS, video_kbps=video_kbps, audio_kbps=96)
    video, audio = VideoEncoder(output), AudioEncoder(output.audio_kbps)
    packets: list[EncodedPacket] = []
    noise = np.random.default_rng(7)
    base_slot, slot_samples = START_MS * RATE_FPS // 1000, RATE_HZ // RATE_FPS
    for slot in range(seconds * RATE_FPS):
        moment = np.arange(slot * slot_samples, (slot + 1) * slot_samples) / RATE_HZ
        wave = np.where(moment % 1 < _BEEP_S, 0.5 * np.sin(2 * np.pi * 1000 * moment), 0.0).astype(np.float32)
        packets += audio.encode((base_slot + slot) * slot_samples, np.stack((wave, wave)))
        grey = noise.integers(16, 80, (270, 320), np.uint8)
        if slot % RATE_FPS == 0:
            grey[:180] = 235
        grey[180:] = 128
        packets += video.encode(base_slot + slot, av.VideoFrame.from_ndarray(grey, "yuv420p"))
    packets += video.flush()
    stream = StreamFormat(
        320, 180, RATE_FPS, video_kbps, 96, RATE_HZ, avc_config=video.avc_config, aac_config=audio.aac_config
    )
    return Scene(stream, packets)


@dataclass(frozen=True)
class Played:
    """What ffmpeg and ffprobe make of a file; times in seconds."""

    complaints: str
    pictures: int
    sounds: int
    pictures_s: float
    sounds_s: float
    """Where the first of each lies."""
    is_length_known: bool


def play(path: str | Path) -> Played:
    """Decode everything."""
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries",
         "stream=codec_type,nb_read_frames,start_time:format=duration", "-of", "json", str(path)],
        env=clean_env(), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"],
        env=clean_env(), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    found = json.loads(run.stdout)
    streams = {stream["codec_type"]: stream for stream in found["streams"]}
    return Played(
        run.stderr + decoded.stderr,
        *(int(streams[kind]["nb_read_frames"]) for kind in ("video", "audio")),
        *(float(streams[kind]["start_time"]) for kind in ("video", "audio")),
        is_length_known="duration" in found["format"],
    )


def apart_s(path: str | Path) -> list[float]:
    """How much later than its flash each beep is heard, for those that are both there."""
    flashes: list[float] = []
    with av.open(str(path)) as source:
        for picture in source.decode(video=0):
            if picture.to_ndarray()[:180].mean() > 180:
                flashes.append(picture.time)
    beeps: list[float] = []
    with av.open(str(path)) as source:
        for frame in source.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.2)
            if loud.size:
                at_s = frame.time + loud[0] / RATE_HZ
                if not beeps or at_s - beeps[-1] > 0.5:
                    beeps.append(at_s)
    nearest = [min((beep - flash for beep in beeps), key=abs) for flash in flashes]
    found = [late_s for late_s in nearest if abs(late_s) < 0.5]
    assert found
    return found
