"""Counts who is in the rooms that are on air. Event loop; owned by the services.

What a join or a leave costs is an addition and a hash; it is written down every few seconds for all rooms at once, and
soon after a session has ended. What was not written when the service is killed is missing; what it did not see while it
was down it counts neither as watched nor as time on air.

A person is told from others by a mark: a hash of the account, or of what a visitor's page shows, with a salt that one
session has and that is forgotten with its end. A page can show something else each time: so an address is given new
visitors at a limited pace, and those beyond it have one mark together.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from app.domain.room.attendance import MARK_BITS, Audience, Distinct, Presence
from app.domain.session import SessionState
from app.runtime.clock import Clock
from server.config import Limits
from server.limits import Buckets
from server.rooms import counts
from server.rooms.counts import Counted
from server.store.store import Store

KEEP_S = 5.0
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is behind a socket, as far as counting goes. ``key``: alike for all sockets of one person."""

    key: str
    is_account: bool
    visitor: str = field(default="", repr=False)
    """What the page shows of itself, signed in or not; empty when it shows nothing."""
    address: str = field(default="", repr=False)


def viewer_of(account_id: str | None, visitor: str, address: str) -> Viewer:
    """Two sockets of one account, or of one page that says so, are one viewer; other sockets are one each."""
    if account_id is not None:
        return Viewer(f"account {account_id}", True, _of_page(visitor), address)
    return Viewer(_of_page(visitor) or f"socket {secrets.token_hex(8)}", False, address=address)


def _of_page(visitor: str) -> str:
    return f"page {visitor}" if visitor else ""


class _Room:
    def __init__(self, since: Counted | None = None) -> None:
        self.presence = Presence(since.audience if since else None)
        self.salt = (since.salt if since else b"") or secrets.token_bytes(_SALT_BYTES)
        self.people = Distinct.from_bytes((since and since.marks) or b"", since.depth if since else 0)
        self.state = since.state if since else SessionState.LIVE
        self.has_new_marks = True
        self.is_final = False
        """What it came to is written down."""

    def mark(self, what: str) -> int:
        return int.from_bytes(hashlib.blake2b(what.encode(), key=self.salt, digest_size=MARK_BITS // 8).digest())


class Counting:
    """Only rooms that are on air have a place here, and ended ones until what they came to is written."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._new_visitors = Buckets(clock, limits.visitors_burst, limits.visitors_per_s)
        self._rooms: dict[str, _Room] = {}
        self._kept_s = clock.monotonic_s()

    def go_on(self, found: Iterable[Counted]) -> None:
        """At the start: what is on air, with what was written of it. Nobody is back yet."""
        for one in found:
            room = self._rooms[one.session_id] = _Room(one)
            if one.state is SessionState.LIVE:
                room.presence.run(0, self._now_ms())

    def turn(self, session_id: str, state: SessionState, present: Iterable[Viewer]) -> None:
        """A session has this state now, with these viewers in its room (each may be named several times)."""
        room = self._rooms.get(session_id)
        if state is SessionState.LIVE:
            if room is None:
                room = self._rooms[session_id] = _Room()
            if room.presence.is_running:
                return
            room.state = state
            viewers = {one.key: one for one in present}
            room.presence.run(len(viewers), self._now_ms())
            for one in viewers.values():
                self._see(session_id, room, one)
        elif room is not None and state is not room.state:
            room.presence.halt(self._now_ms())
            room.state = state

    def came(self, session_id: str, viewers: int, viewer: Viewer) -> None:
        """A socket of this viewer is in the room, which makes so many viewers."""
        room = self._rooms.get(session_id)
        if room is not None:
            room.presence.change(viewers, self._now_ms())
            if room.presence.is_running:
                self._see(session_id, room, viewer)

    def left(self, session_id: str, viewers: int) -> None:
        """A socket is gone, which leaves so many viewers."""
        room = self._rooms.get(session_id)
        if room is not None:
            room.presence.change(viewers, self._now_ms())

    def audience(self, session_id: str) -> Audience | None:
        """Up to now; None for what has no place here: then what is written holds."""
        room = self._rooms.get(session_id)
        return room.presence.audience(self._now_ms(), room.people.count) if room is not None else None

    async def keep(self, store: Store, *, is_last: bool = False) -> None:
        """Write it down when it is time. Raises StorageError; then the next time has it all."""
        now_s = self._clock.monotonic_s()
        has_ended = any(room.state is SessionState.ENDED and not room.is_final for room in self._rooms.values())
        if not (is_last or has_ended or now_s - self._kept_s >= KEEP_S):
            return
        self._kept_s = now_s
        # Who read the row before it was final finds the room here for one more round.
        self._rooms = {name: room for name, room in self._rooms.items() if not room.is_final}
        rooms = dict(self._rooms)
        if not rooms:
            return
        batch = [self._counted(session_id, room) for session_id, room in rooms.items()]
        try:
            await store.write(partial(counts.keep, counted=batch))
        except BaseException:
            for room in rooms.values():
                room.has_new_marks = True
            raise
        for one in batch:
            rooms[one.session_id].is_final = one.state is SessionState.ENDED

    def _counted(self, session_id: str, room: _Room) -> Counted:
        audience = room.presence.audience(self._now_ms(), room.people.count)
        marks = room.people.to_bytes() if room.has_new_marks else None
        room.has_new_marks = False
        return Counted(session_id, room.state, audience, room.people.depth, room.salt, marks)

    def _see(self, session_id: str, room: _Room, viewer: Viewer) -> None:
        mark, people = room.mark(viewer.key), room.people
        if viewer.is_account:
            # Whoever came as a visitor and has signed in since is one person.
            has_changed = bool(viewer.visitor) and people.discard(room.mark(viewer.visitor))
            room.has_new_marks |= people.add(mark) or has_changed
        elif mark not in people:
            if self._new_visitors.take(f"{session_id} {viewer.address}") > 0:
                mark = room.mark(f"address {viewer.address}")
            room.has_new_marks |= people.add(mark)

    def _now_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1000)
