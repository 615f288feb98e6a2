"""Moderating a room on the wire. Owned by the I/O loop."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from app.client.api import parsed, parsed_all
from app.client.caller import Caller
from app.contract.room import (
    MAX_PAGE,
    ActionKind,
    Audience,
    HeldMessage,
    ModerationWish,
    MyRoom,
    PersonCard,
    RoomAction,
)

MAX_REPLY_BYTES = 2 * 1024 * 1024
"""A page of the record, or the audience, with names and excerpts escaped in JSON."""


class RoomCalls(Caller):
    """See ports.rooms."""

    async def my_room(self, session_id: str) -> MyRoom:
        return parsed(MyRoom, await self._signed("GET", f"{_room(session_id)}/room"))

    async def moderate(self, session_id: str, wish: ModerationWish, idempotency_key: str) -> RoomAction:
        path = f"{_room(session_id)}/moderation"
        return parsed(RoomAction, await self._signed("POST", path, body=wish, idempotency_key=idempotency_key))

    async def undo_action(self, session_id: str, action_id: str) -> RoomAction:
        path = f"{_room(session_id)}/moderation/{quote(action_id, safe='')}/undo"
        return parsed(RoomAction, await self._signed("POST", path))

    async def room_actions(self, session_id: str, kinds: Sequence[ActionKind] = ()) -> list[RoomAction]:
        path = f"{_room(session_id)}/actions?{_query(kinds, limit=MAX_PAGE)}"
        return parsed_all(RoomAction, await self._signed("GET", path, max_reply_bytes=MAX_REPLY_BYTES))

    async def room_actions_file(self, session_id: str, kinds: Sequence[ActionKind] = ()) -> bytes:
        path = f"{_room(session_id)}/actions.csv?{_query(kinds)}"
        return bytes(await self._signed("GET", path, is_file=True))

    async def held_messages(self, session_id: str) -> list[HeldMessage]:
        path = f"{_room(session_id)}/held"
        return parsed_all(HeldMessage, await self._signed("GET", path, max_reply_bytes=MAX_REPLY_BYTES))

    async def audience(self, session_id: str) -> Audience:
        path = f"{_room(session_id)}/audience"
        return parsed(Audience, await self._signed("GET", path, max_reply_bytes=MAX_REPLY_BYTES))

    async def room_person(self, session_id: str, account_id: str) -> PersonCard:
        path = f"{_room(session_id)}/people/{quote(account_id, safe='')}"
        return parsed(PersonCard, await self._signed("GET", path))


def _room(session_id: str) -> str:
    return f"/sessions/{quote(session_id, safe='')}"


def _query(kinds: Sequence[ActionKind], **more: int) -> str:
    return urlencode([*(("kind", kind.value) for kind in kinds), *more.items()])
