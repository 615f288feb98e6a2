"""The desk beside what is already there: windows that come back, broadcasts elsewhere, an engine given up."""

from __future__ import annotations

import pytest

from app.contract import events
from app.contract.rest import Category
from app.domain.session import SessionState
from app.errors import PlatformError
from app.ports import engine as port
from app.ports.supervision import (
    ChildChanged,
    StartEngine,
)
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.state import BroadcastPhase, PlatformPhase
from tests.unit.app.rig import Rig, play, settle

LIVE = w.GoLive("写好简历", Category.JOB_SEARCH)


def trouble_code(rig: Rig) -> str:
    trouble = rig.desk.state.broadcast.trouble
    return trouble.code if trouble is not None else ""


# ---- windows that come back, broadcasts that run elsewhere --------------------------------------------


def test_a_new_window_shows_the_broadcast_though_the_service_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.platform.RETRY_S", 0)

    async def scene(rig: Rig) -> None:
        await rig.on_air()
        assert rig.platform.session is not None
        rig.platform.session = rig.platform.session.model_copy(update={"state": SessionState.LIVE})
        second = Rig(settings=rig.settings, platform=rig.platform, is_restart=True)
        rig.platform.fail["info"] = PlatformError("platform_unreachable")
        second.start()
        second.engine.attach(port.PublishStatus.ON_AIR, is_muted=True)
        await settle()
        state = second.desk.state
        assert (state.broadcast.phase, state.broadcast.session) == (BroadcastPhase.ON_AIR, None)
        assert state.engine.is_muted
        assert state.platform.phase is PlatformPhase.UNREACHABLE
        rig.platform.fail.clear()
        await settle()
        session = second.desk.state.broadcast.session
        assert session is not None
        assert session.id == "s1"
        assert second.desk.state.broadcast.phase is BroadcastPhase.ON_AIR
        assert not second.engine.sent(port.StopPublish)

    play(scene)


def test_it_can_be_ended_without_the_service_and_the_service_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.platform.RETRY_S", 0)

    async def scene(rig: Rig) -> None:
        await rig.on_air()
        second = Rig(settings=rig.settings, platform=rig.platform, is_restart=True)
        rig.platform.fail["info"] = PlatformError("platform_unreachable")
        second.start()
        second.engine.attach(port.PublishStatus.ON_AIR)
        await settle()
        await second.do(w.EndLive())
        assert second.engine.sent(port.StopPublish)
        assert (second.desk.state.broadcast.phase, trouble_code(second)) == (BroadcastPhase.ENDED, "ended_here_only")
        rig.platform.fail.clear()
        await settle()
        assert rig.platform.ended == ["s1"]

    play(scene)


def test_a_new_window_beside_an_engine_that_reconnects_counts_the_grace_period() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        second = Rig(settings=rig.settings, platform=rig.platform, is_restart=True)
        second.start()
        second.engine.attach(port.PublishStatus.RECONNECTING)
        await settle()
        broadcast = second.desk.state.broadcast
        assert broadcast.phase is BroadcastPhase.INTERRUPTED
        assert broadcast.grace_left_s > 0

    play(scene)


def test_window_and_engine_both_new_get_the_chosen_devices_and_stay_muted() -> None:
    async def scene(rig: Rig) -> None:
        rig.settings.kept = Settings(platform_url="http://127.0.0.1:1", video=port.DemoSource())
        rig.is_restart = True
        rig.start()
        rig.engine.attach(is_muted=True)
        await settle()
        assert [command.source for command in rig.engine.sent(port.SetVideo)] == [port.DemoSource()]
        assert [command.is_muted for command in rig.engine.sent(port.SetMute)] == [True]

    play(scene)


@pytest.mark.parametrize(
    ("session_state", "code", "action"),
    [
        (SessionState.LIVE, "live_elsewhere_now", "take_over"),
        (SessionState.INTERRUPTED, "session_waiting", "go_live"),
    ],
)
def test_a_broadcast_that_does_not_come_from_here_is_told_apart(
    session_state: SessionState, code: str, action: str
) -> None:
    async def scene(rig: Rig) -> None:
        await rig.platform.create_session("另一场", Category.JOB_SEARCH, "k")
        assert rig.platform.session is not None
        rig.platform.session = rig.platform.session.model_copy(update={"state": session_state})
        await rig.signed_in()
        trouble = rig.desk.state.broadcast.trouble
        assert trouble is not None
        assert (trouble.code, trouble.action, trouble.detail["title"]) == (code, action, "另一场")
        rig.fact(events.SessionChanged(state="ended", reason="anchor"), "session.changed")
        await settle()
        assert rig.desk.state.broadcast.trouble is None
        assert rig.desk.state.broadcast.phase is BroadcastPhase.OFF

    play(scene)


def test_a_waiting_broadcast_can_be_ended() -> None:
    async def scene(rig: Rig) -> None:
        await rig.platform.create_session("上一场", Category.JOB_SEARCH, "k")
        assert rig.platform.session is not None
        rig.platform.session = rig.platform.session.model_copy(update={"state": SessionState.INTERRUPTED})
        await rig.signed_in()
        await rig.do(w.EndLive())
        assert rig.platform.ended == ["s1"]

    play(scene)


# ---- an engine that is given up ------------------------------------------------------------------------


def test_an_engine_that_was_given_up_is_told_and_started_again_on_a_click() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        rig.supervision.on_event(ChildChanged(role="engine", is_up=False, is_given_up=True))
        trouble = rig.desk.state.notices[-1].trouble
        assert (trouble.code, trouble.action) == ("engine_given_up", "retry_engine")
        await rig.do(w.RetryEngine())
        assert rig.supervision.wishes[-1] == StartEngine()
        rig.engine.attach()
        await settle()
        assert not rig.desk.state.notices

    play(scene)
