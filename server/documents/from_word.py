"""The parts of a Word file (.docx). Pure; no macro runs, nothing is fetched.

What was deleted with changes tracked is left out, what was inserted is taken. Headers, footers, footnotes and tables of
contents are not of the text.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from lxml import etree

from app.domain.documents.model import Span
from app.errors import InputError
from server.documents.rough import Role, Rough
from server.documents.word_numbers import MAX_STEPS, Numbers

MAX_ENTRIES = 3000
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
"""A file of 4 MB with some pictures unpacks to a tenth of it."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|目录)\s*\d*(?:\s|$)", re.IGNORECASE)
_NOT_TEXT = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent"})
_BOX = f"{_W}txbxContent"
_ENDS_LABEL = re.compile(r"[、．.)）:：]$")


def read_word(content: bytes) -> list[Rough]:
    """In reading order. Raises InputError (document_invalid with a reason)."""
    _require_small(content)
    try:
        document = docx.Document(io.BytesIO(content))
    except ValueError as error:
        # Another kind of Office file, one with macros among them.
        raise _invalid("not_docx") from error
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, etree.LxmlError, OSError, AttributeError) as error:
        raise _invalid("docx_broken") from error
    try:
        part: Any = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
        numbering = part.element
    except (KeyError, AttributeError):
        numbering = None
    reader = _Reader(Numbers.of(numbering), _styles(document.styles.element))
    return list(reader.read(document.element.body))


@dataclass(frozen=True, slots=True)
class _Style:
    name: str = ""
    based_on: str = ""
    outline: int = 0
    """From 1; 0: none."""
    num_id: str = ""
    ilvl: int = 0
    is_bold: bool | None = None


class _Reader:
    def __init__(self, numbers: Numbers, styles: dict[str, _Style]) -> None:
        self._numbers = numbers
        self._styles = styles

    def read(self, body: Any) -> Iterator[Rough]:
        # Without calling itself: content controls may be nested as deep as one likes.
        waiting = list(reversed(list(body)))
        while waiting:
            element = waiting.pop()
            match element.tag:
                case tag if tag == f"{_W}p":
                    yield from self._paragraph(element)
                case tag if tag == f"{_W}tbl":
                    yield from self._table(element)
                case tag if tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"}:
                    waiting.extend(reversed(list(element)))
                case _:
                    pass

    def _table(self, table: Any) -> Iterator[Rough]:
        """A row of figures is a paragraph; of a page that was laid out with a table each paragraph is one."""
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table inside a cell, which is read with the cell
            cells = [list(cell.iter(f"{_W}p")) for cell in row.iterchildren(f"{_W}tc")]
            if len(cells) < 2 or any(sum(map(_says_something, cell)) > 1 for cell in cells):
                for cell in cells:
                    for paragraph in cell:
                        yield from self._paragraph(paragraph)
                continue
            spans: list[Span] = []
            for cell in cells:
                inside = [span for one in cell for span in _spans(one, False)]
                if inside:
                    spans += [*([Span("；")] if spans else []), *inside]
            yield Rough(Role.PARAGRAPH, tuple(spans), finding="table")

    def _paragraph(self, paragraph: Any) -> Iterator[Rough]:
        chain = list(self._chain(_value(paragraph, "pPr", "pStyle")))
        if any(_CONTENTS.match(style.name) for style in chain):
            return
        is_bold = next((style.is_bold for style in chain if style.is_bold is not None), False)
        spans = tuple(_spans(paragraph, is_bold))
        finding = _finding(paragraph)
        if not "".join(span.text for span in spans).strip():
            return
        depth = self._depth(paragraph, chain)
        num_id, ilvl = self._list(paragraph, chain)
        numbered = self._numbers.next(num_id, ilvl) if num_id not in {"", "0"} else None
        if numbered is not None:
            label, level, number = numbered
            if level.is_plain and not depth:
                yield Rough(Role.ITEM, spans, self._numbers.items_above(num_id, ilvl), str(number), finding)
                return
            spans = (Span(label if _ENDS_LABEL.search(label) or not label else f"{label} "), *spans)
        if any(style.name.lower() in {"title", "标题"} for style in chain[:1]):
            yield Rough(Role.TITLE, spans)
        elif depth:
            yield Rough(Role.HEADING, spans, depth, finding=finding)
        else:
            yield Rough(Role.PARAGRAPH, spans, finding=finding)

    def _chain(self, style_id: str) -> Iterator[_Style]:
        """The style, and those it is based on."""
        for _ in range(MAX_STEPS):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = style.based_on

    def _depth(self, paragraph: Any, chain: list[_Style]) -> int:
        own = _value(paragraph, "pPr", "outlineLvl")
        if own.isdigit():
            return int(own) + 1 if int(own) < 9 else 0
        for style in chain:
            if found := _HEADING.fullmatch(style.name):
                return int(found[1])
            if style.outline:
                return style.outline
        return 0

    def _list(self, paragraph: Any, chain: list[_Style]) -> tuple[str, int]:
        own = _value(paragraph, "pPr", "numPr", "numId")
        level = _value(paragraph, "pPr", "numPr", "ilvl")
        if own:
            return own, int(level) if level.isdigit() else 0
        for style in chain:
            if style.num_id:
                return style.num_id, style.ilvl
        return "", 0


