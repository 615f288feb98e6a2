"""The rooms that have listeners: who is there, and what goes out to them. Event loop; owned by the services.

A room exists here while it has sockets. Everything that must survive a restart is in the store.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog

from app.contract.events import (
    MAX_FRAME_BYTES,
    CloseCode,
    Envelope,
    KeyRevoked,
    MeChanged,
    RoomStats,
    encode,
    envelope,
)
from app.contract.inbox import PERSONAL_ROOM, Concern
from app.runtime.clock import Clock, utc_ms
from server.config import Limits
from server.effects import FactPosted, KeyDied
from server.gate import Person
from server.rooms.coalesce import Coalescer
from server.rooms.outbox import Outbox

_FRAME_ROOM_BYTES = MAX_FRAME_BYTES - 1024
log = structlog.get_logger("rooms")


def personal_key(account_id: str) -> str:
    """What a person's own room is kept under; no session's id has such a sign in it."""
    return f"{PERSONAL_ROOM}/{account_id}"


def frames_of(envelopes: list[Envelope]) -> list[str]:
    """Frames within the agreed size, in order."""
    frames: list[str] = []
    part: list[str] = []
    size_bytes = 0
    for one in envelopes:
        text = encode([one])[1:-1]
        # Three bytes a character is the worst case of Chinese text in UTF-8.
        text_bytes = len(text) if text.isascii() else len(text.encode())
        if part and size_bytes + text_bytes > _FRAME_ROOM_BYTES:
            frames.append(f"[{','.join(part)}]")
            part, size_bytes = [], 0
        part.append(text)
        size_bytes += text_bytes + 1
    if part:
        frames.append(f"[{','.join(part)}]")
    return frames


class RoomSocket:
    """One connection to a room. Until it is ``open`` (its history was sent) facts wait in ``pending``."""

    def __init__(self, session_id: str, person: Person | None, limits: Limits) -> None:
        self.session_id = session_id
        self.person = person
        self.outbox = Outbox(limits.outbox_frames, limits.outbox_bytes)
        self.pending: list[Envelope] = []
        self.is_open = False
        self.is_counted = False
        self.sent_seq = 0
        self.close_code: int | None = None
        self.closing = asyncio.Event()
        self._max_pending = limits.resume_facts

    @property
    def viewer_key(self) -> str:
        """Two windows of one account are one viewer."""
        return self.person.account_id if self.person else f"visitor{id(self)}"

    def close(self, code: CloseCode) -> None:
        """Ask for its end; the first reason counts."""
        if self.close_code is None:
            self.close_code = int(code)
            self.closing.set()

    def hand(self, frames: list[str], envelopes: list[Envelope]) -> None:
        """Give it what its room sends. ``frames`` are ``envelopes`` encoded once for all."""
        if not self.is_open:
            self.pending.extend(envelopes)
            if len(self.pending) > self._max_pending:
                self.close(CloseCode.TOO_SLOW)
            return
        first_seq = next((one.seq for one in envelopes if one.seq), None)
        if first_seq is not None and first_seq <= self.sent_seq:
            envelopes = [one for one in envelopes if one.seq == 0 or one.seq > self.sent_seq]
            frames = frames_of(envelopes)
        for one in envelopes:
            self.sent_seq = max(self.sent_seq, one.seq)
        if not all(self.outbox.put(frame) for frame in frames):
            self.close(CloseCode.TOO_SLOW)

    def tell(self, one: Envelope) -> None:
        """Something for this socket only."""
        if not self.outbox.put(encode([one])):
            self.close(CloseCode.TOO_SLOW)

    def open_after(self, last_seq: int) -> None:
        """Its history up to ``last_seq`` was sent: from now on it hears the room."""
        self.is_open = True
        self.sent_seq = last_seq
        pending, self.pending = self.pending, []
        if pending:
            self.hand(frames_of(pending), pending)


class _Room:
    def __init__(self) -> None:
        self.sockets: set[RoomSocket] = set()
        self.viewers: Counter[str] = Counter()
        self.messages = 0
        self.told: tuple[int, int] = (-1, -1)
        self.waiting: list[Envelope] = []
        self.coalescer = Coalescer()
        self.timer: asyncio.TimerHandle | None = None

    @property
    def viewer_count(self) -> int:
        return len(self.viewers)


class Hub:
    """Invariant: facts of a room reach a socket in the order of their numbers, each once."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._rooms: dict[str, _Room] = {}
        self.sockets = 0
        self.too_slow = 0

    def is_full(self) -> bool:
        return self.sockets >= self._limits.sockets

    def viewers(self, session_id: str) -> int:
        """Accounts and visitors in the room, without its anchor."""
        room = self._rooms.get(session_id)
        return room.viewer_count if room else 0

    def listen(self, socket: RoomSocket) -> None:
        """From now on nothing of the room is missed; ``enter`` counts it in, ``leave`` ends it."""
        self.sockets += 1
        self._rooms.setdefault(socket.session_id, _Room()).sockets.add(socket)

    def enter(self, socket: RoomSocket, anchor_id: str, messages: int) -> int:
        """Count it, unless it is the anchor's own. Returns the number of viewers."""
        room = self._rooms[socket.session_id]
        room.messages = max(room.messages, messages)
        if socket.viewer_key != anchor_id:
            socket.is_counted = True
            room.viewers[socket.viewer_key] += 1
        return room.viewer_count

    def leave(self, socket: RoomSocket) -> None:
        self.sockets -= 1
        if socket.close_code == CloseCode.TOO_SLOW:
            self.too_slow += 1
        room = self._rooms[socket.session_id]
        room.sockets.discard(socket)
        if socket.is_counted:
            room.viewers[socket.viewer_key] -= 1
            if room.viewers[socket.viewer_key] <= 0:
                del room.viewers[socket.viewer_key]
        if not room.sockets:
            if room.timer is not None:
                room.timer.cancel()
            del self._rooms[socket.session_id]

    def post(self, fact: FactPosted) -> None:
        """A committed fact: to everyone in the room."""
        one = Envelope(t=fact.kind, id=fact.fact_id, seq=fact.seq, ts=fact.at_ms, room=fact.session_id, d=fact.body)
        room = self._rooms.get(fact.session_id)
        if room is None:
            return
        room.messages = fact.messages
        self._queue(fact.session_id, room, one)

    def revoke_key(self, died: KeyDied) -> None:
        """Tell the device that held the key."""
        one = envelope(
            KeyRevoked(key_id=died.key_id, cause=died.cause.value),
            "key.revoked",
            ts=utc_ms(self._clock.utc()),
            room=died.session_id,
        )
        for socket in self._of_device(died.device_id):
            socket.tell(one)

    def tell_person(self, account_id: str | None, what: Concern) -> None:
        """To whoever listens in the room of this person; None: in everybody's."""
        one = envelope(MeChanged(what=what.value), "me.changed", ts=utc_ms(self._clock.utc()), room=PERSONAL_ROOM)
        if account_id is not None:
            room = self._rooms.get(personal_key(account_id))
            listening = [room] if room else []
        else:
            listening = [room for key, room in self._rooms.items() if key.startswith(PERSONAL_ROOM)]
        for room in listening:
            for socket in list(room.sockets):
                socket.tell(one)

    def end_device(self, device_id: str) -> None:
        for socket in self._of_device(device_id):
            socket.close(CloseCode.ENDED_ELSEWHERE)

    def tick(self) -> None:
        """Once a second: tell the rooms whose figures changed."""
        for session_id, room in list(self._rooms.items()):
            if session_id.startswith(PERSONAL_ROOM):
                continue
            figures = (room.viewer_count, room.messages)
            if figures == room.told:
                continue
            room.told = figures
            stats = RoomStats(viewers=figures[0], messages=figures[1])
            self._queue(session_id, room, envelope(stats, "room.stats", ts=utc_ms(self._clock.utc()), room=session_id))

    def close(self) -> None:
        for room in self._rooms.values():
            if room.timer is not None:
                room.timer.cancel()
                room.timer = None

    def _of_device(self, device_id: str) -> list[RoomSocket]:
        everyone = (socket for room in self._rooms.values() for socket in room.sockets)
        return [one for one in everyone if one.person is not None and one.person.device_id == device_id]

    def _queue(self, session_id: str, room: _Room, one: Envelope) -> None:
        room.waiting.append(one)
        if room.timer is not None:
            return
        loop = asyncio.get_running_loop()
        delay_s = room.coalescer.delay_s(loop.time())
        # Even "at once" goes through the loop: facts of one commit then share one frame.
        room.timer = loop.call_later(delay_s, self._flush, session_id, room)

    def _flush(self, session_id: str, room: _Room) -> None:
        room.timer = None
        waiting, room.waiting = room.waiting, []
        if not waiting or self._rooms.get(session_id) is not room:
            return
        room.coalescer.sent(asyncio.get_running_loop().time())
        frames = frames_of(waiting)
        for socket in list(room.sockets):
            socket.hand(frames, waiting)
