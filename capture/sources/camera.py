"""Cameras through OpenCV (V4L2, DirectShow, AVFoundation). Opened and read in the source's thread."""

from __future__ import annotations

import os
import sys
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
from capture.devices.cameras import Cameras, Place, backend, best_format
from capture.devices.controls import CameraBook, Controls, NoControls, PropertyControls, Steering, V4l2Controls
from capture.devices.permission import is_forbidden
from capture.devices.v4l2 import Node
from capture.frames import PictureFormat
from capture.liveness.tap import CameraTap, OpenedCamera, captured_us
from capture.sources.base import DeviceLoop, PictureDevice, Report

_FAILED_READ_WAIT_S = 0.1
# What a camera lacks is told by our own codes; OpenCV would print it.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class OpenCvCamera:
    """One opened camera: the one that is meant, wherever it is plugged in now."""

    def __init__(
        self,
        source: CameraSource,
        picture: PictureFormat,
        clock: Clock,
        api: int | None = None,
        *,
        book: CameraBook | None = None,
        cameras: Cameras | None = None,
        tap: CameraTap | None = None,
    ) -> None:
        """Raises DeviceError no_camera, camera_forbidden or camera_in_use. ``api``: another of OpenCV's backends."""
        self._clock, self._tap = clock, tap
        self._pause = threading.Event()
        place = (cameras or Cameras()).place(source.device_id)
        if place is None:
            raise DeviceError("camera_forbidden" if is_forbidden("camera") else "no_camera")
        self._path = place.path
        self._capture = cv2.VideoCapture(place.target, backend() if api is None else api)
        if not self._capture.isOpened():
            self._capture.release()
            raise DeviceError(why_closed(self._path))
        self._ask_for(source, place)
        self.width_px = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        self.height_px = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self._converter = Converter(picture)
        self._steering = Steering(book, source.device_id, self._controls(api)) if book is not None else None
        if tap is not None:
            rate_fps = max(0.0, float(self._capture.get(cv2.CAP_PROP_FPS)))
            tap.opened(OpenedCamera(source.device_id, place.name, str(self._path or place.target), rate_fps))

    def read(self) -> av.VideoFrame | None:
        """See PictureDevice."""
        if self._steering is not None:
            self._steering.keep_up()
        is_read, pixels = self._capture.read()
        if is_read and pixels is not None:
            self.height_px, self.width_px = pixels.shape[:2]
            bgr = np.asarray(pixels, np.uint8)
            if self._tap is not None:
                self._tap.offer(bgr, captured_us(self._clock.monotonic_s(), self._stamp_ms))
            return self._converter.from_bgr(bgr)
        if self._path is not None and not self._path.exists():
            raise DeviceError("camera_lost")
        # Some drivers fail at once instead of waiting; that must not become a busy loop.
        self._clock.wait(self._pause, _FAILED_READ_WAIT_S)
        return None

    def close(self) -> None:
        """Release the device."""
        if self._steering is not None:
            self._steering.close()
        self._capture.release()

    def _stamp_ms(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC))

    def _ask_for(self, source: CameraSource, place: Place) -> None:
        best = best_format(place.formats, source.width_px, source.height_px, source.rate_fps)
        # Where nothing is known: uncompressed 720p does not fit 30 times a second through USB 2.
        fourcc = best.fourcc if best is not None and len(best.fourcc) == 4 else "MJPG"
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*fourcc))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, best.width_px if best is not None else source.width_px)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, best.height_px if best is not None else source.height_px)
        self._capture.set(cv2.CAP_PROP_FPS, source.rate_fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _controls(self, api: int | None) -> Controls:
        if api is not None and api != backend():
            return NoControls()
        if not sys.platform.startswith("linux") or self._path is None:
            return PropertyControls(self._capture)
        try:
            return V4l2Controls(Node(str(self._path)))
        except OSError:
            return NoControls()


def camera_source(
    source: CameraSource,
    picture: PictureFormat,
    report: Report,
    clock: Clock,
    open_device: Callable[[], PictureDevice] | None = None,
    *,
    book: CameraBook | None = None,
    cameras: Cameras | None = None,
    tap: CameraTap | None = None,
) -> DeviceLoop:
    """A camera that is opened in its own thread; ``open_device`` replaces the hardware."""
    known = cameras or Cameras()
    names: list[str] = []

    def name() -> str:
        place = known.place(source.device_id)
        if place is not None:
            names[:] = [place.name]
        # One that is away keeps the name that it had; an id is nothing to read.
        return names[0] if names else ""

    opener = open_device or (lambda: OpenCvCamera(source, picture, clock, book=book, cameras=known, tap=tap))
    return DeviceLoop("camera", name, opener, report, clock)


def why_closed(path: Path | None, open_file: Callable[[Path, int], int] = os.open) -> str:
    """The code for a camera that is there and that OpenCV could not open: it does not say why, the system does."""
    if path is None:
        return "camera_forbidden" if is_forbidden("camera") else "camera_in_use"
    try:
        os.close(open_file(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0)))
    except FileNotFoundError:
        return "no_camera"
    except PermissionError:
        return "camera_forbidden"
    except OSError:
        pass
    return "camera_in_use"
