"""Drafts of the application: kept here, on the service a moment later, conflicts, nothing lost."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.application import ApplicationState
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.way_state import SaveStatus
from tests.unit.app.application_kit import AWAY, FULL, again, begun, code, desk, on_disk, on_service, said
from tests.unit.app.rig import Rig, pass_s, play_timed, settle


def test_what_is_typed_is_shown_at_once_kept_here_soon_and_saved_when_the_typing_pauses() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        number = desk(rig).form_number
        await rig.do(said("一"))
        assert (desk(rig).form.introduction, desk(rig).save) == ("一", SaveStatus.SAVING)
        await pass_s(0.5)
        assert (on_disk(rig).form.introduction, on_disk(rig).is_unsaved) == ("一", True)
        assert on_service(rig).introduction == ""
        await rig.do(said("一二"))
        await pass_s(0.9)
        assert on_service(rig).introduction == "", "the typing has not paused"
        await pass_s(0.6)
        assert on_service(rig).introduction == "一二"
        assert (desk(rig).save, desk(rig).saved_at, desk(rig).form_number) == (
            SaveStatus.SAVED, rig.platform.mine.applications[-1].saved_at, number,
        )  # fmt: skip
        assert not on_disk(rig).is_unsaved
        assert rig.platform.calls.count("save_draft") == 1

    play_timed(scene)


def test_who_types_without_a_pause_is_saved_all_the_same() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        for length in range(1, 25):
            await rig.do(said("字" * length))
            await pass_s(0.3)
            assert len(on_disk(rig).form.introduction) >= length - 1
        assert len(on_service(rig).introduction) >= 10

    play_timed(scene)


def test_without_the_service_it_is_kept_here_and_sent_when_it_is_back() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = AWAY
        await rig.do(said("路上写的"))
        await pass_s(60)
        assert (desk(rig).save, code(rig), on_disk(rig).is_unsaved) == (SaveStatus.KEPT_HERE, "", True)
        assert 3 < rig.platform.calls.count("save_draft") < 10, "slower each time"
        await rig.do(said("路上又写"))
        assert desk(rig).save is SaveStatus.KEPT_HERE
        rig.platform.fail.clear()
        rig.platform.on_personal_link(True)
        await pass_s(1.5)
        assert (desk(rig).save, on_service(rig).introduction) == (SaveStatus.SAVED, "路上又写")

    play_timed(scene)


def test_a_refusal_that_a_repeat_does_not_mend_is_told_and_the_next_word_tries_again() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = PlatformError("input_invalid", retryable=False)
        await rig.do(said("甲"))
        await pass_s(30)
        assert (desk(rig).save, code(rig), rig.platform.calls.count("save_draft")) == (
            SaveStatus.KEPT_HERE, "input_invalid", 1,
        )  # fmt: skip
        rig.platform.fail.clear()
        await rig.do(said("甲乙"))
        await pass_s(2)
        assert (desk(rig).save, code(rig), on_service(rig).introduction) == (SaveStatus.SAVED, "", "甲乙")

    play_timed(scene)


def test_a_time_to_wait_that_the_service_names_is_waited() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = PlatformError("rate_limited", detail={"retry_after_s": 20})
        await rig.do(said("甲"))
        await pass_s(19)
        assert rig.platform.calls.count("save_draft") == 1
        await pass_s(4)
        assert rig.platform.calls.count("save_draft") == 2

    play_timed(scene)


def test_a_window_that_is_killed_loses_half_a_second_at_most() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = AWAY
        await rig.do(said("写到一半"))
        await pass_s(0.5)
        await rig.do(said("写到一半，又"))
        rig = await again(rig)
        assert (desk(rig).form.introduction, desk(rig).save) == ("写到一半", SaveStatus.KEPT_HERE)
        rig.platform.fail.clear()
        await pass_s(40)
        assert on_service(rig).introduction == "写到一半", "it goes to the service without being looked at"
        await rig.do(w.LoadApplication())
        assert desk(rig).conflict is None

    play_timed(scene)


def test_a_save_whose_answer_was_lost_is_known_as_our_own() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.lose.add("save_draft")
        await rig.do(said("甲"))
        await pass_s(1.2)
        await rig.do(said("甲乙"))
        await pass_s(0.6)
        assert on_service(rig).introduction == "甲"
        rig.platform.lose.clear()
        rig = await again(rig)
        await pass_s(10)
        assert (desk(rig).conflict, desk(rig).save, on_service(rig).introduction) == (None, SaveStatus.SAVED, "甲乙")

    play_timed(scene)


@pytest.mark.parametrize("is_mine", [True, False])
def test_another_machine_saved_meanwhile_and_the_person_decides(is_mine: bool) -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        other = rig.platform.save_elsewhere(FULL.model_copy(update={"introduction": "别处写的"}))
        await rig.do(said("这里写的"))
        await pass_s(2)
        assert desk(rig).conflict == other
        assert desk(rig).form.introduction == "这里写的"
        await rig.do(said("这里又写"))
        await pass_s(5)
        assert on_service(rig).introduction == "别处写的"
        number = desk(rig).form_number
        await rig.do(w.KeepDraft(is_mine))
        await pass_s(2)
        text = "这里又写" if is_mine else "别处写的"
        assert (on_service(rig).introduction, desk(rig).form.introduction) == (text, text)
        assert (desk(rig).conflict, desk(rig).save) == (None, SaveStatus.SAVED)
        assert desk(rig).form_number == number + (not is_mine)
        # And it goes on from there.
        await rig.do(said("再写"))
        await pass_s(2)
        assert on_service(rig).introduction == "再写"
        rig = await again(rig)
        await rig.do(w.LoadApplication())
        assert (desk(rig).conflict, desk(rig).form.introduction) == (None, "再写")

    play_timed(scene)


def test_what_another_machine_saved_fills_the_fields_when_nothing_was_typed_here() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        number = desk(rig).form_number
        rig.platform.save_elsewhere(FULL)
        await rig.changed("application")
        assert (desk(rig).form, desk(rig).form_number, desk(rig).save) == (FULL, number + 1, SaveStatus.SAVED)

    play_timed(scene)


def test_an_older_answer_does_not_take_back_what_was_saved_since() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.hold["application"] = held = asyncio.Event()
        old = rig.platform.mine.applications[-1]

        async def application() -> object:
            await held.wait()
            return old

        fresh = rig.platform.application
        rig.platform.application = application  # type: ignore[method-assign, assignment]
        await rig.do(w.LoadApplication(), said("新的"))
        await pass_s(2)
        assert on_service(rig).introduction == "新的"
        rig.platform.application = fresh  # type: ignore[method-assign]
        rig.platform.hold.clear()
        held.set()
        await settle()
        assert (desk(rig).form.introduction, desk(rig).save) == ("新的", SaveStatus.SAVED)

    play_timed(scene)


def test_who_types_before_anything_was_begun_begins() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await rig.do(said("直接写"))
        await pass_s(2)
        assert on_service(rig).introduction == "直接写"
        assert desk(rig).application == rig.platform.mine.applications[-1]

    play_timed(scene)


def test_a_form_that_was_sent_from_another_machine_is_shown_as_sent_and_nothing_is_lost() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.do(w.EditApplication(FULL))
        await pass_s(2)
        rig.platform.step(ApplicationState.SUBMITTED)
        await rig.do(said("没赶上的话"))
        await pass_s(2)
        assert desk(rig).application == rig.platform.mine.applications[-1]
        assert desk(rig).form == FULL
        assert on_disk(rig).form.introduction == "没赶上的话"
        await rig.do(said("不再能改"))
        assert desk(rig).form == FULL
        # Returned, what was typed here is offered against what was sent.
        rig.platform.step(ApplicationState.IN_REVIEW)
        rig.platform.step(ApplicationState.RETURNED, "再具体些")
        await rig.changed("application")
        assert desk(rig).form.introduction == "没赶上的话"
        assert desk(rig).conflict is None, "the service has nothing newer than what it was made from"
        await pass_s(2)
        assert on_service(rig).introduction == "没赶上的话"

    play_timed(scene)


def test_a_disk_that_is_full_is_told_once() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.drafts.is_full = True
        for text in "甲乙丙":
            await rig.do(said(text))
            await pass_s(0.4)
        assert [notice.trouble.code for notice in rig.desk.state.notices] == ["draft_not_kept"]
        rig.drafts.is_full = False
        await rig.do(said("丁"))
        await pass_s(0.4)
        assert on_disk(rig).form.introduction == "丁"

    play_timed(scene)


def test_a_draft_that_cannot_be_read_now_is_told_and_stays() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = AWAY
        await rig.do(said("甲"))
        await pass_s(1)
        rig.drafts.is_locked = True
        rig = await again(rig)
        assert [notice.trouble.code for notice in rig.desk.state.notices] == ["draft_not_read"]
        rig.drafts.is_locked = False
        await rig.do(w.LoadApplication())
        assert desk(rig).form.introduction == "甲"

    play_timed(scene)
