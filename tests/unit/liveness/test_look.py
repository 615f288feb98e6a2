"""What is measured of a frame follows what was done to it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.domain.liveness import Prompt
from app.liveness.face import Box, Points, pose_of
from app.liveness.guidance import Guide
from app.liveness.look import Picture, look_of, nobody
from app.liveness.policy import POLICY
from tests.unit.liveness.stick import Stance, points_of

STANCE = Stance(px_per_mm=1.5)


def painted(stance: Stance = STANCE) -> tuple[Picture, Points]:
    """640 × 480 with an evenly lit face that has pores, eyes and a mouth."""
    points = points_of(stance)
    picture = np.full((480, 640, 3), (90, 95, 100), np.uint8)
    scale = stance.px_per_mm
    cv2.ellipse(picture, (320, 244), (round(70 * scale), round(95 * scale)), 0, 0, 360, (140, 165, 205), -1)
    noise = np.random.default_rng(5).normal(0, 6, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    for index in (468, 473):
        middle = (round(float(points[index, 0])), round(float(points[index, 1])))
        cv2.ellipse(picture, middle, (round(14 * scale), round(5 * scale)), 0, 0, 360, (235, 235, 235), -1)
        cv2.circle(picture, middle, round(5 * scale), (30, 30, 40), -1)
    cv2.ellipse(
        picture, (320, round(240 + 50 * scale)), (round(25 * scale), round(8 * scale)), 0, 0, 360, (70, 70, 150), -1
    )
    return picture, points


def scaled(picture: Picture, gain: float) -> Picture:
    brighter: Picture = np.clip(picture.astype(np.float32) * gain, 0, 255).astype(np.uint8)
    return brighter


def told(picture: Picture, points: Points, others: tuple[Box, ...] = ()) -> Prompt | None:
    guide = Guide()
    return [guide.feed(look_of(picture, points, others, number * 33.3)) for number in range(40)][-1].prompt


def test_a_face_in_order_needs_nothing() -> None:
    picture, points = painted()
    look = look_of(picture, points, (), 5.0)
    assert look.at_ms == 5.0
    assert look.width_ratio == pytest.approx(210 / 640, abs=0.01)
    assert look.off_centre_ratio < 0.03
    assert not look.is_cut
    assert look.cheek_ratio == pytest.approx(1.0, abs=0.05)
    assert look.lip_contrast > 10
    assert abs(look.lower_red) < 0.02
    assert told(picture, points) is None


def test_nobody_is_nobody() -> None:
    assert not nobody(3.0).has_face


@pytest.mark.parametrize(
    ("gain", "prompt"), [(0.10, Prompt.TOO_DARK), (0.30, Prompt.DIM), (1.0, None), (1.6, Prompt.TOO_BRIGHT)]
)
def test_light_is_followed(gain: float, prompt: Prompt | None) -> None:
    picture, points = painted()
    assert told(scaled(picture, gain), points) is prompt


def test_light_from_one_side_is_uneven() -> None:
    picture, points = painted()
    shade = np.linspace(-0.1, 1.5, 640, dtype=np.float32)[None, :, None]
    side_lit = np.clip(picture * shade, 0, 255).astype(np.uint8)
    assert look_of(side_lit, points, (), 0.0).cheek_ratio > 1.3
    half = picture.copy()
    half[:, :320] //= 3
    assert told(half, points) is Prompt.UNEVEN


def test_blur_lowers_sharpness_until_it_is_told() -> None:
    picture, points = painted()
    sharpness = [
        look_of(cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8), points, (), 0.0).sharpness
        for sigma in (1, 2, 4, 8)
    ]
    assert sharpness == sorted(sharpness, reverse=True)
    assert told(cv2.GaussianBlur(picture, (0, 0), 8).astype(np.uint8), points) is Prompt.BLURRED


def test_a_mask_and_dark_glasses_are_seen() -> None:
    picture, points = painted()
    masked = picture.copy()
    cv2.rectangle(masked, (230, 285), (410, 380), (220, 190, 120), -1)
    assert told(masked, points) is Prompt.MOUTH_COVERED
    glasses = picture.copy()
    cv2.rectangle(glasses, (240, 185), (400, 225), (12, 12, 12), -1)
    assert told(glasses, points) is Prompt.EYES_COVERED


def test_a_face_far_away_is_called_nearer() -> None:
    picture, _ = painted()
    assert told(picture, points_of(Stance(px_per_mm=0.9))) is Prompt.TOO_FAR


@pytest.mark.parametrize(
    "stance", [Stance(roll_deg=25), Stance(roll_deg=-25), Stance(pitch_deg=25), Stance(pitch_deg=-25)]
)
def test_tilt_is_the_larger_of_both(stance: Stance) -> None:
    picture, _ = painted()
    assert look_of(picture, points_of(stance), (), 0.0).tilt_deg == pytest.approx(25, abs=2)


def test_a_face_at_the_edge_or_off_the_middle_is_told() -> None:
    picture, points = painted()
    aside = points + np.array([100, 0, 0], np.float32)
    look = look_of(picture, aside, (), 0.0)
    assert look.off_x_ratio == pytest.approx(100 / 640, abs=0.01)
    assert told(picture, points + np.array([330, 0, 0], np.float32)) is Prompt.TOO_CLOSE


def test_somebody_beside_is_told_when_large_enough() -> None:
    picture, points = painted()
    assert told(picture, points, (Box(10, 10, 40, 50),)) is None
    assert told(picture, points, (Box(10, 10, 90, 110),)) is Prompt.SECOND_FACE


def test_a_face_outside_of_the_picture_is_no_error() -> None:
    picture, points = painted()
    look = look_of(picture, points + np.array([5000, 0, 0], np.float32), (), 0.0)
    assert look.is_cut
    assert look.sharpness == 0.0


def test_tilt_is_from_the_own_rest() -> None:
    picture, _ = painted()
    points = points_of(Stance(pitch_deg=20))
    assert look_of(picture, points, (), 0.0, rest=pose_of(points)).tilt_deg == pytest.approx(0.0)
    assert look_of(picture, points, (), 0.0).tilt_deg > POLICY.look.most_tilt_deg
