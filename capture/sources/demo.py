"""The demo source: a rendered scene that moves, so that no one takes it for a still or for a real person.

A presenter-like figure that nods and gestures, a turning wheel, bouncing cards, a text clock. Painted straight
into the planes by cv2 (about 1.5 ms at 720p) in the compositor's thread, each slot anew.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import av
import cv2
import numpy as np

from app.ports.engine import SourceStatus
from app.runtime.clock import Clock
from capture.frames import I420, PictureFormat
from capture.sources.base import Report, SourceState

_WALL = (196, 176, 150)
_DESK = (60, 74, 104)
_SKIN = (150, 186, 232)
_HAIR = (30, 34, 44)
_COAT = (120, 72, 40)
_WHITE = (240, 240, 240)
_INK = (40, 36, 30)
_CARDS = ((90, 140, 240), (120, 200, 120), (230, 160, 90), (200, 110, 200))


class _Brush:
    """Paints shapes in BGR colours into an I420 picture; coordinates are fractions of the height."""

    def __init__(self, picture: I420) -> None:
        self._planes = (picture.y, picture.u, picture.v)
        self._scale = picture.height_px

    def polygon(self, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        """A filled convex shape."""
        for plane, value, part in zip(self._planes, _yuv(colour), (1, 2, 2), strict=True):
            shape = np.array(
                [[round(x * self._scale / part * 8), round(y * self._scale / part * 8)] for x, y in points]
            )
            cv2.fillConvexPoly(plane, shape.astype(np.int32), value, cv2.LINE_8, 3)

    def ellipse(
        self, x: float, y: float, width: float, height: float, colour: tuple[int, int, int], turn: float = 0.0
    ) -> None:
        """A filled ellipse; width and height are radii, turn is in degrees."""
        for plane, value, part in zip(self._planes, _yuv(colour), (1, 2, 2), strict=True):
            scale = self._scale / part * 8
            centre, axes = (round(x * scale), round(y * scale)), (round(width * scale), round(height * scale))
            cv2.ellipse(plane, centre, axes, turn, 0, 360, value, -1, cv2.LINE_8, 3)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], width: float, colour: tuple[int, int, int]
    ) -> None:
        """A thick line with round ends."""
        for plane, value, part in zip(self._planes, _yuv(colour), (1, 2, 2), strict=True):
            scale = self._scale / part
            first, last = [(round(x * scale * 8), round(y * scale * 8)) for x, y in (start, end)]
            cv2.line(plane, first, last, value, max(1, round(width * scale)), cv2.LINE_8, 3)

    def text(self, x: float, y: float, height: float, text: str, colour: tuple[int, int, int]) -> None:
        """ASCII text with its left foot at a point; luma only."""
        scale = height * self._scale / 22
        thickness = max(1, round(scale * 2))
        place = (round(x * self._scale), round(y * self._scale))
        cv2.putText(
            self._planes[0], text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, _yuv(colour)[0], thickness, cv2.LINE_AA
        )


class DemoScene:
    """Paints the scene for a moment; the unmoving part is painted once."""

    def __init__(self, picture: PictureFormat) -> None:
        self._wide = picture.width_px / picture.height_px
        self._ground = I420(picture.width_px, picture.height_px)
        self._paint_ground()

    def paint(self, time_s: float, utc: datetime) -> I420:
        """A new picture. ``time_s`` drives the motion."""
        picture = I420(self._ground.width_px, self._ground.height_px, self._ground.data.copy())
        brush = _Brush(picture)
        self._paint_wheel(brush, time_s)
        self._paint_cards(brush, time_s)
        self._paint_presenter(brush, time_s)
        brush.polygon([(0.05, 0.9), (0.86, 0.9), (0.86, 0.975), (0.05, 0.975)], _INK)
        brush.text(0.075, 0.953, 0.045, utc.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"), _WHITE)
        return picture

    def _paint_ground(self) -> None:
        self._ground.y[:] = _yuv(_WALL)[0]
        shade = np.linspace(24, -24, self._ground.height_px).astype(np.int16)
        self._ground.y[:] = np.clip(self._ground.y.astype(np.int16) + shade[:, None], 16, 235).astype(np.uint8)
        self._ground.u[:] = _yuv(_WALL)[1]
        self._ground.v[:] = _yuv(_WALL)[2]
        brush = _Brush(self._ground)
        brush.polygon([(0.0, 0.82), (self._wide, 0.82), (self._wide, 1.0), (0.0, 1.0)], _DESK)

    def _paint_wheel(self, brush: _Brush, time_s: float) -> None:
        x, y = self._wide - 0.22, 0.3
        brush.ellipse(x, y, 0.15, 0.15, _WHITE)
        for spoke in range(6):
            angle = time_s * 1.4 + spoke * math.pi / 3
            brush.line((x, y), (x + 0.13 * math.cos(angle), y + 0.13 * math.sin(angle)), 0.022, _CARDS[spoke % 4])
        brush.ellipse(x, y, 0.03, 0.03, _INK)

    def _paint_cards(self, brush: _Brush, time_s: float) -> None:
        for number, colour in enumerate(_CARDS):
            x = 0.12 + _bounce(time_s * (0.11 + 0.03 * number) + number * 0.31) * (self._wide - 0.36)
            y = 0.14 + _bounce(time_s * (0.17 + 0.02 * number) + number * 0.23) * 0.5
            brush.polygon([(x, y), (x + 0.12, y), (x + 0.12, y + 0.075), (x, y + 0.075)], colour)
            brush.line((x + 0.02, y + 0.037), (x + 0.1, y + 0.037), 0.012, _WHITE)

    def _paint_presenter(self, brush: _Brush, time_s: float) -> None:
        x = self._wide / 2 + 0.02 * math.sin(time_s * 0.9)
        nod = 0.008 * math.sin(time_s * 2.3)
        brush.polygon([(x - 0.2, 0.85), (x - 0.13, 0.55), (x + 0.13, 0.55), (x + 0.2, 0.85)], _COAT)
        brush.line((x, 0.48), (x, 0.56), 0.07, _SKIN)
        brush.ellipse(x, 0.35 + nod, 0.118, 0.145, _HAIR)
        brush.ellipse(x, 0.38 + nod, 0.1, 0.125, _SKIN)
        is_blinking = time_s % 3.1 < 0.12
        for side in (-1, 1):
            brush.ellipse(x + side * 0.04, 0.365 + nod, 0.014, 0.003 if is_blinking else 0.014, _INK)
            lift = math.sin(time_s * 1.7 + side)
            elbow = (x + side * 0.24, 0.72 - 0.03 * lift)
            brush.line((x + side * 0.14, 0.6), elbow, 0.07, _COAT)
            brush.line(elbow, (x + side * (0.2 + 0.06 * lift), 0.62 - 0.1 * max(0.0, lift)), 0.05, _SKIN)
        brush.ellipse(x, 0.45 + nod, 0.03, 0.006 + 0.016 * abs(math.sin(time_s * 7.0)), (70, 70, 160))


class DemoPictures:
    """The scene as a PictureSource."""

    def __init__(self, picture: PictureFormat, has_counter: bool, report: Report, clock: Clock) -> None:
        self.has_counter = has_counter
        self._picture = picture
        self._scene = DemoScene(picture)
        self._report = report
        self._clock = clock

    def start(self) -> None:
        """Live at once."""
        self._report(SourceState(SourceStatus.LIVE, "", "demo", self._picture.width_px, self._picture.height_px))

    def frame_at(self, time_s: float) -> av.VideoFrame:
        """The scene as it is at a moment of the clock."""
        return self._scene.paint(time_s, self._clock.utc()).frame()

    def close(self) -> None:
        """Nothing is held."""


def _yuv(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """BT.709, limited range, of a BGR colour (ITU-R BT.709-6, 3.2 to 3.5)."""
    blue, green, red = (part / 255 for part in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return round(16 + 219 * luma), round(128 + 224 * (blue - luma) / 1.8556), round(128 + 224 * (red - luma) / 1.5748)


def _bounce(phase: float) -> float:
    """0 → 1 → 0 … , linear."""
    return 1 - abs(phase % 2 - 1)
