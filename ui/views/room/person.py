"""The card of one person: how they stand, what they said, what was done, and what can be done. GUI thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.contract.room import ActionKind
from app.domain.reports import TargetKind
from app.i18n import Translator
from app.usecases.room_wishes import OpenPerson, UndoAct
from ui.presenters.reporting import ReportAsk
from ui.presenters.room_side import ActRow, CardView
from ui.presenters.room_words import act, mute_choices, remove_choices
from ui.presenters.sources import Choice
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.views.room.lists import ActList
from ui.widgets.basics import Elided, column, label, row
from ui.widgets.flow import Flow
from ui.widgets.marks import paint_avatar
from ui.widgets.menus import open_menu
from ui.widgets.scroll import scrolled

EDGE_PX = 14
AVATAR_PX = 40


class _Avatar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(QSize(AVATAR_PX, AVATAR_PX))
        self._tokens: Tokens = DARK
        self.initial, self.colour = "", 0

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._tokens.avatars[self.colour % len(self._tokens.avatars)]
        paint_avatar(painter, QRectF(self.rect()), self.initial, colour, self.font())
        painter.end()


class PersonPanel(View):
    """Draws CardView. ``report_asked`` carries the ReportAsk of the person."""

    report_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("person")
        self._tr = Translator()
        self._view: CardView | None = None
        layout = column(self)
        self._build_head(layout)
        self.area, inner = scrolled("person.area", margins=(0, 0, 0, 12))
        self.named(self.area, "room.card")
        layout.addWidget(self.area, 1)
        self.said_title = label("person.said_title", type_="11", tone="3")
        self.said_title.setContentsMargins(EDGE_PX, 10, EDGE_PX, 4)
        inner.addWidget(self.said_title)
        self.said, self.acts = ActList("person.said"), ActList("person.acts")
        self.named(self.said, "room.said_list")
        self.named(self.acts, "room.acts_on")
        self.acts_title = label("person.acts_title", type_="11", tone="3")
        self.acts_title.setContentsMargins(EDGE_PX, 14, EDGE_PX, 4)
        self.said.taken.connect(self._delete)
        self.acts.taken.connect(self._undo)
        for part in (self.said, self.acts_title, self.acts):
            inner.addWidget(part)
        inner.addStretch(1)
        self.empty = label("person.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.empty, 1)

    def _build_head(self, layout: QVBoxLayout) -> None:
        head = row(margins=(8, 12, EDGE_PX, 8), gap=10)
        layout.addLayout(head)
        self.back = self.button("person.back", "room.back", kind="icon", icon_name="back")
        self.back.clicked.connect(lambda: self.wished.emit(OpenPerson("")))
        self.avatar = _Avatar()
        names = column(gap=2)
        self.name, self.facts = Elided("person.name", type_="13b"), Elided("person.facts", type_="12", tone="2")
        self.standing = Elided("person.standing", type_="12", tone="warn")
        for text in (self.name, self.facts, self.standing):
            names.addWidget(text)
        head.addWidget(self.back)
        head.addWidget(self.avatar)
        head.addLayout(names, 1)
        self.doing = QWidget()
        flow = Flow(self.doing, gap_px=8)
        flow.setContentsMargins(EDGE_PX, 0, EDGE_PX, 4)
        self.mute = self.button("person.mute", "room.do.mute_menu", kind="small")
        self.unmute = self.button("person.unmute", "room.do.unmute", kind="small")
        self.remove = self.button("person.remove", "room.do.remove_menu", kind="small-bad")
        self.readmit = self.button("person.readmit", "room.do.readmit", kind="small")
        self.appoint = self.button("person.appoint", "room.do.appoint", kind="small", tip="room.tip.appoint")
        self.dismiss = self.button("person.dismiss", "room.do.dismiss", kind="small")
        self.report = self.button("person.report", "room.do.report_person", kind="small")
        self.report.clicked.connect(self._report)
        for button in (self.mute, self.unmute, self.remove, self.readmit, self.appoint, self.dismiss, self.report):
            flow.addWidget(button)
        layout.addWidget(self.doing)
        self.mute.clicked.connect(lambda: self._menu(self.mute, "person.mute_menu", mute_choices))
        self.remove.clicked.connect(lambda: self._menu(self.remove, "person.remove_menu", remove_choices))
        for button, kind in (
            (self.unmute, ActionKind.UNMUTE), (self.readmit, ActionKind.READMIT), (self.appoint, ActionKind.APPOINT),
            (self.dismiss, ActionKind.DISMISS),
        ):  # fmt: skip
            button.clicked.connect(lambda _=False, kind=kind: self._do(kind))

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._view = tr, None
        self.acts.set_do_text(tr.text("room.do.undo"))
        self.said.set_do_text(tr.text("room.do.delete"))

    def draw(self, view: CardView) -> None:
        """Show this person."""
        if view == self._view:
            return
        self._view = view
        is_empty = bool(view.empty_text)
        self.empty.setText(view.empty_text)
        self.empty.setVisible(is_empty)
        self.area.setVisible(not is_empty)
        self.doing.setVisible(not is_empty and view.can_act)
        self.name.setText(view.name)
        self.facts.setText(view.facts)
        self.standing.setText(view.standing)
        self.standing.setVisible(bool(view.standing))
        self.avatar.initial, self.avatar.colour = view.initial, view.colour
        self.avatar.update()
        self.mute.setVisible(not view.is_muted)
        self.unmute.setVisible(view.is_muted)
        self.remove.setVisible(not view.is_removed)
        self.readmit.setVisible(view.is_removed)
        self.appoint.setVisible(view.can_appoint and not view.is_moderator)
        self.dismiss.setVisible(view.can_appoint and view.is_moderator)
        self.said_title.setText(self._tr.text("room.said", count=len(view.said)))
        self.acts_title.setText(self._tr.text("room.acts_on"))
        self.acts_title.setVisible(bool(view.acts))
        for part, rows in ((self.said, view.said), (self.acts, view.acts)):
            part.rows.follow(rows)
            part.setVisible(bool(rows))
            part.fit()

    def focus_first(self) -> None:
        self.back.setFocus()

    def _report(self) -> None:
        if self._view is not None:
            who = self._view.account_id
            self.report_asked.emit(ReportAsk(TargetKind.PERSON, who, who, self._view.name))

    def _do(self, kind: ActionKind) -> None:
        if self._view is not None:
            self.wished.emit(act(kind, account_id=self._view.account_id))

    def _delete(self, said: ActRow) -> None:
        if said.target_id:
            self.wished.emit(act(ActionKind.DELETE_MESSAGE, message_id=said.target_id))

    def _undo(self, done: ActRow) -> None:
        if done.target_id:
            self.wished.emit(UndoAct(done.target_id))

    def _menu(self, owner: QWidget, name: str, make: Callable[[str, Translator], tuple[Choice, ...]]) -> None:
        if self._view is not None:
            open_menu(owner, name, make(self._view.account_id, self._tr), self._take)

    def _take(self, taken: Choice) -> None:
        if taken.wish is not None:
            self.wished.emit(taken.wish)
