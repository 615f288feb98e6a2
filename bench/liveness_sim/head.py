"""Draws a head as a camera sees it: for each place of the picture, which of the face lies there, and in which light.

Rays are followed into the depth field of the head, every third pixel; the places are then spread over all pixels, and
take the portrait's colour. Light adds up linearly; the camera has sRGB's curve. Some 12 ms for a face 210 pixels wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.liveness_sim.face_motion import MOUTH_LIGHTS, OPEN, Face, moved
from bench.liveness_sim.portraits import ABOVE_MM, HALF_WIDTH_MM, PX_PER_MM, Portrait
from bench.liveness_sim.shape import NOTHING_MM, STEP_MM, Build, Shape, shape_of

Field = NDArray[Any]
Bgr = NDArray[np.uint8]
FOCUS_RATIO = 0.95
"""Focal length over the width of the picture: a webcam of some 56°."""
_COARSE_PX = 3
_HALVINGS = 4
_PIVOT = np.array([0.0, 60.0, 0.0])
"""Heads turn on a neck."""
_LEVELS = 4096
_CODES = np.arange(_LEVELS) / (_LEVELS - 1)
CURVE = np.round(
    255 * np.where(_CODES <= 0.0031308, 12.92 * _CODES, 1.055 * _CODES ** (1 / 2.4) - 0.055)
).astype(np.uint8)  # fmt: skip
"""Linear light, 0 … 1 in 4096 steps, to sRGB."""


@dataclass(frozen=True, slots=True)
class Stance:
    """``yaw_deg`` to the person's left, ``pitch_deg`` down, ``roll_deg`` clockwise in the picture."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    x_px: float = 0.0
    y_px: float = 0.0
    """Of the middle of the face, from the middle of the picture."""
    px_per_mm: float = 1.5
    face: Face = OPEN


@dataclass(frozen=True, slots=True)
class Light:
    """``room`` multiplies what the portrait was lit with; ``side`` −1 … 1: how much more comes from the right of the
    picture; ``screen``: what the screen gives in blue, green and red, over the room's at 1."""

    room: float = 1.0
    side: float = 0.0
    screen: tuple[float, float, float] = (0.0, 0.0, 0.0)


def coded(light: Field) -> Bgr:
    """Linear light to sRGB, 8 bit."""
    return np.asarray(CURVE[np.minimum(light * (_LEVELS - 1), _LEVELS - 1).astype(np.uint16)], np.uint8)


