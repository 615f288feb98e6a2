"""Boxes of faces from the detector's points, and the child's side of the pipe."""

from __future__ import annotations

import io

import msgspec
import numpy as np
import pytest

from app.domain.quality.measures import FaceBox
from capture.frames import Array
from capture.meters.face_child import HEADER, Answer, Hello, serve
from capture.meters.faces import FinderMissingError, box_of, largest_first

BOX = FaceBox(0.25, 0.125, 0.5, 0.75)


def test_a_face_reaches_from_the_hairline_to_the_chin() -> None:
    # Pupils 63 apart, the mouth 70 below, in a picture of 370 × 370 such units.
    box = box_of([(0.5 - 31.5 / 370, 0.4), (0.5 + 31.5 / 370, 0.4), (0.5, 0.5), (0.5, 0.4 + 70 / 370)], 1.0)
    assert box.height_ratio == pytest.approx(0.5)
    assert box.top_ratio == pytest.approx(0.4 - 70 / 370)
    assert box.width_ratio == pytest.approx(140 / 370)
    assert box.left_ratio + box.width_ratio / 2 == pytest.approx(0.5)


def test_the_pictures_shape_does_not_matter() -> None:
    points = [(0.45, 0.4), (0.55, 0.4), (0.5, 0.5), (0.5, 0.6)]
    square = box_of(points, 1.0)
    wide = box_of([((x - 0.5) / 2 + 0.5, y) for x, y in points], 2.0)
    assert wide.height_ratio == pytest.approx(square.height_ratio)
    assert wide.width_ratio == pytest.approx(square.width_ratio / 2)


def test_a_turned_head_and_a_nod_keep_their_size() -> None:
    straight = box_of([(0.415, 0.4), (0.585, 0.4), (0.5, 0.5), (0.5, 0.589)], 1.0)
    turned = box_of([(0.46, 0.4), (0.54, 0.4), (0.5, 0.5), (0.5, 0.589)], 1.0)
    nodding = box_of([(0.415, 0.45), (0.585, 0.45), (0.5, 0.5), (0.5, 0.54)], 1.0)
    assert turned.height_ratio == pytest.approx(straight.height_ratio, rel=0.05)
    assert nodding.height_ratio == pytest.approx(straight.height_ratio, rel=0.05)


def test_each_face_is_told_once_and_the_largest_first() -> None:
    small, large = FaceBox(0.1, 0.1, 0.1, 0.2), FaceBox(0.5, 0.2, 0.2, 0.4)
    again = FaceBox(0.51, 0.21, 0.2, 0.4)
    assert largest_first([small, large, again]) in {(large, small), (again, small)}
    assert largest_first([]) == ()


class Scripted:
    def __init__(self) -> None:
        self.seen: list[Array] = []

    def find(self, rgb: Array) -> tuple[FaceBox, ...]:
        self.seen.append(rgb.copy())
        return (BOX,) if rgb.any() else ()


def answers(output: io.BytesIO) -> list[bytes]:
    return output.getvalue().splitlines()


def test_the_child_answers_each_picture_in_order() -> None:
    finder, output = Scripted(), io.BytesIO()
    face, none = np.full((2, 3, 3), 7, np.uint8), np.zeros((4, 2, 3), np.uint8)
    sent = b"".join(HEADER.pack(rgb.shape[1], rgb.shape[0]) + rgb.tobytes() for rgb in (face, none))
    assert serve(io.BytesIO(sent), output, lambda: finder) == 0
    hello, first, second = answers(output)
    assert msgspec.json.decode(hello, type=Hello).is_available
    assert msgspec.json.decode(first, type=Answer).faces == (BOX,)
    assert msgspec.json.decode(second, type=Answer).faces == ()
    assert [rgb.shape for rgb in finder.seen] == [(2, 3, 3), (4, 2, 3)]


@pytest.mark.parametrize("cut", [1, HEADER.size, HEADER.size + 5])
def test_a_picture_that_breaks_off_ends_the_child(cut: int) -> None:
    finder, output = Scripted(), io.BytesIO()
    whole = HEADER.pack(4, 4) + bytes(48)
    assert serve(io.BytesIO(whole[:cut]), output, lambda: finder) == 0
    assert finder.seen == []


def test_without_a_finder_the_child_says_so() -> None:
    def missing() -> Scripted:
        raise FinderMissingError("no module named mediapipe")

    output = io.BytesIO()
    assert serve(io.BytesIO(), output, missing) == 1
    [hello] = answers(output)
    assert msgspec.json.decode(hello, type=Hello) == Hello(is_available=False, reason="no module named mediapipe")
