"""The coloured screen: over the whole window, with the picture in its middle. GUI thread.

Its own clock looks often enough whether the next colour is due; a colour is painted by the turn that finds it. When the
first grey was painted is told once, as the colours are counted from there on every side.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.domain.flash import GREY, Colour, shown_at
from app.runtime.clock import Clock
from ui.theme.tokens import DARK
from ui.views.liveness.oval import INSET_PX, OvalPreview
from ui.widgets.frames import FrameFeed

FRAME_MS = 8
"""Half a frame of a usual screen: a colour comes with the next one."""
TEXT_PX, HINT_PX, PAD_PX, PLATE_GAP_PX = 22, 12, 18, 20


class FlashOverlay(QWidget):
    """``shown`` carries the monotonic ms of the first painted grey; ``stopped``: Escape."""

    shown = Signal(int)
    stopped = Signal()

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__()
        self.setObjectName("liveness.flash")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._clock = clock
        self._colours: tuple[Colour, ...] = ()
        self._painted_ms: float | None = None
        """When the first grey was painted."""
        self._is_told = False
        self._text, self._hint = "", ""
        self.colour: Colour = GREY
        self.oval = OvalPreview("liveness.flash_preview", feed, has_ring=False)
        self.oval.setParent(self)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._look)
        self._window: QWidget | None = None
        self.hide()

    @property
    def is_running(self) -> bool:
        return not self.isHidden()

    def begin(self, window: QWidget, colours: Sequence[Colour], oval: OvalPreview) -> None:
        """Cover ``window``; the picture is as large as in ``oval``, whose size the frames have."""
        if self.is_running:
            return
        self._colours = tuple(colours)
        self._painted_ms, self._is_told = None, False
        self.colour = GREY
        self.oval.set_ground(_named(GREY))
        area = oval.picture_rect()
        self.oval.setFixedSize(area.width() + 2 * INSET_PX, area.height() + 2 * INSET_PX)
        self.setParent(window)
        if self._window is not window:
            self._window = window
            window.installEventFilter(self)
        self.setGeometry(window.rect())
        self._place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self._timer.start()

    def end(self) -> None:
        """Uncover the window."""
        self._timer.stop()
        self.hide()

    def show_text(self, text: str, hint: str, *, is_flipped: bool) -> None:
        """What stands above the picture."""
        self._text, self._hint = text, hint
        self.setAccessibleName(text)
        self.setAccessibleDescription(hint)
        self.oval.show_marks(0.0, None, is_flipped=is_flipped)

    # ---- the clock -------------------------------------------------------------------------------

    def _now_ms(self) -> float:
        return self._clock.monotonic_s() * 1000

    def _look(self) -> None:
        """Paint the colour that is due; tell once when the first one was painted."""
        if self._painted_ms is None:
            self.update()
            return
        if not self._is_told:
            self._is_told = True
            self.shown.emit(round(self._painted_ms))
        due = shown_at(self._colours, self._now_ms() - self._painted_ms)
        if due != self.colour:
            self.colour = due
            self.oval.set_ground(_named(due))
            self.repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(*self.colour))
        self._paint_words(painter)
        painter.end()
        if self._painted_ms is None:
            self._painted_ms = self._now_ms()

    def _paint_words(self, painter: QPainter) -> None:
        """On a dark plate of their own: to be read on every colour."""
        font, small = QFont(self.font()), QFont(self.font())
        font.setPixelSize(TEXT_PX)
        font.setWeight(QFont.Weight.DemiBold)
        small.setPixelSize(HINT_PX)
        text_px = QFontMetrics(font).horizontalAdvance(self._text)
        hint_px = QFontMetrics(small).horizontalAdvance(self._hint)
        width = min(self.width() - 32, max(text_px, hint_px) + 2 * PAD_PX)
        plate = QRectF((self.width() - width) / 2, 0, width, 64)
        plate.moveBottom(max(72.0, self.oval.y() + INSET_PX - PLATE_GAP_PX))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DARK.bg))
        painter.drawRoundedRect(plate, 8, 8)
        for one, written, ink, top, height in (
            (font, self._text, DARK.text, 8.0, 32.0), (small, self._hint, DARK.text_2, 38.0, 20.0),
        ):  # fmt: skip
            painter.setFont(one)
            painter.setPen(QColor(ink))
            place = QRectF(plate.left(), plate.top() + top, plate.width(), height)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), written)

    # ---- the window ------------------------------------------------------------------------------

    def _place(self) -> None:
        self.oval.move((self.width() - self.oval.width()) // 2, (self.height() - self.oval.height()) // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize and self.is_running:
            self.setGeometry(self._window.rect())
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.stopped.emit()
        # every other key stops here: the page behind must not hear it

    def focusNextPrevChild(self, forward: bool) -> bool:
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()


def _named(colour: Colour) -> str:
    return f"#{colour[0]:02X}{colour[1]:02X}{colour[2]:02X}"
