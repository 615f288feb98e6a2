"""The preview in an oval, mirrored, with an arc around it and an arrow towards where to move. GUI thread.

The oval is a hole in a picture of the ground that lies over the camera's: that is painted once for what it shows, so
that a frame costs two copies.
"""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF

from ui.theme.tokens import DARK, Tokens
from ui.widgets.frames import FrameFeed, Preview

ASPECT = 0.76
"""Width of the oval by its height: a face with a little room."""
RING_PX, GAP_PX = 6, 7
INSET_PX = RING_PX + GAP_PX
MOST_PX, LEAST_PX = 560, 170
ARROW_PX, ARROW_INSET_PX = 18, 34
SHARES = 120
"""Steps in which the arc grows."""
_TURN = 5760
"""Qt counts angles in sixteenths of a degree."""


class OvalPreview(Preview):
    """Stands on ``ground``. ``size_wished`` asks for the whole picture, of which the oval shows the middle."""

    def __init__(self, name: str, feed: FrameFeed, *, has_ring: bool = True) -> None:
        super().__init__(name, feed)
        self.setMinimumSize(round(LEAST_PX * ASPECT) + 2 * INSET_PX, LEAST_PX + 2 * INSET_PX)
        # where a window is high the room is left around all of it, not between its parts
        self.setMaximumHeight(MOST_PX + 2 * INSET_PX)
        self._has_ring = has_ring
        self._ground = DARK.bg
        self._is_flipped = False
        self._share = 0
        self._is_good = False
        self.arrow: tuple[float, float] | None = None
        self._blank, self._frame = QPixmap(), QPixmap()
        self._blank_for: Hashable = None
        self._frame_for: Hashable = None

    @property
    def share_ratio(self) -> float:
        """How far the arc reaches."""
        return self._share / SHARES

    def sizeHint(self) -> QSize:
        return QSize(round(384 * ASPECT) + 2 * INSET_PX, 384 + 2 * INSET_PX)

    def set_tokens(self, tokens: Tokens) -> None:
        self._ground = tokens.bg
        super().set_tokens(tokens)

    def set_ground(self, colour: str) -> None:
        """What lies around the oval, #RRGGBB."""
        if colour != self._ground:
            self._ground = colour
            self.update()

    def show_marks(
        self,
        share_ratio: float,
        arrow: tuple[float, float] | None,
        *,
        is_good: bool = False,
        is_flipped: bool = False,
    ) -> None:
        """The arc, 0 … 1, and where to move; the same again costs nothing."""
        shown = (round(share_ratio * SHARES), arrow, is_good, is_flipped)
        if shown != (self._share, self.arrow, self._is_good, self._is_flipped):
            self._share, self.arrow, self._is_good, self._is_flipped = shown
            self.update()

    def pause(self, is_paused: bool) -> None:
        """Leave the frames to another preview of the same feed."""
        if is_paused or not self.isVisible():
            self._pull_timer.stop()
        else:
            self._pull_timer.start()

    # ---- places ----------------------------------------------------------------------------------

    def picture_rect(self) -> QRect:
        """Around the oval: the largest of its shape, in the middle."""
        height = min(self.height() - 2 * INSET_PX, MOST_PX, round((self.width() - 2 * INSET_PX) / ASPECT))
        width = round(height * ASPECT)
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, max(2, width), max(2, height))

    def _ask_size(self) -> None:
        scale, height = self.devicePixelRatioF(), self.picture_rect().height()
        asked = (round(height * self._aspect * scale) // 2 * 2, round(height * scale) // 2 * 2)
        if asked != self._asked and min(asked) > 0:
            self._asked = asked
            self.size_wished.emit(*asked)

    # ---- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        area, image = self.picture_rect(), self._feed.image
        painter = QPainter(self)
        if image.isNull():
            painter.fillRect(area, QColor(self._tokens.matte if self._tokens.name == "dark" else self._tokens.raised))
        else:
            # the middle of it, in the oval's shape
            taken = min(image.width(), image.height() * area.width() / area.height())
            source = QRectF((image.width() - taken) / 2, 0, taken, image.height())
            image.setDevicePixelRatio(1.0)
            if self._is_flipped:
                painter.save()
                painter.translate(2 * area.left() + area.width(), 0)
                painter.scale(-1, 1)
                painter.drawImage(QRectF(area), image, source)
                painter.restore()
            else:
                painter.drawImage(QRectF(area), image, source)
        painter.drawPixmap(0, 0, self._framed(area))
        if self.arrow is not None:
            self._paint_arrow(painter, QRectF(area), self.arrow)
        painter.end()

    def _framed(self, area: QRect) -> QPixmap:
        """The ground with the hole, the track and the arc."""
        ratio = self.devicePixelRatioF()
        wanted: Hashable = (self.width(), self.height(), ratio, self._ground, self._tokens.name)
        if wanted != self._blank_for:
            self._blank_for, self._blank = wanted, self._drawn_blank(area, ratio)
            self._frame_for = None
        if not self._has_ring or not self._share:
            return self._blank
        marked = (wanted, self._share, self._is_good)
        if marked != self._frame_for:
            self._frame_for, self._frame = marked, self._blank.copy()
            painter = QPainter(self._frame)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ink = self._tokens.good if self._is_good else self._tokens.accent
            painter.setPen(QPen(QColor(ink), RING_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawArc(self._ring(area), _TURN // 4, -round(_TURN * self._share / SHARES))
            painter.end()
        return self._frame

    def _drawn_blank(self, area: QRect, ratio: float) -> QPixmap:
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._ground))
        if self._has_ring:
            painter.setPen(QPen(QColor(self._tokens.line), RING_PX))
            painter.drawEllipse(self._ring(area))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(Qt.GlobalColor.black)
        painter.drawEllipse(QRectF(area))
        painter.end()
        return made

    @staticmethod
    def _ring(area: QRect) -> QRectF:
        out = GAP_PX + RING_PX / 2
        return QRectF(area).adjusted(-out, -out, out, out)

    @staticmethod
    def _paint_arrow(painter: QPainter, area: QRectF, way: tuple[float, float]) -> None:
        """White on dark: to be seen on any picture."""
        x, y = way
        middle, half = area.center(), QPointF(area.width() / 2 - ARROW_INSET_PX, area.height() / 2 - ARROW_INSET_PX)
        tip = QPointF(middle.x() + x * half.x() + x * ARROW_PX / 2, middle.y() + y * half.y() + y * ARROW_PX / 2)
        back, side = QPointF(x * ARROW_PX, y * ARROW_PX), QPointF(-y * ARROW_PX * 0.7, x * ARROW_PX * 0.7)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for ink, width_px in ((QColor(0, 0, 0, 150), 9.0), (QColor(255, 255, 255), 5.0)):
            painter.setPen(
                QPen(ink, width_px, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            )
            painter.drawPolyline(QPolygonF([tip - back + side, tip, tip - back - side]))
            painter.drawLine(tip, tip - back * 2.4)