def _spans(paragraph: Any, is_bold: bool) -> Iterator[Span]:
    for run in paragraph.iter(f"{_W}r"):
        if any(parent.tag in _NOT_TEXT for parent in run.iterancestors()):
            continue
        properties = run.find(f"{_W}rPr")
        if _is_on(properties, "vanish"):
            continue
        mine = _is_on(properties, "b", is_bold)
        text = ""
        for part in run:
            if part.tag == f"{_W}t":
                text += part.text or ""
            elif part.tag == f"{_W}tab" or (part.tag == f"{_W}br" and part.get(f"{_W}type") is None):
                text += " "
            elif part.tag == f"{_W}noBreakHyphen":
                text += "-"
        if text:
            yield Span(text, mine)


def _says_something(paragraph: Any) -> bool:
    return any(span.text.strip() for span in _spans(paragraph, False))


def _finding(paragraph: Any) -> str:
    """What of it is not taken over."""
    if any(text.text for text in paragraph.iter(f"{_W}t") if next(text.iterancestors(_BOX), None) is not None):
        return "text_box"
    return "image" if paragraph.find(f".//{_W}drawing") is not None else ""


def _styles(root: Any) -> dict[str, _Style]:
    made = {}
    for style in root.iter(f"{_W}style"):
        outline = _value(style, "pPr", "outlineLvl")
        level = _value(style, "pPr", "numPr", "ilvl")
        properties = style.find(f"{_W}rPr")
        has_bold = properties is not None and properties.find(f"{_W}b") is not None
        made[style.get(f"{_W}styleId", "")] = _Style(
            name=_value(style, "name"),
            based_on=_value(style, "basedOn"),
            outline=int(outline) + 1 if outline.isdigit() and int(outline) < 9 else 0,
            num_id=_value(style, "pPr", "numPr", "numId"),
            ilvl=int(level) if level.isdigit() else 0,
            is_bold=_is_on(properties, "b") if has_bold else None,
        )
    return made


def _value(element: Any, *path: str) -> str:
    for name in path:
        element = element.find(f"{_W}{name}")
        if element is None:
            return ""
    value: str = element.get(f"{_W}val", "")
    return value


def _is_on(properties: Any, name: str, otherwise: bool = False) -> bool:
    found = properties.find(f"{_W}{name}") if properties is not None else None
    if found is None:
        return otherwise
    return found.get(f"{_W}val", "true") not in {"0", "false", "off", "none"}


def _require_small(content: bytes) -> None:
    """Raises InputError for what would unpack to more than a document does. Sizes that lie are cut by zipfile."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
            is_locked = any(entry.flag_bits & 1 for entry in entries)
            unpacked_bytes = sum(entry.file_size for entry in entries)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _invalid("docx_broken") from error
    if len(entries) > MAX_ENTRIES or unpacked_bytes > MAX_UNPACKED_BYTES:
        raise _invalid("docx_too_large")
    if is_locked:
        raise _invalid("docx_locked")


def _invalid(reason: str) -> InputError:
    return InputError("document_invalid", detail={"reason": reason})
