"""The strip that lets a person decide when a session was changed elsewhere meanwhile. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal

from ui.views.base import View
from ui.widgets.basics import label, row


class ConflictStrip(View):
    """``theirs_taken``: the newest is to stand in the form; ``mine_taken``: what stands there is to count."""

    theirs_taken = Signal()
    mine_taken = Signal()

    def __init__(self) -> None:
        super().__init__("plan.conflict", kind="strip-warn")
        line = row(self, margins=(48, 8, 20, 8), gap=10)
        self.text = label("plan.conflict_text", type_="12", wraps=True)
        theirs = self.button("plan.use_theirs", "plan.use_theirs", kind="small")
        mine = self.button("plan.use_mine", "plan.use_mine", kind="small")
        theirs.clicked.connect(self.theirs_taken)
        mine.clicked.connect(self.mine_taken)
        line.addWidget(self.text, 1)
        line.addWidget(theirs)
        line.addWidget(mine)
        self.hide()

    def show_text(self, text: str) -> None:
        """An empty text hides it."""
        self.text.setText(text)
        self.setVisible(bool(text))
