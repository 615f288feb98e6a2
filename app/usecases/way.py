"""The way to air as a whole: who it is for, what of it is loaded when, and which part a wish is for. I/O loop.

The person's own room tells what has changed, and after each connection everything is asked anew; while it is away, all
is asked from time to time. What one person saw ends with their sign-in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from app.contract.inbox import Concern
from app.contract.rest import Account, Role
from app.ports.engine import AnyEvent
from app.usecases import wishes as w
from app.usecases.application import ApplicationCase
from app.usecases.context import Context
from app.usecases.documents import DocumentsCase
from app.usecases.identity import IdentityCase
from app.usecases.inbox import InboxCase
from app.usecases.liveness import LivenessCase
from app.usecases.measures import MeasuresCase
from app.usecases.onboarding import OnboardingCase
from app.usecases.personal import PersonalRoom
from app.usecases.reports import ReportsCase
from app.usecases.schedule import ScheduleCase
from app.usecases.scope import Reload, Scope
from app.usecases.state import AccountPhase
from app.usecases.way_state import LoadPhase

POLL_S = 30.0


class WayCase:
    """``refresh_account`` asks the service for the account again; ``on_inbox`` runs when messages have come."""

    def __init__(
        self, context: Context, refresh_account: Callable[[], Awaitable[None]], on_inbox: Callable[[], None]
    ) -> None:
        self._context = context
        self._scope = Scope(context)
        self._refresh_account = refresh_account
        self._account = Reload(self._scope, self._load_account, "account")
        self._onboarding = OnboardingCase(context, self._scope)
        self._inbox = InboxCase(context, self._scope, on_inbox)
        self._application = ApplicationCase(context, self._scope, self._stepped)
        self._documents = DocumentsCase(context, self._scope, self._stepped)
        self._identity = IdentityCase(context, self._scope, self._stepped)
        self._schedule = ScheduleCase(context, self._scope, self._stepped)
        self._measures = MeasuresCase(context, self._scope)
        self._reports = ReportsCase(context, self._scope)
        self._liveness = LivenessCase(context, self._scope)
        self._room = PersonalRoom(context, self._on_concern)

    # ---- who -------------------------------------------------------------------------------------

    def enter(self, account: Account) -> None:
        """This person is signed in, anew or on a new way to the same platform."""
        platform, settings = self._context.platform, self._context.state.settings
        if platform is None:
            return
        # The platform of this machine is the same one whatever address it listens at.
        owner = f"{'embedded' if settings.is_embedded else settings.platform_url}:{account.id}"
        if self._scope.owner and owner != self._scope.owner:
            self.leave()
        self._scope.leave()
        self._scope.platform, self._scope.owner = platform, owner
        self._documents.again()
        self._application.again()
        self._identity.again()
        self._schedule.again()
        self._measures.again()
        self._reports.again()
        self._liveness.again()
        self._load_all()
        self._room.follow(platform)
        self._scope.spawn(self._application.resume(), "application-resume")
        self._scope.spawn(self._poll(), "way-poll")
        self._application.draft.go_on()

    def leave(self) -> None:
        """Signed out: nothing of that person stays to be seen."""
        self._room.leave()
        self._scope.leave()
        self._application.clear()
        self._documents.clear()
        self._identity.clear()
        self._schedule.clear()
        self._measures.clear()
        self._reports.clear()
        self._liveness.clear()
        self._onboarding.clear()
        self._inbox.clear()
        self._scope.owner = ""

    def dropped(self) -> None:
        """The way to the platform ends, and perhaps another one begins."""
        if self._context.state.account.phase is AccountPhase.SIGNED_IN:
            self._room.leave()
            self._scope.leave()
        else:
            self.leave()

    async def close(self) -> None:
        """The end of the program."""
        await self._room.close()
        self._scope.leave()
        await self._application.draft.settle()

    def on_engine(self, event: AnyEvent) -> None:
        """Something of the engine: the clip of a report, the face check."""
        self._reports.on_event(event)
        self._liveness.on_event(event)

    def on_engine_link(self, is_up: bool) -> None:
        """The engine is there, or away."""
        self._liveness.on_link(is_up)

    def tick(self) -> None:
        """Once a second."""
        self._schedule.tick()

    # ---- what is loaded --------------------------------------------------------------------------

    def ask_inbox(self) -> None:
        """A message is expected."""
        self._inbox.reload.ask()

    def _load_all(self) -> None:
        """What is always known, and what was looked at."""
        state = self._context.state
        self._account.ask()
        self._onboarding.reload.ask()
        self._inbox.reload.ask()
        if state.application.phase is not LoadPhase.IDLE:
            self._application.reload.ask()
        if state.documents.phase is not LoadPhase.IDLE:
            self._documents.reload.ask()
        if state.identity.phase is not LoadPhase.IDLE:
            self._identity.reload.ask()
        if state.measures.phase is not LoadPhase.IDLE:
            self._measures.reload.ask()
        self._ask_reports()
        self._liveness.ask()
        self._ask_schedule()

    def _on_concern(self, concern: Concern | None) -> None:
        match concern:
            case None:
                self._load_all()
                self._application.draft.wake()
            case Concern.INBOX:
                self._inbox.reload.ask()
            case Concern.APPLICATION:
                self._application.reload.ask()
                self._onboarding.reload.ask()
            case Concern.DOCUMENTS:
                self._documents.reload.ask()
                self._onboarding.reload.ask()
            case Concern.IDENTITY:
                self._identity.reload.ask()
                self._liveness.ask()
                self._account.ask()
                self._onboarding.reload.ask()
            case Concern.SCHEDULE:
                self._ask_schedule()
                self._onboarding.reload.ask()
            case Concern.MEASURES:
                if self._context.state.measures.phase is not LoadPhase.IDLE:
                    self._measures.reload.ask()
                self._onboarding.reload.ask()
            case Concern.REPORTS:
                self._ask_reports()
            case Concern.ACCOUNT:
                self._account.ask()
                self._onboarding.reload.ask()

    def _ask_reports(self) -> None:
        if self._context.state.reports.phase is not LoadPhase.IDLE:
            self._reports.reload.ask()

    def _ask_schedule(self) -> None:
        """Anchors always know theirs: going live begins with it."""
        state = self._context.state
        account = state.account.account
        is_anchor = account is not None and Role.ANCHOR in account.roles
        if is_anchor or state.schedule.phase is not LoadPhase.IDLE:
            self._schedule.reload.ask()

    async def _load_account(self) -> None:
        if self._scope.platform is not None:
            await self._refresh_account()
            if self._context.state.schedule.phase is LoadPhase.IDLE:
                self._ask_schedule()

    def _stepped(self) -> None:
        """The person made a step."""
        self._onboarding.reload.ask()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            state = self._context.state
            if not self._room.is_connected or state.onboarding.trouble or state.inbox.trouble:
                self._load_all()

    # ---- wishes ----------------------------------------------------------------------------------

    def take(self, wish: w.Wish) -> bool:
        """Do what is wished, when it is for the way to air."""
        match wish:
            case w.RefreshOnboarding():
                self._onboarding.reload.ask()
            case w.OpenDocuments():
                self._documents.reload.ask()
            case w.ReadDocument():
                self._documents.read(wish)
            case w.CompareDocument():
                self._documents.compare(wish)
            case w.AcceptDocument():
                self._documents.accept(wish)
            case w.LoadIdentity():
                self._identity.reload.ask()
            case w.CheckIdentity():
                self._identity.check(wish)
            case w.AskFaceCheck():
                self._identity.ask_face(wish)
            case w.CancelFaceCheck():
                self._identity.cancel_face()
            case w.LoadSchedule():
                self._schedule.load(wish)
            case w.SavePlan():
                self._schedule.save(wish)
            case w.CancelPlan():
                self._schedule.cancel(wish)
            case w.ExportCalendar():
                self._schedule.export(wish)
            case w.LoadInbox():
                self._inbox.reload.ask()
            case w.LoadOlderMessages():
                self._inbox.load_older()
            case w.MarkRead():
                self._inbox.mark_read(wish)
            case w.LoadMeasures():
                self._measures.reload.ask()
            case w.Appeal():
                self._measures.appeal(wish)
            case _:
                return self._reports.take(wish) or self._liveness.take(wish) or self._take_for_application(wish)
        return True

    def _take_for_application(self, wish: w.Wish) -> bool:
        application = self._application
        match wish:
            case w.LoadApplication():
                application.reload.ask()
            case w.BeginApplication():
                application.begin(wish)
            case w.EditApplication():
                application.edit(wish)
            case w.KeepDraft():
                application.keep_draft(wish)
            case w.SubmitApplication():
                application.submit()
            case w.UploadImage():
                application.images.upload(wish)
            case w.RemoveImage():
                application.images.remove(wish)
            case _:
                return False
        return True

    def decline_refused(self) -> None:
        """Declining is not possible now."""
        self._documents.decline_refused()
