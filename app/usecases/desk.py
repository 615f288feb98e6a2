"""The whole program without a screen: takes wishes from any thread, gives a new state whenever something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from app.contract import events
from app.errors import AppError
from app.ports.engine import AnyEvent, CameraSettings, Detach
from app.ports.supervision import (
    ChildChanged,
    CloseWindow,
    PlatformFailed,
    PlatformStarted,
    Quit,
    RaiseWindow,
    StartEngine,
    SupervisorEvent,
)
from app.usecases import wishes as w
from app.usecases.broadcast import BUSY, BroadcastCase
from app.usecases.context import Context, trouble_of
from app.usecases.health import HealthCase
from app.usecases.moderation import ModerationCase
from app.usecases.platform import PlatformCase
from app.usecases.preflight import PreflightCase
from app.usecases.questions import QuestionsCase
from app.usecases.room import RoomCase
from app.usecases.room_wishes import SendChat
from app.usecases.sign_in import SignInCase
from app.usecases.sources import SourcesCase
from app.usecases.state import BroadcastPhase, DeskState, Notice, Trouble
from app.usecases.way import WayCase

TICK_S = 1.0
NOTICE_S = 12.0
"""What only informs goes by itself after so long."""
KEEP_S = 120.0
"""A broadcast whose window was closed on purpose goes on for so long …"""
FAREWELL_S = 20.0
"""… and this is what the engine needs for its slate and its goodbye."""
Post = Callable[[Callable[[], object]], None]


class Desk:
    """``post`` runs a call in the I/O loop. ``on_raise`` is called there when the window shall come to the front."""

    def __init__(self, context: Context, post: Post, *, is_restart: bool, on_raise: Callable[[], None]) -> None:
        self._context, self._post, self._on_raise = context, post, on_raise
        self._moderation = ModerationCase(context)
        self._questions = QuestionsCase(context)
        self._room = RoomCase(context, self._on_fact, self._moderation, self._questions)
        self._broadcast = BroadcastCase(context, self._room.follow, self._room.leave, self._record)
        self._sign_in = SignInCase(context, self._on_signed_in, self._on_signed_out)
        self._way = WayCase(context, self._sign_in.refresh_account, self._broadcast.tell_reason)
        self._platform = PlatformCase(context, self._on_platform, self._way.dropped, lambda: self._broadcast.is_busy)
        self._health = HealthCase(context)
        self._preflight = PreflightCase(context, self._change_settings, self._set_camera)
        self._sources = SourcesCase(
            context,
            lambda: (*self._preflight.commands(), *self._questions.commands()),
            self._broadcast.on_publish,
            self._broadcast.on_snapshot,
            self._broadcast.on_fresh_engine,
            self._health.judge,
            is_restart=is_restart,
        )

    @property
    def state(self) -> DeskState:
        """The newest state. Any thread."""
        return self._context.state

    def subscribe(self, callback: Callable[[DeskState], None]) -> Callable[[], None]:
        """``callback`` gets each new state in the I/O thread; the returned call ends it."""
        return self._context.subscribe(callback)

    def wish(self, wish: w.Wish) -> None:
        """Take a wish; returns at once. Any thread."""
        self._post(lambda: self._take(wish))

    def start(self) -> None:
        """In the I/O loop: go to engine, supervisor and platform."""
        self._context.engine.start(self._on_engine, self._on_engine_link)
        self._context.supervision.start(self._on_supervisor)
        self._platform.start()
        self._context.spawn(self._sign_in.watch_codes(), "demo-codes")
        self._context.spawn(self._tick(), "tick")

    async def close(self) -> None:
        """In the I/O loop: leave everything in order; a broadcast that runs goes on in the engine."""
        await self._way.close()
        await self._room.close()
        await self._context.engine.close()
        await self._context.supervision.close()
        if self._context.platform is not None:
            await self._context.platform.close()

    # ---- wishes ----------------------------------------------------------------------------------

    def _take(self, wish: w.Wish) -> None:
        work = self._work(wish)
        if work is not None:
            self._context.spawn(work, type(wish).__name__)

    def _work(self, wish: w.Wish) -> Coroutine[Any, Any, None] | None:
        match wish:
            case w.ConnectPlatform():
                self._platform.connect(wish)
            case w.TryHere():
                self._platform.try_here(wish)
            case w.ForgetPlatform():
                self._platform.forget()
            case w.DismissOperatorPassword():
                self._platform.dismiss_password()
            case w.AskCode():
                return self._sign_in.ask_code(wish)
            case w.SignIn():
                return self._sign_in.sign_in(wish)
            case w.SignOut():
                return self._leave_account()
            case w.DeclineDocument():
                if not self._broadcast.is_busy:
                    return self._leave_account()
                self._way.decline_refused()
            case w.RefreshDevices():
                return self._sign_in.refresh_devices()
            case w.EndDevice():
                return self._sign_in.end_device(wish)
            case w.GoLive():
                return self._broadcast.go_live(wish)
            case w.EndLive():
                return self._broadcast.end()
            case SendChat():
                self._room.send(wish)
            case w.RetryEngine():
                self._context.supervision.send(StartEngine())
            case w.DismissNotice():
                self._context.drop_notices(lambda notice: notice.id == wish.notice_id)
            case w.ChangeSettings():
                return self._change_settings(wish)
            case w.Leave():
                return self._leave(wish)
            case _:
                cases = (self._way, self._preflight, self._moderation, self._questions)
                return None if any(case.take(wish) for case in cases) else self._engine_work(wish)
        return None

    def _engine_work(self, wish: w.Wish) -> Coroutine[Any, Any, None] | None:
        match wish:
            case w.ChooseVideo():
                return self._sources.choose_video(wish.source)
            case w.ChooseAudio():
                return self._sources.choose_audio(wish.source)
            case w.ListSources():
                return self._sources.list_devices()
            case w.MuteMicrophone():
                return self._sources.mute(wish.is_muted)
            case w.HideCamera():
                return self._sources.hide_camera(wish.is_off)
            case w.ChangeGain():
                return self._sources.change_gain(wish.gain_db)
            case w.SizePreview():
                return self._sources.size_preview(wish.width_px, wish.height_px)
            case w.Record():
                return self._sources.record(wish.is_on)
            case w.ProbeEncoders():
                return self._sources.probe_encoders()
            case _:
                return None

    async def _change_settings(self, wish: w.ChangeSettings) -> None:
        before, changes = self.state.settings, dict(wish.changes)
        if self._broadcast.is_busy and changes.pop("is_on_lan", before.is_on_lan) != before.is_on_lan:
            self._context.notify(Trouble("busy_on_air"))
        self._context.save_settings(**changes)
        after = self.state.settings
        is_mirror_changed = before.is_preview_mirrored != after.is_preview_mirrored
        await self._sources.apply(before.output, after.output, is_mirror_changed)
        if before.output != after.output:
            self._preflight.output_changed()
        if before.is_on_lan != after.is_on_lan and after.is_embedded:
            self._platform.try_here(w.TryHere(after.is_on_lan))

    async def _set_camera(self, device_id: str, wanted: CameraSettings) -> None:
        await self._sources.set_camera(device_id, wanted)

    async def _leave_account(self) -> None:
        if self._broadcast.is_busy:
            await self._broadcast.end()
        await self._sign_in.sign_out()

    async def _leave(self, wish: w.Leave) -> None:
        if wish.end_broadcast and self._broadcast.is_busy:
            await self._broadcast.end()
        if self._broadcast.is_busy:
            await self._context.engine.ask(Detach(keep_s=KEEP_S))
            self._context.supervision.send(CloseWindow(keep_s=KEEP_S + FAREWELL_S))
        else:
            self._context.supervision.send(Quit())
        self._context.change(is_leaving=True)

    def _record(self, is_on: bool) -> Coroutine[Any, Any, None]:
        return self._sources.record(is_on)

    # ---- what the others say ---------------------------------------------------------------------

    async def _on_platform(self) -> None:
        await self._sign_in.restore()

    async def _on_signed_in(self) -> None:
        if self.state.account.account is not None:
            self._way.enter(self.state.account.account)
        self._sources.choose_first()
        await self._broadcast.find_open()

    def _on_signed_out(self) -> None:
        self._room.leave()
        self._moderation.clear()
        self._questions.clear()
        self._way.leave()

    def _on_engine(self, event: AnyEvent) -> None:
        self._sources.take(event)
        self._preflight.on_event(event)
        self._way.on_engine(event)

    def _on_engine_link(self, is_up: bool) -> None:
        self._sources.linked(is_up)
        self._preflight.on_link(is_up)
        self._way.on_engine_link(is_up)
        if not is_up:
            self._broadcast.on_engine_lost()

    def _on_fact(self, envelope: events.Envelope) -> None:
        self._broadcast.on_fact(envelope)
        if self._broadcast.was_cut_off:
            self._way.ask_inbox()  # a message tells why
        self._health.judge()

    def _on_supervisor(self, event: SupervisorEvent) -> None:
        match event:
            case PlatformStarted():
                self._platform.on_started(event)
            case PlatformFailed():
                self._platform.on_failed(event)
            case ChildChanged():
                if not event.is_up:
                    self._child_down(event)
            case RaiseWindow():
                self._on_raise()

    def _child_down(self, event: ChildChanged) -> None:
        self._context.record("log.child_down", role=event.role)
        if event.role != "engine":
            return  # what becomes of the platform it tells itself
        if event.is_given_up:
            self._context.notify(trouble_of(AppError("engine_given_up")))
        elif self.state.broadcast.phase in BUSY:
            self._context.notify(Trouble("engine_restarting"), is_error=False)

    def _is_past(self, notice: Notice) -> bool:
        return not notice.is_error and notice.told_s < self._context.clock.monotonic_s() - NOTICE_S

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._broadcast.tick()
            self._way.tick()
            self._preflight.tick()
            self._moderation.tick()
            self._questions.tick()
            self._context.drop_notices(self._is_past)
            if self.state.broadcast.phase is not BroadcastPhase.OFF:
                self._health.judge()
