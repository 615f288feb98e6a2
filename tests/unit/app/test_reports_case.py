"""Reporting between fakes: filed once, whatever becomes of the clip; the clip in the background; how each stands."""

from __future__ import annotations

import asyncio

import pytest

from app.contract.reports import MAX_CLIP_BYTES, ReportTarget, ReportWish
from app.domain.measures import ConductCategory
from app.domain.reports import ReportState, TargetKind
from app.errors import PlatformError
from app.ports import engine as port
from app.usecases import room_wishes as r
from app.usecases import wishes as w
from app.usecases.reports_state import ClipPhase, ReportClip, ReportsState
from app.usecases.way_state import LoadPhase
from tests.unit.app.rig import Rig, play, settle

DATA = b"\0\0\0\x18ftyp" + bytes(1000)


def state(rig: Rig) -> ReportsState:
    return rig.desk.state.reports


def wish(text: str = "", target: str = "m1") -> ReportWish:
    return ReportWish(
        target=ReportTarget(kind=TargetKind.MESSAGE, id=target), category=ConductCategory.UNFRIENDLY, text=text
    )


def send(key: str = "k1", *, with_clip: bool = False, **fields: str) -> r.SendReport:
    return r.SendReport("s1", wish(**fields), key, with_clip)


async def recording(rig: Rig) -> None:
    await rig.on_air()
    rig.engine.on_event(port.RecordChanged(status=port.RecordStatus.RECORDING, path="/show.mkv"))


async def cut(rig: Rig, code: str = "", *, is_shortened: bool = False) -> str:
    """The engine answers for the newest; its path."""
    [*_, asked] = [one for one in rig.engine.commands if isinstance(one, port.CutClip)]
    path = "" if code else f"/clips/{asked.clip_id}.mp4"
    rig.platform.files[path] = DATA
    rig.engine.on_event(
        port.ClipCut(
            clip_id=asked.clip_id, path=path, duration_ms=31_000, size_bytes=len(DATA), is_shortened=is_shortened,
            code=code,
        )
    )  # fmt: skip
    await settle()
    return path


def dropped(rig: Rig) -> int:
    return sum(isinstance(one, port.DropClip) for one in rig.engine.commands)


def upload(rig: Rig) -> ReportClip:
    return state(rig).uploads[-1]


def test_one_is_filed_once_and_told_until_it_is_read() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.hold["report"] = asyncio.Event()
        await rig.do(send(), send())
        assert state(rig).is_sending
        rig.platform.hold["report"].set()
        await settle()
        filed = state(rig).filed
        assert filed is not None and len(rig.platform.reports) == 1 and state(rig).filed_number == 1
        await rig.do(send("k2"))
        refusal = state(rig).refusal
        assert refusal is not None and refusal.code == "already_reported"
        await rig.do(r.DismissAct())
        assert state(rig).filed is None

    play(scene)


def test_offline_it_says_so_and_is_the_same_report_when_it_is_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["report"] = PlatformError("platform_unreachable")
        await rig.do(send())
        refusal = state(rig).refusal
        assert refusal is not None and refusal.code == "platform_unreachable" and not state(rig).is_sending
        del rig.platform.fail["report"]
        rig.platform.lose.add("report")
        await rig.do(send())
        rig.platform.lose.clear()
        await rig.do(send())
        assert len(rig.platform.reports) == 1 and state(rig).refusal is None

    play(scene)


def test_what_was_just_recorded_goes_along_in_the_background() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        [asked] = [one for one in rig.engine.commands if isinstance(one, port.CutClip)]
        assert (asked.seconds, asked.max_bytes, state(rig).clip.phase) == (30, MAX_CLIP_BYTES, ClipPhase.CUTTING)
        path = await cut(rig)
        assert (state(rig).clip.phase, state(rig).clip.path) == (ClipPhase.READY, path)
        rig.platform.hold["add_clip"] = asyncio.Event()
        await rig.do(send(with_clip=True))
        assert state(rig).filed is not None, "filed before the clip is there"
        assert (upload(rig).phase, upload(rig).sent_bytes) == (ClipPhase.UPLOADING, len(DATA))
        assert state(rig).clip == ReportClip()
        rig.platform.hold["add_clip"].set()
        await settle()
        assert (upload(rig).phase, dropped(rig)) == (ClipPhase.DONE, 1)
        assert [data for _, data in rig.platform.clips.values()] == [DATA]

    play(scene)


