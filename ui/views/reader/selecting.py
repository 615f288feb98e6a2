"""What is selected in the reader's text: from one place to another, over any number of paragraphs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.presenters.reader_text import Paragraph


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A paragraph, and a character in it."""

    paragraph: int
    offset: int


class Selection:
    """``anchor`` is where it began, ``cursor`` where it was dragged to."""

    def __init__(self) -> None:
        self._anchor: Place | None = None
        self._cursor: Place | None = None

    def clear(self) -> None:
        self._anchor = self._cursor = None

    def begin(self, place: Place, *, keeps_anchor: bool = False) -> None:
        """Start anew; with ``keeps_anchor`` go on from where it began."""
        if not keeps_anchor or self._anchor is None:
            self._anchor = place
        self._cursor = place

    def extend(self, place: Place) -> None:
        if self._anchor is not None:
            self._cursor = place

    def take_paragraph(self, number: int, chars: int) -> None:
        self._anchor, self._cursor = Place(number, 0), Place(number, chars)

    def take_all(self, paragraphs: int, last_chars: int) -> None:
        if paragraphs:
            self._anchor, self._cursor = Place(0, 0), Place(paragraphs - 1, last_chars)

    def within(self, number: int, chars: int) -> tuple[int, int] | None:
        """What of a paragraph is selected, in its characters."""
        if self._anchor is None or self._cursor is None:
            return None
        first, last = sorted((self._anchor, self._cursor))
        if not first.paragraph <= number <= last.paragraph:
            return None
        begin = first.offset if number == first.paragraph else 0
        end = last.offset if number == last.paragraph else chars
        return begin, end

    def text(self, paragraphs: Sequence[Paragraph]) -> str:
        """For the clipboard: a line a paragraph, numbers of items included where they begin in it."""
        found: list[str] = []
        for number, paragraph in enumerate(paragraphs):
            span = self.within(number, len(paragraph.text))
            if span is not None and (span[0] < span[1] or found):
                head = f"{paragraph.number}. " if paragraph.number and span[0] == 0 else ""
                found.append(head + paragraph.text[span[0] : span[1]])
        return "\n".join(found)
