"""Going live, staying there, ending. The service decides; the engine publishes; this tells each what the other said.

I/O loop. A session outlives engine, window and service: whoever comes back finds it by ``current_session``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from app.contract import events
from app.contract.rest import Session
from app.domain.session import GRACE_PERIOD_S, EndReason, SessionState
from app.errors import AppError
from app.ports.engine import PublishChanged, PublishStatus, RecordStatus, StartPublish, StopPublish, Target
from app.usecases.aftermath import Aftermath
from app.usecases.context import Context, trouble_of
from app.usecases.inbox import cut_off_reason
from app.usecases.session_start import ENDED_BY, SessionStart, better_url, fault_of, stays
from app.usecases.state import BroadcastPhase, BroadcastState, Summary, Trouble
from app.usecases.wishes import GoLive

RETRY_S = 3.0
REASON_S = 2.0
_WITHOUT_REASON = ("key_dead", "replaced")
_CUT_OFF = ("cut_off", "key_cut_off")
BUSY = (BroadcastPhase.PREPARING, BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED, BroadcastPhase.ENDING)
_GOES_ON = BUSY[:3]
_SILENT = (PublishStatus.IDLE, PublishStatus.REFUSED)


class BroadcastCase:
    """``follow`` and ``leave`` are the room's; ``record`` starts or stops the local recording.

    Each start and each end is a ``turn``: what was begun in an earlier one finds out after its next await, and stops.
    """

    def __init__(
        self,
        context: Context,
        follow: Callable[[str], None],
        leave: Callable[[], None],
        record: Callable[[bool], Coroutine[Any, Any, None]],
    ) -> None:
        self._context, self._follow, self._leave, self._record = context, follow, leave, record
        self._turn = 0
        self._key_id = self._ended_key_id = self._written_reason = ""
        self._start, self._aftermath = SessionStart(), Aftermath(context)
        self._away_since_s: float | None = None
        self._is_wanted: bool | None = None
        """Whether the engine shall publish; None in a new window, which takes over what it finds."""
        self._ends_what_it_finds = False

    @property
    def is_busy(self) -> bool:
        """Whether a broadcast is being made, made or ended."""
        return self._context.state.broadcast.phase in BUSY

    # ---- what is found ---------------------------------------------------------------------------

    async def find_open(self) -> None:
        """After sign-in: the session that is still open is shown, or joined to the engine that publishes it."""
        context = self._context
        platform = context.platform
        while platform is not None and platform is context.platform:
            try:
                session = await platform.current_session()
                break
            except AppError as error:
                context.trouble(error)
                if not error.retryable:
                    return
            await asyncio.sleep(RETRY_S)
        else:
            return
        known = context.state.broadcast
        if self.is_busy:
            if known.session is not None:
                self._follow(known.session.id)
            elif session is not None and known.phase in _GOES_ON:
                self._set(session=session, started_monotonic_s=self._started(session))
                self._follow(session.id)
        elif session is not None and self._ends_what_it_finds:
            self._ends_what_it_finds = False
            context.spawn(self._end_later(session.id), "end-found")
        elif session is not None and session.state.is_on_air:
            self._show_open(session)

    def _show_open(self, session: Session) -> None:
        self._set(phase=BroadcastPhase.OFF, session=session, summary=None)
        self._waits(session)
        self._follow(session.id)

    def _waits(self, session: Session) -> None:
        """Tell of an open session that this engine does not publish."""
        detail: dict[str, object] = {"title": session.title}
        if session.state is SessionState.LIVE:
            self._set(trouble=Trouble("live_elsewhere_now", detail, "take_over"), can_take_over=True)
        else:
            self._set(trouble=Trouble("session_waiting", detail, "go_live"), can_take_over=False)

    def _started(self, session: Session) -> float:
        """0 while it is being prepared."""
        now_s = self._context.clock.monotonic_s()
        if session.started_at is None:
            return 0.0 if self._context.state.broadcast.phase is BroadcastPhase.PREPARING else now_s
        return now_s - max(0.0, (self._context.server_clock.now() - session.started_at).total_seconds())

    def on_snapshot(self, publish: PublishChanged | None) -> None:
        """An engine attached: bring what it publishes and what is wanted together."""
        is_publishing = publish is not None and publish.status not in _SILENT
        if self._is_wanted is None and is_publishing:
            # A new window beside an engine on air. Which session it is, the service tells when it can be reached.
            self._is_wanted = True
            self._set(phase=BroadcastPhase.PREPARING, trouble=None)
        if self._is_wanted is False and is_publishing:
            # It was ended while the engine could not be told.
            self._context.spawn(self._silence(), "stop-publish")
        elif self._is_wanted and publish is not None:
            self.on_publish(publish)

    # ---- going live ------------------------------------------------------------------------------

    async def go_live(self, wish: GoLive) -> None:
        context = self._context
        platform = context.platform
        if self.is_busy or platform is None:
            return
        title = wish.title.strip()
        if not wish.session_id:
            if not title:
                self._set(trouble=Trouble("title_missing"))
                return
            context.save_settings(title=title, category=wish.category.value)
            context.change(default_title=title, default_category=wish.category)
        fault = fault_of(context.state.engine)
        if fault is not None:
            self._set(trouble=fault)
            return
        context.change(broadcast=BroadcastState(phase=BroadcastPhase.PREPARING))
        self._turn += 1
        turn, self._is_wanted = self._turn, True
        self._away_since_s, self._ends_what_it_finds = None, False
        try:
            session = await self._start.find(platform, wish)
            if turn != self._turn:
                self._given_up(session)
                return
            self._set(session=session)
            if not await self._publish(session, turn, take_over=wish.take_over):
                return
        except AppError as error:
            if turn == self._turn:
                self._is_wanted = False
                can_take_over = error.code == "live_elsewhere"
                self._set(phase=BroadcastPhase.OFF, trouble=context.trouble(error), can_take_over=can_take_over)
            return
        self._follow(session.id)
        if context.state.settings.is_recording_automatic:
            context.spawn(self._record(True), "record")

    def _given_up(self, session: Session) -> None:
        """It was found too late. One on the spot ends; what is planned stays, and what is on air goes on."""
        if session.state.is_on_air:
            if self._context.state.broadcast.phase is BroadcastPhase.OFF:
                self._show_open(session)
        elif session.starts_at is None:
            self._context.spawn(self._end_later(session.id), "end-cancelled")

    async def _publish(self, session: Session, turn: int, *, take_over: bool) -> bool:
        """Ask for a key and let the engine publish; False when it was ended meanwhile. Raises AppError."""
        context = self._context
        if context.platform is None:
            return False
        # Asking revokes the key before, and that may be told before the answer is here.
        self._key_id = self._ended_key_id = self._written_reason = ""
        target = await context.platform.stream_key(session.id, take_over=take_over)
        if turn != self._turn:
            return False
        self._key_id = target.key_id
        # The platform of this machine vouches for its ingest with the same certificate.
        state = context.state
        ingest = Target(url=better_url(target, state.quality), key=target.key, ca_file=state.settings.ca_file)
        done = await context.engine.ask(StartPublish(targets=(ingest,)))
        if done.code and done.code != "engine_away":
            raise AppError(done.code, detail=done.detail)
        return turn == self._turn

    async def on_fresh_engine(self) -> None:
        """A new engine in the midst of a broadcast: the same session goes on."""
        session, turn = self._context.state.broadcast.session, self._turn
        if session is None or self._context.state.broadcast.phase not in _GOES_ON:
            return
        while turn == self._turn:
            try:
                await self._publish(session, turn, take_over=False)
                return
            except AppError as error:
                trouble = self._context.trouble(error)
                if not error.retryable:
                    if turn == self._turn:
                        self._stop(trouble)
                    return
            await asyncio.sleep(RETRY_S)

    # ---- staying there ---------------------------------------------------------------------------

    def on_publish(self, changed: PublishChanged) -> None:
        """What the publisher says."""
        phase = self._context.state.broadcast.phase
        if phase not in _GOES_ON:
            return
        if changed.status is PublishStatus.ON_AIR:
            self._away_since_s = None
            if phase is not BroadcastPhase.ON_AIR:
                started_s = self._context.state.broadcast.started_monotonic_s or self._context.clock.monotonic_s()
                self._set(phase=BroadcastPhase.ON_AIR, started_monotonic_s=started_s, grace_left_s=0.0, trouble=None)
        elif changed.status is PublishStatus.RECONNECTING and phase is not BroadcastPhase.INTERRUPTED:
            # Not yet on air it may still be: a new window does not know how far the engine had come.
            if phase is BroadcastPhase.ON_AIR or self._context.state.broadcast.session is None:
                self._interrupted()
        elif changed.status is PublishStatus.REFUSED:
            trouble = trouble_of(AppError(changed.code or "stream_failed"))
            if changed.code in _WITHOUT_REASON:
                self._context.spawn(self._stop_unless_told(trouble, self._turn), "await-reason")
            else:
                self._stop(trouble)

    async def _stop_unless_told(self, trouble: Trouble, turn: int) -> None:
        """The ingest only knows that the key is no longer good; why is told in the room at the same moment."""
        await asyncio.sleep(REASON_S)
        if turn == self._turn:
            self._stop(trouble)

    def on_engine_lost(self) -> None:
        """The engine died: the session waits for its publisher."""
        if self._context.state.broadcast.phase is BroadcastPhase.ON_AIR:
            self._interrupted()

    def _interrupted(self) -> None:
        self._away_since_s = self._context.clock.monotonic_s()
        self._set(phase=BroadcastPhase.INTERRUPTED, grace_left_s=float(GRACE_PERIOD_S))

    def on_fact(self, envelope: events.Envelope) -> None:
        """Facts of the room that concern the broadcast."""
        body = events.body(envelope)
        state = self._context.state.broadcast
        match body:
            case events.HelloAck():
                self._set(viewers=body.viewers, peak=body.peak, onlookers=body.onlookers)
            case events.RoomStats():
                told = {"peak": body.peak, "onlookers": body.onlookers}
                self._set(viewers=body.viewers, messages=body.messages, **told)
            case events.SessionChanged():
                if state.session is not None:
                    self._session_changed(state.session, SessionState(body.state), body.reason)
            case events.KeyRevoked():
                if body.reason and body.key_id in (self._key_id, self._ended_key_id):
                    self.tell_reason(body.reason)
                if body.key_id == self._key_id and state.phase in _GOES_ON:
                    self._stop(trouble_of(AppError(f"key_{body.cause}")))
                if body.cause == "signed_out":
                    # The room is left before it could refuse us.
                    self._context.trouble(AppError("device_ended"))

    def _session_changed(self, session: Session, changed: SessionState, reason: str | None) -> None:
        session = session.model_copy(update={"state": changed})
        phase = self._context.state.broadcast.phase
        if changed is SessionState.ENDED and phase in _GOES_ON:
            self._set(session=session)
            self._stop(self._why_ended(reason))
        elif phase is not BroadcastPhase.OFF:
            self._set(session=session)
        elif changed is SessionState.ENDED:
            # One that ran elsewhere, or waited for this computer.
            self._leave()
            self._set(session=None, trouble=None, can_take_over=False)
        else:
            self._set(session=session)
            if session.state.is_on_air:
                self._waits(session)

    def _why_ended(self, reason: str | None) -> Trouble | None:
        return {
            EndReason.CUT_OFF.value: Trouble("cut_off"),
            EndReason.GRACE_OVER.value: Trouble("grace_over"),
            **{ended.value: trouble_of(AppError(code)) for ended, code in ENDED_BY.items()},
        }.get(reason or "")

    def tick(self) -> None:
        """Once a second: the rest of the grace period."""
        if self._away_since_s is not None and self._context.state.broadcast.phase is BroadcastPhase.INTERRUPTED:
            away_s = self._context.clock.monotonic_s() - self._away_since_s
            self._set(grace_left_s=max(0.0, GRACE_PERIOD_S - away_s))

    # ---- the end ---------------------------------------------------------------------------------

    async def end(self) -> None:
        """The anchor ends it. The engine stops at once; the service is told until it knows."""
        context = self._context
        before = context.state.broadcast
        if before.phase in (BroadcastPhase.ENDING, BroadcastPhase.ENDED):
            return
        self._turn += 1
        self._is_wanted = False
        if before.session is None and before.phase is BroadcastPhase.PREPARING and not before.started_monotonic_s:
            # Cancelled before there was a session; if one is being made, go_live ends it.
            self._set(phase=BroadcastPhase.OFF, trouble=None)
            await self._silence()
            return
        if before.session is None and before.phase not in BUSY:
            return
        if before.session is not None and stays(before.session, before, has_key=bool(self._key_id)):
            self._set(phase=BroadcastPhase.OFF, session=None, trouble=None)
            self._leave()
            if before.session.state is SessionState.LIVE:
                self._show_open(before.session)
            await self._silence()
            return
        self._set(phase=BroadcastPhase.ENDING, trouble=None)
        summary = self._summary()
        await self._silence()
        if before.session is None:
            self._ends_what_it_finds = True
            self._finish(summary, Trouble("ended_here_only"))
            return
        ended: Session | None = None
        try:
            if context.platform is not None:
                ended = await context.platform.end_session(before.session.id)
                self._set(session=ended)
        except AppError as error:
            trouble = context.trouble(error)
            if error.retryable:
                context.spawn(self._end_later(before.session.id), "end-later")
                trouble = Trouble("ended_here_only")
            self._finish(summary, None if error.code == "session_ended" else trouble)
            return
        self._finish(summary, None, ended)

    async def _end_later(self, session_id: str) -> None:
        # The grace period would end it too; the sooner it is told the better for those who watch.
        while self._context.platform is not None:
            try:
                await self._context.platform.end_session(session_id)
                return
            except AppError as error:
                if not error.retryable:
                    return
            await asyncio.sleep(RETRY_S)

    def _stop(self, trouble: Trouble | None) -> None:
        """It was ended from elsewhere: publish no more, and say why."""
        self._turn += 1
        self._is_wanted = False
        self._context.spawn(self._silence(), "stop-publish")
        self._finish(self._summary(), trouble)
        self.tell_reason()

    @property
    def was_cut_off(self) -> bool:
        """An operator ended what is shown, and why is not known yet."""
        state = self._context.state.broadcast
        return state.trouble is not None and state.trouble.code in _CUT_OFF and not state.trouble.detail

    def tell_reason(self, written: str = "") -> None:
        """Say why it was cut off, as soon as it is ``written`` to us, or the message that tells it is here."""
        self._written_reason = written or self._written_reason
        state = self._context.state.broadcast
        if self.was_cut_off and state.trouble is not None and state.session is not None:
            reason = self._written_reason or cut_off_reason(self._context.state.inbox, state.session)
            if reason:
                self._set(trouble=replace(state.trouble, detail={"reason": reason}))

    async def _silence(self) -> None:
        await self._context.engine.ask(StopPublish())
        await self._record(False)

    def _finish(self, summary: Summary, trouble: Trouble | None, ended: Session | None = None) -> None:
        self._away_since_s, self._key_id, self._ended_key_id = None, "", self._key_id
        self._leave()
        self._set(phase=BroadcastPhase.ENDED, summary=summary, trouble=trouble, grace_left_s=0.0)
        self._aftermath.begin(ended)

    def _summary(self) -> Summary:
        state = self._context.state
        stats, record = state.engine.stats, state.engine.record
        started_s = state.broadcast.started_monotonic_s
        return Summary(
            duration_s=self._context.clock.monotonic_s() - started_s if started_s else 0.0,
            frames_sent=stats.frames_sent if stats else 0,
            frames_dropped=stats.frames_dropped if stats else 0,
            recording_path=record.path if record is not None and record.status is RecordStatus.RECORDING else "",
        )

    def _set(self, **fields: object) -> None:
        self._context.change(broadcast=replace(self._context.state.broadcast, **fields))  # type: ignore[arg-type]
