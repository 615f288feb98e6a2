"""Questions of a room: asked by the rules of the chat, seconded, shown, answered, hidden; over real sockets."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from server.config import Limits
from tests.contract.server.kit import LiveService, Signed, error_code
from tests.contract.server.room_kit import Room, join, open_room

pytestmark = pytest.mark.slow

_keys = itertools.count()


@pytest.fixture
def room(live: LiveService) -> Room:
    return open_room(live)


def asked(room: Room, who: Signed, text: str, key: str = "") -> Any:
    headers = {"Idempotency-Key": key or f"q-{next(_keys)}"}
    return who.post(f"/sessions/{room.id}/questions", {"text": text}, **headers)


def question(room: Room, who: Signed, text: str) -> str:
    reply = asked(room, who, text)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def second(room: Room, who: Signed, question_id: str, method: str = "put") -> Any:
    path = f"/api/v1/sessions/{room.id}/questions/{question_id}/second"
    return getattr(room.live.client, method)(path, headers=who.headers)


def act(room: Room, who: Signed, question_id: str, what: str) -> Any:
    return who.post(f"/sessions/{room.id}/questions/{question_id}/{what}")


def listed(room: Room, who: Signed | None = None) -> list[dict[str, Any]]:
    headers = who.headers if who is not None else {}
    found: list[dict[str, Any]] = room.live.client.get(f"/api/v1/sessions/{room.id}/questions", headers=headers).json()
    return found


def states(room: Room) -> dict[str, str]:
    return {str(one["text"]): str(one["state"]) for one in listed(room)}


# ---- asking --------------------------------------------------------------------------------------


def test_a_question_is_asked_once_however_often_it_is_sent(room: Room) -> None:
    viewer = room.viewer(1)
    with join(room.live, room.id) as (_, watching):
        first = asked(room, viewer, "  转行   怎么准备？ ", "k1")
        again = asked(room, viewer, "转行 怎么准备？", "k1")
        assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
        told = watching.until("question.changed")[0]
        assert told.seq > 0
        assert {name: told.d[name] for name in ("text", "state", "seconds", "rev")} == {
            "text": "转行 怎么准备？", "state": "asked", "seconds": 0, "rev": 1,
        }  # fmt: skip
    assert error_code(asked(room, viewer, "别的", "k1")) == "idempotency_mismatch"
    assert [one["text"] for one in listed(room)] == ["转行 怎么准备？"]


def test_a_question_has_1_to_100_characters(room: Room) -> None:
    viewer = room.viewer(1)
    assert error_code(asked(room, viewer, " \u200b ")) == "message_empty"
    assert error_code(asked(room, viewer, "问" * 101)) == "message_too_long"
    assert asked(room, viewer, "问" * 100).status_code == 201
    assert asked(room, viewer, "问" * 900).status_code == 422


def test_three_open_ones_a_person(room: Room) -> None:
    viewer = room.viewer(1)
    ids = [question(room, viewer, f"第{n}问") for n in range(3)]
    assert error_code(asked(room, viewer, "第四问")) == "questions_full"
    act(room, room.anchor, ids[0], "answer")
    assert asked(room, viewer, "第四问").status_code == 201
    assert asked(room, room.viewer(2), "别人的").status_code == 201


def test_the_rules_of_the_chat_hold(room: Room) -> None:
    viewer = room.viewer(1)
    assert room.live.client.post(
        f"/api/v1/sessions/{room.id}/questions", json={"text": "问"}, headers={"Idempotency-Key": "k"}
    ).status_code == 401  # fmt: skip
    room.done(room.anchor, "set_rules", rules={"is_paused": True})
    assert error_code(asked(room, viewer, "问")) == "chat_paused"
    room.done(room.anchor, "set_rules", rules={"followers_only": True})
    assert error_code(asked(room, viewer, "问")) == "followers_only"
    room.done(room.anchor, "set_rules", rules={})
    line = room.done(room.anchor, "mute", account_id=viewer.account_id, length="10m")
    assert error_code(asked(room, viewer, "问")) == "muted"
    room.undo(room.anchor, line["id"])
    assert error_code(asked(room, viewer, "网上赌博平台注册送彩金")) == "text_refused"
    assert error_code(asked(room, viewer, "加我微信 abc12345")) == "text_refused", "what a message would wait for"
    assert error_code(asked(room, room.anchor, "网上赌博平台注册送彩金")) == "text_refused"
    room.done(room.anchor, "add_word", word="培训班")
    assert error_code(asked(room, viewer, "哪个培训班好")) == "text_refused"
    assert listed(room) == []


def test_slow_mode_is_shared_with_the_chat(room: Room) -> None:
    viewer = room.viewer(1)
    room.done(room.anchor, "set_rules", rules={"slow_s": 120})
    assert room.say(viewer, "一").t == "chat.ack"
    assert error_code(asked(room, viewer, "问")) == "slow_mode"
    assert asked(room, room.viewer(2), "问").status_code == 201
    assert room.say(room.viewer(2), "一").d["code"] == "slow_mode"


# ---- seconding -----------------------------------------------------------------------------------


def test_one_second_a_person_and_not_ones_own(room: Room) -> None:
    author, other = room.viewer(1), room.viewer(2)
    one = question(room, author, "问")
    for _ in range(2):
        reply = second(room, other, one).json()
        assert (reply["seconds"], reply["is_seconded"]) == (1, True)
    assert error_code(second(room, author, one)) == "own_question"
    assert [(found["seconds"], found["is_seconded"]) for found in listed(room, other)] == [(1, True)]
    assert [found["is_seconded"] for found in listed(room, author)] == [False]
    for _ in range(2):
        assert second(room, other, one, "delete").json()["seconds"] == 0
    assert error_code(second(room, other, "nothing")) == "not_found"
    act(room, room.anchor, one, "answer")
    assert error_code(second(room, other, one)) == "state_conflict"


def test_many_seconds_are_one_tick(room: Room) -> None:
    one = question(room, room.viewer(0), "问")
    with join(room.live, room.id) as (_, watching):
        for number in range(1, 9):
            second(room, room.viewer(number), one)
        told = watching.until("question.seconded")
        while told[-1].d["questions"][0]["seconds"] < 8:
            told = watching.until("question.seconded", len(told) + 1)
        assert len(told) < 8
        assert all(each.seq == 0 for each in told)
        assert not [each for each in watching.heard if each.t == "question.changed" and each.d["seconds"]]
    assert listed(room)[0]["seconds"] == 8


def test_what_most_want_to_know_stands_first(room: Room) -> None:
    first, wanted, shown = (question(room, room.viewer(n), f"问{n}") for n in range(3))
    second(room, room.viewer(5), wanted)
    act(room, room.anchor, shown, "show")
    assert [one["id"] for one in listed(room)] == [shown, wanted, first]
    act(room, room.anchor, wanted, "answer")
    assert [one["id"] for one in listed(room)] == [shown, first, wanted]


def test_who_seconds_too_fast_waits(room: Room) -> None:
    one = question(room, room.viewer(1), "问")
    viewer, most = room.viewer(2), 3 * Limits().second_burst
    replies = (second(room, viewer, one, ("put", "delete")[number % 2]) for number in range(most))
    refused = next(reply for reply in replies if reply.status_code != 200)
    assert error_code(refused) == "rate_limited"


# ---- who moderates -------------------------------------------------------------------------------


def test_one_is_on_screen_then_answered(room: Room) -> None:
    first, other = question(room, room.viewer(1), "一"), question(room, room.viewer(2), "二")
    with join(room.live, room.id) as (_, watching):
        assert act(room, room.anchor, first, "show").json()["state"] == "on_screen"
        assert act(room, room.anchor, first, "show").json()["state"] == "on_screen"
        act(room, room.anchor, other, "show")
        told = watching.until("question.changed", 5)
        assert [(one.d["text"], one.d["state"]) for one in told[2:]] == [
            ("一", "on_screen"), ("一", "asked"), ("二", "on_screen"),
        ]  # fmt: skip
    assert states(room) == {"一": "asked", "二": "on_screen"}
    act(room, room.anchor, other, "hide_card")
    act(room, room.anchor, first, "show")
    act(room, room.anchor, first, "answer")
    assert states(room) == {"一": "answered", "二": "asked"}
    assert error_code(act(room, room.anchor, first, "show")) == "state_conflict"
    assert act(room, room.anchor, first, "nonsense").status_code == 422


def test_acts_are_in_the_record_and_cannot_be_undone(room: Room) -> None:
    one = question(room, room.viewer(1), "怎么谈薪资")
    for what in ("show", "show", "hide_card", "answer", "delete", "delete"):
        assert act(room, room.anchor, one, what).status_code == 200
    lines = room.anchor.get(f"/sessions/{room.id}/actions").json()
    assert [line["kind"] for line in lines] == ["delete_question", "answer_question", "hide_question", "show_question"]
    assert {line["excerpt"] for line in lines} == {"怎么谈薪资"}
    assert {line["target_id"] for line in lines} == {room.viewer(1).account_id}
    assert not any(line["is_undoable"] for line in lines)
    assert error_code(room.undo(room.anchor, lines[0]["id"])) == "state_conflict"
    assert error_code(room.moderate(room.anchor, "show_question")) == "input_invalid"


def test_moderators_may_and_viewers_may_not(room: Room) -> None:
    helper = room.viewer(1)
    one, anchors = question(room, room.viewer(2), "问"), question(room, room.anchor, "主播问")
    for what in ("show", "hide_card", "answer", "delete"):
        assert error_code(act(room, helper, one, what)) == "forbidden"
    room.done(room.anchor, "appoint", account_id=helper.account_id)
    assert act(room, helper, anchors, "show").status_code == 200
    assert error_code(act(room, helper, anchors, "delete")) == "forbidden", "of who stands above"
    assert act(room, helper, one, "delete").status_code == 200


def test_what_is_hidden_is_told_to_nobody_any_more(room: Room) -> None:
    one = question(room, room.viewer(1), "骂人的话")
    act(room, room.anchor, one, "show")
    with join(room.live, room.id) as (_, watching):
        assert act(room, room.anchor, one, "delete").json()["text"] == ""
        assert watching.until("question.changed", 3)[-1].d["state"] == "hidden"
    assert listed(room) == []
    with join(room.live, room.id) as (_, late):
        told = late.until("question.changed", 3)
        assert {(each.d["text"], each.d["author_name"], each.d["state"]) for each in told} == {("", "", "hidden")}
    for what in ("show", "hide_card", "answer"):
        assert error_code(act(room, room.anchor, one, what)) == "not_found"
    assert error_code(second(room, room.viewer(2), one)) == "not_found"


def test_with_a_person_go_their_questions(room: Room) -> None:
    rude = room.viewer(1)
    mine, others = question(room, rude, "我的"), question(room, room.viewer(2), "别人的")
    act(room, room.anchor, mine, "show")
    line = room.done(room.anchor, "remove", account_id=rude.account_id, length="session")
    assert states(room) == {"别人的": "asked"}
    for reply in (asked(room, rude, "还问"), second(room, rude, others)):
        assert error_code(reply) == "removed_from_room"
    path = f"/api/v1/sessions/{room.id}/questions"
    assert error_code(room.live.client.get(path, headers=rude.headers)) == "removed_from_room"
    room.undo(room.anchor, line["id"])
    assert states(room) == {"别人的": "asked"}, "what was hidden with the removal stays hidden"


def test_a_session_that_is_over_has_nothing_on_screen(room: Room) -> None:
    one = question(room, room.viewer(1), "问")
    act(room, room.anchor, one, "show")
    room.anchor.post(f"/sessions/{room.id}/end")
    assert states(room) == {"问": "asked"}
    assert error_code(act(room, room.anchor, one, "show")) == "session_ended"
    assert error_code(second(room, room.viewer(2), one)) == "session_ended"
    assert error_code(asked(room, room.viewer(2), "问")) == "session_ended"
    assert act(room, room.anchor, one, "answer").status_code == 200


def test_a_question_of_another_room_is_not_there(room: Room) -> None:
    one = question(room, room.viewer(1), "问")
    room.anchor.post(f"/sessions/{room.id}/end")
    other = open_room(room.live)
    assert error_code(act(other, other.anchor, one, "answer")) == "not_found"
    assert error_code(second(other, other.viewer(2), one)) == "not_found"
    assert room.live.client.get("/api/v1/sessions/nothing/questions").status_code == 404
