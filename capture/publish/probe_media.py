"""Media to measure with: an encoder's own stream, each picture filled up to the size that is wanted. Probe's thread.

What fills it is noise, as whoever compresses on the way would spoil the measurement, in a message that decoders pass
over (H.264, D.1.7: user data unregistered). So every ingest takes it, and it could be watched.
"""

from __future__ import annotations

import random

import av
import numpy as np

from app.ports.engine import Output
from capture.encode.video import VideoEncoder
from capture.packets import EncodedPacket, StreamFormat

RATE_FPS = 30
_OUTPUT = Output(width_px=320, height_px=180, rate_fps=RATE_FPS, video_kbps=200, encoder="libx264")
_NAL_SEI, _USER_DATA, _STOP_BIT = 6, 5, 0x80
_UUID = b"AnchorDesk-probe"
_NOISE_BYTES = 1 << 20
_NO_ZEROS = bytes.maketrans(b"\0", b"\x5a")
"""Without zeros nothing in it looks like the start of a unit, and nothing has to be escaped."""


class ProbeMedia:
    """A group of pictures of one second, over and over; raises EncoderError when there is no encoder at all."""

    def __init__(self) -> None:
        encoder = VideoEncoder(_OUTPUT)
        self._pictures: list[tuple[bool, bytes]] = []
        for slot in range(RATE_FPS):
            packets = encoder.encode(slot, _picture(slot))
            self._pictures += [(packet.is_keyframe, packet.payload) for packet in packets]
        self._noise = random.randbytes(_NOISE_BYTES).translate(_NO_ZEROS)
        self._noise_at = 0
        self._number = 0
        self.stream = StreamFormat(
            width_px=_OUTPUT.width_px, height_px=_OUTPUT.height_px, rate_fps=RATE_FPS, video_kbps=_OUTPUT.video_kbps,
            audio_kbps=0, sample_rate_hz=48_000, avc_config=encoder.avc_config,
        )  # fmt: skip

    def begin(self) -> None:
        """A new connection: from a key frame on."""
        self._number = 0

    def next_picture(self, size_bytes: int) -> EncodedPacket:
        """The next picture, of about this size; never smaller than the picture itself. 30 a second by its times."""
        moment_ms = round(self._number * 1000 / RATE_FPS)
        is_keyframe, payload = self._pictures[self._number % len(self._pictures)]
        self._number += 1
        return EncodedPacket(
            "video", moment_ms, moment_ms, is_keyframe, self._filling(size_bytes - len(payload)) + payload
        )

    def _filling(self, size_bytes: int) -> bytes:
        """A unit of this size with its length in front; empty where not even its frame has room."""
        room_bytes = size_bytes - 4 - 2 - len(_UUID) - 1
        room_bytes -= room_bytes // 255 + 1  # the size is written in steps of 255
        if room_bytes <= 0:
            return b""
        # On and on through the noise: parts that overlapped would be found again by whoever compresses.
        begin = self._noise_at if self._noise_at + room_bytes <= _NOISE_BYTES else 0
        self._noise_at = begin + room_bytes
        said_bytes = len(_UUID) + len(noise := self._noise[begin : begin + room_bytes])
        unit = b"".join((
            bytes((_NAL_SEI, _USER_DATA)), b"\xff" * (said_bytes // 255), bytes((said_bytes % 255,)), _UUID, noise,
            bytes((_STOP_BIT,)),
        ))  # fmt: skip
        return len(unit).to_bytes(4, "big") + unit


def _picture(slot: int) -> av.VideoFrame:
    """A grey bar that wanders over a darker ground."""
    height_px, width_px = _OUTPUT.height_px, _OUTPUT.width_px
    planes = np.full((height_px * 3 // 2, width_px), 128, np.uint8)
    planes[:height_px] = 60
    planes[:height_px, slot * 8 : slot * 8 + 24] = 150
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
