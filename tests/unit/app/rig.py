"""The desk between fakes, and how a scene is played. No thread, no wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.contract import events
from app.contract.rest import Category
from app.ports import engine as port
from app.runtime.clock import ManualClock
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.context import Context
from app.usecases.desk import Desk
from app.usecases.state import AccountPhase, BroadcastPhase
from tests.unit.app.fakes import FakeEngine, FakePlatform, FakeSettings, FakeSupervision


@dataclass
class Rig:
    settings: FakeSettings = field(default_factory=FakeSettings)
    engine: FakeEngine = field(default_factory=FakeEngine)
    supervision: FakeSupervision = field(default_factory=FakeSupervision)
    platform: FakePlatform = field(default_factory=FakePlatform)
    clock: ManualClock = field(default_factory=ManualClock)
    is_restart: bool = False

    def start(self) -> Desk:
        context = Context(self.settings, self.engine, self.supervision, lambda *_, **__: self.platform, self.clock)  # type: ignore[arg-type]
        self.desk = Desk(context, lambda call: call(), is_restart=self.is_restart, on_raise=lambda: None)
        self.desk.start()
        return self.desk

    async def do(self, *wishes: w.Wish) -> None:
        for wish in wishes:
            self.desk.wish(wish)
            await settle()

    async def signed_in(self) -> None:
        self.settings.kept = Settings(platform_url="http://127.0.0.1:1")
        self.start()
        self.engine.attach()
        await settle()
        await self.do(w.AskCode("138 0013 8000"), w.SignIn("13800138000", "246810"))
        assert self.desk.state.account.phase is AccountPhase.SIGNED_IN

    async def on_air(self) -> None:
        await self.signed_in()
        await self.do(w.GoLive("写好简历", Category.JOB_SEARCH))
        for is_video in (True, False):
            self.engine.on_event(port.SourceChanged(is_video=is_video, status=port.SourceStatus.LIVE))
        self.engine.publish(port.PublishStatus.ON_AIR)
        assert self.desk.state.broadcast.phase is BroadcastPhase.ON_AIR

    def fact(self, body: object, kind: str, seq: int = 0) -> None:
        assert self.platform.room is not None
        self.platform.room.on_event(events.envelope(body, kind, seq=seq))  # type: ignore[arg-type]


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def play(scene: Callable[[Rig], Awaitable[None]], rig: Rig | None = None) -> None:
    """Run a scene in a loop of its own, and leave no task behind."""

    async def whole() -> None:
        await scene(rig or Rig())
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    asyncio.run(whole())
