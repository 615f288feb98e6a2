"""What a picture's measures cost: thresholds from both sides, and never less for more."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.measures import FaceBox, PictureMeasures
from app.domain.quality.model import FOUND_SHARE, MOST_SHARE, Defect, Group
from app.domain.quality.picture import judge_picture

FACE = FaceBox(0.42, 0.22, 0.16, 0.3)
GOOD = PictureMeasures(
    1280, 720, observed_s=5, luma=110, luma_spread=45, faces=1, face=FACE, face_luma=140, backlight_stops=0.2,
    clipped_ratio=0.005, face_clipped_ratio=0.0, crushed_ratio=0.01, cast_blue=-1.0, cast_red=0.5, sharpness=0.75,
    noise=1.6,     flicker_ratio=0.001, frozen_s=0.0, delivered_fps=30, jitter_ms=3, detail_ratio=0.8,
)  # fmt: skip


def shares(measures: PictureMeasures) -> dict[Defect, float]:
    return {finding.defect: finding.share for finding in judge_picture(measures)}


def found(measures: PictureMeasures) -> set[Defect]:
    return {finding.defect for finding in judge_picture(measures) if finding.is_found}


def test_a_good_picture_has_none_and_costs_next_to_nothing() -> None:
    assert found(GOOD) == set()
    assert sum(shares(GOOD).values()) < 0.04


def test_each_defect_of_a_picture_is_judged_once() -> None:
    judged = [finding.defect for finding in judge_picture(GOOD)]
    start, end = list(Defect).index(Defect.BLACK), list(Defect).index(Defect.UNEVEN_RATE)
    assert sorted(judged) == sorted(list(Defect)[start : end + 1])
    assert {finding.group for finding in judge_picture(GOOD)} == {Group.PICTURE}


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ({"luma": 4, "luma_spread": 1, "face": None, "faces": None, "face_luma": None}, Defect.BLACK),
        ({"frozen_s": 3}, Defect.FROZEN),
        ({"faces": 0, "face": None}, Defect.NO_FACE),
        ({"face": FaceBox(0.7, 0.22, 0.16, 0.3)}, Defect.OFF_CENTRE),
        ({"face": FaceBox(0.42, 0.6, 0.16, 0.3)}, Defect.OFF_CENTRE),
        ({"face": FaceBox(0.47, 0.3, 0.05, 0.1)}, Defect.FAR),
        ({"face": FaceBox(0.3, 0.1, 0.4, 0.8)}, Defect.CLOSE),
        ({"face": FaceBox(0.42, -0.06, 0.16, 0.3)}, Defect.HEADROOM),
        ({"luma": 40, "face_luma": 50}, Defect.DARK),
        ({"luma": 40, "face_luma": None, "face": None, "faces": None}, Defect.DARK),
        ({"luma": 210, "face_luma": 230}, Defect.BRIGHT),
        ({"luma": 110, "face_luma": 235}, Defect.BRIGHT),
        ({"backlight_stops": 3.0, "face_luma": 60}, Defect.BACKLIT),
        ({"clipped_ratio": 0.3}, Defect.CLIPPED),
        ({"face_clipped_ratio": 0.3}, Defect.CLIPPED),
        ({"cast_blue": -14, "cast_red": 9}, Defect.TINT),
        ({"cast_blue": -9, "cast_red": -9}, Defect.TINT),
        ({"sharpness": 0.25}, Defect.BLUR),
        ({"noise": 9}, Defect.NOISE),
        ({"flicker_ratio": 0.04}, Defect.FLICKER),
        ({"detail_ratio": 0.25}, Defect.LOW_RESOLUTION),
        ({"delivered_fps": 15}, Defect.LOW_RATE),
        ({"jitter_ms": 45}, Defect.UNEVEN_RATE),
    ],
)
def test_a_defect_is_found(change: dict[str, object], defect: Defect) -> None:
    assert defect in found(replace(GOOD, **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"backlight_stops": 3.0, "face_luma": 140},  # a lit face before a bright wall
        {"luma": 60, "face_luma": 120},  # a dark room behind
        {"luma": 105, "face_luma": 78, "backlight_stops": 0.8},  # dark skin in ordinary light
        {"luma": 185, "face_luma": 165},  # a white wall
        {"cast_blue": -6, "cast_red": 4},  # the warm light of an evening
        {"face": FaceBox(0.3, 0.22, 0.16, 0.3)},  # a third of the way aside
        {"face": FaceBox(0.65, 0.22, 0.16, 0.3), "faces": 2},  # two people
        {"delivered_fps": 24.0, "wanted_fps": 25.0},
        {"delivered_fps": 30.0, "wanted_fps": 60.0},
    ],
)
def test_what_is_no_defect_is_let_pass(change: dict[str, object]) -> None:
    assert found(replace(GOOD, **change)) == set()  # type: ignore[arg-type]


def test_what_was_not_measured_costs_nothing() -> None:
    unknown = {field.name: None for field in fields(PictureMeasures) if field.default is None}
    assert found(replace(GOOD, **unknown)) == set()  # type: ignore[arg-type]


def test_a_sentence_gets_its_figures() -> None:
    told = {
        finding.defect: finding.values for finding in judge_picture(replace(GOOD, face_luma=78.0, backlight_stops=1.6))
    }
    assert told[Defect.BACKLIT] == {"face_luma": 78.0, "stops": 1.6}
    assert told[Defect.FAR] == {"face_ratio": 0.3}
    assert told[Defect.LOW_RESOLUTION] == {"detail_ratio": 0.8, "width_px": 1024.0, "height_px": 576.0}


MEASURES = st.builds(
    PictureMeasures,
    width_px=st.just(1280), height_px=st.just(720),
    luma=st.floats(0, 255), luma_spread=st.floats(0, 120),
    faces=st.just(1),
    face=st.builds(
        FaceBox, st.floats(-0.2, 1), st.floats(-0.3, 1), st.floats(0.01, 1), st.floats(0.01, 1.3)
    ),
    face_luma=st.none() | st.floats(0, 255), backlight_stops=st.none() | st.floats(-8, 8),
    clipped_ratio=st.floats(0, 1), face_clipped_ratio=st.none() | st.floats(0, 1), crushed_ratio=st.floats(0, 1),
    cast_blue=st.floats(-60, 60), cast_red=st.floats(-60, 60),
    sharpness=st.none() | st.floats(0, 1), noise=st.none() | st.floats(0, 60),
    flicker_ratio=st.none() | st.floats(0, 1),
    frozen_s=st.floats(0, 100), delivered_fps=st.none() | st.floats(0, 60), wanted_fps=st.floats(1, 60),
    jitter_ms=st.none() | st.floats(0, 500), detail_ratio=st.none() | st.floats(0, 1),
)  # fmt: skip

WORSE = {
    "frozen_s": 1, "clipped_ratio": 1, "face_clipped_ratio": 1, "crushed_ratio": 1, "sharpness": -1, "noise": 1,
    "flicker_ratio": 1, "delivered_fps": -1, "jitter_ms": 1, "detail_ratio": -1, "backlight_stops": 1,
}  # fmt: skip
"""Which way each goes when it gets worse."""


@given(MEASURES, st.sampled_from(sorted(WORSE)), st.floats(0, 30))
def test_worse_never_costs_less(measures: PictureMeasures, name: str, step: float) -> None:
    value = getattr(measures, name)
    if value is None:
        return
    worse = shares(replace(measures, **{name: value + WORSE[name] * step}))
    better = shares(measures)
    assert all(worse[defect] >= better[defect] for defect in better)
    assert all(0 <= share <= MOST_SHARE for share in worse.values())


@given(MEASURES, st.floats(0.2, 1))
def test_less_light_is_darker_and_never_brighter(measures: PictureMeasures, part: float) -> None:
    face_luma = None if measures.face_luma is None else measures.face_luma * part
    less = shares(replace(measures, luma=measures.luma * part, face_luma=face_luma))
    more = shares(measures)
    assert less[Defect.DARK] >= more[Defect.DARK] - 1e-9
    assert less[Defect.BACKLIT] >= more[Defect.BACKLIT] - 1e-9
    assert less[Defect.BRIGHT] <= more[Defect.BRIGHT] + 1e-9


@given(MEASURES, st.floats(1, 3))
def test_a_stronger_cast_costs_more(measures: PictureMeasures, part: float) -> None:
    stronger = replace(measures, cast_blue=measures.cast_blue * part, cast_red=measures.cast_red * part)
    assert shares(stronger)[Defect.TINT] >= shares(measures)[Defect.TINT] - 1e-9


@given(MEASURES, st.floats(0, 0.5))
def test_framing_is_monotone(measures: PictureMeasures, step: float) -> None:
    face = measures.face
    assert face is not None
    side = 1 if face.left_ratio + face.width_ratio / 2 >= 0.5 else -1
    aside = replace(measures, face=replace(face, left_ratio=face.left_ratio + side * step))
    assert shares(aside)[Defect.OFF_CENTRE] >= shares(measures)[Defect.OFF_CENTRE] - 1e-9
    nearer = replace(measures, face=replace(face, height_ratio=face.height_ratio + step))
    assert shares(nearer)[Defect.CLOSE] >= shares(measures)[Defect.CLOSE]
    assert shares(nearer)[Defect.FAR] <= shares(measures)[Defect.FAR]
    higher = replace(measures, face=replace(face, top_ratio=face.top_ratio - step))
    assert shares(higher)[Defect.HEADROOM] >= shares(measures)[Defect.HEADROOM]


def test_found_begins_at_its_share() -> None:
    [noise] = [one for one in judge_picture(replace(GOOD, noise=4.3)) if one.defect is Defect.NOISE]
    assert noise.share == pytest.approx(FOUND_SHARE)
