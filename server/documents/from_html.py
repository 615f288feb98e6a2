"""The parts of an HTML file, be it made by hand or by an office program. Pure; nothing is fetched, no script runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree, html

from app.domain.documents.marks import find_mark
from app.domain.documents.model import Span
from app.errors import InputError
from server.documents.rough import Role, Rough

_LEFT_OUT = frozenset({
    "script", "style", "head", "nav", "noscript", "template", "iframe", "object", "svg", "math", "button", "select",
    "textarea", "footer", "title", "audio", "video", "canvas",
})  # fmt: skip
_BLOCKS = frozenset({
    "p", "div", "section", "article", "main", "body", "blockquote", "pre", "ul", "ol", "li", "dl", "dt", "dd", "table",
    "thead", "tbody", "tfoot", "tr", "td", "th", "hr", "center", "address", "figure", "figcaption", "form", "fieldset",
    "aside", "h1", "h2", "h3", "h4", "h5", "h6", "header",
})  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|bolder|[6-9]00)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"font-weight\s*:\s*(?:normal|lighter|[1-5]00)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_WIDE_BREAK = re.compile(r"(?<=[\u2e80-\U0003ffff])[ \t\r\f]*\n[ \t\r\n\f]*(?=[\u2e80-\U0003ffff])")
_CODED_AS = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_-]{1,40})""", re.IGNORECASE)
_CELLS = frozenset({"td", "th"})
_PARAGRAPHS = ("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre")
MAX_CELL_LINES = 4
"""A cell of more lines is no figure."""
_ENDS = ("。", "；", "：", "！", "？", "】", ";", ":", "!", "?")


def declared_encoding(content: bytes) -> str:
    """What the file says of itself in its first kilobytes; empty when it says nothing."""
    found = _CODED_AS.search(content[:4096])
    return found[1].decode("ascii") if found else ""


def read_html(text: str) -> list[Rough]:
    """In reading order. Raises InputError (document_invalid with a reason)."""
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True, recover=True
    )
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise InputError("document_invalid", detail={"reason": "html_broken"}) from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        # The parser gave up there, and what follows would be missing.
        raise InputError("document_invalid", detail={"reason": "too_deep"})
    return _Walk().read(root)


@dataclass(slots=True)
class _List:
    is_ordered: bool
    next_number: int


@dataclass(slots=True)
class _Walk:
    """Through the elements, without calling itself: a file may nest them as deep as it likes."""

    made: list[Rough] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    bold: list[bool] = field(default_factory=lambda: [False])
    heading: int = 0
    number: str = ""
    is_row: bool = False
    finding: str = ""

    def read(self, root: html.HtmlElement) -> list[Rough]:
        element = root
        while True:
            if self._begin(element) and len(element):
                element = element[0]
                continue
            while True:
                self._end(element)
                if element is root:
                    self._flush()
                    return self.made
                self._text(element.tail)
                following = element.getnext()
                if following is not None:
                    element = following
                    break
                element = element.getparent()

    def _begin(self, element: html.HtmlElement) -> bool:
        """Whether what is inside is read."""
        if not isinstance(element.tag, str):
            return False
        tag = element.tag.lower()
        style = element.get("style") or ""
        if _is_left_out(element, tag, style):
            self.bold.append(self.bold[-1])
            return False
        if tag in _BLOCKS and not (self.is_row and tag not in {"tr", "table"}):
            self._flush()
        is_bold = self.bold[-1]
        if tag in {"b", "strong"} or _BOLD.search(style):
            is_bold = True
        elif _NOT_BOLD.search(style):
            is_bold = False
        self.bold.append(is_bold)
        match tag:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.heading = int(tag[1])
            case "ol" | "ul":
                self.lists.append(_List(tag == "ol", _whole(element.get("start"), 1)))
            case "li" if self.lists and self.lists[-1].is_ordered:
                mine = self.lists[-1]
                number = _whole(element.get("value"), mine.next_number)
                mine.next_number = number + 1
                self.number = str(number)
            case "tr" if _holds_figures(element):
                self.is_row, self.finding = True, "table"
            case "td" | "th" if self.is_row and self._last_words():
                # Between two cells the file has line ends and blanks.
                while not self.spans[-1].text.strip():
                    self.spans.pop()
                self.spans.append(Span("；"))
            case "br" if self._is_break(element.tail or ""):
                self._flush()
            case "img":
                self.finding = self.finding or "image"
            case _:
                pass
        self._text(element.text)
        return True

    def _end(self, element: html.HtmlElement) -> None:
        if not isinstance(element.tag, str):
            return
        tag = element.tag.lower()
        self.bold.pop()
        if _is_left_out(element, tag, element.get("style") or ""):
            return
        if tag == "tr":
            self._flush()
            self.is_row = False
        elif tag in _BLOCKS and not self.is_row:
            self._flush()
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.heading = 0
        elif tag in {"ol", "ul"} and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.number = ""

    def _text(self, text: str | None) -> None:
        if text:
            # A line end of the file is no space between two characters of Chinese.
            plain = _BLANKS.sub(" ", _WIDE_BREAK.sub("", text))
            self.spans.append(Span(plain, self.bold[-1]))

    def _is_break(self, following: str) -> bool:
        """Whether a new paragraph begins after a br, and not only a new line."""
        after = following.strip()
        return self._last_words().endswith(_ENDS) or (bool(after) and find_mark(after) is not None)

    def _last_words(self) -> str:
        """The last piece of the paragraph so far that says something; not all of it, which may be megabytes."""
        return next((words for span in reversed(self.spans) if (words := span.text.strip())), "")

    def _flush(self) -> None:
        spans, self.spans = tuple(self.spans), []
        if not "".join(span.text for span in spans).strip(" \u00a0\u3000；"):
            return
        finding, self.finding = self.finding, ""
        if self.heading:
            self.made.append(Rough(Role.HEADING, spans, self.heading, finding=finding))
        elif self.number:
            depth = sum(one.is_ordered for one in self.lists) - 1
            self.made.append(Rough(Role.ITEM, spans, max(0, depth), self.number, finding))
            self.number = ""
        else:
            self.made.append(Rough(Role.PARAGRAPH, spans, finding=finding))


def _is_left_out(element: html.HtmlElement, tag: str, style: str) -> bool:
    return tag in _LEFT_OUT or element.get("hidden") is not None or bool(_HIDDEN.search(style))


def _holds_figures(row: html.HtmlElement) -> bool:
    """Whether a row is one of a table, and not of a page that was laid out with tables."""
    cells = [cell for cell in row if cell.tag in _CELLS]
    for cell in cells:
        inside = [block.tag for block in islice(cell.iter(*_PARAGRAPHS), 2)]
        has_lines = len(list(islice(cell.iter("br"), MAX_CELL_LINES))) == MAX_CELL_LINES
        if len(inside) == 2 or "table" in inside or has_lines:
            return False
    return len(cells) > 1


def _whole(text: str | None, otherwise: int) -> int:
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 3 else otherwise
