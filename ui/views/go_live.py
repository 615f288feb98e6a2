"""The sheet that asks what to broadcast. GUI thread."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.contract.rest import Category
from app.domain.schedule import MAX_TITLE_CHARS
from app.i18n import Translator
from app.usecases.wishes import EndLive, GoLive
from ui.presenters.common import TroubleView
from ui.presenters.go_live import MAX_PLANS, GoLiveView, PlanChoice, go_live_wish
from ui.theme.apply import set_look
from ui.views.sheets import Sheet
from ui.widgets.basics import Button, Combo, Elided, box, column, label, row
from ui.widgets.radio import RadioList, RadioRow
from ui.widgets.trouble import TroubleLine

FACTS = 4


class GoLiveSheet(Sheet):
    """Asks for a planned session, or for title and category of one on the spot.

    Stays until the broadcast runs, so that a refusal is read where it was asked.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__("go_live", parent)
        self._tr = Translator()
        self._view: GoLiveView | None = None
        self._chosen = self._asked = ""
        """Ids of the plan that is chosen, and of the one that the sheet was opened for; empty for on the spot."""
        self._is_gone = False
        """The plan that was chosen is none any more."""
        self._last: GoLive | None = None
        self.add_title("go.title")
        self._build_plans()
        self._build_fields()
        self._build_facts()
        self.trouble = TroubleLine("go_live.trouble")
        self.trouble.acted.connect(self._act)
        self.inner.addWidget(self.trouble)
        buttons = self.add_buttons()
        self.cancel = self.button("go_live.cancel", "action.cancel")
        self.cancel.clicked.connect(self._leave)
        self.take_over = self.button("go_live.take_over", "action.take_over", kind="primary")
        self.take_over.clicked.connect(self._take_over)
        self.submit = self.button("go_live.submit", "go.submit", kind="primary")
        self.submit.clicked.connect(self._submit)
        for button in (self.cancel, self.take_over, self.submit):
            buttons.addWidget(button)
        self.closed.connect(self._leave)

    # ---- building --------------------------------------------------------------------------------

    def _build_plans(self) -> None:
        self.choices = [RadioRow(f"go_live.plan.{number}") for number in range(MAX_PLANS)]
        self.spot = RadioRow("go_live.spot")
        self.plans = RadioList("go_live.plans", (*self.choices, self.spot))
        for choice in (*self.choices, self.spot):
            choice.clicked.connect(lambda _=False, one=choice: self._choose(one))
        self.inner.addWidget(self.plans)

    def _build_fields(self) -> None:
        self.fields = QWidget()
        fields = column(self.fields, gap=4)
        self.title = QLineEdit()
        self.title.setObjectName("go_live.title_field")
        self.title.setMaxLength(MAX_TITLE_CHARS)
        self.texts.bind(self.title.setPlaceholderText, "go.title_hint")
        self.named(self.title, "go.title_label")
        self.title.returnPressed.connect(self._submit)
        self.category = Combo("go_live.category")
        self.named(self.category, "go.category")
        for message_id, control in (("go.title_label", self.title), ("go.category", self.category)):
            name = label(f"go_live.{message_id}", type_="12", tone="2")
            self.texts.bind(name.setText, message_id)
            fields.addWidget(name)
            fields.addWidget(control)
            if control is self.title:
                fields.addSpacing(8)
        self.inner.addWidget(self.fields)

    def _build_facts(self) -> None:
        facts = box("go_live.facts", kind="tile")
        grid = column(facts, margins=(12, 8, 12, 8), gap=4)
        self._facts: list[tuple[QLabel, QLabel]] = []
        for number in range(FACTS):
            line = row(gap=12)
            name = label(f"go_live.fact.{number}", type_="12", tone="2")
            name.setFixedWidth(64)
            value = Elided(f"go_live.fact_value.{number}", type_="12")
            line.addWidget(name)
            line.addWidget(value, 1)
            grid.addLayout(line)
            self._facts.append((name, value))
        line = row(gap=12)
        name = label("go_live.check_name", type_="12", tone="2")
        name.setFixedWidth(64)
        self.texts.bind(name.setText, "go.check")
        self.check_text = Elided("go_live.check_text", type_="12")
        self.check = Button("go_live.check", kind="link")
        self.check.clicked.connect(lambda: self._act("open_preflight"))
        line.addWidget(name)
        line.addWidget(self.check_text)
        line.addWidget(self.check)
        line.addStretch(1)
        grid.addLayout(line)
        self.inner.addWidget(facts)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._view = None

    # ---- drawing ---------------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """Id of the plan that is chosen; empty for one on the spot."""
        return self._chosen

    @property
    def kept(self) -> tuple[str, ...]:
        """Ids of the plans that stay in the choice however far they lie ahead."""
        return tuple(one for one in dict.fromkeys((self._asked, self._chosen)) if one)

    def start(self, view: GoLiveView) -> None:
        """Open it with what is proposed, and what was last used."""
        self.title.setText(view.title)
        set_look(self.title, invalid="false")
        self._view, self._last, self._is_gone = None, None, False
        self._chosen = view.proposed
        self._asked = view.proposed
        self.draw(view)
        self.category.setCurrentIndex(max(0, self.category.findData(view.category.value)))
        self.open(self.title if self.fields.isVisibleTo(self) else self._row_of(self._chosen))

    def draw(self, view: GoLiveView) -> None:
        """Show this state; what was typed and chosen stays."""
        if view == self._view:
            return
        kept = self.category.currentData()
        if self._view is None or view.categories != self._view.categories:
            self.category.clear()
            for category, text in view.categories:
                self.category.addItem(text, category.value)
            self.category.setCurrentIndex(max(0, self.category.findData(kept or view.category.value)))
        self._view = view
        for (name, value), (fact, text) in zip(self._facts, view.facts, strict=True):
            name.setText(fact)
            value.setText(text)
        self.check_text.setText(view.check.text)
        set_look(self.check_text, tone="bad" if view.check.is_blocked else "")
        self.check.setText(view.check.action_label)
        self.check.setAccessibleName(self._tr.text("preflight.title"))
        # what is being begun is not left by a side door
        self.check.setVisible(not view.is_busy)
        is_known = view.is_schedule_known and not view.is_busy
        if is_known and self._chosen and self._plan_of(self._chosen, view) is None:
            self._chosen, self._is_gone = "", True
        had_keyboard = self.plans.isAncestorOf(self.window().focusWidget())
        self._draw_choice()
        if had_keyboard and not view.plans:
            self.title.setFocus(Qt.FocusReason.OtherFocusReason)

    def _draw_choice(self) -> None:
        view = self._view
        if view is None:
            return
        for number, choice in enumerate(self.choices):
            choice.setVisible(number < len(view.plans))
            if number < len(view.plans):
                choice.show_choice(view.plans[number].title, view.plans[number].detail)
        self.spot.show_choice(self._tr.text("go.spot"), self._tr.text("go.spot_detail"))
        self.plans.setVisible(bool(view.plans))
        self._row_of(self._chosen).setChecked(True)
        self.plans.fit()
        plan = self._plan_of(self._chosen, view)
        self.fields.setVisible(plan is None and not (self._chosen and view.is_busy))
        is_moving = view.can_take_over and not view.is_busy
        trouble = view.trouble
        if self._is_gone and not view.tells_gone:
            trouble = TroubleView(self._tr.text("go.plan_gone"))
        self.trouble.draw(replace(trouble, action_label="") if is_moving and trouble is not None else trouble)
        self.take_over.setVisible(is_moving)
        self.submit.setText(self._tr.text("go.busy" if view.is_busy else "go.submit"))
        self.submit.setVisible(not is_moving)
        for widget in (self.title, self.category, *self.choices, self.spot):
            widget.setEnabled(not view.is_busy)
        self.submit.setEnabled(not view.is_busy and (plan is None or not plan.is_early))

    @staticmethod
    def _plan_of(session_id: str, view: GoLiveView) -> PlanChoice | None:
        return next((one for one in view.plans if one.session_id == session_id), None) if session_id else None

    def _row_of(self, session_id: str) -> RadioRow:
        plans = self._view.plans if self._view is not None else ()
        place = next((at for at, one in enumerate(plans) if one.session_id == session_id), -1)
        return self.choices[place] if place >= 0 else self.spot

    def _choose(self, choice: RadioRow) -> None:
        view = self._view
        if view is None:
            return
        place = self.choices.index(choice) if choice in self.choices else -1
        self._chosen = view.plans[place].session_id if 0 <= place < len(view.plans) else ""
        self._is_gone = False
        self._draw_choice()

    # ---- sending ---------------------------------------------------------------------------------

    def _wish(self) -> GoLive | str:
        plan = self._plan_of(self._chosen, self._view) if self._view is not None else None
        if plan is not None:
            return GoLive(plan.title, plan.category, session_id=plan.session_id)
        return go_live_wish(self.title.text(), Category(self.category.currentData()))

    def _submit(self) -> None:
        if not self.submit.isEnabled():
            return
        wish = self._wish()
        set_look(self.title, invalid="true" if isinstance(wish, str) else "false")
        if isinstance(wish, str):
            self.trouble.draw(TroubleView(self._tr.text(wish)))
            self.title.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._send(wish)

    def _send(self, wish: GoLive) -> None:
        self._last, self._is_gone = wish, False
        self.trouble.draw(None)
        self.wished.emit(wish)

    def _take_over(self) -> None:
        """What the other device has, else what was asked for last."""
        held = self._view.held if self._view is not None else None
        wish = held or self._last or self._wish()
        if isinstance(wish, GoLive):
            self._send(replace(wish, take_over=True))

    def _act(self, action: str) -> None:
        that = self._view.that if self._view is not None else None
        if action == "take_over":
            self._take_over()
        elif action == "start_that" and that is not None:
            if self._view is not None and self._plan_of(that.session_id, self._view) is not None:
                self._chosen = that.session_id
                self._draw_choice()
            self._send(that)
        elif action in ("retry", "go_live"):
            self._submit()
        else:
            self.close_sheet()
            self.acted.emit(action)

    def _leave(self) -> None:
        if self._view is not None and self._view.is_busy:
            self.wished.emit(EndLive())
        self.close_sheet()
