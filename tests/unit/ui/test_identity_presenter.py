"""Name, number and face check in words: what is told while one types, which times are offered, how each state reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.contract.inbox import InboxKind, InboxMessage, LinkPlace
from app.domain.application import ApplicationState
from app.domain.face_check import FaceMethod, FaceState, time_fault
from app.domain.onboarding import StepId, StepState
from app.i18n import Translator
from app.runtime.clock import utc_ms
from app.usecases.state import BroadcastPhase, DeskState
from app.usecases.way_state import IdentityField
from tests.ui import fakes, way_fakes
from tests.ui.way_fakes import at_face, at_identity, face_check, on_the_way
from ui.presenters import identity as presenter
from ui.presenters.china_times import appointment_text, day_text, iso_moment_text, moment_text
from ui.presenters.messages import arrival_words, message_words
from ui.presenters.prepare import Middle, present_prepare
from ui.presenters.prepare_status import Look

ZH, EN = Translator("zh"), Translator("en")
TODAY = date(2026, 11, 20)
NUMBER = "110000199003070028"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine's zone is does not matter but for one test."""
    monkeypatch.setattr("ui.presenters.china_times.is_elsewhere", lambda _: False)


# ---- while one types -----------------------------------------------------------------------------


@pytest.mark.parametrize("length", range(1, 18))
def test_nobody_is_scolded_before_the_number_is_whole(length: int) -> None:
    assert presenter.number_fault(NUMBER[:length], TODAY, ZH, is_left=False) == ""
    left = presenter.number_fault(NUMBER[:length], TODAY, ZH, is_left=True)
    assert left == f"还差 {18 - length} 位，应为 18 位"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (NUMBER, ""),
        ("", ""),
        ("11000019900307002a", "identity.fault.characters"),
        ("000000199003070028", "identity.fault.region"),
        ("110000199002300028", "identity.fault.birth_date"),
        ("110000199003070020", "identity.fault.checksum"),
        ("110000200811210020", "error.identity_underage"),
        ("110000200811200025", ""),
    ],
)
def test_a_whole_number_is_told_what_is_wrong_with_it(number: str, told: str) -> None:
    for tr in (ZH, EN):
        assert presenter.number_fault(number, TODAY, tr, is_left=False) == (tr.text(told) if told else "")


def test_an_age_that_nobody_can_know_yet_is_not_told() -> None:
    assert presenter.number_fault("110000200811210020", None, ZH, is_left=True) == ""


@pytest.mark.parametrize("name", ["林清", "欧阳清风", "买买提·吐尔逊", "Lin Qing", "  林 清  "])
def test_names_that_are_names(name: str) -> None:
    assert presenter.name_fault(name, ZH) == ""


@pytest.mark.parametrize("name", ["林", "林清1", "13800138000", "林@清", "清" * 31])
def test_names_that_are_none(name: str) -> None:
    assert presenter.name_fault(name, ZH) == "姓名应为 2 至 30 个字，不能有数字和符号"


def test_what_is_missing_keeps_it_from_being_sent() -> None:
    assert presenter.faults_before_sending("林清", NUMBER, TODAY, ZH) == {}
    assert presenter.faults_before_sending(" ", " - ", TODAY, ZH) == {
        IdentityField.NAME: "请填写真实姓名",
        IdentityField.NUMBER: "请填写身份证号",
    }


@pytest.mark.parametrize("typed", [NUMBER, NUMBER[:17], NUMBER + "1", "1", "1100 0019 9003 0700 28"])
def test_nothing_but_the_ends_of_a_whole_number_is_seen(typed: str) -> None:
    shown = presenter.masked(typed).replace(" ", "").strip("*")
    assert shown in ("", "1100************28")


# ---- the form and how it stands ------------------------------------------------------------------


