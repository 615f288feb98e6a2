"""The page 我的举报: what was reported, how it stands, and what the platform answered. GUI thread."""

from __future__ import annotations

from app.usecases.room_wishes import LoadReports
from ui.presenters.reports import ReportsView
from ui.views.card_page import CardPage
from ui.views.reports.card import ReportCard
from ui.widgets.basics import label


class ReportsPage(CardPage[ReportCard]):
    """Draws ReportsView."""

    def __init__(self) -> None:
        super().__init__("reports", ReportCard, LoadReports())
        self.hotline = label("reports.hotline", type_="12", tone="2")
        self.header_line.addWidget(self.hotline)

    def draw(self, view: ReportsView) -> None:
        """Show this state."""
        self.hotline.setText(view.hotline)
        self.arrange(view)
        for one in view.rows:
            self.cards[one.id].draw(one)
