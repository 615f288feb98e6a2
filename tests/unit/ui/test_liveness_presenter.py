"""What is said and shown of the face check by camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest

from app.domain.application import ApplicationState
from app.domain.face_check import FaceState
from app.domain.liveness import Abort, Action, LivenessPath, LivenessState, Phase, Prompt, Retry, Stage
from app.domain.onboarding import StepId
from app.i18n import Translator
from app.ports.engine import NoVideo, SourceChanged, SourceStatus
from app.usecases.liveness_state import LivenessDesk, LivenessPhase, Outcome
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from tests.ui import fakes
from tests.ui.liveness_fakes import acting, at_check, capturing, desk, flashing, prompted, said, standing
from tests.ui.way_fakes import face_check, on_the_way
from ui.presenters.liveness import LivenessView, Mode, mode_of, present_liveness
from ui.presenters.liveness_capture import ROW_NAMES, arrow, guide_rows, present_capture, row_words
from ui.presenters.liveness_intro import FaceLook, camera_trouble, present_intro
from ui.presenters.prepare import Middle, is_face_at_hand, present_prepare
from ui.presenters.prepare_status import Look

ZH, EN = Translator("zh"), Translator("en")
NOW = datetime(2026, 11, 28, 8, tzinfo=UTC)
AGREED = FaceLook(is_agreed=True)


def shown(liveness: LivenessDesk, look: FaceLook = FaceLook(), tr: Translator = ZH, **changes: Any) -> LivenessView:
    return present_liveness(at_check(liveness, **changes), tr, look, NOW, onward="下一步")


# ---- which part is seen --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("liveness", "mode", "must_focus"),
    [
        (LivenessDesk(), Mode.LOADING, False),
        (LivenessDesk(trouble=Trouble("platform_unreachable")), Mode.TOLD, False),
        (desk(), Mode.INTRO, False),
        (desk(standing=standing(state=LivenessState.JUDGING)), Mode.PROGRESS, False),
        (desk(standing=standing(left_today=0)), Mode.TOLD, False),
        (desk(standing=standing(locked_until=NOW + timedelta(minutes=5))), Mode.TOLD, False),
        (desk(standing=standing(locked_until=NOW - timedelta(minutes=5))), Mode.INTRO, False),
        (desk(LivenessPhase.STARTING), Mode.CAPTURE, True),
        (desk(LivenessPhase.CAPTURING), Mode.CAPTURE, True),
        (flashing(), Mode.CAPTURE, True),
        (flashing(LivenessPhase.FLASHING), Mode.CAPTURE, True),
        (desk(LivenessPhase.SEALING), Mode.PROGRESS, True),
        (desk(LivenessPhase.SENDING), Mode.PROGRESS, False),
        (desk(LivenessPhase.JUDGING), Mode.PROGRESS, False),
        (desk(LivenessPhase.DONE, outcome=Outcome.VERIFIED), Mode.TOLD, False),
        (desk(LivenessPhase.DONE, trouble=Trouble("liveness_busy")), Mode.TOLD, False),
    ],
)
def test_each_phase_has_its_part_of_the_page(liveness: LivenessDesk, mode: Mode, must_focus: bool) -> None:
    view = shown(liveness)
    assert (view.mode, view.must_focus) == (mode, must_focus)
    parts = {Mode.INTRO: view.intro, Mode.CAPTURE: view.capture, Mode.PROGRESS: view.told, Mode.TOLD: view.told}
    assert parts.get(mode, "nothing") is not None
    assert (view.side is not None) is (mode is Mode.CAPTURE)


def test_another_way_can_be_chosen_where_an_outcome_would_stand_but_not_while_locked() -> None:
    over, choosing = desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=Retry.UNCLEAR), FaceLook(is_choosing=True)
    assert mode_of(over, choosing, NOW) is Mode.INTRO
    locked = replace(over, standing=standing(locked_until=NOW + timedelta(minutes=1)))
    assert mode_of(locked, choosing, NOW) is Mode.TOLD
    assert mode_of(capturing(said()), choosing, NOW) is Mode.CAPTURE


def test_colours_are_shown_only_while_they_are_due() -> None:
    assert shown(flashing()).colours == flashing().colours
    assert shown(flashing(LivenessPhase.FLASHING)).colours == flashing().colours
    assert shown(capturing(said(Phase.RECENTRE), colours=flashing().colours)).colours == ()


def test_the_preview_is_mirrored_also_for_who_turned_that_off_elsewhere() -> None:
    state = at_check(capturing(said()))
    assert not present_liveness(state, ZH, AGREED, NOW).is_flipped
    plain = replace(state, settings=msgspec.structs.replace(state.settings, is_preview_mirrored=False))
    assert present_liveness(plain, ZH, AGREED, NOW).is_flipped


# ---- the step in 准备 -----------------------------------------------------------------------------


def middle(state: DeskState, look: Look = Look(StepId.FACE)) -> Middle:
    return present_prepare(state, ZH, look).middle


def test_the_step_offers_the_camera_first_and_a_call_beside() -> None:
    status = present_prepare(at_check(), ZH).status
    assert status is not None
    assert status.main is not None
    assert status.second is not None
    assert (status.main.action, status.second.action) == ("open_camera_check", "open_face_form")
    assert middle(at_check(), Look(StepId.FACE, opens_camera=True)) is Middle.LIVENESS
    assert middle(at_check(), Look(StepId.FACE, opens_form=True)) is Middle.FACE


def test_what_runs_stands_there_by_itself_and_what_became_of_it_until_an_operator_has_it() -> None:
    ran = desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=Retry.UNCLEAR)
    for liveness in (desk(LivenessPhase.STARTING), desk(LivenessPhase.JUDGING), ran):
        assert middle(at_check(liveness)) is Middle.LIVENESS
    waiting = desk(LivenessPhase.DONE, outcome=Outcome.WAITING)
    assert middle(at_check(waiting, face=face_check(FaceState.NOTED))) is Middle.STATUS
    assert middle(at_check(desk(standing=standing(state=LivenessState.JUDGING)))) is Middle.LIVENESS
    assert middle(at_check(desk(standing=standing(state=LivenessState.RETRY)))) is Middle.STATUS
    assert middle(at_check(waiting, face=face_check(FaceState.REFUSED))) is Middle.STATUS, "an operator has decided"


def test_how_it_stands_is_asked_for_where_the_face_is_at_hand() -> None:
    assert is_face_at_hand(at_check())
    assert is_face_at_hand(at_check(face=face_check(FaceState.REQUESTED)))
    assert not is_face_at_hand(at_check(face=face_check(FaceState.VERIFIED)))
    assert not is_face_at_hand(on_the_way(fakes.off_air(), ApplicationState.IN_REVIEW))
    assert is_face_at_hand(fakes.off_air()), "while nothing is known"


# ---- how it begins -------------------------------------------------------------------------------


def test_it_begins_only_with_a_camera_and_the_consent() -> None:
    state = at_check()
    assert not present_intro(state, ZH, FaceLook()).can_start
    assert present_intro(state, ZH, FaceLook()).kept == ZH.text("liveness.agree_first")
    assert present_intro(state, ZH, AGREED).can_start
    assert not present_intro(replace(state, engine=fakes.engine(video=NoVideo())), ZH, AGREED).can_start
    on_air = present_intro(replace(state, broadcast=fakes.on_air().broadcast), ZH, AGREED)
    assert not on_air.can_start
    assert "下播" in on_air.kept


def test_the_colours_are_warned_of_before_anything_starts() -> None:
    full = present_intro(at_check(), ZH, FaceLook())
    assert "每秒不到 3 次" in full.warning
    assert len(full.steps) == 4
    plain = present_intro(at_check(), ZH, FaceLook(LivenessPath.NO_FLASH))
    assert plain.warning == ""
    assert not any("颜色" in text for _, text in plain.steps)
    still = present_intro(at_check(), ZH, FaceLook(LivenessPath.NO_ACTIONS))
    assert not any("动作" in text for _, text in still.steps)
    assert still.warning
    for way in full.paths:
        assert ("人工审核" in way.detail) is (way.path is not LivenessPath.FULL)


def test_it_says_who_compares_the_face() -> None:
    assert "不查询公安等公共登记库" in present_intro(at_check(), ZH, FaceLook()).match
    by_register = desk(standing=standing(is_match_by_operator=False))
    assert present_intro(at_check(by_register), ZH, FaceLook()).match == ZH.text("liveness.match_register")


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (SourceStatus.FAILED, "no_camera", "接上摄像头"),
        (SourceStatus.FAILED, "camera_in_use", "请关闭会议"),
        (SourceStatus.FAILED, "camera_forbidden", "隐私设置"),
        (SourceStatus.LOST, "camera_lost", "重新插好"),
        (SourceStatus.LOST, "camera_frozen", "换一个摄像头"),
        (SourceStatus.FAILED, "something_new", "重新插好"),
    ],
)
def test_each_trouble_of_the_camera_says_what_to_do(status: SourceStatus, code: str, words: str) -> None:
    engine = fakes.engine(video_status=SourceChanged(is_video=True, status=status, code=code))
    found = camera_trouble(replace(at_check(), engine=engine), ZH)
    assert found is not None
    assert words in found.text
    assert "观众" not in found.text, "nobody watches"


def test_only_cameras_are_offered() -> None:
    assert {one.id for one in present_intro(at_check(), ZH, FaceLook()).cameras} == {"camera.0", "camera.1"}
    off = camera_trouble(replace(at_check(), engine=fakes.engine(is_camera_off=True)), ZH)
    assert off is not None
    assert off.action == "show_camera"


# ---- while the camera works ----------------------------------------------------------------------

PROMPTS = {
    Prompt.NO_FACE: "请正对摄像头，露出完整面部",
    Prompt.SECOND_FACE: "请确保画面中只有您一人",
    Prompt.TOO_FAR: "请靠近一点",
    Prompt.TOO_CLOSE: "请离远一点",
    Prompt.OFF_CENTRE: "请跟随箭头移动",
    Prompt.TOO_DARK: "光线太暗，请面向光源",
    Prompt.TOO_BRIGHT: "光线过强，请避开强光",
    Prompt.UNEVEN: "光线不均，请避免侧光或背光",
    Prompt.BLURRED: "画面模糊，请擦拭镜头并保持不动",
    Prompt.MOUTH_COVERED: "请摘下口罩，不要遮挡口鼻",
    Prompt.EYES_COVERED: "请摘下墨镜，拨开头发",
    Prompt.TILTED: "请摆正头部",
}


@pytest.mark.parametrize(("prompt", "words"), PROMPTS.items())
def test_each_prompt_is_told_as_it_was_agreed(prompt: Prompt, words: str) -> None:
    assert present_capture(capturing(prompted(prompt)), ZH).headline == words


@pytest.mark.parametrize(
    ("action", "stage", "words"),
    [
        (Action.BLINK, Stage.WAITING, "眨眨眼"),
        (Action.MOUTH_OPEN, Stage.WAITING, "张大嘴"),
        (Action.TURN_LEFT, Stage.WAITING, "屏幕左边"),
        (Action.TURN_RIGHT, Stage.WAITING, "屏幕右边"),
        (Action.NOD, Stage.WAITING, "点头"),
        (Action.TURN_LEFT, Stage.UNDERWAY, "再转一点"),
        (Action.NOD, Stage.UNDERWAY, "点头"),
        (Action.TURN_RIGHT, Stage.RETURNING, "转回正面"),
        (Action.MOUTH_OPEN, Stage.RETURNING, "闭上嘴"),
        (Action.NOD, Stage.RETURNING, "抬起头"),
        (Action.TURN_LEFT, Stage.WRONG, "方向反了"),
    ],
)
def test_each_action_is_told_by_how_far_it_has_come(action: Action, stage: Stage, words: str) -> None:
    view = present_capture(capturing(acting(action, stage, share_ratio=0.55)), ZH)
    assert words in view.headline
    assert view.action is action
    assert view.share_ratio == 0.55
    assert view.is_done is (stage is Stage.RETURNING)


def test_the_arrow_points_where_the_face_has_to_go_on_the_mirrored_screen() -> None:
    # Seen by the camera at its right, that is at the left of the screen: to the right. Too low: up.
    assert arrow(prompted(Prompt.OFF_CENTRE, off_x_ratio=0.2)) == (1.0, 0.0)
    assert arrow(prompted(Prompt.OFF_CENTRE, off_x_ratio=-0.2)) == (-1.0, 0.0)
    assert arrow(prompted(Prompt.OFF_CENTRE, off_y_ratio=0.2)) == (0.0, -1.0)
    slanted = arrow(prompted(Prompt.OFF_CENTRE, off_x_ratio=0.3, off_y_ratio=-0.4))
    assert slanted == pytest.approx((0.6, 0.8))
    assert arrow(prompted(Prompt.TOO_DARK, off_x_ratio=0.3)) is None
    assert arrow(None) is None


def chips(liveness: LivenessDesk) -> list[tuple[str, str]]:
    return [(chip.text, chip.tone) for chip in present_capture(liveness, ZH).chips]


def test_the_steps_show_what_was_done_and_not_what_comes() -> None:
    begun = chips(capturing(prompted(None)))
    assert begun == [("正对镜头", "accent"), ("动作 1", "neutral"), ("动作 2", "neutral"), ("光线验证", "neutral")]
    acted = chips(capturing(acting(Action.TURN_LEFT), done=(Action.BLINK,)))
    assert acted == [("正对镜头", "good"), ("眨眼", "good"), ("向左转头", "accent"), ("光线验证", "neutral")]
    lit = chips(flashing())
    assert lit[-1] == ("光线验证", "accent")
    after = chips(capturing(said(Phase.RECENTRE), done=(Action.BLINK, Action.NOD)))
    assert {tone for _, tone in after} == {"good"}
    assert not any(text == "光线验证" for text, _ in chips(capturing(prompted(None), path=LivenessPath.NO_FLASH)))
    still = chips(capturing(prompted(None), path=LivenessPath.NO_ACTIONS, actions=0))
    assert still == [("正对镜头", "accent"), ("光线验证", "neutral")]
    for chip in present_capture(capturing(acting(Action.NOD), done=(Action.BLINK,)), ZH).chips:
        assert chip.mark == {"good": "check", "accent": "dot", "neutral": ""}[chip.tone], "not by colour alone"


def test_the_time_counts_down_only_while_something_is_asked_for() -> None:
    view = present_capture(capturing(acting(Action.NOD, left_ms=5001)), ZH)
    assert view.foot == "动作顺序每次不同 · 剩余 6 秒"
    assert view.left_ratio == pytest.approx(5001 / 8000)
    still = present_capture(capturing(prompted(None)), ZH)
    assert (still.foot, still.left_ratio) == ("动作顺序每次不同", 0.0)


def test_who_waits_for_the_colours_looks_at_the_screen_before_and_after_them() -> None:
    done = (Action.BLINK, Action.NOD)
    view = present_capture(capturing(said(Phase.WAIT), done=done), ZH)
    assert "看着屏幕" in view.hint
    assert (view.chips[-1].text, view.chips[-1].tone) == ("光线验证", "accent")
    plain = capturing(said(Phase.WAIT), done=done, path=LivenessPath.NO_FLASH)
    assert "光线" not in present_capture(plain, ZH).hint
    lit = present_capture(flashing(), ZH)
    assert lit.headline == "请保持不动，看着屏幕"


def test_the_person_looks_into_the_camera_until_it_is_sealed() -> None:
    for phase in (Phase.WAIT, Phase.RECENTRE):
        waiting = desk(LivenessPhase.SEALING, now=said(phase), done=(Action.BLINK, Action.NOD))
        view = shown(waiting)
        assert view.mode is Mode.CAPTURE
        assert view.capture is not None
        assert view.capture.headline == "请看着镜头，保持不动"
        assert {chip.tone for chip in view.capture.chips} == {"good"}
        assert view.must_focus
    assert shown(desk(LivenessPhase.SEALING, now=said(Phase.FINISHED))).mode is Mode.PROGRESS


def test_a_slow_connection_is_told_while_the_next_order_is_waited_for() -> None:
    slow = capturing(said(Phase.WAIT), done=(Action.BLINK,), trouble=Trouble("platform_unreachable"))
    assert "网络较慢" in present_capture(slow, ZH).hint


def test_what_is_not_in_order_stands_below_an_action() -> None:
    view = present_capture(capturing(acting(Action.NOD, prompt=Prompt.DIM)), ZH)
    assert "偏暗" in view.hint


@pytest.mark.parametrize("code", ["camera_lost", "camera_frozen", "liveness_unavailable"])
def test_a_camera_that_goes_is_told_in_the_middle_of_it(code: str) -> None:
    view = present_capture(capturing(said(code=code)), ZH)
    assert "摄像头" in view.headline
    assert view.hint
    assert {row.tone for row in guide_rows(capturing(said(code=code)), ZH)} == {"neutral"}


@pytest.mark.parametrize("prompt", Prompt)
def test_each_thing_that_is_looked_at_has_its_line(prompt: Prompt) -> None:
    rows = {row.name: row for row in guide_rows(capturing(prompted(prompt)), ZH)}
    assert tuple(rows) == ROW_NAMES
    wrong = [row for row in rows.values() if row.tone == "warn"]
    assert len(wrong) == 1
    assert wrong[0].word in row_words(ZH)
    assert wrong[0].said == f"{wrong[0].text}：{wrong[0].word}"
    others = {row.tone for row in rows.values() if row is not wrong[0]}
    assert others == ({"neutral"} if prompt is Prompt.NO_FACE else {"good"})


def test_a_step_is_counted_once_it_is_done() -> None:
    counts = [
        present_capture(one, ZH).steps_done
        for one in (
            capturing(prompted(None)),
            capturing(said(Phase.WAIT)),
            capturing(acting(Action.NOD)),
            capturing(said(Phase.WAIT), done=(Action.NOD,)),
        )
    ]
    assert counts == [0, 1, 1, 2]


# ---- both languages ------------------------------------------------------------------------------


def every() -> Iterator[LivenessDesk]:
    for prompt in (None, *Prompt):
        yield capturing(prompted(prompt))
    for action, stage in product(Action, Stage):
        yield capturing(acting(action, stage), done=(action,), actions=3)
    for phase, path in product(Phase, LivenessPath):
        yield capturing(said(phase), path=path)
    for phase, path in product(LivenessPhase, LivenessPath):
        yield desk(phase, path=path)
        yield replace(flashing(phase), path=path)
    for outcome in Outcome:
        yield desk(LivenessPhase.DONE, outcome=outcome)
    for retry in Retry:
        yield desk(LivenessPhase.DONE, outcome=Outcome.RETRY, retry=retry)
    for abort in Abort:
        yield desk(LivenessPhase.DONE, outcome=Outcome.ABORTED, abort=abort)
    for code in ("liveness_locked", "liveness_attempts_over", "liveness_camera_needed", "package_damaged"):
        yield desk(LivenessPhase.DONE, trouble=Trouble(code))


@pytest.mark.parametrize("tr", [ZH, EN])
def test_every_state_reads_in_both_languages(tr: Translator) -> None:
    for liveness in every():
        for path in LivenessPath:
            view = repr(present_liveness(at_check(liveness), tr, FaceLook(path, is_agreed=True), NOW, onward="on"))
            assert "liveness." not in view.replace("ui.presenters.liveness.", "")
            assert "{" not in view
            assert "error." not in view
