"""The sheets over the window: what each draws, and which one has the keyboard. GUI thread; owned by the shell."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.i18n import Translator
from app.usecases.state import DeskState
from ui.presenters.common import BUSY_PHASES
from ui.presenters.dialogs import is_asked_before_closing, present_summary, trouble_key
from ui.presenters.entry import Page, present_password
from ui.presenters.go_live import present_go_live
from ui.presenters.help import present_help
from ui.presenters.reporting import ReportAsk, present_form
from ui.presenters.schedule_entry import cancel_words, may_cancel
from ui.views.dialogs import CloseSheet, EndSheet, PasswordSheet, SummarySheet
from ui.views.go_live import GoLiveSheet
from ui.views.help import HelpSheet
from ui.views.prepare.identity import CorrectSheet
from ui.views.reader.bar import DeclineSheet
from ui.views.room.report import ReportSheet
from ui.views.schedule.detail import CancelSheet
from ui.views.sheets import Sheet


class Sheets(QObject):
    """Follows the states; a sheet that a person asks for is started by the shell."""

    def __init__(self, window: QWidget, log_dir: str) -> None:
        super().__init__(window)
        self._over, self._log_dir = window, log_dir
        self._summary_seen: object = None
        self.go_live = GoLiveSheet(window)
        self.closing = CloseSheet(window)
        self.ending = EndSheet(window)
        self.summary = SummarySheet(window)
        self.password = PasswordSheet(window)
        self.help = HelpSheet(window)
        self.decline = DeclineSheet(window)
        self.correct = CorrectSheet(window)
        self.cancel_plan = CancelSheet(window)
        self.report = ReportSheet(window)
        self.all: tuple[Sheet, ...] = (
            self.go_live, self.closing, self.ending, self.summary, self.password, self.help, self.decline, self.correct,
            self.cancel_plan, self.report,
        )  # fmt: skip

    @property
    def open_one(self) -> Sheet | None:
        """The sheet that is in front; None when none is open."""
        order = self._over.children()
        shown = [sheet for sheet in self.all if not sheet.isHidden()]
        return max(shown, key=order.index) if shown else None

    def forget_summary(self, state: DeskState) -> None:
        """A new broadcast was asked for: the summary of the one before is not told again."""
        self._summary_seen = state.broadcast.summary

    def told_trouble(self, state: DeskState) -> str:
        """Key of the standing trouble that an open sheet tells already."""
        trouble = state.broadcast.trouble
        is_told = not self.go_live.isHidden() or not self.summary.isHidden()
        return trouble_key(trouble) if is_told and trouble is not None else ""

    def draw(self, state: DeskState, tr: Translator, *, is_leaving: bool, page: Page) -> None:
        """Open, draw and close what the state asks for."""
        password = present_password(state)
        if password is not None:
            self.password.draw(password)
            if self.password.isHidden():
                self.password.open()
        elif password is None:
            self.password.close_sheet()
        if not self.go_live.isHidden():
            view = present_go_live(state, tr, *self.go_live.kept)
            if view.is_over:
                self.go_live.close_sheet()
            else:
                self.go_live.draw(view)
        if not self.help.isHidden():
            self.draw_help(state, tr, page)
        if page is not Page.DESK:
            self.decline.close_sheet()
            self.correct.close_sheet()
        if not self.cancel_plan.isHidden() and not may_cancel(state, self.cancel_plan.session_id):
            self.cancel_plan.close_sheet()
        if not self.report.isHidden():
            self.report.draw(present_form(state, tr), state)
            if page is not Page.DESK:
                self.report.leave()
        self._draw_summary(state, tr, is_leaving=is_leaving)
        if not is_asked_before_closing(state) and not is_leaving:
            self.closing.close_sheet()
        if state.broadcast.phase not in BUSY_PHASES:
            self.ending.close_sheet()

    def ask_cancel(self, state: DeskState, tr: Translator, session_id: str) -> None:
        """Ask whether a session is to be taken off the schedule."""
        text = cancel_words(state, session_id, tr)
        if text:
            self.cancel_plan.start(session_id, text)

    def start_report(self, state: DeskState, tr: Translator, ask: ReportAsk) -> None:
        """Open the form to report this; the room may be in a window of its own, and the form is in this one."""
        if not self._over.isActiveWindow():
            self._over.raise_()
            self._over.activateWindow()
        self.report.start(ask, state, tr)
        self.report.draw(present_form(state, tr), state)

    def draw_help(self, state: DeskState, tr: Translator, page: Page) -> None:
        """Fill the help sheet."""
        self.help.draw(present_help(state, tr, self._log_dir, is_on_desk=page is Page.DESK))

    def _draw_summary(self, state: DeskState, tr: Translator, *, is_leaving: bool) -> None:
        summary = present_summary(state, tr)
        if summary is None:
            self.summary.close_sheet()
        elif not self.summary.isHidden():
            self.summary.draw(summary)
        elif state.broadcast.summary is not self._summary_seen and not is_leaving:
            self._summary_seen = state.broadcast.summary
            self.ending.close_sheet()
            self.summary.draw(summary)
            self.summary.open(self.summary.done)
