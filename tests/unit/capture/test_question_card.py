"""The card of a question: its lines and place, and that it changes the picture where it lies and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.room.questions import MAX_QUESTION_CHARS
from app.ports.engine import SourceStatus
from app.runtime.clock import ManualClock
from capture.compose import question_card
from capture.compose.card_layout import CardLayout, laid_out, shortened, wrapped
from capture.compose.compositor import Compositor
from capture.compose.question_card import QuestionCard
from capture.frames import I420, Array, PictureFormat, planes
from capture.programme import ProgrammeTime
from capture.sources.card import Card

BROADCAST = (
    (640, 360),
    (640, 480),
    (854, 480),
    (480, 854),
    (960, 540),
    (1280, 720),
    (1920, 1080),
    (720, 1280),
    (1080, 1920),
)
SIZES = (*BROADCAST, (320, 180))
LONG = "我是非科班出身，做了三年测试，今年想转后端开发，简历上的项目经历应该怎么写才能通过大厂的简历筛选？"

CHINESE = (LONG * 3)[: MAX_QUESTION_CHARS - 1] + "？"
ENGLISH = (
    "Having worked in testing for 3 years without a degree, how do I write the projects for a backend job"
)  # fmt: skip


def cells(text: str) -> float:
    """Chinese signs are two wide, others one."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def layout(width_px: int, height_px: int, text: str, name: str = "小苗") -> CardLayout:
    return laid_out(width_px, height_px, name, text, lambda size_px: lambda line: cells(line) * size_px / 2)


def grey(width_px: int, height_px: int, luma: int = 90) -> I420:
    picture = I420(width_px, height_px)
    picture.y[:], picture.u[:], picture.v[:] = luma, 110, 150
    return picture


# ---- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("短", 10, ["短"]),
        ("一二三四五六七", 6, ["一二三", "四五六", "七"]),
        ("一二三，四五", 6, ["一二", "三，四", "五"]),
        ("how do I write it", 8, ["how do I", "write it"]),
        ("用 Python 写", 9, ["用 Python", "写"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("  一  二  ", 20, ["一  二"]),
        ("一二三 四", 6, ["一二三", "四"]),
    ],
)
def test_text_is_broken_where_it_may_be(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width, cells) == lines


