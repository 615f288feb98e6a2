"""One thing at a time, the most important first, and not too often."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.liveness import Prompt
from app.liveness.guidance import Advice, Guide, Look
from app.liveness.policy import POLICY

GOOD = Look(0.0, has_face=True, width_ratio=0.4)
FRAME_MS = 1000 / 30
WRONG: dict[Prompt, dict[str, Any]] = {
    Prompt.NO_FACE: {"has_face": False},
    Prompt.SECOND_FACE: {"other_width_ratio": 0.2},
    Prompt.TOO_CLOSE: {"width_ratio": 0.7},
    Prompt.TOO_FAR: {"width_ratio": 0.15},
    Prompt.OFF_CENTRE: {"off_x_ratio": -0.3},
    Prompt.TOO_DARK: {"luma": 20.0},
    Prompt.DIM: {"luma": 50.0},
    Prompt.TOO_BRIGHT: {"clipped_ratio": 0.2},
    Prompt.UNEVEN: {"cheek_ratio": 3.0},
    Prompt.BLURRED: {"sharpness": 10.0},
    Prompt.MOUTH_COVERED: {"lip_contrast": 0.0, "lower_red": -0.3},
    Prompt.EYES_COVERED: {"eye_deviation": 3.0},
    Prompt.TILTED: {"tilt_deg": 25.0},
}


def shown(guide: Guide, look: Look, seconds: float, from_ms: float = 0.0) -> list[Advice]:
    return [guide.feed(replace(look, at_ms=from_ms + number * FRAME_MS)) for number in range(round(seconds * 30))]


def test_every_condition_is_known_here() -> None:
    assert set(WRONG) == set(Prompt)


@pytest.mark.parametrize("prompt", list(Prompt))
def test_each_condition_has_its_prompt(prompt: Prompt) -> None:
    told = shown(Guide(), replace(GOOD, **WRONG[prompt]), 2)
    assert told[-1].prompt is prompt
    assert told[-1].is_in_place is (prompt is Prompt.DIM)


def test_a_face_at_the_edge_is_too_close() -> None:
    assert shown(Guide(), replace(GOOD, is_cut=True), 2)[-1].prompt is Prompt.TOO_CLOSE


@pytest.mark.parametrize(
    ("look", "prompt"),
    [
        ({"luma": 230.0}, Prompt.TOO_BRIGHT),
        ({"off_y_ratio": 0.2}, Prompt.OFF_CENTRE),
        ({"mouth_deviation": 4.0}, Prompt.MOUTH_COVERED),
    ],
)
def test_the_second_way_to_each_prompt(look: dict[str, Any], prompt: Prompt) -> None:
    assert shown(Guide(), replace(GOOD, **look), 2)[-1].prompt is prompt


@given(st.lists(st.sampled_from(list(Prompt)), min_size=1, unique=True))
def test_the_most_important_is_told(prompts: list[Prompt]) -> None:
    look = GOOD
    for prompt in sorted(prompts, key=list(Prompt).index, reverse=True):
        look = replace(look, **WRONG[prompt])
    assert shown(Guide(), look, 3)[-1].prompt is min(prompts, key=list(Prompt).index)


def test_in_place_after_a_while_without_anything_in_the_way() -> None:
    told = shown(Guide(), GOOD, 2)
    in_place = [number * FRAME_MS for number, one in enumerate(told) if one.is_in_place]
    assert in_place[0] == pytest.approx(POLICY.guidance.aligned_ms, abs=FRAME_MS)
    assert all(one.prompt is None for one in told)


def test_a_glance_away_is_not_told_but_starts_anew() -> None:
    guide = Guide()
    shown(guide, GOOD, 1)
    gone = shown(guide, replace(GOOD, has_face=False), 0.2, 1000)
    assert {one.prompt for one in gone} == {None}
    assert not any(one.is_in_place for one in gone)
    back = shown(guide, GOOD, 1, 1200)
    assert not back[10].is_in_place
    assert back[-1].is_in_place


def test_between_the_bounds_nothing_flickers() -> None:
    """Just below the bound it is not told; once told, just below it is still told; clearly below no more."""
    bound = POLICY.look.most_tilt_deg
    below, clearly = replace(GOOD, tilt_deg=bound * 0.95), replace(GOOD, tilt_deg=bound * 0.85)
    guide = Guide()
    assert shown(guide, below, 1)[-1].prompt is None
    assert shown(guide, replace(GOOD, tilt_deg=bound * 1.1), 1.5, 1000)[-1].prompt is Prompt.TILTED
    assert shown(guide, below, 2, 2500)[-1].prompt is Prompt.TILTED
    assert shown(guide, clearly, 2, 4500)[-1].prompt is None


@given(st.lists(st.sampled_from([None, *Prompt]), min_size=10, max_size=200))
def test_it_never_changes_more_than_once_a_second(frames: list[Prompt | None]) -> None:
    guide = Guide()
    changes: list[float] = []
    before: Prompt | None = None
    for number, wrong in enumerate(frames):
        at_ms = number * 100.0
        told = guide.feed(replace(GOOD, at_ms=at_ms, **(WRONG[wrong] if wrong else {}))).prompt
        if told is not before:
            changes.append(at_ms)
            before = told
    assert all(later - earlier >= 1000 for earlier, later in itertools.pairwise(changes))
