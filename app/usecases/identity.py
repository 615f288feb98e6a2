"""Real name (实名) and face check (人脸核验): loading, checking, asking. I/O loop.

A name and a number are in no state: they go from the fields to the service and nowhere else, and what comes back is
masked. A request whose answer was lost is repeated with its key, so that it costs no second try.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from app.domain.china_time import next_midnight_ms
from app.errors import AppError
from app.runtime.clock import utc_ms
from app.usecases.context import Context
from app.usecases.request_key import RequestKey
from app.usecases.scope import Reload, Scope
from app.usecases.trouble import Trouble
from app.usecases.way_state import IdentityDesk, IdentityField, LoadPhase
from app.usecases.wishes import AskFaceCheck, CheckIdentity

REPEATS = 3
REPEAT_S = 2.0
PAST_MIDNIGHT_S = 1.0
"""The service's clock may be behind ours by what its answer took."""
_LOST = frozenset({"platform_timeout", "platform_unreachable"})
_OF_NUMBER = frozenset({"identity_underage", "identity_taken", "identity_mismatch", "identity_unchanged"})


class IdentityCase:
    """``on_step`` runs when the service has taken something."""

    def __init__(self, context: Context, scope: Scope, on_step: Callable[[], None]) -> None:
        self._context, self._scope, self._on_step = context, scope, on_step
        self.reload = Reload(scope, self._load, "identity")
        self._load_trouble: Trouble | None = None
        """Goes with the next load that does not fail; any other stays until what it is about is tried again."""
        self._name_key, self._face_key = RequestKey(), RequestKey()
        self._midnight: asyncio.Task[None] | None = None
        self._answers = 0
        """Grows with what the service did for the person: a load that was asked for before may not know of it."""

    def clear(self) -> None:
        self._name_key, self._face_key = RequestKey(), RequestKey()
        self._load_trouble = None
        self._context.change(identity=IdentityDesk())

    def again(self) -> None:
        """What was under way when the way to the service was lost can be wished anew."""
        if self._desk.is_checking or self._desk.is_asking:
            self._set(is_checking=False, is_asking=False)

    @property
    def _desk(self) -> IdentityDesk:
        return self._context.state.identity

    async def _load(self) -> None:
        platform = self._scope.platform
        if platform is None:
            return
        if self._desk.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        answers = self._answers
        try:
            identity, face = await asyncio.gather(platform.identity(), platform.face_check())
        except AppError as error:
            failure = self._scope.failure(error, is_shown=self._desk.identity is not None)
            if failure is not None:
                self._load_trouble = failure["trouble"]
                self._set(**failure)
            return
        if answers != self._answers:
            self.reload.ask()
            return
        if self._desk.trouble is self._load_trouble:
            self._set(trouble=None)
        now = self._context.server_clock.now()
        self._set(phase=LoadPhase.READY, identity=identity, face=face, now=now)
        self._follow_day(utc_ms(now))

    def _follow_day(self, now_ms: int) -> None:
        """On the next day (Asia/Shanghai) there are other ages and tries."""
        if self._midnight is not None:
            self._midnight.cancel()
        left_s = (next_midnight_ms(now_ms) - now_ms) / 1000 + PAST_MIDNIGHT_S
        self._midnight = self._scope.spawn(self._load_later(left_s), "identity-midnight")

    async def _load_later(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self.reload.ask()

    # ---- name and number -------------------------------------------------------------------------

    def check(self, wish: CheckIdentity) -> None:
        if not self._desk.is_checking:
            self._set(is_checking=True, faults={}, trouble=None)
            self._scope.spawn(self._check(wish), "identity-check")

    async def _check(self, wish: CheckIdentity) -> None:
        platform = self._scope.platform
        if platform is None:
            self._set(is_checking=False)
            return
        key = self._name_key.of(f"{wish.name}\0{wish.number}")
        for attempt in range(1, REPEATS + 1):
            try:
                identity = await platform.check_identity(wish.name, wish.number, key)
                break
            except AppError as error:
                if error.code in _LOST and attempt < REPEATS:
                    await asyncio.sleep(REPEAT_S)
                    continue
                if error.code not in _LOST:
                    self._name_key.forget()
                self._refused(error)
                return
        self._name_key.forget()
        self._answers += 1
        self._set(is_checking=False, identity=identity, checked_number=self._desk.checked_number + 1)
        self.reload.ask()
        self._on_step()

    def _refused(self, error: AppError) -> None:
        """Beside the field that it is about; else above all."""
        trouble = self._context.trouble(error)
        if trouble is None:
            return
        field, reason = str(error.detail.get("field", "")), str(error.detail.get("reason", ""))
        if error.code == "identity_invalid" and field in set(IdentityField):
            self._set(is_checking=False, faults={IdentityField(field): f"identity.fault.{reason}"})
        elif error.code in _OF_NUMBER:
            self._set(is_checking=False, faults={IdentityField.NUMBER: f"error.{error.code}"})
        else:
            self._set(is_checking=False, trouble=trouble)
        if error.code not in _LOST:
            self.reload.ask()  # a try may be spent, or the name was given from another device

    # ---- face ------------------------------------------------------------------------------------

    def ask_face(self, wish: AskFaceCheck) -> None:
        if not self._desk.is_asking:
            self._set(is_asking=True, trouble=None)
            self._scope.spawn(self._ask_face(wish), "face-ask")

    async def _ask_face(self, wish: AskFaceCheck) -> None:
        platform = self._scope.platform
        if platform is None:
            self._set(is_asking=False)
            return
        key = self._face_key.of(f"{wish.method.value} {wish.wished_at}")
        try:
            face = await platform.ask_face_check(wish.method, wish.wished_at, key)
        except AppError as error:
            self._face_refused(error)
            return
        self._face_key.forget()
        self._answers += 1
        self._set(is_asking=False, face=face)
        self._on_step()

    def cancel_face(self) -> None:
        if not self._desk.is_asking:
            self._set(is_asking=True, trouble=None)
            self._scope.spawn(self._cancel_face(), "face-cancel")

    async def _cancel_face(self) -> None:
        platform = self._scope.platform
        if platform is None:
            self._set(is_asking=False)
            return
        try:
            face = await platform.cancel_face_check()
        except AppError as error:
            self._face_refused(error)
            return
        self._answers += 1
        self._set(is_asking=False, face=face)
        self._on_step()

    def _face_refused(self, error: AppError) -> None:
        trouble = self._context.trouble(error)
        if trouble is None:
            return
        self._set(is_asking=False, trouble=trouble)
        if error.code not in _LOST:
            self._face_key.forget()
            self.reload.ask()  # it stands otherwise than was shown, or the time is over

    def _set(self, **fields: object) -> None:
        self._context.change(identity=replace(self._desk, **fields))  # type: ignore[arg-type]
