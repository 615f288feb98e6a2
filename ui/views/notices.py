"""Notices at the top of the window: one sentence, one button, and a cross. They never cover the controls."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.i18n import Translator
from ui.presenters.dialogs import NoticeView
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Button, Icon, column, label, row

WIDTH_PX, TOP_PX, RAIL_PX, CHAT_PX = 520, 60, 72, 372
SHOWN = 3


class Toast(View):
    """One notice. ``acted`` carries the action of its button; pressing it also puts a passing notice away, while a
    standing trouble stays until it is over or put away by its cross: ``put_away`` carries its key."""

    put_away = Signal(str)

    def __init__(self, number: int) -> None:
        super().__init__(f"notice.{number}", kind="toast")
        self._view: NoticeView | None = None
        self.setFixedWidth(WIDTH_PX)
        layout = row(self, margins=(12, 10, 8, 10), gap=10)
        layout.addWidget(Icon("warn", tone="warn"), 0, Qt.AlignmentFlag.AlignTop)
        self.text = label(f"notice.{number}.text", wraps=True)
        self.text.setContentsMargins(0, 2, 0, 2)
        layout.addWidget(self.text, 1)
        self.action = Button(f"notice.{number}.action", kind="small")
        self.action.clicked.connect(lambda: self._act(second=False))
        self.second = Button(f"notice.{number}.second", kind="quiet")
        self.second.clicked.connect(lambda: self._act(second=True))
        layout.addWidget(self.second, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.action, 0, Qt.AlignmentFlag.AlignTop)
        self.dismiss = self.button(f"notice.{number}.close", "action.close", kind="icon", icon_name="close", icon_px=14)
        self.dismiss.clicked.connect(self._dismiss)
        layout.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)

    def draw(self, view: NoticeView) -> None:
        """Show this notice."""
        if view == self._view:
            return
        self._view = view
        told = view.told
        self.text.setText(told.text)
        self.setAccessibleName(told.text)
        for button, text in ((self.action, told.action_label), (self.second, told.second_label)):
            button.setText(text)
            button.setAccessibleName(text)
            button.setVisible(bool(text))
        set_look(self, tone=view.tone)

    def _act(self, *, second: bool) -> None:
        view = self._view
        if view is None:
            return
        if not isinstance(view.dismiss, str):
            self._dismiss()
        self.acted.emit(view.told.second if second else view.told.action)

    def _dismiss(self) -> None:
        if self._view is None:
            return
        if isinstance(self._view.dismiss, str):
            self.put_away.emit(self._view.dismiss)
        else:
            self.wished.emit(self._view.dismiss)


class Notices(QWidget):
    """The stack, above the pages and behind a sheet. It follows the size of its parent and takes the room it shows."""

    wished = Signal(object)
    acted = Signal(str)
    put_away = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("notices")
        layout = column(self, gap=8)
        self.toasts: list[Toast] = []
        for number in range(SHOWN):
            toast = Toast(number)
            toast.wished.connect(self.wished)
            toast.acted.connect(self.acted)
            toast.put_away.connect(self.put_away)
            toast.hide()
            layout.addWidget(toast)
            self.toasts.append(toast)
        self._low_px: int | None = None
        parent.installEventFilter(self)
        self.hide()

    def retranslate(self, tr: Translator) -> None:
        """Say the fixed texts."""
        for toast in self.toasts:
            toast.retranslate(tr)

    def draw(self, views: tuple[NoticeView, ...], *, low_px: int | None = None) -> None:
        """Show these; ``low_px``: so far above the lower end, where a page begins with what one reads."""
        self._low_px = low_px
        for number, toast in enumerate(self.toasts):
            toast.setVisible(number < len(views))
            if number < len(views):
                toast.draw(views[number])
        self.setVisible(bool(views))
        if views:
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent() and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        layout = self.layout()
        if layout is not None:
            layout.activate()
            is_low = self._low_px is not None
            beside_px = RAIL_PX if is_low else RAIL_PX + CHAT_PX
            left_px = RAIL_PX + max(0, (self._over.width() - beside_px - WIDTH_PX) // 2)
            height_px = layout.totalHeightForWidth(WIDTH_PX)
            top_px = self._over.height() - height_px - (self._low_px or 0) if is_low else TOP_PX
            self.setGeometry(left_px, top_px, WIDTH_PX, height_px)
