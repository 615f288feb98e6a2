"""A room with its anchor and some viewers, over a real service and real sockets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.sync.client import ClientConnection, connect

from app.contract.events import Envelope, decode, encode
from tests.contract.server.kit import Listener, LiveService, Signed, hello, sign_in

PHONES = tuple(f"1390000{number:04d}" for number in range(1, 40))
_keys = itertools.count()


@contextmanager
def join(
    live: LiveService, room: str, person: Signed | None = None, after_seq: int = 0
) -> Iterator[tuple[ClientConnection, Listener]]:
    """One socket in a room, greeted."""
    token = person.pair["access_token"] if person is not None else None
    with connect(live.events_url, proxy=None, close_timeout=0.3) as connection:
        connection.send(hello(room, token, after_seq))
        heard = Listener(connection)
        heard.until("hello.ack")
        yield connection, heard


@dataclass
class Room:
    """``viewer(n)`` is always the same person."""

    live: LiveService
    anchor: Signed
    id: str
    _viewers: dict[int, Signed] = field(default_factory=dict)

    def viewer(self, number: int) -> Signed:
        if number not in self._viewers:
            self._viewers[number] = sign_in(self.live.client, PHONES[number])
        return self._viewers[number]

    def moderate(self, who: Signed, action: str, key: str = "", **fields: Any) -> Any:
        """The answer to one act."""
        body = {"action": action, **fields}
        headers = {"Idempotency-Key": key or f"key-{next(_keys)}"}
        return who.post(f"/sessions/{self.id}/moderation", body, **headers)

    def done(self, who: Signed, action: str, **fields: Any) -> dict[str, Any]:
        """The line of the record."""
        reply = self.moderate(who, action, **fields)
        assert reply.status_code == 201, reply.text
        line: dict[str, Any] = reply.json()
        return line

    def undo(self, who: Signed, action_id: str) -> Any:
        return who.post(f"/sessions/{self.id}/moderation/{action_id}/undo")

    def say(self, who: Signed, text: str, **more: Any) -> Envelope:
        """What comes back: chat.ack or error."""
        with join(self.live, self.id, who) as (connection, heard):
            connection.send(said(f"m{next(_keys)}", text, **more))
            while not (answers := [one for one in heard.heard if one.t in ("chat.ack", "error")]):
                heard.heard.extend(decode(connection.recv(timeout=5)))
            return answers[0]

    def shown(self) -> list[str]:
        """Texts of the messages that anybody may read back."""
        found = self.live.client.get(f"/api/v1/sessions/{self.id}/messages").json()
        return [str(one["text"]) for one in found]


def said(request_id: str, text: str, **more: Any) -> str:
    return encode([Envelope(t="chat.send", id=request_id, d={"text": text, **more})])


def open_room(live: LiveService) -> Room:
    anchor = sign_in(live.client)
    opened = anchor.post("/sessions", {"title": "面试", "category": "job_search"})
    return Room(live, anchor, str(opened.json()["id"]))
