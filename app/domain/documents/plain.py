"""A ``.txt`` as the world writes it, made a document. Pure; what it found is for a person to look over.

The lines are cleaned (``lines``), what each looks like is noted (``marks``), where paragraphs end is judged
(``breaks``); then the blocks are told in one pass, and their lines joined (``joining``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.domain.documents.breaks import UNFINISHED, ends_clause, ends_sentence, is_cut, is_unfinished, score_breaks
from app.domain.documents.canonical import MAX_LEVEL, clean_spans
from app.domain.documents.joining import join, title, vocabulary_of
from app.domain.documents.lines import Line, read_lines
from app.domain.documents.marks import (
    MAX_ARTICLE_TITLE_CHARS,
    MAX_TITLE_CHARS,
    Fit,
    Mark,
    MarkKind,
    Numbering,
    continues,
    find_mark,
    is_amount,
    is_lone,
    is_title_like,
    is_used_as_word,
    names_numbers,
)
from app.domain.documents.model import Block, BlockKind, Document, Span

AFTER_TITLE = 6.0
ITEM_GOES_ON = 0.8
SIGHT_LINES = 12
MAX_NUMBER = 999
_GLUED = re.compile(r"(.{2,24}?) {2,}(\S.{14,})|(.{2,24}?) +(1[.．、](?:1\D|\D).{10,})")
_OPEN_BRACKET = re.compile(r"【[^【】]{0,24}")
_ENDS_IN_COLON = re.compile(r"[：:]$")
_LEADS_TO_WORD = re.compile(
    r"(?:点击|选择|按下?|进入|打开|在|从|至|到|的|和|与|或|及|“|（|、|通过|勾选|查看|名为|称为|标注|标有|显示)$"
)
_BONUS = {
    (MarkKind.CHAPTER, Fit.NEXT): 6.0,
    (MarkKind.CHAPTER, Fit.FIRST): 5.0,
    (MarkKind.PART, Fit.NEXT): 6.0,
    (MarkKind.PART, Fit.FIRST): 6.0,
    (MarkKind.ARTICLE, Fit.NEXT): 6.0,
    (MarkKind.ARTICLE, Fit.FIRST): 5.0,
    (MarkKind.SECTION, Fit.NEXT): 6.0,
    (MarkKind.SECTION, Fit.FIRST): 5.0,
    (MarkKind.ITEM, Fit.NEXT): 6.0,
    (MarkKind.ITEM, Fit.FIRST): 4.5,
    (MarkKind.DECIMAL, Fit.NEXT): 6.0,
    (MarkKind.DECIMAL, Fit.FIRST): 4.5,
    (MarkKind.LETTER, Fit.NEXT): 4.5,
    (MarkKind.LETTER, Fit.FIRST): 3.0,
}
LEAST_GOING_ON = -4.5
"""Hardly any title is longer than its line."""
MIN_FULL_RATIO = 0.6
LEAST_UNEXPECTED = 1.0
"""A number that does not count on is one only where a paragraph begins anyway."""


@dataclass(slots=True)
class _Open:
    """A block whose lines are still being collected."""

    kind: BlockKind
    lines: list[Line] = field(default_factory=list)
    number: str = ""
    level: int = 0


def read_plain(text: str) -> Document:
    """The document of a text file's characters; never refuses, and an empty file has no blocks."""
    return _Reader(_prepared(read_lines(text))).read()


def _prepared(lines: Sequence[Line]) -> list[Line]:
    """With numbers that stand alone put before their text, and titles in brackets put together again."""
    made: list[Line] = []
    place = 0
    while place < len(lines):
        line, place = lines[place], place + 1
        if place < len(lines):
            after = lines[place]
            is_cut_title = _OPEN_BRACKET.fullmatch(line.text) and "】" in after.text[:24]
            if is_cut_title or (is_lone(line.text) and not find_mark(after.text)):
                line, place = (
                    replace(line, text=line.text + after.text, has_space_after=after.has_space_after),
                    place + 1,
                )
        glued = _GLUED.fullmatch(line.text)
        head, tail = (glued[1] or glued[3], glued[2] or glued[4]) if glued else (line.text, "")
        mark = find_mark(head) if glued else None
        if mark and mark.kind in {MarkKind.CHAPTER, MarkKind.PART} and is_title_like(mark.rest, 14):
            made += [replace(line, text=head), replace(line, text=tail, gap=0, is_after_page=False)]
        else:
            made.append(line)
    return made


