"""The session's clock: no step back, no hole, whatever encoders send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.rtmp import TagKind
from server.ingest.timeline import SEAM_MS, Timeline


def test_the_first_picture_is_at_nought() -> None:
    timeline = Timeline()
    assert timeline.map(TagKind.VIDEO, 90_000) == 0
    assert timeline.map(TagKind.VIDEO, 90_033) == 33
    assert timeline.map(TagKind.AUDIO, 90_040) == 40


def test_another_connection_goes_on_right_behind() -> None:
    timeline = Timeline()
    for moment_ms in (0, 33, 66):
        timeline.map(TagKind.VIDEO, moment_ms)
    timeline.begin()
    assert timeline.map(TagKind.VIDEO, 5_000_000) == 66 + SEAM_MS
    assert timeline.map(TagKind.VIDEO, 5_000_033) == 66 + SEAM_MS + 33
    assert timeline.seams == 1


def test_a_broken_clock_is_a_seam_and_a_short_pause_is_none() -> None:
    timeline = Timeline()
    timeline.map(TagKind.VIDEO, 0)
    assert timeline.map(TagKind.VIDEO, 2_500) == 2_500
    assert timeline.map(TagKind.VIDEO, 60_000) == 2_540
    assert timeline.map(TagKind.VIDEO, 0) == 2_580
    assert timeline.seams == 2


def test_sound_a_little_before_the_picture_is_kept() -> None:
    timeline = Timeline()
    timeline.map(TagKind.VIDEO, 1000)
    timeline.map(TagKind.VIDEO, 1040)
    assert timeline.map(TagKind.AUDIO, 1020) == 20


@given(st.lists(st.tuples(st.sampled_from([TagKind.AUDIO, TagKind.VIDEO]), st.integers(0, 2**33), st.booleans())))
def test_no_kind_ever_goes_back_nor_leaps(tags: list[tuple[TagKind, int, bool]]) -> None:
    timeline = Timeline()
    last: dict[TagKind, int] = {}
    for kind, moment_ms, is_another in tags:
        if is_another:
            timeline.begin()
        newest = timeline.last_ms
        mapped_ms = timeline.map(kind, moment_ms)
        assert mapped_ms >= last.get(kind, 0)
        assert mapped_ms - (newest or 0) <= 3000
        last[kind] = mapped_ms
