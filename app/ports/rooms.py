"""Moderating a room (直播间) as the platform does it. Part of ``Platform``; coroutines as in ports.platform.

``forbidden`` where the person does not moderate this room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.contract.room import ActionKind, Audience, HeldMessage, ModerationWish, MyRoom, PersonCard, RoomAction


class RoomDeskPort(Protocol):
    """What who moderates sees, and does."""

    async def my_room(self, session_id: str) -> MyRoom:
        """How I stand in it, and its rules."""

    async def moderate(self, session_id: str, wish: ModerationWish, idempotency_key: str) -> RoomAction:
        """Enforced when it returns. A repeat with the same key gives the first one's line of the record."""

    async def undo_action(self, session_id: str, action_id: str) -> RoomAction:
        """Take it back; repeatable."""

    async def room_actions(self, session_id: str, kinds: Sequence[ActionKind] = ()) -> list[RoomAction]:
        """The record, newest first: the latest 200 of these kinds, or of all."""

    async def room_actions_file(self, session_id: str, kinds: Sequence[ActionKind] = ()) -> bytes:
        """The record as a table (CSV, UTF-8 with a mark)."""

    async def held_messages(self, session_id: str) -> list[HeldMessage]:
        """What waits to be released, oldest first."""

    async def audience(self, session_id: str) -> Audience:
        """Who is there now."""

    async def room_person(self, session_id: str, account_id: str) -> PersonCard:
        """One person: how they stand, what they said, what was done."""
