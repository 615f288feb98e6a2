"""Writes a version of a document as PDF or as text. Pure functions of plain values; called in a worker thread."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QPdfWriter

from app.domain.documents.canonical import plain_text
from app.domain.documents.model import Document
from ui.export.searchable import mend, plain
from ui.presenters.reader_text import whole
from ui.theme.tokens import FONT_FAMILIES, LIGHT
from ui.views.reader.laying import Laid, Look

DPI = 96
MARGIN_MM = 20.0
SIZE_PX = 14
FOOT_PX = 28


@dataclass(frozen=True)
class Sheet:
    """What is to be written. ``foot`` stands on each page and holds ``{page}`` and ``{count}``."""

    title: str
    lines: tuple[str, ...]
    foot: str
    last_line: str
    document: Document


def write_text(path: Path, sheet: Sheet) -> None:
    """UTF-8 with a mark at its beginning, so that every editor of Windows reads it. Raises OSError."""
    head = "\r\n".join((sheet.title, *sheet.lines))
    body = plain_text(sheet.document).replace("\n", "\r\n")
    _put(path, f"\ufeff{head}\r\n\r\n{body}\r\n{sheet.last_line}\r\n".encode())


def write_pdf(path: Path, sheet: Sheet) -> int:
    """A4, with page numbers; how many pages. Raises OSError."""
    aside = path.with_name(f".{path.name}.new")
    # Found out here with its reason: the writer itself only says that it could not begin.
    aside.open("wb").close()
    try:
        pages = _draw(aside, sheet)
        _mend(aside, sheet)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return pages


def _mend(path: Path, sheet: Sheet) -> None:
    text = "".join((sheet.title, *sheet.lines, sheet.foot, sheet.last_line, plain_text(sheet.document)))
    font = QFont()
    font.setFamilies(list(FONT_FAMILIES))
    heavy = QFont(font)
    heavy.setWeight(QFont.Weight.DemiBold)
    mend(path, text, (font, heavy))


def _draw(path: Path, sheet: Sheet) -> int:
    writer = QPdfWriter(str(path))
    writer.setResolution(DPI)
    writer.setTitle(sheet.title)
    writer.setCreator("AnchorDesk")
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    width, height = writer.width(), writer.height() - FOOT_PX
    font = QFont()
    font.setFamilies(list(FONT_FAMILIES))
    font = plain(font)
    look = Look(font, SIZE_PX, width, LIGHT)
    laid = [Laid(one, look, is_first=number == 0) for number, one in enumerate(whole(sheet.document))]
    pages = _pages(laid, height, _head_px(sheet))
    painter = QPainter(writer)
    if not painter.isActive():
        raise OSError(0, "PDF")
    try:
        for number, page in enumerate(pages, 1):
            if number > 1:
                writer.newPage()
            else:
                _draw_head(painter, sheet, font, width)
            for paragraph, top, first, last in page:
                paragraph.draw_lines(painter, 0, top, first, last)
            _draw_foot(painter, sheet, font, QRectF(0, height, width, FOOT_PX), number, len(pages))
    finally:
        painter.end()
    return len(pages)


Part = tuple[Laid, float, int, int]
"""A paragraph, where the page has its first line, and which of its lines."""


def _pages(laid: list[Laid], height: float, head_px: float) -> list[list[Part]]:
    """Lines on pages: a title is never left alone at the foot of one."""
    pages: list[list[Part]] = [[]]
    top = head_px
    for place, paragraph in enumerate(laid):
        following = laid[place + 1] if place + 1 < len(laid) else None
        needed = paragraph.above_px + paragraph.text_height_px
        if paragraph.is_title and following is not None:
            needed += following.above_px + following.step_px * 2
        if top + needed > height and pages[-1] and (paragraph.is_title or needed <= height / 4):
            pages.append([])
            top = 0.0
        above = paragraph.above_px if pages[-1] else 0.0
        first = 0
        while first < paragraph.line_count:
            room = int((height - top - above) // paragraph.step_px)
            if room <= 0:
                pages.append([])
                top, above = 0.0, 0.0
                continue
            last = min(paragraph.line_count, first + room)
            pages[-1].append((paragraph, top + above, first, last))
            top += above + (last - first) * paragraph.step_px
            above, first = 0.0, last
        top += paragraph.below_px
    return pages


def _head_px(sheet: Sheet) -> float:
    return 40.0 + 20.0 * len(sheet.lines) + 18.0


def _draw_head(painter: QPainter, sheet: Sheet, font: QFont, width: float) -> None:
    title = QFont(font)
    title.setPixelSize(24)
    title.setWeight(QFont.Weight.DemiBold)
    painter.setFont(title)
    painter.setPen(QColor(LIGHT.text))
    painter.drawText(QRectF(0, 0, width, 36), int(Qt.AlignmentFlag.AlignLeft), sheet.title)
    small = QFont(font)
    small.setPixelSize(12)
    painter.setFont(small)
    painter.setPen(QColor(LIGHT.text_2))
    for number, line in enumerate(sheet.lines):
        painter.drawText(QRectF(0, 40 + 20 * number, width, 20), int(Qt.AlignmentFlag.AlignLeft), line)


def _draw_foot(painter: QPainter, sheet: Sheet, font: QFont, area: QRectF, page: int, count: int) -> None:
    small = QFont(font)
    small.setPixelSize(11)
    painter.setFont(small)
    painter.setPen(QColor(LIGHT.text_3))
    side = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
    painter.drawText(area, side, sheet.foot.format(page=page, count=count))
    if page == count:
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), sheet.last_line)


def _put(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.new")
    try:
        aside.write_bytes(data)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def file_name_of(title: str, day: str, suffix: str) -> str:
    """直播协议-2026-11-20.pdf; signs that no file may have are left out."""
    plain = "".join(sign for sign in title if sign not in '\\/:*?"<>|' and sign.isprintable()).strip(" .")
    return f"{plain or 'document'}-{day}.{suffix}"
