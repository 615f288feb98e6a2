"""Sheets over the window: a scrim with a card. The keyboard stays inside; Escape leaves where that is allowed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.views.base import View
from ui.widgets.basics import box, column, label, row

CARD_PX = 440


class Sheet(View):
    """``closed``: Escape, when it may be left. ``gone``: hidden, and who had the keyboard cannot take it back."""

    closed = Signal()
    gone = Signal()

    def __init__(self, name: str, parent: QWidget, *, width_px: int = CARD_PX, may_leave: bool = True) -> None:
        super().__init__(name)
        self.setParent(parent)
        self._over = parent
        self._may_leave = may_leave
        self._back_to: QWidget | None = None
        outer = column(self)
        self.card = box(f"{name}.card", kind="sheet")
        self.card.setFixedWidth(width_px)
        outer.addStretch(2)
        across = row()
        across.addStretch(1)
        across.addWidget(self.card)
        across.addStretch(1)
        outer.addLayout(across)
        outer.addStretch(3)
        self.inner: QVBoxLayout = column(self.card, margins=(24, 20, 24, 20), gap=12)
        parent.installEventFilter(self)
        self.hide()

    def add_title(self, message_id: str) -> None:
        """The sheet's name, also for a screen reader."""
        title = label(f"{self.objectName()}.title", type_="h1")
        self.texts.bind(title.setText, message_id)
        self.texts.bind(self.setAccessibleName, message_id)
        self.inner.addWidget(title)

    def add_buttons(self) -> QHBoxLayout:
        """A row of buttons at the right end."""
        self.inner.addSpacing(4)
        buttons = row(gap=8)
        buttons.addStretch(1)
        self.inner.addLayout(buttons)
        return buttons

    def open(self, focus: QWidget | None = None) -> None:
        """Show it over everything and give ``focus`` the keyboard."""
        window = self.window()
        if self.isHidden():
            self._back_to = window.focusWidget()
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        if focus is not None:
            focus.setFocus(Qt.FocusReason.PopupFocusReason)
        else:
            self.focus_first()

    def focus_first(self) -> None:
        """Give it the keyboard; where it already lies inside, it stays."""
        focused = self.window().focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            return
        (next(iter(self._stops()), None) or self).setFocus(Qt.FocusReason.PopupFocusReason)

    def close_sheet(self) -> None:
        """Hide it; the keyboard goes back to where it was."""
        if self.isHidden():
            return
        back_to, self._back_to = self._back_to, None
        self.hide()
        if back_to is not None and back_to.isVisible() and back_to.isEnabled():
            back_to.setFocus(Qt.FocusReason.PopupFocusReason)
        else:
            self.gone.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent() and not self.isHidden():
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def _stops(self) -> list[QWidget]:
        return [
            widget
            for widget in self.card.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(self) and widget.isEnabled()
        ]

    def focusNextPrevChild(self, forward: bool) -> bool:
        stops = self._stops()
        if stops:
            focused = self.window().focusWidget()
            now = stops.index(focused) if focused in stops else -1 if forward else 0
            stops[(now + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._may_leave:
            self.closed.emit()
        # every other key stops here: the page behind must not hear it

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(8, 10, 14, 150))
        painter.end()
