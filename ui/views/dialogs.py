"""The sheets: closing while on air, ending, summary, operator's password."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import Translator
from app.usecases.wishes import DismissOperatorPassword, EndLive
from ui.presenters.dialogs import SummaryView
from ui.presenters.entry import PasswordView
from ui.views.sheets import Sheet
from ui.widgets.basics import Elided, box, column, label, row
from ui.widgets.trouble import TroubleLine

FIGURES, FIGURES_ACROSS = 8, 4


class CloseSheet(Sheet):
    """Closing while on air. ``chosen`` carries ``end`` or ``keep``."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("closing", parent, width_px=480)
        self._tr = Translator()
        self.add_title("closing.title")
        self.text = label("closing.text", tone="2", wraps=True)
        self.inner.addWidget(self.text)
        buttons = self.add_buttons()
        self.cancel = self.button("closing.cancel", "action.cancel")
        self.cancel.clicked.connect(self.close_sheet)
        self.keep = self.button("closing.keep", "closing.keep", tip="closing.keep_tip")
        self.keep.clicked.connect(lambda: self.chosen.emit("keep"))
        self.end = self.button("closing.end", "closing.end", kind="stop")
        self.end.clicked.connect(lambda: self.chosen.emit("end"))
        for button in (self.cancel, self.keep, self.end):
            buttons.addWidget(button)
        self.closed.connect(self._leave)
        self._is_busy = False

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._say()

    def start(self) -> None:
        """Open it; the harmless answer has the keyboard."""
        self._is_busy = False
        self._say()
        self.open(self.cancel)

    def show_busy(self) -> None:
        """The broadcast is being ended."""
        self._is_busy = True
        self._say()

    def _say(self) -> None:
        self.text.setText(self._tr.text("closing.busy" if self._is_busy else "closing.text"))
        for button in (self.cancel, self.keep, self.end):
            button.setVisible(not self._is_busy)

    def _leave(self) -> None:
        if not self._is_busy:
            self.close_sheet()


class EndSheet(Sheet):
    """Ends the broadcast, after asking."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("ending", parent)
        self.add_title("end.title")
        text = label("ending.text", tone="2", wraps=True)
        self.texts.bind(text.setText, "end.text")
        self.inner.addWidget(text)
        buttons = self.add_buttons()
        self.cancel = self.button("ending.cancel", "end.stay")
        self.cancel.clicked.connect(self.close_sheet)
        self.end = self.button("ending.end", "live.end", kind="stop")
        self.end.clicked.connect(self._end)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.end)
        self.closed.connect(self.close_sheet)

    def start(self) -> None:
        """Open it; the harmless answer has the keyboard."""
        self.open(self.cancel)

    def _end(self) -> None:
        self.close_sheet()
        self.wished.emit(EndLive())


class SummarySheet(Sheet):
    """What a broadcast was, once it ended, and why when it was not the anchor's wish. ``read``: the person left it."""

    read = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("summary", parent, width_px=580)
        self.add_title("summary.title")
        self.name = Elided("summary.name", tone="2")
        self.inner.addWidget(self.name)
        self.trouble = TroubleLine("summary.trouble", tone="warn")
        self.trouble.acted.connect(self._act)
        self.inner.addWidget(self.trouble)
        figures = QGridLayout()
        figures.setHorizontalSpacing(12)
        figures.setVerticalSpacing(16)
        self._figures: list[tuple[QLabel, QLabel]] = []
        for number in range(FIGURES):
            cell: QVBoxLayout = column(gap=2)
            value = label(f"summary.value.{number}", type_="title")
            text = label(f"summary.label.{number}", type_="12", tone="2")
            cell.addWidget(value)
            cell.addWidget(text)
            figures.addLayout(cell, number // FIGURES_ACROSS, number % FIGURES_ACROSS)
            figures.setColumnStretch(number % FIGURES_ACROSS, 1)
            self._figures.append((value, text))
        self.inner.addSpacing(4)
        self.inner.addLayout(figures)
        self.note = label("summary.note", type_="12", tone="2", wraps=True)
        self.inner.addWidget(self.note)
        self.recording = label("summary.recording", type_="12", tone="2", wraps=True)
        self.inner.addWidget(self.recording)
        buttons = self.add_buttons()
        self.done = self.button("summary.done", "action.ok", kind="primary")
        self.done.clicked.connect(self._leave)
        buttons.addWidget(self.done)
        self.closed.connect(self._leave)
        self._tr = Translator()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: SummaryView) -> None:
        """Show this summary."""
        self.name.setText(view.title)
        self.name.setVisible(bool(view.title))
        self.trouble.draw(view.trouble)
        for (value, text), (figure, name) in zip(self._figures, view.figures, strict=True):
            value.setText(figure)
            text.setText(name)
        self.note.setText(view.note)
        self.note.setVisible(bool(view.note))
        self.recording.setText(self._tr.text("summary.recording", path=view.recording))
        self.recording.setVisible(bool(view.recording))

    def _leave(self) -> None:
        self.read.emit()
        self.close_sheet()

    def _act(self, action: str) -> None:
        self._leave()
        self.acted.emit(action)


class PasswordSheet(Sheet):
    """The operator's password of the demo platform, shown once: it is left only by saying that it was noted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("password", parent, may_leave=False)
        self._tr = Translator()
        self.add_title("password.title")
        text = label("password.text", tone="2", wraps=True)
        self.texts.bind(text.setText, "password.text")
        self.inner.addWidget(text)
        tile = box("password.tile", kind="tile")
        lines = column(tile, margins=(12, 10, 12, 10), gap=6)
        self.name = label("password.name", type_="13b")
        self.password = label("password.password", type_="15b")
        self.desk = label("password.desk", type_="13b", wraps=True)
        for message_id, value in (
            ("password.desk", self.desk),
            ("password.name", self.name),
            ("password.password", self.password),
        ):
            line = row(gap=12)
            name = label(f"{message_id}_label", type_="12", tone="2")
            name.setFixedWidth(64)
            self.texts.bind(name.setText, message_id)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            line.addWidget(name)
            line.addWidget(value, 1)
            lines.addLayout(line)
        self.inner.addWidget(tile)
        buttons = self.add_buttons()
        self.copy = self.button("password.copy", "action.copy", icon_name="copy")
        self.copy.clicked.connect(self._copy)
        self.noted = self.button("password.noted", "password.noted", kind="primary")
        self.noted.clicked.connect(self._done)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.noted)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: PasswordView) -> None:
        """Show it."""
        self.desk.setText(view.desk_url)
        self.name.setText(view.name)
        self.password.setText(view.password)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.password.text())
        self.copy.setText(self._tr.text("action.copied"))

    def _done(self) -> None:
        self.password.clear()
        self.close_sheet()
        self.wished.emit(DismissOperatorPassword())
