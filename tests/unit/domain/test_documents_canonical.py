"""The written form of a document: what is written is read back; what a person made of it is understood or refused."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.documents.canonical import clean_spans, parse, plain_text, sha256, write
from app.domain.documents.model import Block, BlockKind, Document, Span
from app.errors import InputError

TEXT = """## 一、总则

### 实名认证

主播完成实名认证后才能申请直播。**主播须年满 18 周岁。**填写的信息应当真实。

1. 第一项；

   1. 其中一点；

      1. 更深一层。

2. 第二项。
"""

nasty = st.text(st.sampled_from("*\\#. 1a一。\n\u3000\u200b\u202e\u0301e\u0338=【[-`\x00\x85"), max_size=12)
spans = st.lists(st.builds(Span, nasty | st.text(max_size=8), st.booleans()), max_size=4).map(tuple)
blocks = st.one_of(
    st.builds(Block, st.sampled_from([BlockKind.CHAPTER, BlockKind.CLAUSE, BlockKind.PARAGRAPH]), spans),
    st.builds(Block, st.just(BlockKind.ITEM), spans, st.integers(0, 999).map(str), st.integers(0, 8)),
)
documents = st.lists(blocks, max_size=5).map(lambda made: Document(tuple(made)))


def paragraph(*made: Span) -> Document:
    return Document((Block(BlockKind.PARAGRAPH, made),))


@given(documents)
@example(paragraph(Span("e"), Span("\u200b"), Span("\u0301")))
@example(paragraph(Span("e"), Span("", True), Span("\u0301")))
@example(paragraph(Span("a"), Span(" ", True), Span(" b ", True), Span(" ")))
@example(paragraph(Span("1. a")))
@example(paragraph(Span("12."), Span(" a", True)))
@example(paragraph(Span("\\"), Span("*", True), Span("*")))
def test_what_is_written_is_read_back(document: Document) -> None:
    text = write(document)
    read = parse(text)
    assert write(read) == text
    assert read.blocks == tuple(
        Block(block.kind, clean, block.number, block.level)
        for block in document.blocks
        if (clean := clean_spans(block.spans))
    )
    assert text.endswith("\n")
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(sign) == "Cc" for sign in text.replace("\n", ""))


@given(st.text(st.sampled_from("*\\#. 12\n\ta一\r\u3000") | st.characters(), max_size=40))
def test_what_a_person_writes_is_read_or_refused_with_its_line(text: str) -> None:
    refusal, document = None, Document(())
    try:
        document = parse(text)
    except InputError as error:
        refusal = error
    if refusal:
        assert refusal.code == "document_invalid"
        assert 1 <= int(str(refusal.detail["line"])) <= text.count("\n") + text.count("\r") + 1
    assert parse(write(document)) == document


def test_blocks_of_each_kind() -> None:
    kinds = [(block.kind, block.number, block.level, block.text[:4]) for block in parse(TEXT).blocks]
    assert kinds == [
        (BlockKind.CHAPTER, "", 0, "一、总则"),
        (BlockKind.CLAUSE, "", 0, "实名认证"),
        (BlockKind.PARAGRAPH, "", 0, "主播完成"),
        (BlockKind.ITEM, "1", 0, "第一项；"),
        (BlockKind.ITEM, "1", 1, "其中一点"),
        (BlockKind.ITEM, "1", 2, "更深一层"),
        (BlockKind.ITEM, "2", 0, "第二项。"),
    ]
    assert [span.text for span in parse(TEXT).blocks[2].spans if span.is_emphasised] == ["主播须年满 18 周岁。"]
    assert write(parse(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", "\n"),
        ("\ufeff一\r\n二\r三\n\n\n\n", "一\n\n二\n\n三\n"),
        ("  1. 一\n    2. 二\n\t3. 三", "   1. 一\n\n   2. 二\n\n   3. 三\n"),
        ("##  总则  ", "## 总则\n"),
        ("甲 \u3000\u00a0 乙", "甲 乙\n"),
        ("** 重 ** 轻", "**重** 轻\n"),
        ("5*3 与 C:\\目录", "5\\*3 与 C:\\\\目录\n"),
        ("\\# 号", "\\# 号\n"),
        ("1\\. 不是条目", "1\\. 不是条目\n"),
        ("2026. 不是条目", "2026. 不是条目\n"),
        ("3.14 不是条目", "3.14 不是条目\n"),
        ("1.", None),
        ("##", None),
        ("### ****", None),
        ("# 题", None),
        ("#### 题", None),
        ("##题", "## 题\n"),
        ("#题", None),
        ("**重", None),
    ],
)
def test_what_a_person_may_write(text: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(InputError):
            parse(text)
    else:
        assert write(parse(text)) == written


def test_a_refusal_names_line_and_reason() -> None:
    with pytest.raises(InputError) as refused:
        parse("## 总则\r\n\r\n**主播须年满 18 周岁。\n")
    assert refused.value.detail == {"line": 3, "reason": "emphasis_open"}
    assert refused.value.message_id == "error.document_emphasis_open"


@pytest.mark.parametrize(
    ("given_spans", "cleaned"),
    [
        ((Span("e"), Span("", True), Span("\u0301")), [("é", False)]),
        ((Span("甲 "), Span(" 乙 ", True), Span(" 丙 ")), [("甲 ", False), ("乙", True), (" 丙", False)]),
        ((Span("甲"), Span(" ", True)), [("甲", False)]),
        ((Span("甲"), Span("乙 ", True)), [("甲", False), ("乙", True)]),
        ((Span("甲"), Span(" ", True), Span("乙")), [("甲 乙", False)]),
        ((Span(" \n"),), []),
    ],
)
def test_spans_are_cleaned(given_spans: tuple[Span, ...], cleaned: list[tuple[str, bool]]) -> None:
    assert [(span.text, span.is_emphasised) for span in clean_spans(given_spans)] == cleaned


@pytest.mark.parametrize(("number", "level"), [("", 0), ("a", 0), ("1234", 0), ("1", 9), ("1", -1)])
def test_an_item_that_cannot_be_written_is_a_fault(number: str, level: int) -> None:
    with pytest.raises(ValueError, match="item number"):
        write(Document((Block(BlockKind.ITEM, (Span("一"),), number, level),)))


def test_a_block_without_text_is_left_out() -> None:
    assert (
        write(Document((Block(BlockKind.CHAPTER, (Span(" "),)), Block(BlockKind.PARAGRAPH, (Span("一"),))))) == "一\n"
    )


def test_plain_text_shows_titles_and_numbers() -> None:
    assert plain_text(parse(TEXT)) == (
        "一、总则\n\n【实名认证】\n\n主播完成实名认证后才能申请直播。主播须年满 18 周岁。填写的信息应当真实。\n\n"
        "1. 第一项；\n\n   1. 其中一点；\n\n      1. 更深一层。\n\n2. 第二项。\n"
    )


def test_the_hash_is_of_the_utf_8() -> None:
    assert sha256(TEXT) == hashlib.sha256(TEXT.encode("utf-8")).hexdigest()
