"""The line that tells what became of a file that was to be written, with the way to its folder. GUI thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.i18n import Translator
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Elided, row


class SavedLine(View):
    """Hidden until something is saved. ``words``: the texts of being written, of done (``{name}``), of failed
    (``{reason}``)."""

    def __init__(self, name: str, *, margin_px: int, words: tuple[str, str, str]) -> None:
        super().__init__(f"{name}.saved", ground="panel-head")
        self._busy_id, self._done_id, self._failed_id = words
        self.setFixedHeight(40)
        line = row(self, margins=(margin_px, 0, 20, 0), gap=10)
        self.text = Elided(f"{name}.saved_text", type_="12", tone="2")
        self.folder = self.button(f"{name}.open_folder", "reader.open_folder", kind="link")
        self.folder.clicked.connect(self._open)
        shut = self.button(f"{name}.saved_close", "action.close", kind="icon", icon_name="close")
        shut.clicked.connect(self.hide)
        line.addWidget(self.text, 1)
        line.addWidget(self.folder)
        line.addWidget(shut)
        self._path = ""
        self._tr = Translator()
        self.hide()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def show_busy(self) -> None:
        set_look(self.text, tone="2")
        self.text.setText(self._tr.text(self._busy_id))
        self.folder.hide()
        self.show()

    def show_done(self, path: str, reason: str) -> None:
        """``reason``: why it failed; empty when it was written."""
        self._path = path
        if reason:
            set_look(self.text, tone="bad")
            self.text.setText(self._tr.text(self._failed_id, reason=reason))
        else:
            set_look(self.text, tone="2")
            self.text.setText(self._tr.text(self._done_id, name=Path(path).name))
        self.folder.setVisible(not reason)
        self.show()

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._path).parent)))
