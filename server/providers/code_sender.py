"""Sends sign-in codes. Used on the event loop; chosen by the composition root."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from app.contract.errors import ErrorCode
from app.contract.rest import DemoCode
from app.runtime.clock import Clock
from server.errors import Refusal
from server.secrets import masked_phone

MAX_HELD = 200
log = structlog.get_logger("codes")


class CodeSender(Protocol):
    is_shown_in_window: bool
    """True when no text message is sent and the window of this machine shows the code."""

    async def send(self, phone: str, code: str, expires_in_s: int) -> None:
        """Raises Refusal when it cannot be sent."""


@dataclass(frozen=True, slots=True)
class _Held:
    phone: str = field(repr=False)
    code: str = field(repr=False)
    expires_at_s: float


class DemoCodeSender:
    """Marked as for this machine: keeps the codes in memory for whoever holds the local token."""

    is_shown_in_window = True

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def send(self, phone: str, code: str, expires_in_s: int) -> None:
        self._held.pop(phone, None)
        self._held[phone] = _Held(phone, code, self._clock.monotonic_s() + expires_in_s)
        if len(self._held) > MAX_HELD:
            self._held.popitem(last=False)

    def codes(self) -> list[DemoCode]:
        """Those that are still good, the newest first."""
        now_s = self._clock.monotonic_s()
        return [
            DemoCode(
                phone_masked=masked_phone(held.phone),
                phone=held.phone,
                code=held.code,
                expires_in_s=int(held.expires_at_s - now_s),
            )
            for held in reversed(self._held.values())
            if held.expires_at_s > now_s
        ]

    def forget(self, phone: str) -> None:
        """The code was used."""
        self._held.pop(phone, None)


class MissingCodeSender:
    """No provider is set: nobody can sign in by phone, and the log says why."""

    is_shown_in_window = False

    async def send(self, phone: str, code: str, expires_in_s: int) -> None:
        log.error("code_sender_missing")
        raise Refusal(ErrorCode.INTERNAL)
