"""One report: what it is about, how it stands, what the platform answered. GUI thread."""

from __future__ import annotations

from app.i18n import Translator
from app.usecases.room_wishes import RetryClip, WithdrawReport
from ui.presenters.reports import ReportRow
from ui.views.base import View
from ui.widgets.basics import column, label, row
from ui.widgets.marks import Pill
from ui.widgets.pairs import Pairs

NAME_PX = 72


class ReportCard(View):
    """Draws ReportRow."""

    def __init__(self, report_id: str) -> None:
        name = f"report.{report_id}"
        super().__init__(name, kind="card")
        self._tr = Translator()
        self._row: ReportRow | None = None
        layout = column(self, margins=(20, 16, 20, 16), gap=12)
        head = row(gap=10)
        self.title = label(f"{name}.title", type_="15b", wraps=True)
        self.pill = Pill(f"{name}.state")
        head.addWidget(self.title, 1)
        head.addWidget(self.pill)
        layout.addLayout(head)
        self.facts = Pairs(f"{name}.facts", name_px=NAME_PX)
        layout.addLayout(self.facts)
        foot = row(gap=12)
        self.clip = label(f"{name}.clip", type_="12", tone="2", wraps=True)
        self.retry = self.button(f"{name}.retry", "reports.clip_retry", kind="small")
        self.retry.clicked.connect(lambda: self.wished.emit(RetryClip(report_id)))
        self.withdraw = self.button(f"{name}.withdraw", "reports.withdraw", kind="small")
        self.withdraw.clicked.connect(lambda: self.wished.emit(WithdrawReport(report_id)))
        foot.addWidget(self.clip, 1)
        foot.addWidget(self.retry)
        foot.addStretch(0)
        foot.addWidget(self.withdraw)
        layout.addLayout(foot)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._row = tr, None

    def draw(self, view: ReportRow) -> None:
        """Show this state of it."""
        if view == self._row:
            return
        self._row = view
        self.title.setText(view.title)
        self.pill.show_text(view.state, view.tone)
        self.facts.draw(view.facts)
        self.clip.setText(view.clip_text)
        self.clip.setVisible(bool(view.clip_text))
        self.retry.setVisible(view.can_retry_clip)
        self.withdraw.setVisible(view.can_withdraw)
        self.withdraw.setEnabled(not view.is_withdrawing)
        self.withdraw.setAccessibleName(f"{self._tr.text('reports.withdraw')} {view.title}")
