"""The rooms that have listeners: who is there, and what goes out to them. Event loop; owned by the services.

A room exists here while it has sockets. Everything that must survive a restart is in the store.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import msgspec
import structlog

from app.contract.events import (
    MAX_FRAME_BYTES,
    CloseCode,
    Envelope,
    KeyRevoked,
    MeChanged,
    QuestionSeconds,
    QuestionsSeconded,
    RoomStats,
    encode,
    envelope,
)
from app.contract.inbox import PERSONAL_ROOM, Concern
from app.domain.room.attendance import Audience
from app.domain.room.roles import RoomRole, may_moderate
from app.domain.session import SessionState
from app.runtime.clock import Clock, utc_ms
from server.config import Limits
from server.effects import FactPosted, KeyDied, ModeratorsTold, PersonSentOut, PersonToldInRoom, QuestionSeconded
from server.gate import Person
from server.rooms.coalesce import Coalescer
from server.rooms.counting import Counting, Viewer, viewer_of
from server.rooms.outbox import Outbox

_FRAME_ROOM_BYTES = MAX_FRAME_BYTES - 1024
_COUNTS_A_TICK = 400
"""So that one tick stays within a frame."""
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


class Parcel:
    """What goes out together, encoded once for all sockets. Numbers of facts rise; 0 where there is no fact in it."""

    __slots__ = ("envelopes", "first_seq", "frames", "last_seq")

    def __init__(self, envelopes: list[Envelope]) -> None:
        seqs = [one.seq for one in envelopes if one.seq]
        self.envelopes = envelopes
        self.frames = [frame.encode() for frame in frames_of(envelopes)]
        self.first_seq = seqs[0] if seqs else 0
        self.last_seq = seqs[-1] if seqs else 0


class Direct(Protocol):
    """A socket's connection, where it lets itself be written to without a task."""

    @property
    def held_bytes(self) -> int:
        """What was written to it and is not with the kernel yet."""

    def write(self, frame: bytes) -> bool:
        """A frame's text. False: it has to wait, and was not taken."""


class RoomSocket:
    """One connection to a room. Until it is ``open`` (its history was sent) facts wait in ``pending``."""

    def __init__(
        self,
        session_id: str,
        person: Person | None,
        limits: Limits,
        direct: Direct | None = None,
        viewer: Viewer | None = None,
    ) -> None:
        """``direct``: a way past the outbox for as long as nothing waits there."""
        self.session_id = session_id
        self.person = person
        self.viewer = viewer or viewer_of(person.account_id if person else None, "", "")
        self.direct = direct
        self.outbox = Outbox(limits.outbox_frames, limits.outbox_bytes)
        self.pending: list[Envelope] = []
        self.is_open = False
        self.is_counted = False
        self.role = RoomRole.VIEWER
        self.is_role_told = False
        """It was told of a change: what was read before that is older."""
        self.sent_seq = 0
        self.close_code: int | None = None
        self.last_words: Envelope | None = None
        self.closing = asyncio.Event()
        self._max_pending = limits.resume_facts

    def close(self, code: CloseCode, last_words: Envelope | None = None) -> None:
        """Ask for its end, after ``last_words`` instead of all that waits; the first reason counts."""
        if self.close_code is None:
            self.close_code, self.last_words = int(code), last_words
            self.closing.set()

    def hand(self, parcel: Parcel) -> None:
        """Give it what its room sends."""
        if not self.is_open:
            self._keep(parcel.envelopes)
            return
        if parcel.first_seq and parcel.first_seq <= self.sent_seq:
            parcel = Parcel([one for one in parcel.envelopes if one.seq == 0 or one.seq > self.sent_seq])
        if parcel.last_seq:
            self.sent_seq = parcel.last_seq
        if not all(map(self._give, parcel.frames)):
            self.close(CloseCode.TOO_SLOW)

    def tell(self, one: Envelope) -> None:
        """Something for this socket only; before its history was sent, after that."""
        if not self.is_open:
            self._keep([one])
        elif not self._give(encode([one]).encode()):
            self.close(CloseCode.TOO_SLOW)

    def _keep(self, envelopes: Sequence[Envelope]) -> None:
        self.pending.extend(envelopes)
        if len(self.pending) > self._max_pending:
            self.close(CloseCode.TOO_SLOW)

    def _give(self, frame: bytes) -> bool:
        if self.close_code is not None:
            return True  # nobody hears it any more
        # A task that wakes for each socket and frame would cost several times what the writing does.
        if self.direct is not None and self.outbox.is_through and self.direct.write(frame):
            return True
        return self.outbox.put(frame)

    def open_after(self, last_seq: int) -> None:
        """Its history up to ``last_seq`` was sent: from now on it hears the room."""
        self.is_open = True
        self.sent_seq = last_seq
        pending, self.pending = self.pending, []
        if pending:
            self.hand(Parcel(pending))


class _Room:
    def __init__(self) -> None:
        self.sockets: set[RoomSocket] = set()
        self.viewers: Counter[str] = Counter()
        self.messages = 0
        self.audience = Audience()
        """What was counted of it last."""
        self.told: tuple[int, ...] = ()
        self.seconds: dict[str, QuestionSeconds] = {}
        """Counts of questions that the next tick tells."""
        self.waiting: list[Envelope] = []
        self.coalescer = Coalescer()
        self.timer: asyncio.TimerHandle | None = None

    @property
    def viewer_count(self) -> int:
        return len(self.viewers)


