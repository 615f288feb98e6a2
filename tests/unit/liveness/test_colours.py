"""Skin in the light of a screen, worked out from physics: what follows is told from what does not."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.flash import BEFORE_MS, COLOURS, EACH_MS, GREY, PALETTE, WHOLE_MS, Colour, drawn, shown_at
from app.liveness.colours import Skin, answer_of
from app.liveness.policy import POLICY

FLASH = POLICY.flash
SKIN = np.array([0.55, 0.36, 0.27])
"""Reflectance of skin in red, green and blue light, roughly that of Fitzpatrick III."""
seeds = st.integers(0, 2**32 - 1)


def sequence(seed: int) -> tuple[Colour, ...]:
    return drawn(random.Random(seed).choice)


def lit(
    colours: Sequence[Colour],
    share: float,
    *,
    seed: int = 1,
    lag_ms: float = 120.0,
    noise: float = 0.15,
    drift: float = 0.02,
    fps: float = 30.0,
    room: float = 0.35,
    glass: float = 0.0,
    dark: float = 0.04,
) -> list[Skin]:
    """Skin before a screen that gives ``share`` of the room's light at white, seen by a camera with sRGB's curve.

    ``glass``: what of its light lies over the whole picture; ``dark``: what the darkest tenth throws back.
    ``noise``: standard deviation of a frame's mean, of 255; ``drift``: of the camera's gains over the whole flash.
    """
    made = np.random.default_rng(seed)
    slope = made.normal(0, drift, 3)
    seen = []
    for number in range(round(fps * (WHOLE_MS + 500) / 1000)):
        at_ms = number * 1000 / fps
        screen = (np.array(shown_at(colours, at_ms - lag_ms), float) / 255) ** 2.2
        light = room * (1 + share * screen / ((160 / 255) ** 2.2)) * (1 + slope * at_ms / WHOLE_MS)
        both = [np.clip(thing * light / room * 0.6 + glass * screen, 0, 1) for thing in (SKIN, np.full(3, dark))]
        (red, green, blue), dim = (255 * one ** (1 / 2.2) + made.normal(0, noise, 3) for one in both)
        dim_rgb = (float(dim[0]), float(dim[1]), float(dim[2]))
        seen.append(Skin(at_ms, (float(red), float(green), float(blue)), dim_rgb))
    return seen


@given(seeds)
def test_a_sequence_keeps_to_what_eyes_can_bear(seed: int) -> None:
    colours = sequence(seed)
    assert len(colours) == COLOURS
    assert all(one != two for one, two in itertools.pairwise(colours))
    assert 1000 / EACH_MS < 3
    for red, green, blue in PALETTE:
        # WCAG 2.x: a saturated red has R / (R + G + B) ≥ 0.8.
        assert red / (red + green + blue) < 0.6


def test_the_screen_is_grey_before_and_after() -> None:
    colours = sequence(3)
    assert shown_at(colours, 0) == GREY
    assert shown_at(colours, -50) == GREY
    assert shown_at(colours, BEFORE_MS) == colours[0]
    assert shown_at(colours, BEFORE_MS + EACH_MS * 7.9) == colours[7]
    assert shown_at(colours, BEFORE_MS + EACH_MS * 8) == GREY
    assert WHOLE_MS == 600 + 8 * 400 + 400


@settings(max_examples=40)
@given(seeds, st.floats(0, 330))
def test_a_face_follows_at_its_lag(seed: int, lag_ms: float) -> None:
    answer = answer_of(lit(sequence(seed), 0.10, seed=seed, lag_ms=lag_ms), sequence(seed), 0.0)
    assert answer.is_judged
    assert answer.correlation >= FLASH.least_correlation
    assert answer.lag_ms == pytest.approx(lag_ms, abs=40)


def passes(share: float, *, is_true: bool, count: int = 60) -> float:
    """The share of so many faces that is taken for following; if not ``is_true``, another sequence than is shown."""
    taken = 0
    for seed in range(count):
        asked = sequence(seed)
        shown = asked if is_true else sequence(seed + 100_000)
        taken += answer_of(lit(shown, share, seed=seed), asked, 0.0).follows()
    return taken / count


def test_little_light_is_enough_and_none_is_not() -> None:
    assert passes(0.04, is_true=True) >= 0.99
    assert passes(0.02, is_true=True) >= 0.95
    assert passes(0.0, is_true=True) == 0.0


def test_another_sequence_is_no_answer() -> None:
    assert passes(0.10, is_true=False, count=200) == 0.0


def test_another_sequence_is_not_excused_by_a_little_of_the_right_one() -> None:
    """A clip with the answer to another question, played on something that mirrors a little of the screen."""
    asked, played = sequence(1), sequence(2)
    both = [
        Skin(one.at_ms, (one.rgb[0] + 0.3 * (two.rgb[0] - 118), one.rgb[1] + 0.3 * (two.rgb[1] - 100), one.rgb[2]))
        for one, two in zip(lit(asked, 0.1, seed=1), lit(played, 0.3, seed=2), strict=True)
    ]
    answer = answer_of(both, asked, 0.0)
    assert answer.stepped > 0.9
    assert answer.share < FLASH.clear_share
    assert not answer.follows()
    honest = answer_of(lit(asked, 0.1, seed=1), asked, 0.0)
    assert honest.share > 0.9
    assert honest.follows()


def test_too_few_frames_or_no_light_are_not_judged() -> None:
    colours = sequence(1)
    assert not answer_of(lit(colours, 0.1, fps=15), colours, 0.0).is_judged
    assert not answer_of([], colours, 0.0).is_judged
    dark = [Skin(one.at_ms, (1.0, 1.0, 1.0)) for one in lit(colours, 0.1)]
    assert not answer_of(dark, colours, 0.0).is_judged


def test_skin_that_never_changes_does_not_follow() -> None:
    colours = sequence(1)
    still = [Skin(one.at_ms, (150.0, 110.0, 90.0)) for one in lit(colours, 0.1)]
    assert answer_of(still, colours, 0.0).correlation < 0.5


@given(seeds, st.floats(0.03, 0.4), st.floats(0.01, 0.25))
@settings(max_examples=40)
def test_what_people_throw_back_is_not_on_the_dark_things_around_them(seed: int, share: float, dark: float) -> None:
    found = answer_of(lit(sequence(seed), share, seed=seed, dark=dark), sequence(seed), 0.0)
    assert not found.is_mirrored()
    assert not found.may_be_mirrored()


@given(seeds, st.floats(0.01, 0.08), st.floats(0.005, 0.12))
@settings(max_examples=40)
def test_colours_that_lie_on_glass_lie_on_the_dark_as_well(seed: int, glass: float, dark: float) -> None:
    found = answer_of(lit(sequence(seed), 0.0, seed=seed, glass=glass, dark=dark), sequence(seed), 0.0)
    assert found.follows(), "by the skin alone nobody could tell"
    assert found.is_mirrored()


def test_without_anything_dark_nothing_is_said_of_it() -> None:
    bare = [Skin(one.at_ms, one.rgb) for one in lit(sequence(3), 0.2)]
    found = answer_of(bare, sequence(3), 0.0)
    assert (found.glass_ratio, found.is_mirrored(), found.may_be_mirrored()) == (None, False, True)
    flat = answer_of(lit(sequence(3), 0.2, dark=0.37), sequence(3), 0.0)
    assert (flat.glass_ratio, flat.may_be_mirrored()) == (None, True)
