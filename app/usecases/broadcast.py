"""Going live, staying there, ending. The service decides; the engine publishes; this tells each what the other said.

I/O loop. A session outlives engine, window and service: whoever comes back finds it by ``current_session``.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace

from app.contract import events
from app.contract.rest import Session
from app.domain.session import GRACE_PERIOD_S, EndReason, SessionState
from app.errors import AppError
from app.ports.engine import (
    PublishChanged,
    PublishStatus,
    RecordStatus,
    StartPublish,
    StopPublish,
    StopRecording,
    Target,
)
from app.usecases.context import Context, trouble_of
from app.usecases.state import BroadcastPhase, BroadcastState, Summary, Trouble
from app.usecases.wishes import GoLive

RETRY_END_S = 3.0
BUSY = (BroadcastPhase.PREPARING, BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED, BroadcastPhase.ENDING)


class BroadcastCase:
    """``follow`` and ``leave`` are the room's; ``record`` starts the local recording."""

    def __init__(
        self, context: Context, follow: Callable[[str], None], leave: Callable[[], None], record: Callable[[], None]
    ) -> None:
        self._context, self._follow, self._leave, self._record = context, follow, leave, record
        self._key_id = ""
        self._create_key = ""
        self._peak = 0
        self._away_since_s: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a broadcast is being made, made or ended."""
        return self._context.state.broadcast.phase in BUSY

    async def find_open(self) -> None:
        """After sign-in: a session that is still open is shown; one whose engine still publishes simply goes on."""
        context = self._context
        if context.platform is None or self.is_busy:
            return
        try:
            session = await context.platform.current_session()
        except AppError:
            return
        if session is None or session.state is SessionState.SCHEDULED:
            return
        publish = context.state.engine.publish
        is_publishing = publish is not None and publish.status not in (PublishStatus.IDLE, PublishStatus.REFUSED)
        if is_publishing:
            self._set(phase=BroadcastPhase.ON_AIR, session=session, started_monotonic_s=self._started(session))
            self._follow(session.id)
        elif session.state.is_on_air:
            self._set(phase=BroadcastPhase.OFF, session=session, trouble=Trouble("session_waiting", {}, "go_live"))
            self._follow(session.id)

    def _started(self, session: Session) -> float:
        now_s = self._context.clock.monotonic_s()
        if session.started_at is None:
            return now_s
        return now_s - max(0.0, (self._context.clock.utc() - session.started_at).total_seconds())

    async def go_live(self, wish: GoLive) -> None:
        context = self._context
        if self.is_busy or context.platform is None:
            return
        title = wish.title.strip()
        if not title:
            self._set(trouble=Trouble("title_missing"))
            return
        context.save_settings(title=title, category=wish.category.value)
        context.change(default_title=title, default_category=wish.category)
        context.change(broadcast=BroadcastState(phase=BroadcastPhase.PREPARING))
        self._peak, self._away_since_s = 0, None
        # A repeat after a lost reply must find the same session.
        self._create_key = self._create_key or uuid.uuid4().hex
        try:
            session = await context.platform.current_session()
            if session is None:
                session = await context.platform.create_session(title, wish.category, self._create_key)
            self._set(session=session)
            await self._publish(session, take_over=wish.take_over)
        except AppError as error:
            can_take_over = error.code == "live_elsewhere"
            self._set(phase=BroadcastPhase.OFF, trouble=trouble_of(error), can_take_over=can_take_over)
            return
        self._create_key = ""
        self._follow(session.id)
        if context.state.settings.is_recording_automatic:
            self._record()

    async def _publish(self, session: Session, *, take_over: bool) -> None:
        """Ask for a key and let the engine publish. Raises AppError."""
        context = self._context
        if context.platform is None:
            return
        # Asking revokes the key before, and that may be told before the answer is here.
        self._key_id = ""
        target = await context.platform.stream_key(session.id, take_over=take_over)
        self._key_id = target.key_id
        # The platform of this machine vouches for its ingest with the same certificate.
        ingest = Target(url=target.url, key=target.key, ca_file=context.state.settings.ca_file)
        done = await context.engine.ask(StartPublish(targets=(ingest,)))
        if done.code and done.code != "engine_away":
            raise AppError(done.code, detail=done.detail)

    async def on_fresh_engine(self) -> None:
        """A new engine in the midst of a broadcast: the same session goes on."""
        session = self._context.state.broadcast.session
        if session is None or self._context.state.broadcast.phase not in (
            BroadcastPhase.PREPARING,
            BroadcastPhase.ON_AIR,
            BroadcastPhase.INTERRUPTED,
        ):
            return
        while self.is_busy:
            try:
                await self._publish(session, take_over=False)
                return
            except AppError as error:
                if not error.retryable:
                    self._stop(trouble_of(error))
                    return
            await asyncio.sleep(RETRY_END_S)

    def on_publish(self, changed: PublishChanged) -> None:
        """What the publisher says."""
        phase = self._context.state.broadcast.phase
        if changed.status is PublishStatus.ON_AIR:
            self._away_since_s = None
            if phase in (BroadcastPhase.PREPARING, BroadcastPhase.INTERRUPTED):
                started_s = self._context.state.broadcast.started_monotonic_s or self._context.clock.monotonic_s()
                self._set(phase=BroadcastPhase.ON_AIR, started_monotonic_s=started_s, grace_left_s=0.0, trouble=None)
        elif changed.status is PublishStatus.RECONNECTING and phase is BroadcastPhase.ON_AIR:
            self._interrupted()
        elif changed.status is PublishStatus.REFUSED and phase in BUSY and phase is not BroadcastPhase.ENDING:
            self._stop(Trouble(changed.code or "stream_failed"))

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
                self._count(body.viewers, state.messages)
            case events.RoomStats():
                self._count(body.viewers, body.messages)
            case events.SessionChanged():
                if state.session is not None:
                    changed = SessionState(body.state)
                    self._set(session=state.session.model_copy(update={"state": changed}))
                    if changed is SessionState.ENDED and state.phase in BUSY[:3]:
                        self._stop(self._why_ended(body.reason))
            case events.KeyRevoked():
                if body.key_id == self._key_id and state.phase in BUSY[:3]:
                    self._stop(Trouble(f"key_{body.cause}"))

    def _why_ended(self, reason: str | None) -> Trouble | None:
        return {
            EndReason.CUT_OFF.value: Trouble("cut_off"),
            EndReason.GRACE_OVER.value: Trouble("grace_over"),
        }.get(reason or "")

    def _count(self, viewers: int, messages: int) -> None:
        self._peak = max(self._peak, viewers)
        self._set(viewers=viewers, messages=messages)

    def tick(self) -> None:
        """Once a second: the rest of the grace period."""
        if self._away_since_s is not None and self._context.state.broadcast.phase is BroadcastPhase.INTERRUPTED:
            away_s = self._context.clock.monotonic_s() - self._away_since_s
            self._set(grace_left_s=max(0.0, GRACE_PERIOD_S - away_s))

    async def end(self) -> None:
        """The anchor ends it. The engine stops at once; the service is told until it knows."""
        context = self._context
        session = context.state.broadcast.session
        if session is None:
            self._set(phase=BroadcastPhase.OFF)
            return
        self._set(phase=BroadcastPhase.ENDING, trouble=None)
        summary = self._summary()
        await context.engine.ask(StopPublish())
        await context.engine.ask(StopRecording())
        try:
            if context.platform is not None:
                session = await context.platform.end_session(session.id)
        except AppError as error:
            if error.retryable:
                context.spawn(self._end_later(session.id), "end-later")
            self._finish(summary, trouble_of(error))
            return
        self._set(session=session)
        self._finish(summary, None)

    async def _end_later(self, session_id: str) -> None:
        # The grace period would end it too; the sooner it is told the better for those who watch.
        while self._context.platform is not None:
            await asyncio.sleep(RETRY_END_S)
            try:
                await self._context.platform.end_session(session_id)
                return
            except AppError as error:
                if not error.retryable:
                    return

    def _stop(self, trouble: Trouble | None) -> None:
        """It was ended from elsewhere: publish no more, and say why."""
        summary = self._summary()
        self._context.spawn(self._silence(), "stop-publish")
        self._finish(summary, trouble)

    async def _silence(self) -> None:
        await self._context.engine.ask(StopPublish())
        await self._context.engine.ask(StopRecording())

    def _finish(self, summary: Summary, trouble: Trouble | None) -> None:
        self._away_since_s, self._key_id = None, ""
        self._leave()
        self._set(phase=BroadcastPhase.ENDED, summary=summary, trouble=trouble, grace_left_s=0.0)

    def _summary(self) -> Summary:
        state = self._context.state
        stats, record = state.engine.stats, state.engine.record
        started_s = state.broadcast.started_monotonic_s
        return Summary(
            duration_s=self._context.clock.monotonic_s() - started_s if started_s else 0.0,
            viewers_peak=max(self._peak, state.broadcast.viewers),
            messages=state.broadcast.messages,
            frames_sent=stats.frames_sent if stats else 0,
            frames_dropped=stats.frames_dropped if stats else 0,
            recording_path=record.path if record is not None and record.status is RecordStatus.RECORDING else "",
        )

    def _set(self, **fields: object) -> None:
        self._context.change(broadcast=replace(self._context.state.broadcast, **fields))  # type: ignore[arg-type]
