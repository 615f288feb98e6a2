"""The corrected picture: shadows lifted and white kept, casts taken away, a part enlarged; nothing changed in place."""

from __future__ import annotations

import numpy as np
import pytest

from app.ports.engine import PictureMends
from capture.compose.mending import Mending, bounded, chroma_table, luma_table
from capture.frames import I420, planes


def picture(luma: int = 100, blue: int = 128, red: int = 128) -> I420:
    made = I420(64, 36)
    made.y[:], made.u[:], made.v[:] = luma, blue, red
    return made


def mended(source: I420, **mends: float) -> I420:
    mending = Mending()
    mending.set(PictureMends(**mends))
    return I420.copy_of(mending.apply(source.frame()))


def test_nothing_to_mend_is_the_same_frame() -> None:
    frame = picture().frame()
    assert Mending().apply(frame) is frame


@pytest.mark.parametrize("stops", [-3.0, -1.0, 0.5, 1.0, 2.0, 3.0])
def test_exposure_keeps_black_and_white_and_the_order_between(stops: float) -> None:
    table = luma_table(stops).astype(int)
    assert (table[16], table[235]) == (16, 235)
    assert (np.diff(table) >= 0).all()
    middle = table[60:200] - np.arange(60, 200)
    assert (middle > 0).all() if stops > 0 else (middle < 0).all()


def test_a_stop_doubles_the_light_of_deep_shadows() -> None:
    code = 36
    before = ((code - 16) / 219) ** 2.2
    after = ((int(luma_table(1.0)[code]) - 16) / 219) ** 2.2
    assert after / before == pytest.approx(2.0, rel=0.05)


def test_minus_takes_back_what_plus_gave() -> None:
    codes = np.arange(24, 230)
    assert np.abs(luma_table(-1.0)[luma_table(1.0)[codes]].astype(int) - codes).max() <= 2


def test_a_cast_is_taken_away_and_grey_stays_grey() -> None:
    after = mended(picture(blue=118, red=136), cast_blue=-10.0, cast_red=8.0)
    assert (after.u == 128).all() and (after.v == 128).all() and (after.y == 100).all()
    assert int(chroma_table(0.0, 1.3)[128]) == 128


def test_a_part_is_enlarged_to_the_whole() -> None:
    source = picture(luma=40)
    source.y[9:27, 16:48] = 200
    after = mended(source, crop_left_ratio=0.25, crop_top_ratio=0.25, crop_size_ratio=0.5)
    assert (after.width_px, after.height_px) == (64, 36)
    assert (after.y[1:-1, 1:-1] > 190).all()


def test_the_source_is_not_touched_and_a_picture_shown_twice_is_mended_once() -> None:
    source = picture()
    frame, before = source.frame(), source.data.copy()
    mending = Mending()
    mending.set(PictureMends(exposure_stops=1.0))
    first = mending.apply(frame)
    assert mending.apply(frame) is first
    mending.set(PictureMends(exposure_stops=2.0))
    assert mending.apply(frame) is not first
    assert (source.data == before).all()
    assert planes(first)[0].flags.c_contiguous


def test_values_outside_their_range_become_the_nearest() -> None:
    wild = PictureMends(
        exposure_stops=9.0,
        cast_blue=-99.0,
        cast_red=99.0,
        crop_left_ratio=0.9,
        crop_top_ratio=-1.0,
        crop_size_ratio=0.1,
    )
    assert bounded(wild) == PictureMends(
        exposure_stops=3.0, cast_blue=-40.0, cast_red=40.0, crop_left_ratio=0.5, crop_top_ratio=0.0, crop_size_ratio=0.5
    )
    assert mended(picture(), exposure_stops=9.0, crop_left_ratio=0.9, crop_size_ratio=0.1).y.shape == (36, 64)
