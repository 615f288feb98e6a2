"""Asks before the page is left while the camera works, and says what leaving stops. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.views.base import View
from ui.widgets.basics import label, row

STRIP_PX, LOW_PX, SIDE_PX, LEAST_PX = 600, 8, 16, 44


class StopStrip(View):
    """Lies over the lower end of ``owner``: the prompt stays in sight, and nothing moves. ``confirmed``: leave."""

    confirmed = Signal()

    def __init__(self, owner: QWidget) -> None:
        super().__init__("liveness.strip", kind="strip-warn")
        self.setParent(owner)
        inner = row(self, margins=(14, 8, 10, 8), gap=10)
        self.asked = label("liveness.strip.text", wraps=True)
        self.texts.bind(self.asked.setText, "liveness.stop_asked")
        self.leave = self.button("liveness.strip.leave", "liveness.stop_leave", kind="small")
        self.stay = self.button("liveness.strip.stay", "liveness.stop_stay", kind="small")
        self.leave.clicked.connect(self._confirm)
        self.stay.clicked.connect(self.hide)
        inner.addWidget(self.asked, 1)
        inner.addWidget(self.leave)
        inner.addWidget(self.stay)
        self.hide()

    def ask(self) -> None:
        """Show it; the keyboard goes to what changes nothing."""
        self.show()
        self.place()
        self.raise_()
        self.stay.setFocus()

    def place(self) -> None:
        """Where it belongs in its owner's present size."""
        owner, layout = self.parentWidget(), self.layout()
        if self.isHidden() or owner is None or layout is None:
            return
        width = min(STRIP_PX, owner.width() - 2 * SIDE_PX)
        height = max(LEAST_PX, layout.totalHeightForWidth(width))
        self.setGeometry((owner.width() - width) // 2, owner.height() - height - LOW_PX, width, height)

    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit()
