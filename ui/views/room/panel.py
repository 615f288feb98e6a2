"""The side of the live page: 聊天 · 观众 · 记录, the card of one person over them, the rules; below each what
was done last, or why it was not. In a window of its own where a person wants it beside another program. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QStackedWidget, QWidget

from app.i18n import Translator
from app.usecases.room_wishes import DismissAct, LoadAudience, LoadRecord, OpenPerson, UndoAct
from ui.presenters.chat import ChatView
from ui.presenters.room_side import RECORD_FILTERS, SideView
from ui.views.base import View
from ui.views.room.audience import AudiencePanel
from ui.views.room.chat import ChatPanel
from ui.views.room.person import PersonPanel
from ui.views.room.record import RecordPanel
from ui.views.room.rules import RulesPanel
from ui.views.room.strips import Strip
from ui.widgets.basics import Button, box, column, row

HEAD_PX, EDGE_PX = 44, 14
COUNT_PX = 340
"""From this width the tabs have room for a count."""
TABS = ("chat", "audience", "record")


class RoomPanel(View):
    """Draws ChatView and SideView.

    ``detach_asked``: into a window of its own, or back. ``report_asked`` carries a ReportAsk.
    """

    detach_asked = Signal()
    report_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("room", ground="side")
        self._tr = Translator()
        self._side: SideView | None = None
        self._chat: ChatView | None = None
        self._tab = "chat"
        self.chat, self.audience, self.record = ChatPanel(), AudiencePanel(), RecordPanel()
        self.person, self.rules = PersonPanel(), RulesPanel()
        layout = column(self)
        head = box("room.head", ground="panel-head")
        head.setFixedHeight(HEAD_PX)
        line = row(head, margins=(6, 0, 8, 0), gap=2)
        self.tabs: dict[str, Button] = {}
        group = QButtonGroup(self)
        for name in TABS:
            tab = self.tabs[name] = Button(f"room.tab.{name}", kind="tab")
            tab.setCheckable(True)
            tab.clicked.connect(lambda _=False, taken=name: self.show_tab(taken))
            group.addButton(tab)
            line.addWidget(tab)
        line.addStretch(1)
        self.finder = self.button("room.find", "chat.search", kind="icon", icon_name="search")
        self.finder.setCheckable(True)
        self.finder.clicked.connect(self._find)
        self.rules_button = self.button("room.rules", "room.rules", kind="icon", icon_name="settings")
        self.rules_button.setCheckable(True)
        self.rules_button.clicked.connect(lambda: self.show_tab("chat" if self._tab == "rules" else "rules"))
        self.detach = self.button("room.detach", "room.detach", kind="icon", icon_name="detach")
        self.detach.clicked.connect(self.detach_asked)
        for button in (self.finder, self.rules_button, self.detach):
            line.addWidget(button)
        layout.addWidget(head)
        self.stack = QStackedWidget()
        layout.addWidget(self.stack, 1)
        self._parts: tuple[View, ...] = (self.chat, self.audience, self.record, self.person, self.rules)
        for part in self._parts:
            self.stack.addWidget(part)
            part.wished.connect(self.wished)
            part.acted.connect(self.acted)
        for reporting in (self.chat, self.person):
            reporting.report_asked.connect(self.report_asked)
        self.told = QWidget()
        strips = column(self.told, margins=(EDGE_PX, 0, EDGE_PX, 12), gap=6)
        self.done = Strip("room.done", can_close=True)
        self.refusal = Strip("room.refusal", tone="warn", can_close=True)
        for strip in (self.refusal, self.done):
            strips.addWidget(strip)
            strip.closed.connect(lambda: self.wished.emit(DismissAct()))
        self.done.first.connect(self._undo)
        self.told.hide()
        layout.addWidget(self.told)
        self.tabs["chat"].setChecked(True)

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._side = tr, None
        for part in self._parts:
            part.retranslate(tr)
        for strip in (self.done, self.refusal):
            strip.name_close(tr.text("action.close"))
        self._name_tabs("")

    def draw(self, chat: ChatView, side: SideView) -> None:
        """Show this state."""
        self.chat.draw(chat)
        self._chat = chat
        self._tell(chat)
        if side == self._side:
            return
        before, self._side = self._side, side
        if before is None or before.audience_count != side.audience_count:
            self._name_tabs(side.audience_count)
        self.audience.draw(side.audience)
        self.record.draw(side.record)
        self.rules.draw(side.rules)
        if side.card is not None:
            self.person.draw(side.card)
        self._show()

    def _tell(self, chat: ChatView) -> None:
        done = chat.done
        can_undo = done is not None and bool(done.action_id)
        self.done.tell(done.text if done is not None else "", self._tr.text("room.do.undo") if can_undo else "")
        self.refusal.tell(chat.refusal)
        self.told.setVisible(done is not None or bool(chat.refusal))

    def _undo(self) -> None:
        done = self._chat.done if self._chat is not None else None
        if done is not None:
            self.wished.emit(UndoAct(done.action_id))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._name_tabs(self._side.audience_count if self._side is not None else "")

    def _name_tabs(self, count: str) -> None:
        if self.width() < COUNT_PX:
            count = ""  # the page's header tells it too
        for name, tab in self.tabs.items():
            text = self._tr.text(f"room.tab.{name}")
            shown = f"{text} {count}" if name == "audience" and count else text
            tab.setText(shown)
            tab.setAccessibleName(shown)

    # ---- what is seen ----------------------------------------------------------------------------

    @property
    def tab(self) -> str:
        return self._tab

    @property
    def title(self) -> str:
        """Of a window of its own."""
        return self._tr.text("room.window")

    def show_tab(self, name: str) -> None:
        """Bring a tab (or the rules) to the front, and ask for what it shows."""
        if self._side is not None and self._side.card is not None:
            self.wished.emit(OpenPerson(""))
        if name != self._tab:
            if "audience" in (name, self._tab):
                self.wished.emit(LoadAudience(name == "audience"))
            self._tab = name
            if name == "record":
                kept = self._side.record.filter if self._side is not None else "all"
                self.wished.emit(LoadRecord(RECORD_FILTERS[kept]))
        self._show()

    def _show(self) -> None:
        has_card = self._side is not None and self._side.card is not None
        part: QWidget = self.person if has_card else getattr(self, self._tab)
        if self.stack.currentWidget() is not part:
            focused = self.window().focusWidget()
            had_keyboard = focused is not None and self.stack.isAncestorOf(focused)
            self.stack.setCurrentWidget(part)
            if has_card and had_keyboard:
                self.person.focus_first()
        for name, tab in self.tabs.items():
            tab.setChecked(name == self._tab)
        self.rules_button.setChecked(self._tab == "rules" and not has_card)
        self.finder.setVisible(self._tab == "chat" and not has_card)

    def _find(self, is_on: bool) -> None:
        self.chat.show_search(is_on)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._side is not None and self._side.card is not None:
            self.wished.emit(OpenPerson(""))
        elif event.key() == Qt.Key.Key_Escape and self.finder.isChecked():
            self.finder.click()
        else:
            super().keyPressEvent(event)


class RoomWindow(QWidget):
    """The room on its own: ``left`` when it is closed."""

    left = Signal()

    def __init__(self, panel: RoomPanel) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("room.window")
        column(self).addWidget(panel)
        panel.setMinimumWidth(280)
        panel.setMaximumWidth(16777215)
        self.resize(400, 720)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.left.emit()
