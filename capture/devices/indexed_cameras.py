"""Cameras of Windows and macOS: OpenCV opens them by number, cv2-enumerate-cameras tells who has which number now.

Its id is the system's own: on Windows the path of the device (maker, model, socket), on macOS the uniqueID. A virtual
camera of Windows has no path and goes by its name. Any thread.
"""

from __future__ import annotations

import importlib
import logging
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from app.ports.engine import Camera

_LOG = logging.getLogger(__name__)
_VIRTUAL_NAME = re.compile(r"virtual|obs[- ]camera|manycam|xsplit|snap camera|droidcam|iriun", re.IGNORECASE)
DIRECTSHOW, AVFOUNDATION = 700, 1200
"""cv2.CAP_DSHOW and cv2.CAP_AVFOUNDATION, which need not be loaded for a list."""


class CameraInfo(Protocol):
    """What cv2-enumerate-cameras tells of one."""

    index: int
    name: str
    path: str | None


@dataclass(frozen=True)
class NumberedCamera:
    """``index``: its number for OpenCV at present."""

    camera: Camera
    index: int


def enumerate_with_library() -> Iterable[CameraInfo]:
    """As the backend counts that opens them (capture.devices.cameras.backend). Empty when it cannot be asked."""
    try:
        library: Any = importlib.import_module("cv2_enumerate_cameras")
    except ImportError:
        _LOG.error("cv2-enumerate-cameras is not installed: no camera can be named")
        return ()
    found: list[CameraInfo] = library.enumerate_cameras(DIRECTSHOW if sys.platform == "win32" else AVFOUNDATION)
    return found


class IndexedCameras:
    """``enumerate_all`` is replaced by tests."""

    def __init__(self, enumerate_all: Callable[[], Iterable[CameraInfo]] = enumerate_with_library) -> None:
        self._enumerate = enumerate_all

    def signature(self) -> tuple[str, ...]:
        """Changes when a camera comes or goes; a few milliseconds."""
        return tuple(f"{one.camera.device_id} {one.index}" for one in self.all())

    def all(self) -> tuple[NumberedCamera, ...]:
        """In the system's order."""
        found: list[NumberedCamera] = []
        seen: dict[str, int] = {}
        for info in self._enumerate():
            name = info.name or f"Camera {info.index + 1}"
            base = f"path:{info.path.lower()}" if info.path else f"name:{name}"
            seen[base] = seen.get(base, 0) + 1
            device_id = base if seen[base] == 1 else f"{base}#{seen[base]}"
            camera = Camera(
                device_id=device_id,
                name=name,
                is_virtual=bool(_VIRTUAL_NAME.search(name)),
                aliases=(str(info.index),),
            )
            found.append(NumberedCamera(camera, info.index))
        return tuple(found)

    def find(self, device_id: str) -> NumberedCamera | None:
        """The one that is meant, by its id or (as older versions kept it) its number."""
        found = self.all()
        exact = (one for one in found if one.camera.device_id == device_id)
        remembered = (one for one in found if device_id in one.camera.aliases)
        return next(exact, None) or next(remembered, None)
