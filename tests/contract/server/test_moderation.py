"""Moderating a room over the real service: what is done holds at once, is written down, and can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from app.contract.rest import Role
from app.contract.room import MAX_PAGE
from server.accounts import people
from server.gate import Person
from server.rooms.audience import audience
from server.store.store import Tx
from tests.contract.server.kit import LiveService, close_code, error_code
from tests.contract.server.room_kit import Room, join, open_room, said


@pytest.fixture
def room(live: LiveService) -> Room:
    return open_room(live)


# ---- messages ------------------------------------------------------------------------------------


def test_a_deleted_message_is_gone_from_every_page_and_from_history_and_comes_back(room: Room) -> None:
    with join(room.live, room.id) as (_, watching):
        room.say(room.viewer(1), "好的")
        ack = room.say(room.viewer(1), "乱说")
        line = room.done(room.anchor, "delete_message", message_id=ack.d["message_id"], reason="不友善")
        assert watching.until("chat.hidden")[0].d == {"ids": [ack.d["message_id"]]}
        assert room.shown() == ["好的"]
        with join(room.live, room.id) as (_, late):
            assert late.until("chat.voided")[0].seq == ack.d["seq"]
            assert [one.d["text"] for one in late.until("chat.posted")] == ["好的"]
        assert (line["kind"], line["excerpt"], line["reason"], line["is_undoable"]) == (
            "delete_message", "乱说", "不友善", True,
        )  # fmt: skip
        assert room.undo(room.anchor, line["id"]).json()["undone_at"] is not None
        back = watching.until("chat.restored")[0].d["messages"]
        assert [(one["text"], one["seq"]) for one in back] == [("乱说", ack.d["seq"])]
    assert room.shown() == ["好的", "乱说"]


def test_what_was_restored_and_hidden_again_is_in_no_resume(room: Room) -> None:
    ack = room.say(room.viewer(1), "秘密")
    line = room.done(room.anchor, "delete_message", message_id=ack.d["message_id"])
    room.undo(room.anchor, line["id"])
    room.done(room.anchor, "delete_message", message_id=ack.d["message_id"])
    with join(room.live, room.id) as (_, late):
        assert late.until("chat.restored")[0].d == {"messages": []}
        assert "秘密" not in str([one.d for one in late.heard])


def test_a_pinned_message_is_told_and_taken_down_when_it_is_hidden(room: Room) -> None:
    ack = room.say(room.viewer(1), "今晚讲简历")
    with join(room.live, room.id) as (_, watching):
        room.done(room.anchor, "pin", message_id=ack.d["message_id"])
        assert watching.until("room.rules")[0].d["pinned"]["text"] == "今晚讲简历"
        assert room.viewer(2).get(f"/sessions/{room.id}/room").json()["pinned"]["text"] == "今晚讲简历"
        line = room.done(room.anchor, "delete_message", message_id=ack.d["message_id"])
        assert watching.until("room.rules", 2)[1].d["pinned"] is None
    assert line["target_id"] == room.viewer(1).account_id


def test_replies_quote_what_is_shown_only(room: Room) -> None:
    first = room.say(room.viewer(1), "怎么投简历？")
    with join(room.live, room.id) as (_, watching):
        room.say(room.anchor, "看第三页", reply_to=first.d["message_id"])
        reply = watching.until("chat.posted", 2)[1].d
        assert (reply["role"], reply["reply"]["text"]) == ("owner", "怎么投简历？")
    room.done(room.anchor, "delete_message", message_id=first.d["message_id"])
    with join(room.live, room.id) as (_, late):
        assert late.until("chat.posted")[0].d["reply"] is None
    assert room.say(room.anchor, "再答", reply_to=first.d["message_id"]).d["code"] == "not_found"


# ---- people --------------------------------------------------------------------------------------


def test_who_is_muted_is_told_why_and_until_when_and_nobody_else_is(room: Room) -> None:
    noisy = room.viewer(1)
    with join(room.live, room.id, noisy) as (_, muted), join(room.live, room.id, room.viewer(2)) as (_, other):
        line = room.done(room.anchor, "mute", account_id=noisy.account_id, length="10m", reason="刷屏")
        told = muted.until("mod.muted")[0].d
        assert told["reason"] == "刷屏"
        assert told["until_ms"] is not None
        assert room.say(noisy, "还能说吗").d["code"] == "muted"
        assert room.say(noisy, "还能说吗").d["detail"]["reason"] == "刷屏"
        mine = noisy.get(f"/sessions/{room.id}/room").json()
        assert (mine["is_muted"], mine["muted_reason"]) == (True, "刷屏")
        with join(room.live, room.id, noisy) as (_, again):
            assert again.heard[0].d["muted"]["reason"] == "刷屏"
        room.undo(room.anchor, line["id"])
        muted.until("mod.unmuted")
        assert room.say(noisy, "可以了").t == "chat.ack"
        other.until("chat.posted")
        assert not [one for one in other.heard if one.t.startswith("mod.")]


def test_who_is_removed_is_out_everywhere_and_stays_out(room: Room) -> None:
    rude = room.viewer(1)
    room.say(rude, "骂人")
    with join(room.live, room.id, rude) as (one, first), join(room.live, room.id, rude) as (two, second):
        line = room.done(room.anchor, "remove", account_id=rude.account_id, length="session", reason="辱骂")
        for socket, heard in ((one, first), (two, second)):
            assert heard.until("session.revoked")[0].d == {"is_lasting": False, "reason": "辱骂"}
            assert close_code(socket) == 4403
    assert room.shown() == []
    with pytest.raises(Exception, match="4403"), join(room.live, room.id, rude):
        raise AssertionError("let in again")
    assert error_code(rude.get(f"/sessions/{room.id}/play")) == "removed_from_room"
    assert error_code(rude.get(f"/sessions/{room.id}/room")) == "removed_from_room"
    orders = [order for path, order in room.live.ingest.orders if path == "/control/drop-viewer"]
    assert [(one["session_id"], one["viewer_id"]) for one in orders] == [(room.id, rude.account_id)]
    ends_in_s = orders[0]["tokens_until_unix_s"] - room.live.services.clock.utc().timestamp()
    assert 55 < ends_in_s < 70, "every token made until then"
    room.undo(room.anchor, line["id"])
    assert rude.get(f"/sessions/{room.id}/play").status_code == 200
    assert room.say(rude, "对不起").t == "chat.ack"
    assert room.shown() == ["对不起"], "what was hidden with the removal stays hidden"


def test_lengths_are_those_that_are_offered(room: Room) -> None:
    someone = room.viewer(1).account_id
    assert error_code(room.moderate(room.anchor, "remove", account_id=someone, length="10m")) == "input_invalid"
    assert error_code(room.moderate(room.anchor, "mute", account_id=someone)) == "input_invalid"
    assert room.moderate(room.anchor, "mute", account_id=someone, length="7d").status_code == 422


def test_roles_decide_who_may_act_on_whom(room: Room) -> None:
    helper, second, viewer = room.viewer(1), room.viewer(2), room.viewer(3)
    assert error_code(room.moderate(helper, "mute", account_id=viewer.account_id, length="1m")) == "forbidden"
    with join(room.live, room.id, helper) as (_, heard):
        room.done(room.anchor, "appoint", account_id=helper.account_id)
        assert heard.until("mod.role")[0].d == {"role": "moderator"}
        room.done(room.anchor, "appoint", account_id=second.account_id)
        room.done(helper, "mute", account_id=viewer.account_id, length="1m")
        heard.until("mod.acted")
    for target in (room.anchor, second, helper):
        reply = room.moderate(helper, "mute", account_id=target.account_id, length="1m")
        assert error_code(reply) == "forbidden"
    assert error_code(room.moderate(helper, "appoint", account_id=viewer.account_id)) == "forbidden"
    mine = room.done(room.anchor, "shield_on")
    assert error_code(room.undo(helper, mine["id"])) == "forbidden", "what the anchor did"
    room.done(room.anchor, "dismiss", account_id=helper.account_id)
    assert error_code(room.moderate(helper, "mute", account_id=viewer.account_id, length="1m")) == "forbidden"


# ---- rules ---------------------------------------------------------------------------------------


def test_slow_mode_makes_viewers_wait_and_moderators_not(room: Room) -> None:
    room.done(room.anchor, "set_rules", rules={"slow_s": 120})
    assert room.say(room.viewer(1), "一").t == "chat.ack"
    refused = room.say(room.viewer(1), "二").d
    assert refused["code"] == "slow_mode"
    assert 0 < refused["retry_after_ms"] <= 120_000
    assert [room.say(room.anchor, text).t for text in "一二"] == ["chat.ack"] * 2


def test_a_paused_chat_and_followers_only(room: Room) -> None:
    room.done(room.anchor, "set_rules", rules={"is_paused": True})
    assert room.say(room.viewer(1), "好").d["code"] == "chat_paused"
    room.done(room.anchor, "set_rules", rules={"followers_only": True})
    assert room.say(room.viewer(1), "好").d["code"] == "followers_only"
    path = f"/api/v1/anchors/{room.anchor.account_id}/follow"
    assert room.live.client.put(path, headers=room.viewer(1).headers).status_code == 204
    assert room.say(room.viewer(1), "好").t == "chat.ack"
    assert room.live.client.delete(path, headers=room.viewer(1).headers).status_code == 204
    assert room.say(room.viewer(1), "好").d["code"] == "followers_only"


def test_the_shield_goes_up_and_puts_the_former_rules_back(room: Room) -> None:
    room.done(room.anchor, "set_rules", rules={"slow_s": 5, "contacts": "allow"})
    before = room.anchor.get(f"/sessions/{room.id}/room").json()["rules"]
    up = room.done(room.anchor, "shield_on")
    shielded = room.anchor.get(f"/sessions/{room.id}/room").json()
    assert shielded["is_shielded"]
    assert shielded["rules"] == {
        "slow_s": 30, "followers_only": True, "is_paused": False, "contacts": "hold", "words": "hold",
        "allows_guests": False,
    }  # fmt: skip
    assert error_code(room.moderate(room.anchor, "shield_on")) == "state_conflict"
    room.undo(room.anchor, up["id"])
    assert room.anchor.get(f"/sessions/{room.id}/room").json()["rules"] == before


def test_suspicious_messages_wait_and_are_released_or_refused(room: Room) -> None:
    viewer = room.viewer(1)
    with join(room.live, room.id, room.anchor) as (_, anchor), join(room.live, room.id) as (_, public):
        ack = room.say(viewer, "加我微信 abc12345").d
        assert ack["is_held"]
        held = anchor.until("chat.held")[0].d
        assert held["state"] == "waiting"
        assert [one["text"] for one in room.anchor.get(f"/sessions/{room.id}/held").json()] == ["加我微信 abc12345"]
        assert room.shown() == []
        line = room.done(room.anchor, "release_held", held_id=held["held_id"])
        assert public.until("chat.posted")[0].d["author_id"] == viewer.account_id
        assert not [one for one in public.heard if one.t == "chat.held"]
        assert error_code(room.moderate(room.anchor, "release_held", held_id=held["held_id"])) == "state_conflict"
        room.undo(room.anchor, line["id"])
        public.until("chat.hidden")
    second = room.say(viewer, "我的电话 13812345678").d
    room.done(room.anchor, "refuse_held", held_id=second["message_id"])
    assert room.anchor.get(f"/sessions/{room.id}/held").json() == []
    assert room.shown() == []


def test_the_anchors_own_words_are_found_however_they_are_written(room: Room) -> None:
    room.done(room.anchor, "add_word", word="培训班")
    room.done(room.anchor, "set_rules", rules={"words": "refuse"})
    for text in ("哪个培训班好", "培 训 班", "培★训★班", "陪训班"):
        assert room.say(room.viewer(1), text).d.get("code") == "text_refused", text
    assert room.say(room.viewer(1), "培训很好").t == "chat.ack"
    assert error_code(room.moderate(room.anchor, "add_word", word="培训班")) == "state_conflict"
    assert room.viewer(1).get(f"/sessions/{room.id}/room").json()["words"] == []
    room.done(room.anchor, "remove_word", word="培训班")
    assert room.say(room.viewer(1), "哪个培训班好").t == "chat.ack"


def test_what_is_prohibited_is_refused_to_everybody(room: Room) -> None:
    assert room.say(room.viewer(1), "网上赌博平台注册送彩金").d["code"] == "text_refused"
    assert room.shown() == []


# ---- the record ----------------------------------------------------------------------------------


def test_the_record_is_read_filtered_and_exported_by_who_moderates(room: Room) -> None:
    someone = room.viewer(1)
    room.say(someone, "=cmd|' /C calc'!A0")
    room.done(room.anchor, "mute", account_id=someone.account_id, length="forever", reason="=1+1")
    room.done(room.anchor, "shield_on")
    path = f"/sessions/{room.id}/actions"
    assert [one["kind"] for one in room.anchor.get(path).json()] == ["shield_on", "mute"]
    assert [one["kind"] for one in room.anchor.get(f"{path}?kind=mute").json()] == ["mute"]
    only = room.anchor.get(f"{path}?target={someone.account_id}").json()
    assert [(one["length"], one["until"]) for one in only] == [("forever", None)]
    table = room.anchor.get(f"/sessions/{room.id}/actions.csv")
    assert table.headers["content-type"].startswith("text/csv")
    lines = table.content.decode("utf-8-sig").split("\r\n")
    assert len(lines) == 4
    assert "'=1+1" in lines[2]
    assert error_code(someone.get(path)) == "forbidden"
    assert room.live.client.get(f"/api/v1{path}").status_code == 401


def test_of_a_large_audience_those_are_told_whom_one_looks_for(room: Room) -> None:
    services, muted = room.live.services, room.viewer(1)
    moderator = room.viewer(2)
    room.done(room.anchor, "mute", account_id=muted.account_id, length="forever")
    room.done(room.anchor, "appoint", account_id=moderator.account_id)
    assert room.say(room.viewer(3), "我常说话").t == "chat.ack"

    def crowd(tx: Tx) -> list[str]:
        names = (f"路人{number}" for number in range(400))
        return [
            people.add_account(tx, services.cipher, f"1360000{number:04d}", name).id
            for number, name in enumerate(names)
        ]

    there = frozenset([*room.live.run(services.store.write(crowd)), *(
        one.account_id for one in (muted, moderator, room.viewer(3))
    )])  # fmt: skip
    owner = Person(room.anchor.account_id, "", frozenset({Role.ANCHOR}), False)
    now_ms = round(services.clock.utc().timestamp() * 1000)
    found = room.live.run(services.store.read(lambda db: audience(db, owner, room.id, now_ms, there, 7)))
    assert (len(found.people), found.visitors, found.total) == (MAX_PAGE, 7, 410)
    first = {one.account_id: one for one in found.people}
    assert found.people[0].account_id == moderator.account_id
    assert first[muted.account_id].is_muted and first[room.viewer(3).account_id].messages == 1


def test_a_person_and_the_audience(room: Room) -> None:
    someone = room.viewer(1)
    hidden = room.say(someone, "第一句")
    room.say(someone, "第二句")
    room.done(room.anchor, "delete_message", message_id=hidden.d["message_id"])
    with join(room.live, room.id, someone), join(room.live, room.id):
        card = room.anchor.get(f"/sessions/{room.id}/people/{someone.account_id}").json()
        assert [(one["text"], one["is_hidden"]) for one in card["messages"]] == [("第二句", False), ("第一句", True)]
        assert (card["is_new"], card["is_present"], card["role"]) == (True, True, "viewer")
        assert [one["kind"] for one in card["actions"]] == ["delete_message"]
        there = room.anchor.get(f"/sessions/{room.id}/audience").json()
        assert [(one["name"], one["messages"]) for one in there["people"]] == [(card["name"], 2)]
        assert (there["visitors"], there["total"]) == (1, 2)
    assert error_code(someone.get(f"/sessions/{room.id}/audience")) == "forbidden"


def test_a_repeat_is_done_once(room: Room) -> None:
    someone: dict[str, Any] = {"account_id": room.viewer(1).account_id, "length": "1m"}
    first = room.moderate(room.anchor, "mute", key="same", **someone)
    again = room.moderate(room.anchor, "mute", key="same", **someone)
    assert first.json()["id"] == again.json()["id"]
    assert len(room.anchor.get(f"/sessions/{room.id}/actions").json()) == 1
    other = room.moderate(room.anchor, "mute", key="same", account_id=someone["account_id"], length="10m")
    assert error_code(other) == "idempotency_mismatch"
    without = room.anchor.post(f"/sessions/{room.id}/moderation", {"action": "shield_on"})
    assert without.status_code == 422
    room.undo(room.anchor, first.json()["id"])
    assert room.undo(room.anchor, first.json()["id"]).status_code == 200, "a repeat by the same person"


def test_a_held_message_asked_for_again_is_held_once(room: Room) -> None:
    with join(room.live, room.id, room.viewer(1)) as (connection, heard):
        for _ in range(3):
            connection.send(said("same", "加我微信 abc12345"))
        assert len({one.d["message_id"] for one in heard.until("chat.ack", 3)}) == 1
    assert len(room.anchor.get(f"/sessions/{room.id}/held").json()) == 1
