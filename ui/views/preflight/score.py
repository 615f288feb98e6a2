"""The score: a ring, a sentence, and the groups in one line. GUI thread."""

from __future__ import annotations

from collections.abc import Iterator

from app.i18n import Translator
from ui.presenters.preflight import ScoreView
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import column, label, row
from ui.widgets.ring import Ring


class ScoreCard(View):
    """Draws ScoreView."""

    def __init__(self) -> None:
        super().__init__("preflight.score", kind="card")
        self._view: ScoreView | None = None
        across = row(self, margins=(18, 16, 18, 16), gap=20)
        self.ring = Ring("preflight.ring")
        across.addWidget(self.ring)
        inner = column(gap=4)
        self.headline = label("preflight.headline", type_="15b", wraps=True)
        self.groups = label("preflight.groups", type_="12", tone="2", wraps=True)
        self.note = label("preflight.note", type_="12", tone="2", wraps=True)
        inner.addStretch(1)
        for words in (self.headline, self.groups, self.note):
            inner.addWidget(words)
        inner.addStretch(1)
        across.addLayout(inner, 1)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._view = None

    def draw(self, view: ScoreView) -> Iterator[None]:
        """Show this state, in pieces."""
        if view == self._view:
            return
        self._view = view
        self.ring.show_score(view.number, view.ratio, view.tone)
        self.ring.setAccessibleName(view.said)
        yield
        for words, text in ((self.headline, view.headline), (self.groups, view.groups), (self.note, view.note)):
            if words.text() != text:
                words.setText(text)
            words.setVisible(bool(text))
        set_look(self.headline, tone=view.headline_tone)
