"""The line above the health of the broadcast: what got worse of picture or sound, and what to do. GUI thread."""

from __future__ import annotations

from app.i18n import Translator
from app.usecases.wishes import Wish
from ui.presenters.advice import AdviceView
from ui.views.base import View
from ui.widgets.basics import Button, Icon, label, row


class AdviceLine(View):
    """Draws AdviceView; hidden without one."""

    def __init__(self) -> None:
        super().__init__("live.advice", kind="strip-warn")
        self._view: AdviceView | None = None
        across = row(self, margins=(12, 6, 8, 6), gap=10)
        across.addWidget(Icon("warn", tone="warn", size_px=16))
        self.text = label("live.advice_text", wraps=True)
        across.addWidget(self.text, 1)
        self.dismiss = Button("live.advice_dismiss", kind="quiet")
        self.dismiss.clicked.connect(lambda: self._emit(self._view.dismiss if self._view is not None else None))
        self.action = Button("live.advice_action", kind="small")
        self.action.clicked.connect(lambda: self._emit(self._view.wish if self._view is not None else None))
        across.addWidget(self.dismiss)
        across.addWidget(self.action)
        self.hide()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._view = None

    def draw(self, view: AdviceView | None) -> None:
        """Show this state."""
        if view == self._view and self.isHidden() is (view is None):
            return
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        self.text.setText(view.text)
        self.text.setAccessibleName(view.text)
        for button, text in ((self.dismiss, view.dismiss_label), (self.action, view.action_label)):
            button.setText(text)
            button.setAccessibleName(text)
            button.setVisible(bool(text))

    def _emit(self, wish: Wish | None) -> None:
        if wish is not None:
            self.wished.emit(wish)
