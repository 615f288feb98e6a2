"""The desk between fakes, and how a scene is played. No thread, no wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.contract import events
from app.contract.inbox import PERSONAL_ROOM
from app.contract.rest import Category
from app.ports import engine as port
from app.runtime.clock import Clock, ManualClock
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.context import Context
from app.usecases.desk import Desk
from app.usecases.state import AccountPhase, BroadcastPhase
from tests.unit.app.fakes import NOW, FakeDrafts, FakeEngine, FakePlatform, FakeSettings, FakeSupervision


@dataclass
class Rig:
    settings: FakeSettings = field(default_factory=FakeSettings)
    engine: FakeEngine = field(default_factory=FakeEngine)
    supervision: FakeSupervision = field(default_factory=FakeSupervision)
    platform: FakePlatform = field(default_factory=FakePlatform)
    clock: Clock = field(default_factory=ManualClock)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    is_restart: bool = False

    def start(self) -> Desk:
        context = Context(
            self.settings, self.engine, self.supervision, lambda *_, **__: self.platform, self.clock, self.drafts,  # type: ignore[arg-type]
            at_once,
        )  # fmt: skip
        self.desk = Desk(context, lambda call: call(), is_restart=self.is_restart, on_raise=lambda: None)
        self.desk.start()
        return self.desk

    async def do(self, *wishes: w.Wish) -> None:
        for wish in wishes:
            self.desk.wish(wish)
            await settle()

    async def signed_in(self) -> None:
        if not self.settings.kept.platform_url:
            self.settings.kept = Settings(
                platform_url="http://127.0.0.1:1", video=port.DemoSource(), audio=port.DemoSound()
            )
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

    async def changed(self, concern: str) -> None:
        """The person's own room says that something of theirs has changed."""
        assert self.platform.personal is not None
        body = events.MeChanged(what=concern)
        self.platform.personal.on_event(events.envelope(body, "me.changed", room=PERSONAL_ROOM))
        await settle()

    def fact(self, body: object, kind: str, seq: int = 0) -> None:
        assert self.platform.room is not None
        self.platform.room.on_event(events.envelope(body, kind, seq=seq))  # type: ignore[arg-type]


async def at_once(call: Callable[..., Any], *given: Any) -> Any:
    """What a worker would do."""
    return call(*given)


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


async def pass_s(seconds: float) -> None:
    """Let so much time pass; in a timed scene at once."""
    await asyncio.sleep(seconds)
    await settle()


class TimedLoop(asyncio.SelectorEventLoop):
    """Time passes when nothing else is to be done: what waits for an hour is done in a moment."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 1000.0
        selector: Any = self._selector  # type: ignore[attr-defined]
        look = selector.select

        def select(timeout_s: float | None) -> Any:
            assert timeout_s is not None, "all wait for something that will not come"
            found = look(0)
            self._now_s += 0.0 if found else timeout_s
            return found

        selector.select = select

    def time(self) -> float:
        return self._now_s


class LoopClock:
    """The time of the loop that runs."""

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime:
        return NOW + timedelta(seconds=self.monotonic_s())

    def wait(self, event: threading.Event, timeout_s: float) -> bool:
        raise AssertionError(f"the loop must not wait {timeout_s} s for {event}")


def play_timed(scene: Callable[[Rig], Awaitable[None]], rig: Rig | None = None) -> None:
    """As ``play``, in a loop whose time passes at once."""
    with asyncio.Runner(loop_factory=TimedLoop) as runner:
        runner.run(_whole(scene, rig or Rig(clock=LoopClock())))


def play(scene: Callable[[Rig], Awaitable[None]], rig: Rig | None = None) -> None:
    """Run a scene in a loop of its own, and leave no task behind."""

    asyncio.run(_whole(scene, rig or Rig()))


async def _whole(scene: Callable[[Rig], Awaitable[None]], rig: Rig) -> None:
    await scene(rig)
    await kill()


async def kill() -> None:
    """End all that runs, as when the process is killed."""
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