def test_tries_that_are_left_and_when_there_are_some_again() -> None:
    base = at_identity(fakes.off_air())
    view = presenter.present_identity_form(base, ZH, is_correction=False)
    assert (view.attempts, view.can_check, view.label) == ("今天还可核对 5 次", True, "核对")
    spent = way_fakes.UNKNOWN.model_copy(
        update={"attempts_left": 0, "attempts_again_at": datetime(2026, 11, 20, 16, tzinfo=UTC)}
    )
    view = presenter.present_identity_form(at_identity(fakes.off_air(), identity=spent), ZH, is_correction=False)
    assert (view.attempts, view.can_check) == ("今天的次数已用完，明天 00:00 以后再试", False)


@pytest.mark.parametrize(
    ("face", "is_warned"),
    [
        (None, False),
        (FaceState.REQUESTED, True),
        (FaceState.SECOND_LOOK, True),
        (FaceState.VERIFIED, True),
        (FaceState.REFUSED, False),
        (FaceState.VOIDED, False),
        (FaceState.CANCELLED, False),
    ],
)
def test_a_correction_warns_of_what_it_makes_void(face: FaceState | None, is_warned: bool) -> None:
    desk = way_fakes.identity(face=face_check(face) if face is not None else None)
    state = replace(on_the_way(fakes.off_air()), identity=desk)
    assert bool(presenter.present_identity_form(state, ZH, is_correction=True).warning) is is_warned
    assert presenter.present_identity_form(state, ZH, is_correction=False).warning == ""


def test_a_name_is_not_changed_under_a_review_or_a_broadcast() -> None:
    def second(state: DeskState) -> tuple[str, bool]:
        status = present_prepare(state, ZH, Look(StepId.IDENTITY)).status
        assert status is not None
        return status.text, status.second is not None

    plain = on_the_way(fakes.off_air(), ApplicationState.DRAFT)
    assert second(plain) == ("只显示部分内容；申请和人脸核验都以它为准。", True)
    text, may = second(on_the_way(fakes.off_air(), ApplicationState.IN_REVIEW))
    assert (text.endswith("申请审核期间不能更正。"), may) == (True, False)
    on_air = replace(plain, broadcast=replace(plain.broadcast, phase=BroadcastPhase.ON_AIR))
    text, may = second(on_air)
    assert (text.endswith("直播中不能更正。"), may) == (True, False)


def test_only_masked_values_are_drawn() -> None:
    status = present_prepare(on_the_way(fakes.off_air()), EN, Look(StepId.IDENTITY)).status
    assert status is not None
    assert dict(status.facts)["ID number"] == "4401 **** **** **** 12"
    assert dict(status.facts)["Covers"].endswith("no public register was asked")


def test_an_authority_of_a_newer_service_reads_as_one_that_asked_nobody() -> None:
    desk = way_fakes.identity()
    assert desk.identity is not None
    newer = replace(desk, identity=desk.identity.model_copy(update={"authority": "somebody"}))
    told = presenter.identity_told(replace(on_the_way(fakes.off_air()), identity=newer), ZH)
    assert dict(told.facts)["核对范围"] == "号码格式、出生日期与年龄；没有查询公安登记"


# ---- face ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hour", range(24))
def test_every_time_that_is_offered_can_be_asked_for(hour: int) -> None:
    now = datetime(2026, 11, 20, hour, 59, 59, tzinfo=UTC)
    view = presenter.present_face_form(at_face(fakes.off_air(), None, now=now), ZH)
    days = [date.fromisoformat(day) for day, _ in view.days if day]
    assert view.days[-1] == ("", "任何时间都可以")
    assert len(days) in (14, 15)
    for day in days:
        offered = presenter.slots(day, now)
        assert offered
        assert all(time_fault(utc_ms(at), utc_ms(now + timedelta(minutes=30))) is None for at in offered)


def test_a_day_that_is_over_is_not_offered() -> None:
    # 17:10 in Asia/Shanghai: what is left of the day is too near.
    late = presenter.present_face_form(
        at_face(fakes.off_air(), None, now=datetime(2026, 11, 20, 9, 10, tzinfo=UTC)), ZH
    )
    assert late.days[0] == ("2026-11-21", "明天")


