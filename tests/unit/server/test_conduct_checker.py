"""What is marked, and where: the words of the text as it was given."""

from __future__ import annotations

import functools
import itertools
import threading
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.text_rules import CLEAN, FIXTURES, as_label, read_lines
from server.conduct.checker import RULES_FOLDER, Checker, Finding, Label, Place, strongest

DISGUISES = " \t-_.·*/|~^★☆❤😊\u200b\u200d\ufe0f\u3000，、。…—+()（）【】"
IN_CHARACTERS = "零一二三四五六七八九"


@functools.cache
def checker() -> Checker:
    return Checker.from_folder(RULES_FOLDER)


def marked(text: str, place: Place = Place.INTRODUCTION) -> list[str]:
    return [text[finding.start : finding.end] for finding in checker().check(text, place)]


def labels(text: str, place: Place = Place.INTRODUCTION) -> set[Label]:
    return {finding.label for finding in checker().check(text, place)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("做过八年招聘。加我微-信：abc_123，细说", ["加我微-信：abc_123"]),
        ("电话 1 3 8 0 0 1 3 8 0 0 0 找我", ["电话 1 3 8 0 0 1 3 8 0 0 0"]),
        ("我在上海，13800138000，十年经验", ["13800138000"]),
        ("Ｖ Ｘ：ｈｒ２０２２，晚上聊", ["Ｖ Ｘ：ｈｒ２０２２"]),
        ("网站 www.abc-job.com，欢迎", ["www.abc-job.com"]),
        ("邮箱：li.lei@qq.com 谢谢", ["邮箱：li.lei@qq.com"]),
        ("你是傻\u200b逼吗", ["傻\u200b逼"]),
        ("👍👍 QQ：12345678 👍", ["QQ：12345678"]),
        ("微（小）信 abc889900", ["微（小）信 abc889900"]),
        ("找我 1380013800❤5 聊", ["1380013800❤5"]),
        ("看 my_site-x.io 的介绍", ["my_site-x.io"]),
        ("繁體：賭 博 平 台", ["賭 博 平 台"]),
    ],
)
def test_exactly_the_words_are_marked(text: str, words: list[str]) -> None:
    assert marked(text) == words


def test_every_place_of_a_text_is_marked_once() -> None:
    text = "微信 abc12345，讲面试。" * 3
    assert marked(text) == ["微信 abc12345"] * 3


@pytest.mark.parametrize("place", [Place.NICKNAME, Place.SIGNATURE, Place.TITLE, Place.ORGANISATION])
@pytest.mark.parametrize("text", ["官方客服小王", "平台工作人员", "系统管理员", "主播台官方"])
def test_nobody_poses_as_staff(text: str, place: Place) -> None:
    assert labels(text, place) == {Label.IMPERSONATION}


@pytest.mark.parametrize("place", [Place.NICKNAME, Place.ORGANISATION])
@pytest.mark.parametrize("text", ["北京人社局", "海淀公安分局", "网信办小李"])
def test_nobody_bears_the_name_of_a_state_body(text: str, place: Place) -> None:
    [finding] = checker().check(text, place)
    assert (finding.label, finding.category) == (Label.IMPERSONATION, 2)


@pytest.mark.parametrize(
    "text", ["前人社局窗口工作人员", "曾在公安局工作八年", "讲讲人社局的补贴政策", "做过三年平台客服，现在做培训"]
)
def test_a_former_employer_may_be_named(text: str) -> None:
    assert marked(text) == []


def test_a_title_may_speak_of_a_state_body() -> None:
    assert marked("税务局笔试面试全流程", Place.TITLE) == []


def test_what_a_text_is_about_outweighs_the_contact_that_it_names() -> None:
    assert strongest(checker().check("招聘兼职，日结 300，微信 abc12345", Place.CHAT)) is Label.RECRUIT
    assert strongest(()) is None


@pytest.mark.parametrize("file", ["lines.tsv", "lines_heldout.tsv", "lines_more.tsv", "lines_near.tsv"])
def test_the_labelled_lines_are_told_apart(file: str) -> None:
    lines = read_lines(FIXTURES / file)
    wrong = [line.text for line in lines if as_label(strongest(checker().check(line.text, line.place))) != line.label]
    false_alarms = [line.text for line in lines if line.label == CLEAN and line.text in wrong]
    assert len(wrong) <= 0.03 * len(lines), wrong
    assert len(false_alarms) <= 0.02 * len(lines), false_alarms


