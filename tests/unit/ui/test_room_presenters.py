from __future__ import annotations

from datetime import timedelta

import pytest

from app.contract.room import ActionKind, Rules
from app.domain.room.restrictions import Length
from app.domain.room.rules import Policy
from app.i18n import Translator
from app.usecases.moderation_state import DoneAct, ModerationDesk, RecordFile
from app.usecases.room_wishes import SendChat
from app.usecases.state import MessageStatus
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from tests.ui import fakes, room_fakes
from tests.ui.fakes import change
from tests.ui.room_fakes import NOON, action, card, desk, my_room
from ui.presenters.chat import ChatPresenter, found, rules_text, send_wish, why_held
from ui.presenters.common import error_sentence
from ui.presenters.room_side import (
    RECORD_FILTERS,
    SidePresenter,
    changed_rules,
    matching,
    present_side,
)
from ui.presenters.room_words import action_detail, action_sentence, clock, mute_choices, remove_choices

TR = Translator()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (action(1, ActionKind.MUTE, "小苗", length=Length.TEN_MINUTES), "你 禁言 小苗 10 分钟"),
        (action(1, ActionKind.REMOVE, "小苗", length=Length.FOREVER), "你 移出 小苗（永久）"),
        (action(1, ActionKind.DELETE_MESSAGE, "小苗"), "你 删除了 小苗 的 1 条发言"),
        (action(1, ActionKind.SHIELD_ON, "", actor_id="v3", actor_name="木头人", actor_role="moderator"),
         "木头人（房管） 开启了一键防护"),
    ],
)  # fmt: skip
def test_an_act_in_words(made: object, said: str) -> None:
    assert action_sentence(made, room_fakes.ME, TR) == said  # type: ignore[arg-type]


def test_every_kind_of_act_has_words_in_both_languages() -> None:
    for kind in ActionKind:
        for language in ("zh", "en"):
            made = action(1, kind, "小苗", length=Length.DAY if kind in (ActionKind.MUTE, ActionKind.REMOVE) else None)
            assert "{" not in action_sentence(made, "", Translator(language))


def test_what_is_known_beside_an_act() -> None:
    until = NOON + timedelta(minutes=10)
    bound = action(1, ActionKind.MUTE, excerpt="加我", reason="联系方式", until=until)
    assert action_detail(bound, TR) == f"加我 · 联系方式 · {clock(until)} 到期"
    undone = action(1, ActionKind.MUTE, until=until, undone_at=NOON)
    assert action_detail(undone, TR) == f"{clock(NOON)} 已撤销"
    assert action_detail(action(1, ActionKind.PIN), TR) == ""


def test_lengths_on_offer_are_those_of_the_service_and_each_is_an_act_of_its_own() -> None:
    mutes = mute_choices("v1", TR)
    assert [one.label for one in mutes] == ["禁言 1 分钟", "禁言 10 分钟", "禁言 本场", "禁言 24 小时", "禁言 永久"]
    assert [one.label for one in remove_choices("v1", TR)] == ["移出直播间（本场）", "移出直播间（永久）"]
    keys = {one.wish.request_key for one in (*mutes, *mute_choices("v1", TR))}  # type: ignore[union-attr]
    assert len(keys) == 10


def test_messages_are_found_by_word_and_author() -> None:
    rows = ChatPresenter().present(room_fakes.on_air(), TR).rows
    assert [row.author for row in found(rows, "数字")] == ["晚一点睡"]
    assert [row.author for row in found(rows, "USER_83021 名额")] == ["user_83021"]
    assert found(rows, "没有") == found(rows, "没有数据")
    assert found(rows, "  ") is rows


def test_a_row_says_who_what_and_whether_it_can_be_acted_on() -> None:
    rows = {row.author: row for row in ChatPresenter().present(room_fakes.on_air(), TR).rows}
    assert rows["木头人"].tag == "房管"
    assert (rows["user_83021"].is_hidden, rows["user_83021"].status_text) == (True, "已删除，观众看不到")
    own = rows["林晓 · 主播"]
    assert (own.account_id, own.reply) == ("", "小苗不急：实习两段都很短，要都写吗")
    assert rows["一叶舟"].account_id == "v7" and rows["一叶舟"].message_id == "m7"
    waiting = fakes.room((change(fakes.chat_line(1, "林晓", True, "加微信"), is_held=True),))
    assert ChatPresenter().present(fakes.on_air(room=waiting), TR).rows[0].status_text == "等待放行"


