"""The format that network and computer hold, with the way to take it. GUI thread."""

from __future__ import annotations

from app.i18n import Translator
from ui.presenters.preflight import ProposalView
from ui.views.base import View
from ui.widgets.basics import Button, column, label, row


class ProposalCard(View):
    """Draws ProposalView; hidden without one."""

    def __init__(self) -> None:
        super().__init__("preflight.proposal", kind="card")
        self._view: ProposalView | None = None
        across = row(self, margins=(14, 10, 14, 10), gap=12)
        words = column(gap=1)
        self.text = label("preflight.proposal_text", type_="13b", wraps=True)
        self.reason = label("preflight.proposal_reason", type_="12", tone="2", wraps=True)
        words.addWidget(self.text)
        words.addWidget(self.reason)
        across.addLayout(words, 1)
        self.take = Button("preflight.proposal_take", kind="small")
        self.take.clicked.connect(self._take)
        across.addWidget(self.take)
        self.hide()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._view = None

    def draw(self, view: ProposalView | None) -> None:
        """Show this state."""
        self.setVisible(view is not None)
        if view is None or view == self._view:
            return
        self._view = view
        self.text.setText(view.text)
        self.reason.setText(view.reason)
        self.take.setText(view.action_label)
        self.take.setAccessibleName(f"{view.action_label} {view.text}")
        self.take.setVisible(bool(view.action_label))

    def _take(self) -> None:
        if self._view is not None:
            self.wished.emit(self._view.wish)