def test_there_are_enough_lines_and_half_of_them_are_clean() -> None:
    lines = [line for path in FIXTURES.glob("*.tsv") for line in read_lines(path)]
    clean = sum(line.label == CLEAN for line in lines)
    assert len(lines) >= 300
    assert 0.5 <= clean / len(lines) <= 0.6


@given(st.text(max_size=300), st.sampled_from(list(Place)))
@example("\ud800加微信", Place.CHAT)
@example("☎️+86", Place.CHAT)
@example("微（（（信", Place.CHAT)
@example("ﷺ加㍿", Place.CHAT)
@settings(deadline=None)
def test_any_text_can_be_checked(text: str, place: Place) -> None:
    well_formed(text, checker().check(text, place))


@given(
    st.lists(
        st.sampled_from(
            [*"加微信我v一3点.@:：（），。 1七٣①腰", "13800138000", "qq", "com", "傻逼", "日结", "课程", "元", "٠"]
        ),
        max_size=60,
    ),
    st.sampled_from(list(Place)),
)
@settings(deadline=None)
def test_any_mixture_of_what_offends_can_be_checked(pieces: list[str], place: Place) -> None:
    text = "".join(pieces)
    found = checker().check(text, place)
    well_formed(text, found)
    assert checker().check(text, place) == found


def well_formed(text: str, found: tuple[Finding, ...]) -> None:
    assert list(found) == sorted(found, key=lambda one: (one.start, one.end))
    for finding in found:
        assert 0 <= finding.start < finding.end <= len(text)
        assert 1 <= finding.category <= 9
    for label in Label:
        own = [finding for finding in found if finding.label is label]
        assert all(before.end <= after.start for before, after in itertools.pairwise(own))


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.lists(st.text(DISGUISES, max_size=1), min_size=10, max_size=10)
)
@settings(deadline=None)
def test_separators_do_not_hide_a_telephone_number(number: str, between: list[str]) -> None:
    if number.endswith("00"):
        return  # several round figures may look like one: 1500, 1800, 200
    text = number[0] + "".join(gap + digit for gap, digit in zip(between, number[1:], strict=True))
    if not is_years(text):
        assert Label.CONTACT in labels(f"找我 {text} 聊"), text


def is_years(text: str) -> bool:
    """1998-2002 and the like are no numbers to call."""
    pieces = "".join(char if char.isdigit() else " " for char in text).split()
    return sum(len(piece) == 4 and piece[:2] in ("19", "20") for piece in pieces) >= 2


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.data())
@settings(deadline=None)
def test_figures_in_characters_do_not_hide_a_telephone_number(number: str, data: st.DataObject) -> None:
    written = "".join(
        data.draw(st.sampled_from([digit, IN_CHARACTERS[int(digit)], chr(ord("０") + int(digit))])) for digit in number
    )
    assert marked(f"手机{written}。") != [], written


def test_many_threads_find_the_same() -> None:
    texts = [line.text for line in read_lines(FIXTURES / "lines.tsv")][:60]
    fresh = Checker.from_folder(RULES_FOLDER)
    expected = [checker().check(text, Place.CHAT) for text in texts]
    results: list[list[tuple[Finding, ...]]] = []
    threads = [
        threading.Thread(target=lambda: results.append([fresh.check(text, Place.CHAT) for text in texts]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


def test_a_line_of_material_that_is_none_is_named(tmp_path: Path) -> None:
    good = tmp_path / "good.tsv"
    good.write_bytes("\ufeff# said\r\n\r\nclean\t你好\r\nADVERT\t限时优惠\ttitle\r\n".encode())
    assert [(line.label, line.text, line.place) for line in read_lines(good)] == [
        ("clean", "你好", Place.INTRODUCTION),
        ("advert", "限时优惠", Place.TITLE),
    ]
    bad = tmp_path / "bad.tsv"
    bad.write_text("clean\tgood\nspam\tbad\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.tsv:2"):
        read_lines(bad)
