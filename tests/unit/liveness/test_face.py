"""Size, pose and openness, read from points whose pose is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.liveness.face import box_of, eyes_of, mouth_of, pose_of, pupil_distance_px
from tests.unit.liveness.stick import PX_PER_MM, Stance, at, points_of

small = st.floats(-40, 40)


@given(yaw=small, pitch=st.floats(-30, 30), roll=small)
def test_each_angle_is_read_as_it_is(yaw: float, pitch: float, roll: float) -> None:
    neutral = pose_of(points_of(Stance()))
    alone = [
        pose_of(points_of(Stance(yaw_deg=yaw))) - neutral,
        pose_of(points_of(Stance(pitch_deg=pitch))) - neutral,
        pose_of(points_of(Stance(roll_deg=roll))) - neutral,
    ]
    assert alone[0].yaw_deg == pytest.approx(yaw, abs=0.5)
    assert alone[1].pitch_deg == pytest.approx(pitch, abs=0.5)
    assert alone[2].roll_deg == pytest.approx(roll, abs=0.5)


@given(yaw=small, pitch=st.floats(-25, 25))
def test_turning_and_nodding_are_told_apart(yaw: float, pitch: float) -> None:
    moved = pose_of(points_of(Stance(yaw_deg=yaw, pitch_deg=pitch))) - pose_of(points_of(Stance()))
    assert moved.yaw_deg == pytest.approx(yaw, abs=4 + abs(pitch) * 0.25)
    # A head that looks down has less of that left when it is turned aside.
    assert abs(moved.pitch_deg - pitch) <= 3 + abs(yaw) * abs(pitch) / 40


@given(eyes=st.floats(0, 1), yaw=st.floats(-60, 60), pitch=st.floats(-40, 40), roll=small)
def test_a_photograph_that_is_turned_does_not_open_or_shut_its_lids(
    eyes: float, yaw: float, pitch: float, roll: float
) -> None:
    flat = Stance(eyes=eyes, is_flat=True)
    _, still = eyes_of(points_of(flat))
    _, turned = eyes_of(points_of(replace(flat, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)))
    assert turned == pytest.approx(still, rel=0.1, abs=0.002)


@given(gap=st.floats(0, 50), scale=st.floats(0.4, 3))
def test_the_mouth_is_measured_against_the_face_however_large_it_is(gap: float, scale: float) -> None:
    open_by = mouth_of(points_of(Stance(mouth_mm=gap, px_per_mm=scale)))
    assert open_by == pytest.approx(gap / 185, abs=0.002)


def test_sizes_are_in_pixels() -> None:
    points = points_of(Stance())
    assert pupil_distance_px(points) == pytest.approx(63 * PX_PER_MM, abs=0.5)
    assert at(5.0, Stance()).width_px == pytest.approx(140 * PX_PER_MM, abs=0.5)
    assert box_of(points).height_px == pytest.approx(185 * PX_PER_MM, abs=0.5)


def test_a_face_of_no_size_is_nothing_and_no_error() -> None:
    import numpy as np

    nothing = np.zeros((478, 3), np.float32)
    assert eyes_of(nothing) == (0.0, 0.0)
    assert mouth_of(nothing) == 0.0
    assert pose_of(nothing).pitch_deg == 0.0
