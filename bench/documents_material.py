"""Two versions of a hundred pages, made of the sample documents: about 125,000 characters each, seeded."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.domain.documents.canonical import write
from app.domain.documents.model import Block, BlockKind, Document, Span
from bench.documents_score import Expected, Kind

PAGES = 100
PAGE_CHARS = 1250
CHANGED_RATIO = 0.05
ADDED_RATIO = 0.01
REMOVED_RATIO = 0.01
MOVED_CLAUSES = 6
_WORDS = "平台 主播 用户 书面 及时 合理 必要 相关 合法 公开 审核 通知 同意 三日 七日 十五日 三十日 全部 部分".split(" ")  # noqa: SIM905


def two_versions(samples: Sequence[Expected], seed: int = 1) -> tuple[str, str]:
    """The canonical texts of an old version and of a new one, with edits as a legal department makes them."""
    chance = random.Random(seed)
    old = _long(samples, chance)
    return write(Document(tuple(old))), write(Document(tuple(_edited(old, chance))))


def _long(samples: Sequence[Expected], chance: random.Random) -> list[Block]:
    kinds = {kind: BlockKind(kind.value) for kind in Kind}
    blocks: list[Block] = []
    chars, round_number = 0, 0
    while chars < PAGES * PAGE_CHARS:
        round_number += 1
        for sample in samples:
            for block in sample.blocks:
                text = block.text
                # No two sentences alike, as in a document that somebody wrote.
                if block.kind in {Kind.PARAGRAPH, Kind.ITEM}:
                    text = _changed(text, chance, 1 + len(text) // 30)
                elif round_number > 1:
                    text = f"{text}（{round_number}）"
                blocks.append(Block(kinds[block.kind], (Span(text),), block.number, block.level))
                chars += len(text)
    return blocks


def _edited(old: Sequence[Block], chance: random.Random) -> list[Block]:
    blocks: list[Block] = []
    for block in old:
        luck = chance.random()
        if luck < CHANGED_RATIO:
            text = _changed(block.text, chance, 1 + len(block.text) // 40)
            blocks.append(Block(block.kind, (Span(text),), block.number, block.level))
        elif luck >= CHANGED_RATIO + REMOVED_RATIO or block.kind is not BlockKind.PARAGRAPH:
            blocks.append(block)
        if luck > 1 - ADDED_RATIO:
            text = "".join(chance.choices(_WORDS, k=20)) + "。"
            blocks.append(Block(BlockKind.PARAGRAPH, (Span(text),)))
    for _ in range(MOVED_CLAUSES):
        begin = chance.randrange(len(blocks) - 8)
        moved = blocks[begin : begin + 6]
        del blocks[begin : begin + 6]
        to = chance.randrange(len(blocks))
        blocks[to:to] = moved
    return blocks


def _changed(text: str, chance: random.Random, times: int) -> str:
    for _ in range(times):
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(_WORDS) + text[at + chance.choice((0, 2, 4)) :]
    return text
