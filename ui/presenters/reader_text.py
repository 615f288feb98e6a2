"""The text of a document as paragraphs to draw: whole, or compared with an earlier version. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.documents.compare import ChangeKind, Comparison, Entry
from app.domain.documents.model import Block, BlockKind, Document
from app.domain.documents.words import RunKind


class Ink(StrEnum):
    """How a run of text is drawn."""

    PLAIN = "plain"
    EMPHASISED = "emphasised"
    """Bold and underlined."""
    DELETED = "deleted"
    """Struck through and grey."""
    INSERTED = "inserted"
    """On a green ground."""


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    inks: tuple[Ink, ...] = ()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One block as it is drawn. ``block`` is its place in the version that is read; None for what was removed."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    number: str = ""
    level: int = 0
    change: ChangeKind = ChangeKind.SAME
    block: int | None = None
    moved_from: str = ""
    """Title of the clause where a moved block stood before."""

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def whole(document: Document) -> tuple[Paragraph, ...]:
    """The full text."""
    return tuple(
        Paragraph(block.kind, _spans(block), block.number, block.level, block=index)
        for index, block in enumerate(document.blocks)
    )


def compared(old: Document, new: Document, comparison: Comparison) -> tuple[Paragraph, ...]:
    """Both versions in the order of the new one; what was removed stands where it was."""
    heads = _heads(old)
    return tuple(_compared(old, new, entry, heads) for entry in comparison.entries)


def _compared(old: Document, new: Document, entry: Entry, heads: list[str]) -> Paragraph:
    if entry.new_index is None:
        assert entry.old_index is not None
        gone = old.blocks[entry.old_index]
        pieces = tuple(Piece(piece.text, (*piece.inks, Ink.DELETED)) for piece in _spans(gone))
        return Paragraph(gone.kind, pieces, gone.number, gone.level, ChangeKind.REMOVED)
    block = new.blocks[entry.new_index]
    pieces = _spans(block)
    if entry.runs:
        pieces = tuple(Piece(run.text, _RUN_INKS[run.kind]) for run in entry.runs if run.text)
    moved_from = heads[entry.old_index] if entry.kind is ChangeKind.MOVED and entry.old_index is not None else ""
    return Paragraph(block.kind, pieces, block.number, block.level, entry.kind, entry.new_index, moved_from)


_RUN_INKS: dict[RunKind, tuple[Ink, ...]] = {
    RunKind.EQUAL: (),
    RunKind.DELETE: (Ink.DELETED,),
    RunKind.INSERT: (Ink.INSERTED,),
}


def _spans(block: Block) -> tuple[Piece, ...]:
    return tuple(Piece(span.text, (Ink.EMPHASISED,) if span.is_emphasised else ()) for span in block.spans)


def _heads(document: Document) -> list[str]:
    """For each block the nearest title above it."""
    found, title = [], ""
    for block in document.blocks:
        if block.kind in (BlockKind.CHAPTER, BlockKind.CLAUSE):
            title = block.text
        found.append(title)
    return found
