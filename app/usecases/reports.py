"""Reporting (举报): the form's clip, filing, the clip's way to the platform, and how each report stands. I/O loop.

A report is filed whatever becomes of its clip. The clip is cut when the form is opened, so that it shows what was
seen then; it goes out in the background, one at a time, and again with the same key when its answer was lost.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from app.contract.reports import CLIP_S, MAX_CLIP_BYTES
from app.errors import AppError
from app.ports.engine import AnyEvent, ClipCut, CutClip, DropClip, RecordStatus
from app.usecases import room_wishes as w
from app.usecases.context import Context
from app.usecases.reports_state import ClipPhase, ReportClip, ReportsState
from app.usecases.scope import Reload, Scope
from app.usecases.state import DeskState, Trouble
from app.usecases.way_state import LoadPhase

MAX_UPLOADS = 4
"""Kept to be seen; the engine keeps one file more, for the form."""
_ON_ITS_WAY = (ClipPhase.CUTTING, ClipPhase.READY, ClipPhase.UPLOADING)
AWAY = "platform_unreachable"


def can_clip(state: DeskState) -> bool:
    """Whether something of this broadcast is recorded: it runs, or ran until its end."""
    record, summary = state.engine.record, state.broadcast.summary
    if not state.engine.is_attached or record is None or not record.path:
        return False
    return record.status is RecordStatus.RECORDING or (summary is not None and bool(summary.recording_path))


class ReportsCase:
    """The list is loaded when it is looked at, and after each change from then on."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context, self._scope = context, scope
        self.reload = Reload(scope, self._load, "reports")
        self._turn = asyncio.Lock()
        self._keys: dict[str, str] = {}
        self._claimed: ReportClip | None = None
        """Goes with the report that is being filed: it stays, be the form left meanwhile."""
        self._form_key = ""
        """Of the report that is being filed from the form that is open; empty once that was left."""

    def clear(self) -> None:
        """Signed out: nothing of that person is left, no clip either."""
        self._form_key = ""
        self._release()
        for one in (self._state.clip, *self._state.uploads):
            self._drop(one)
        self._keys.clear()
        self._context.change(reports=ReportsState())

    def again(self) -> None:
        """Another way to the same platform: what was under way is not any more."""
        kept = tuple(
            replace(one, phase=ClipPhase.FAILED, code=AWAY, can_retry=bool(one.path))
            if one.phase in _ON_ITS_WAY
            else one
            for one in self._state.uploads
        )
        if self._state.is_sending:
            self._refuse(self._form_key, AppError(AWAY, retryable=True))
        self._set(withdrawing=frozenset(), uploads=kept)

    def take(self, wish: object) -> bool:
        """Whether it was for here."""
        match wish:
            case w.BeginReport():
                self._begin()
            case w.DropReport():
                self._leave_form()
                self._set(clip=ReportClip(), refusal=None)
            case w.SendReport():
                self._send(wish)
            case w.DismissAct() | w.Moderate():
                if self._state.filed is not None:
                    self._set(filed=None)
                return False  # it is the room's too
            case w.RetryClip():
                self._retry(wish.report_id)
            case w.LoadReports():
                self.reload.ask()
            case w.WithdrawReport():
                self._withdraw(wish.report_id)
            case _:
                return False
        return True

    # ---- the form --------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._leave_form()
        if not can_clip(self._context.state):
            self._set(clip=ReportClip(), refusal=None)
            return
        made = ReportClip(uuid.uuid4().hex, phase=ClipPhase.CUTTING)
        self._set(clip=made, refusal=None)
        self._scope.spawn(self._cut(made.clip_id), "clip-cut")

    def _leave_form(self) -> None:
        self._form_key = ""
        if self._claimed is None or self._claimed.clip_id != self._state.clip.clip_id:
            self._drop(self._state.clip)

    def _release(self) -> None:
        """Nothing is being filed any longer. What the form does not show is needed by nobody."""
        claimed, self._claimed = self._claimed, None
        if claimed is not None and claimed.clip_id != self._state.clip.clip_id:
            self._drop(claimed)

    async def _cut(self, clip_id: str) -> None:
        done = await self._context.engine.ask(CutClip(clip_id=clip_id, seconds=CLIP_S, max_bytes=MAX_CLIP_BYTES))
        if done.code:
            self.on_event(ClipCut(clip_id=clip_id, code=done.code))

    def on_event(self, event: AnyEvent) -> None:
        """What the engine tells; only a clip is for here."""
        if not isinstance(event, ClipCut):
            return
        claimed = (self._claimed,) if self._claimed is not None else ()
        known = (self._state.clip, *claimed, *self._state.uploads)
        one = next((one for one in known if one.clip_id == event.clip_id and one.phase is ClipPhase.CUTTING), None)
        if one is None:
            if event.path and all(other.clip_id != event.clip_id for other in known):
                self._drop(ReportClip(event.clip_id))  # the form was left meanwhile
            return
        made = replace(
            one,
            phase=ClipPhase.FAILED if event.code else ClipPhase.READY,
            path=event.path,
            duration_ms=event.duration_ms,
            size_bytes=event.size_bytes,
            is_shortened=event.is_shortened,
            code=event.code,
        )
        if self._claimed is not None and self._claimed.clip_id == made.clip_id:
            self._claimed = made
        if self._state.clip.clip_id == made.clip_id:
            self._set(clip=made)
        if one not in self._state.uploads:
            return
        self._put(made)
        if made.phase is ClipPhase.FAILED:
            self._tell_failed()
        if made.phase is ClipPhase.READY:
            self._scope.spawn(self._upload(made.report_id), "clip-upload")

    def _send(self, wish: w.SendReport) -> None:
        if self._state.is_sending:
            return
        if self._scope.platform is None:
            self._set(refusal=self._context.trouble(AppError(AWAY, retryable=True)))
            return
        form = self._state.clip
        self._claimed = form if wish.with_clip and form.phase is not ClipPhase.NONE else None
        self._form_key = wish.request_key
        self._set(is_sending=True, refusal=None)
        self._scope.spawn(self._file(wish, form.clip_id), "report")

    async def _file(self, wish: w.SendReport, form_id: str) -> None:
        platform = self._scope.platform
        if platform is None:
            self._refuse(wish.request_key, AppError(AWAY, retryable=True))
            return
        try:
            made = await platform.report(wish.session_id, wish.wish, wish.request_key)
        except AppError as error:
            self._refuse(wish.request_key, error)
            return
        state, clip = self._state, self._claimed
        self._claimed = None
        # Another report may have been begun meanwhile, with a clip of its own.
        form = ReportClip() if state.clip.clip_id == form_id else state.clip
        self._form_key = ""
        self._set(
            is_sending=False,
            filed=made,
            filed_number=state.filed_number + 1,
            filed_key=wish.request_key,
            clip=form,
        )
        if state.phase is not LoadPhase.IDLE:
            self.reload.ask()
        if clip is None:
            if form is not state.clip:
                self._drop(state.clip)
            return
        self._keys[made.id] = uuid.uuid4().hex
        self._put(replace(clip, report_id=made.id))
        if clip.phase is ClipPhase.FAILED:
            self._tell_failed()
        if clip.phase is ClipPhase.READY:
            await self._upload(made.id)

    def _refuse(self, key: str, error: AppError) -> None:
        """It was not filed: its form says why, or the window when the form was left."""
        self._release()
        trouble, is_open = self._context.trouble(error), bool(key) and key == self._form_key
        self._form_key = ""
        self._set(is_sending=False, refusal=trouble if is_open else self._state.refusal)
        if trouble is not None and not is_open:
            self._context.notify(Trouble("report_not_sent", {**error.detail, "cause": error.code}))

    # ---- the clip --------------------------------------------------------------------------------

    def _retry(self, report_id: str) -> None:
        one = self._of(report_id)
        if one is not None and one.can_retry and one.phase is ClipPhase.FAILED:
            self._put(replace(one, phase=ClipPhase.READY, code="", can_retry=False, sent_bytes=0))
            self._scope.spawn(self._upload(report_id), "clip-upload")

    async def _upload(self, report_id: str) -> None:
        async with self._turn:
            platform, one = self._scope.platform, self._of(report_id)
            if one is None:
                return
            if platform is None:
                self._failed(report_id, AppError(AWAY, retryable=True))
                return
            self._put(replace(one, phase=ClipPhase.UPLOADING))

            def on_sent(sent_bytes: int) -> None:
                now = self._of(report_id)
                if now is not None and now.phase is ClipPhase.UPLOADING:
                    self._put(replace(now, sent_bytes=min(sent_bytes, now.size_bytes)))

            try:
                await platform.add_clip(report_id, one.path, self._keys[report_id], on_sent)
            except AppError as error:
                self._failed(report_id, error)
                return
            done = self._of(report_id)
            if done is not None:
                self._drop(done)
                self._put(replace(done, phase=ClipPhase.DONE, path="", sent_bytes=done.size_bytes))
        if self._state.phase is not LoadPhase.IDLE:
            self.reload.ask()

    def _failed(self, report_id: str, error: AppError) -> None:
        trouble, one = self._context.trouble(error), self._of(report_id)
        if one is None or trouble is None:
            return
        if not error.retryable:
            self._drop(one)
        path = one.path if error.retryable else ""
        self._put(replace(one, phase=ClipPhase.FAILED, code=error.code, path=path, can_retry=error.retryable))
        self._tell_failed()

    def _tell_failed(self) -> None:
        self._context.notify(Trouble("clip_not_sent", {}, "open_reports"))

    def _drop(self, clip: ReportClip) -> None:
        """Its file is needed no longer."""
        if clip.clip_id and clip.phase is not ClipPhase.DONE:
            self._context.spawn(self._forget(clip.clip_id), "clip-drop")

    async def _forget(self, clip_id: str) -> None:
        await self._context.engine.ask(DropClip(clip_id=clip_id))

    def _of(self, report_id: str) -> ReportClip | None:
        return next((one for one in self._state.uploads if one.report_id == report_id), None)

    def _put(self, clip: ReportClip) -> None:
        """In the place of the one of the same report; the oldest go."""
        uploads = self._state.uploads
        if any(one.report_id == clip.report_id for one in uploads):
            uploads = tuple(clip if one.report_id == clip.report_id else one for one in uploads)
        else:
            for gone in uploads[: max(0, len(uploads) + 1 - MAX_UPLOADS)]:
                self._drop(gone)
                self._keys.pop(gone.report_id, None)
            uploads = (*uploads, clip)[-MAX_UPLOADS:]
        self._set(uploads=uploads)

    # ---- the list --------------------------------------------------------------------------------

    async def _load(self) -> None:
        platform, state = self._scope.platform, self._state
        if platform is None:
            return
        if state.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        try:
            found = await platform.my_reports()
        except AppError as error:
            failed = self._scope.failure(error, is_shown=bool(self._state.reports))
            if failed is not None:
                self._set(**failed)
            return
        self._set(phase=LoadPhase.READY, reports=tuple(found), trouble=None)

    def _withdraw(self, report_id: str) -> None:
        if report_id in self._state.withdrawing:
            return
        if self._scope.platform is None:
            self._set(act_trouble=self._context.trouble(AppError(AWAY, retryable=True)))
        else:
            self._set(withdrawing=self._state.withdrawing | {report_id}, act_trouble=None)
            self._scope.spawn(self._until_withdrawn(report_id, self._take_back(report_id)), "report-withdraw")

    async def _until_withdrawn(self, report_id: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except AppError as error:
            self._set(act_trouble=self._context.trouble(error))
            self.reload.ask()
        finally:
            self._set(withdrawing=self._state.withdrawing - {report_id})

    async def _take_back(self, report_id: str) -> None:
        platform = self._scope.platform
        if platform is None:
            raise AppError(AWAY, retryable=True)
        changed = await platform.withdraw_report(report_id)
        self._set(reports=tuple(changed if one.id == report_id else one for one in self._state.reports))

    @property
    def _state(self) -> ReportsState:
        return self._context.state.reports

    def _set(self, **fields: object) -> None:
        self._context.change(reports=replace(self._state, **fields))  # type: ignore[arg-type]
