"""The three tiles below the controls: where it is watched, the viewers' sign-in codes, the local recording. While the
health detail needs the room they fold into one line with the address and the newest code."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import Translator
from ui.presenters.live import TilesView, short_path
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Elided, box, column, label, row

CODE_ROWS = 3
MIN_PX, MAX_PX, FOLDED_PX = 124, 152, 40


class Tiles(View):
    """Draws TilesView, as tiles or folded."""

    def __init__(self) -> None:
        super().__init__("tiles", kind="card")
        self._tr = Translator()
        self._view: TilesView | None = None
        self.is_folded = False
        both = column(self)
        self._full, self._strip = QWidget(), QWidget()
        both.addWidget(self._full)
        both.addWidget(self._strip)
        self._fill_strip(row(self._strip, margins=(14, 0, 14, 0), gap=10))
        self._strip.hide()
        layout = row(self._full, margins=(12, 12, 12, 12), gap=12)
        tile, inner = self._tile("tiles.watch", "tile.watch")
        self.url = Elided("tiles.url")
        self.url_hint = label("tiles.url_hint", type_="12", tone="2", wraps=True)
        self.url_line = Elided("tiles.url_line", type_="12", tone="2")
        inner.addWidget(self.url)
        inner.addWidget(self.url_line)
        inner.addWidget(self.url_hint)
        inner.addStretch(1)
        buttons = row(gap=8)
        self.copy = self.button("tiles.copy", "action.copy", kind="small")
        self.copy.clicked.connect(self._copy)
        self.open = self.button("tiles.open", "tile.open", kind="small")
        self.open.clicked.connect(self._open)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.open)
        buttons.addStretch(1)
        inner.addLayout(buttons)
        layout.addWidget(tile, 1)
        self.codes_tile, inner = self._tile("tiles.codes", "tile.codes")
        self.codes_hint = label("tiles.codes_hint", type_="12", tone="2", wraps=True)
        inner.addWidget(self.codes_hint)
        self._codes: list[tuple[QLabel, QLabel]] = []
        for number in range(CODE_ROWS):
            line = row(gap=8)
            phone = label(f"tiles.code_phone.{number}", type_="12", tone="2")
            code = label(f"tiles.code.{number}", type_="13b")
            code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            line.addWidget(phone)
            line.addStretch(1)
            line.addWidget(code)
            inner.addLayout(line)
            self._codes.append((phone, code))
        inner.addStretch(1)
        layout.addWidget(self.codes_tile, 1)
        tile, inner = self._tile("tiles.record", "tile.record")
        self.record_line = label("tiles.record_line", wraps=True)
        self.record_path = Elided("tiles.record_path", type_="12", tone="2", mode=Qt.TextElideMode.ElideMiddle)
        self.record_free = Elided("tiles.record_free", type_="12", tone="3")
        for widget in (self.record_line, self.record_path, self.record_free):
            inner.addWidget(widget)
        inner.addStretch(1)
        layout.addWidget(tile, 1)

    def _fill_strip(self, line: QHBoxLayout) -> None:
        name = label("tiles.strip_watch", type_="12", tone="2")
        self.texts.bind(name.setText, "tile.watch")
        self.strip_url = Elided("tiles.strip_url", type_="12")
        self.strip_copy = self.button(
            "tiles.strip_copy", "tile.copy_address", kind="icon", icon_name="copy", icon_px=14
        )
        self.strip_copy.clicked.connect(self._copy)
        self.strip_codes = label("tiles.strip_codes", type_="12", tone="2")
        self.texts.bind(self.strip_codes.setText, "tile.codes")
        self.strip_phone = label("tiles.strip_phone", type_="12", tone="2")
        self.strip_code = label("tiles.strip_code", type_="13b")
        self.strip_code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line.addWidget(name)
        line.addWidget(self.strip_url, 1)
        line.addWidget(self.strip_copy)
        for widget in (self.strip_codes, self.strip_phone, self.strip_code):
            line.addWidget(widget)

    def fold(self, is_folded: bool) -> None:
        """One line, or the tiles."""
        self.is_folded = is_folded
        self._full.setVisible(not is_folded)
        self._strip.setVisible(is_folded)

    def _tile(self, name: str, title_id: str) -> tuple[QFrame, QVBoxLayout]:
        tile = box(name, kind="tile")
        inner = column(tile, margins=(12, 8, 12, 10), gap=2)
        title = label(f"{name}.title", type_="12", tone="2")
        self.texts.bind(title.setText, title_id)
        inner.addWidget(title)
        return tile, inner

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: TilesView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.url.setText(view.viewer_url)
        self.url.setVisible(bool(view.viewer_url))
        self.url_hint.setText(view.viewer_hint)
        self.url_hint.setVisible(not view.viewer_url)
        self.url_line.setText(view.viewer_hint)
        self.url_line.setVisible(bool(view.viewer_url))
        for button in (self.copy, self.open):
            button.setVisible(bool(view.viewer_url))
        self.copy.setText(self._tr.text("action.copy"))
        self.codes_tile.setVisible(view.is_codes_shown)
        self.codes_hint.setText(view.codes_hint)
        self.codes_hint.setVisible(not view.codes)
        for number, (phone, code) in enumerate(self._codes):
            is_shown = number < len(view.codes)
            phone.setVisible(is_shown)
            code.setVisible(is_shown)
            if is_shown:
                phone.setText(view.codes[number][0])
                code.setText(view.codes[number][1])
                code.setAccessibleName(f"{view.codes[number][0]} {view.codes[number][1]}")
        self._draw_strip(view)
        self.record_line.setText(view.record_line)
        set_look(self.record_line, tone="" if view.record_tone == "2" else view.record_tone)
        self.record_path.setText(short_path(view.record_path))
        self.record_free.setText(view.record_free)
        self.record_free.setVisible(bool(view.record_free))

    def _draw_strip(self, view: TilesView) -> None:
        self.strip_url.setText(view.viewer_url or view.viewer_hint)
        self.strip_copy.setVisible(bool(view.viewer_url))
        newest = view.codes[-1] if view.is_codes_shown and view.codes else None
        for widget in (self.strip_codes, self.strip_phone, self.strip_code):
            widget.setVisible(newest is not None)
        if newest is not None:
            self.strip_phone.setText(newest[0])
            self.strip_code.setText(newest[1])
            self.strip_code.setAccessibleName(f"{newest[0]} {newest[1]}")

    def _copy(self) -> None:
        if self._view is not None:
            QGuiApplication.clipboard().setText(self._view.viewer_url)
            self.copy.setText(self._tr.text("action.copied"))

    def _open(self) -> None:
        if self._view is not None:
            QDesktopServices.openUrl(QUrl(self._view.viewer_url))
