"""The table of contents of a document, and where a searched word stands. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.documents.model import BlockKind, Document

# Full-width signs are their half-width ones; spaces are left out, those without width too.
_FOLDED: dict[int, int | None] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys((*range(0x09, 0x0E), 0x20, 0xA0, *range(0x2000, 0x200E), 0x2028, 0x2029, 0x202F, 0x205F, 0x2060)),
    0x3000: None,
    0xFEFF: None,
    0xFFE5: 0xA5,
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A chapter with its clauses; a clause that no chapter precedes stands for itself and has none."""

    title: str
    block_index: int
    clauses: tuple[Heading, ...] = ()


def outline(document: Document) -> tuple[Heading, ...]:
    """The headings in reading order."""
    found: list[Heading] = []
    clauses: list[Heading] = []
    chapter: Heading | None = None
    for index, block in enumerate(document.blocks):
        if block.kind is BlockKind.CHAPTER:
            if chapter:
                found.append(Heading(chapter.title, chapter.block_index, tuple(clauses)))
            chapter, clauses = Heading(block.text, index), []
        elif block.kind is BlockKind.CLAUSE:
            (clauses if chapter else found).append(Heading(block.text, index))
    if chapter:
        found.append(Heading(chapter.title, chapter.block_index, tuple(clauses)))
    return tuple(found)


def search(document: Document, needle: str) -> list[tuple[int, int, int]]:
    """Each place of ``needle`` as (block, begin, end), the end excluded, in the characters of the block's text.

    Width, case and spaces make no difference. Places do not overlap; nothing is found for a needle without a sign.
    """
    wanted = _fold(needle)
    if not wanted:
        return []
    found = []
    for index, block in enumerate(document.blocks):
        text = block.text
        folded = _fold(text)
        at = folded.find(wanted)
        if at < 0:
            continue
        # Which character each folded one comes from: a character may be folded into none or into two.
        sources = [place for place, sign in enumerate(text) for _ in _fold(sign)]
        while at >= 0:
            found.append((index, sources[at], sources[at + len(wanted) - 1] + 1))
            at = folded.find(wanted, at + len(wanted))
    return found


def _fold(text: str) -> str:
    return text.translate(_FOLDED).casefold()
