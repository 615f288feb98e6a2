"""The face check by camera on the wire, and whether a challenge is signed as it says. Owned by the I/O loop."""

from __future__ import annotations

import base64
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.client.api import parsed
from app.client.caller import Caller
from app.contract.liveness import (
    LivenessAbort,
    LivenessBegin,
    LivenessOrder,
    LivenessProgress,
    LivenessReceived,
    LivenessSession,
    LivenessStanding,
    LivenessUpload,
    terms_of,
)
from app.domain.liveness import Abort, LivenessPath
from app.errors import PlatformError

PART_TYPE = "application/octet-stream"
_ME = "/me/liveness"


class LivenessCalls(Caller):
    """See ports.liveness."""

    async def liveness(self) -> LivenessStanding:
        return parsed(LivenessStanding, await self._signed("GET", _ME))

    async def begin_liveness(self, path: LivenessPath, idempotency_key: str) -> LivenessSession:
        wish = LivenessBegin(path=path)
        session = parsed(LivenessSession, await self._signed("POST", _ME, body=wish, idempotency_key=idempotency_key))
        check_challenge(session, path)
        return session

    async def liveness_progress(
        self, session_id: str, number: int, link: bytes, units: int, at_us: int, public_key: bytes = b""
    ) -> LivenessOrder:
        said = LivenessProgress(
            number=number, public_key=base64.b64encode(public_key) if public_key else None, link=link.hex(),
            units=units, at_us=at_us,
        )  # fmt: skip
        return parsed(LivenessOrder, await self._signed("POST", f"{_one(session_id)}/progress", body=said))

    async def abort_liveness(self, session_id: str, reason: Abort) -> None:
        await self._signed("POST", f"{_one(session_id)}/abort", body=LivenessAbort(reason=reason))

    async def announce_liveness(self, session_id: str, size_bytes: int, sha256: bytes) -> LivenessReceived:
        wish = LivenessUpload(size_bytes=size_bytes, sha256=sha256.hex())
        return parsed(LivenessReceived, await self._signed("POST", f"{_one(session_id)}/upload", body=wish))

    async def send_liveness(self, session_id: str, offset: int, part: bytes) -> LivenessReceived:
        path = f"{_one(session_id)}/parts?offset={offset}"
        return parsed(LivenessReceived, await self._signed("POST", path, file=(part, PART_TYPE)))


def check_challenge(session: LivenessSession, path: LivenessPath) -> None:
    """Raises PlatformError ``liveness_challenge_invalid``."""
    challenge = session.challenge
    try:
        key = Ed25519PublicKey.from_public_bytes(challenge.signing_key)
        key.verify(challenge.signature, challenge.document)
        terms = terms_of(challenge)
        if (terms.session_id, terms.path, session.path) != (session.id, path, path):
            raise ValueError("of another session")
    except (InvalidSignature, ValueError) as cause:
        # pydantic's errors are ValueErrors as well.
        raise PlatformError("liveness_challenge_invalid", retryable=False) from cause


def _one(session_id: str) -> str:
    return f"{_ME}/{quote(session_id, safe='')}"
