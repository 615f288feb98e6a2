"""The page 违规与申诉: what the platform did, why and until when, and the appeal to each. GUI thread."""

from __future__ import annotations

from app.usecases.wishes import LoadMeasures
from ui.presenters.measures import MeasuresView
from ui.views.card_page import CardPage
from ui.views.measures.card import MeasureCard


class MeasuresPage(CardPage[MeasureCard]):
    """Draws MeasuresView."""

    def __init__(self) -> None:
        super().__init__("measures", MeasureCard, LoadMeasures())
        self._sent_number = 0

    def draw(self, view: MeasuresView) -> None:
        """Show this state."""
        is_sent, self._sent_number = view.sent_number != self._sent_number, view.sent_number
        self.arrange(view)
        for one in view.rows:
            self.cards[one.id].draw(one, is_sent=is_sent)
