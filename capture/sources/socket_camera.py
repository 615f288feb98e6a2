"""A camera whose pictures another process makes: for tests and benches, where there is no camera and nobody before it.

It exists only in an engine that was started with a socket for it (``EngineLaunch.test_camera``). The feeder listens at
that Unix socket, the engine attaches to it as it would open a device: no socket is no camera, and its end is an
unplugged one. Each picture is HEADER and then height · width · 3 bytes of BGR; its time is by the monotonic clock.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
from pathlib import Path

import av
import numpy as np

from app.errors import DeviceError
from app.ports.engine import Camera, CameraFormat
from app.runtime.clock import Clock
from capture.convert import Converter
from capture.frames import Array, PictureFormat
from capture.liveness.tap import CameraTap, OpenedCamera

DEVICE_ID = "test-camera"
NAME = "测试摄像头 (Test)"
HEADER = struct.Struct("!HHQ")
"""Width, height, microseconds."""
MOST_SIDE_PX = 4096
_WAIT_S = 1.0
_BUFFER_BYTES = 4 * 1024 * 1024


def listed() -> Camera:
    """As a list of devices has it."""
    formats = (CameraFormat(width_px=640, height_px=480, rates_fps=(30.0,)),)
    return Camera(device_id=DEVICE_ID, name=NAME, formats=formats)


class SocketCamera:
    """A PictureDevice. One thread."""

    def __init__(self, path: str, picture: PictureFormat, clock: Clock, tap: CameraTap | None) -> None:
        """Raises DeviceError no_camera."""
        self._clock, self._tap = clock, tap
        self._converter = Converter(picture)
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._link.settimeout(_WAIT_S)
        self.width_px = self.height_px = 0
        try:
            self._link.connect(path)
        except OSError as cause:
            self._link.close()
            raise DeviceError("no_camera") from cause
        if tap is not None:
            tap.opened(OpenedCamera(DEVICE_ID, NAME, path))

    def read(self) -> av.VideoFrame | None:
        """See PictureDevice."""
        if not select.select([self._link], [], [], _WAIT_S)[0]:
            return None
        self.width_px, self.height_px, at_us = HEADER.unpack(self._exactly(HEADER.size))
        if not (0 < self.width_px <= MOST_SIDE_PX and 0 < self.height_px <= MOST_SIDE_PX):
            raise DeviceError("camera_lost")
        data = self._exactly(self.width_px * self.height_px * 3)
        bgr = np.frombuffer(data, np.uint8).reshape(self.height_px, self.width_px, 3)
        if self._tap is not None:
            self._tap.offer(bgr, at_us)
        return self._converter.from_bgr(bgr)

    def close(self) -> None:
        """See PictureDevice."""
        self._link.close()

    def _exactly(self, count: int) -> bytearray:
        data = bytearray(count)
        view = memoryview(data)
        while view.nbytes:
            try:
                got = self._link.recv_into(view)
            except OSError as cause:
                raise DeviceError("camera_lost") from cause
            if not got:
                raise DeviceError("camera_lost")
            view = view[got:]
        return data


class CameraFeeder:
    """The other end: a context that listens at ``path`` and hands pictures to whoever attached. No thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.setblocking(False)
        self._link: socket.socket | None = None

    def __enter__(self) -> CameraFeeder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_attached(self) -> bool:
        """Whether an engine takes pictures."""
        self._accept()
        return self._link is not None

    def send(self, bgr: Array, at_us: int) -> bool:
        """Hand over a picture captured at that time of the monotonic clock; False while nobody takes it.

        Waits while the engine is behind, as no camera does: at most five seconds.
        """
        self._accept()
        if self._link is None:
            return False
        height_px, width_px = bgr.shape[:2]
        try:
            self._link.sendall(HEADER.pack(width_px, height_px, at_us))
            self._link.sendall(np.ascontiguousarray(bgr).data)
        except OSError:
            self.unplug()
            return False
        return True

    def unplug(self) -> None:
        """The camera is gone, until the engine tries again."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def close(self) -> None:
        """Gone for good."""
        self.unplug()
        self._listener.close()
        with contextlib.suppress(OSError):
            os.unlink(self.path)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            link, _ = self._listener.accept()
            self.unplug()
            link.settimeout(5.0)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
            self._link = link
