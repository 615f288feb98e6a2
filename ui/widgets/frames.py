"""What the engine shows: the preview's frames and the levels of sound, pulled from shared memory by own timers.

GUI thread. The engine already scaled the picture to the widget's device pixels, so painting is a copy.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ports.engine import PreviewReady
from app.runtime.shared_frames import FrameReader, Levels, SharedFramesError
from ui.theme.tokens import DARK, Tokens
from ui.widgets.edges import Edge
from ui.widgets.tips import set_plain_tip

PICTURE_MS = 33
METER_MS = 50
SETTLE_MS = 150
MIN_DB, WARN_DB, BAD_DB = -60.0, -20.0, -9.0
"""Where the meter begins, turns yellow and turns red, as in OBS Studio."""
LAMP_PX = 6
CORNER_PX = 8


class FrameFeed:
    """One attachment to the engine's segment, shared by preview and meters. GUI thread only."""

    def __init__(self) -> None:
        self._reader: FrameReader | None = None
        self._wanted = ""
        self._number = 0
        self._buffer = bytearray()
        self.image = QImage()
        self.frames_seen = 0

    def attach(self, ready: PreviewReady | None) -> None:
        """Follow the segment that the state names; the same name again costs nothing."""
        name = ready.name if ready is not None else ""
        if name != self._wanted:
            self.close()
            self._wanted = name

    def _open(self) -> FrameReader | None:
        if self._reader is None and self._wanted:
            try:
                self._reader = FrameReader(self._wanted)
            except SharedFramesError:
                return None  # the engine has not made it yet, or is gone: tried again by the next tick
            self._number = 0
            self._buffer = bytearray(self._reader.width_px * self._reader.height_px * 4)
        return self._reader

    def pull(self) -> bool:
        """Take the newest frame; True when ``image`` changed."""
        reader = self._open()
        if reader is None or reader.newest() == self._number:
            return False
        taken = reader.copy_newest(self._buffer)
        if taken is None:
            return False
        self._number = taken[0]
        self.frames_seen += 1
        self.image = QImage(
            self._buffer, reader.width_px, reader.height_px, reader.width_px * 4, QImage.Format.Format_RGB32
        )
        return True

    def levels(self) -> Levels | None:
        """The newest levels; None when there are none."""
        reader = self._open()
        return reader.levels() if reader is not None else None

    def close(self) -> None:
        """Let go of the segment."""
        self.image = QImage()
        if self._reader is not None:
            self._reader.close()
            self._reader = None


class Preview(QWidget):
    """``size_wished`` carries the device pixels that the picture should have, a moment after resizing ends.

    It stands on the ground of a page (``bg``) and paints it around the picture itself: else all that lies beneath would
    be painted with every picture.
    """

    size_wished = Signal(int, int)
    first_frame_shown = Signal()

    def __init__(self, name: str, feed: FrameFeed) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 135)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._feed = feed
        self._aspect = 16 / 9
        self._tokens: Tokens = DARK
        self._edge = Edge(CORNER_PX + 1)
        self._asked = (0, 0)
        self._did_show = False
        self._pull_timer = QTimer(self)
        self._pull_timer.setInterval(PICTURE_MS)
        self._pull_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._pull_timer.timeout.connect(self._pull)
        self._settle_timer = QTimer(self)
        self._settle_timer.setSingleShot(True)
        self._settle_timer.setInterval(SETTLE_MS)
        self._settle_timer.timeout.connect(self._ask_size)

    def sizeHint(self) -> QSize:
        return QSize(807, 454)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def picture_rect(self) -> QRect:
        """Where the picture lies: the largest of its shape, in the middle."""
        width = min(self.width(), math.floor(self.height() * self._aspect))
        height = min(self.height(), math.ceil(width / self._aspect))
        return QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def showEvent(self, event: QShowEvent) -> None:
        self._pull_timer.start()
        self._settle_timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pull_timer.stop()
        self._settle_timer.stop()
        # another preview may ask for another size meanwhile
        self._asked = (0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.isVisible():
            self._settle_timer.start()

    def _ask_size(self) -> None:
        scale = self.devicePixelRatioF()
        area = self.picture_rect()
        asked = (round(area.width() * scale) // 2 * 2, round(area.height() * scale) // 2 * 2)
        if asked != self._asked and min(asked) > 0:
            self._asked = asked
            self.size_wished.emit(*asked)

    def _pull(self) -> None:
        if self._feed.pull():
            self.update(self.picture_rect())
            if not self._did_show:
                self._did_show = True
                self.first_frame_shown.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        area, ground = self.picture_rect(), QColor(self._tokens.bg)
        painter = QPainter(self)
        if area != self.rect():
            painter.fillRect(self.rect(), ground)
        image = self._feed.image
        if image.isNull():
            painter.fillRect(area, QColor(self._tokens.matte if self._tokens.name == "dark" else self._tokens.raised))
        else:
            self._paint_picture(painter, area, image)
        self._edge.paint(painter, area, self._draw_edge, self._tokens.name, self.devicePixelRatioF())
        painter.end()

    def _draw_edge(self, painter: QPainter, area: QRectF) -> None:
        """The ground outside of round corners, and a hairline."""
        painter.fillPath(corners(area, CORNER_PX), QColor(self._tokens.bg))
        painter.setPen(QPen(QColor(self._tokens.line), 1))
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), CORNER_PX, CORNER_PX)

    def _paint_picture(self, painter: QPainter, area: QRect, image: QImage) -> None:
        scale = self.devicePixelRatioF()
        wanted = area.size() * scale
        less = wanted - image.size()
        if 0 <= less.width() <= 2 and 0 <= less.height() <= 2:
            # a pixel may be missing at the lower right, as pictures have even sizes: copied, not scaled
            line = QColor(self._tokens.line)
            if less.width():
                painter.fillRect(area.right() - 1, area.top(), 2, area.height(), line)
            if less.height():
                painter.fillRect(area.left(), area.bottom() - 1, area.width(), 2, line)
            image.setDevicePixelRatio(scale)
            painter.drawImage(area.topLeft(), image)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(area), image)


