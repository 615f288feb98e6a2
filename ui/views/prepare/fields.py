"""A field of the form: its name, the control, a hint, and what is wrong with it. GUI thread."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui.theme.apply import set_look
from ui.theme.icons import pixmap
from ui.theme.tokens import Tokens
from ui.views.base import Texts
from ui.widgets.basics import column, label, row
from ui.widgets.checks import star


class FaultLabel(QLabel):
    """What is wrong. Where it names words, clicking it or pressing Enter goes to them: ``clicked``."""

    clicked = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("type", "12")
        self.setProperty("tone", "bad")
        self.setWordWrap(True)
        self._is_link = False

    def show_fault(self, text: str, *, is_link: bool) -> None:
        """An empty text hides it."""
        self.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        if is_link != self._is_link:
            self._is_link = is_link
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_link else Qt.FocusPolicy.NoFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.ArrowCursor)
            set_look(self, link="true" if is_link else "false")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_link and event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_link and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


class MarkedLine(QWidget):
    """An icon and a sentence: a reason that an operator wrote."""

    def __init__(self, name: str, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self._mark = QLabel()
        self._mark.setFixedSize(QSize(14, 18))
        self.text = label(name, type_="12", tone="warn", wraps=True)
        across = row(self, gap=6)
        across.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(self.text, 1)
        self.hide()

    def set_tokens(self, tokens: Tokens) -> None:
        self._mark.setPixmap(pixmap(self._icon, tokens.warn, 14, self.devicePixelRatioF()))

    def show_text(self, text: str) -> None:
        """An empty text hides it."""
        self.text.setText(text)
        self.setVisible(bool(text))


class FieldBox(QWidget):
    """``control`` is marked as wrong while there is a fault. ``focus`` gives ``stop`` the keyboard."""

    def __init__(
        self,
        field: StrEnum,
        control: QWidget,
        texts: Texts,
        *,
        name_id: str,
        form: str = "application",
        hint_id: str = "",
        stop: QWidget | None = None,
        is_needed: bool = True,
    ) -> None:
        super().__init__()
        self.field, self.control, self._stop = field, control, stop or control
        name = f"{form}.{field.value}"
        self.setObjectName(f"{name}.box")
        outer = column(self, gap=6)
        head = row(gap=4)
        self.name = label(f"{name}.name")
        texts.bind(self.name.setText, name_id)
        head.addWidget(self.name)
        self.star = star()
        self.star.setVisible(is_needed)
        head.addWidget(self.star)
        head.addStretch(1)
        outer.addLayout(head)
        outer.addWidget(control)
        if control.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Fixed:
            outer.setAlignment(control, Qt.AlignmentFlag.AlignLeft)
        self.fault = FaultLabel(f"{name}.fault")
        self.fault.hide()
        self.foot: QHBoxLayout = row(gap=12)
        said = column(gap=6)
        self.reason = MarkedLine(f"{name}.reason", "warn")
        said.addWidget(self.reason)
        said.addWidget(self.fault)
        self.foot.addLayout(said, 1)
        self.hint = label(f"{name}.hint", type_="12", tone="2", wraps=True)
        if hint_id:
            texts.bind(self.hint.setText, hint_id)
        self.hint.setVisible(bool(hint_id))
        self._has_hint, self._is_needed, self._is_editable = bool(hint_id), is_needed, True
        outer.addLayout(self.foot)
        outer.addWidget(self.hint)

    def add_counter(self, counter: QLabel) -> None:
        """A count at the right, beside what is wrong."""
        self.foot.addStretch(0)
        self.foot.addWidget(counter, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)

    def show_fault(self, text: str, *, is_link: bool = False) -> None:
        """What is wrong with it; empty for nothing."""
        self.fault.show_fault(text, is_link=is_link)
        set_look(self.control, invalid="true" if text else "false")

    def show_reason(self, text: str) -> None:
        """Why an operator returned it; empty for nothing."""
        self.reason.show_text(text)

    def show_editable(self, is_editable: bool) -> None:
        """What cannot be changed needs no hint and no star."""
        self._is_editable = is_editable
        self.star.setVisible(is_editable and self._is_needed)
        self.hint.setVisible(is_editable and self._has_hint)

    def focus(self) -> None:
        """Give it the keyboard."""
        self._stop.setFocus(Qt.FocusReason.OtherFocusReason)
