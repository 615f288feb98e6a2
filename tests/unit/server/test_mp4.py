"""The strict look into an MP4: takes what the engine makes, refuses what somebody made up, never fails otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.reports.mp4 import Facts, NotTaken, facts_of
from tests.clips import hostile_clips, make_clip

MAX_MS = 40_000


def test_a_clip_is_taken_with_what_its_index_says() -> None:
    assert facts_of(make_clip(), MAX_MS) == Facts(duration_ms=2000, width_px=160, height_px=90, has_sound=True)
    assert facts_of(make_clip(has_sound=False), MAX_MS).has_sound is False
    assert facts_of(make_clip(options="moov_size=20000"), MAX_MS).duration_ms == 2000


@pytest.mark.parametrize("what", hostile_clips())
def test_what_is_no_clip_is_refused(what: str) -> None:
    with pytest.raises(NotTaken) as caught:
        facts_of(hostile_clips()[what], MAX_MS)
    assert "script" not in str(caught.value)


def test_ten_thousand_boxes_are_not_walked() -> None:
    crowd = make_clip() + b"\0\0\0\x08free" * 10_000
    with pytest.raises(NotTaken):
        facts_of(crowd, MAX_MS)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(make_clip()) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_one_is_taken_or_refused_and_nothing_else(at: int, bytes_: bytes) -> None:
    data = make_clip()
    damaged = data[:at] + bytes_ + data[at + len(bytes_) :]
    try:
        facts = facts_of(damaged, MAX_MS)
    except NotTaken:
        return
    assert 0 < facts.duration_ms <= MAX_MS


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 3000), st.binary(min_size=1, max_size=4))
def test_a_damaged_index_is_taken_or_refused_and_nothing_else(at: int, bytes_: bytes) -> None:
    data = make_clip()
    start = data.index(b"moov") + at % (len(data) - data.index(b"moov"))
    try:
        facts_of(data[:start] + bytes_ + data[start + len(bytes_) :], MAX_MS)
    except NotTaken:
        pass
