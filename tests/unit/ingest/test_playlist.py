"""The text of the live list: written, read back, and given a token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.ingest.playlist import LiveList, Segment, parse, with_token

BEGAN = datetime(2026, 5, 1, 12, 0, 0, 250_000, UTC)


def a_list(count: int = 3, first: int = 7) -> LiveList:
    segments = tuple(
        Segment(
            first + place,
            1000 + place,
            BEGAN + timedelta(seconds=place),
            "init-0.mp4" if place < 2 else f"init-{first + 2}.mp4",
            is_discontinuity=place == 2,
        )
        for place in range(count)
    )
    return LiveList(segments, discontinuity_sequence=4, target_s=2)


def test_the_text_of_a_list() -> None:
    assert a_list().text().splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:7",
        "#EXT-X-DISCONTINUITY-SEQUENCE:4",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="init-0.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:00.250Z",
        "#EXTINF:1.000,",
        "seg-7.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:01.250Z",
        "#EXTINF:1.001,",
        "seg-8.m4s",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="init-9.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:02.250Z",
        "#EXTINF:1.002,",
        "seg-9.m4s",
    ]


@given(st.integers(0, 12), st.integers(0, 10**9))
def test_a_list_is_read_back_as_it_was(count: int, first: int) -> None:
    made = a_list(count, first)
    assert parse(made.text()) == made


def test_every_file_carries_the_token() -> None:
    text = with_token(a_list().text(), "abc.def")
    assert '#EXT-X-MAP:URI="init-0.mp4?token=abc.def"' in text
    assert text.count("?token=abc.def") == 5
    assert "seg-9.m4s?token=abc.def\n" in text
    assert text.count("\n") == a_list().text().count("\n")
