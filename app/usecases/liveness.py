"""The face check by camera (活体检测): between the service, which says what comes next, and the engine, which does it.

I/O loop. One pass is one task; whatever ends it early cancels that. What the engine tells is told on at once.

::

    idle → starting → capturing ⇄ flash_ready → flashing → … → sealing → sending → judging → done
      starting … sealing → done (aborted): the person, the page, the camera, the engine, the service
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from app.contract.identity import FaceCheck
from app.contract.liveness import ChallengeTerms, LivenessOrder, LivenessSession, LivenessStanding, terms_of
from app.domain.face_check import FaceState
from app.domain.liveness import Abort, LivenessPath, LivenessState, OrderKind, Phase
from app.errors import AppError, PlatformError
from app.ports import engine as port
from app.ports.platform import Platform
from app.usecases import liveness_wishes as w
from app.usecases.context import Context, trouble_of
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.liveness_upload import LivenessUpload, wait_s
from app.usecases.request_key import RequestKey
from app.usecases.scope import Reload, Scope, Work
from app.usecases.trouble import Trouble

REPEATS = 3
_LOST = frozenset({"platform_timeout", "platform_unreachable"})
_CAPTURES = frozenset(
    {
        LivenessPhase.STARTING, LivenessPhase.CAPTURING, LivenessPhase.FLASH_READY, LivenessPhase.FLASHING,
        LivenessPhase.SEALING,
    }
)  # fmt: skip
_RUNS = _CAPTURES | {LivenessPhase.SENDING, LivenessPhase.JUDGING}
_TO_OPERATORS = (LivenessState.LIVE, LivenessState.REVIEW)
_CLOSED = frozenset({"liveness_expired", "not_found", "state_conflict"})
"""The service has ended the session itself."""


class LivenessCase:
    """How it stands is loaded when the page is opened, and after each change from then on."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context, self._scope = context, scope
        self.reload = Reload(scope, self._load, "liveness")
        self._key = RequestKey()
        self._load_trouble: Trouble | None = None
        """Goes with the next load that does not fail."""
        self._task: asyncio.Task[None] | None = None
        self._told: asyncio.Queue[port.LivenessSaid | port.LivenessSealed] = asyncio.Queue()
        self._order: LivenessOrder | None = None
        """The one that is being carried out."""
        self._sealed: port.LivenessSealed | None = None
        self._upload: LivenessUpload | None = None

    # ---- who, and how it stands ------------------------------------------------------------------

    def ask(self) -> None:
        """Load it, where anybody has looked at it."""
        if self._desk.standing is not None or self._desk.phase is not LivenessPhase.IDLE:
            self.reload.ask()

    def clear(self) -> None:
        """Signed out: nothing of that person is left, in the engine neither."""
        is_anything = self._desk != LivenessDesk()
        self._leave_pass()
        self._key = RequestKey()
        if is_anything:
            self._context.spawn(self._forget(), "liveness-forget")
            self._context.change(liveness=LivenessDesk())

    def again(self) -> None:
        """Another way to the same platform: what was captured whole goes on its way, all else begins anew."""
        if self._desk.phase in _CAPTURES:
            self._give_up(Abort.GIVEN_UP, Trouble("platform_unreachable", action="retry"))
        elif self._desk.phase is LivenessPhase.SENDING and self._sealed is not None:
            self._task = self._scope.spawn(self._guarded(self._carry(self._sealed)), "liveness-upload")

    async def _load(self) -> None:
        platform = self._scope.platform
        if platform is None:
            return
        try:
            standing = await platform.liveness()
            face = await platform.face_check() if standing.state in _TO_OPERATORS else None
        except AppError as error:
            trouble = self._context.trouble(error)
            # What runs tells of itself; a load beside it is tried again by itself.
            if trouble is not None and self._desk.phase is LivenessPhase.IDLE and self._desk.trouble is None:
                self._load_trouble = trouble
                self._set(trouble=trouble)
            return
        if self._desk.trouble is self._load_trouble:
            self._set(trouble=None)
        self._set(standing=standing)
        self._follow(standing, face)

    def _follow(self, standing: LivenessStanding, face: FaceCheck | None) -> None:
        """What the service has decided, and an operator after it."""
        desk, state = self._desk, standing.state
        if desk.phase is LivenessPhase.IDLE and state is LivenessState.JUDGING:
            # It was sent before this program, or this page, began.
            self._set(phase=LivenessPhase.JUDGING, session_id=standing.session_id or "", path=standing.path)
            return
        is_awaited = desk.phase is LivenessPhase.JUDGING or desk.outcome is Outcome.WAITING
        if not is_awaited or state is None or state.is_open:
            return
        is_open = face is None or face.state.is_pending or face.state is FaceState.VERIFIED
        if standing.session_id != desk.session_id or not is_open:
            # A newer one, from elsewhere; or an operator said no, which the step itself tells.
            self._set(phase=LivenessPhase.IDLE, outcome=None)
            return
        is_verified = face is not None and face.state is FaceState.VERIFIED
        outcome = {
            **dict.fromkeys(_TO_OPERATORS, Outcome.VERIFIED if is_verified else Outcome.WAITING),
            LivenessState.RETRY: Outcome.LOCKED if standing.locked_until is not None else Outcome.RETRY,
        }.get(state, Outcome.ABORTED)
        trouble = Trouble("liveness_expired", action="retry") if state is LivenessState.EXPIRED else None
        self._set(
            phase=LivenessPhase.DONE, outcome=outcome, retry=standing.retry, abort=standing.aborted, trouble=trouble
        )

    # ---- wishes ----------------------------------------------------------------------------------

    def take(self, wish: object) -> bool:
        """Whether it was for here."""
        match wish:
            case w.LoadLiveness():
                self.reload.ask()
                if self._desk.phase not in _CAPTURES:
                    self._scope.spawn(self._prepare(), "liveness-prepare")
            case w.StartLiveness():
                self._start(wish.path)
            case w.FlashShown():
                if self._desk.phase is LivenessPhase.FLASH_READY:
                    self._set(phase=LivenessPhase.FLASHING)
                    self._scope.spawn(self._flash_shown(wish.at_ms), "liveness-flash")
            case w.AbortLiveness():
                is_person = wish.reason is Abort.GIVEN_UP and self._desk.phase is LivenessPhase.SENDING
                if self._desk.phase in _CAPTURES or is_person:
                    self._give_up(wish.reason)
            case _:
                return False
        return True

    async def _prepare(self) -> None:
        await self._context.engine.ask(port.PrepareLiveness())

    async def _flash_shown(self, at_ms: int) -> None:
        done = await self._context.engine.ask(port.FlashBegan(at_ms=at_ms))
        if done.code and self._desk.phase is LivenessPhase.FLASHING:
            self._give_up(Abort.GIVEN_UP, trouble_of(AppError("liveness_lost")))

    def _start(self, path: LivenessPath) -> None:
        if self._desk.phase in _RUNS or self._scope.platform is None:
            return
        self._told = asyncio.Queue()
        self._order = self._sealed = self._upload = None
        self._set(
            phase=LivenessPhase.STARTING, path=path, session_id="", now=None, done=(), actions=0, colours=(),
            sent_ratio=0.0, outcome=None, retry=None, abort=None, trouble=None,
        )  # fmt: skip
        self._task = self._scope.spawn(self._guarded(self._pass(path)), "liveness")

    # ---- one pass --------------------------------------------------------------------------------

    async def _guarded(self, work: Work) -> None:
        try:
            await work
        except AppError as error:
            trouble = self._context.trouble(error)
            if trouble is not None:
                self._failed(error, trouble)

    async def _pass(self, path: LivenessPath) -> None:
        session = await self._begin(path)
        terms = terms_of(session.challenge)
        self._set(session_id=session.id, actions=terms.actions)
        await self._engine_begins(terms)
        while not isinstance(told := await self._told.get(), port.LivenessSealed):
            await self._give(await self._next(session.id, told))
        await self._carry(told)

    async def _begin(self, path: LivenessPath) -> LivenessSession:
        platform, key = self._platform(), self._key.of(path.value)
        for attempt in range(1, REPEATS + 1):
            try:
                session = await platform.begin_liveness(path, key)
            except AppError as error:
                if error.code not in _LOST or attempt == REPEATS:
                    if error.code not in _LOST:
                        self._key.forget()
                    raise
                await asyncio.sleep(wait_s(error, attempt))
                continue
            self._key.forget()
            return session
        raise AssertionError("unreachable")

    async def _engine_begins(self, terms: ChallengeTerms) -> None:
        done = await self._context.engine.ask(
            port.BeginLiveness(
                session_id=terms.session_id, nonce=terms.nonce, path=terms.path, policy_version=terms.policy_version,
                min_fps=terms.min_fps, min_size_px=terms.min_size_px, seal_key=terms.seal_key,
            )
        )  # fmt: skip
        if done.code:
            raise AppError("liveness_lost" if done.code == "engine_away" else done.code, detail=done.detail)

    async def _next(self, session_id: str, said: port.LivenessSaid) -> LivenessOrder:
        """What comes after it. The engine's own limit ends it when the service stays away."""
        self._carried_out()
        lost = 0
        while True:
            try:
                order = await self._platform().liveness_progress(
                    session_id, said.number, said.link, said.units, said.at_us, said.public_key
                )
            except AppError as error:
                if not error.retryable:
                    raise
                lost += 1
                self._tell_away(error)
                await asyncio.sleep(wait_s(error, lost))
                continue
            self._tell_away(None)
            if order.number != said.number or (order.kind is OrderKind.ACTION) != (order.action is not None):
                raise PlatformError("platform_not_ours", retryable=False)
            return order

    def _tell_away(self, error: AppError | None) -> None:
        """While the service is waited for; it goes on by itself."""
        trouble = None if error is None else replace(trouble_of(error), action="")
        if trouble != self._desk.trouble:
            self._set(trouble=trouble)

    def _carried_out(self) -> None:
        order, self._order = self._order, None
        if order is not None and order.action is not None:
            self._set(done=(*self._desk.done, order.action))
        if self._desk.phase in (LivenessPhase.STARTING, LivenessPhase.FLASH_READY, LivenessPhase.FLASHING):
            self._set(phase=LivenessPhase.CAPTURING, colours=())

    async def _give(self, order: LivenessOrder) -> None:
        """To the engine; only then is the page told of colours."""
        self._order, colours = order, tuple(order.colours)
        done = await self._context.engine.ask(
            port.OrderLiveness(number=order.number, kind=order.kind, action=order.action, colours=colours)
        )
        if done.code:
            raise AppError("liveness_lost")
        if order.kind is OrderKind.FLASH:
            self._set(phase=LivenessPhase.FLASH_READY, colours=colours)
        elif order.kind is OrderKind.SEAL:
            self._set(phase=LivenessPhase.SEALING)

    async def _carry(self, sealed: port.LivenessSealed) -> None:
        """To the service, and wait for what it says."""
        self._sealed = sealed
        self._set(phase=LivenessPhase.SENDING)
        self._upload = LivenessUpload(
            self._context.engine, sealed, lambda ratio: self._set(sent_ratio=ratio), self._tell_away
        )
        try:
            await self._upload.run(self._platform())
        finally:
            self._upload = None
        self._sealed = None
        self._set(phase=LivenessPhase.JUDGING, sent_ratio=1.0)
        self.reload.ask()
        await self._context.engine.ask(port.DropLiveness())

    def _platform(self) -> Platform:
        platform = self._scope.platform
        if platform is None:
            raise PlatformError("platform_unreachable")
        return platform

    # ---- what the engine tells -------------------------------------------------------------------

    def on_event(self, event: port.AnyEvent) -> None:
        """Only what is of this session."""
        match event:
            case port.LivenessChanged() if self._is_ours(event.session_id):
                is_first = self._desk.phase is LivenessPhase.STARTING
                self._set(now=event, **({"phase": LivenessPhase.CAPTURING} if is_first else {}))
                if event.phase is Phase.ABORTED:
                    trouble = trouble_of(AppError(event.code)) if event.code else None
                    self._aborted(event.abort or Abort.GIVEN_UP, trouble)
            case port.LivenessSaid() | port.LivenessSealed() if self._is_ours(event.session_id):
                self._told.put_nowait(event)
            case port.LivenessPart() if self._upload is not None:
                self._upload.on_part(event)
            case _:
                pass

    def on_link(self, is_up: bool) -> None:
        """An engine that is away has lost what was under way; what was sealed it may still have."""
        if not is_up and self._desk.phase in _CAPTURES:
            self._aborted(Abort.GIVEN_UP, trouble_of(AppError("liveness_lost")))

    def _is_ours(self, session_id: str) -> bool:
        return self._desk.phase in _CAPTURES and session_id == self._desk.session_id

    # ---- early ends ------------------------------------------------------------------------------

    def _give_up(self, reason: Abort, trouble: Trouble | None = None) -> None:
        """From this side: the engine is told."""
        self._scope.spawn(self._forget(reason), "liveness-forget")
        self._aborted(reason, trouble)

    def _aborted(self, reason: Abort, trouble: Trouble | None = None) -> None:
        """It is over here, and the service is told."""
        session_id = self._desk.session_id
        self._leave_pass()
        if session_id:
            self._scope.spawn(self._tell_aborted(session_id, reason), "liveness-abort")
        self._set(
            phase=LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=reason if trouble is None else None,
            trouble=trouble, colours=(),
        )  # fmt: skip

    def _failed(self, error: AppError, trouble: Trouble) -> None:
        """The service, or the engine, does not go on with it."""
        desk = self._desk
        if desk.phase is LivenessPhase.STARTING and not desk.session_id:
            is_locked = error.code == "liveness_locked"
            phase, outcome = (LivenessPhase.DONE, Outcome.LOCKED) if is_locked else (LivenessPhase.IDLE, None)
            self._set(phase=phase, outcome=outcome, trouble=trouble)
        else:
            self._scope.spawn(self._forget(), "liveness-forget")
            if error.code not in _CLOSED:
                self._scope.spawn(self._tell_aborted(desk.session_id, Abort.GIVEN_UP), "liveness-abort")
            self._leave_pass(is_own=True)
            self._set(phase=LivenessPhase.DONE, outcome=Outcome.ABORTED, trouble=trouble, colours=())
        self.reload.ask()

    def _leave_pass(self, *, is_own: bool = False) -> None:
        """``is_own``: the pass itself ends."""
        task, self._task = self._task, None
        if task is not None and not is_own:
            task.cancel()
        self._order = self._sealed = self._upload = None

    async def _forget(self, reason: Abort = Abort.GIVEN_UP) -> None:
        await self._context.engine.ask(port.AbortLiveness(reason=reason))
        await self._context.engine.ask(port.DropLiveness())

    async def _tell_aborted(self, session_id: str, reason: Abort) -> None:
        for attempt in range(1, REPEATS + 1):
            platform = self._scope.platform
            if platform is None:
                return
            try:
                await platform.abort_liveness(session_id, reason)
                break
            except AppError as error:
                if error.code not in _LOST:
                    break  # it has ended otherwise
                await asyncio.sleep(wait_s(error, attempt))
        self.reload.ask()

    @property
    def _desk(self) -> LivenessDesk:
        return self._context.state.liveness

    def _set(self, **fields: object) -> None:
        self._context.change(liveness=replace(self._desk, **fields))  # type: ignore[arg-type]
