"""A face check at a running service, by its REST contract: begin, messages, upload in parts, and the decision."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec

from app.contract.liveness import (
    PART_BYTES,
    LivenessBegin,
    LivenessOrder,
    LivenessProgress,
    LivenessReceived,
    LivenessSession,
    LivenessStanding,
    LivenessUpload,
)  # fmt: skip
from app.contract.rest import API_PREFIX
from app.domain.liveness import LivenessPath
from app.liveness.package import Challenge, Said
from app.liveness.verdict import Ordered

_WAIT_S = 180.0
_POLL_S = 0.5


class RefusedError(Exception):
    """The service said no; the text is its code."""


@dataclass(frozen=True, slots=True)
class Decision:
    """In the service's words; ``retry`` empty unless it asks for it once more."""

    state: str
    retry: str = ""


class Service:
    """One signed-in person at one service. A context."""

    def __init__(self, url: str, token: str, transport: httpx2.BaseTransport | None = None) -> None:
        """``transport``: instead of the network."""
        self._client = httpx2.Client(
            base_url=url.rstrip("/") + API_PREFIX, headers={"Authorization": f"Bearer {token}"}, timeout=30,
            trust_env=False, transport=transport,
        )  # fmt: skip
        self.session_id = ""

    def close(self) -> None:
        self._client.close()

    def begin(self, path: LivenessPath = LivenessPath.FULL) -> Challenge:
        """Raises RefusedError."""
        wish = LivenessBegin(path=path).model_dump(mode="json")
        answer = self._post("/me/liveness", wish, {"Idempotency-Key": secrets.token_hex(16)})
        session = LivenessSession.model_validate(answer)
        self.session_id = session.id
        return msgspec.json.decode(session.challenge.document, type=Challenge)

    def ask(self, said: Said, public_key: bytes) -> Ordered:
        """The next order. Raises RefusedError."""
        body: dict[str, Any] = {
            "number": said.number, "link": said.link.hex(), "units": said.units, "at_us": said.at_us,
            "public_key": _base64(public_key) if public_key else None,
        }  # fmt: skip
        LivenessProgress.model_validate(body)
        order = LivenessOrder.model_validate(self._post(f"/me/liveness/{self.session_id}/progress", body))
        return Ordered(order.kind, 0.0, order.action, tuple(order.colours))

    def send(self, content: bytes) -> str:
        """All of it. Returns the receipt; raises RefusedError."""
        wish = LivenessUpload(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        path = f"/me/liveness/{self.session_id}"
        received = LivenessReceived.model_validate(self._post(f"{path}/upload", wish.model_dump(mode="json")))
        while received.received_bytes < len(content):
            offset = received.received_bytes
            reply = self._client.post(
                f"{path}/parts", params={"offset": offset}, content=content[offset : offset + PART_BYTES],
                headers={"Content-Type": "application/octet-stream"},
            )  # fmt: skip
            received = LivenessReceived.model_validate(_answer(reply))
        return received.receipt

    def decision(self) -> Decision:
        """Waits for it. Raises TimeoutError."""
        until_s = time.monotonic() + _WAIT_S
        while time.monotonic() < until_s:
            standing = LivenessStanding.model_validate(_answer(self._client.get("/me/liveness")))
            if standing.session_id == self.session_id and standing.state is not None and not standing.state.is_open:
                return Decision(standing.state.value, standing.retry.value if standing.retry is not None else "")
            time.sleep(_POLL_S)
        raise TimeoutError("the service does not decide")

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        return _answer(self._client.post(path, json=body, headers=headers or {}))


def _answer(reply: httpx2.Response) -> Any:
    if reply.is_error:
        raise RefusedError(f"{reply.status_code} {reply.text[:200]}")
    return reply.json() if reply.content else {}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
