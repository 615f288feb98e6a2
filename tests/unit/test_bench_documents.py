"""How a document that was read is scored: what may be wrong with one is seen in the figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.documents.canonical import parse
from bench.documents import FIXTURES, pairs, run
from bench.documents_score import Kind, Tally, read_expected, score

EXPECTED = """## 一、总则

### 实名认证

主播完成 18 项认证后，**方可** 开播。

1. 第一项；

2. 第二项。
"""


def test_an_expected_document() -> None:
    blocks = read_expected(EXPECTED).blocks
    assert [(block.kind, block.number, block.text[:4]) for block in blocks] == [
        (Kind.CHAPTER, "", "一、总则"),
        (Kind.CLAUSE, "", "实名认证"),
        (Kind.PARAGRAPH, "", "主播完成"),
        (Kind.ITEM, "1", "第一项；"),
        (Kind.ITEM, "2", "第二项。"),
    ]


@pytest.mark.parametrize(
    ("text", "boundaries", "headings"),
    [
        (EXPECTED, Tally(4, 4, 4), Tally(2, 2, 2)),
        (EXPECTED.replace("18 项", "18项"), Tally(4, 4, 4), Tally(2, 2, 2)),
        # A line too many counts, and shifts nothing behind it.
        (EXPECTED.replace("1. 第一项；", "返回顶部\n1. 第一项；"), Tally(5, 4, 4), Tally(2, 2, 2)),
        (EXPECTED.replace("主播完成", "主播\n完成"), Tally(5, 4, 4), Tally(2, 2, 2)),
        (EXPECTED.replace("### 实名认证\n\n", "实名认证"), Tally(3, 4, 3), Tally(1, 2, 1)),
        (EXPECTED.replace("### ", "## "), Tally(4, 4, 4), Tally(2, 2, 1)),
        (EXPECTED.replace("2. 第二项。", ""), Tally(3, 4, 3), Tally(2, 2, 2)),
    ],
)
def test_what_is_wrong_is_counted(text: str, boundaries: Tally, headings: Tally) -> None:
    assert score(parse(text), read_expected(EXPECTED)) == (boundaries, headings)


def test_ratios() -> None:
    assert (Tally(4, 5, 3).precision, Tally(4, 5, 3).recall) == (0.75, 0.6)
    assert (Tally().precision, Tally().recall) == (1.0, 1.0)


def test_there_are_files_enough_and_all_are_ugly() -> None:
    found = list(pairs(FIXTURES))
    assert len(found) >= 8
    assert not any(text.strip() == "\n\n".join(block.text for block in expected.blocks) for _, text, expected in found)


@pytest.mark.slow
def test_material_of_another_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.expected.md").write_text(EXPECTED, encoding="utf-8")
    text = "一、总则\n【实名认证】\n主播完成18项认证后，方可开播。\n1、第一项；\n2、第二项。\n"
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        (tmp_path / "a.txt").write_bytes(text.encode(encoding))
        figures = run(True, None, tmp_path)
        assert all(
            figures[f"{what}_{how}"] == 1.0 for what in ("boundary", "heading") for how in ("precision", "recall")
        )
    with pytest.raises(ValueError, match="no NAME"):
        run(True, None, tmp_path / "none")
