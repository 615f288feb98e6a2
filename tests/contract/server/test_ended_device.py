"""A device that is ended between being asked who it is and the write gets nothing any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from websockets.sync.client import connect

from app.contract.applications import ApplicationForm, ApplicationSubmit, DraftSave
from app.contract.rest import Category, KeyRequest, Role, SessionCreate
from app.domain.application import ApplicationKind
from app.domain.images import ImagePurpose
from server import blocklist
from server.applications import acts as applications
from server.blocklist import BlockKind
from server.conduct_gate import shipped_checker
from server.errors import Refusal
from server.gate import Person
from server.images import acts as images
from server.images.acts import Stored
from server.rooms import connection
from server.rooms.chat import post_message
from server.sessions import acts, probe_keys
from server.store.models import KeyRow, ProbeKeyRow
from server.store.store import Tx
from tests.contract.server.kit import HOOK, Desk, Listener, LiveService, Signed, chat, close_code, hello, sign_in

ROLES = frozenset({Role.VIEWER, Role.ANCHOR, Role.OPERATOR})


def person_of(signed: Signed) -> Person:
    """Who was authenticated a moment ago."""
    return Person(signed.account_id, signed.pair["device_id"], ROLES, has_second_factor=True)


def test_no_write_is_done_for_it(desk: Desk) -> None:
    here, there = sign_in(desk.client, device="PC"), sign_in(desk.client, device="Laptop")
    session_id = desk.open_session(here)["id"]
    person = person_of(here)
    wish = SessionCreate(title="t", category=Category.OTHER)
    cipher = desk.services.cipher
    works: list[Callable[[Tx], Any]] = [
        lambda tx: acts.open_session(tx, person, cipher, shipped_checker(), wish, "k"),
        lambda tx: acts.issue_stream_key(tx, person, cipher, session_id, KeyRequest(), "tag"),
        lambda tx: probe_keys.issue(tx, person, "tag"),
        lambda tx: acts.end(tx, person, session_id),
        lambda tx: acts.cut_off(tx, person, session_id, "why"),
        lambda tx: applications.begin(tx, person, cipher, ApplicationKind.SCOPE_CHANGE),
        lambda tx: applications.save_draft(tx, person, cipher, DraftSave(base_revision=0, form=ApplicationForm())),
        lambda tx: applications.submit(tx, person, cipher, shipped_checker(), ApplicationSubmit(revision=0)),
        lambda tx: images.add(tx, person, Stored("0" * 16, ImagePurpose.AVATAR, 1, 1, 1, "0" * 64)),
        lambda tx: images.remove(tx, person, ImagePurpose.AVATAR),
        lambda tx: blocklist.add(tx, person, cipher, BlockKind.PHONE, "13800138009", "why"),
        lambda tx: post_message(tx, session_id, person, "m1", "text"),
    ]
    assert there.delete(f"/me/devices/{person.device_id}").status_code == 204
    for work in works:
        with pytest.raises(Refusal) as refused:
            desk.run(lambda work=work: desk.services.store.write(work))
        assert refused.value.code == "device_ended"
    assert desk.read(lambda db: db.query(KeyRow).count() + db.query(ProbeKeyRow).count()) == 0
    assert desk.state(session_id) == "scheduled"


def test_no_socket_stays_open_for_it(live: LiveService, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = sign_in(live.client, device="PC"), sign_in(live.client, device="Laptop")
    room = here.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
    there.delete(f"/me/devices/{here.pair['device_id']}")
    # As if the socket had been authenticated just before.
    monkeypatch.setattr(connection, "authenticate", lambda *_: person_of(here))
    with connect(live.events_url, proxy=None) as events:
        events.send(hello(room, here.pair["access_token"]))
        assert close_code(events) == 4409


def test_signing_in_anew_ends_the_sockets_of_before(live: LiveService) -> None:
    first = sign_in(live.client)
    room = first.post("/sessions", {"title": "t", "category": "other"}).json()["id"]
    key = first.post(f"/sessions/{room}/stream-key", {}).json()["key"]
    with connect(live.events_url, proxy=None) as old:
        old.send(hello(room, first.pair["access_token"]))
        Listener(old).until("hello.ack")
        again = sign_in(live.client, device_id=first.pair["device_id"])
        assert close_code(old) == 4409
    with connect(live.events_url, proxy=None) as new:
        new.send(hello(room, again.pair["access_token"]))
        new.send(chat("m", "here"))
        Listener(new).until("chat.ack")
    body = {"app": "live", "key": key, "connection_id": "c1"}
    granted = live.client.post("/internal/v1/publish/authorize", json=body, headers=HOOK)
    assert granted.status_code == 200, "the broadcast of this device goes on"
