"""What a structured file (Markdown, HTML, Word) says of its paragraphs, made a document. Pure.

Headings and lists are taken as the file has them. Where people typed them as text (一、总则, 【实名认证】, 1. …) they
are told by the same marks as in a plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby

from app.domain.documents.canonical import MAX_LEVEL, NUMBER, clean_spans
from app.domain.documents.lines import is_document_title
from app.domain.documents.marks import (
    MAX_ARTICLE_TITLE_CHARS,
    MAX_TITLE_CHARS,
    Fit,
    Mark,
    MarkKind,
    Numbering,
    find_mark,
    is_amount,
    is_title_like,
    is_used_as_word,
)
from app.domain.documents.model import Block, BlockKind, Document, Span

MAX_PARAMS_CHARS = 40


class Role(StrEnum):
    TITLE = "title"
    """Of the whole document."""
    HEADING = "heading"
    ITEM = "item"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Rough:
    """``depth`` is a heading's level, from 1, or how deep an item is nested, from 0."""

    role: Role
    spans: tuple[Span, ...]
    depth: int = 0
    number: str = ""
    finding: str = ""
    """Code of what a person should look at here."""

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the import is not sure of. ``line`` is that of the canonical text, from 1; 0: of no line."""

    code: str
    line: int = 0
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    title: str
    document: Document
    findings: tuple[Finding, ...]


def make(parts: Iterable[Rough]) -> Made:
    """The document, without its own title."""
    cleaned = [replace(part, spans=clean_spans(_runs(part.spans))) for part in parts]
    kept = [part for part in cleaned if part.text]
    title, rest = _title(kept)
    maker = _Maker(rest)
    for part in rest:
        maker.take(part)
    return Made(title, Document(tuple(maker.blocks)), tuple(maker.findings))


def line_of(block_index: int) -> int:
    """Where a block stands in the canonical text: one line each, and an empty one between."""
    return 2 * block_index + 1


def _runs(spans: Iterable[Span]) -> list[Span]:
    """What is written alike put together: office programs cut a paragraph into thousands of pieces."""
    return [
        Span("".join(span.text for span in alike), is_emphasised)
        for is_emphasised, alike in groupby(spans, key=lambda span: span.is_emphasised)
    ]


def _title(parts: Sequence[Rough]) -> tuple[str, list[Rough]]:
    for at, part in enumerate(parts[:3]):
        if part.role is Role.TITLE:
            return part.text, [*parts[:at], *parts[at + 1 :]]
    depths = [part.depth for part in parts if part.role is Role.HEADING]
    for at, part in enumerate(parts[:3]):
        is_only_top = part.role is Role.HEADING and depths.count(part.depth) == 1 and part.depth == min(depths)
        if is_only_top and len(depths) > 1 and not _is_numbered(part.text):
            return part.text, [*parts[:at], *parts[at + 1 :]]
        if part.role in {Role.PARAGRAPH, Role.HEADING} and is_document_title(part.text):
            return part.text, [*parts[:at], *parts[at + 1 :]]
    return "", list(parts)


def _is_numbered(text: str) -> bool:
    mark = find_mark(text)
    return mark is not None and mark.kind in {MarkKind.CHAPTER, MarkKind.PART}


class _Maker:
    """One pass over the parts."""

    def __init__(self, parts: Sequence[Rough]) -> None:
        self.blocks: list[Block] = []
        self.findings: list[Finding] = []
        depths = sorted({part.depth for part in parts if part.role is Role.HEADING})
        if set(depths) <= {2, 3}:
            # As our own written form has them.
            self._kinds = {2: BlockKind.CHAPTER, 3: BlockKind.CLAUSE}
        else:
            self._kinds = dict.fromkeys(depths, BlockKind.CLAUSE) | dict.fromkeys(depths[:1], BlockKind.CHAPTER)
        self._deep = set(depths[2:])
        self._has_headings = bool(depths)
        marks = [find_mark(part.text) for part in parts if part.role is Role.PARAGRAPH]
        self._has_parts = any(mark and mark.kind is MarkKind.PART for mark in marks)
        self._has_chapters = any(mark and mark.kind in {MarkKind.CHAPTER, MarkKind.PART} for mark in marks)
        self._numbering = Numbering()

    def take(self, part: Rough) -> None:
        if part.finding:
            self._find(part.finding)
        match part.role:
            case Role.TITLE:
                self._add(BlockKind.PARAGRAPH, part.spans)
            case Role.HEADING:
                self._heading(part)
            case Role.ITEM if NUMBER.fullmatch(part.number):
                self._add(BlockKind.ITEM, part.spans, part.number, min(part.depth, MAX_LEVEL))
            case _:
                self._typed(part)

    def _heading(self, part: Rough) -> None:
        self._numbering = Numbering()
        if part.depth in self._deep:
            self._find("heading_deeper", text=part.text)
        mark = find_mark(part.text)
        text = part.text
        if mark is not None and mark.kind is MarkKind.BRACKETED and not mark.rest:
            text = mark.title
        self._add(self._kinds[part.depth], (Span(text),))

    def _typed(self, part: Rough) -> None:
        """A paragraph, which may have been typed as something else."""
        mark = find_mark(part.text)
        if mark is None:
            self._add(BlockKind.PARAGRAPH, part.spans)
            return
        match mark.kind:
            case MarkKind.BRACKETED if not is_used_as_word(mark) and not self._is_in_sentence():
                self._numbering.begin_section()
                self._add(BlockKind.CLAUSE, (Span(mark.title),))
                if mark.rest:
                    self._add(BlockKind.PARAGRAPH, _behind(part.spans, mark))
            case MarkKind.CHAPTER | MarkKind.PART | MarkKind.ARTICLE if self._is_heading(mark):
                self._numbering.begin_section()
                is_below = (mark.kind is MarkKind.ARTICLE and self._has_chapters) or (
                    mark.kind is MarkKind.CHAPTER and self._has_parts
                )
                self._add(BlockKind.CLAUSE if is_below else BlockKind.CHAPTER, (Span(part.text),))
            case MarkKind.ITEM if self._is_item(mark):
                is_after_item = bool(self.blocks) and self.blocks[-1].kind is BlockKind.ITEM
                level = self._numbering.take(mark, is_after_item)
                self._add(BlockKind.ITEM, _behind(part.spans, mark), str(mark.number), min(level, MAX_LEVEL))
            case MarkKind.BULLET if mark.rest:
                self._add(BlockKind.PARAGRAPH, _behind(part.spans, mark))
            case _:
                self._add(BlockKind.PARAGRAPH, part.spans)

    def _is_in_sentence(self) -> bool:
        """Whether the paragraph before was left open: then brackets name something in it."""
        return (
            bool(self.blocks) and self.blocks[-1].kind is BlockKind.PARAGRAPH and self.blocks[-1].text[-1] in "，、“（"
        )

    def _is_heading(self, mark: Mark) -> bool:
        limit = MAX_ARTICLE_TITLE_CHARS if mark.kind is MarkKind.ARTICLE else MAX_TITLE_CHARS
        return not self._has_headings and is_title_like(mark.rest, limit)

    def _is_item(self, mark: Mark) -> bool:
        is_counted = self._numbering.fit(mark) is not Fit.NONE
        return is_counted and bool(mark.rest) and not is_amount(mark) and NUMBER.fullmatch(str(mark.number)) is not None

    def _add(self, kind: BlockKind, spans: tuple[Span, ...], number: str = "", level: int = 0) -> None:
        if kind in {BlockKind.CHAPTER, BlockKind.CLAUSE}:
            spans = (Span("".join(span.text for span in spans)),)
        spans = clean_spans(spans)
        if spans:
            self.blocks.append(Block(kind, spans, number, level))

    def _find(self, code: str, **params: str) -> None:
        shown = {name: value[:MAX_PARAMS_CHARS] for name, value in params.items()}
        self.findings.append(Finding(code, line_of(len(self.blocks)), shown))


def _behind(spans: Sequence[Span], mark: Mark) -> tuple[Span, ...]:
    """What stands behind the mark, with its emphasis."""
    skip = len("".join(span.text for span in spans)) - len(mark.rest)
    kept = []
    for span in spans:
        if skip < len(span.text):
            kept.append(replace(span, text=span.text[skip:]))
        skip = max(0, skip - len(span.text))
    return tuple(kept)