class _Reader:
    """One pass over the lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._marks = [find_mark(line.text) for line in lines]
        titles = [mark is not None and self._is_title_line(mark) for mark in self._marks]
        self._scores, self._bare_scores = score_breaks(lines, [mark is not None for mark in self._marks], titles)
        self._has_chapters = any(mark and mark.kind in {MarkKind.CHAPTER, MarkKind.PART} for mark in self._marks)
        self._has_parts = any(mark and mark.kind is MarkKind.PART for mark in self._marks)
        lengths = sorted(len(line.text) for line in lines)
        self._usual_chars = lengths[len(lengths) * 3 // 4] if lengths else 0
        self._numbering = Numbering()
        self._blocks: list[_Open] = []

    def read(self) -> Document:
        vocabulary = vocabulary_of(self._lines)
        for place, line in enumerate(self._lines):
            self._read_line(place, line)
        made = []
        for block in self._blocks:
            text = join(block.lines, vocabulary)
            if block.kind in {BlockKind.CHAPTER, BlockKind.CLAUSE}:
                text = title(text)
            made.append(Block(block.kind, clean_spans([Span(text)]), block.number, min(block.level, MAX_LEVEL)))
        return Document(tuple(made))

    @staticmethod
    def _is_title_line(mark: Mark) -> bool:
        if mark.kind is MarkKind.BRACKETED:
            return not mark.rest
        return mark.kind in {MarkKind.CHAPTER, MarkKind.PART, MarkKind.ARTICLE} and is_title_like(mark.rest)

    def _read_line(self, place: int, line: Line) -> None:
        mark = self._marks[place]
        if mark and self._is_mark(place, mark, self._score(place, self._scores[place])):
            self._begin_marked(place, line, mark)
        elif self._score(place, self._bare_scores[place]) >= 0 or not self._blocks:
            self._begin(BlockKind.PARAGRAPH, line)
        else:
            self._blocks[-1].lines.append(line)

    def _begin(self, kind: BlockKind, line: Line, number: str = "", level: int = 0) -> None:
        self._blocks.append(_Open(kind, [line], number, level))

    def _score(self, place: int, score: float) -> float:
        """How likely a line begins a block, with what the blocks so far say."""
        if not self._blocks:
            return AFTER_TITLE
        block = self._blocks[-1]
        if block.kind in {BlockKind.CHAPTER, BlockKind.CLAUSE}:
            return -1.0 if self._is_title_going_on(place, block) else AFTER_TITLE
        if block.kind is BlockKind.ITEM and not self._marks[place]:
            # Items are mostly one paragraph each, above all those that others follow.
            style, number = self._numbering.open_lists[-1]
            score -= ITEM_GOES_ON + continues(self._marks, place, style, number + 1, SIGHT_LINES)
        name = find_mark(block.lines[-1].text)
        if (
            name
            and name.kind is MarkKind.BRACKETED
            and is_used_as_word(replace(name, rest=name.rest + self._lines[place].text))
        ):
            score -= 2 * UNFINISHED
        if len(block.lines) > 1 and is_unfinished("".join(line.text for line in block.lines[-3:])):
            score -= 0.0 if is_unfinished(block.lines[-1].text) else UNFINISHED
        return score

    def _is_title_going_on(self, place: int, block: _Open) -> bool:
        whole = "".join(line.text for line in block.lines) + self._lines[place].text
        return (
            block.kind is BlockKind.CHAPTER
            and (self._scores[place] < LEAST_GOING_ON or is_cut(block.lines[-1].text, self._lines[place].text))
            and not self._marks[place]
            and is_title_like(whole, MAX_TITLE_CHARS + 6)
            and not (place + 1 < len(self._lines) and self._scores[place + 1] < 0)
        )

    def _is_mark(self, place: int, mark: Mark, score: float) -> bool:
        before = self._lines[place - 1].text if place else ""
        if is_amount(mark) and not ends_sentence(before):
            return False
        is_open = score < AFTER_TITLE and not ends_clause(before) and (score < 0 or mark.kind is not MarkKind.ITEM)
        if (is_open and names_numbers(mark, before)) or self._is_word(place, mark, score):
            return False
        if mark.kind is MarkKind.BULLET:
            return score + 5.0 >= 0
        if mark.kind is MarkKind.BRACKETED:
            return self._is_bracketed_title(place, mark, score, before)
        fit = self._numbering.fit(mark)
        bonus = _BONUS.get((mark.kind, fit))
        if bonus is None:
            is_expected = fit is Fit.SKIPS or mark.kind in {MarkKind.CHAPTER, MarkKind.PART, MarkKind.ARTICLE}
            return score >= (LEAST_UNEXPECTED if is_expected else 2 * LEAST_UNEXPECTED)
        if _ENDS_IN_COLON.search(before) and fit is Fit.FIRST:
            bonus += 1.5
        if mark.kind is MarkKind.CHAPTER and not is_title_like(mark.rest):
            bonus -= 1.0
        return score + bonus >= 0

    def _is_word(self, place: int, mark: Mark, score: float) -> bool:
        """Whether the line before asks for the name of a button."""
        is_bracketed = mark.kind is MarkKind.BRACKETED and place > 0 and score < AFTER_TITLE
        return is_bracketed and bool(_LEADS_TO_WORD.search(self._lines[place - 1].text))

    def _is_bracketed_title(self, place: int, mark: Mark, score: float, before: str) -> bool:
        if is_used_as_word(mark):
            return False
        if mark.rest:
            return score + (4.0 if ends_sentence(before) else 1.5) >= 0
        if place + 1 < len(self._lines) and self._marks[place + 1] is None:
            after = replace(mark, rest=self._lines[place + 1].text)
            if is_used_as_word(after):
                return False
        return score + 7.0 >= 0

    def _begin_marked(self, place: int, line: Line, mark: Mark) -> None:
        if mark.kind is MarkKind.BRACKETED:
            self._numbering.begin_section()
            self._begin(BlockKind.CLAUSE, replace(line, text=mark.title))
            if mark.rest:
                self._begin(BlockKind.PARAGRAPH, replace(line, text=mark.rest))
            return
        level = self._numbering.take(mark, bool(self._blocks) and self._blocks[-1].kind is BlockKind.ITEM)
        if mark.kind is MarkKind.ITEM:
            if mark.rest and mark.number <= MAX_NUMBER:
                self._begin(BlockKind.ITEM, replace(line, text=mark.rest), str(mark.number), level)
            else:
                self._begin(BlockKind.PARAGRAPH, line)
        elif mark.kind is MarkKind.BULLET:
            self._begin(BlockKind.PARAGRAPH, replace(line, text=mark.rest or line.text))
        elif kind := self._heading(place, mark):
            self._numbering.begin_section()
            self._begin(kind, line)
        else:
            self._begin(BlockKind.PARAGRAPH, line)

    def _heading(self, place: int, mark: Mark) -> BlockKind | None:
        """What a numbered line heads; None for a paragraph that has a number."""
        is_article = mark.kind is MarkKind.ARTICLE
        if mark.kind not in {MarkKind.CHAPTER, MarkKind.PART} and not is_article:
            return None
        if not is_title_like(mark.rest, MAX_ARTICLE_TITLE_CHARS if is_article else MAX_TITLE_CHARS):
            return None
        if is_article and ends_clause(mark.rest):
            return None
        if self._goes_on(place):
            return None
        is_below = (is_article and self._has_chapters) or (mark.kind is MarkKind.CHAPTER and self._has_parts)
        return BlockKind.CLAUSE if is_below else BlockKind.CHAPTER

    def _goes_on(self, place: int) -> bool:
        """Whether the line is the begin of a wrapped sentence rather than a title."""
        if place + 1 >= len(self._lines) or self._marks[place + 1] or self._scores[place + 1] >= LEAST_GOING_ON:
            return False
        if len(self._lines[place].text) < MIN_FULL_RATIO * self._usual_chars:
            return False
        whole = self._lines[place].text + self._lines[place + 1].text
        is_long = place + 2 < len(self._lines) and self._scores[place + 2] < 0 and not self._marks[place + 2]
        return is_long or not is_title_like(whole, MAX_TITLE_CHARS + 6)
