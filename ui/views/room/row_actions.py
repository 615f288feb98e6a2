"""What can be done to the message under the mouse, beside its author's name; the rest is in its menu. GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QMenu, QWidget

from app.contract.room import ActionKind
from app.domain.reports import TargetKind
from app.domain.room.restrictions import Length
from app.i18n import Translator
from app.usecases.room_wishes import OpenPerson
from app.usecases.wishes import Wish
from ui.presenters.chat import ChatRow
from ui.presenters.common import Place
from ui.presenters.reporting import ReportAsk
from ui.presenters.room_words import act, choice, mute_choices, remove_choices
from ui.presenters.sources import Choice
from ui.widgets.basics import Button, row
from ui.widgets.menus import open_menu

REPORT, REPORTS = "report_message", "my_reports"
NARROW_PX = 330
"""Below it answering is left to the menu and the keyboard."""
_WORDS = {
    "reply": "room.do.reply", "delete": "room.do.delete", "mute": "room.do.mute_10", "remove": "room.do.remove",
    "more": "room.do.more",
}  # fmt: skip


class RowActions(QFrame):
    """``wished`` carries wishes; ``replied`` the row that shall be answered; ``report_asked`` the ReportAsk of one;
    ``acted`` the action that leads elsewhere. The list places it over a row."""

    wished = Signal(object)
    replied = Signal(object)
    report_asked = Signal(object)
    acted = Signal(str)

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setObjectName("chat.actions")
        self.setProperty("kind", "group")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._tr = Translator()
        self._row: ChatRow | None = None
        self.menu: QMenu | None = None
        self.buttons: dict[str, Button] = {}
        line = row(self, margins=(1, 1, 1, 1))
        for name in _WORDS:
            kind = "quiet-bad" if name == "remove" else "quiet"
            button = self.buttons[name] = Button(f"chat.actions.{name}", kind=kind)
            # the list keeps the keyboard: its keys do the same
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            line.addWidget(button)
        self.buttons["reply"].clicked.connect(lambda: self._reply(self._row))
        self.buttons["delete"].clicked.connect(lambda: self._delete(self._row))
        self.buttons["mute"].clicked.connect(lambda: self._mute(self._row))
        self.buttons["remove"].clicked.connect(lambda: self._remove(self._row))
        self.buttons["more"].clicked.connect(lambda: self.open_menu(self._row))
        self.hide()

    def retranslate(self, tr: Translator) -> None:
        self._tr = tr
        for name, message_id in _WORDS.items():
            self.buttons[name].setText("⋯" if name == "more" else tr.text(message_id))
            self.buttons[name].setAccessibleName(tr.text(message_id))
            self.buttons[name].setToolTip(tr.text(f"room.tip.{name}"))

    @property
    def is_menu_open(self) -> bool:
        return self.menu is not None

    def show_for(self, message: ChatRow | None, right_px: int, top_px: int) -> None:
        """Over this row, its right upper corner there; hidden for None."""
        self._row = message
        if message is None or not message.message_id:
            self.hide()
            return
        is_shown = not message.is_hidden
        can_act = bool(message.account_id)
        self.buttons["reply"].setVisible(is_shown and right_px > NARROW_PX)
        self.buttons["delete"].setVisible(is_shown)
        self.buttons["mute"].setVisible(can_act)
        self.buttons["remove"].setVisible(can_act)
        self.adjustSize()
        self.move(QPoint(right_px - self.width(), top_px))
        self.show()
        self.raise_()

    # ---- what is done ----------------------------------------------------------------------------

    def key(self, key: int, message: ChatRow) -> None:
        """What a key of the list does to a message; the mouse may rest on another."""
        match key:
            case Qt.Key.Key_Delete:
                self._delete(message)
            case Qt.Key.Key_M:
                self._mute(message)
            case Qt.Key.Key_K:
                self._remove(message)
            case Qt.Key.Key_R:
                self._reply(message)
            case Qt.Key.Key_Menu:
                self.open_menu(message)

    def _reply(self, message: ChatRow | None) -> None:
        if message is not None and message.message_id and not message.is_hidden:
            self.replied.emit(message)

    def _delete(self, message: ChatRow | None) -> None:
        if message is not None and message.message_id and not message.is_hidden:
            self.wished.emit(act(ActionKind.DELETE_MESSAGE, message_id=message.message_id))

    def _mute(self, message: ChatRow | None) -> None:
        if message is not None and message.account_id:
            self.wished.emit(act(ActionKind.MUTE, account_id=message.account_id, length=Length.TEN_MINUTES))

    def _remove(self, message: ChatRow | None) -> None:
        if message is not None and message.account_id:
            self.wished.emit(act(ActionKind.REMOVE, account_id=message.account_id, length=Length.SESSION))

    def open_menu(self, message: ChatRow | None = None) -> None:
        """Everything that can be done to the message and its author; another row may be pointed at before one is
        taken."""
        message = message or self._row
        if message is None or not message.message_id:
            return
        owner: QWidget = self.buttons["more"] if self.isVisible() else self._owner
        self.menu = open_menu(owner, "chat.menu", self._choices(message), partial(self._take, message))
        self.menu.aboutToHide.connect(self._menu_gone)

    def _menu_gone(self) -> None:
        self.menu = None

    def _choices(self, message: ChatRow) -> tuple[Choice, ...]:
        tr, who = self._tr, message.account_id
        found: list[Choice] = []
        if not message.is_hidden:
            found.append(Choice("reply", tr.text("room.do.reply"), is_own=True))
            pin: Wish = act(ActionKind.PIN, message_id=message.message_id)
            found.append(choice("pin", tr.text("room.do.pin"), pin))
        if who:
            found.append(choice("card", tr.text("room.do.card"), OpenPerson(who)))
            found.append(Choice("mute", tr.text("room.do.mute"), is_header=True))
            found += mute_choices(who, tr)
            found.append(choice("unmute", tr.text("room.do.unmute"), act(ActionKind.UNMUTE, account_id=who)))
            found.append(Choice("remove", tr.text("room.do.remove"), is_header=True))
            found += remove_choices(who, tr)
            found.append(Choice("report", tr.text("room.do.report"), is_header=True))
            found.append(Choice(REPORT, tr.text("room.do.report_message"), is_own=True))
            found.append(Choice(REPORTS, tr.text("reports.title"), is_own=True))
        return tuple(found)

    def _take(self, message: ChatRow, taken: Choice) -> None:
        if taken.id == REPORT:
            ask = ReportAsk(TargetKind.MESSAGE, message.message_id, message.account_id, message.author, message.text)
            self.report_asked.emit(ask)
        elif taken.id == REPORTS:
            self.acted.emit(Place.REPORTS)
        elif taken.is_own:
            self._reply(message)
        elif taken.wish is not None:
            self.wished.emit(taken.wish)