def test_the_chat_tells_rules_pin_held_and_what_was_done() -> None:
    view = ChatPresenter().present(room_fakes.on_air(moderation=room_fakes.busy_desk()), TR)
    assert (view.rules, view.is_shielded, view.can_moderate) == ("慢速 30 秒 · 仅关注者可发言", True, True)
    assert view.pinned.startswith("置顶 · 木头人：欢迎大家")
    assert view.held is not None and view.held.text == "已拦截 2 条：疑似联系方式 · user_77120"
    assert view.done is not None and (view.done.text, view.done.action_id) == ("你 禁言 user_83021 10 分钟", "x42")
    fixed = DoneAct(2, action(1, ActionKind.REFUSE_HELD, is_undoable=False))
    view = ChatPresenter().present(room_fakes.on_air(moderation=desk(done=fixed, trouble=Trouble("forbidden"))), TR)
    assert view.done is not None and view.done.action_id == ""
    assert view.refusal


def test_a_room_that_is_not_mine_offers_nothing() -> None:
    for moderation in (ModerationDesk(), desk(room=my_room(role="viewer"))):
        state = room_fakes.on_air(moderation=moderation)
        assert not ChatPresenter().present(state, TR).can_moderate
        side = present_side(state, TR)
        assert (side.record.can_moderate, side.rules.can_change, side.record.rows) == (False, False, ())
        assert side.audience.empty_text and side.record.empty_text
    assert rules_text(ModerationDesk(), TR) == ""


def test_rules_in_words() -> None:
    assert rules_text(desk(room=my_room(rules=Rules(is_paused=True, slow_s=5))), TR) == "聊天已暂停 · 慢速 5 秒"
    assert why_held("contact", TR) == "疑似联系方式"
    assert why_held("something_new", TR) == "需要你确认"


def test_the_audience_is_grouped_and_searched() -> None:
    rows = present_side(room_fakes.on_air(), TR).audience.rows
    assert [row.name for row in rows if not row.account_id] == ["房管", "已禁言", "观众"]
    muted = next(row for row in rows if row.account_id == "v4")
    assert muted.pill == f"至 {clock(NOON + timedelta(minutes=52))}" and muted.note == "3 条发言"
    assert [row.name for row in matching(rows, "小苗")] == ["观众", "小苗不急"]
    assert matching(rows, "") is rows and matching(rows, "没有这个人") == ()
    for_good = room_fakes.audience().model_copy(update={"people": [room_fakes.member(9, "", is_muted=True)]})
    rows = present_side(room_fakes.on_air(moderation=desk(audience=for_good)), TR).audience.rows
    assert (rows[1].name, rows[1].pill) == ("观众", "已禁言")


def test_above_the_audience_stands_how_many_there_were() -> None:
    state, presenter = room_fakes.on_air(), SidePresenter()
    assert presenter.present(state, TR).audience.figures == "围观 3,021 人 · 最高在线 1,406 人"
    later = change(state, broadcast=change(state.broadcast, onlookers=3022, peak=1407))
    assert presenter.present(later, TR).audience.figures == "围观 3,022 人 · 最高在线 1,407 人"
    nobody = change(state, broadcast=change(state.broadcast, onlookers=0, peak=0))
    assert presenter.present(nobody, TR).audience.figures == ""


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        (LoadPhase.LOADING, "正在加载…"),
        (LoadPhase.FAILED, "没有加载成功，请稍后再试"),
        (LoadPhase.READY, "这一场还没有操作"),
    ],
)
def test_an_empty_record_says_why(phase: LoadPhase, text: str) -> None:
    state = room_fakes.on_air(moderation=desk(record=(), record_phase=phase))
    assert present_side(state, TR).record.empty_text == text


def test_the_record_is_that_of_its_filter() -> None:
    file = RecordFile("/tmp/r.csv", 1, is_done=True, reason="")
    state = room_fakes.on_air(moderation=desk(kinds=RECORD_FILTERS["mute"], file=file))
    view = present_side(state, TR).record
    assert (view.filter, view.saved, view.saved_reason) == ("mute", "/tmp/r.csv", "")
    assert [row.target_id for row in view.rows] == ["x44", "x42", "x41", "", "", "x12"]


