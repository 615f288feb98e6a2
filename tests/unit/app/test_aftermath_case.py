"""What is told of a session that is over: the service's figures, whoever ended it, and nothing made up meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from app.contract import events
from app.contract.rest import Category
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.state import AudienceState, BroadcastPhase, FiguresPhase
from tests.unit.app.fakes import FIGURES
from tests.unit.app.rig import Rig, play, settle

TOLD = AudienceState(FiguresPhase.TOLD, FIGURES, 12)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usecases.aftermath.ASK_AGAIN_S", 0)
    monkeypatch.setattr("app.usecases.broadcast.RETRY_S", 0)


async def on_air(rig: Rig) -> None:
    await rig.on_air()
    # What the room tells last is not what the session came to.
    rig.fact(events.RoomStats(viewers=2, messages=3, peak=4, onlookers=5), "room.stats")
    rig.platform.figures, rig.platform.comments = FIGURES, 12


def test_a_new_broadcast_has_nothing_of_the_one_before() -> None:
    async def scene(rig: Rig) -> None:
        await on_air(rig)
        await rig.do(w.EndLive())
        assert rig.desk.state.broadcast.audience == TOLD
        await rig.do(w.GoLive("题", Category.OTHER))
        state = rig.desk.state.broadcast
        assert (state.audience, state.peak, state.onlookers) == (AudienceState(), 0, 0)

    play(scene)


def test_while_the_service_is_away_nothing_is_told_and_then_it_is() -> None:
    async def scene(rig: Rig) -> None:
        await on_air(rig)
        away = PlatformError("platform_unreachable", retryable=True)
        rig.platform.fail |= {"end_session": away, "session": away}
        await rig.do(w.EndLive())
        state = rig.desk.state.broadcast
        assert (state.phase, state.audience) == (BroadcastPhase.ENDED, AudienceState(FiguresPhase.AWAY))
        summary = state.summary
        # It is back, and has not yet heard of the end.
        del rig.platform.fail["session"]
        await settle()
        assert rig.desk.state.broadcast.audience == AudienceState(FiguresPhase.AWAY)
        del rig.platform.fail["end_session"]
        await settle()
        assert rig.desk.state.broadcast.audience == TOLD
        assert rig.desk.state.broadcast.summary is summary, "it is the same one that was read"

    play(scene)


def test_of_one_that_was_ended_elsewhere_it_is_asked() -> None:
    async def scene(rig: Rig) -> None:
        await on_air(rig)
        rig.platform.cut_off()
        rig.fact(events.SessionChanged(state="ended", reason="cut_off"), "session.changed", seq=2)
        await settle()
        assert rig.desk.state.broadcast.audience == TOLD

    play(scene)


@pytest.mark.parametrize("code", ["not_signed_in", "not_found"])
def test_who_is_refused_is_not_asked_for_ever(code: str) -> None:
    async def scene(rig: Rig) -> None:
        await on_air(rig)
        rig.platform.cut_off()
        rig.platform.fail["session"] = PlatformError(code, retryable=False)
        rig.fact(events.SessionChanged(state="ended", reason="cut_off"), "session.changed", seq=2)
        await settle()
        assert rig.desk.state.broadcast.audience == AudienceState(FiguresPhase.UNTOLD)

    play(scene)


def test_a_service_that_counts_nothing_tells_nothing() -> None:
    async def scene(rig: Rig) -> None:
        await on_air(rig)
        rig.platform.figures = None
        await rig.do(w.EndLive())
        assert rig.desk.state.broadcast.audience == AudienceState(FiguresPhase.UNTOLD, None, 12)

    play(scene)


def test_an_answer_that_comes_too_late_is_for_nobody() -> None:
    async def scene(rig: Rig) -> None:
        await on_air(rig)
        rig.platform.cut_off()
        held = rig.platform.hold["session"] = asyncio.Event()
        rig.fact(events.SessionChanged(state="ended", reason="cut_off"), "session.changed", seq=2)
        await settle()
        assert rig.desk.state.broadcast.audience == AudienceState(FiguresPhase.ASKED)
        await rig.do(w.GoLive("又一场", Category.OTHER))
        held.set()
        await settle()
        assert rig.desk.state.broadcast.audience == AudienceState()

    play(scene)
