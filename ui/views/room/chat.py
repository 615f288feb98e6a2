"""The chat: messages, what can be done to each, what waits, the line to answer in. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QVBoxLayout, QWidgetAction

from app.contract.events import MAX_CHAT_CHARS
from app.contract.room import ActionKind
from app.i18n import Translator
from app.usecases.room_wishes import OpenPerson
from ui.models.rows import ROW_ROLE, RowsModel
from ui.presenters.chat import ChatRow, ChatView, found, send_wish
from ui.presenters.room_words import act
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.views.room.emoji import EmojiGrid
from ui.views.room.message_list import MessageList
from ui.views.room.row_actions import RowActions
from ui.views.room.strips import Strip
from ui.widgets.basics import column, label, row
from ui.widgets.trouble import TroubleLine

EDGE_PX = 14
RAISED_PX = 9
"""So far above a message stands what can be done to it: its text stays to be read."""


def _said(message: ChatRow) -> str:
    """What a screen reader says of a message."""
    return " ".join(filter(None, (message.author, message.tag, message.time, message.text, message.status_text)))


class ChatPanel(View):
    """Draws ChatView. ``report_asked`` carries the ReportAsk of a message."""

    report_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("chat")
        self._tokens: Tokens = DARK
        self._tr = Translator()
        self._text_px = 0
        self._view: ChatView | None = None
        self._answered: ChatRow | None = None
        self._held_id = ""
        """Of the message that stands in its strip."""
        layout = column(self)
        self.trouble = TroubleLine("chat.trouble", tone="warn")
        self.trouble.setContentsMargins(EDGE_PX, 8, EDGE_PX, 8)
        self.trouble.acted.connect(self.acted)
        layout.addWidget(self.trouble)
        above = column(margins=(EDGE_PX, 6, EDGE_PX, 2), gap=4)
        layout.addLayout(above)
        self.search = QLineEdit()
        self.search.setObjectName("chat.search")
        self.search.setClearButtonEnabled(True)
        self.texts.bind(self.search.setPlaceholderText, "chat.search")
        self.named(self.search, "chat.search")
        self.search.textChanged.connect(self._filter)
        self.search.hide()
        above.addWidget(self.search)
        self.rules, self.pinned = Strip("chat.rules"), Strip("chat.pinned")
        self.rules.first.connect(lambda: self.wished.emit(act(ActionKind.SHIELD_OFF)))
        self.pinned.first.connect(lambda: self.wished.emit(act(ActionKind.UNPIN)))
        above.addWidget(self.rules)
        above.addWidget(self.pinned)
        self.list = MessageList("chat.list")
        self.named(self.list, "chat.list")
        self.model = RowsModel(lambda item: item.key, _said, self)
        self.list.setModel(self.model)
        layout.addWidget(self.list, 1)
        self.empty = label("chat.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(28, 0, 28, 0)
        layout.addWidget(self.empty, 1)
        self.row_actions = RowActions(self.list.viewport())
        self.list.keeps_still = lambda: self.row_actions.is_menu_open
        self._build_foot(layout)
        self._connect()

    def _build_foot(self, layout: QVBoxLayout) -> None:
        foot = column(margins=(EDGE_PX, 6, EDGE_PX, 12), gap=6)
        layout.addLayout(foot)
        self.newer = self.button("chat.newer", "chat.newer", kind="small")
        self.newer.hide()
        foot.addWidget(self.newer, 0, Qt.AlignmentFlag.AlignHCenter)
        self.held, self.answering = (
            Strip("chat.held", kind="dashed", has_quote=True),
            Strip("chat.answering", can_close=True),
        )
        foot.addWidget(self.held)
        foot.addWidget(self.answering)
        line = row(gap=6)
        foot.addLayout(line)
        self.input = QLineEdit()
        self.input.setObjectName("chat.input")
        self.input.setProperty("kind", "chat")
        self.input.setMaxLength(MAX_CHAT_CHARS)
        self.texts.bind(self.input.setPlaceholderText, "chat.hint")
        self.named(self.input, "chat.hint")
        self.emoji = self.button("chat.emoji", "chat.emoji", kind="icon", icon_name="smile")
        line.addWidget(self.input, 1)
        line.addWidget(self.emoji)

    def _connect(self) -> None:
        self.input.returnPressed.connect(self._send)
        self.emoji.clicked.connect(self._open_emoji)
        self.newer.clicked.connect(self.list.to_end)
        self.list.end_left.connect(self.newer.setVisible)
        self.list.retried.connect(self.wished)
        self.list.entered_row.connect(self._open_card)
        self.list.key_asked.connect(self.row_actions.key)
        self.list.pointed.connect(self._point)
        self.row_actions.wished.connect(self.wished)
        self.row_actions.replied.connect(self._answer)
        self.row_actions.report_asked.connect(self.report_asked)
        self.row_actions.acted.connect(self.acted)
        self.held.first.connect(lambda: self._decide_held(ActionKind.RELEASE_HELD))
        self.held.second.connect(lambda: self._decide_held(ActionKind.REFUSE_HELD))
        self.answering.closed.connect(self._stop_answering)

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._view = tr, None
        self.row_actions.retranslate(tr)
        self.answering.name_close(tr.text("action.close"))

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.list.messages.set_look(tokens, self._text_px or 14)
        self.list.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._point(self.list.pointed_row)

    def draw(self, view: ChatView) -> None:
        """Show this state; what is being typed stays."""
        before, self._view = self._view, view
        if view.text_px != self._text_px:
            self._text_px = view.text_px
            self.list.messages.set_look(self._tokens, view.text_px)
            self.list.measure_all()
        if before is None or view.rows is not before.rows:
            self._follow()
        self.empty.setText(view.empty_text)
        self.trouble.draw(view.trouble)
        self.input.setEnabled(view.can_send)
        self.emoji.setEnabled(view.can_send)
        self._draw_strips(view)

    def _draw_strips(self, view: ChatView) -> None:
        tr = self._tr
        shield = tr.text("room.shielded") if view.is_shielded else ""
        rules = tr.text("room.dot").join(filter(None, (shield, view.rules)))
        self.rules.tell(rules, tr.text("room.do.shield_off") if view.is_shielded and view.can_moderate else "")
        self.pinned.tell(view.pinned, tr.text("room.do.unpin") if view.can_moderate else "", tip=view.pinned)
        held = view.held
        held_id = held.held_id if held is not None else ""
        if held_id != self._held_id or view.refusal:
            self.held.set_busy(False)
        self._held_id = held_id
        if held is None:
            self.held.tell("")
        else:
            self.held.tell(held.text, tr.text("room.do.release"), tr.text("room.do.refuse"), held.quote)

    def _follow(self) -> None:
        rows = self._view.rows if self._view is not None else ()
        shown = found(rows, self.search.text()) if self.search.isVisible() else rows
        self.model.follow(shown)
        self.list.setVisible(bool(shown))
        self.empty.setVisible(not shown)
        if rows and not shown:
            self.empty.setText(self._tr.text("chat.none_found"))
        if self._answered is not None and not any(one.key == self._answered.key for one in rows):
            self._stop_answering()
        self._point(self.list.pointed_row)

    # ---- searching -------------------------------------------------------------------------------

    def show_search(self, is_on: bool) -> None:
        """Open or close the line to search in."""
        self.search.setVisible(is_on)
        if is_on:
            self.search.setFocus()
        else:
            self.search.clear()
        self._follow()

    def _filter(self) -> None:
        self._follow()
        self.list.to_end()

    # ---- one message -----------------------------------------------------------------------------

    def _point(self, at: int) -> None:
        """Show what can be done to this row."""
        message: ChatRow | None = None
        if 0 <= at < self.model.rowCount() and self._view is not None and self._view.can_moderate:
            index = self.model.index(at)
            message, area = index.data(ROW_ROLE), self.list.visualRect(index)
            self.row_actions.show_for(message, area.right() - 8, max(0, area.top() - RAISED_PX))
        else:
            self.row_actions.show_for(None, 0, 0)

    def _open_card(self, message: ChatRow) -> None:
        if message.account_id and self._view is not None and self._view.can_moderate:
            self.wished.emit(OpenPerson(message.account_id))

    def _answer(self, message: ChatRow) -> None:
        self._answered = message
        self.answering.tell(self._tr.text("chat.answering", name=message.author, text=message.text))
        self.input.setFocus()

    def _stop_answering(self) -> None:
        self._answered = None
        self.answering.tell("")

    def _decide_held(self, kind: ActionKind) -> None:
        if self._held_id:
            self.held.set_busy(True)
            self.wished.emit(act(kind, held_id=self._held_id))

    # ---- writing ---------------------------------------------------------------------------------

    def _send(self) -> None:
        answered = self._answered.message_id if self._answered is not None else ""
        wish = send_wish(self.input.text(), answered)
        if wish is not None:
            self.input.clear()
            self._stop_answering()
            self.list.to_end()
            self.wished.emit(wish)

    def _open_emoji(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("chat.emoji_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = EmojiGrid(self._tr.language)
        grid.taken.connect(self._insert)
        grid.taken.connect(menu.close)
        entry = QWidgetAction(menu)
        entry.setDefaultWidget(grid)
        menu.addAction(entry)
        size = menu.sizeHint()
        corner = self.emoji.mapToGlobal(QPoint(self.emoji.width() - size.width(), -size.height() - 4))
        menu.popup(corner)
        grid.focus_first()

    def _insert(self, emoji: str) -> None:
        self.input.insert(emoji)
        self.input.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._answered is not None:
            self._stop_answering()
        else:
            super().keyPressEvent(event)