def test_a_card_says_how_somebody_stands() -> None:
    view = present_side(room_fakes.on_air(moderation=desk(person_id="v4", person=card())), TR).card
    assert view is not None
    assert (view.name, view.facts) == ("user_83021", "未关注 · 第一次来")
    assert view.standing == f"禁言至 {clock(NOON + timedelta(minutes=52))}"
    assert (view.can_act, view.is_muted, view.can_appoint) == (True, True, True)
    assert [(row.detail, row.target_id) for row in view.said] == [("已删除", ""), ("", "m2"), ("", "m1")]
    removed = card(is_removed=True, is_present=False, is_muted=False)
    view = present_side(room_fakes.on_air(moderation=desk(person_id="v4", person=removed)), TR).card
    assert view is not None and (view.standing, view.is_removed) == ("已移出直播间", True)
    lasting = card(muted_until=None)
    view = present_side(room_fakes.on_air(moderation=desk(person_id="v4", person=lasting)), TR).card
    assert view is not None and view.standing == "已禁言"


def test_a_moderator_cannot_act_on_another() -> None:
    moderator = card(role="moderator", is_muted=False)
    mine = desk(person_id="v3", person=moderator, room=my_room(role="moderator"))
    view = present_side(room_fakes.on_air(moderation=mine), TR).card
    assert view is not None and (view.can_act, view.can_appoint) == (False, False)
    owners = desk(person_id="v3", person=moderator)
    view = present_side(room_fakes.on_air(moderation=owners), TR).card
    assert view is not None and (view.can_act, view.can_appoint, view.is_moderator) == (True, True, True)


@pytest.mark.parametrize("phase", [LoadPhase.LOADING, LoadPhase.FAILED])
def test_a_card_that_is_not_here_says_so(phase: LoadPhase) -> None:
    view = present_side(room_fakes.on_air(moderation=desk(person_id="v4", person_phase=phase)), TR).card
    assert view is not None and view.empty_text


def test_other_rules_keep_the_rest() -> None:
    view = present_side(room_fakes.on_air(moderation=desk(room=my_room(rules=Rules(slow_s=30)))), TR).rules
    rules = changed_rules(view, contacts="refuse").wish.rules
    assert rules is not None and (rules.slow_s, rules.contacts) == (30, Policy.REFUSE)


def test_what_did_not_change_is_made_once() -> None:
    presenter, state = SidePresenter(), room_fakes.on_air()
    view = presenter.present(state, TR)
    assert presenter.present(change(state, room=fakes.room(fakes.chat(3))), TR) is view
    assert presenter.present(change(state, moderation=desk(held=())), TR) is not view


def test_an_answer_carries_what_it_answers() -> None:
    wish = send_wish("写清楚结果", "m3")
    assert wish is not None and wish.reply_to == "m3"
    assert send_wish("  ", "m3") is None


def test_what_was_behind_a_trouble_is_told_in_its_words() -> None:
    told = error_sentence("report_not_sent", {"cause": "already_reported"}, TR)
    assert told == "刚才的举报没有提交成功。您已举报过，平台处理后会在消息里告诉您"
    told = error_sentence("report_not_sent", {"cause": "clip_exists_not", "x": 1}, Translator("en"))
    assert "clip_exists_not" in told and "{" not in told


def test_an_answer_is_sent_again_as_an_answer() -> None:
    line = room_fakes.line(
        9, "林晓", "写清楚", is_anchor=True, status=MessageStatus.FAILED, request_id="r1", code="rate_limited",
        reply_to="m2", reply_author="小苗不急", reply_text="要都写吗",
    )  # fmt: skip
    state = change(room_fakes.on_air(), room=fakes.room((line,)))
    [row] = ChatPresenter().present(state, TR).rows
    assert row.retry == SendChat("写清楚", "r1", "m2")
    [row] = ChatPresenter().present(change(state, room=fakes.room((line,), is_followed=False)), TR).rows
    assert row.retry is None and row.status_text


def test_a_record_that_the_service_did_not_give_says_why() -> None:
    file = RecordFile("/tmp/r.csv", 1, is_done=True, trouble=Trouble("platform_timeout"))
    view = present_side(room_fakes.on_air(moderation=desk(file=file)), TR).record
    assert view.saved == "/tmp/r.csv" and view.saved_reason == TR.text("error.platform_timeout")
