"""What the client's tests share: a real service, a program that was just started, secrets that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.client.platform import HttpPlatform
from app.client.tokens import Wallets
from app.contract import events
from app.errors import StorageError
from app.runtime.clock import SystemClock
from server.config import ServiceConfig
from server.demo_data import ANCHOR_PHONE
from tests.contract.server.kit import FakeIngest, LiveService, code_of, config_for


class Memory:
    """Secrets that are kept for a test; ``is_full`` refuses to keep more, ``is_locked`` to tell."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.is_full = self.is_locked = False

    def get(self, name: str) -> str | None:
        if self.is_locked:
            raise StorageError("secrets_unreadable", retryable=True)
        return self.kept.get(name)

    def set(self, name: str, value: str) -> None:
        if self.is_full:
            raise StorageError("storage_failed", detail={"reason": "No space left on device"})
        self.kept[name] = value

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


@dataclass
class Rig:
    """A running service, and what the followed room said."""

    config: ServiceConfig
    service: LiveService
    secrets: Memory = field(default_factory=Memory)
    heard: list[events.Envelope] = field(default_factory=list)
    links: list[bool] = field(default_factory=list)

    def platform(self) -> HttpPlatform:
        """As in a program that was just started: what it knows is in ``secrets``."""
        clock = SystemClock()
        return HttpPlatform(self.service.url, "", Wallets(self.secrets, clock), clock)

    async def signed_in(self, platform: HttpPlatform | None = None, phone: str = ANCHOR_PHONE) -> HttpPlatform:
        platform = platform or self.platform()
        await platform.ask_code(phone)
        code = await asyncio.to_thread(code_of, self.service.client, phone)
        await platform.sign_in(phone, code, "PC", "")
        return platform

    def texts(self) -> list[str]:
        """Of the messages that were told, by their sequence number."""
        told = {one.seq: one.d["text"] for one in self.heard if one.t == "chat.posted"}
        assert len(told) == sum(one.t == "chat.posted" for one in self.heard), "a message was told twice"
        return [told[seq] for seq in sorted(told)]


def play(folder: Path, scene: Callable[[Rig], Awaitable[None]], **changes: object) -> None:
    """Run a scene against a service of its own."""
    config = config_for(folder, is_demo=True, **changes)
    rig = Rig(config, LiveService(config, SystemClock(), FakeIngest()).start())
    try:
        asyncio.run(scene(rig))
    finally:
        rig.service.stop()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)
