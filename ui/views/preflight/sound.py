"""The level of the microphone on its scale, and five seconds of it to listen to. GUI thread."""

from __future__ import annotations

import math

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent

from app.i18n import Translator
from app.runtime.clock import Clock
from ui.presenters.preflight import SoundView
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Button, column, label, row
from ui.widgets.frames import FrameFeed
from ui.widgets.reading import Reading
from ui.widgets.scale_meter import ScaleMeter

SAMPLE_S = 5.0
TICK_MS = 200


class SoundCard(View):
    """Draws SoundView; counts down by a timer of its own while a sample is taken."""

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__("preflight.sound", kind="card")
        self._clock = clock
        self._tr = Translator()
        self._view: SoundView | None = None
        self._began_s = 0.0
        inner = column(self, margins=(14, 10, 14, 8), gap=10)
        head = row(gap=10)
        name = label("preflight.meter_name", type_="13b")
        self.texts.bind(name.setText, "preflight.meter")
        self.figures = Reading("preflight.levels", size_px=12)
        self.again = Button("preflight.sample_again", kind="quiet")
        self.again.clicked.connect(self._take_again)
        self.sample = Button("preflight.sample", kind="small")
        self.sample.clicked.connect(self._take)
        head.addWidget(name)
        head.addWidget(self.figures, 1)
        head.addWidget(self.again)
        head.addWidget(self.sample)
        inner.addLayout(head)
        self.meter = ScaleMeter("preflight.meter", feed)
        self.named(self.meter, "preflight.meter")
        self.texts.bind(self.meter.set_over_text, "live.over")
        inner.addWidget(self.meter)
        self.note = label("preflight.sample_text", type_="12", tone="2", wraps=True)
        self.note.hide()
        inner.addWidget(self.note)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._count)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._view = None

    def draw(self, view: SoundView) -> None:
        """Show this state."""
        if view == self._view:
            return
        before, self._view = self._view, view
        self.figures.setText(view.figures)
        for button, text in ((self.sample, view.sample_label), (self.again, view.again_label)):
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(text)
        self.again.setVisible(view.again_wish is not None)
        if view.is_taking and (before is None or not before.is_taking):
            self._began_s = self._clock.monotonic_s()
            self._timer.start()
        elif not view.is_taking:
            self._timer.stop()
        self._count()

    def showEvent(self, event: QShowEvent) -> None:
        if self._view is not None and self._view.is_taking:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def _count(self) -> None:
        view = self._view
        if view is None:
            return
        text, tone = view.sample_text or view.note, view.sample_tone if view.sample_text else "warn"
        if view.is_taking:
            left_s = max(1, math.ceil(SAMPLE_S - (self._clock.monotonic_s() - self._began_s)))
            text, tone = self._tr.text("preflight.sample_left", left=left_s), "2"
        if text != self.note.text():
            self.note.setText(text)
            set_look(self.note, tone=tone)
            self.note.setVisible(bool(text))

    def _take(self) -> None:
        if self._view is not None:
            self.wished.emit(self._view.sample_wish)

    def _take_again(self) -> None:
        if self._view is not None and self._view.again_wish is not None:
            self.wished.emit(self._view.again_wish)
