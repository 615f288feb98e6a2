"""A row for an uploaded picture: what it shows, how its review stands, and buttons to choose, replace and remove it.

GUI thread. The picture is shown when it was chosen here; of one that was uploaded elsewhere only the state is known.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from app.domain.images import ImagePurpose
from app.i18n import Translator
from app.usecases.wishes import RemoveImage, UploadImage
from ui.presenters.application_form import ImageView
from ui.theme.apply import set_look
from ui.theme.icons import pixmap
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.widgets.basics import column, label, row
from ui.widgets.menus import ask_file
from ui.widgets.thumbs import Thumbnails

SIZES_PX = {ImagePurpose.AVATAR: QSize(48, 48), ImagePurpose.COVER: QSize(86, 48)}
OTHER_PX = QSize(64, 48)


class Thumb(QWidget):
    """A small picture in its frame; an icon where there is none."""

    def __init__(self, name: str, size: QSize, *, is_round: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedSize(size)
        self._is_round = is_round
        self._picture: QPixmap | None = None
        self._tokens: Tokens = DARK

    @property
    def has_picture(self) -> bool:
        return self._picture is not None

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_picture(self, image: QImage | None) -> None:
        """Show this one, or the icon."""
        self._picture = None if image is None or image.isNull() else QPixmap.fromImage(image)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        radius = area.width() / 2 if self._is_round else 6.0
        painter.setPen(QColor(self._tokens.line))
        painter.setBrush(QColor(self._tokens.raised))
        painter.drawRoundedRect(area, radius, radius)
        if self._picture is None:
            mark = pixmap("user" if self._is_round else "image", self._tokens.text_3, 20, self.devicePixelRatioF())
            painter.drawPixmap(round(area.center().x() - 10), round(area.center().y() - 10), mark)
        else:
            clip = QPainterPath()
            clip.addRoundedRect(area, radius, radius)
            painter.setClipPath(clip)
            size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
            painter.drawPixmap(left, top, size.width(), size.height(), self._picture)
        painter.end()


class ImageRow(View):
    """Draws ImageView; wishes for uploads and removals."""

    def __init__(self, name: str, purpose: ImagePurpose, thumbnails: Thumbnails, *, name_id: str) -> None:
        super().__init__(name)
        self._purpose, self._thumbnails = purpose, thumbnails
        self._tr = Translator()
        self._view: ImageView | None = None
        self._path = ""
        """Chosen here last, and not yet known to be uploaded."""
        self._last_path = ""
        """The file of the image that the thumbnail is for: it may be read later than uploaded."""
        self._picture_of = ""
        """Id of the image that the thumbnail is for."""
        self._before = ""
        self.thumb = Thumb(f"{name}.thumb", SIZES_PX.get(purpose, OTHER_PX), is_round=purpose is ImagePurpose.AVATAR)
        across = row(self, gap=12)
        across.addWidget(self.thumb)
        words = row(gap=6)
        self.mark = label(f"{name}.mark")
        self.mark.setFixedWidth(16)
        self.status = label(f"{name}.status", type_="12", wraps=True)
        words.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignVCenter)
        words.addWidget(self.status, 1)
        holder = column()
        holder.addStretch(1)
        holder.addLayout(words)
        holder.addStretch(1)
        across.addLayout(holder, 1)
        self.choose = self.button(f"{name}.choose", "image.choose")
        self.choose.clicked.connect(self._ask)
        self.remove = self.button(f"{name}.remove", "image.remove", kind="ghost")
        self.remove.clicked.connect(lambda: self.wished.emit(RemoveImage(self._purpose)))
        across.addWidget(self.choose)
        across.addWidget(self.remove)
        self._name_id = name_id
        self._tokens: Tokens = DARK
        thumbnails.done.connect(self._show_thumb)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        if self._view is not None:
            view, self._view = self._view, None
            self.draw(view)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._draw_mark()

    def draw(self, view: ImageView, *, is_editable: bool = True) -> None:
        """Show this state."""
        self._follow(view)
        self._view = view
        self.status.setText(view.status)
        set_look(self.status, tone=view.tone)
        can_change = is_editable and view.can_change
        name = self._tr.text(self._name_id)
        self.choose.setText(self._tr.text("image.replace" if view.id else "image.choose"))
        self.choose.setAccessibleName(self._tr.text("image.of", act=self.choose.text(), name=name))
        self.remove.setAccessibleName(self._tr.text("image.of", act=self.remove.text(), name=name))
        self.choose.setVisible(can_change)
        self.choose.setEnabled(not view.is_uploading)
        self.remove.setVisible(bool(view.id) and can_change)
        self.remove.setEnabled(not view.is_uploading)
        self._draw_mark()

    def choose_file(self, path: str) -> None:
        """Upload this file."""
        self._path, self._before = path, self._view.id if self._view is not None else ""
        self._thumbnails.ask(path, self.thumb.size() * self.devicePixelRatioF())
        self.wished.emit(UploadImage(self._purpose, path))

    def _ask(self) -> None:
        filters = f"{self._tr.text('image.filter')} (*.jpg *.jpeg *.png *.webp)"
        ask_file(self, self._tr.text("image.choose"), filters, self.choose_file)

    def _follow(self, view: ImageView) -> None:
        was_uploading = self._view is not None and self._view.is_uploading
        if view.is_uploading:
            return
        if self._path and view.id and view.id != self._before:
            self._picture_of, self._last_path, self._path = view.id, self._path, ""
        elif self._path and was_uploading:
            self._path = ""
            self.thumb.show_picture(None)
        if view.id != self._picture_of and not self._path:
            self._picture_of = self._last_path = ""
            self.thumb.show_picture(None)
        if view.data and not self._picture_of and not self._path:
            # Uploaded earlier, or on another machine: the service has the picture.
            self._picture_of = self._last_path = view.id
            self._thumbnails.ask_of(view.id, view.data, self.thumb.size() * self.devicePixelRatioF())

    def _show_thumb(self, path: str, image: QImage) -> None:
        if path in (self._path, self._last_path):
            self.thumb.show_picture(image)

    def _draw_mark(self) -> None:
        icon = self._view.icon if self._view is not None else ""
        self.mark.setVisible(bool(icon))
        if icon and self._view is not None:
            colour = {"good": self._tokens.good, "bad": self._tokens.bad}.get(self._view.tone, self._tokens.text_2)
            self.mark.setPixmap(pixmap(icon, colour, 14, self.devicePixelRatioF()))
