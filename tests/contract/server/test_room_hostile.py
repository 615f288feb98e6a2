"""Clients that mean harm in a room: what they send is refused or does nothing."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from app.contract.events import Envelope, encode
from tests.contract.server.kit import Listener, LiveService, close_code, error_code, hello, sign_in
from tests.contract.server.room_kit import PHONES, Room, join, open_room, said


@pytest.fixture
def room(live: LiveService) -> Room:
    return open_room(live)


def refused_at_the_door(room: Room, token: str) -> bool:
    with connect(room.live.events_url, proxy=None, close_timeout=0.3) as connection:
        connection.send(hello(room.id, token))
        return close_code(connection) == 4403


def test_who_is_banned_is_kept_out_with_an_old_token_another_device_and_a_socket_made_anew(room: Room) -> None:
    phone = PHONES[1]
    banned = room.viewer(1)
    second = sign_in(room.live.client, phone, device="Phone")
    assert second.account_id == banned.account_id
    with join(room.live, room.id, banned) as (old, _), join(room.live, room.id, second) as (other, _):
        room.done(room.anchor, "remove", account_id=banned.account_id, length="forever", reason="骚扰")
        assert close_code(old) == 4403
        assert close_code(other) == 4403
    third = sign_in(room.live.client, phone, device="Tablet")
    for person in (banned, second, third):
        assert refused_at_the_door(room, person.pair["access_token"])
        assert error_code(person.get(f"/sessions/{room.id}/play")) == "removed_from_room"
    later = open_room(room.live)
    assert refused_at_the_door(later, third.pair["access_token"]), "for good: in the next session too"


def test_a_socket_that_is_greeted_while_its_person_is_removed_is_closed(room: Room) -> None:
    rude = room.viewer(1)
    with ExitStack() as within:
        sockets = [within.enter_context(connect(room.live.events_url, proxy=None, close_timeout=0.3)) for _ in range(5)]
        for one in sockets[:3]:
            one.send(hello(room.id, rude.pair["access_token"]))
        room.done(room.anchor, "remove", account_id=rude.account_id, length="session")
        for one in sockets[3:]:
            one.send(hello(room.id, rude.pair["access_token"]))
        assert [close_code(one) for one in sockets] == [4403] * 5


def test_moderation_of_a_room_that_is_not_ones_own_is_refused(room: Room) -> None:
    stranger, victim = room.viewer(1), room.viewer(2)
    ack = room.say(victim, "在吗")
    wishes: tuple[tuple[str, dict[str, object]], ...] = (
        ("delete_message", {"message_id": ack.d["message_id"]}),
        ("mute", {"account_id": victim.account_id, "length": "1m"}),
        ("remove", {"account_id": room.anchor.account_id, "length": "forever"}),
        ("appoint", {"account_id": stranger.account_id}),
        ("set_rules", {"rules": {"is_paused": True}}),
        ("shield_on", {}),
        ("add_word", {"word": "面试"}),
    )
    for action, fields in wishes:
        assert error_code(room.moderate(stranger, action, **fields)) == "forbidden", action
    for path in ("actions", "actions.csv", "held", "audience", f"people/{victim.account_id}"):
        assert error_code(stranger.get(f"/sessions/{room.id}/{path}")) == "forbidden", path
    assert room.shown() == ["在吗"]
    line = room.done(room.anchor, "shield_on")
    assert error_code(room.undo(stranger, line["id"])) == "forbidden"


def test_what_belongs_to_another_room_is_not_found(room: Room) -> None:
    ack = room.say(room.viewer(1), "在这里")
    line = room.done(room.anchor, "pin", message_id=ack.d["message_id"])
    room.anchor.post(f"/sessions/{room.id}/end")
    other = open_room(room.live)
    assert error_code(other.moderate(other.anchor, "delete_message", message_id=ack.d["message_id"])) == "not_found"
    assert error_code(other.undo(other.anchor, line["id"])) == "not_found"
    assert other.say(other.anchor, "答", reply_to=ack.d["message_id"]).d["code"] == "not_found"


@pytest.mark.parametrize(
    "kind", ["chat.posted", "chat.hidden", "mod.muted", "session.revoked", "room.rules", "mod.role"]
)
def test_a_forged_fact_goes_to_nobody(room: Room, kind: str) -> None:
    with join(room.live, room.id) as (_, watching), join(room.live, room.id, room.viewer(1)) as (forger, heard):
        body = {
            "ids": ["x"],
            "message_id": "x",
            "author_id": "x",
            "author_name": "主播",
            "is_anchor": True,
            "text": "假",
        }
        forger.send(encode([Envelope(t=kind, id="f", seq=99, room=room.id, d=body)]))
        assert heard.until("error")[0].d["code"] == "input_invalid"
        room.say(room.viewer(2), "真")
        assert watching.until("chat.posted")[0].d["text"] == "真"
        assert [one.t for one in watching.heard if one.seq] == ["chat.posted"]


def test_big_and_broken_frames_do_no_harm(room: Room) -> None:
    with join(room.live, room.id, room.viewer(1)) as (connection, heard):
        connection.send(b"\xff\xfe[{\x80")
        assert heard.until("error")[0].d["code"] == "input_invalid"
        connection.send(said("long", "长" * 20_000))
        assert heard.until("error", 2)[1].d["code"] in ("message_too_long", "input_invalid")
    with connect(room.live.events_url, proxy=None, close_timeout=0.3) as connection:
        connection.send(hello(room.id, room.viewer(1).pair["access_token"]))
        Listener(connection).until("hello.ack")
        connection.send("[" + '"x",' * 40_000 + "1]")
        assert close_code(connection) is not None
    assert room.say(room.viewer(1), "还好").t == "chat.ack"


def test_a_message_that_answers_what_cannot_be_an_id_spoils_nobody_elses(room: Room) -> None:
    """Asked for in one frame, so that they are posted together."""
    with join(room.live, room.id, room.viewer(1)) as (connection, heard):
        for number, answered in enumerate(("\0", "a\0b", "x" * 65, "", "../")):
            wishes = [
                *json.loads(said(f"bad{number}", "答", reply_to=answered)),
                *json.loads(said(f"good{number}", "好")),
            ]
            connection.send(json.dumps(wishes))
            assert heard.until("error", number + 1)[-1].d["code"] == "input_invalid", repr(answered)
            assert len(heard.until("chat.ack", number + 1)) == number + 1


def test_a_removed_moderator_moderates_by_no_route(room: Room) -> None:
    former, victim = room.viewer(1), room.viewer(2)
    ack = room.say(victim, "在吗")
    room.done(room.anchor, "appoint", account_id=former.account_id)
    line = room.done(former, "mute", account_id=victim.account_id, length="1m")
    room.done(room.anchor, "remove", account_id=former.account_id, length="session")
    for action, fields in (
        ("delete_message", {"message_id": ack.d["message_id"]}),
        ("unmute", {"account_id": victim.account_id}),
        ("shield_on", {}),
    ):
        reply = room.moderate(former, action, **fields)
        assert (error_code(reply), reply.status_code) == ("removed_from_room", 403), action
    assert error_code(room.undo(former, line["id"])) == "removed_from_room"
    for path in ("actions", "actions.csv", "held", "audience", f"people/{victim.account_id}"):
        assert error_code(former.get(f"/sessions/{room.id}/{path}")) == "removed_from_room", path


def test_script_in_a_nickname_is_text_and_no_formula(room: Room) -> None:
    viewer, name = room.viewer(1), "=<b onclick=x>"
    changed = room.live.client.patch("/api/v1/me", json={"nickname": name}, headers=viewer.headers)
    assert changed.status_code == 200, changed.text
    with join(room.live, room.id) as (_, watching):
        room.say(viewer, "大家好")
        assert watching.until("chat.posted")[0].d["author_name"] == name
    room.done(room.anchor, "mute", account_id=viewer.account_id, length="1m")
    table = room.anchor.get(f"/sessions/{room.id}/actions.csv").content.decode("utf-8-sig")
    assert f"'{name}" in table


def test_script_in_a_message_is_text(room: Room) -> None:
    words = "<img src=x onerror=alert(1)>"
    assert room.say(room.viewer(1), words).t == "chat.ack"
    assert room.shown() == [words]
    table = room.anchor.get(f"/sessions/{room.id}/actions.csv")
    assert table.headers["x-content-type-options"] == "nosniff"
