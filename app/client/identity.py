"""Real name and face check on the wire. Owned by the I/O loop."""

from __future__ import annotations

from datetime import datetime

from app.client.api import parsed
from app.client.caller import Caller
from app.contract.identity import FaceAsk, FaceCheck, Identity, IdentitySubmit
from app.domain.face_check import FaceMethod
from app.errors import PlatformError


class IdentityCalls(Caller):
    """See ports.identity."""

    async def identity(self) -> Identity:
        return parsed(Identity, await self._signed("GET", "/me/identity"))

    async def check_identity(self, name: str, number: str, idempotency_key: str) -> Identity:
        wish = IdentitySubmit(name=name, number=number)
        reply = await self._signed("POST", "/me/identity", body=wish, idempotency_key=idempotency_key)
        return parsed(Identity, reply)

    async def face_check(self) -> FaceCheck | None:
        try:
            return parsed(FaceCheck, await self._signed("GET", "/me/face-check"))
        except PlatformError as problem:
            if problem.code == "not_found":
                return None
            raise

    async def ask_face_check(self, method: FaceMethod, wished_at: datetime | None, idempotency_key: str) -> FaceCheck:
        wish = FaceAsk(method=method, wished_at=wished_at)
        reply = await self._signed("POST", "/me/face-check", body=wish, idempotency_key=idempotency_key)
        return parsed(FaceCheck, reply)

    async def cancel_face_check(self) -> FaceCheck:
        return parsed(FaceCheck, await self._signed("POST", "/me/face-check/cancel"))
