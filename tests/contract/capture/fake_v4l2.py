"""A V4L2 driver to be asked by ioctl: it packs and unpacks the kernel's structs by itself, after videodev2.h.

Written from the header alone and not from capture.devices.v4l2, so that a wrong offset there is noticed.
"""

from __future__ import annotations

import ctypes
import errno
import os
from dataclasses import dataclass, field
from fractions import Fraction

from capture.devices.v4l2 import Node

U32, S32 = ctypes.c_uint32, ctypes.c_int32


class Capability(ctypes.Structure):
    _fields_ = [
        ("driver", ctypes.c_char * 16), ("card", ctypes.c_char * 32), ("bus_info", ctypes.c_char * 32),
        ("version", U32), ("capabilities", U32), ("device_caps", U32), ("reserved", U32 * 3),
    ]  # fmt: skip


class FormatDescription(ctypes.Structure):
    _fields_ = [
        ("index", U32), ("type", U32), ("flags", U32), ("description", ctypes.c_char * 32), ("pixelformat", U32),
        ("mbus_code", U32), ("reserved", U32 * 3),
    ]  # fmt: skip


class FrameSize(ctypes.Structure):
    _fields_ = [("index", U32), ("pixel_format", U32), ("type", U32), ("sizes", U32 * 6), ("reserved", U32 * 2)]


class FrameInterval(ctypes.Structure):
    _fields_ = [
        ("index", U32), ("pixel_format", U32), ("width", U32), ("height", U32), ("type", U32), ("fractions", U32 * 6),
        ("reserved", U32 * 2),
    ]  # fmt: skip


class QueryControl(ctypes.Structure):
    _fields_ = [
        ("id", U32), ("type", U32), ("name", ctypes.c_char * 32), ("minimum", S32), ("maximum", S32), ("step", S32),
        ("default_value", S32), ("flags", U32), ("reserved", U32 * 2),
    ]  # fmt: skip


class QueryMenu(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("id", U32), ("index", U32), ("name", ctypes.c_char * 32), ("reserved", U32)]


class ControlValue(ctypes.Structure):
    _fields_ = [("id", U32), ("value", S32)]


def request(letter: str, number: int, direction: int, structure: type[ctypes.Structure]) -> int:
    """_IOC of the kernel: direction 1 write, 2 read, 3 both."""
    return direction << 30 | ctypes.sizeof(structure) << 16 | ord(letter) << 8 | number


@dataclass
class FakeControl:
    minimum: int
    maximum: int
    default: int
    step: int = 1
    flags: int = 0
    menu: tuple[int, ...] = ()
    value: int | None = None

    @property
    def now(self) -> int:
        return self.default if self.value is None else self.value


@dataclass
class FakeFormat:
    fourcc: str
    sizes: dict[tuple[int, int], tuple[Fraction, ...]]
    """Times of a picture in seconds, for each size."""
    stepwise: tuple[int, int, int, int] | None = None
    """Least and most width, least and most height, instead of the sizes."""


@dataclass
class FakeDriver:
    """``node()`` is an opened node of it."""

    controls: dict[int, FakeControl] = field(default_factory=dict)
    formats: tuple[FakeFormat, ...] = ()
    capabilities: int = 0x85200001
    device_caps: int = 0x04200001
    interruptions: int = 0
    """So many of the next requests are interrupted by a signal."""
    is_gone: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list)
    """Controls that were set, in order."""

    def node(self) -> Node:
        return Node(os.devnull, self.ioctl)

    def ioctl(self, descriptor: int, number: int, data: bytearray) -> int:
        if self.interruptions:
            self.interruptions -= 1
            raise InterruptedError(errno.EINTR, "")
        if self.is_gone:
            raise OSError(errno.ENODEV, "")
        answers = {
            request("V", 0, 2, Capability): self._capability,
            request("V", 2, 3, FormatDescription): self._format,
            request("V", 74, 3, FrameSize): self._size,
            request("V", 75, 3, FrameInterval): self._interval,
            request("V", 36, 3, QueryControl): self._query,
            request("V", 37, 3, QueryMenu): self._menu,
            request("V", 27, 3, ControlValue): self._get,
            request("V", 28, 3, ControlValue): self._set,
        }
        if number not in answers:
            raise OSError(errno.ENOTTY, "")
        answers[number](data)
        return 0

    def _capability(self, data: bytearray) -> None:
        told = Capability.from_buffer(data)
        told.driver, told.card, told.bus_info = b"uvcvideo", b"HD Pro Webcam C920", b"usb-0000:00:14.0-1"
        told.capabilities, told.device_caps = self.capabilities, self.device_caps

    def _format(self, data: bytearray) -> None:
        told = FormatDescription.from_buffer(data)
        if told.type != 1 or told.index >= len(self.formats):
            raise OSError(errno.EINVAL, "")
        told.pixelformat = code_of(self.formats[told.index].fourcc)

    def _of_code(self, code: int) -> FakeFormat:
        for one in self.formats:
            if code_of(one.fourcc) == code:
                return one
        raise OSError(errno.EINVAL, "")

    def _size(self, data: bytearray) -> None:
        told = FrameSize.from_buffer(data)
        one = self._of_code(told.pixel_format)
        if one.stepwise is not None and told.index == 0:
            told.type = 3
            least_w, most_w, least_h, most_h = one.stepwise
            told.sizes[:] = [least_w, most_w, 2, least_h, most_h, 2]
            return
        if one.stepwise is not None or told.index >= len(one.sizes):
            raise OSError(errno.EINVAL, "")
        told.type = 1
        told.sizes[0], told.sizes[1] = list(one.sizes)[told.index]

    def _interval(self, data: bytearray) -> None:
        told = FrameInterval.from_buffer(data)
        one = self._of_code(told.pixel_format)
        times = one.sizes.get((told.width, told.height), ())
        if one.stepwise is not None and told.index == 0:
            told.type = 3
            told.fractions[:] = [1, 60, 1, 5, 1, 60]
            return
        if told.index >= len(times):
            raise OSError(errno.EINVAL, "")
        told.type = 1
        told.fractions[0], told.fractions[1] = times[told.index].numerator, times[told.index].denominator

    def _control(self, control_id: int) -> FakeControl:
        if control_id not in self.controls:
            raise OSError(errno.EINVAL, "")
        return self.controls[control_id]

    def _query(self, data: bytearray) -> None:
        told = QueryControl.from_buffer(data)
        control = self._control(told.id)
        told.minimum, told.maximum, told.step = control.minimum, control.maximum, control.step
        told.default_value, told.flags = control.default, control.flags

    def _menu(self, data: bytearray) -> None:
        told = QueryMenu.from_buffer(data)
        if told.index not in self._control(told.id).menu:
            raise OSError(errno.EINVAL, "")

    def _get(self, data: bytearray) -> None:
        told = ControlValue.from_buffer(data)
        told.value = self._control(told.id).now

    def _set(self, data: bytearray) -> None:
        told = ControlValue.from_buffer(data)
        control = self._control(told.id)
        if not control.minimum <= told.value <= control.maximum:
            raise OSError(errno.ERANGE, "")
        if control.menu and told.value not in control.menu:
            raise OSError(errno.EINVAL, "")
        control.value = told.value
        self.asked.append((told.id, told.value))


def code_of(fourcc: str) -> int:
    """As v4l2_fourcc makes it."""
    return int.from_bytes(fourcc.encode("ascii"), "little")