def test_one_filed_before_the_clip_was_cut_gets_it_later() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport(), send(with_clip=True))
        assert (len(rig.platform.reports), upload(rig).phase) == (1, ClipPhase.CUTTING)
        await cut(rig)
        assert (upload(rig).phase, len(rig.platform.clips)) == (ClipPhase.DONE, 1)

    play(scene)


def test_the_report_is_filed_though_no_clip_can_be_cut_and_the_window_says_so() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        rig.engine.refuse[port.CutClip] = "clip_unavailable"
        await rig.do(r.BeginReport())
        assert (state(rig).clip.phase, state(rig).clip.code) == (ClipPhase.FAILED, "clip_unavailable")
        await rig.do(send(with_clip=True))
        assert (len(rig.platform.reports), upload(rig).phase, upload(rig).can_retry) == (1, ClipPhase.FAILED, False)
        assert [one.trouble.code for one in rig.desk.state.notices] == ["clip_not_sent"]

    play(scene)


def test_a_clip_whose_way_failed_is_sent_again_with_the_same_key() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        await cut(rig)
        rig.platform.lose.add("add_clip")
        await rig.do(send(with_clip=True))
        assert (upload(rig).phase, upload(rig).can_retry, dropped(rig)) == (ClipPhase.FAILED, True, 0)
        notice = rig.desk.state.notices[0].trouble
        assert (notice.code, notice.action) == ("clip_not_sent", "open_reports")
        rig.platform.lose.clear()
        await rig.do(r.RetryClip(upload(rig).report_id), r.RetryClip("unknown"))
        assert (upload(rig).phase, len(rig.platform.clips), dropped(rig)) == (ClipPhase.DONE, 1, 1)

    play(scene)


def test_one_that_the_service_refuses_is_not_sent_again() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        path = await cut(rig)
        rig.platform.files[path] = b"no film"
        await rig.do(send(with_clip=True))
        assert (upload(rig).code, upload(rig).can_retry, dropped(rig)) == ("clip_invalid", False, 1)
        await rig.do(r.RetryClip(upload(rig).report_id))
        assert upload(rig).phase is ClipPhase.FAILED

    play(scene)


def test_without_a_recording_or_a_tick_nothing_is_sent() -> None:
    async def scene(rig: Rig) -> None:
        await rig.on_air()
        await rig.do(r.BeginReport(), send(with_clip=True))
        assert not any(isinstance(one, port.CutClip) for one in rig.engine.commands)
        assert (state(rig).uploads, len(rig.platform.reports)) == ((), 1)
        rig.engine.on_event(port.RecordChanged(status=port.RecordStatus.RECORDING, path="/show.mkv"))
        await rig.do(r.BeginReport())
        await cut(rig)
        await rig.do(send("k2", with_clip=False, target="m2"))
        assert (state(rig).uploads, rig.platform.clips, dropped(rig)) == ((), {}, 1)

    play(scene)


def test_a_form_that_is_left_leaves_no_file() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        await cut(rig)
        await rig.do(r.DropReport())
        assert (state(rig).clip, dropped(rig)) == (ReportClip(), 1)
        await rig.do(r.BeginReport(), r.DropReport())
        await cut(rig)
        assert dropped(rig) >= 3, "one that was cut after the form was left, too"
        await rig.do(r.BeginReport())
        await cut(rig)
        before = dropped(rig)
        await rig.do(w.SignOut())
        assert (state(rig), dropped(rig)) == (ReportsState(), before + 1)

    play(scene)


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_form_that_is_left_while_the_report_is_sent_keeps_the_clip_that_goes_with_it(is_cut: bool) -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        if is_cut:
            await cut(rig)
        rig.platform.hold["report"] = asyncio.Event()
        await rig.do(send(with_clip=True), r.DropReport())
        assert (state(rig).clip, dropped(rig)) == (ReportClip(), 0)
        if not is_cut:
            await cut(rig)
        rig.platform.hold["report"].set()
        await settle()
        assert (upload(rig).phase, [data for _, data in rig.platform.clips.values()]) == (ClipPhase.DONE, [DATA])
        assert dropped(rig) == 1

    play(scene)


def test_the_next_report_has_a_clip_of_its_own() -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        await cut(rig)
        rig.platform.hold["report"] = asyncio.Event()
        await rig.do(send(with_clip=True), r.BeginReport())
        second = await cut(rig)
        rig.platform.hold["report"].set()
        await settle()
        assert (upload(rig).phase, state(rig).clip.path, dropped(rig)) == (ClipPhase.DONE, second, 1)

    play(scene)


