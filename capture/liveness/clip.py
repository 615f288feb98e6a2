"""The clip of one attempt: each frame encoded as it comes, linked into the chain, within bounds. Liveness thread.

While the person gets into place only the last seconds are kept, by whole groups of pictures; ``fix`` ends that, and
from then on nothing is left out. Times are the capture's own, in microseconds.

Colours are BT.601, limited range: what every decoder takes for a small picture without being told.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import av
import cv2
import numpy as np
from av.codec.context import ThreadType
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace

from app.liveness.chain import ClipChain
from app.liveness.package import MAX_UNIT_BYTES, MAX_UNITS, Unit
from capture.frames import I420, Array

LEAD_US = 3_000_000
"""Kept from before the person was in place: the service sees them get there."""
KEY_US = 1_000_000
MOST_BYTES = 20_000_000
"""Of the package's 24 MB; the rest is for still pictures."""
_TIME_BASE = Fraction(1, 1_000_000)
_LIKE = {"preset": "veryfast", "tune": "zerolatency", "forced-idr": "1", "sc_threshold": "0"}
_USUAL = {**_LIKE, "crf": "20", "maxrate": "1500k", "bufsize": "1500k"}
_FINE = {
    **_LIKE,
    "crf": "14",
    "maxrate": "6500k",
    "bufsize": "6500k",
    "chromaoffset": "-6",
    "x264-params": "no-dct-decimate=1:deadzone-inter=6:deadzone-intra=4",
}
"""For the flash. Light at 2 % of the room's changes colours by two or three levels of 255: what is that small must not
be rounded away. It lasts five seconds: 4 MB, and the usual rate takes 12 MB for the minute."""


class ClipError(Exception):
    """The encoder gave up, or the clip became too large."""


class Clip:
    """One camera at one size."""

    def __init__(self, session_id: str, nonce: bytes, width_px: int, height_px: int) -> None:
        """Width and height are even. Raises ClipError."""
        self.width_px, self.height_px = width_px, height_px
        self._chain = ClipChain(session_id, nonce)
        self._units: deque[tuple[bool, Unit]] = deque()
        """With whether it is a key frame."""
        self._bytes = 0
        self._waiting: deque[int] = deque()
        self._last_us = self._key_us = -1
        self._is_fixed = False
        self._context = _open(width_px, height_px, _USUAL)

    @property
    def count(self) -> int:
        """Frames in it; those of the chain once it is fixed."""
        return len(self._units)

    @property
    def link(self) -> bytes:
        """Of the chain, after the last frame. Only of a clip that is fixed."""
        return self._chain.link

    @property
    def first_us(self) -> int:
        """Of the first frame that is kept."""
        return self._units[0][1].at_us

    @property
    def last_us(self) -> int:
        """Of the last frame; -1 before the first."""
        return self._last_us

    @property
    def units(self) -> tuple[Unit, ...]:
        """All of it."""
        return tuple(unit for _, unit in self._units)

    def add(self, bgr: Array, at_us: int) -> None:
        """The next frame, of the clip's size and later than the one before. Raises ClipError, ValueError."""
        if at_us <= self._last_us:
            raise ValueError("frames come in order")
        is_key = self._key_us < 0 or at_us - self._key_us >= KEY_US
        self._key_us = at_us if is_key else self._key_us
        self._last_us = at_us
        pixels = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)
        frame = I420(self.width_px, self.height_px, pixels).frame()
        frame.pts, frame.time_base = at_us, _TIME_BASE
        frame.pict_type = PictureType.I if is_key else PictureType.NONE
        frame.colorspace, frame.color_range = Colorspace.ITU601, ColorRange.MPEG
        self._waiting.append(at_us)
        try:
            packets = self._context.encode(frame)
        except (av.FFmpegError, OSError, ValueError) as cause:
            raise ClipError("encoder") from cause
        for packet in packets:
            self._take(packet.is_keyframe, bytes(packet))

    def fix(self) -> None:
        """The person is in place: from here on all is kept, and linked."""
        self._is_fixed = True
        for _, unit in self._units:
            self._chain.add(unit.at_us, unit.data)

    def set_fine(self, is_fine: bool) -> None:
        """Much better, or as usual again, from the next frame on, which becomes a key frame. Raises ClipError."""
        self._context = _open(self.width_px, self.height_px, _FINE if is_fine else _USUAL)
        self._key_us = -1

    def forget(self) -> None:
        """Nothing of it is left."""
        self._units.clear()
        self._waiting.clear()
        self._bytes = 0

    def _take(self, is_key: bool, data: bytes) -> None:
        unit = Unit(self._waiting.popleft(), data)
        self._units.append((is_key, unit))
        self._bytes += len(data)
        if self._is_fixed:
            self._chain.add(unit.at_us, unit.data)
        else:
            self._shorten()
        if len(self._units) > MAX_UNITS or self._bytes > MOST_BYTES or len(data) > MAX_UNIT_BYTES:
            raise ClipError("size")

    def _shorten(self) -> None:
        """To the last key frame that lies far enough back."""
        keys = [number for number, (is_key, _) in enumerate(self._units) if is_key]
        old = [number for number in keys if self._last_us - self._units[number][1].at_us >= LEAD_US]
        for _ in range(old[-1] if old else 0):
            _, unit = self._units.popleft()
            self._bytes -= len(unit.data)


def _open(width_px: int, height_px: int, options: dict[str, str]) -> VideoCodecContext:
    try:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = width_px, height_px, "yuv420p"
        context.framerate, context.time_base = Fraction(30), _TIME_BASE
        context.gop_size, context.max_b_frames = 600, 0
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU601
        context.options = dict(options)
        context.thread_type, context.thread_count = ThreadType.SLICE, 2 if width_px * height_px > 640 * 480 else 1
        context.open()
    except (av.FFmpegError, OSError, ValueError) as cause:
        raise ClipError("encoder") from cause
    return context
