"""The preview of the preflight: the programme's picture, where to sit, and where the face was found. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.domain.quality.measures import FaceBox
from app.i18n import Translator
from ui.presenters.preflight import LookView
from ui.views.base import View
from ui.widgets.basics import box, column, label, row
from ui.widgets.edges import Edge
from ui.widgets.frames import FrameFeed, Preview

GUIDE = (0.24, 0.08, 0.52, 0.84)
"""Where head and shoulders belong: left, top, width and height as parts of the picture."""
GUIDE_RADIUS_PX, GUIDE_SIDE_PX, FOUND_RADIUS_PX = 12, 3, 6
CHIP_PX = 24


class _Overlay(QWidget):
    """What is drawn over the picture; it takes no clicks."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(preview)
        self.setObjectName("preflight.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._preview = preview
        self._guide = QPixmap()
        """Drawn once for a size: dashes cannot be drawn out as the frame around a face can."""
        self._guide_for: tuple[QSize, float] | None = None
        self._found = Edge(FOUND_RADIUS_PX + 4)
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
        if self.is_guided:
            self._paint_guide(painter, _within(area, *GUIDE).toAlignedRect())
        if self.face is not None:
            found = self.face
            frame = _within(area, found.left_ratio, found.top_ratio, found.width_ratio, found.height_ratio)
            frame = frame.intersected(area)
            around = frame.adjusted(-2, -2, 2, 2).toAlignedRect()
            if min(around.width(), around.height()) > 2 * (FOUND_RADIUS_PX + 4):
                self._found.paint(painter, around, _draw_found, "", self.devicePixelRatioF())
        painter.end()

    def _paint_guide(self, painter: QPainter, place: QRect) -> None:
        """Only its edge: within there is nothing to be painted over the picture."""
        guide, scale = self._guide_of(place.size()), self.devicePixelRatioF()
        corner, side = GUIDE_RADIUS_PX + GUIDE_SIDE_PX, GUIDE_SIDE_PX
        for at in (
            QRect(0, 0, place.width(), corner), QRect(0, place.height() - corner, place.width(), corner),
            QRect(0, corner, side, place.height() - 2 * corner),
            QRect(place.width() - side, corner, side, place.height() - 2 * corner),
        ):  # fmt: skip
            taken = QRectF(at.x() * scale, at.y() * scale, at.width() * scale, at.height() * scale)
            painter.drawPixmap(QRectF(at.translated(place.topLeft())), guide, taken)

    def _guide_of(self, size: QSize) -> QPixmap:
        wanted = (size, self.devicePixelRatioF())
        if self._guide_for != wanted:
            self._guide, self._guide_for = _drawn_guide(*wanted), wanted
        return self._guide


def _drawn_guide(size: QSize, pixel_ratio: float) -> QPixmap:
    """Dashes on nothing, dark under light: to be seen on any picture."""
    made = QPixmap(size * pixel_ratio)
    made.setDevicePixelRatio(pixel_ratio)
    made.fill(Qt.GlobalColor.transparent)
    frame = QRectF(1, 1, size.width() - 2, size.height() - 2)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, place in ((QColor(0, 0, 0, 110), frame), (QColor(255, 255, 255, 190), frame.translated(-1, -1))):
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(place, GUIDE_RADIUS_PX, GUIDE_RADIUS_PX)
    painter.end()
    return made


def _draw_found(painter: QPainter, area: QRectF) -> None:
    """The frame around a face, light on dark."""
    for colour, width_px in ((QColor(0, 0, 0, 90), 3.0), (QColor(255, 255, 255, 220), 1.2)):
        painter.setPen(QPen(colour, width_px))
        painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), FOUND_RADIUS_PX, FOUND_RADIUS_PX)


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
