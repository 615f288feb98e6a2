"""Cameras by who they are: listed with formats, found again wherever they are plugged in. Any thread.

Linux: capture.devices.linux_cameras. Windows and macOS: capture.devices.indexed_cameras.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from app.ports.engine import Camera, CameraFormat
from capture.devices.indexed_cameras import IndexedCameras
from capture.devices.linux_cameras import DEV, SYSFS, LinuxCameras

_PACKED_LAST = ("H264", "HEVC", "VP80", "VP90")
"""OpenCV does not take these from a camera everywhere."""
_UNCOMPRESSED = ("NV12", "YUYV", "YUY2", "UYVY", "YU12", "I420")


@dataclass(frozen=True)
class Place:
    """Where a camera is to be opened now: a node's path, or a number."""

    device_id: str
    name: str
    target: str | int
    formats: tuple[CameraFormat, ...] = ()

    @property
    def path(self) -> Path | None:
        """The node or file; None where cameras have numbers."""
        return Path(self.target) if isinstance(self.target, str) else None


class Cameras:
    """The cameras of this machine. Tests pass in folders, or another platform's list."""

    def __init__(self, linux: LinuxCameras | None = None, indexed: IndexedCameras | None = None) -> None:
        is_linux = sys.platform.startswith("linux")
        self._linux = linux or (LinuxCameras() if is_linux and indexed is None else None)
        self._indexed = indexed or IndexedCameras()

    def signature(self) -> tuple[str, ...]:
        """Something cheap that changes when a camera comes or goes."""
        return self._linux.signature() if self._linux is not None else self._indexed.signature()

    def all(self) -> tuple[Camera, ...]:
        """What there is now."""
        if self._linux is not None:
            return tuple(found.camera for found in self._linux.all())
        return tuple(found.camera for found in self._indexed.all())

    def place(self, device_id: str) -> Place | None:
        """Where the one that is meant is now; None when it is not there."""
        if self._linux is not None:
            found = self._linux.find(device_id)
            if found is not None:
                camera = found.camera
                return Place(camera.device_id, camera.name, found.path, self._linux.formats(found.path))
        else:
            numbered = self._indexed.find(device_id)
            if numbered is not None:
                return Place(numbered.camera.device_id, numbered.camera.name, numbered.index)
        # A path that sysfs does not know: a link, or a film in its stead.
        if Path(device_id).is_absolute() and Path(device_id).exists():
            real = str(Path(device_id).resolve())
            linked = self._linux.find(real) if self._linux is not None and real != device_id else None
            return Place(device_id, linked.camera.name if linked is not None else Path(device_id).name, device_id)
        return None


def list_cameras(sysfs: Path = SYSFS, dev: Path = DEV) -> tuple[Camera, ...]:
    """What there is now, with formats where they can be had."""
    return Cameras(LinuxCameras(sysfs, dev) if sys.platform.startswith("linux") else None).all()


def backend() -> int:
    """Through what cameras are opened here; listed through the same, for another counts them in another order."""
    import cv2

    if sys.platform == "win32":
        return int(cv2.CAP_DSHOW)
    return int(cv2.CAP_AVFOUNDATION if sys.platform == "darwin" else cv2.CAP_V4L2)


def best_format(
    formats: tuple[CameraFormat, ...], width_px: int, height_px: int, rate_fps: float
) -> CameraFormat | None:
    """The one to open for a wish; None when the camera tells nothing.

    Enough pictures a second come first (a picture that is fluent but smaller looks better than one that jerks), then
    the smallest size that holds the wish, else the largest; of equal ones what need not be unpacked.
    """
    usable = [one for one in formats if one.fourcc not in _PACKED_LAST]
    if not usable:
        return None
    wanted_px = width_px * height_px

    def rank(one: CameraFormat) -> tuple[bool, bool, float, bool]:
        is_slow = bool(one.rates_fps) and max(one.rates_fps) < min(rate_fps, 24.0) - 0.5
        is_small = one.width_px < width_px or one.height_px < height_px
        pixels = one.width_px * one.height_px
        return is_slow, is_small, -pixels if is_small else abs(pixels - wanted_px), one.fourcc not in _UNCOMPRESSED

    return min(usable, key=rank)