@given(st.text(st.sampled_from("一二三，。？ abc"), max_size=60), st.integers(4, 30))
def test_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = wrapped(text, width, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


def test_what_does_not_fit_is_told_by_an_ellipsis() -> None:
    assert shortened("一二三", 6, cells) == "一二三"
    assert shortened("一二三四", 6, cells) == "一二…"
    assert shortened("一二", 6, cells, is_cut=True) == "一二…"
    assert shortened("一", 0, cells) == "…"


# ---- place ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width_px", "height_px"), SIZES)
@pytest.mark.parametrize("text", ["转行怎么准备？", LONG, "问" * 100, "W" * 100, ""])
def test_it_lies_in_the_lower_third_and_can_be_read(width_px: int, height_px: int, text: str) -> None:
    found = layout(width_px, height_px, text, "名" * 40)
    assert found.left_px >= 0 and found.left_px + found.width_px <= width_px
    assert found.top_px >= height_px * 0.65 and found.top_px + found.height_px <= height_px
    assert not {value % 2 for value in (found.left_px, found.top_px, found.width_px, found.height_px)} - {0}
    assert found.text_px >= min(width_px, height_px) // 32
    assert found.width_px * found.height_px <= 0.25 * width_px * height_px, "what it costs to blend"
    inner_px = found.width_px - 2 * found.padding_px
    assert all(cells(line) * found.text_px / 2 <= inner_px for line in found.lines)
    assert cells(found.name) * found.name_px / 2 <= inner_px


def test_a_long_question_is_written_smaller_in_more_lines() -> None:
    short, long, longest = (layout(1280, 720, text) for text in ("短", "问" * 60, "问" * MAX_QUESTION_CHARS))
    assert short.text_px > long.text_px >= longest.text_px >= 30
    assert (len(long.lines), len(longest.lines)) == (2, 3)


@pytest.mark.parametrize(("width_px", "height_px"), BROADCAST)
@pytest.mark.parametrize("text", [CHINESE, ENGLISH, "问" * MAX_QUESTION_CHARS])
def test_the_longest_question_is_whole_and_as_large_as_can_be(width_px: int, height_px: int, text: str) -> None:
    assert len(text) == MAX_QUESTION_CHARS
    card = QuestionCard(width_px, height_px, "小苗", text).layout
    assert "".join("".join(card.lines).split()) == "".join(text.split())
    assert card.text_px >= max(15, min(width_px, height_px) // (24 if width_px * 9 >= height_px * 16 else 30))


def test_in_letters_that_cannot_be_drawn_smaller_what_does_not_fit_is_cut() -> None:
    found = layout(160, 90, "问" * MAX_QUESTION_CHARS)
    assert found.lines[-1].endswith("…")
    assert found.top_px >= 0


# ---- picture -------------------------------------------------------------------------------------


def box(card: QuestionCard, plane: Array, part: int) -> tuple[slice, slice]:
    place = card.layout
    top, left = place.top_px // part, place.left_px // part
    return slice(top, top + place.height_px // part), slice(left, left + place.width_px // part)


@pytest.mark.parametrize(("width_px", "height_px"), SIZES)
def test_only_its_own_place_is_touched(width_px: int, height_px: int) -> None:
    card = QuestionCard(width_px, height_px, "小苗", LONG)
    picture, before = grey(width_px, height_px), grey(width_px, height_px)
    card.paint(picture)
    for own, former, part in zip(
        (picture.y, picture.u, picture.v), (before.y, before.u, before.v), (1, 2, 2), strict=True
    ):
        assert np.any(own[box(card, own, part)] != former[box(card, own, part)])
        own[box(card, own, part)] = former[box(card, own, part)]
        assert np.array_equal(own, former)


@pytest.mark.parametrize("luma", [16, 90, 235])
def test_white_text_stands_on_a_dark_ground_whatever_is_behind(luma: int) -> None:
    card = QuestionCard(1280, 720, "小苗", LONG)
    picture = grey(1280, 720, luma)
    card.paint(picture)
    inside = picture.y[box(card, picture.y, 1)]
    assert inside.max() >= 225 and np.median(inside) < 70
    assert inside[0, -1] == luma, "the corner is round"
    assert 0.02 < float((inside > 180).mean()) < 0.4


def test_it_is_drawn_without_a_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_card, "font", lambda size_px: None)
    card = QuestionCard(640, 360, "Li", "How do I write it?")
    picture = grey(640, 360)
    card.paint(picture)
    assert picture.y[box(card, picture.y, 1)].max() >= 225


# ---- programme -----------------------------------------------------------------------------------


def test_it_lies_over_every_picture_but_the_farewell_and_changes_none_in_place() -> None:
    picture, clock = PictureFormat(640, 360, 30), ManualClock()
    compositor = Compositor(picture, ProgrammeTime(clock.monotonic_s(), 30), clock, lambda slot, frame: None)
    compositor.set_status(SourceStatus.OFF)
    plain = planes(compositor.compose(1))[0].copy()
    card = QuestionCard(640, 360, "小苗", "转行怎么准备？")
    compositor.set_question(card)
    asked = planes(compositor.compose(2))[0]
    where = box(card, asked, 1)
    assert np.any(asked[where] != plain[where])
    assert compositor.bare is not None
    assert np.array_equal(planes(compositor.bare)[0], plain), "what is measured is the picture itself"
    compositor.set_card(Card.ENDING)
    ending = planes(compositor.compose(3))[0].copy()
    compositor.set_question(None)
    assert np.array_equal(planes(compositor.compose(4))[0], ending)
    compositor.set_card(None)
    assert np.array_equal(planes(compositor.compose(5))[0], plain)
