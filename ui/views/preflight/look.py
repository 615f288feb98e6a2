"""The preview of the preflight: the programme's picture, where to sit, and where the face was found. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.domain.quality.measures import FaceBox
from app.i18n import Translator
from ui.presenters.preflight import LookView
from ui.views.base import View
from ui.widgets.basics import box, column, label, row
from ui.widgets.frames import FrameFeed, Preview

GUIDE = (0.24, 0.08, 0.52, 0.84)
"""Where head and shoulders belong: left, top, width and height as parts of the picture."""
GUIDE_RADIUS_PX = 12
CHIP_PX = 24


class _Overlay(QWidget):
    """What is drawn over the picture; it takes no clicks. Anew only when it has moved."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview)
        self.setObjectName("preflight.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._preview = preview
        self.is_guided = False
        self.face: FaceBox | None = None

    def show_marks(self, face: FaceBox | None, *, is_guided: bool) -> None:
        """``face`` as the preview shows it."""
        if (face, is_guided) != (self.face, self.is_guided):
            self.face, self.is_guided = face, is_guided
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.is_guided and self.face is None:
            return
        area = QRectF(self._preview.picture_rect())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.is_guided:
            guide = _within(area, *GUIDE)
            # dark under light: to be seen on any picture
            for colour in (QColor(0, 0, 0, 110), QColor(255, 255, 255, 190)):
                painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
                painter.drawRoundedRect(guide, GUIDE_RADIUS_PX, GUIDE_RADIUS_PX)
                guide = guide.translated(-1, -1)
        if self.face is not None:
            found = self.face
            frame = _within(area, found.left_ratio, found.top_ratio, found.width_ratio, found.height_ratio)
            frame = frame.intersected(area)
            for colour, width in ((QColor(0, 0, 0, 90), 3.0), (QColor(255, 255, 255, 220), 1.2)):
                painter.setPen(QPen(colour, width))
                painter.drawRoundedRect(frame, 6, 6)
        painter.end()


def _within(area: QRectF, left: float, top: float, width: float, height: float) -> QRectF:
    return QRectF(
        area.left() + left * area.width(), area.top() + top * area.height(), width * area.width(),
        height * area.height(),
    )  # fmt: skip


class LookPanel(View):
    """Draws LookView."""

    def __init__(self, feed: FrameFeed) -> None:
        super().__init__("preflight.look")
        self._feed = feed
        self._view: LookView | None = None
        layout = column(self)
        self.preview = Preview("preflight.preview", feed)
        self.named(self.preview, "preflight.preview")
        layout.addWidget(self.preview)
        self.overlay = _Overlay(self.preview)
        self.chip = label("preflight.chip")
        self.chip.setProperty("kind", "chip")
        # not in this panel: its new figure would lay out the page
        self.chip.setParent(self.overlay)
        self.banner = box("preflight.banner", kind="banner")
        self.banner.setParent(self)
        inner = row(self.banner, margins=(14, 8, 14, 8))
        self.message = label("preflight.preview_message", wraps=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inner.addWidget(self.message)
        self.chip.hide()
        self.banner.hide()
        self.preview.installEventFilter(self)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._view = None

    def draw(self, view: LookView) -> None:
        """Show this state."""
        if view == self._view:
            return
        before, self._view = self._view, view
        self._feed.attach(view.ready)
        self.overlay.show_marks(view.face, is_guided=view.is_guided)
        if before is None or (before.chip, before.told) != (view.chip, view.told):
            self.chip.setText(view.chip)
            self.message.setText(view.told)
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # the preview is given its size after this panel was
        if watched is self.preview and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        view = self._view
        # what is shown may give the preview its size: where things lie is asked for afterwards
        self.chip.setVisible(view is not None and bool(view.chip))
        self.banner.setVisible(view is not None and bool(view.told))
        self.overlay.setGeometry(self.preview.rect())
        area = self.preview.picture_rect()
        self.chip.setGeometry(area.left() + 12, area.top() + 12, self.chip.sizeHint().width(), CHIP_PX)
        if view is not None and view.told:
            text_px = self.message.fontMetrics().horizontalAdvance(view.told) + 30
            width = min(area.width() - 24, text_px)
            height = max(36, self.banner.heightForWidth(width))
            self.banner.setGeometry(
                area.left() + (area.width() - width) // 2, area.center().y() - height // 2, width, height
            )
