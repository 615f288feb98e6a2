"""One measure: what it is, why, until when, and the appeal. GUI thread."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit

from app.contract.measures import MAX_APPEAL_CHARS
from app.i18n import Translator
from app.usecases.wishes import Appeal
from ui.presenters.measures import MeasureRow
from ui.views.base import View
from ui.widgets.basics import column, label, row, rule
from ui.widgets.marks import Pill
from ui.widgets.pairs import Pairs

NAME_PX, TEXT_PX = 72, 96


class MeasureCard(View):
    """Draws MeasureRow; what is being typed stays."""

    def __init__(self, measure_id: str) -> None:
        super().__init__(f"measure.{measure_id}", kind="card")
        self._tr = Translator()
        self._row: MeasureRow | None = None
        layout = column(self, margins=(20, 16, 20, 16), gap=12)
        head = row(gap=10)
        self.title = label(f"measure.{measure_id}.title", type_="15b")
        self.pill, self.appeal_pill = Pill(f"measure.{measure_id}.state"), Pill(f"measure.{measure_id}.appeal_state")
        head.addWidget(self.title)
        head.addWidget(self.pill)
        head.addWidget(self.appeal_pill)
        head.addStretch(1)
        layout.addLayout(head)
        self._facts = Pairs(f"measure.{measure_id}.facts", name_px=NAME_PX)
        self._said = Pairs(f"measure.{measure_id}.said", name_px=NAME_PX)
        self._line = rule()
        layout.addLayout(self._facts)
        layout.addWidget(self._line)
        layout.addLayout(self._said)
        self.begin = self.button(f"measure.{measure_id}.begin", "measures.appeal")
        self.begin.clicked.connect(self._open)
        foot = row(gap=12)
        self.until = label(f"measure.{measure_id}.until", type_="12", tone="3")
        foot.addWidget(self.begin)
        foot.addWidget(self.until)
        foot.addStretch(1)
        layout.addLayout(foot)
        self.text = QPlainTextEdit()
        self.text.setObjectName(f"measure.{measure_id}.text")
        self.text.setProperty("kind", "area")
        self.text.setFixedHeight(TEXT_PX)
        self.text.setTabChangesFocus(True)
        self.texts.bind(self.text.setPlaceholderText, "measures.hint")
        self.named(self.text, "measures.hint")
        self.text.textChanged.connect(self._count)
        layout.addWidget(self.text)
        doing = row(gap=10)
        self.count = label(f"measure.{measure_id}.count", type_="12", tone="3")
        self.cancel = self.button(f"measure.{measure_id}.cancel", "action.cancel", kind="ghost")
        self.send = self.button(f"measure.{measure_id}.send", "measures.send", kind="primary")
        self.cancel.clicked.connect(lambda: self._show_form(False))
        self.send.clicked.connect(self._send)
        doing.addWidget(self.count)
        doing.addStretch(1)
        doing.addWidget(self.cancel)
        doing.addWidget(self.send)
        layout.addLayout(doing)
        self._show_form(False)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._row = tr, None

    def draw(self, view: MeasureRow, *, is_sent: bool) -> None:
        """``is_sent``: an appeal has arrived just now."""
        if is_sent and not view.can_appeal:
            self.text.clear()
            self._show_form(False)
        if view == self._row:
            return
        self._row = view
        self.title.setText(view.title)
        self.pill.show_text(view.state, view.tone)
        self.appeal_pill.show_text(view.appeal_state, "accent")
        self.appeal_pill.setVisible(bool(view.appeal_state))
        self._facts.draw(view.facts)
        self._said.draw(view.appeal)
        self._line.setVisible(bool(view.appeal))
        self.until.setText(view.appeal_until)
        if not view.can_appeal:
            self._show_form(False)
        self._show_form(not self.text.isHidden())
        for part in (self.text, self.cancel, self.send):
            part.setEnabled(not view.is_sending)
        self._count()

    def _open(self) -> None:
        self._show_form(True)
        self.text.setFocus()

    def _show_form(self, is_open: bool) -> None:
        can = self._row is not None and self._row.can_appeal
        for part in (self.text, self.count, self.cancel, self.send):
            part.setVisible(is_open and can)
        self.begin.setVisible(can and not is_open)
        self.until.setVisible(can)

    def _count(self) -> None:
        used = len(self.text.toPlainText().strip())
        self.count.setText(f"{used} / {MAX_APPEAL_CHARS}")
        is_sending = self._row is not None and self._row.is_sending
        self.send.setEnabled(0 < used <= MAX_APPEAL_CHARS and not is_sending)

    def _send(self) -> None:
        if self._row is not None:
            self.wished.emit(Appeal(self._row.id, self.text.toPlainText().strip()))
