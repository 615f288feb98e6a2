"""Measures over real sockets: chat is refused in every room, a cut-off tells its reason to the anchor alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.contract.events import CloseCode
from app.contract.inbox import PERSONAL_ROOM
from app.domain.measures import ConductCategory, MeasureKind
from server.gate import Person
from server.measures import take
from server.measures.take import MeasureWish
from tests.contract.server.applicants import second_operator
from tests.contract.server.kit import LiveService, Signed, close_code, sign_in
from tests.contract.server.room_kit import PHONES, join, open_room


@pytest.fixture
def operator(live: LiveService) -> Person:
    cipher = live.services.cipher
    found: Person = live.run(live.services.store.write(lambda tx: second_operator(tx, cipher)))
    return found


def taken(live: LiveService, operator: Person, who: Signed, kind: MeasureKind, **more: Any) -> str:
    wish = MeasureWish(who.account_id, kind, ConductCategory.UNFRIENDLY, "辱骂他人", **more)
    services = live.services
    found: str = live.run(services.store.write(lambda tx: take.take(tx, operator, services.cipher, wish, None)))
    return found


def lift(live: LiveService, operator: Person, measure_id: str) -> None:
    cipher = live.services.cipher
    live.run(live.services.store.write(lambda tx: take.lift(tx, operator, cipher, measure_id, "已整改")))


def test_who_may_not_chat_is_refused_until_it_is_lifted_and_nobody_else(live: LiveService, operator: Person) -> None:
    room = open_room(live)
    viewer, other = room.viewer(1), room.viewer(2)
    assert room.say(viewer, "大家好").t == "chat.ack"
    until_ms = round((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1000)
    measure_id = taken(live, operator, viewer, MeasureKind.LIMIT_CHAT, until_ms=until_ms)
    refused = room.say(viewer, "再说一句")
    assert (refused.t, refused.d["code"]) == ("error", "limited_chat")
    assert refused.d["detail"] == {"until_ms": until_ms, "reason": "辱骂他人", "measure_id": measure_id}
    assert room.say(other, "我可以").t == "chat.ack"
    lift(live, operator, measure_id)
    assert room.say(viewer, "谢谢").t == "chat.ack"
    soon_ms = round((datetime.now(UTC) + timedelta(seconds=0.3)).timestamp() * 1000)
    taken(live, operator, viewer, MeasureKind.LIMIT_CHAT, until_ms=soon_ms)
    answers = ["error"]
    while answers[-1] == "error" and len(answers) < 50:
        answers.append(room.say(viewer, f"第 {len(answers)} 次再说").t)
    assert answers[-1] == "chat.ack", "it ran out by itself"


def test_an_anchor_may_be_kept_from_writing_in_their_own_room(live: LiveService, operator: Person) -> None:
    room = open_room(live)
    taken(live, operator, room.anchor, MeasureKind.LIMIT_CHAT)
    assert room.say(room.anchor, "欢迎").d["code"] == "limited_chat"


@pytest.mark.parametrize("kind", [MeasureKind.SUSPENSION, MeasureKind.LIMIT_BROADCAST, MeasureKind.CUT_OFF])
def test_what_is_cut_off_tells_its_reason_to_the_anchor_alone(
    live: LiveService, operator: Person, kind: MeasureKind
) -> None:
    room = open_room(live)
    key = room.anchor.post(f"/sessions/{room.id}/stream-key").json()
    viewer = room.viewer(1)
    with (
        join(live, room.id, room.anchor) as (_, heard),
        join(live, PERSONAL_ROOM, room.anchor) as (_, told),
        join(live, room.id, viewer) as (_, seen),
    ):
        taken(live, operator, room.anchor, kind)
        [revoked] = heard.until("key.revoked")
        assert revoked.d == {"key_id": key["key_id"], "cause": "cut_off", "reason": "辱骂他人"}
        changed = [one.d for one in seen.until("session.changed", 2)][-1]
        assert (changed["state"], changed["reason"]) == ("ended", "cut_off")
        assert "辱骂他人" not in repr(seen.heard)
        while not {"inbox", "measures", "account"} <= {one.d["what"] for one in told.until("me.changed")}:
            told.until("me.changed", len([one for one in told.heard if one.t == "me.changed"]) + 1)
    assert room.anchor.get("/me/inbox").json()["messages"][0]["place"] == "measures"


def test_closing_ends_every_socket_and_what_comes_after_is_for_reading_only(
    live: LiveService, operator: Person
) -> None:
    room = open_room(live)
    viewer = room.viewer(1)
    with join(live, room.id, viewer) as (connection, _), join(live, PERSONAL_ROOM, viewer) as (personal, _):
        measure_id = taken(live, operator, viewer, MeasureKind.CLOSING)
        assert close_code(connection) == close_code(personal) == CloseCode.ENDED_ELSEWHERE
    again = sign_in(live.client, PHONES[1])
    assert room.say(again, "我又来了").d["code"] == "account_closed"
    reply = room.anchor.client.put(f"/api/v1/anchors/{room.anchor.account_id}/follow", headers=again.headers)
    assert reply.json()["error"]["code"] == "account_closed"
    with join(live, PERSONAL_ROOM, again) as (_, told):
        lift(live, operator, measure_id)
        told.until("me.changed")
    assert again.get("/me/measures").json()[0]["state"] == "lifted"
    assert room.say(again, "谢谢").t == "chat.ack"


def test_one_that_was_not_told_refuses_at_once_and_is_told_with_that(live: LiveService, operator: Person) -> None:
    room = open_room(live)
    viewer = room.viewer(1)
    measure_id = taken(live, operator, viewer, MeasureKind.LIMIT_CHAT, is_told_later=True)
    assert viewer.get("/me/measures").json() == viewer.get("/me/inbox").json()["messages"] == []
    with join(live, PERSONAL_ROOM, viewer) as (_, told):
        refused = room.say(viewer, "大家好")
        assert (refused.d["code"], refused.d["detail"]["measure_id"]) == ("limited_chat", measure_id)
        while not {"inbox", "measures"} <= {one.d["what"] for one in told.until("me.changed")}:
            told.until("me.changed", len([one for one in told.heard if one.t == "me.changed"]) + 1)
    assert [one["id"] for one in viewer.get("/me/measures").json()] == [measure_id]
    assert [one["kind"] for one in viewer.get("/me/inbox").json()["messages"]] == ["measure_limit_chat"]
    room.say(viewer, "再说一句")
    assert len(viewer.get("/me/inbox").json()["messages"]) == 1


def test_what_is_deleted_leaves_every_open_page_and_comes_back_to_it(live: LiveService, operator: Person) -> None:
    room = open_room(live)
    viewer, other = room.viewer(1), room.viewer(2)
    message = room.say(viewer, "一句坏话").d["message_id"]
    with join(live, room.id, other) as (_, seen):
        measure_id = taken(live, operator, viewer, MeasureKind.DELETION, pieces=(f"message:{message}",))
        [hidden] = seen.until("chat.hidden")
        assert hidden.d["ids"] == [message]
        assert room.shown() == []
        lift(live, operator, measure_id)
        [restored] = seen.until("chat.restored")
        assert [one["text"] for one in restored.d["messages"]] == ["一句坏话"]
    assert room.shown() == ["一句坏话"]
