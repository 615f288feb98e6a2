from __future__ import annotations

import asyncio

from app.domain.measures import AppealState, MeasureKind
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.way_state import LoadPhase, MeasuresState
from tests.unit.app.fake_measures import a_measure
from tests.unit.app.rig import Rig, play, settle


async def opened(rig: Rig) -> None:
    rig.platform.taken = [a_measure(2, MeasureKind.SUSPENSION), a_measure(1)]
    await rig.signed_in()
    await rig.do(w.LoadMeasures())


def state(rig: Rig) -> MeasuresState:
    return rig.desk.state.measures


def test_they_are_loaded_when_they_are_looked_at_and_after_each_change() -> None:
    async def scene(rig: Rig) -> None:
        rig.platform.taken = [a_measure(1)]
        await rig.signed_in()
        await rig.changed("measures")
        assert (state(rig).phase, rig.platform.calls.count("measures")) == (LoadPhase.IDLE, 0)
        await rig.do(w.LoadMeasures())
        assert [one.id for one in state(rig).measures] == ["me1"]
        rig.platform.taken.insert(0, a_measure(2, MeasureKind.LIMIT_CHAT))
        await rig.changed("measures")
        assert [one.id for one in state(rig).measures] == ["me2", "me1"]

    play(scene)


def test_an_appeal_is_sent_once_and_stands_in_its_place() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold["appeal"] = asyncio.Event()
        await rig.do(w.Appeal("me1", " 不是我发的 "), w.Appeal("me1", "再说一次"))
        assert state(rig).sending == "me1"
        rig.platform.hold["appeal"].set()
        await settle()
        found = state(rig)
        assert (found.sending, found.sent_number, rig.platform.calls.count("appeal")) == ("", 1, 1)
        assert (found.measures[1].appeal.state, found.measures[1].appeal.text) == (AppealState.OPEN, "不是我发的")

    play(scene)


def test_one_whose_answer_was_lost_is_the_same_when_it_is_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.lose.add("appeal")
        await rig.do(w.Appeal("me1", "不是我发的"))
        trouble = state(rig).act_trouble
        assert trouble is not None and trouble.code == "platform_timeout"
        rig.platform.lose.clear()
        await rig.do(w.Appeal("me1", "不是我发的"))
        assert (len(rig.platform.appeals), state(rig).sent_number) == (1, 1)
        assert state(rig).act_trouble is None

    play(scene)


def test_a_refusal_is_told_and_what_is_true_is_loaded() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.taken[1] = rig.platform.taken[1].model_copy(update={"may_appeal": False})
        await rig.do(w.Appeal("me1", "不是我发的"), w.Appeal("me1", "  "))
        assert (state(rig).sending, state(rig).sent_number) == ("", 0)
        assert not state(rig).measures[1].may_appeal
        trouble = state(rig).act_trouble
        assert trouble is not None and trouble.code == "already_appealed", "the load that followed leaves it"

    play(scene)


def test_an_appeal_while_the_platform_is_away_is_refused_in_words() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.desk._way._scope.platform = None
        await rig.do(w.Appeal("me1", "不是我发的"))
        trouble = state(rig).act_trouble
        assert trouble is not None and trouble.code == "platform_unreachable"
        assert state(rig).sending == ""

    play(scene)


def test_an_appeal_that_a_new_way_to_the_platform_cut_off_can_be_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.hold["appeal"] = asyncio.Event()
        await rig.do(w.Appeal("me1", "不是我发的"))
        account = rig.desk.state.account.account
        assert account is not None
        rig.desk._way.dropped()
        rig.desk._way.enter(account)
        await settle()
        trouble = state(rig).act_trouble
        assert trouble is not None and trouble.code == "platform_unreachable"
        rig.platform.hold["appeal"].set()
        await rig.do(w.Appeal("me1", "不是我发的"))
        assert (len(rig.platform.appeals), state(rig).sent_number, state(rig).act_trouble) == (1, 1, None)

    play(scene)


def test_a_service_that_is_away_is_told_and_nothing_is_left_of_who_went() -> None:
    async def scene(rig: Rig) -> None:
        await opened(rig)
        rig.platform.fail["measures"] = PlatformError("platform_unreachable")
        await rig.do(w.LoadMeasures())
        assert (state(rig).phase, len(state(rig).measures)) == (LoadPhase.READY, 2)
        assert state(rig).trouble is not None
        await rig.do(w.SignOut())
        assert state(rig) == MeasuresState()

    play(scene)
