"""The live page's header: state, time on air, title; viewers, onlookers, comments, network."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent

from app.runtime.clock import Clock
from ui.presenters.common import clock_text
from ui.presenters.live import HeaderView, PillView
from ui.views.base import View
from ui.widgets.basics import Elided, label, row
from ui.widgets.marks import Pill

HEADER_PX = 52
ROOMY_PX = 1060
TICK_MS = 250


class LiveHeader(View):
    """Draws HeaderView; counts the time on air by a timer of its own."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("live.header", ground="header")
        self._clock = clock
        self._view: HeaderView | None = None
        self.setFixedHeight(HEADER_PX)
        layout = row(self, margins=(20, 0, 20, 0), gap=14)
        self.state = Pill("live.state")
        self.timer = label("live.timer", type_="h1")
        self.named(self.timer, "live.timer")
        self.title = Elided("live.title", tone="2")
        layout.addWidget(self.state)
        layout.addWidget(self.timer)
        layout.addWidget(self.title, 1)
        self._pills: dict[str, Pill] = {}
        for name in ("platform", "viewers", "onlookers", "comments", "network"):
            pill = Pill(f"live.{name}")
            self._pills[name] = pill
            layout.addWidget(pill)
        self.check = self.button("live.preflight", "preflight.open", kind="ghost", tip="preflight.open_tip")
        self.check.clicked.connect(lambda: self.acted.emit("open_preflight"))
        layout.addWidget(self.check)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._show_time)

    def showEvent(self, event: QShowEvent) -> None:
        self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._tick.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_onlookers()

    def draw(self, view: HeaderView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.state.show_text(view.state.text, view.state.tone, view.state.mark)
        self.title.setText(view.title)
        for name, pill in self._pills.items():
            shown: PillView | None = getattr(view, name)
            pill.setVisible(shown is not None)
            if shown is not None:
                pill.show_text(shown.text, shown.tone, shown.mark)
        self._show_onlookers()
        self.check.setVisible(view.is_check_shown)
        self.timer.setVisible(view.is_timer_shown)
        self._show_time()

    def _show_onlookers(self) -> None:
        # Where there is little room the title comes first; they stand above the audience as well.
        is_known = self._view is not None and self._view.onlookers is not None
        self._pills["onlookers"].setVisible(is_known and self.width() >= ROOMY_PX)

    def _show_time(self) -> None:
        if self._view is not None and self._view.is_timer_shown:
            self.timer.setText(clock_text(self._clock.monotonic_s() - self._view.started_monotonic_s))
