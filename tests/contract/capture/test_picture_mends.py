"""Each mend of the picture raises the score of what has its defect: people rendered, spoiled, measured, mended."""

from __future__ import annotations

import math
from collections.abc import Iterable

import av
import pytest

from app.domain.quality.measures import PictureMeasures
from app.domain.quality.mends import Cut, cast_after, cut_to_frame, exposure_stops
from app.domain.quality.model import Defect
from app.domain.quality.picture import judge_picture
from app.ports.engine import PictureMends
from bench import quality_clips_picture as clips
from bench import quality_material_picture as material
from capture.compose.mending import Mending
from capture.meters.picture import PictureMeter

pytestmark = pytest.mark.slow

TAKES = 4
CASES = (
    ("dark", Defect.DARK, (0.5, 0.8)),
    ("bright", Defect.BRIGHT, (0.6, 0.8)),
    ("backlit", Defect.BACKLIT, (0.6, 0.9)),
    ("tint", Defect.TINT, (0.5, 0.9)),
    ("offcentre", Defect.OFF_CENTRE, (0.6, 0.9)),
    ("far", Defect.FAR, (0.6, 0.9)),
)


def measured(frames: Iterable[tuple[av.VideoFrame, float]], mends: PictureMends) -> tuple[PictureMeasures, float]:
    """What the meter says of a clip as it would be encoded, and the score of the picture."""
    meter, mending = PictureMeter(), Mending()
    mending.set(mends)
    for frame, at_s in frames:
        meter.feed(mending.apply(frame), at_s)
    small = meter.small()
    found = meter.look(material.finder().find(small) if small is not None else None)
    return found, 100 * math.prod(1 - one.share for one in judge_picture(found))


def mends_for(defect: Defect, measures: PictureMeasures) -> PictureMends:
    """As the click on the page sets them."""
    if defect is Defect.TINT:
        return PictureMends(cast_blue=cast_after(measures.cast_blue, 0.0), cast_red=cast_after(measures.cast_red, 0.0))
    if defect in (Defect.OFF_CENTRE, Defect.FAR):
        assert measures.face is not None
        cut = cut_to_frame(measures.face, Cut())
        return PictureMends(
            crop_left_ratio=cut.left_ratio, crop_top_ratio=cut.top_ratio, crop_size_ratio=cut.size_ratio
        )
    luma = measures.face_luma if measures.face_luma is not None else measures.luma
    return PictureMends(exposure_stops=exposure_stops(defect, luma, 0.0))


@pytest.mark.parametrize(("folder", "defect", "amounts"), CASES, ids=[case[0] for case in CASES])
def test_the_mend_raises_the_score(folder: str, defect: Defect, amounts: tuple[float, ...]) -> None:
    judged = 0
    for take in material.takes(TAKES, seed=20):
        for amount in amounts:
            frames = list(clips.frames(material.for_defect(take, folder, amount)))
            before, score = measured(frames, PictureMends())
            shares = {one.defect: one for one in judge_picture(before)}
            if not shares[defect].is_found:
                continue
            judged += 1
            after, mended = measured(frames, mends_for(defect, before))
            assert mended > score + 1, (take, amount, before, after)
            left = {one.defect: one for one in judge_picture(after)}[defect]
            assert left.share < shares[defect].share
    assert judged >= TAKES, "the material has hardly any of this defect"
