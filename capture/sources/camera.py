"""Cameras through OpenCV (V4L2, DirectShow, AVFoundation). Opened and read in the source's thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

# The default lets a read() of a mute camera hang for ten seconds; it is read when cv2's V4L2 part is first used.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")

import av
import cv2
import numpy as np

from app.errors import DeviceError
from app.ports.engine import CameraSource
from app.runtime.clock import Clock
from capture.convert import Converter
from capture.devices.cameras import backend, camera_name, has_cameras
from capture.frames import PictureFormat
from capture.sources.base import DeviceLoop, PictureDevice, Report

_FAILED_READ_WAIT_S = 0.1
# What a camera lacks is told by our own codes; OpenCV would print it.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class OpenCvCamera:
    """One opened camera."""

    def __init__(self, source: CameraSource, picture: PictureFormat, clock: Clock, api: int | None = None) -> None:
        """Raises DeviceError no_camera, camera_forbidden or camera_in_use. ``api``: another of OpenCV's backends."""
        self._path = Path(source.device_id) if source.device_id.startswith("/") else None
        self._clock = clock
        self._pause = threading.Event()
        if self._path is not None and not self._path.exists():
            raise DeviceError("no_camera")
        target: str | int = source.device_id if self._path is not None else _index(source.device_id)
        self._capture = cv2.VideoCapture(target, backend() if api is None else api)
        if not self._capture.isOpened():
            self._capture.release()
            raise DeviceError(why_closed(self._path))
        # Uncompressed 720p does not fit 30 times a second through USB 2.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, source.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, source.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, source.rate_fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self.width_px = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self.height_px = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self._converter = Converter(picture)

    def read(self) -> av.VideoFrame | None:
        """See PictureDevice."""
        is_read, pixels = self._capture.read()
        if is_read and pixels is not None:
            self.height_px, self.width_px = pixels.shape[:2]
            return self._converter.from_bgr(np.asarray(pixels, np.uint8))
        if self._path is not None and not self._path.exists():
            raise DeviceError("camera_lost")
        # Some drivers fail at once instead of waiting; that must not become a busy loop.
        self._clock.wait(self._pause, _FAILED_READ_WAIT_S)
        return None

    def close(self) -> None:
        """Release the device."""
        self._capture.release()


def camera_source(
    source: CameraSource,
    picture: PictureFormat,
    report: Report,
    clock: Clock,
    open_device: Callable[[], PictureDevice] | None = None,
) -> DeviceLoop:
    """A camera that is opened in its own thread; ``open_device`` replaces the hardware."""
    opener = open_device or (lambda: OpenCvCamera(source, picture, clock))
    return DeviceLoop("camera", camera_name(source.device_id), opener, report, clock)


def _index(device_id: str) -> int:
    try:
        return int(device_id)
    except ValueError:
        raise DeviceError("no_camera") from None


def why_closed(path: Path | None, open_file: Callable[[Path, int], int] = os.open) -> str:
    """The code for a camera that OpenCV could not open: it does not say why, the system does."""
    if path is None:
        return "camera_in_use" if has_cameras() else "no_camera"
    try:
        os.close(open_file(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0)))
    except FileNotFoundError:
        return "no_camera"
    except PermissionError:
        return "camera_forbidden"
    except OSError:
        pass
    return "camera_in_use"
