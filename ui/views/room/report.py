"""The form to report a message or a person (举报), over the window. GUI thread.

What a person typed or chose stays until it has arrived; a state that comes changes neither text nor choice.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.contract.reports import MAX_REPORT_CHARS
from app.domain.measures import ConductCategory
from app.i18n import Translator
from app.usecases.room_wishes import BeginReport, DropReport, SendReport
from app.usecases.state import DeskState
from ui.presenters.common import Place
from ui.presenters.reporting import (
    PickRow,
    ReportAsk,
    ReportFormView,
    most_picks,
    new_key,
    picks_of,
    report_wish,
    what_text,
)
from ui.theme.apply import apply_tokens
from ui.theme.tokens import Tokens
from ui.views.sheets import Sheet
from ui.widgets.basics import column, label
from ui.widgets.checks import CheckLine
from ui.widgets.radio import RadioList, RadioRow
from ui.widgets.scroll import scrolled

WIDTH_PX, TEXT_PX, LEAST_AREA_PX, AROUND_PX = 560, 76, 160, 48
SCROLLBAR_PX = 14


class ReportSheet(Sheet):
    """Draws ReportFormView; ``start`` fills it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("reporting", parent, width_px=WIDTH_PX)
        self._tr = Translator()
        self._tokens: Tokens | None = None
        self._view: ReportFormView | None = None
        self._state: DeskState | None = None
        self._ask: ReportAsk | None = None
        self._key = ""
        self._sent: tuple[object, ...] = ()
        """What the key was made for."""
        self._filed_number = 0
        self._picks: tuple[PickRow, ...] = ()
        self.pick_lines: dict[str, CheckLine] = {}
        self.add_title("reporting.title")
        self.what = label("reporting.what", wraps=True)
        self.what.setMaximumHeight(72)
        self.inner.addWidget(self.what)
        self.area, inner = scrolled("reporting.area", margins=(0, 0, SCROLLBAR_PX, 0))
        self.named(self.area, "reporting.title")
        inner.setSpacing(8)
        content = self.area.widget()
        if content is not None:
            # A long word must not make it wider than what is seen.
            content.setMinimumWidth(1)
        self.inner.addWidget(self.area)
        self._build_categories(inner)
        self._build_text(inner)
        self._build_picks(inner)
        self._build_clip(inner)
        inner.addStretch(1)
        self._build_foot()
        self.closed.connect(self.leave)

    # ---- building --------------------------------------------------------------------------------

    def _heading(self, layout: QVBoxLayout, name: str, message_id: str) -> QLabel:
        made = label(f"reporting.{name}", type_="12", tone="2")
        self.texts.bind(made.setText, message_id)
        layout.addWidget(made)
        return made

    def _build_categories(self, layout: QVBoxLayout) -> None:
        self._heading(layout, "why", "reporting.why")
        self.categories = {one: RadioRow(f"reporting.category.{int(one)}") for one in ConductCategory}
        self.list = RadioList("reporting.categories", tuple(self.categories.values()))
        self.named(self.list, "reporting.why")
        for one in self.categories.values():
            one.toggled.connect(lambda _: self._edited())
        layout.addWidget(self.list)

    def _build_text(self, layout: QVBoxLayout) -> None:
        self._heading(layout, "words", "reporting.words")
        self.text = QPlainTextEdit()
        self.text.setObjectName("reporting.text")
        self.text.setProperty("kind", "area")
        self.text.setFixedHeight(TEXT_PX)
        self.text.setTabChangesFocus(True)
        self.texts.bind(self.text.setPlaceholderText, "reporting.words_hint")
        self.named(self.text, "reporting.words")
        self.text.textChanged.connect(self._edited)
        layout.addWidget(self.text)
        self.count = label("reporting.count", type_="12", tone="3")
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.count)

    def _build_picks(self, layout: QVBoxLayout) -> None:
        self.picks_title = label("reporting.picks_title", type_="12", tone="2", wraps=True)
        layout.addWidget(self.picks_title)
        self.picks = QWidget()
        self._picks_column = column(self.picks, gap=6)
        layout.addWidget(self.picks)

    def _build_clip(self, layout: QVBoxLayout) -> None:
        self.clip = CheckLine("reporting.clip")
        self.clip_note = label("reporting.clip_note", type_="12", tone="3", wraps=True)
        self.clip_note.setContentsMargins(26, 0, 0, 0)
        layout.addWidget(self.clip)
        layout.addWidget(self.clip_note)

    def _build_foot(self) -> None:
        self.fault = label("reporting.fault", type_="12", tone="bad", wraps=True)
        self.inner.addWidget(self.fault)
        buttons = self.add_buttons()
        self.hotline = label("reporting.hotline", type_="12", tone="2")
        buttons.insertWidget(0, self.hotline)
        self.mine = self.button("reporting.mine", "reports.title", kind="ghost")
        self.mine.clicked.connect(self._show_mine)
        self.cancel = self.button("reporting.cancel", "action.cancel")
        self.cancel.clicked.connect(self.leave)
        self.send = self.button("reporting.send", "reporting.send", kind="primary")
        self.send.clicked.connect(self._send)
        for button in (self.mine, self.cancel, self.send):
            buttons.addWidget(button)

    # ---- opening and closing ---------------------------------------------------------------------

    def start(self, ask: ReportAsk, state: DeskState, tr: Translator) -> None:
        """Open it for this; of the same as before, what was typed and not sent is there still."""
        self._state = state
        is_filed = bool(self._key) and state.reports.filed_key == self._key
        if self._ask is None or (ask.kind, ask.id) != (self._ask.kind, self._ask.id) or is_filed:
            self._clear()
        self._ask, self._filed_number = ask, state.reports.filed_number
        self.fault.setText("")
        self.clip.box.setChecked(True)
        self._offer(picks_of(state, ask), tr)
        self._say()
        self.wished.emit(BeginReport())
        taken = next((one for one in self.categories.values() if one.isChecked()), None)
        self.open(taken or self.categories[ConductCategory.ILLEGAL])
        self._fit()

    def leave(self) -> None:
        """Close without sending."""
        if self.isHidden():
            return
        self.close_sheet()
        self.wished.emit(DropReport())

    def _show_mine(self) -> None:
        self.leave()
        self.acted.emit(Place.REPORTS)

    def _clear(self) -> None:
        self._key, self._sent = "", ()
        self.text.clear()
        group = next(iter(self.categories.values())).group()
        group.setExclusive(False)
        for one in self.categories.values():
            one.setAutoExclusive(False)
            one.setChecked(False)
            one.setAutoExclusive(True)
        group.setExclusive(True)
        for line in self.pick_lines.values():
            line.box.setChecked(False)

    # ---- drawing ---------------------------------------------------------------------------------

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        for one, radio in self.categories.items():
            radio.show_choice(tr.text(f"reporting.category_{int(one)}"), tr.text(f"reporting.category_{int(one)}_hint"))
        self.list.fit()
        self._say()

    def draw(self, view: ReportFormView, state: DeskState) -> None:
        """Show this state; closes once what was filed here has arrived."""
        self._state = state
        if view.filed_number != self._filed_number:
            self._filed_number = view.filed_number
            if self._key and view.filed_key == self._key:
                self._clear()
                self._ask = None
                self.close_sheet()
                if view.has_clip:
                    self.wished.emit(DropReport())  # of a form that was opened again meanwhile
                return
        if view == self._view:
            return
        before, self._view = self._view, view
        self.hotline.setText(view.hotline)
        self.clip.set_text(view.clip_text)
        self.clip.setVisible(bool(view.clip_text))
        self.clip.box.setEnabled(view.can_clip and not view.is_sending)
        self.clip_note.setText(view.clip_note)
        self.clip_note.setVisible(bool(view.clip_note))
        if before is None or view.refusal != before.refusal or view.refusal:
            self._fail(view.refusal)
        for part in (self.text, self.list, self.picks):
            part.setEnabled(not view.is_sending)
        self.send.setEnabled(not view.is_sending)
        self.send.setText(self._tr.text("reporting.sending" if view.is_sending else "reporting.send"))
        self._fit()

    def _say(self) -> None:
        if self._ask is not None:
            self.what.setText(what_text(self._ask, self._tr))
        self._count()

    def _offer(self, picks: tuple[PickRow, ...], tr: Translator) -> None:
        chosen = {one for one, line in self.pick_lines.items() if line.box.isChecked()}
        while self._picks_column.count():
            item = self._picks_column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.pick_lines = {}
        self._picks = picks
        for at, one in enumerate(picks):
            line = self.pick_lines[one.message_id] = CheckLine(f"reporting.pick.{at}")
            line.set_text(one.text)
            line.box.setChecked(one.message_id in chosen)
            line.toggled.connect(lambda _: self._edited())
            self._picks_column.addWidget(line)
        if self._tokens is not None:
            apply_tokens(self.picks, self._tokens)

    def _fail(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.setAccessibleName(text)
        self.fault.setVisible(bool(text))

    def _edited(self) -> None:
        if self.fault.text():
            self._fail("")
        self._count()

    def _count(self) -> None:
        used = len(self.text.toPlainText().strip())
        self.count.setText(f"{used} / {MAX_REPORT_CHARS}")
        self.picks_title.setVisible(bool(self._picks))
        self.picks.setVisible(bool(self._picks))
        if self._ask is not None:
            name = self._ask.name or self._tr.text("chat.nobody")
            most = most_picks(self._ask)
            self.picks_title.setText(self._tr.text("reporting.picks", name=name, count=len(self._chosen), most=most))

    @property
    def _chosen(self) -> list[str]:
        return [one for one, line in self.pick_lines.items() if line.box.isChecked()]

    # ---- sending ---------------------------------------------------------------------------------

    def _send(self) -> None:
        ask, state = self._ask, self._state
        if ask is None or state is None or not self.send.isEnabled():
            return
        category = next((one for one, radio in self.categories.items() if radio.isChecked()), None)
        text, chosen, most = self.text.toPlainText().strip(), self._chosen, most_picks(ask)
        if category is None:
            self._point(self._tr.text("reporting.choose"), self.categories[ConductCategory.ILLEGAL])
        elif len(text) > MAX_REPORT_CHARS:
            over = len(text) - MAX_REPORT_CHARS
            self._point(self._tr.text("reporting.too_long", most=MAX_REPORT_CHARS, over=over), self.text)
        elif len(chosen) > most:
            first = self.pick_lines[chosen[0]].box
            self._point(self._tr.text("reporting.too_many", most=most, over=len(chosen) - most), first)
        else:
            self.wished.emit(self._wish(state, ask, category, text, chosen))

    def _wish(
        self, state: DeskState, ask: ReportAsk, category: ConductCategory, text: str, chosen: list[str]
    ) -> SendReport:
        """Sent again as it was, it is the same report; changed, it is another."""
        sent = (ask, category, text, tuple(chosen))
        if sent != self._sent:
            self._key, self._sent = new_key(), sent
        with_clip = self.clip.box.isChecked() and self._view is not None and self._view.can_clip
        return report_wish(state, ask, category, text, chosen, self._key, with_clip=with_clip)

    def _point(self, text: str, at: QWidget) -> None:
        self._fail(text)
        at.setFocus(Qt.FocusReason.OtherFocusReason)
        self.area.ensureWidgetVisible(at)
        self._fit()

    # ---- size ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as it needs, where there is room; else what is filled in scrolls."""
        inner = self.area.widget()
        if inner is None or self.isHidden():
            return
        layout = inner.layout()
        wanted_px = layout.heightForWidth(self.area.viewport().width()) if layout is not None else 0
        wanted_px = max(wanted_px, inner.sizeHint().height())
        rest_px = self.card.sizeHint().height() - self.area.height()
        self.area.setFixedHeight(max(LEAST_AREA_PX, min(wanted_px, self.height() - AROUND_PX - max(0, rest_px))))
