"""A monitor's picture by mss, grabbed at the programme's rate in the source's thread."""

from __future__ import annotations

import threading

import av
import mss
import mss.exception
import numpy as np

from app.errors import DeviceError
from app.ports.engine import Monitor, ScreenSource
from app.runtime.clock import Clock
from capture.convert import Converter
from capture.frames import PictureFormat
from capture.sources.base import DeviceLoop, Report


class MssScreen:
    """One monitor; belongs to one thread, as X11 connections do."""

    def __init__(self, source: ScreenSource, picture: PictureFormat, clock: Clock) -> None:
        """Raises DeviceError screen_unavailable."""
        self._clock = clock
        self._pause = threading.Event()
        self._period_s = 1 / picture.rate_fps
        self._next_s = clock.monotonic_s()
        self._converter = Converter(picture)
        try:
            self._grabber = mss.MSS()
        except (mss.exception.ScreenShotError, OSError) as cause:
            raise DeviceError("screen_unavailable") from cause
        try:
            monitors = self._grabber.monitors
            # Number 0 stands for all monitors together.
            if not 1 <= source.monitor < len(monitors):
                raise DeviceError("screen_unavailable")
            self._area = monitors[source.monitor]
        except (mss.exception.ScreenShotError, OSError, DeviceError) as cause:
            self._grabber.close()
            raise DeviceError("screen_unavailable") from cause
        self.width_px, self.height_px = int(self._area["width"]), int(self._area["height"])

    def read(self) -> av.VideoFrame | None:
        """See PictureDevice; waits for the next period."""
        now_s = self._clock.monotonic_s()
        self._clock.wait(self._pause, self._next_s - now_s)
        self._next_s = max(self._next_s + self._period_s, now_s)
        try:
            shot = self._grabber.grab(self._area)
        except (mss.exception.ScreenShotError, OSError) as cause:
            raise DeviceError("screen_unavailable") from cause
        pixels = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
        return self._converter.from_bgra(pixels)

    def close(self) -> None:
        """Give the display back."""
        self._grabber.close()


def screen_source(source: ScreenSource, picture: PictureFormat, report: Report, clock: Clock) -> DeviceLoop:
    """A monitor as a source."""
    name = f"{source.monitor}"
    return DeviceLoop("screen", name, lambda: MssScreen(source, picture, clock), report, clock)


def list_monitors() -> tuple[Monitor, ...]:
    """Monitors, without the one that stands for all of them; none without a display."""
    try:
        with mss.MSS() as grabber:
            return tuple(
                Monitor(monitor=number, width_px=int(area["width"]), height_px=int(area["height"]))
                for number, area in enumerate(grabber.monitors)
                if number > 0
            )
    except (mss.exception.ScreenShotError, OSError):
        return ()
