"""Beside the picture while the camera works: how each thing looks, the other ways, stopping. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal

from app.domain.liveness import LivenessPath
from app.i18n import Translator
from ui.presenters.liveness import SideView
from ui.presenters.liveness_capture import ROW_NAMES, row_words
from ui.views.base import View
from ui.views.liveness.pieces import GuideLine, pill_width
from ui.widgets.basics import Button, box, column, label


class LivenessSide(View):
    """``way_asked`` carries the LivenessPath that is wanted instead, None for the call."""

    way_asked = Signal(object)
    restart_asked = Signal()
    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__("liveness.side")
        self._tr = Translator()
        self._shown: SideView | None = None
        outer = column(self)
        title = label("liveness.guide", type_="13b")
        self.texts.bind(title.setText, "liveness.guide")
        outer.addWidget(title)
        outer.addSpacing(12)
        rows = column(gap=14)
        outer.addLayout(rows)
        self.lines = {name: GuideLine(f"liveness.row.{name}") for name in ROW_NAMES}
        for line in self.lines.values():
            rows.addWidget(line)
        outer.addSpacing(14)
        card = box("liveness.other", kind="card")
        inner = column(card, margins=(12, 12, 12, 10), gap=4)
        other = label("liveness.other.text", type_="12", tone="2", wraps=True)
        self.texts.bind(other.setText, "liveness.other")
        inner.addWidget(other)
        self.ways: dict[LivenessPath | None, Button] = {}
        for way, text in (
            (None, "liveness.call"),
            (LivenessPath.NO_FLASH, "liveness.path.no_flash"),
            (LivenessPath.NO_ACTIONS, "liveness.path.no_actions"),
        ):
            button = self.button(f"liveness.way.{way.value if way else 'call'}", text, kind="link")
            button.clicked.connect(lambda _=False, found=way: self.way_asked.emit(found))
            inner.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self.ways[way] = button
        outer.addWidget(card)
        outer.addSpacing(16)
        self.focus_hint = label("liveness.focus_hint", type_="12", tone="2", wraps=True)
        self.texts.bind(self.focus_hint.setText, "liveness.focus_hint")
        outer.addWidget(self.focus_hint)
        outer.addStretch(1)
        self.restart = self.button("liveness.restart", "liveness.restart")
        self.restart.clicked.connect(self.restart_asked)
        self.stop = self.button("liveness.stop", "liveness.stop", kind="ghost", tip="liveness.flash_hint")
        self.stop.clicked.connect(self.stop_asked)
        self.left = label("liveness.left_today", type_="12", tone="2", wraps=True)
        for part in (self.restart, self.stop):
            outer.addWidget(part)
            outer.addSpacing(8)
        outer.addSpacing(4)
        outer.addWidget(self.left)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._shown = None

    def draw(self, view: SideView) -> None:
        """Show this state."""
        if view == self._shown:
            return
        self._shown = view
        pill_px = pill_width(row_words(self._tr), self.font())
        for row in view.rows:
            self.lines[row.name].show_row(row, pill_px)
        self.left.setText(view.left)
