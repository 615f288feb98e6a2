"""Real name and face check as the platform tells them. Part of ``Platform``; coroutines as in ports.platform."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.contract.identity import FaceCheck, Identity
from app.domain.face_check import FaceMethod


class IdentityDeskPort(Protocol):
    """Who a person is, and that it is them."""

    async def identity(self) -> Identity:
        """What is known of my name, masked."""

    async def check_identity(self, name: str, number: str, idempotency_key: str) -> Identity:
        """A repeat with the same key gives the same answer and costs no try."""

    async def face_check(self) -> FaceCheck | None:
        """My newest one; None when there never was one."""

    async def ask_face_check(self, method: FaceMethod, wished_at: datetime | None, idempotency_key: str) -> FaceCheck:
        """A repeat with the same key gives the same check."""

    async def cancel_face_check(self) -> FaceCheck: ...
