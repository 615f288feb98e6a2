"""How near a document that was read comes to the expected one: where its blocks begin, and what its headings say.

Spaces are not counted. The two texts are laid side by side, so that a line too many or too few shifts nothing behind
it; a boundary is known by how many of the characters that both have precede it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from app.domain.documents.model import BlockKind, Document

_AGAIN = 12
_SIGHT = 3000
_MARKED = re.compile(r"(?P<marks>#{1,6})\s+(?P<title>.+)|(?P<indent>\s*)(?P<number>\d{1,3})\.\s+(?P<item>.+)")


class Kind(StrEnum):
    CHAPTER = "chapter"
    CLAUSE = "clause"
    ITEM = "item"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True)
class ExpectedBlock:
    kind: Kind
    text: str
    number: str = ""
    level: int = 0


@dataclass(frozen=True)
class Expected:
    blocks: tuple[ExpectedBlock, ...]


@dataclass(frozen=True)
class Tally:
    """Counts of what was found, what was expected, and what both agree in."""

    found: int = 0
    expected: int = 0
    agreed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.found + other.found, self.expected + other.expected, self.agreed + other.agreed)

    @property
    def precision(self) -> float:
        return self.agreed / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.agreed / self.expected if self.expected else 1.0


def read_expected(text: str) -> Expected:
    """Blocks between blank lines; a heading or an item is one by its mark, whatever stands around it."""
    blocks: list[ExpectedBlock] = []
    for part in re.split(r"\n[ \t]*\n", text.removeprefix("\ufeff").replace("\r\n", "\n")):
        run: list[str] = []
        for line in part.split("\n"):
            match = _MARKED.match(line)
            if not match:
                if line.strip():
                    run.append(line.strip())
                continue
            if run:
                blocks.append(_paragraph(run))
                run = []
            if match["marks"]:
                kind = {2: Kind.CHAPTER, 3: Kind.CLAUSE}.get(len(match["marks"]), Kind.PARAGRAPH)
                blocks.append(ExpectedBlock(kind, _text(match["title"])))
            else:
                level = (len(match["indent"]) + 1) // 3
                blocks.append(ExpectedBlock(Kind.ITEM, _text(match["item"]), match["number"], level))
        if run:
            blocks.append(_paragraph(run))
    return Expected(tuple(blocks))


def _paragraph(lines: list[str]) -> ExpectedBlock:
    return ExpectedBlock(Kind.PARAGRAPH, _text("".join(lines)))


def _text(text: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text.replace("**", "")).strip()


def score(document: Document, expected: Expected) -> tuple[Tally, Tally]:
    """The tallies of boundaries and of headings."""
    ours = [_bare(block.text) for block in document.blocks]
    theirs = [_bare(block.text) for block in expected.blocks]
    our_places, their_places = _places("".join(ours), "".join(theirs))
    our_bounds = Counter(our_places[at] for at in _begins(ours))
    their_bounds = Counter(their_places[at] for at in _begins(theirs))
    boundaries = Tally(our_bounds.total(), their_bounds.total(), (our_bounds & their_bounds).total())
    our_heads = Counter(
        (block.kind.value, text)
        for block, text in zip(document.blocks, ours, strict=True)
        if block.kind in {BlockKind.CHAPTER, BlockKind.CLAUSE}
    )
    their_heads = Counter(
        (block.kind.value, text)
        for block, text in zip(expected.blocks, theirs, strict=True)
        if block.kind in {Kind.CHAPTER, Kind.CLAUSE}
    )
    return boundaries, Tally(our_heads.total(), their_heads.total(), (our_heads & their_heads).total())


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _begins(texts: list[str]) -> list[int]:
    """Where each block but the first begins in all of the text."""
    begins, at = [], 0
    for text in texts[:-1]:
        at += len(text)
        begins.append(at)
    return begins


def _places(one: str, other: str) -> tuple[list[int], list[int]]:
    """For each place of either text, how many characters that both have precede it."""
    ours, theirs = [0] * (len(one) + 1), [0] * (len(other) + 1)
    at, to, agreed = 0, 0, 0
    while at < len(one) and to < len(other):
        if one[at] == other[to]:
            ours[at], theirs[to] = agreed, agreed
            at, to, agreed = at + 1, to + 1, agreed + 1
            continue
        skip_one, skip_other = _skip(one, at, other, to)
        for place in range(at, at + skip_one):
            ours[place] = agreed
        for place in range(to, to + skip_other):
            theirs[place] = agreed
        at, to = at + skip_one, to + skip_other
    for place in range(at, len(one) + 1):
        ours[place] = agreed
    for place in range(to, len(other) + 1):
        theirs[place] = agreed
    return ours, theirs


def _skip(one: str, at: int, other: str, to: int) -> tuple[int, int]:
    """The shortest way to where both say the same for a while again."""
    best = (len(one) - at, len(other) - to)
    for skip in range(_SIGHT):
        if skip >= sum(best):
            break
        for begin, text, start, is_one in ((to + skip, other, at, False), (at + skip, one, to, True)):
            sample = text[begin : begin + _AGAIN]
            if not sample:
                continue
            against = other if is_one else one
            found = against.find(sample, start, start + _SIGHT)
            if found >= 0 and skip + found - start < sum(best):
                best = (skip, found - start) if is_one else (found - start, skip)
    return best
