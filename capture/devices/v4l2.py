"""Video4Linux as far as it is needed: what a node can do, its formats and its controls. Linux only.

The kernel's structs are packed here (include/uapi/linux/videodev2.h); requests are asked on a descriptor of our own
beside OpenCV's, which the kernel allows while pictures are taken. ``ioctl`` is passed in so that tests can play the
driver. Used by one thread at a time.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.ports.engine import CameraFormat

Ioctl = Callable[[int, int, bytearray], int]

QUERYCAP = 0x80685600
ENUM_FMT = 0xC0405602
ENUM_FRAMESIZES = 0xC02C564A
ENUM_FRAMEINTERVALS = 0xC034564B
QUERYCTRL = 0xC0445624
QUERYMENU = 0xC02C5625
G_CTRL = 0xC008561B
S_CTRL = 0xC008561C

_CAPTURE = 0x1 | 0x1000
"""V4L2_CAP_VIDEO_CAPTURE, and its form with several planes."""
_HAS_DEVICE_CAPS = 0x80000000
_BUFFER_TYPE = 1
_DISCRETE = 1
_DISABLED, _READ_ONLY, _INACTIVE, _WRITE_ONLY = 0x1, 0x4, 0x10, 0x40
_MOST = 64
"""A driver that never says where a list ends is cut off."""
_COMMON_SIZES_PX = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))

BRIGHTNESS = 0x00980900
AUTO_WHITE_BALANCE = 0x0098090C
EXPOSURE_OLD = 0x00980911
AUTOGAIN = 0x00980912
GAIN = 0x00980913
POWER_LINE_FREQUENCY = 0x00980918
WHITE_BALANCE_TEMPERATURE = 0x0098091A
EXPOSURE_AUTO = 0x009A0901
EXPOSURE_ABSOLUTE = 0x009A0902
"""In units of 100 µs."""
EXPOSURE_AUTO_PRIORITY = 0x009A0903
FOCUS_AUTO = 0x009A090C


@dataclass(frozen=True)
class Control:
    """What the driver says of a control."""

    id: int
    minimum: int
    maximum: int
    step: int
    default: int
    is_inactive: bool
    """Another control has it at present, such as an automatic."""

    def fit(self, value: float) -> int:
        """The nearest value that it takes."""
        step = max(1, self.step)
        steps = round((min(self.maximum, max(self.minimum, value)) - self.minimum) / step)
        return min(self.maximum, self.minimum + steps * step)


class Node:
    """An opened node, a context. Raises OSError from the constructor: PermissionError, FileNotFoundError, busy."""

    def __init__(self, path: str, ioctl: Ioctl | None = None) -> None:
        self._ioctl = ioctl or _system_ioctl()
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Once."""
        os.close(self._descriptor)

    # ---- what it is ------------------------------------------------------------------------------

    def is_camera(self) -> bool:
        """Whether pictures can be taken from it: a camera has other nodes too. True when it does not tell."""
        data = bytearray(104)
        if not self._ask(QUERYCAP, data):
            return True
        capabilities, device = struct.unpack_from("=II", data, 84)
        return bool((device if capabilities & _HAS_DEVICE_CAPS else capabilities) & _CAPTURE)

    def formats(self) -> tuple[CameraFormat, ...]:
        """Largest first, for each size the formats in the driver's order."""
        found = [
            CameraFormat(width_px=width, height_px=height, rates_fps=self._rates(code, width, height), fourcc=name)
            for code, name in self._codes()
            for width, height in self._sizes(code)
        ]
        return tuple(sorted(found, key=lambda one: -one.width_px * one.height_px))

    def _codes(self) -> Iterator[tuple[int, str]]:
        for index in range(_MOST):
            data = bytearray(64)
            struct.pack_into("=II", data, 0, index, _BUFFER_TYPE)
            if not self._ask(ENUM_FMT, data):
                return
            (code,) = struct.unpack_from("=I", data, 44)
            yield code, code.to_bytes(4, "little").decode("ascii", "replace").strip()

    def _sizes(self, code: int) -> Iterator[tuple[int, int]]:
        for index in range(_MOST):
            data = bytearray(44)
            struct.pack_into("=II", data, 0, index, code)
            if not self._ask(ENUM_FRAMESIZES, data):
                return
            (kind,) = struct.unpack_from("=I", data, 8)
            if kind == _DISCRETE:
                yield struct.unpack_from("=II", data, 12)
                continue
            # Any size between two: the usual ones are named.
            least_w, most_w, _, least_h, most_h, _ = struct.unpack_from("=6I", data, 12)
            yield from (
                size for size in _COMMON_SIZES_PX if least_w <= size[0] <= most_w and least_h <= size[1] <= most_h
            )
            return

    def _rates(self, code: int, width_px: int, height_px: int) -> tuple[float, ...]:
        rates = set()
        for index in range(_MOST):
            data = bytearray(52)
            struct.pack_into("=IIII", data, 0, index, code, width_px, height_px)
            if not self._ask(ENUM_FRAMEINTERVALS, data):
                break
            kind, numerator, denominator = struct.unpack_from("=III", data, 16)
            # The first fraction is the time of a picture, of a range the shortest.
            if numerator:
                rates.add(round(denominator / numerator, 2))
            if kind != _DISCRETE:
                break
        return tuple(sorted(rates, reverse=True))

    # ---- controls --------------------------------------------------------------------------------

    def control(self, control_id: int) -> Control | None:
        """None when the camera lacks it or only shows it."""
        data = bytearray(68)
        struct.pack_into("=I", data, 0, control_id)
        if not self._ask(QUERYCTRL, data):
            return None
        minimum, maximum, step, default, flags = struct.unpack_from("=iiiiI", data, 40)
        if flags & (_DISABLED | _READ_ONLY | _WRITE_ONLY) or maximum < minimum:
            return None
        return Control(control_id, minimum, maximum, step, default, bool(flags & _INACTIVE))

    def has_entry(self, control_id: int, value: int) -> bool:
        """Whether a menu has this entry: drivers leave some out."""
        data = bytearray(44)
        struct.pack_into("=II", data, 0, control_id, value)
        return self._ask(QUERYMENU, data)

    def get(self, control_id: int) -> int | None:
        """How it is set; None when it cannot be read now."""
        data = bytearray(8)
        struct.pack_into("=I", data, 0, control_id)
        return struct.unpack_from("=i", data, 4)[0] if self._ask(G_CTRL, data) else None

    def set(self, control_id: int, value: int) -> bool:
        """Whether the camera took it."""
        data = bytearray(8)
        struct.pack_into("=Ii", data, 0, control_id, value)
        return self._ask(S_CTRL, data)

    def _ask(self, request: int, data: bytearray) -> bool:
        while True:
            try:
                self._ioctl(self._descriptor, request, data)
            except OSError as error:
                if error.errno == errno.EINTR:
                    continue
                # EINVAL: no such thing, or the end of a list; ENOTTY: an old driver; EIO, ENODEV: it is going away.
                return False
            return True


def _system_ioctl() -> Ioctl:
    # There is no fcntl on Windows.
    import fcntl

    def ask(descriptor: int, request: int, data: bytearray) -> int:
        return int(fcntl.ioctl(descriptor, request, data, True))

    return ask
