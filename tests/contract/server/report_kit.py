"""What the tests of reports and complaints share: a room in which people talk, on a service with a moved clock."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.contract.rest import Role
from server.gate import Person
from server.rooms.chat import post_message
from server.shelf import ORPHAN_S
from server.store.store import Tx
from tests.clips import make_clip
from tests.contract.server.applicants import picture, write
from tests.contract.server.kit import Desk, Signed, sign_in

PHONES = tuple(f"1390001{number:04d}" for number in range(1, 40))
_keys = itertools.count()


@dataclass
class Talk:
    """``viewer(n)`` is always the same person."""

    desk: Desk
    anchor: Signed
    id: str
    _viewers: dict[int, Signed] = field(default_factory=dict)

    def viewer(self, number: int = 1) -> Signed:
        if number not in self._viewers:
            self._viewers[number] = sign_in(self.desk.client, PHONES[number])
        return self._viewers[number]

    def say(self, who: Signed, text: str, session_id: str = "") -> str:
        """Id of the message."""
        roles = frozenset({Role.ANCHOR}) if who is self.anchor else frozenset[Role]()
        person = Person(who.account_id, who.pair["device_id"], roles)

        def work(tx: Tx) -> str:
            return post_message(tx, session_id or self.id, person, f"m{next(_keys)}", text).message_id

        return write(self.desk, work)

    def moderate(self, action: str, **wish: Any) -> None:
        path, key = f"/sessions/{self.id}/moderation", {"Idempotency-Key": f"k{next(_keys)}"}
        reply = self.anchor.post(path, {"action": action, **wish}, **key)
        assert reply.status_code == 201, reply.text

    def report(
        self, who: Signed, kind: str, target_id: str, *, key: str = "", session_id: str = "", **wish: Any
    ) -> Any:
        body = {"target": {"kind": kind, "id": target_id}, "category": 6, **wish}
        headers = {"Idempotency-Key": key or f"r{next(_keys)}"}
        return who.post(f"/sessions/{session_id or self.id}/reports", body, **headers)

    def reported(self, who: Signed, kind: str, target_id: str, **wish: Any) -> str:
        """Id of the report."""
        reply = self.report(who, kind, target_id, **wish)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])


def open_talk(desk: Desk) -> Talk:
    anchor = sign_in(desk.client)
    return Talk(desk, anchor, str(desk.open_session(anchor)["id"]))


def mine(who: Signed) -> list[dict[str, Any]]:
    reply = who.get("/me/reports")
    assert reply.status_code == 200, reply.text
    return list(reply.json())


def messages_to(who: Signed) -> list[dict[str, Any]]:
    """The inbox, the newest first."""
    return list(who.get("/me/inbox").json()["messages"])


def upload(who: Signed, kind: str, data: bytes | None = None) -> Any:
    headers = {**who.headers, "Content-Type": "image/png"}
    return who.client.post(f"/api/v1/complaints/proofs/{kind}", content=data or picture(), headers=headers)


def add_clip(who: Signed, report_id: str, data: bytes | None = None, *, key: str = "", kind: str = "video/mp4") -> Any:
    headers = {**who.headers, "Content-Type": kind, "Idempotency-Key": key or f"v{next(_keys)}"}
    content = make_clip() if data is None else data
    return who.client.post(f"/api/v1/me/reports/{report_id}/clip", content=content, headers=headers)


def complaint_of(who: Signed, **changes: Any) -> Any:
    proofs = [upload(who, kind).json()["id"] for kind in ("identity", "rights")] if "proofs" not in changes else []
    wish = {
        "claimant": "启航出版社",
        "contact": "13700137001",
        "right": "copyright",
        "description": "整本教材被朗读。\n见第三章。",
        "links": ["https://live.example.org/s/1"],
        "proofs": proofs,
        "is_declared": True,
        **changes,
    }
    return who.post("/complaints", wish, **{"Idempotency-Key": f"c{next(_keys)}"})


def housekeep(desk: Desk) -> None:
    """By the service's clock, as which the files were written long enough ago."""
    at_s = desk.clock.utc().timestamp() - 2 * ORPHAN_S
    for folder in (desk.config.data_dir / "proofs", desk.config.data_dir / "clips"):
        for path in folder.iterdir() if folder.exists() else ():
            os.utime(path, (at_s, at_s))
    desk.run(partial(desk.services.housekeep))