def test_when_it_is_reads_with_day_and_weekday() -> None:
    told = presenter.face_told(at_face(fakes.off_air(), face_check(FaceState.APPOINTED)), StepState.WAITING, ZH)
    assert dict(told.facts)["约定时间"] == "明天 11 月 21 日 周六 15:15"
    told = presenter.face_told(at_face(fakes.off_air(), face_check(FaceState.APPOINTED)), StepState.WAITING, EN)
    assert dict(told.facts)["Appointed for"] == "Tomorrow, Saturday, 21 November 15:15"
    anytime = face_check(FaceState.REQUESTED, wished_at=None, method=FaceMethod.SECOND_DOCUMENT)
    told = presenter.face_told(at_face(fakes.off_air(), anytime), StepState.WAITING, ZH)
    assert told.facts == (("核验方式", "第二证件"), ("希望的时间", "任何时间都可以"))


@pytest.mark.parametrize(
    ("face", "step", "title", "tone"),
    [
        (None, StepState.CURRENT, "missing", "accent"),
        (None, StepState.LATER, "later", "accent"),
        (None, StepState.DONE, "verified", "good"),
        (FaceState.CANCELLED, StepState.CURRENT, "missing", "accent"),
        (FaceState.APPOINTED, StepState.LATER, "appointed", "accent"),
        (FaceState.REFUSED, StepState.CURRENT, "refused", "bad"),
        (FaceState.REFUSED, StepState.LATER, "later", "accent"),
        (FaceState.VERIFIED, StepState.CURRENT, "voided", "warn"),
        (FaceState.VOIDED, StepState.CURRENT, "voided", "warn"),
        (FaceState.VERIFIED, StepState.DONE, "verified", "good"),
    ],
)
def test_the_steps_and_the_newest_check_are_told_as_one(
    face: FaceState | None, step: StepState, title: str, tone: str
) -> None:
    state = at_face(fakes.off_air(), face_check(face) if face is not None else None)
    told = presenter.face_told(state, step, ZH)
    assert (told.title, told.tone) == (ZH.text(f"face.{title}"), tone)


def test_what_the_platform_wrote_stands_with_the_refusal_and_in_the_history() -> None:
    state = at_face(fakes.off_air(), face_check(FaceState.REFUSED))
    view = present_prepare(state, ZH)
    assert view.status is not None
    assert "看不清" in view.status.note
    assert [row.text for row in view.history] == ["提交预约", "约定时间", "未通过"]
    assert "看不清" in view.history[-1].comment


def test_the_form_is_open_only_while_one_can_ask() -> None:
    look = Look(StepId.FACE, opens_form=True)
    assert present_prepare(at_face(fakes.off_air(), None), ZH, look).middle is Middle.FACE
    asked = at_face(fakes.off_air(), face_check(FaceState.REQUESTED))
    assert present_prepare(asked, ZH, look).middle is Middle.STATUS


@pytest.mark.parametrize(
    ("face", "hint"),
    [
        (None, "首次开播前"),
        (FaceState.REQUESTED, "等待运营处理"),
        (FaceState.APPOINTED, "11 月 21 日 15:15"),
        (FaceState.REFUSED, "未通过，可重新预约"),
        (FaceState.VOIDED, "需要重新核验"),
        (FaceState.VERIFIED, "已通过 · 2026-11-20"),
    ],
)
def test_the_step_says_how_the_check_stands(face: FaceState | None, hint: str) -> None:
    view = present_prepare(at_face(fakes.off_air(), face_check(face) if face is not None else None), ZH)
    assert [row.hint for row in view.steps if row.id is StepId.FACE] == [hint]


