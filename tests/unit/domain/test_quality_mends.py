"""What a click sets: the face comes to the light it should have, to its place and to its size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.measures import FaceBox
from app.domain.quality.mends import (
    LEAST_CUT_RATIO,
    MENDS,
    MOST_STOPS,
    TARGET_FACE_LUMA,
    Cut,
    Mend,
    cast_after,
    cut_to_frame,
    defects_of,
    exposure_stops,
)
from app.domain.quality.model import Defect


def lifted(luma: float, stops: float) -> float:
    """The curve of capture/compose/mending.py, in plain words."""
    light, factor = (luma / 255) ** 2.2, 2.0**stops
    return float(255 * (factor * light / (1 + (factor - 1) * light)) ** (1 / 2.2))


@given(st.floats(70, 200))
def test_the_face_comes_to_the_middle_of_the_scale(luma: float) -> None:
    stops = exposure_stops(Defect.DARK, luma, 0.0)
    assert lifted(luma, stops) == pytest.approx(TARGET_FACE_LUMA, abs=0.5)


@given(st.floats(0, 255), st.floats(-MOST_STOPS, MOST_STOPS))
def test_stops_stay_in_their_range(luma: float, present: float) -> None:
    assert -MOST_STOPS <= exposure_stops(Defect.BACKLIT, luma, present) <= MOST_STOPS


def test_what_is_in_force_already_counts() -> None:
    first = exposure_stops(Defect.DARK, 60, 0.0)
    # One that was lifted by a stop and is still dark needs as much more as the curve says.
    assert exposure_stops(Defect.DARK, 100, 1.0) == pytest.approx(1.0 + exposure_stops(Defect.DARK, 100, 0.0))
    assert first > 0 > exposure_stops(Defect.BRIGHT, 220, 0.0)


def test_a_cast_that_is_left_is_added() -> None:
    assert cast_after(-6.0, -10.0) == -16.0
    assert cast_after(90.0, 0.0) == 40.0


def seen(face: FaceBox, cut: Cut) -> FaceBox:
    """Where a face of the whole picture is seen in a cut."""
    return FaceBox(
        (face.left_ratio - cut.left_ratio) / cut.size_ratio,
        (face.top_ratio - cut.top_ratio) / cut.size_ratio,
        face.width_ratio / cut.size_ratio,
        face.height_ratio / cut.size_ratio,
    )


faces = st.builds(
    lambda height, x, y: FaceBox(x * (1 - height * 0.45), y * (1 - height), height * 0.45, height),
    st.floats(0.08, 0.6),
    st.floats(0, 1),
    st.floats(0, 1),
)


@given(faces)
def test_a_cut_lies_inside_and_keeps_the_face_whole(face: FaceBox) -> None:
    cut = cut_to_frame(face, Cut())
    assert LEAST_CUT_RATIO <= cut.size_ratio <= 1
    assert 0 <= cut.left_ratio <= 1 - cut.size_ratio + 1e-9 and 0 <= cut.top_ratio <= 1 - cut.size_ratio + 1e-9
    after = seen(face, cut)
    assert after.left_ratio >= -1e-9 and after.left_ratio + after.width_ratio <= 1 + 1e-9
    assert after.top_ratio >= -1e-9 and after.top_ratio + after.height_ratio <= 1 + 1e-9


@given(faces)
def test_a_cut_never_makes_it_worse(face: FaceBox) -> None:
    cut = cut_to_frame(face, Cut())
    after = seen(face, cut)
    centre = face.left_ratio + face.width_ratio / 2
    assert abs(after.left_ratio + after.width_ratio / 2 - 0.5) <= abs(centre - 0.5) / cut.size_ratio + 1e-9
    assert after.height_ratio >= face.height_ratio - 1e-9


def test_a_face_at_the_side_comes_to_the_middle() -> None:
    face = FaceBox(0.58, 0.3, 0.14, 0.3)
    after = seen(face, cut_to_frame(face, Cut()))
    assert after.left_ratio + after.width_ratio / 2 == pytest.approx(0.5, abs=0.01)


def test_a_small_face_is_enlarged_and_a_second_click_changes_little() -> None:
    face = FaceBox(0.45, 0.35, 0.09, 0.18)
    first = cut_to_frame(face, Cut())
    assert first.size_ratio == pytest.approx(0.6)
    again = cut_to_frame(seen(face, first), first)
    assert again.size_ratio == pytest.approx(first.size_ratio, abs=0.01)
    assert again.left_ratio == pytest.approx(first.left_ratio, abs=0.01)
    assert again.top_ratio == pytest.approx(first.top_ratio, abs=0.01)


def test_every_mend_is_for_something() -> None:
    assert {mend for mend in Mend if defects_of(mend)} == set(Mend)
    assert all(MENDS[defect] is mend for mend in Mend for defect in defects_of(mend))
