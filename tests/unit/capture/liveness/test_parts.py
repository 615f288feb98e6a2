"""Which frame is the best, whether a camera keeps its pace, and what goes over the pipe to the landmarker."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.domain.liveness import Phase
from app.liveness.actions import neutral_of
from app.liveness.analysis import Found
from app.liveness.attempt import Frame
from app.liveness.face import Box, Pose
from app.liveness.guidance import Look
from app.liveness.policy import POLICY
from capture.liveness import mesh_child
from capture.liveness.pace import Pace
from capture.liveness.stills import Stills, is_good
from tests.unit.capture.liveness.stage import picture
from tests.unit.liveness.stick import Stance, at, points_of

NEUTRAL = neutral_of([at(0.0, Stance())])
LOOK = Look(0.0, has_face=True, luma=130.0, clipped_ratio=0.01, sharpness=100.0)


def frame(stance: Stance | None = None, **look: Any) -> Frame:
    return Frame(replace(LOOK, **look), at(0.0, stance or Stance()))


def test_a_good_frame_is_straight_open_shut_lit_sharp_and_large() -> None:
    assert is_good(frame(), NEUTRAL)
    assert is_good(frame(Stance(yaw_deg=6)), NEUTRAL)
    for stance in (
        Stance(yaw_deg=12), Stance(pitch_deg=12), Stance(eyes=0.7), Stance(mouth_mm=20), Stance(px_per_mm=1.2),
    ):  # fmt: skip
        assert not is_good(frame(stance), NEUTRAL), stance
    for wrong in ({"luma": 85.0}, {"luma": 190.0}, {"clipped_ratio": 0.03}, {"sharpness": 70.0}):
        assert not is_good(frame(**wrong), NEUTRAL), wrong
    assert not is_good(Frame(LOOK), NEUTRAL)


def test_the_best_is_the_sharpest_good_one_and_else_the_sharpest() -> None:
    stills = Stills()
    assert stills.all() == ()
    for at_us, given in enumerate(
        (frame(sharpness=300.0, luma=50.0), frame(sharpness=90.0), frame(sharpness=120.0), frame(sharpness=110.0))
    ):
        stills.consider(picture(), at_us, given, NEUTRAL, Phase.WAIT)
        [best] = stills.all()
        assert (best.label, best.at_us) == ("best", min(at_us, 2))
    stills.consider(picture(), 9, frame(sharpness=900.0), NEUTRAL, Phase.FLASH)
    assert stills.all()[0].at_us == 2
    stills.forget()
    assert stills.all() == ()


def test_a_pace_is_learnt_and_then_kept_to() -> None:
    pace = Pace(POLICY.abort)
    for number in range(20):
        assert not pace.is_broken(number * 40_000)
    assert pace.rate_fps == pytest.approx(25)
    pace.begin()
    at_us = 19 * 40_000
    for number in range(100):
        at_us += 80_000 if number % 20 == 10 else 41_000
        assert not pace.is_broken(at_us), "one of twenty may be missing"
    assert pace.is_broken(at_us + 251_000)


def test_an_answer_goes_over_the_pipe_and_comes_back_in_other_pixels() -> None:
    rest = Pose(1.0, 11.0, -2.0)
    others = tuple(Box(float(n), 2.0, 30.0, 40.0) for n in range(12))
    sent = mesh_child.packed(Found(points_of(Stance()), others, rest)) + mesh_child.packed(Found(None, (), rest))
    stream = io.BytesIO(sent)
    found = mesh_child.read_answer(stream, 2.0)
    assert found.points is not None and np.allclose(found.points, points_of(Stance()) * 2, atol=1e-3)
    assert len(found.others) == mesh_child.MOST_OTHERS and found.others[1] == Box(2.0, 4.0, 60.0, 80.0)
    assert found.rest == rest
    assert mesh_child.read_answer(stream, 1.0).points is None
    with pytest.raises(OSError):
        mesh_child.read_answer(stream, 1.0)
    with pytest.raises(OSError):
        mesh_child.read_answer(io.BytesIO(mesh_child.ANSWER.pack(False, 200, 0, 0, 0)), 1.0)
    with pytest.raises(OSError):
        mesh_child.read_answer(io.BytesIO(sent[:2000]), 1.0)
