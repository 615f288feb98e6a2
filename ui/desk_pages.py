"""The pages of the desk: built, drawn, asked for their data, given the keyboard. GUI thread.

Owned by the shell. A page that is not seen is not drawn until it is. What a page needs is asked for once each time it
is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.domain.documents.model import DocumentKind
from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.liveness_wishes import LoadLiveness
from app.usecases.room_wishes import LoadReports
from app.usecases.state import AccountPhase, DeskState
from app.usecases.way_state import LoadPhase
from app.usecases.wishes import (
    LoadApplication,
    LoadIdentity,
    LoadInbox,
    LoadMeasures,
    LoadSchedule,
    OpenDocuments,
    ReadDocument,
    RefreshOnboarding,
    WatchQuality,
    Wish,
)
from ui.keys import Keys
from ui.presenters.chat import ChatPresenter
from ui.presenters.common import ON_AIR_PHASES
from ui.presenters.health import DetailFold, present_health
from ui.presenters.live import present_live
from ui.presenters.measures import present_measures
from ui.presenters.messages import MessagesPresenter
from ui.presenters.plan_form import new_draft, present_plan_form
from ui.presenters.preflight import present_preflight
from ui.presenters.prepare import is_face_at_hand, present_prepare
from ui.presenters.quality_report import report_text
from ui.presenters.questions import present_questions
from ui.presenters.reader import present_reader
from ui.presenters.reports import present_reports
from ui.presenters.room_side import SidePresenter
from ui.presenters.schedule import Mode, day_rows, present_schedule
from ui.presenters.schedule_entry import find
from ui.presenters.settings import present_settings
from ui.views.base import View
from ui.views.live import LivePage
from ui.views.measures.page import MeasuresPage
from ui.views.messages.page import MessagesPage
from ui.views.preflight.page import PreflightPage
from ui.views.prepare.page import PreparePage
from ui.views.reader.page import ReaderPage
from ui.views.reports.page import ReportsPage
from ui.views.schedule.page import SchedulePage
from ui.views.settings import SettingsPage
from ui.widgets.frames import FrameFeed
from ui.widgets.stack import PageStack

LOW_PX, ABOVE_BAR_PX = 28, 76
_BELONGS_TO = {"preflight": "live", "measures": "messages", "reports": "messages"}
"""Pages without an entry in the rail, and the entry that leads to them."""


@dataclass(frozen=True)
class DeskPage:
    """One page. ``asked``: what is wished for when it is opened; ``focus`` gives it the keyboard.

    ``notices_low_px``: notices stand so far above its lower end; None: at the top, as on the live page.
    """

    view: View
    draw: Callable[[DeskState, Translator], None]
    focus: Callable[[DeskState], None]
    asked: Callable[[DeskState], tuple[Wish, ...]] = lambda _: ()
    notices_low_px: int | None = LOW_PX


class DeskPages(PageStack):
    """The stack beside the rail. Some pages have no entry there, they belong to another one (``rail_name``).

    ``left_for`` carries the page that a person leaves for, after they were asked.
    """

    left_for = Signal(str)

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__()
        self._feed, self._clock = feed, clock
        self.fold = DetailFold()
        self._chat, self._side, self._messages = ChatPresenter(), SidePresenter(), MessagesPresenter()
        self._is_document_asked = False
        self._is_watching = False
        self.live = LivePage(feed, clock)
        self.schedule = SchedulePage()
        self.prepare = PreparePage(feed, clock)
        self.reader = ReaderPage(clock)
        self.messages = MessagesPage()
        self.measures = MeasuresPage()
        self.reports = ReportsPage()
        self.settings = SettingsPage(feed)
        self.preflight = PreflightPage(feed, clock)
        self.all: dict[str, DeskPage] = {
            "live": DeskPage(self.live, self._draw_live, self._focus_live, notices_low_px=None),
            "schedule": DeskPage(
                self.schedule,
                self._draw_schedule,
                lambda _: self.schedule.focus_first(),
                lambda _: (LoadSchedule(), LoadApplication()),
            ),
            "prepare": DeskPage(
                self.prepare,
                self._draw_prepare,
                lambda _: self.prepare.focus_first(),
                lambda state: (
                    RefreshOnboarding(),
                    LoadApplication(),
                    LoadIdentity(),
                    *((LoadLiveness(),) if is_face_at_hand(state) else ()),
                ),
            ),
            "documents": DeskPage(
                self.reader,
                lambda state, tr: self.reader.draw(present_reader(state, tr, clock.utc())),
                lambda _: self.reader.focus_first(),
                self._documents_asked,
                notices_low_px=ABOVE_BAR_PX,
            ),
            "messages": DeskPage(
                self.messages,
                lambda state, tr: self.messages.draw(self._messages.present(state, tr)),
                lambda _: self.messages.focus_first(),
                lambda _: (LoadInbox(),),
            ),
            "preflight": DeskPage(self.preflight, self._draw_preflight, lambda _: self.preflight.focus_first()),
            "measures": DeskPage(
                self.measures,
                lambda state, tr: self.measures.draw(present_measures(state, tr)),
                lambda _: self.measures.focus_first(),
                lambda _: (LoadMeasures(),),
            ),
            "reports": DeskPage(
                self.reports,
                lambda state, tr: self.reports.draw(present_reports(state, tr)),
                lambda _: self.reports.focus_first(),
                lambda _: (LoadReports(),),
            ),
            "settings": DeskPage(self.settings, self._draw_settings, lambda _: self.settings.focus_first()),
        }
        for page in self.all.values():
            self.addWidget(page.view)
        self.name = "live"

    @property
    def views(self) -> tuple[View, ...]:
        return tuple(page.view for page in self.all.values())

    @property
    def rail_name(self) -> str:
        """The entry of the rail that the page which is seen belongs to."""
        return _BELONGS_TO.get(self.name, self.name)

    def is_live(self, seen: QWidget) -> bool:
        """Whether what is seen wears the theme of the live page."""
        return seen in (self.live, self.preflight)

    def watched(self, *, is_desk: bool) -> tuple[Wish, ...]:
        """What the desk is told once when the preflight was opened, and once when it was left, wherever to."""
        is_watching = is_desk and self.name == "preflight"
        was_watching, self._is_watching = self._is_watching, is_watching
        return (WatchQuality(is_watching),) if is_watching != was_watching else ()

    @property
    def view(self) -> View:
        """The page that is seen."""
        return self.all[self.name].view

    @property
    def notices_low_px(self) -> int | None:
        return self.all[self.name].notices_low_px

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        if name != self.name and self.name == "prepare":
            self.prepare.leave()
        self.name = name
        self.setCurrentWidget(self.all[name].view)

    def may_open(self, name: str) -> bool:
        """False while something runs that leaving would stop: the person is asked, then ``left_for`` may follow."""
        is_left = self.name == "prepare" and name != "prepare"
        return not is_left or self.prepare.may_leave(lambda: self.left_for.emit(name))

    def draw(self, state: DeskState, tr: Translator) -> None:
        """Draw the page that is seen."""
        self.fold.follow(state)
        self.all[self.name].draw(state, tr)

    def focus(self, state: DeskState) -> None:
        """Give the page that is seen the keyboard."""
        self.all[self.name].focus(state)

    def asked(self, state: DeskState) -> tuple[Wish, ...]:
        """What the page that is seen needs; nothing while nobody is signed in."""
        return self.all[self.name].asked(state) if state.account.phase is AccountPhase.SIGNED_IN else ()

    def expect_document(self) -> None:
        """A document was asked for just now: opening the reader need not ask for one."""
        self._is_document_asked = True

    def show_keys(self, keys: Keys) -> None:
        """Show these keys in the tooltips."""
        for view in self.views:
            view.show_keys(keys)

    def shut(self) -> None:
        """Let go of what works in the background, and of windows of their own."""
        self.curtain.lift()
        self.live.attach_room()
        self.reader.shut()
        self.schedule.shut()
        self.prepare.shut()
        self.settings.shut()
        self.preflight.shut()

    def _draw_live(self, state: DeskState, tr: Translator) -> None:
        is_open = self.fold.follow(state)
        health = present_health(state, tr, is_detailed=is_open)
        chat, side = self._chat.present(state, tr), self._side.present(state, tr)
        questions = present_questions(state, tr)
        self.live.draw(present_live(state, tr), health, chat, side, questions, is_health_open=is_open)

    def _draw_prepare(self, state: DeskState, tr: Translator) -> None:
        page = self.prepare
        page.draw(present_prepare(state, tr, page.look, face_look=page.liveness.look, now=self._clock.utc()))

    def _draw_preflight(self, state: DeskState, tr: Translator) -> None:
        self.preflight.report = lambda: report_text(state, tr, self._clock.utc())
        self.preflight.draw_soon(lambda: present_preflight(state, tr))

    def _draw_schedule(self, state: DeskState, tr: Translator) -> None:
        page, desk = self.schedule, state.schedule
        form = present_plan_form(state, tr, page.plan.entry_id) if page.is_editing else None
        others = day_rows(desk, page.plan.day_of_plan(), page.plan.entry_id, tr) if page.is_editing else ("", ())
        page.draw(present_schedule(state, tr, page.look), form, others, (desk.saved_number, desk.saved_id))

    def edit_plan(self, state: DeskState, tr: Translator, session_id: str) -> None:
        """Open the form: of a session that is planned, or of a new one on the day that is looked at."""
        page = self.schedule
        entry = find(state.schedule, session_id) if session_id else None
        day = page.day if page.look.mode is Mode.MONTH else None
        page.open_form(present_plan_form(state, tr, session_id), entry or new_draft(state, day))

    def _focus_live(self, state: DeskState) -> None:
        is_on_air = state.broadcast.phase in ON_AIR_PHASES
        (self.live.chat.input if is_on_air else self.live.controls.main).setFocus()

    def _draw_settings(self, state: DeskState, tr: Translator) -> None:
        self._feed.attach(state.engine.preview)
        self.settings.draw(present_settings(state, tr))

    def _documents_asked(self, state: DeskState) -> tuple[Wish, ...]:
        """Which there are; and where none is open, the live agreement. One that could not be opened is tried again."""
        was_asked, self._is_document_asked = self._is_document_asked, False
        opened = state.documents.opened
        if was_asked or (opened is not None and opened.phase is not LoadPhase.FAILED):
            return (OpenDocuments(),)
        return (OpenDocuments(), ReadDocument(opened.kind if opened is not None else DocumentKind.LIVE_AGREEMENT))
