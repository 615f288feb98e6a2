"""Encodes frames as the capture does, H.264 in access units of Annex B, and decodes them as the service does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from app.liveness.package import Unit

Bgr = NDArray[np.uint8]
_BASE = Fraction(1, 1_000_000)
CRF = 18
"""At 23 what little light a screen gives does not come through: see app.liveness.look.skin_of."""


class ClipEncoder:
    """One clip; each frame gives its access unit at once."""

    def __init__(self, width_px: int, height_px: int, fps: float, crf: int = CRF, preset: str = "veryfast") -> None:
        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height = width_px, height_px
        self._codec.pix_fmt = "yuv420p"
        self._codec.time_base = _BASE
        self._codec.framerate = Fraction(round(fps), 1)
        self._codec.options = {
            "preset": preset, "tune": "zerolatency", "crf": str(crf), "g": str(round(fps) * 2), "bf": "0",
            "threads": "1",
        }  # fmt: skip

    def encode(self, bgr: Bgr, at_us: int) -> Unit:
        """Raises RuntimeError when the encoder holds a frame back."""
        frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
        frame.pts, frame.time_base = at_us, _BASE
        packets = self._codec.encode(frame)
        if len(packets) != 1:
            raise RuntimeError("not one unit for one frame")
        return Unit(at_us, bytes(packets[0]))


def decoded(units: Sequence[Unit]) -> Iterator[tuple[float, Bgr]]:
    """Milliseconds and pictures. Raises av.FFmpegError for what is no clip."""
    codec = av.CodecContext.create("h264", "r")
    codec.options = {"threads": "1"}
    times = iter(units)
    for unit in units:
        packet = av.Packet(unit.data)
        packet.pts, packet.time_base = unit.at_us, _BASE
        for frame in codec.decode(packet):
            yield next(times).at_us / 1000, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    for frame in codec.decode(None):
        yield next(times).at_us / 1000, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