class Head:
    """One person. One thread."""

    def __init__(self, portrait: Portrait, build: Build | None = None, shape: Shape | None = None) -> None:
        """``shape``: instead of a head, such as a sheet of paper."""
        self.portrait = portrait
        shape = shape or shape_of(portrait, build or Build())
        self._depth, self._out = shape.depth_mm, shape.out
        self._heights = np.linspace(shape.top_mm, shape.bottom_mm, shape.steps, dtype=np.float32)

    def draw(self, onto: Bgr, stance: Stance, light: Light) -> None:
        """Over a picture, in place."""
        height, width = onto.shape[:2]
        middle = (width / 2 + stance.x_px, height / 2 + stance.y_px)
        reach_x, up, down = 112 * stance.px_per_mm, 165 * stance.px_per_mm, 150 * stance.px_per_mm
        left, right = _bounds(middle[0] - reach_x, middle[0] + reach_x, width)
        top, bottom = _bounds(middle[1] - up, middle[1] + down, height)
        if right <= left or bottom <= top:
            return
        columns = np.arange(left, right, _COARSE_PX, dtype=np.float32)
        rows = np.arange(top, bottom, _COARSE_PX, dtype=np.float32)
        turn = rotation(stance)
        places, is_hit = self._places(columns, rows, (width, height), stance, turn)
        lit = self._lit(places, turn, light)
        size = (len(columns) * _COARSE_PX, len(rows) * _COARSE_PX)
        cut = np.s_[: bottom - top, : right - left]
        fine, alpha, bright = (_spread(one, size)[cut] for one in (places, is_hit, lit))
        fine = np.ascontiguousarray(fine)
        shade = moved(fine, stance.face, self.portrait)
        colour = cv2.remap(
            self.portrait.albedo, (fine[..., 0] + HALF_WIDTH_MM) * PX_PER_MM, (fine[..., 1] + ABOVE_MM) * PX_PER_MM,
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        if shade is not None:
            colour = colour * np.clip(shade, 0, 1)[..., None]
            is_mouth = shade < 0
            colour[is_mouth] = MOUTH_LIGHTS[(-1 - shade[is_mouth]).astype(np.int64)]
        seen = coded(colour * bright)
        alpha = np.clip((alpha - 0.5) * 2.5 + 0.5, 0, 1)
        inside = onto[top:bottom, left:right]
        mix = (alpha * 256).astype(np.int32)[..., None]
        inside[:] = (seen * mix + inside * (256 - mix)) >> 8

    def _places(
        self, columns: Field, rows: Field, size: tuple[int, int], stance: Stance, turn: Field
    ) -> tuple[Field, Field]:
        """Of a coarse grid: H × W × 2 millimetres of the portrait, and 1 where the head is."""
        focus_px = FOCUS_RATIO * size[0]
        away_mm = focus_px / stance.px_per_mm
        centre = np.array([stance.x_px / stance.px_per_mm, stance.y_px / stance.px_per_mm, away_mm])
        grid_x, grid_y = np.meshgrid((columns - size[0] / 2) / focus_px, (rows - size[1] / 2) / focus_px)
        rays = np.stack((grid_x, grid_y, np.ones_like(grid_x)), axis=2).reshape(-1, 3) @ turn
        start = _PIVOT + (-centre - _PIVOT) @ turn
        # Towards the camera from here on.
        rays[:, 2] *= -1
        start_z = np.float32(-start[2])
        slope_x, slope_y = (rays[:, 0] / rays[:, 2]).astype(np.float32), (rays[:, 1] / rays[:, 2]).astype(np.float32)
        zero_x, zero_y = (np.float32(start[0]) - slope_x * start_z), (np.float32(start[1]) - slope_y * start_z)
        heights = self._heights
        below = self._depth_at(zero_x + heights[:, None] * slope_x, zero_y + heights[:, None] * slope_y)
        is_under = below >= heights[:, None]
        first = is_under.argmax(axis=0)
        is_hit = is_under[first, np.arange(is_under.shape[1])]
        far = heights[first]
        near = heights[np.maximum(first - 1, 0)]
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            inside = (self._depth_at((zero_x + middle * slope_x)[None], (zero_y + middle * slope_y)[None]) >= middle)[0]
            far, near = np.where(inside, middle, far), np.where(inside, near, middle)
        at = np.where(is_hit, (near + far) / 2, 0.0).astype(np.float32)
        places = np.stack((zero_x + at * slope_x, zero_y + at * slope_y), axis=1)
        shape = (len(rows), len(columns))
        return places.reshape(*shape, 2), is_hit.reshape(shape).astype(np.float32)

    def _depth_at(self, x: Field, y: Field) -> Field:
        found: Field = cv2.remap(
            self._depth, ((x + HALF_WIDTH_MM) / STEP_MM).astype(np.float32),
            ((y + ABOVE_MM) / STEP_MM).astype(np.float32), cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT, borderValue=NOTHING_MM,
        )  # fmt: skip
        return found

    def _lit(self, places: Field, turn: Field, light: Light) -> Field:
        """H × W × 3: the light on each place. The screen stands before the person, by the camera."""
        out = cv2.remap(
            self._out, (places[..., 0] + HALF_WIDTH_MM) / STEP_MM, (places[..., 1] + ABOVE_MM) / STEP_MM,
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        # The third row of the rotation, its own sign turned: towards the camera on both sides.
        facing = out @ np.array([-turn[2, 0], -turn[2, 1], turn[2, 2]], np.float32)
        aside = out @ np.array([turn[0, 0], turn[0, 1], -turn[0, 2]], np.float32)
        room = light.room * np.clip(1 + light.side * aside, 0.05, None)
        screen = np.clip(facing, 0, 1)[..., None] * np.array(light.screen, np.float32)
        lit: Field = (room[..., None] + screen).astype(np.float32)
        return lit


def rotation(stance: Stance) -> Field:
    """From the head's axes to the camera's: x right, y down, z away. First left or right, then down, then about."""
    yaw, pitch, roll = (math.radians(value) for value in (stance.yaw_deg, stance.pitch_deg, stance.roll_deg))
    about_y = np.array([[math.cos(yaw), 0, -math.sin(yaw)], [0, 1, 0], [math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    turn: Field = about_z @ about_x @ about_y
    return turn


def _bounds(low: float, high: float, most: int) -> tuple[int, int]:
    return max(0, int(low)), min(most, int(high))


def _spread(coarse: Field, size: tuple[int, int]) -> Field:
    """Bilinear, so that place 0 stays where it is: pixel k of the fine grid is k / _COARSE_PX of the coarse."""
    scale = 1 / _COARSE_PX
    to = np.array([[scale, 0, 0], [0, scale, 0]], np.float32)
    spread: Field = cv2.warpAffine(
        coarse, to, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return spread
