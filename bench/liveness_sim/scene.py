"""A person in a room before a screen, and the camera that looks at them.

The screen's light falls on the face from the front, after the delay that screens and cameras have; ``screen_ratio`` is
its linear light on the face when it is all white, over the light of the room. The camera has noise, blur, a white
balance that drifts, and sRGB's curve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.domain.flash import GREY, Colour
from bench.liveness_sim.head import CURVE, Bgr, Head, Light, Stance, coded
from bench.liveness_sim.portraits import HALF_WIDTH_MM, PX_PER_MM, linear

Field = NDArray[Any]
_NOISE_TILES = 5
_SPARE_PX = 48
"""By so much the noise is shifted from frame to frame."""
_KEPT_BACKDROPS = 12
_BODY_SHARE = 0.6
"""Of the screen's light that falls on what is farther away than the face."""


@dataclass(frozen=True, slots=True)
class Camera:
    """``noise``: standard deviation, of 255. ``drift_ratio``: how far the gains of red and blue wander."""

    width_px: int = 640
    height_px: int = 480
    fps: float = 30.0
    noise: float = 2.2
    blur_px: float = 0.5
    drift_ratio: float = 0.004
    jitter_ms: float = 1.2


@dataclass(frozen=True, slots=True)
class Room:
    """``light``: 1 is a room to which the camera is exposed. ``side``: see Light. ``lag_ms``: from what the program
    shows to what the camera sees."""

    light: float = 1.0
    side: float = 0.0
    screen_ratio: float = 0.25
    lag_ms: float = 110.0
    tint: tuple[float, float, float] = (0.30, 0.36, 0.40)
    """Of the wall: blue, green, red, linear."""


@dataclass
class Scene:
    """One take. ``others``: further people, who stand still."""

    head: Head
    camera: Camera = Camera()
    room: Room = Room()
    seed: int = 1
    others: tuple[tuple[Head, Stance], ...] = ()
    _walls: dict[tuple[float, float, float], Bgr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        made = np.random.default_rng(self.seed)
        camera = self.camera
        shape = (camera.height_px, camera.width_px, 3)
        self._phase = made.uniform(0, 2 * math.pi, 3)
        self._wall = _wall(made, shape, self.room, self._skin())
        spare = (shape[0] + _SPARE_PX, shape[1] + _SPARE_PX, 3)
        tiles = [
            made.normal(0, camera.noise, spare).astype(np.float32)
            for _ in range(_NOISE_TILES if camera.noise > 0 else 0)
        ]
        self._noise = [
            (np.clip(np.round(tile), 0, 255).astype(np.uint8), np.clip(np.round(-tile), 0, 255).astype(np.uint8))
            for tile in tiles
        ]
        self._shift = made

    def picture(self, stance: Stance, screen: Colour, at_s: float) -> Bgr:
        """What the camera gives. ``screen``: what the screen showed ``room.lag_ms`` ago."""
        room = self.room
        red, green, blue = (room.screen_ratio * (value / 255) ** 2.2 for value in screen)
        light = Light(room.light, room.side, (blue * room.light, green * room.light, red * room.light))
        picture = self._backdrop(light).copy()
        for other, where in self.others:
            other.draw(picture, where, light)
        self.head.draw(picture, stance, light)
        return self.taken(picture, at_s)

    def taken(self, picture: Bgr, at_s: float) -> Bgr:
        """As it comes out of the camera: blur, drift, noise."""
        camera = self.camera
        if camera.blur_px > 0.2:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), camera.blur_px), np.uint8)
        gains = 1 + camera.drift_ratio * np.sin(0.9 * at_s + self._phase)
        table = np.clip(np.arange(256)[:, None] * gains[None, :] ** (1 / 2.2) + 0.5, 0, 255).astype(np.uint8)
        picture = np.asarray(cv2.LUT(picture, np.ascontiguousarray(table[None])), np.uint8)
        if self._noise:
            more, less = self._noise[self._shift.integers(len(self._noise))]
            down, across = (int(value) for value in self._shift.integers(0, _SPARE_PX, 2))
            part = np.s_[down : down + camera.height_px, across : across + camera.width_px]
            more, less = more[part], less[part]
            picture = np.asarray(cv2.subtract(cv2.add(picture, more), less), np.uint8)
        return picture

    def _backdrop(self, light: Light) -> Bgr:
        if light.screen not in self._walls:
            if len(self._walls) >= _KEPT_BACKDROPS:
                self._walls.clear()
            shine = light.room + _BODY_SHARE * np.array(light.screen, np.float32)
            self._walls[light.screen] = coded(self._wall * shine)
        return self._walls[light.screen]

    def _skin(self) -> Field:
        """Of the neck, as that of the chin."""
        portrait = self.head.portrait
        x, y = portrait.lines["edges"][3]
        column, row = round((x + HALF_WIDTH_MM) * PX_PER_MM), round((y + 150) * PX_PER_MM)
        patch = portrait.albedo[max(0, row - 20) : row + 4, column - 12 : column + 12].reshape(-1, 3)
        skin: Field = np.median(patch, axis=0)
        return skin


def at_rest(screen: Colour | None) -> Colour:
    """What a window shows that shows no colour."""
    return GREY if screen is None else screen


def lit_table(gain: float) -> NDArray[np.uint8]:
    """For cv2.LUT: a picture under so much more light."""
    steps = linear(np.arange(256, dtype=np.uint8))
    return CURVE[np.minimum(steps * gain * (len(CURVE) - 1), len(CURVE) - 1).astype(np.uint16)]


def _wall(made: np.random.Generator, shape: tuple[int, int, int], room: Room, skin: Field) -> Field:
    """Linear, float32: a wall with something on it, shoulders and a neck."""
    height, width, _ = shape
    wall = np.ones(shape, np.float32) * np.array(room.tint, np.float32)
    coarse = made.uniform(0.75, 1.25, (5, 7)).astype(np.float32)
    wall *= cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    for _ in range(5):
        left, top = int(made.integers(0, width)), int(made.integers(0, height // 2))
        wide, high = (int(value) for value in made.integers(30, 120, 2))
        colour = made.uniform(0.05, 0.5, 3)
        cv2.rectangle(wall, (left, top), (left + wide, top + high), tuple(map(float, colour)), -1)
    wall = np.asarray(cv2.GaussianBlur(wall, (0, 0), 3), np.float32)
    scale = height / 480
    cloth = made.uniform(0.03, 0.25, 3)
    middle, shoulders = width // 2, int(height * 0.86)
    body = np.array(
        [
            (middle - 250 * scale, height), (middle - 200 * scale, shoulders + 40 * scale),
            (middle - 60 * scale, shoulders), (middle + 60 * scale, shoulders),
            (middle + 200 * scale, shoulders + 40 * scale), (middle + 250 * scale, height),
        ]
    ).astype(np.int32)  # fmt: skip
    cv2.fillPoly(wall, [body], tuple(map(float, cloth)), cv2.LINE_AA)
    neck = (int(60 * scale), int(110 * scale))
    cv2.ellipse(wall, (middle, int(height * 0.78)), neck, 0, 0, 360, tuple(map(float, skin * 0.7)), -1, cv2.LINE_AA)
    fabric = made.normal(1, 0.06, (height, width)).astype(np.float32)
    return np.asarray(np.clip(wall * fabric[..., None], 0.002, 1), np.float32)
