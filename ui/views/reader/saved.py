"""The line that tells what became of a download, with the way to its folder. GUI thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.i18n import Translator
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Elided, row


class SavedLine(View):
    """Hidden until something is saved."""

    def __init__(self) -> None:
        super().__init__("reader.saved", ground="panel-head")
        self.setFixedHeight(40)
        line = row(self, margins=(44, 0, 20, 0), gap=10)
        self.text = Elided("reader.saved_text", type_="12", tone="2")
        self.folder = self.button("reader.open_folder", "reader.open_folder", kind="link")
        self.folder.clicked.connect(self._open)
        shut = self.button("reader.saved_close", "action.close", kind="icon", icon_name="close")
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
        self.text.setText(self._tr.text("reader.downloading"))
        self.folder.hide()
        self.show()

    def show_done(self, path: str, reason: str) -> None:
        """``reason``: why it failed; empty when it was written."""
        self._path = path
        if reason:
            set_look(self.text, tone="bad")
            self.text.setText(self._tr.text("reader.download_failed", reason=reason))
        else:
            self.text.setText(self._tr.text("reader.downloaded", name=Path(path).name))
        self.folder.setVisible(not reason)
        self.show()

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self._path).parent)))
