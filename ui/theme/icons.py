"""The one façade to the icons: small SVG files of resources/icons, drawn in a colour. GUI thread only.

Own files and not an icon font: the font packages cost half a second at start.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.i18n import RESOURCES_DIR

_SCALES = (1.0, 2.0)


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return (RESOURCES_DIR / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, size_px: int, scale: float = 1.0) -> QPixmap:
    """``name`` in ``colour`` (#RRGGBB); ``size_px`` in logical pixels, ``scale`` device pixels to one of them."""
    picture = QPixmap(QSize(round(size_px * scale), round(size_px * scale)))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    renderer.render(painter, QRectF(0, 0, picture.width(), picture.height()))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


def _spaced(name: str, colour: str, size_px: int, scale: float, gap_px: int) -> QPixmap:
    # a style sheet cannot widen the gap between a button's icon and its text
    drawn = pixmap(name, colour, size_px, scale)
    if not gap_px:
        return drawn
    wide = QPixmap(QSize(round((size_px + gap_px) * scale), round(size_px * scale)))
    wide.setDevicePixelRatio(scale)
    wide.fill(Qt.GlobalColor.transparent)
    painter = QPainter(wide)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    return wide


def icon(
    name: str, colour: str, *, checked_colour: str = "", disabled_colour: str = "", size_px: int = 18, gap_px: int = 0
) -> QIcon:
    """An icon for a button; ``checked_colour`` is taken while it is checked, ``gap_px`` stays free beside it."""
    made = QIcon()
    for scale in _SCALES:
        for ink, mode, state in (
            (colour, QIcon.Mode.Normal, QIcon.State.Off),
            (checked_colour, QIcon.Mode.Normal, QIcon.State.On),
            (disabled_colour, QIcon.Mode.Disabled, QIcon.State.Off),
        ):
            if ink:
                made.addPixmap(_spaced(name, ink, size_px, scale, gap_px), mode, state)
    return made
