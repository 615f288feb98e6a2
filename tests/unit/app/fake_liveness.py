"""The face check by camera at a fake platform, by the rules of the wire. Part of ``FakePlatform``."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contract.liveness import (
    Challenge,
    LivenessOrder,
    LivenessReceived,
    LivenessSession,
    LivenessStanding,
)
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, OrderKind
from app.errors import PlatformError

EXPIRES = datetime(2026, 1, 1, 0, 3, tzinfo=UTC)
COLOURS = [(40, 90, 255), (40, 220, 90)] * 4
ORDERS = (
    {"kind": OrderKind.ACTION, "action": Action.TURN_LEFT},
    {"kind": OrderKind.ACTION, "action": Action.BLINK},
    {"kind": OrderKind.FLASH, "colours": COLOURS},
    {"kind": OrderKind.SEAL},
)


def refused(code: str, **detail: object) -> PlatformError:
    return PlatformError(code, retryable=False, detail=detail)


class FakeLiveness(ABC):
    """``orders``: what is asked for, in turn. ``cut_at``: after so many bytes the way breaks, once."""

    def __init__(self) -> None:
        self.orders: tuple[dict[str, Any], ...] = ORDERS
        self.livenesses: dict[str, LivenessSession] = {}
        """By idempotency key."""
        self.liveness_said: list[tuple[int, bytes, int, int]] = []
        self.liveness_aborts: list[tuple[str, Abort]] = []
        self.liveness_now = LivenessStanding(left_today=10)
        self.announced: tuple[int, bytes] | None = None
        self.package = bytearray()
        self.cut_at: list[int] = []
        self.receipts = 0

    @abstractmethod
    def _check(self, name: str) -> None: ...

    @abstractmethod
    async def _held(self, name: str) -> None: ...

    def judge(self, state: LivenessState, **fields: Any) -> None:
        """The service has looked."""
        self.liveness_now = self.liveness_now.model_copy(update={"state": state, **fields})

    async def liveness(self) -> LivenessStanding:
        self._check("liveness")
        found = self.liveness_now
        await self._held("liveness")
        return found

    async def begin_liveness(self, path: LivenessPath, idempotency_key: str) -> LivenessSession:
        self._check("begin_liveness")
        if idempotency_key not in self.livenesses:
            number = len(self.livenesses) + 1
            session = LivenessSession(
                id=f"l{number}", path=path, challenge=challenge_of(f"l{number}", path), expires_at=EXPIRES
            )
            self.livenesses[idempotency_key] = session
            self.liveness_said, self.announced, self.package = [], None, bytearray()
            self.liveness_now = LivenessStanding(
                session_id=session.id, path=path, state=LivenessState.ISSUED, left_today=10 - number
            )
        await self._held("begin_liveness")
        return self.livenesses[idempotency_key]

    async def liveness_progress(
        self, session_id: str, number: int, link: bytes, units: int, at_us: int, public_key: bytes = b""
    ) -> LivenessOrder:
        self._check("liveness_progress")
        self._open(session_id, LivenessState.ISSUED)
        said = (number, link, units, at_us)
        if said not in self.liveness_said:
            if number != len(self.liveness_said) or (number == 0) != (len(public_key) == 32):
                raise refused("state_conflict")
            self.liveness_said.append(said)
        await self._held("liveness_progress")
        return LivenessOrder(number=number, **self.orders[number])

    async def abort_liveness(self, session_id: str, reason: Abort) -> None:
        self._check("abort_liveness")
        if self.liveness_now.session_id != session_id or not self.liveness_now.state:
            raise refused("not_found")
        self.liveness_aborts.append((session_id, reason))
        self.judge(LivenessState.ABORTED, aborted=reason)
        await self._held("abort_liveness")

    async def announce_liveness(self, session_id: str, size_bytes: int, sha256: bytes) -> LivenessReceived:
        self._check("announce_liveness")
        self._open(session_id, LivenessState.ISSUED, LivenessState.UPLOADING, LivenessState.JUDGING)
        if self.announced not in (None, (size_bytes, sha256)):
            raise refused("state_conflict")
        if self.announced is None:
            self.announced = (size_bytes, sha256)
            self.judge(LivenessState.UPLOADING)
        await self._held("announce_liveness")
        return self._received()

    async def send_liveness(self, session_id: str, offset: int, part: bytes) -> LivenessReceived:
        self._check("send_liveness")
        self._open(session_id, LivenessState.UPLOADING)
        assert self.announced is not None
        if offset != len(self.package):
            raise refused("state_conflict", received_bytes=len(self.package))
        if self.cut_at and offset <= self.cut_at[0] < offset + len(part):
            # A part counts whole or not at all; of this one the service kept a beginning.
            self.package += part[: self.cut_at.pop(0) - offset]
            raise PlatformError("platform_unreachable")
        self.package += part
        size_bytes, sha256 = self.announced
        if len(self.package) == size_bytes:
            if hashlib.sha256(self.package).digest() != sha256:
                self.package.clear()
                raise refused("package_damaged")
            self.receipts += 1
            self.judge(LivenessState.JUDGING)
        await self._held("send_liveness")
        return self._received()

    def _received(self) -> LivenessReceived:
        assert self.announced is not None
        size_bytes, _ = self.announced
        receipt = "r1" if len(self.package) == size_bytes else ""
        return LivenessReceived(received_bytes=len(self.package), size_bytes=size_bytes, receipt=receipt)

    def _open(self, session_id: str, *states: LivenessState) -> None:
        now = self.liveness_now
        if now.session_id != session_id:
            raise refused("not_found")
        if now.state is LivenessState.EXPIRED:
            raise refused("liveness_expired")
        if now.state not in states:
            raise refused("state_conflict")


def challenge_of(session_id: str, path: LivenessPath, changes: dict[str, Any] | None = None) -> Challenge:
    """Not signed: that is the adapter's to check."""
    terms = {
        "session_id": session_id, "nonce": b"n" * 32, "issued_ms": 0, "expires_s": 180, "path": path, "actions": 2,
        "min_fps": 15.0, "min_size_px": 480, "policy_version": "v", "seal_key_id": "k", "seal_key": b"s" * 32,
    } | (changes or {})  # fmt: skip
    document, signature = msgspec.json.encode(terms), b"x" * 64
    return Challenge(document=b64encode(document), signature=b64encode(signature), signing_key=b64encode(b"y" * 32))
