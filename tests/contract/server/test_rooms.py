"""Rooms over real sockets: order, resume, idempotency, limits, and sockets that are closed."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.contract.events import MAX_FRAME_BYTES, Envelope, encode
from app.runtime.clock import SystemClock
from tests.contract.server.kit import (
    GENEROUS,
    HOOK,
    FakeIngest,
    Listener,
    LiveService,
    Signed,
    chat,
    close_code,
    code_of,
    config_for,
    hello,
    sign_in,
)

VIEWERS = ("13900000001", "13900000002")


def open_room(live: LiveService) -> tuple[Signed, str]:
    anchor = sign_in(live.client)
    body = {"title": "面试", "category": "job_search"}
    return anchor, str(anchor.post("/sessions", body).json()["id"])


@contextlib.contextmanager
def join(
    live: LiveService, room: str, token: str | None = None, after_seq: int = 0, **options: Any
) -> Iterator[ClientConnection]:
    with connect(live.events_url, **{"proxy": None, "close_timeout": 0.3} | options) as connection:
        connection.send(hello(room, token, after_seq))
        yield connection


def test_a_visitor_reads_and_a_viewer_writes(live: LiveService) -> None:
    anchor, room = open_room(live)
    viewer = sign_in(live.client, VIEWERS[0])
    with ExitStack() as within:
        visitor = within.enter_context(join(live, room))
        reader = Listener(visitor)
        # Only who was greeted counts as there: otherwise the second might be the first.
        assert reader.until("hello.ack")[0].d["account_id"] is None
        writing = within.enter_context(join(live, room, viewer.pair["access_token"]))
        writer = Listener(writing)
        ack = writer.until("hello.ack")[0]
        assert ack.d == {
            "last_seq": 0, "state": "scheduled", "viewers": 2, "account_id": viewer.account_id, "role": "viewer",
            "muted": None, "peak": 0, "onlookers": 0,
        }  # fmt: skip
        writing.send(chat("m1", "  大家\n好 "))
        acked = writer.until("chat.ack")[0]
        assert acked.d["request_id"] == "m1"
        posted = reader.until("chat.posted")[0]
        assert posted.d["text"] == "大家 好"
        assert posted.d["is_anchor"] is False
        assert (posted.seq, posted.room, posted.d["message_id"]) == (1, room, acked.d["message_id"])
        assert acked.d["seq"] == 1
        assert writer.until("chat.posted")[0].id == posted.id
        visitor.send(chat("m2", "hi"))
        assert reader.until("error")[0].d["code"] == "not_signed_in"
    history = live.client.get(f"/api/v1/sessions/{room}/messages").json()
    assert [(one["seq"], one["text"], one["author_id"]) for one in history] == [(1, "大家 好", viewer.account_id)]
    assert live.client.get(f"/api/v1/sessions/{room}").json()["messages"] == 1
    assert anchor.get("/sessions/current").json()["viewers"] in (0, 1, 2)


def test_a_repeated_message_is_posted_once(live: LiveService) -> None:
    anchor, room = open_room(live)
    with join(live, room, anchor.pair["access_token"]) as connection:
        heard = Listener(connection)
        for _ in range(3):
            connection.send(chat("same", "一次"))
        acks = heard.until("chat.ack", 3)
        assert len({(one.d["message_id"], one.d["seq"]) for one in acks}) == 1
        connection.send(chat("same", "两次"))
        assert heard.until("error")[0].d["code"] == "idempotency_mismatch"
        connection.send(chat("next", "二"))
        heard.until("chat.posted", 2)
        assert heard.seqs() == [1, 2]
        assert heard.until("chat.posted")[0].d["is_anchor"] is True


def test_session_changes_are_facts_of_the_room(live: LiveService) -> None:
    anchor, room = open_room(live)
    with join(live, room) as connection:
        heard = Listener(connection)
        heard.until("hello.ack")
        target = anchor.post(f"/sessions/{room}/stream-key", {}).json()
        body = {"app": "live", "key": target["key"], "connection_id": "c1"}
        grant = live.client.post("/internal/v1/publish/authorize", json=body, headers=HOOK).json()
        live.client.post("/internal/v1/publish/started", json=grant, headers=HOOK)
        anchor.post(f"/sessions/{room}/end")
        changes = heard.until("session.changed", 3)
        assert [one.d["state"] for one in changes] == ["preparing", "live", "ended"]
        assert changes[2].d["reason"] == "anchor"
        assert heard.seqs() == [1, 2, 3]
        connection.send(chat("m", "late"))
        assert heard.until("error")[0].d["code"] == "not_signed_in"
    with join(live, room, anchor.pair["access_token"]) as connection:
        connection.send(chat("m", "late"))
        assert Listener(connection).until("error")[0].d["code"] == "session_ended"


def test_resume_gives_what_was_missed(live: LiveService) -> None:
    anchor, room = open_room(live)
    token = anchor.pair["access_token"]
    with join(live, room, token) as connection:
        for number in range(20):
            connection.send(chat(f"m{number}", f"第{number}条"))
        Listener(connection).until("chat.ack", 20)
    with join(live, room, None, after_seq=12) as connection:
        heard = Listener(connection)
        heard.until("chat.posted", 8)
        assert heard.seqs() == list(range(13, 21))
        assert heard.heard[0].t == "hello.ack"
        assert heard.heard[0].d["last_seq"] == 20
    for impossible in (21, 10**6, -1):
        with join(live, room, None, after_seq=impossible) as connection:
            heard = Listener(connection)
            assert heard.until("room.reset")[0].d["last_seq"] == 20
            assert heard.seqs() == []


def test_joining_while_others_write_loses_and_doubles_nothing(live: LiveService) -> None:
    anchor, room = open_room(live)
    total = 120
    with join(live, room, anchor.pair["access_token"]) as writing:

        def write() -> None:
            for number in range(total):
                writing.send(chat(f"m{number}", f"{number}"))

        thread = threading.Thread(target=write, name="test-writer")
        thread.start()
        for _ in range(6):
            with join(live, room) as connection:
                heard = Listener(connection)
                heard.until("chat.posted", 10)
                assert heard.seqs() == list(range(1, len(heard.seqs()) + 1))
        thread.join(5)
        with join(live, room) as connection:
            heard = Listener(connection)
            heard.until("chat.posted", total)
            assert heard.seqs() == list(range(1, total + 1))


def test_a_client_away_too_long_is_reset(tmp_path: Path) -> None:
    limits = replace(GENEROUS, resume_facts=5)
    live = LiveService(config_for(tmp_path, limits=limits), SystemClock(), FakeIngest()).start()
    try:
        anchor, room = open_room(live)
        with join(live, room, anchor.pair["access_token"]) as connection:
            for number in range(6):
                connection.send(chat(f"m{number}", "x"))
            Listener(connection).until("chat.ack", 6)
            with join(live, room) as late:
                heard = Listener(late)
                heard.until("room.reset")
                connection.send(chat("m6", "y"))
                assert heard.until("chat.posted")[0].seq == 7
    finally:
        live.stop()


def test_bad_frames_are_answered(live: LiveService) -> None:
    anchor, room = open_room(live)
    with join(live, room, anchor.pair["access_token"]) as connection:
        heard = Listener(connection)
        bad = [
            ("{", "input_invalid"),
            (encode([Envelope(t="chat.posted", id="a", d={})]), "input_invalid"),
            (encode([Envelope(t="nonsense", id="b")]), "input_invalid"),
            (chat("c", " \u200b "), "message_empty"),
            (chat("d", "字" * 201), "message_too_long"),
            (chat("", "text"), "input_invalid"),
            (chat("x" * 65, "text"), "input_invalid"),
        ]
        for frame, _code in bad:
            connection.send(frame)
        assert [one.d["code"] for one in heard.until("error", len(bad))] == [code for _frame, code in bad]
        connection.send(chat("ok", "字" * 200))
        assert heard.until("chat.ack")[0].d["seq"] == 1
        connection.send("x" * (MAX_FRAME_BYTES + 1))
        assert close_code(connection) == 1009


def test_who_may_not_enter(live: LiveService) -> None:
    _anchor, room = open_room(live)
    with join(live, room, "wrong-token") as connection:
        assert Listener(connection).until("error")[0].d["code"] == "token_expired"
        assert close_code(connection) == 4401
    for unknown in ("nowhere", "", "x'--"):
        with join(live, unknown) as connection:
            assert Listener(connection).until("error")[0].d["code"] == "not_found"
            assert close_code(connection) == 4403
    with connect(live.events_url, proxy=None) as connection:
        connection.send(chat("m", "before hello"))
        assert close_code(connection) == 1003


def test_foreign_pages_and_hosts_get_no_socket(live: LiveService) -> None:
    for options in ({"origin": "http://evil.example"}, {"origin": "null"}):
        with pytest.raises(InvalidStatus) as refused:
            connect(live.events_url, proxy=None, **options)
        assert refused.value.response.status_code == 403
    other = live.events_url.replace("127.0.0.1", "evil.example")
    with (
        socket.create_connection(("127.0.0.1", live.port)) as raw,
        pytest.raises(InvalidStatus) as refused,
    ):
        connect(other, proxy=None, sock=raw)
    assert refused.value.response.status_code == 403
    with connect(live.events_url, proxy=None, origin=live.url):  # type: ignore[arg-type]
        pass


def test_the_cookie_of_our_page_signs_in(live: LiveService) -> None:
    _anchor, room = open_room(live)
    own = {"Origin": live.url, "X-Client": "page"}
    live.client.post("/api/v1/auth/code", json={"phone": VIEWERS[0]}, headers=own)
    body = {"phone": VIEWERS[0], "code": code_of(live.client, VIEWERS[0]), "device_name": "Browser"}
    live.client.post("/api/v1/auth/sign-in", json=body, headers=own)
    cookie = {"Cookie": f"ad_access={live.client.cookies['ad_access']}"}
    with join(live, room, origin=live.url, additional_headers=cookie) as connection:
        assert Listener(connection).until("hello.ack")[0].d["account_id"]
    with join(live, room, additional_headers=cookie) as connection:
        assert Listener(connection).until("hello.ack")[0].d["account_id"] is None
    with join(live, room, origin=live.url, additional_headers={"Cookie": "ad_access=old"}) as connection:
        assert Listener(connection).until("hello.ack")[0].d["account_id"] is None


def test_an_ended_device_loses_its_sockets_and_key(live: LiveService) -> None:
    here = sign_in(live.client, device="PC")
    there = sign_in(live.client, device="Laptop")
    room = here.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
    here.post(f"/sessions/{room}/stream-key", {})
    with join(live, room, here.pair["access_token"]) as ended, join(live, room, there.pair["access_token"]) as kept:
        Listener(ended).until("hello.ack")
        heard = Listener(kept)
        heard.until("hello.ack")
        there.delete(f"/me/devices/{here.pair['device_id']}")
        assert close_code(ended) == 4409
        kept.send(chat("m", "still here"))
        heard.until("chat.ack")


def test_the_holder_of_a_key_hears_that_it_died(live: LiveService) -> None:
    here = sign_in(live.client, device="PC")
    there = sign_in(live.client, device="Laptop")
    room = here.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
    key = here.post(f"/sessions/{room}/stream-key", {}).json()
    with join(live, room, here.pair["access_token"]) as held, join(live, room, there.pair["access_token"]) as other:
        holder, taker = Listener(held), Listener(other)
        holder.until("hello.ack")
        taker.until("hello.ack")
        there.post(f"/sessions/{room}/stream-key", {"take_over": True})
        assert holder.until("key.revoked")[0].d == {"key_id": key["key_id"], "cause": "taken_over"}
        other.send(chat("m", "mark"))
        taker.until("chat.ack")
        assert not [one for one in taker.heard if one.t == "key.revoked"]


def test_viewers_are_counted_without_the_anchor(live: LiveService) -> None:
    anchor, room = open_room(live)
    viewer = sign_in(live.client, VIEWERS[0])
    token = viewer.pair["access_token"]
    with join(live, room, anchor.pair["access_token"]) as own:
        heard = Listener(own)
        assert heard.until("hello.ack")[0].d["viewers"] == 0
        with join(live, room, token) as one, join(live, room, token) as same, join(live, room) as visitor:
            for connection in (one, same, visitor):
                Listener(connection).until("hello.ack")
            assert live.client.get(f"/api/v1/sessions/{room}").json()["viewers"] == 2
        for _ in range(5):
            if (
                heard.until("room.stats", len([x for x in heard.heard if x.t == "room.stats"]) + 1)[-1].d["viewers"]
                == 0
            ):
                break
        stats = [one for one in heard.heard if one.t == "room.stats"]
        assert stats[-1].d == {"viewers": 0, "messages": 0, "peak": 0, "onlookers": 0}
        assert all(one.seq == 0 for one in stats)


def test_a_flood_is_refused_then_closed(tmp_path: Path) -> None:
    limits = replace(GENEROUS, chat_burst=3, chat_per_s=0.1, chat_refusals_burst=5, chat_refusals_per_s=0.1)
    live = LiveService(config_for(tmp_path, limits=limits), SystemClock(), FakeIngest()).start()
    try:
        anchor, room = open_room(live)
        with join(live, room, anchor.pair["access_token"]) as connection:
            heard = Listener(connection)
            for number in range(10):
                connection.send(chat(f"m{number}", "x"))
            refused = heard.until("error", 5)
            assert {one.d["code"] for one in refused} == {"rate_limited"}
            assert all(one.d["retry_after_ms"] > 1000 for one in refused)
            assert close_code(connection) == 4429
            assert len([one for one in heard.heard if one.t == "chat.ack"]) == 3
    finally:
        live.stop()


def test_a_frame_full_of_requests_counts_as_so_many(tmp_path: Path) -> None:
    """Each of them is a repeat, which costs no message."""
    limits = replace(GENEROUS, chat_burst=1, chat_per_s=0.01, frames_burst=20, frames_per_s=0.1)
    live = LiveService(config_for(tmp_path, limits=limits), SystemClock(), FakeIngest()).start()
    try:
        anchor, room = open_room(live)
        with join(live, room, anchor.pair["access_token"]) as connection:
            again = json.loads(chat("m1", "x"))[0]
            connection.send(json.dumps([again] * 300))
            assert close_code(connection) == 4429
    finally:
        live.stop()


def test_what_is_posted_already_is_acknowledged_whatever_the_rate(tmp_path: Path) -> None:
    limits = replace(GENEROUS, chat_burst=2, chat_per_s=0.01)
    live = LiveService(config_for(tmp_path, limits=limits), SystemClock(), FakeIngest()).start()
    try:
        anchor, room = open_room(live)
        with join(live, room, anchor.pair["access_token"]) as connection:
            heard = Listener(connection)
            for _ in range(3):
                for request_id in ("m1", "m2"):
                    connection.send(chat(request_id, request_id))
            acks = heard.until("chat.ack", 6)
            assert {one.d["request_id"]: one.d["seq"] for one in acks} == {"m1": 1, "m2": 2}
            connection.send(chat("m3", "new"))
            assert heard.until("error")[0].d["code"] == "rate_limited"
            connection.send(chat("m1", "another text"))
            assert heard.until("error", 2)[1].d["code"] == "idempotency_mismatch"
    finally:
        live.stop()


@pytest.mark.slow
def test_a_viewer_who_stops_reading_freezes_nobody(tmp_path: Path) -> None:
    limits = replace(GENEROUS, stalled_s=1.0, outbox_bytes=64 * 1024)
    config = config_for(tmp_path, limits=limits)
    live = LiveService(config, SystemClock(), FakeIngest(), send_buffer_bytes=16 * 1024).start()
    try:
        anchor, room = open_room(live)
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", live.port))
        with (
            join(live, room, sock=raw, max_queue=1, close_timeout=0.5) as stalled,
            join(live, room, anchor.pair["access_token"]) as connection,
        ):
            Listener(stalled).until("hello.ack")
            heard = Listener(connection)
            sent = 0
            while live.services.hub.too_slow == 0 and sent < 12_000:
                for _ in range(100):
                    connection.send(chat(f"m{sent}", "字" * 200))
                    sent += 1
                heard.until("chat.ack", sent)
            assert live.services.hub.too_slow == 1
            assert heard.seqs() == sorted(set(heard.seqs()))
            gone_by_s = time.monotonic() + 5.0
            while live.sockets() > 1 and time.monotonic() < gone_by_s:
                time.sleep(0.05)
            assert live.sockets() == 1, "its buffers are given back"
    finally:
        live.stop()