# ---- moments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        # 16:00 UTC is midnight there.
        (datetime(2026, 12, 30, 16, tzinfo=UTC), "今天 12 月 31 日 周四 00:00", "today, Thursday, 31 December 00:00"),
        (
            datetime(2026, 12, 31, 16, tzinfo=UTC),
            "明天 2027 年 1 月 1 日 周五 00:00",
            "tomorrow, Friday, 1 January 2027 00:00",
        ),
        (datetime(2028, 2, 29, 1, tzinfo=UTC), "2028 年 2 月 29 日 周二 09:00", "Tuesday, 29 February 2028 09:00"),
    ],
)
def test_moments_are_those_of_the_platform(at: datetime, zh: str, en: str) -> None:
    today = date(2026, 12, 31)
    assert appointment_text(at, today, ZH) == zh
    assert appointment_text(at, today, EN) == en


def test_another_zone_of_this_machine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    assert moment_text(at, TODAY, ZH) == "今天 10:30"
    monkeypatch.setattr("ui.presenters.china_times.is_elsewhere", lambda _: True)
    assert moment_text(at, TODAY, ZH) == "北京时间 今天 10:30"
    assert appointment_text(at, TODAY, ZH) == "北京时间 今天 11 月 20 日 周五 10:30"


def test_days_and_texts_that_are_no_moments() -> None:
    assert day_text(date(2026, 11, 22), TODAY, ZH) == "11 月 22 日 周日"
    assert iso_moment_text("soon", TODAY, ZH) == "soon"
    assert iso_moment_text("2026-11-20T10:00:00", TODAY, ZH) == "2026-11-20T10:00:00"
    assert iso_moment_text("2026-11-20T02:30:00+00:00", TODAY, ZH) == "今天 10:30"


# ---- messages ------------------------------------------------------------------------------------


def told(kind: InboxKind, **params: str) -> InboxMessage:
    return InboxMessage(id="m", number=1, kind=kind, at=way_fakes.DAY, params=params, place=LinkPlace.PREPARE)


@pytest.mark.parametrize(
    ("message", "title", "body"),
    [
        (
            told(InboxKind.FACE_APPOINTED, at="2026-11-21T07:15:00+00:00", method="live_call", comment="请准时"),
            "人脸核验时间已定",
            "明天 15:15，方式：视频通话。请备好身份证，保持电话畅通。\n说明：请准时",
        ),
        (
            told(InboxKind.SESSION_REMINDER, title="写好简历", minutes="30", starts_at="2026-11-20T12:00:00+00:00"),
            "《写好简历》快要开始了",
            "今天 20:00 开始。",
        ),
        (
            told(InboxKind.IDENTITY_WITHDRAWN, comment="号码是别人的"),
            "实名信息被撤销",
            "请重新填写您本人的姓名和身份证号，再预约人脸核验；完成前不能开播，正在进行的直播不受影响。\n说明：号码是别人的",
        ),
        (
            told(InboxKind.SUSPENDED, until="2026-12-01T16:00:00+00:00", comment="展示了联系方式"),
            "直播功能已被暂停",
            "到 12 月 2 日 周三 00:00 为止。\n说明：展示了联系方式",
        ),
        (
            told(InboxKind.SUSPENDED, until="", comment="展示了联系方式"),
            "直播功能已被暂停",
            "何时恢复由平台决定，会在这里告诉您。\n说明：展示了联系方式",
        ),
    ],
)
def test_messages_name_moments_in_the_platforms_time(message: InboxMessage, title: str, body: str) -> None:
    assert message_words(message, ZH) == (title, body)
    assert arrival_words((message,), ZH) == (title, body)


@pytest.mark.parametrize("tr", [ZH, EN])
@pytest.mark.parametrize("kind", list(InboxKind))
def test_every_kind_of_message_reads_as_one(kind: InboxKind, tr: Translator) -> None:
    title, body = message_words(told(kind), tr)
    assert title
    assert title != tr.text("messages.other")
    assert "{" not in title + body
