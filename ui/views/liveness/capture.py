"""The middle of the page while the camera works: prompt, picture, steps and time. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.i18n import Translator
from ui.presenters.liveness import LivenessView
from ui.views.base import View
from ui.views.liveness.oval import OvalPreview
from ui.views.liveness.pieces import PromptHead, StepChips, TimeLine
from ui.widgets.basics import column
from ui.widgets.frames import FrameFeed

MARGIN_PX, BOTTOM_PX = 16, 20


class CapturePanel(View):
    """Draws CaptureView. It takes the keyboard: Escape stops, as the page says."""

    def __init__(self, feed: FrameFeed) -> None:
        super().__init__("liveness.capture", ground="bg")
        self._feed = feed
        self._tr = Translator()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.texts.bind(self.setAccessibleName, "liveness.page")
        outer = column(self, margins=(MARGIN_PX, 12, MARGIN_PX, BOTTOM_PX))
        self.head = PromptHead("liveness.head")
        self.oval = OvalPreview("liveness.preview", feed)
        self.named(self.oval, "liveness.preview")
        self.chips = StepChips("liveness.chips")
        self.time = TimeLine("liveness.time")
        outer.addStretch(1)
        outer.addWidget(self.head)
        outer.addSpacing(4)
        outer.addWidget(self.oval, 12)
        outer.addSpacing(20)
        outer.addWidget(self.chips)
        outer.addSpacing(14)
        outer.addWidget(self.time)
        outer.addStretch(1)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: LivenessView) -> None:
        """Show this state."""
        capture = view.capture
        if capture is None:
            return
        self._feed.attach(view.ready)
        self.oval.show_marks(capture.share_ratio, capture.arrow, is_good=capture.is_done, is_flipped=view.is_flipped)
        self.head.show_text(capture.headline, capture.hint, capture.action, text_px=view.text_px)
        self.chips.show_chips(capture.chips, self._tr.text("liveness.steps"))
        self.time.show_time(capture.foot, capture.left_ratio)
