"""The draft of an application: kept here at once, on the service a moment later, never lost. I/O loop.

What was typed is numbered. It is saved when the service said that it has it; until then it lies on this machine with
the revision that it was made from. Another machine's newer draft is a conflict, and the person decides. A form whose
answer was lost is known again when the service tells it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import Callable
from dataclasses import replace

from app.contract.applications import Application, ApplicationForm, DraftSave
from app.domain.application import ApplicationKind
from app.domain.backoff import Backoff
from app.errors import AppError, PlatformError, StorageError
from app.ports.drafts import KeptDraft
from app.usecases.context import Context
from app.usecases.local_draft import LocalDrafts
from app.usecases.scope import Scope
from app.usecases.trouble import Trouble
from app.usecases.way_state import ApplicationDesk, SaveStatus

SAVE_S = 1.0
SAVE_MAX_S = 5.0
"""Who types without a pause is saved so often."""
MAX_SENT = 8
RETRY = Backoff(steps_s=(1.0, 2.0, 5.0, 10.0, 30.0))


class DraftKeeper:
    """``on_locked`` runs when the service says that the form may not be changed any more."""

    def __init__(self, context: Context, scope: Scope, on_locked: Callable[[], None]) -> None:
        self._context, self._scope, self._on_locked = context, scope, on_locked
        self._local = LocalDrafts(context)
        self._lock = asyncio.Lock()
        self._saver: asyncio.Task[None] | None = None
        self._awake = asyncio.Event()
        self._typed_at_s = 0.0
        self._typed = self._saved = 0
        """Numbers of what was typed last, and of that the service has."""
        self._reset()

    def _reset(self) -> None:
        self._saved = self._typed
        self._application_id, self._base = "", 0
        self._sent: tuple[str, ...] = ()
        self._is_restored = False
        self._trouble: Trouble | None = None
        """Why it could not be saved."""
        self.answers = 0
        """Grows with each answer of the service: what was asked for before it may be older."""

    @property
    def is_unsaved(self) -> bool:
        return self._typed != self._saved

    @property
    def base(self) -> int:
        """The revision that the service has of what is shown."""
        return self._base

    @property
    def _desk(self) -> ApplicationDesk:
        return self._context.state.application

    def clear(self) -> None:
        """The person leaves: what they typed is written now, and nothing of it is shown."""
        self._local.hurry()
        self._reset()
        self._context.change(application=ApplicationDesk(form_number=self._desk.form_number + 1))

    async def settle(self) -> None:
        """Before the end of the program."""
        await self._local.settle()

    # ---- typing ----------------------------------------------------------------------------------

    def edit(self, form: ApplicationForm) -> None:
        """This is what stands in the fields now."""
        application = self._desk.application
        is_locked = application is not None and not application.state.is_editable
        if not self._scope.owner or is_locked or form == self._desk.form:
            return
        self._typed += 1
        self._typed_at_s = self._context.clock.monotonic_s()
        is_away = self._desk.save is SaveStatus.KEPT_HERE
        self._set(form=form, save=SaveStatus.KEPT_HERE if is_away else SaveStatus.SAVING)
        self._keep()
        self.go_on()

    def _keep(self) -> None:
        draft = KeptDraft(self._desk.form, self._application_id, self._base, self.is_unsaved, self._sent)
        self._local.keep(self._scope.owner, draft)

    async def restore(self) -> bool:
        """Show what was typed here and not saved; whether there is such. Once for a sign-in."""
        if self._is_restored:
            return self.is_unsaved
        try:
            kept = await self._local.load(self._scope.owner)
        except StorageError as error:
            self._context.notify(Trouble("draft_not_read", {"reason": error.detail.get("reason", error.code)}))
            return self.is_unsaved
        self._is_restored = True
        if kept is not None and kept.is_unsaved and not self.is_unsaved:
            self._typed += 1
            self._application_id, self._base, self._sent = kept.application_id, kept.base_revision, kept.sent
            self._fill(kept.form, save=SaveStatus.KEPT_HERE)
        return self.is_unsaved

    # ---- saving ----------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Save what is not saved, when the typing pauses."""
        if self._scope.platform is None or not self.is_unsaved or self._desk.conflict is not None:
            return
        if self._saver is None or self._saver.done() or self._saver.cancelling():
            self._saver = self._scope.spawn(self._save(), "draft-save")

    def wake(self) -> None:
        """The service can be reached again: try now."""
        self._awake.set()
        self.go_on()

    async def _save(self) -> None:
        attempt = 0
        while self.is_unsaved and self._desk.conflict is None:
            await self._typing_paused()
            try:
                await self.push()
                attempt = 0
            except AppError as error:
                if not self._is_worth_a_retry(error):
                    return
                attempt += 1
                wait_s = RETRY.wait_s(attempt, random.random())
                told_s = error.detail.get("retry_after_s")
                await self._wait(max(wait_s, float(told_s)) if isinstance(told_s, int | float) else wait_s)

    async def _typing_paused(self) -> None:
        began_s = self._context.clock.monotonic_s()
        while True:
            until_s = min(self._typed_at_s + SAVE_S, began_s + SAVE_MAX_S)
            left_s = until_s - self._context.clock.monotonic_s()
            if left_s <= 0:
                return
            await asyncio.sleep(left_s)

    async def _wait(self, seconds: float) -> None:
        self._awake.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._awake.wait()

    def _is_worth_a_retry(self, error: AppError) -> bool:
        trouble = self._context.trouble(error)
        if trouble is None or self._desk.conflict is not None:
            return False
        if error.code == "application_locked":
            self._on_locked()
            return False
        self._set(save=SaveStatus.KEPT_HERE)
        if not error.retryable:
            self._trouble = trouble
            self._set(trouble=trouble)
        return error.retryable

    async def push(self) -> None:
        """Bring what was typed to the service now. Raises AppError; a conflict (``draft_conflict``) is also shown."""
        async with self._lock:
            platform = self._scope.platform
            if platform is None:
                raise PlatformError("platform_unreachable")
            if self.is_unsaved and not self._application_id:
                found = await platform.application() or await platform.begin_application(ApplicationKind.FIRST)
                self._answered(found)
            if not self.is_unsaved:
                return
            if self._desk.conflict is not None:
                raise PlatformError("draft_conflict", retryable=False)
            number, form = self._typed, self._desk.form
            self._sent = (*self._sent, digest(form))[-MAX_SENT:]
            self._set(save=SaveStatus.SAVING)
            try:
                saved = await platform.save_draft(DraftSave(base_revision=self._base, form=form))
            except PlatformError as error:
                if error.code != "draft_conflict":
                    raise
                await self._look_again(error)
            else:
                self._has(saved, number)

    async def _look_again(self, error: PlatformError) -> None:
        """Somebody saved before us: another machine, or we ourselves and the answer was lost."""
        platform, base = self._scope.platform, self._base
        found = await platform.application() if platform is not None else None
        if found is not None:
            self._answered(found)
        if self._desk.conflict is not None:
            raise error
        if self.is_unsaved and base == self._base:
            raise PlatformError("draft_conflict", retryable=True)

    # ---- what the service has --------------------------------------------------------------------

    def take(self, found: Application | None) -> None:
        """The application as the service told it, asked for by others than us."""
        if found is None:
            self._set(application=None)
        else:
            self._answered(found)

    def _answered(self, found: Application) -> None:
        form = self._desk.form
        if not found.state.is_editable or not self.is_unsaved:
            self._show(found)
            return
        is_same = found.id == self._application_id
        is_ours = is_same and (found.revision == self._base or digest(found.form) in self._sent)
        if found.form == form:
            self._has(found, self._typed)
        elif is_ours or not found.revision:  # nobody has typed anything there
            self._adopt(found)
        else:
            self._set(application=found, conflict=found, save=SaveStatus.KEPT_HERE)

    def _show(self, found: Application) -> None:
        """What the service has stands in the fields. Anything typed here that it has not, stays on the disk."""
        self.answers += 1
        self._saved, self._sent = self._typed, ()
        self._application_id, self._base = found.id, found.revision
        # When it may be changed again, what was typed here is offered again.
        self._is_restored = self._is_restored and found.state.is_editable
        is_typed = found.revision > 0 or not found.state.is_editable
        save = SaveStatus.SAVED if is_typed else SaveStatus.NOTHING
        fields = {"application": found, "conflict": None, "saved_at": found.saved_at}
        if found.form != self._desk.form:
            self._fill(found.form, save=save, faults={}, findings={}, **fields)
        else:
            self._set(save=save, **fields)

    def _adopt(self, found: Application) -> None:
        """What is shown counts, on top of what the service has."""
        self.answers += 1
        self._application_id, self._base = found.id, found.revision
        self._set(application=found, conflict=None)
        self._keep()
        self.go_on()

    def _has(self, saved: Application, number: int) -> None:
        """The service has what was typed up to ``number``."""
        self.answers += 1
        self._saved, self._sent = number, ()
        self._application_id, self._base = saved.id, saved.revision
        save = SaveStatus.SAVING if self.is_unsaved else SaveStatus.SAVED
        self._set(application=saved, conflict=None, saved_at=saved.saved_at, save=save)
        if self._desk.trouble is self._trouble:
            self._set(trouble=None)
        self._keep()

    def decide(self, *, is_mine: bool) -> None:
        """The person decided a conflict."""
        conflict = self._desk.conflict
        if conflict is None:
            return
        if is_mine:
            self._adopt(conflict)
        else:
            self._show(conflict)
            self._keep()

    def submitted(self, application: Application) -> None:
        """It was sent: nothing need be kept here, but what was typed meanwhile."""
        is_unsaved = self.is_unsaved
        self._show(application)
        if not is_unsaved:
            self._local.forget(self._scope.owner)

    def _fill(self, form: ApplicationForm, **fields: object) -> None:
        self._set(form=form, form_number=self._desk.form_number + 1, **fields)

    def _set(self, **fields: object) -> None:
        self._context.change(application=replace(self._desk, **fields))  # type: ignore[arg-type]


def digest(form: ApplicationForm) -> str:
    """The same for the same form."""
    return hashlib.sha256(form.model_dump_json().encode()).hexdigest()