@pytest.mark.parametrize("is_left", [True, False])
def test_a_clip_whose_report_is_refused_stays_with_the_form_alone(is_left: bool) -> None:
    async def scene(rig: Rig) -> None:
        await recording(rig)
        await rig.do(r.BeginReport())
        path = await cut(rig)
        rig.platform.hold["report"] = asyncio.Event()
        await rig.do(send(with_clip=True))
        if is_left:
            await rig.do(r.DropReport())
        rig.platform.lose.add("report")
        rig.platform.hold["report"].set()
        await settle()
        assert not state(rig).is_sending
        assert (state(rig).clip.path, dropped(rig)) == (("", 1) if is_left else (path, 0))
        told = [(one.trouble.code, one.trouble.detail.get("cause")) for one in rig.desk.state.notices]
        refusal = state(rig).refusal
        if is_left:
            assert (told, refusal) == ([("report_not_sent", "platform_timeout")], None), "the next form is not of it"
        else:
            assert told == [] and refusal is not None and refusal.code == "platform_timeout"

    play(scene)


@pytest.mark.parametrize("is_left", [True, False])
def test_a_report_that_a_new_way_to_the_platform_cut_off_is_told(is_left: bool) -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.hold["report"] = asyncio.Event()
        await rig.do(r.BeginReport(), send())
        if is_left:
            await rig.do(r.DropReport())
        account = rig.desk.state.account.account
        assert account is not None
        rig.desk._way.dropped()
        rig.desk._way.enter(account)
        await settle()
        told, refusal = [one.trouble.code for one in rig.desk.state.notices], state(rig).refusal
        assert not state(rig).is_sending
        if is_left:
            assert (told, refusal) == (["report_not_sent"], None)
        else:
            assert told == [] and refusal is not None and refusal.code == "platform_unreachable"
        rig.platform.hold["report"].set()
        await rig.do(send())
        assert (len(rig.platform.reports), state(rig).filed_key) == (1, "k1"), "the same report"

    play(scene)


def test_they_are_loaded_when_they_are_looked_at_and_after_each_change() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await rig.changed("reports")
        assert (state(rig).phase, rig.platform.calls.count("my_reports")) == (LoadPhase.IDLE, 0)
        await rig.do(send("k1", text="骂人"), r.LoadReports())
        assert [one.text for one in state(rig).reports] == ["骂人"]
        rig.platform.decide(state(rig).reports[0].id, ReportState.UPHELD, "已处理")
        await rig.changed("reports")
        assert (state(rig).reports[0].state, state(rig).reports[0].answer) == (ReportState.UPHELD, "已处理")
        rig.platform.fail["my_reports"] = PlatformError("platform_unreachable")
        await rig.do(r.LoadReports())
        trouble = state(rig).trouble
        assert trouble is not None and len(state(rig).reports) == 1, "what was loaded stays"

    play(scene)


def test_a_list_that_could_not_be_loaded_says_so() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        rig.platform.fail["my_reports"] = PlatformError("platform_unreachable")
        await rig.do(r.LoadReports())
        assert state(rig).phase is LoadPhase.FAILED
        del rig.platform.fail["my_reports"]
        await rig.do(r.LoadReports())
        assert (state(rig).phase, state(rig).trouble) == (LoadPhase.READY, None)

    play(scene)


def test_one_is_taken_back_while_it_is_open() -> None:
    async def scene(rig: Rig) -> None:
        await rig.signed_in()
        await rig.do(send("k1"), send("k2", target="m2"), r.LoadReports())
        second, first = (one.id for one in state(rig).reports)
        await rig.do(r.WithdrawReport(first))
        assert [one.state for one in state(rig).reports] == [ReportState.OPEN, ReportState.WITHDRAWN]
        rig.platform.decide(second, ReportState.TAKEN)
        await rig.do(r.WithdrawReport(second))
        trouble = state(rig).act_trouble
        assert state(rig).withdrawing == frozenset()
        assert state(rig).reports[0].state is ReportState.TAKEN, "what is true is loaded"
        assert trouble is not None and trouble.code == "state_conflict", "the load that followed leaves it"
        rig.desk._way._scope.platform = None
        await rig.do(r.WithdrawReport(first))
        trouble = state(rig).act_trouble
        assert trouble is not None and trouble.code == "platform_unreachable"

    play(scene)
