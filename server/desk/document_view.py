"""The text of a document as rows to show: whole, or compared with another version. Pure; any thread."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.documents import canonical
from app.domain.documents.compare import ChangeKind, Comparison, Entry, compare
from app.domain.documents.model import Block, BlockKind, Document
from app.domain.documents.outline import Heading, outline
from app.domain.documents.words import RunKind
from app.errors import InputError


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and how it is written: ``em`` (emphasised), ``ins``, ``del`` or nothing."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One block. ``place`` is its index in the version shown, -1 for what was removed."""

    kind: BlockKind
    number: str
    level: int
    pieces: tuple[Piece, ...]
    change: ChangeKind = ChangeKind.SAME
    place: int = -1


@dataclass(frozen=True, slots=True)
class Shown:
    """``fault`` names what cannot be told in the text, and its line; then there is nothing else."""

    rows: tuple[Row, ...] = ()
    headings: tuple[Heading, ...] = ()
    comparison: Comparison | None = None
    sha256: str = ""
    chars: int = 0
    fault: str = ""
    fault_line: int = 0


def show(text: str, other: str | None = None, *, only_changes: bool = False) -> Shown:
    """``text`` is canonical Markdown, may be faulty; ``other`` the earlier version that it is compared with.

    A text of two megabytes takes a second: not on the event loop.
    """
    try:
        document = canonical.parse(text)
    except InputError as error:
        return Shown(fault=str(error.detail.get("reason", "")), fault_line=int(str(error.detail.get("line", 0))))
    written = canonical.write(document)
    comparison = None
    if other is None:
        rows = tuple(_row(block, index) for index, block in enumerate(document.blocks))
    else:
        old = canonical.parse(other)
        comparison = compare(old, document)
        rows = tuple(_compared(old, document, entry) for entry in comparison.entries)
        if only_changes:
            rows = tuple(row for row in rows if row.change is not ChangeKind.SAME)
    return Shown(rows, outline(document), comparison, canonical.sha256(written), len(written))


def _row(block: Block, index: int) -> Row:
    return Row(block.kind, block.number, block.level, _spans(block), place=index)


def _spans(block: Block, mark: str = "") -> tuple[Piece, ...]:
    return tuple(Piece(span.text, mark or ("em" if span.is_emphasised else "")) for span in block.spans)


def _compared(old: Document, new: Document, entry: Entry) -> Row:
    if entry.new_index is None:
        assert entry.old_index is not None
        gone = old.blocks[entry.old_index]
        return Row(gone.kind, gone.number, gone.level, _spans(gone, "del"), ChangeKind.REMOVED)
    block = new.blocks[entry.new_index]
    if entry.kind is ChangeKind.ADDED:
        pieces = _spans(block, "ins")
    elif entry.runs:
        marks = {RunKind.EQUAL: "", RunKind.INSERT: "ins", RunKind.DELETE: "del"}
        pieces = tuple(Piece(run.text, marks[run.kind]) for run in entry.runs if run.text)
    else:
        pieces = _spans(block)
    return Row(block.kind, block.number, block.level, pieces, entry.kind, entry.new_index)
