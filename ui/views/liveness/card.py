"""The face check by camera in the middle of 准备: which of its parts is seen, and what stops it. GUI thread.

While the camera works the page keeps the focus: another window in front, or another page, ends the attempt. Before a
page is left by a click the person is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.domain.liveness import Abort, LivenessPath
from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.liveness_wishes import AbortLiveness, FlashShown, LoadLiveness, StartLiveness
from app.usecases.wishes import SizePreview
from ui.cues import Cue, Cues
from ui.presenters.liveness import LivenessView, Mode
from ui.presenters.liveness_intro import FaceLook
from ui.views.base import View
from ui.views.liveness.capture import CapturePanel
from ui.views.liveness.flash import FlashOverlay
from ui.views.liveness.intro import IntroPanel
from ui.views.liveness.leaving import StopStrip
from ui.views.liveness.side import LivenessSide
from ui.views.liveness.told import ToldPanel
from ui.widgets.basics import column, label
from ui.widgets.frames import FrameFeed
from ui.widgets.scroll import scrolled

COUNT_MS = 10_000
"""How often a time to wait is said anew."""
CARD_PX, MARGIN_PX = 640, 48


class LivenessCard(View):
    """Draws LivenessView. ``look``: what was chosen and not begun with; ``redraw_asked``: it is another one.

    ``call_asked``: an operator is to do it instead; ``closed``: back to the step; ``onward_asked``: to the next step.
    ``side`` stands beside it while the camera works.
    """

    call_asked = Signal()
    closed = Signal()
    onward_asked = Signal()
    redraw_asked = Signal()

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__("liveness", ground="bg")
        self.texts.bind(self.setAccessibleName, "liveness.page")
        self.look = FaceLook()
        self._view: LivenessView | None = None
        self._is_stopped = False
        """It was given up here; the desk has yet to say so."""
        self._then: Callable[[], None] | None = None
        self._window: QWidget | None = None
        self.stack = QStackedWidget()
        column(self).addWidget(self.stack)
        self.loading = label("liveness.loading", tone="2")
        self.texts.bind(self.loading.setText, "liveness.loading")
        self.loading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.intro, self.capture, self.told = IntroPanel(), CapturePanel(feed), ToldPanel()
        self.side, self.strip = LivenessSide(), StopStrip(self)
        self.flash = FlashOverlay(feed, clock)
        self.flash.setParent(self)
        self.flash.hide()
        self._areas = {Mode.LOADING: self.loading, Mode.CAPTURE: self.capture}
        self._margined = []
        for panel, modes in ((self.intro, (Mode.INTRO,)), (self.told, (Mode.PROGRESS, Mode.TOLD))):
            area, layout = scrolled(f"{panel.objectName()}.scroll", margins=(MARGIN_PX, 24, MARGIN_PX, 20))
            panel.setMaximumWidth(CARD_PX)
            layout.addWidget(panel)
            layout.addStretch(1)
            self._margined.append(layout)
            for mode in modes:
                self._areas[mode] = area
        for part in dict.fromkeys(self._areas.values()):
            self.stack.addWidget(part)
        self.cues = Cues(self)
        self._count = QTimer(self)
        self._count.setInterval(COUNT_MS)
        self._count.timeout.connect(self.redraw_asked)
        self._connect()

    def _connect(self) -> None:
        for part in (self.intro, self.told):
            part.wished.connect(self.wished)
            part.acted.connect(self.acted)
        self.capture.oval.size_wished.connect(lambda width, height: self.wished.emit(SizePreview(width, height)))
        self.intro.start_asked.connect(lambda: self._start(self.look.path))
        self.intro.call_asked.connect(self.call_asked)
        self.intro.closed.connect(self._close)
        self.intro.path_taken.connect(lambda path: self._look(path=path))
        self.intro.agreed.connect(lambda is_agreed: self._look(is_agreed=is_agreed))
        self.told.offered.connect(self._take)
        self.side.way_asked.connect(self._take_way)
        self.side.restart_asked.connect(self._restart)
        self.side.stop_asked.connect(self.stop)
        self.strip.confirmed.connect(self._leave)
        self.flash.shown.connect(lambda at_ms: self.wished.emit(FlashShown(at_ms)))
        self.flash.stopped.connect(self.stop)

    # ---- what the person does --------------------------------------------------------------------

    def _look(self, **changes: object) -> None:
        self.look = replace(self.look, **changes)  # type: ignore[arg-type]
        self.redraw_asked.emit()

    def open(self) -> None:
        """The person wants to begin: how it stands is asked for, and what became of an earlier one is no answer."""
        self.look = replace(self.look, is_choosing=True)
        self.wished.emit(LoadLiveness())

    def _start(self, path: LivenessPath) -> None:
        self._is_stopped = False
        self.look = replace(self.look, path=path, is_choosing=False)
        self.wished.emit(StartLiveness(path))

    def _take(self, action: str) -> None:
        view = self._view
        match action:
            case "start" if self.look.is_agreed and view is not None:
                self._start(view.path)
            case "start" | "choose":
                self._look(is_choosing=True, path=view.path if view is not None else LivenessPath.FULL)
            case "call":
                self.call_asked.emit()
            case "reload":
                self.wished.emit(LoadLiveness())
            case _:
                self.onward_asked.emit()

    def _take_way(self, path: LivenessPath | None) -> None:
        """Another way than the one that is under way."""
        self.stop()
        if path is None:
            self.call_asked.emit()
        else:
            self._look(path=path, is_choosing=True)

    def _restart(self) -> None:
        view = self._view
        if view is not None and self.must_focus:
            self.wished.emit(AbortLiveness(Abort.GIVEN_UP))
            self._start(view.path)

    def _close(self) -> None:
        self.look = replace(self.look, is_choosing=False)
        self.closed.emit()

    @property
    def must_focus(self) -> bool:
        """Whether leaving ends an attempt."""
        return self._view is not None and self._view.must_focus and not self._is_stopped

    def stop(self, reason: Abort = Abort.GIVEN_UP) -> bool:
        """Give up what runs; False when nothing does."""
        if not self.must_focus:
            return False
        self._is_stopped = True
        self.strip.hide()
        self._show_flash()
        self.wished.emit(AbortLiveness(reason))
        return True

    def may_leave(self, then: Callable[[], None]) -> bool:
        """False while an attempt runs: the person is told what leaving stops; ``then`` is done when they agree."""
        if not self.must_focus or not self.isVisible():
            return True
        self._then = then
        self.strip.ask()
        return False

    def _leave(self) -> None:
        then, self._then = self._then, None
        self.stop()
        if then is not None:
            then()

    def forget(self) -> None:
        """The page is left: what was chosen counts no more."""
        self.look = FaceLook()

    def focus_first(self) -> None:
        """Give the keyboard to what is to be done."""
        mode = self._view.mode if self._view is not None else Mode.LOADING
        if mode is Mode.INTRO:
            self.intro.focus_first()
        elif mode in (Mode.PROGRESS, Mode.TOLD):
            self.told.focus_first()
        elif mode is Mode.CAPTURE:
            self.capture.setFocus()
        else:
            self.setFocus()

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        for part in (self.intro, self.capture, self.told, self.side, self.strip):
            part.retranslate(tr)

    def set_margin(self, margin_px: int) -> None:
        """At both sides of what is read."""
        for layout in self._margined:
            layout.setContentsMargins(margin_px, 24, margin_px, 20)

    def draw(self, view: LivenessView) -> None:
        """Show this state."""
        before, self._view = self._view, view
        if not view.must_focus:
            self._is_stopped = False
            self.strip.hide()
        if view.intro is not None:
            self.intro.draw(view.intro)
        if view.told is not None:
            self.told.draw(view.told)
        if view.side is not None:
            self.side.draw(view.side)
        self.capture.draw(view)
        self._show_area(view)
        self._show_flash()
        self._count_down(view)
        self._tell(before, view)

    def _show_area(self, view: LivenessView) -> None:
        area, before = self._areas[view.mode], self.stack.currentWidget()
        if area is before:
            return
        focused = self.window().focusWidget()
        had_focus = focused is None or self.isAncestorOf(focused) or self.side.isAncestorOf(focused)
        self.stack.setCurrentWidget(area)
        if had_focus and self.isVisible():
            self.focus_first()

    def _show_flash(self) -> None:
        view = self._view
        is_wanted = view is not None and bool(view.colours) and self.must_focus and self.isVisible()
        if is_wanted and view is not None and view.capture is not None:
            capture = view.capture
            self.flash.show_text(capture.flash_text, capture.flash_hint, is_flipped=view.is_flipped)
            self.flash.begin(self.window(), view.colours, self.capture.oval)
            self.capture.oval.pause(True)
        elif self.flash.is_running:
            self.flash.end()
            self.capture.oval.pause(False)
            self.focus_first()

    def _count_down(self, view: LivenessView) -> None:
        is_counting = view.told is not None and view.told.is_counting and self.isVisible()
        if is_counting and not self._count.isActive():
            self._count.start()
        elif not is_counting:
            self._count.stop()

    def _tell(self, before: LivenessView | None, view: LivenessView) -> None:
        """To a screen reader, and by tones."""
        if not self.isVisible():
            return
        if view.said and (before is None or view.said != before.said):
            event = QAccessibleAnnouncementEvent(self, view.said)
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(event)
        if before is None or not view.is_sounding:
            return
        if view.mode is Mode.CAPTURE and before.mode is Mode.CAPTURE and view.steps_done > before.steps_done:
            self.cues.play(Cue.STEP)
        elif view.mode is Mode.TOLD and before.mode in (Mode.CAPTURE, Mode.PROGRESS) and view.told is not None:
            self.cues.play(Cue.DONE if view.told.is_good else Cue.FAILED)

    # ---- the window ------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        window = self.window()
        if window is not self._window:
            self._window = window
            window.installEventFilter(self)
        if self._view is not None:
            self._count_down(self._view)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._count.stop()
        self.cues.stop()
        self.stop(Abort.FOCUS_LOST if event.spontaneous() else Abort.GIVEN_UP)
        if self.flash.is_running:
            self.flash.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.WindowDeactivate and self.isVisible():
            self.stop(Abort.FOCUS_LOST)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.strip.place()