def corners(area: QRectF, radius_px: float) -> QPainterPath:
    """What lies outside a rounded rectangle in each of its corners: covering it afterwards costs less than to paint
    within a rounded path."""
    path = QPainterPath()
    size = 2 * radius_px
    for x, y, across, down, start in (
        (area.left(), area.top(), 0, 0, 90), (area.right(), area.top(), 1, 0, 0),
        (area.right(), area.bottom(), 1, 1, 270), (area.left(), area.bottom(), 0, 1, 180),
    ):  # fmt: skip
        path.moveTo(x, y)
        path.arcTo(QRectF(x - across * size, y - down * size, size, size), start, 90)
        path.closeSubpath()
    return path


class LevelMeter(QWidget):
    """The programme's sound level: green, yellow from −20 dB, red from −9 dB, with the peak held.

    A lamp at its end is lit while what comes in is too loud.
    """

    def __init__(self, name: str, feed: FrameFeed, *, width_px: int = 64) -> None:
        super().__init__()
        self.setObjectName(name)
        self._feed = feed
        self._levels: Levels | None = None
        self._over_text = ""
        self._tokens: Tokens = DARK
        self.setFixedSize(width_px, 8)
        self._timer = QTimer(self)
        self._timer.setInterval(METER_MS)
        self._timer.timeout.connect(self._pull)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    @property
    def is_over(self) -> bool:
        """Whether the lamp is lit."""
        return self._levels is not None and self._levels.is_over and not self._levels.is_muted

    def set_over_text(self, text: str) -> None:
        """What the lamp means, for a tooltip and a screen reader."""
        self._over_text = text
        self._say_over()

    def _say_over(self) -> None:
        said = self._over_text if self.is_over else ""
        self.setAccessibleDescription(said)
        set_plain_tip(self, said)

    def _pull(self) -> None:
        levels = self._feed.levels()
        if levels != self._levels:
            was_over, self._levels = self.is_over, levels
            if self.is_over != was_over:
                self._say_over()
            self.update(self.changing_rect())

    def changing_rect(self) -> QRect:
        """What another level changes."""
        return self.rect()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, levels = self._tokens, self._levels
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(area, 3, 3)
        painter.setClipPath(outline)
        painter.fillRect(area, QColor(tokens.line))
        if levels is not None and not levels.is_muted:
            now = level_share(levels.level_db) * area.width()
            for start_db, end_db, colour in (
                (MIN_DB, WARN_DB, tokens.good),
                (WARN_DB, BAD_DB, tokens.warn),
                (BAD_DB, 0.0, tokens.on_air),
            ):
                start, end = level_share(start_db) * area.width(), min(now, level_share(end_db) * area.width())
                if end > start:
                    painter.fillRect(QRectF(start, 0, end - start, area.height()), QColor(colour))
            hold = level_share(levels.hold_db) * area.width()
            if hold > 1:
                painter.fillRect(QRectF(min(hold, area.width() - 2), 0, 2, area.height()), QColor(tokens.text_2))
            if levels.is_over:
                # White on red: told by its shape too, where red alone may be overlooked.
                lamp = QRectF(area.width() - LAMP_PX, 0, LAMP_PX, area.height())
                painter.fillRect(lamp, QColor(tokens.on_air_fill))
                painter.fillRect(lamp.adjusted(2, 1, -2, -1), QColor(tokens.on_fill))
        painter.end()


def level_share(level_db: float) -> float:
    """How far a level reaches on the scale, 0 … 1."""
    return min(1.0, max(0.0, (level_db - MIN_DB) / -MIN_DB))