class Hub:
    """Invariant: facts of a room reach a socket in the order of their numbers, each once."""

    def __init__(self, clock: Clock, limits: Limits, counting: Counting) -> None:
        self._clock = clock
        self._limits = limits
        self._counting = counting
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

    def enter(self, socket: RoomSocket, anchor_id: str, messages: int, written: Audience | None = None) -> RoomStats:
        """Count it, unless it is the anchor's own. Returns the figures, ``written`` ones where none are counted now."""
        room = self._rooms[socket.session_id]
        room.messages = max(room.messages, messages)
        if socket.person is None or socket.person.account_id != anchor_id:
            socket.is_counted = True
            room.viewers[socket.viewer.key] += 1
            self._counting.came(socket.session_id, room.viewer_count, socket.viewer)
        if written is not None and not room.audience.onlookers:
            room.audience = written
        return self._figures(socket.session_id, room)

    def leave(self, socket: RoomSocket) -> None:
        self.sockets -= 1
        if socket.close_code == CloseCode.TOO_SLOW:
            self.too_slow += 1
        room = self._rooms[socket.session_id]
        room.sockets.discard(socket)
        if socket.is_counted:
            room.viewers[socket.viewer.key] -= 1
            if room.viewers[socket.viewer.key] <= 0:
                del room.viewers[socket.viewer.key]
            self._counting.left(socket.session_id, room.viewer_count)
        if not room.sockets:
            if room.timer is not None:
                room.timer.cancel()
            del self._rooms[socket.session_id]

    def post(self, fact: FactPosted) -> None:
        """A committed fact: to everyone in the room."""
        one = Envelope(t=fact.kind, id=fact.fact_id, seq=fact.seq, ts=fact.at_ms, room=fact.session_id, d=fact.body)
        room = self._rooms.get(fact.session_id)
        if fact.kind == "session.changed":
            present = [one.viewer for one in room.sockets if one.is_counted] if room else []
            self._counting.turn(fact.session_id, SessionState(fact.body["state"]), present)
        if room is None:
            return
        room.messages = fact.messages
        self._queue(fact.session_id, room, one)

    def revoke_key(self, died: KeyDied) -> None:
        """Tell the device that held the key."""
        one = envelope(
            KeyRevoked(key_id=died.key_id, cause=died.cause.value, reason=died.reason),
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

    def count_seconds(self, counted: QuestionSeconded) -> None:
        """However many want to know a question within a second: the room hears of it once."""
        room = self._rooms.get(counted.session_id)
        if room is not None:
            found = QuestionSeconds(counted.question_id, counted.seconds, counted.rev)
            room.seconds[counted.question_id] = found

    def tell_moderators(self, told: ModeratorsTold) -> None:
        """To who moderates the room."""
        one = self._note(told.session_id, told.kind, told.body)
        for socket in self._in_room(told.session_id):
            if may_moderate(socket.role):
                socket.tell(one)

    def tell_in_room(self, told: PersonToldInRoom) -> None:
        """To one person's sockets in a room."""
        one = self._note(told.session_id, told.kind, told.body)
        for socket in self._in_room(told.session_id, told.account_id):
            if told.role is not None:
                socket.role, socket.is_role_told = told.role, True
            socket.tell(one)

    def send_out(self, sent: PersonSentOut) -> None:
        """Tell one person's sockets in a room why, and close them."""
        one = self._note(sent.session_id, "session.revoked", sent.body)
        for socket in self._in_room(sent.session_id, sent.account_id):
            socket.close(CloseCode.FORBIDDEN, one)

    def people(self, session_id: str) -> tuple[frozenset[str], int]:
        """Accounts that are in the room, and how many visitors."""
        room = self._rooms.get(session_id)
        accounts = frozenset(one.person.account_id for one in room.sockets if one.person) if room else frozenset()
        visitors = sum(1 for one in room.sockets if one.person is None and one.is_counted) if room else 0
        return accounts, visitors

    def _note(self, session_id: str, kind: str, body: msgspec.Struct) -> Envelope:
        return envelope(body, kind, ts=utc_ms(self._clock.utc()), room=session_id)

    def _in_room(self, session_id: str, account_id: str | None = None) -> list[RoomSocket]:
        room = self._rooms.get(session_id)
        if room is None:
            return []
        if account_id is None:
            return list(room.sockets)
        return [one for one in room.sockets if one.person is not None and one.person.account_id == account_id]

    def end_device(self, device_id: str) -> None:
        for socket in self._of_device(device_id):
            socket.close(CloseCode.ENDED_ELSEWHERE)

    def tick(self) -> None:
        """Once a second: tell the rooms whose figures changed."""
        for session_id, room in list(self._rooms.items()):
            if session_id.startswith(PERSONAL_ROOM):
                continue
            self._tell_seconds(session_id, room)
            stats = self._figures(session_id, room)
            figures = msgspec.structs.astuple(stats)
            if figures == room.told:
                continue
            room.told = figures
            self._queue(session_id, room, envelope(stats, "room.stats", ts=utc_ms(self._clock.utc()), room=session_id))

    def _figures(self, session_id: str, room: _Room) -> RoomStats:
        room.audience = self._counting.audience(session_id) or room.audience
        counted = room.audience
        return RoomStats(room.viewer_count, room.messages, counted.peak, counted.onlookers)

    def _tell_seconds(self, session_id: str, room: _Room) -> None:
        changed, room.seconds = list(room.seconds.values()), {}
        for start in range(0, len(changed), _COUNTS_A_TICK):
            body = QuestionsSeconded(changed[start : start + _COUNTS_A_TICK])
            self._queue(session_id, room, self._note(session_id, "question.seconded", body))

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
        room.coalescer.sent(asyncio.get_running_loop().time(), len(waiting))
        parcel = Parcel(waiting)
        for socket in list(room.sockets):
            socket.hand(parcel)
