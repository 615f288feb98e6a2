"""A rendered head turns, and so do pictures of it, flat and bent: only the head has a nose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.liveness.parallax import Grey, ParallaxMeter
from app.liveness.policy import POLICY
from tests.unit.liveness.stick import PX_PER_MM, Stance, points_of

Field = NDArray[Any]
Depth = Callable[[Field, Field], Field]
"""Millimetres towards the camera at places of the face."""
HEIGHT, WIDTH = 480, 640
NOSE = np.array([0.0, 15.0])
TURN_DEG = 22.0


def skin(seed: int) -> Grey:
    """Pores and shadows of the face, as a picture of HEIGHT × WIDTH."""
    made = np.random.default_rng(seed)
    whole = np.full((HEIGHT, WIDTH), 120.0, np.float32)
    for sigma, gain in ((1.5, 220.0), (4, 350.0), (12, 600.0)):
        whole += cv2.GaussianBlur(made.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), sigma) * gain / 10
    texture: Grey = np.clip(whole, 0, 255).astype(np.uint8)
    return texture


def head_mm(x: Field, y: Field) -> Field:
    """Depth towards the camera: an ellipsoid with a nose."""
    inside = np.clip(1 - (x / 85) ** 2 - (y / 120) ** 2, 0.02, 1)
    depth: Field = 70 * np.sqrt(inside) + 26 * np.exp(-(((x - NOSE[0]) / 13) ** 2 + ((y - NOSE[1]) / 22) ** 2))
    return depth


def flat_mm(x: Field, y: Field) -> Field:
    return np.zeros_like(x)


def bent_mm(x: Field, y: Field) -> Field:
    """Round an upright cylinder: 60° over the width of the face."""
    radius = 140 / np.radians(60)
    depth: Field = np.sqrt(np.clip(radius**2 - x**2, 0, None)) - radius
    return depth


def turned(texture: Grey, depth: Depth, deg: float, shift_px: float = 0.0) -> Grey:
    """What a far camera sees after a turn: for each place of the picture, which of the texture lies there."""
    ys, xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    there_x = (xs - WIDTH / 2 - shift_px) / PX_PER_MM
    y = (ys - HEIGHT / 2) / PX_PER_MM
    angle = np.radians(deg)
    x = there_x / np.cos(angle)
    for _ in range(25):
        # Half a step at a time: the slopes of a nose would throw it to and fro.
        x += 0.5 * ((there_x - depth(x, y) * np.sin(angle)) / np.cos(angle) - x)
    return cv2.remap(
        texture, (x * PX_PER_MM + WIDTH / 2).astype(np.float32), ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    ).astype(np.uint8)


def measured(depth: Depth, seed: int, noise: float = 2.0) -> float | None:
    texture = skin(seed)
    made = np.random.default_rng(seed + 1)

    def seen(deg: float, shift_px: float) -> Grey:
        picture = turned(texture, depth, deg, shift_px).astype(np.float32) + made.normal(0, noise, (HEIGHT, WIDTH))
        return np.clip(picture, 0, 255).astype(np.uint8)

    meter = ParallaxMeter()
    meter.begin(seen(0, 0), points_of(Stance()))
    for deg in np.linspace(4, TURN_DEG, 6):
        meter.follow(seen(float(deg), float(deg) * 0.5))
    return meter.stands_out()


@pytest.mark.parametrize("seed", range(2))
def test_the_nose_of_a_head_stands_out(seed: int) -> None:
    found = measured(head_mm, seed)
    assert found is not None
    assert found >= POLICY.parallax.least_ratio


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("depth", [flat_mm, bent_mm])
def test_that_of_a_picture_does_not(depth: Depth, seed: int) -> None:
    found = measured(depth, seed)
    assert found is not None
    assert found < POLICY.parallax.least_ratio / 2


def test_a_bare_face_and_no_beginning_are_not_judged() -> None:
    blank = np.full((HEIGHT, WIDTH), 128, np.uint8)
    meter = ParallaxMeter()
    assert meter.follow(blank) == 0
    assert meter.stands_out() is None
    meter.begin(blank, points_of(Stance()))
    assert meter.follow(blank) == 0
    assert meter.stands_out() is None


def test_what_is_covered_midway_is_lost_and_not_guessed() -> None:
    texture = skin(3)
    meter = ParallaxMeter()
    meter.begin(texture, points_of(Stance()))
    assert meter.follow(np.zeros_like(texture)) < POLICY.parallax.least_tracks
    assert meter.stands_out() is None
