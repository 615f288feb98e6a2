"""A box to be checked with its sentence, however long; and a chip that is taken or not. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from ui.theme.icons import icon, pixmap
from ui.theme.tokens import DARK, Tokens
from ui.widgets.basics import Button, label, row

BOX_PX = 16


class CheckBox(QAbstractButton):
    """The box alone; space and Enter switch it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(BOX_PX + 4, 20)
        self._tokens: Tokens = DARK

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._tokens
        area = QRectF(1.5, 1.5, BOX_PX + 1, BOX_PX + 1)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else 0.5)
        ground = tokens.accent_fill if self.isChecked() else tokens.field
        edge = tokens.accent_fill if self.isChecked() else tokens.text_3
        painter.setPen(QPen(QColor(tokens.text if self.hasFocus() else edge), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(area, 4, 4)
        if self.isChecked():
            painter.drawPixmap(
                round(area.left() + 1.5), round(area.top() + 1.5),
                pixmap("check", tokens.on_fill, 14, self.devicePixelRatioF()),
            )  # fmt: skip
        painter.end()


class _Sentence(QLabel):
    """Clicking the words does what clicking the box does."""

    pressed = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()


class CheckLine(QWidget):
    """``toggled`` carries the new state, when a person makes it."""

    toggled = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.box = CheckBox(name)
        self._text = _Sentence()
        self._text.setObjectName(f"{name}.text")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        across = row(self, gap=6)
        across.addWidget(self.box, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(self._text, 1)
        self.box.clicked.connect(self.toggled)
        self._text.pressed.connect(self._press)

    def _press(self) -> None:
        if self.box.isEnabled():
            self.box.setFocus()
            self.box.click()

    def set_text(self, text: str) -> None:
        """The whole sentence, which is also the box's name."""
        self._text.setText(text)
        self.box.setAccessibleName(text)


class Chip(Button):
    """Taken or not; what is taken carries a check mark, so that colour does not tell it alone."""

    def __init__(self, name: str) -> None:
        super().__init__(name, kind="chip", icon_name="check", icon_px=14)
        self.setCheckable(True)
        self._gap_px = 4
        self._show_mark(False)
        self.toggled.connect(self._show_mark)

    def _show_mark(self, is_taken: bool) -> None:
        self.setIconSize(QSize(18, 14) if is_taken else QSize(0, 0))

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.setIcon(icon("check", tokens.accent, checked_colour=tokens.accent, size_px=14, gap_px=4))


def star() -> QLabel:
    """Beside the name of what must be filled in."""
    made = label("", tone="bad")
    made.setText("*")
    return made
