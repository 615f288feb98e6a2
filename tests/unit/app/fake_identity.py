"""Name and face of a fake platform, by the rules of the wire. Part of ``FakeWay``, which holds what it knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Protocol

from app.contract.identity import FaceCheck, FaceStep, Identity
from app.domain.face_check import FaceMethod, FaceStanding, FaceState
from app.domain.identity_number import masked_name, masked_number
from app.errors import PlatformError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Known(Protocol):
    """Of one person."""

    identity: Identity
    face: FaceCheck | None
    answered: dict[str, str]


class FakeIdentity(ABC):
    """``mine`` is what the service knows of the person who is signed in."""

    @property
    @abstractmethod
    def mine(self) -> Known: ...

    @abstractmethod
    def _check(self, name: str) -> None: ...

    @abstractmethod
    async def _held(self, name: str) -> None: ...

    def face_standing(self) -> FaceStanding:
        face = self.mine.face
        if face is None or face.state is FaceState.CANCELLED:
            return FaceStanding.MISSING
        return FaceStanding.PENDING if face.state.is_pending else FaceStanding(face.state.value)

    def face_step(self, state: FaceState, comment: str = "") -> FaceCheck:
        """Somebody brings the newest face check to ``state``."""
        before = self.mine.face
        assert before is not None
        history = [*before.history, FaceStep(state=state, at=NOW, comment=comment)]
        self.mine.face = before.model_copy(update={"state": state, "comment": comment, "history": history})
        return self.mine.face

    async def identity(self) -> Identity:
        self._check("identity")
        return self.mine.identity

    async def check_identity(self, name: str, number: str, idempotency_key: str) -> Identity:
        self._check("check_identity")
        if idempotency_key not in self.mine.answered:
            before = self.mine.identity
            if before.attempts_left == 0:
                raise PlatformError("identity_attempts_over", retryable=False)
            self.mine.answered[idempotency_key] = "identity"
            self.mine.identity = before.model_copy(
                update={
                    "name_masked": masked_name(name), "number_masked": masked_number(number), "checked_at": NOW,
                    "authority": "local", "attempts_left": before.attempts_left - 1,
                    "corrections": before.corrections + (before.checked_at is not None),
                }
            )  # fmt: skip
            if self.mine.face is not None and self.mine.face.state is FaceState.VERIFIED:
                self.face_step(FaceState.VOIDED)
        await self._held("check_identity")
        return self.mine.identity

    async def face_check(self) -> FaceCheck | None:
        self._check("face_check")
        return self.mine.face

    async def ask_face_check(self, method: FaceMethod, wished_at: datetime | None, idempotency_key: str) -> FaceCheck:
        self._check("ask_face_check")
        if idempotency_key not in self.mine.answered:
            if self.mine.face is not None and self.mine.face.state.is_pending:
                raise PlatformError("face_check_open", retryable=False)
            self.mine.answered[idempotency_key] = "face"
            first = FaceStep(state=FaceState.REQUESTED, at=NOW)
            self.mine.face = FaceCheck(
                id="f1", state=FaceState.REQUESTED, method=method, wished_at=wished_at, history=[first]
            )
        await self._held("ask_face_check")
        assert self.mine.face is not None
        return self.mine.face

    async def cancel_face_check(self) -> FaceCheck:
        self._check("cancel_face_check")
        if self.mine.face is None:
            raise PlatformError("not_found", retryable=False)
        if not self.mine.face.state.may_be_cancelled:
            raise PlatformError("state_conflict", retryable=False)
        return self.face_step(FaceState.CANCELLED)
