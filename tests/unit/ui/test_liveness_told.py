"""What is said of how a face check by camera ended, and on its way there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.liveness import Abort, LivenessPath, LivenessState, Retry
from app.i18n import Translator
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.trouble import Trouble
from tests.ui.liveness_fakes import at_check, desk, standing
from ui.presenters.liveness import present_liveness
from ui.presenters.liveness_intro import FaceLook
from ui.presenters.liveness_told import ToldView, in_words, is_barred

ZH = Translator("zh")
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
AGREED = FaceLook(is_agreed=True)


def told(liveness: LivenessDesk) -> ToldView:
    found = present_liveness(at_check(liveness), ZH, FaceLook(), NOW, onward="下一步").told
    assert found is not None
    return found


# ---- what became of it ---------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [*Retry, *Abort])
def test_each_reason_is_told_with_what_to_do_and_never_a_score(reason: Retry | Abort) -> None:
    is_retry = isinstance(reason, Retry)
    found = told(
        desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=reason)
        if is_retry
        else desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=reason)
    )
    assert found.title
    assert len(found.text) > 8
    assert not any(word in found.title + found.text for word in ("分数", "得分", "%", "失败"))
    assert found.main is not None
    assert found.main.action == "start"
    assert not found.is_good


def test_a_living_person_waits_for_an_operator_and_is_told_that_no_register_was_asked() -> None:
    found = told(desk(LivenessPhase.DONE, outcome=Outcome.WAITING, standing=standing(state=LivenessState.LIVE)))
    assert "没有查询公共登记库" in found.text
    assert found.is_good
    reviewed = told(desk(LivenessPhase.DONE, outcome=Outcome.WAITING, standing=standing(state=LivenessState.REVIEW)))
    assert "不需要您重做" in reviewed.text
    for path in (LivenessPath.NO_FLASH, LivenessPath.NO_ACTIONS):
        assert "人员审核" in told(desk(LivenessPhase.DONE, outcome=Outcome.WAITING, path=path)).text


def test_verified_leads_on() -> None:
    found = told(desk(LivenessPhase.DONE, outcome=Outcome.VERIFIED))
    assert found.main is not None
    assert (found.main.action, found.main.label) == ("onward", "下一步")
    last = present_liveness(at_check(desk(LivenessPhase.DONE, outcome=Outcome.VERIFIED)), ZH, AGREED, NOW).told
    assert last is not None
    assert last.main is None


def test_how_long_it_is_locked_is_told_in_words() -> None:
    locked = standing(locked_until=NOW + timedelta(minutes=22, seconds=5))
    found = told(desk(LivenessPhase.DONE, outcome=Outcome.LOCKED, standing=locked))
    assert "23 分钟" in found.text
    assert found.is_counting
    assert found.main is not None
    assert found.main.action == "call"
    assert is_barred(locked, NOW)
    passed = desk(LivenessPhase.DONE, outcome=Outcome.LOCKED, standing=standing(locked_until=NOW))
    again = told(passed)
    assert again.main is not None
    assert again.main.action == "start"


@pytest.mark.parametrize(("detail", "words"), [({"retry_after_s": 1750}, "30 分钟"), ({}, "过一会儿")])
def test_a_lock_that_was_refused_with_says_how_long_before_it_is_read(detail: dict[str, int], words: str) -> None:
    refused = desk(LivenessPhase.DONE, outcome=Outcome.LOCKED, trouble=Trouble("liveness_locked", detail))
    found = told(refused)
    assert words in found.text
    assert found.main is not None
    assert found.main.action == "call"


@pytest.mark.parametrize(
    ("code", "words"),
    [("camera_lost", "重新插好"), ("camera_in_use", "关闭会议"), ("liveness_expired", "过期"), ("no_camera", "接上")],
)
def test_what_broke_an_attempt_off_is_told_instead_of_who_gave_it_up(code: str, words: str) -> None:
    found = told(desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, trouble=Trouble(code)))
    assert words in found.text
    assert "观众" not in found.text
    assert found.main is not None
    assert found.main.action == "start"


def test_the_last_attempt_of_the_day_offers_a_call_instead_of_another() -> None:
    over = standing(left_today=0, again_at=NOW + timedelta(hours=9))
    found = told(desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=Retry.UNCLEAR, standing=over))
    assert found.title == ZH.text("liveness.retry.unclear")
    assert "9 小时" in found.text
    assert found.main is not None
    assert found.main.action == "call"


@pytest.mark.parametrize(
    ("seconds", "zh"),
    [(0, "不到 1 分钟"), (59.9, "不到 1 分钟"), (60, "1 分钟"), (61, "2 分钟"), (5340, "89 分钟"), (5400, "约 2 小时")],
)
def test_waiting_in_words(seconds: float, zh: str) -> None:
    assert in_words(seconds, ZH) == zh


@pytest.mark.parametrize(
    ("code", "has_standing", "action"),
    [
        ("platform_unreachable", False, "reload"),
        ("platform_unreachable", True, "start"),
        ("liveness_busy", True, "start"),
        ("liveness_unavailable", True, "call"),
        ("face_check_open", True, "call"),
        ("never_heard_of", True, "start"),
    ],
)
def test_each_trouble_has_a_way_on(code: str, has_standing: bool, action: str) -> None:
    liveness = desk(LivenessPhase.DONE, trouble=Trouble(code), standing=standing() if has_standing else None)
    found = told(liveness)
    assert found.main is not None
    assert found.main.action == action
    assert ("平台" in found.title) is (code == "platform_unreachable")


def test_sending_tells_how_far_it_is_and_waits_out_a_lost_connection() -> None:
    found = told(desk(LivenessPhase.SENDING, sent_ratio=0.426))
    assert (found.progress, found.progress_text) == (0.426, "已上传 42%")
    away = told(desk(LivenessPhase.SENDING, sent_ratio=0.426, trouble=Trouble("platform_unreachable")))
    assert "不用重做" in away.text
    assert away.tone == "warn"
    assert "离开本页" in told(desk(LivenessPhase.JUDGING)).note
