"""The reader's header: title and version, full or compared, text size, search, versions, download. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal

from app.i18n import Translator
from ui.presenters.reader import ReaderView
from ui.views.base import View
from ui.widgets.basics import Elided, row
from ui.widgets.marks import Pill
from ui.widgets.segmented import Segmented


class ReaderHead(View):
    """``size_asked``: +1 larger, −1 smaller. ``contents_asked``, ``changes_asked``: fold a column in or out."""

    size_asked = Signal(int)
    contents_asked = Signal()
    changes_asked = Signal()

    def __init__(self, height_px: int) -> None:
        super().__init__("reader.head", ground="header")
        self.setFixedHeight(height_px)
        line = row(self, margins=(20, 0, 20, 0), gap=10)
        self.title = Elided("reader.title", type_="h1")
        self.version = Pill("reader.version")
        self.mode = Segmented("reader.mode", ("full", "compare"))
        self.smaller = self.button("reader.smaller", "reader.smaller", kind="icon", icon_name="text-smaller")
        self.larger = self.button("reader.larger", "reader.larger", kind="icon", icon_name="text-larger")
        self.search = self.button("reader.search_open", "reader.search", kind="icon", icon_name="search")
        self.left = self.button("reader.toggle_contents", "reader.toggle_contents", kind="small")
        self.right = self.button("reader.toggle_changes", "reader.toggle_changes", kind="small")
        self.history = self.button("reader.history", "reader.history", icon_name="history")
        self.download = self.button("reader.download", "reader.download", icon_name="download")
        self.smaller.clicked.connect(lambda: self.size_asked.emit(-1))
        self.larger.clicked.connect(lambda: self.size_asked.emit(1))
        self.left.clicked.connect(self.contents_asked)
        self.right.clicked.connect(self.changes_asked)
        for button in (self.left, self.right):
            button.setCheckable(True)
        line.addWidget(self.left)
        line.addWidget(self.title)
        line.addWidget(self.version)
        line.addStretch(1)
        line.addWidget(self.mode)
        for widget in (self.smaller, self.larger, self.search, self.history, self.download, self.right):
            line.addWidget(widget)
        self._tr = Translator()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: ReaderView) -> None:
        """Show this state."""
        self.title.setText(view.title)
        self.version.show_text(view.pill, view.pill_tone)
        self.version.setVisible(bool(view.pill))
        self.mode.set_labels({"full": self._tr.text("reader.full"), "compare": view.compare_label})
        self.mode.show_value("compare" if view.is_comparing else "full")
        self.mode.setVisible(view.can_compare)
        has_text = view.opened is not None and view.opened.document is not None
        for widget in (self.smaller, self.larger, self.search, self.download):
            widget.setEnabled(has_text)
        self.history.setEnabled(bool(view.versions))

    def show_folds(self, *, is_left_offered: bool, is_right_offered: bool, left: bool, right: bool) -> None:
        """Which columns have a button, and whether they are open."""
        self.left.setVisible(is_left_offered)
        self.left.setChecked(left)
        self.right.setVisible(is_right_offered)
        self.right.setChecked(right)
        for button, message_id in ((self.history, "reader.history"), (self.download, "reader.download")):
            # Where there is little room the picture says it; the name stays in the tooltip.
            text = self._tr.text(message_id)
            button.setText("" if is_right_offered else text)
            button.setToolTip(text if is_right_offered else "")
            button.setAccessibleName(text)
