"""Contents and search of a document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents.canonical import parse
from app.domain.documents.model import Block, BlockKind, Document, Span
from app.domain.documents.outline import Heading, outline, search

DOCUMENT = parse("""本协议由双方订立。

### 提示

## 一、总则

1. 请用 WeChat 或Ｗｅｃｈａｔ联系。

## 二、用户权利与义务

### 实名认证

主播须年满 **18 周**岁；年满１８周岁者，方可直播。

### 直播申请

""")


def test_contents() -> None:
    assert outline(DOCUMENT) == (
        Heading("提示", 1),
        Heading("一、总则", 2),
        Heading("二、用户权利与义务", 4, (Heading("实名认证", 5), Heading("直播申请", 7))),
    )
    assert outline(Document(())) == ()


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("wechat", [(3, 3, 9), (3, 11, 17)]),
        ("１８ 周岁", [(6, 6, 11), (6, 14, 18)]),
        ("18周岁", [(6, 6, 11), (6, 14, 18)]),
        ("方可", [(6, 20, 22)]),
        ("没有", []),
        (" \u3000", []),
        ("", []),
    ],
)
def test_search(needle: str, found: list[tuple[int, int, int]]) -> None:
    assert search(DOCUMENT, needle) == found


def test_places_are_of_the_text_as_it_is() -> None:
    document = Document((Block(BlockKind.PARAGRAPH, (Span("Maße ßß"),)),))
    assert search(document, "ss") == [(0, 2, 3), (0, 5, 6), (0, 6, 7)]


@given(
    st.text(st.sampled_from("aA１1 \u3000ß中，İ"), max_size=20), st.text(st.sampled_from("aA１1 ß中，İ"), max_size=3)
)
def test_what_is_found_says_the_same(text: str, needle: str) -> None:
    document = Document((Block(BlockKind.PARAGRAPH, (Span(text),)),))
    wanted = Document((Block(BlockKind.PARAGRAPH, (Span(needle),)),))
    for _, begin, end in search(document, needle):
        assert 0 <= begin < end <= len(text)
        assert search(wanted, text[begin:end]) or "ß" in text[begin:end] or "İ" in text[begin:end]
