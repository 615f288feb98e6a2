"""The viewers of a room, in a process of their own: ``python -m bench.room_load``. One thread, one poll.

It is told what to do by lines of JSON on standard input, and answers each with one. To be cheap it keeps no more of
what it reads than when each socket got each frame; one is taken apart once, however many sockets get it. Linux only.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import select
import socket
import sys
import time
from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.contract.events import Envelope, decode, encode
from bench.room_wire import CLOSE, PING, PONG, TEXT, frame, split, upgrade

JOINING_AT_ONCE = 40
JOIN_S, SETTLE_S = 60.0, 3.0
READ_BYTES = 256 * 1024
TELLING_BYTES = 200
"""The first bytes of a frame have the number and the time of its first fact: enough to know it again."""
SEED = 7
LINES = (
    "老师好，应届生的简历要写多长？",
    "请问转行做产品经理，项目经历怎么写比较好",
    "刚进来，讲到哪里了",
    "自我介绍说两分钟会不会太长",
    "谢谢老师，这个例子讲得很清楚！",
)
_ACK, _ERROR, _POSTED = b'[{"t":"chat.ack"', b'[{"t":"error"', b'{"t":"chat.posted"'


@dataclass(slots=True)
class Viewer:
    """One socket."""

    socket: socket.socket
    token: str | None
    is_upgraded: bool = False
    is_open: bool = False
    rest: bytes = b""
    heard_s: float = 0.0
    gap_s: float = 0.0
    stalled_s: float = 0.0
    gone_s: float = 0.0


@dataclass(slots=True)
class Heard:
    """One frame of the room, and when each socket had read it."""

    payload: bytes
    messages: int
    at_s: array[float] = field(default_factory=lambda: array("d"))


class Crowd:
    """All sockets of one room."""

    def __init__(self, host: str, port: int, path: str, room: str) -> None:
        self._address = (host, port)
        self._path = path
        self._room = room
        self._poll = select.epoll()
        self._viewers: dict[int, Viewer] = {}
        self._opening: set[int] = set()
        self._heard: dict[tuple[int, bytes], Heard] = {}
        self._sent_s: dict[str, float] = {}
        self._acked: dict[str, int] = {}
        self._errors: list[str] = []
        self._ids = itertools.count()
        self._space = bytearray(READ_BYTES)
        self._view = memoryview(self._space)
        self._called_by: int | None = None
        self._staller: Viewer | None = None

    # ---- what it is told to do ----------------------------------------------------------------------------

    def join(self, tokens: list[str], visitors: int) -> dict[str, Any]:
        """Come in: those with a token first."""
        waiting: deque[str | None] = deque([*tokens, *itertools.repeat(None, visitors)])
        until_s = time.monotonic() + JOIN_S
        while waiting or self._opening:
            while waiting and len(self._opening) < JOINING_AT_ONCE:
                self._open(waiting.popleft())
            self._turn(0.1)
            if time.monotonic() > until_s:
                raise RuntimeError(f"{len(self._opening) + len(waiting)} sockets did not get in")
        return {"last_port": list(self._viewers.values())[-1].socket.getsockname()[1]}

    def chat(self, per_s: float, seconds: float, stall_after_s: float | None, closed_within_s: float) -> dict[str, Any]:
        """The signed-in ones write in turn, at moments drawn by chance; see ``_outcome``.

        After ``stall_after_s`` the visitor who came last reads no more.
        """
        chance = random.Random(SEED)
        count = round(per_s * seconds)
        began_s = time.monotonic() + 0.2
        due = deque(sorted(began_s + chance.random() * seconds for _ in range(count)))
        writers = itertools.cycle([one for one in self._viewers.values() if one.token is not None])
        self._forget()
        staller = self._staller = list(self._viewers.values())[-1] if stall_after_s is not None else None
        used_s, late = time.process_time(), array("d")
        while due or time.monotonic() < began_s + seconds:
            now_s = time.monotonic()
            if staller is not None and not staller.stalled_s and now_s >= began_s + (stall_after_s or 0.0):
                staller.stalled_s = now_s
                # The poll still tells of its end.
                self._poll.modify(staller.socket.fileno(), select.EPOLLRDHUP)
            while due and due[0] <= now_s:
                late.append(now_s - due.popleft())
                self._say(next(writers), chance.choice(LINES))
                now_s = time.monotonic()
            until_s = due[0] if due else began_s + seconds
            self._turn(min(0.05, max(0.0, until_s - time.monotonic())))
        used_s, wall_s = time.process_time() - used_s, time.monotonic() - began_s
        gaps_s = [one.gap_s for one in self._viewers.values() if one is not staller]
        pairs = count * (len(self._viewers) - (staller is not None))
        self._wait(SETTLE_S, lambda: len(self._acked) >= count and self._pairs() >= pairs)
        if staller is not None:
            self._wait(staller.stalled_s + closed_within_s - time.monotonic(), lambda: bool(staller.gone_s))
        return {
            **self._outcome(pairs),
            "began_s": began_s,
            "stalled_s": staller.stalled_s if staller else None,
            "stalled_utc_s": time.time() - (time.monotonic() - staller.stalled_s) if staller else None,
            "gone_s": staller.gone_s or None if staller else None,
            "gap_s": max(gaps_s),
            "load_core_share": used_s / wall_s,
            "late_p99_s": sorted(late)[int(len(late) * 0.99)],
        }

    def collect(self, kind: str, marker: str, wait_s: float) -> dict[str, Any]:
        """When each socket got the fact ``kind`` that has ``marker`` in it."""
        wanted, about = f'"t":"{kind}"'.encode(), marker.encode()

        def found() -> list[float]:
            return [at_s for one in self._heard.values() if wanted in one.payload and about in one.payload
                    for at_s in one.at_s]  # fmt: skip

        alive = sum(not one.gone_s for one in self._viewers.values())
        self._wait(wait_s, lambda: len(found()) >= alive)
        at_s = found()
        self._forget()
        return {"at_s": at_s, "missing": alive - len(at_s)}

    def read_until(self, number: int) -> None:
        """Read the sockets until a file of another kind has something to say."""
        self._poll.register(number, select.EPOLLIN)
        self._called_by = None
        while self._called_by != number:
            self._turn(1.0)
        self._poll.unregister(number)

    # ---- sockets ------------------------------------------------------------------------------------------

    def _open(self, token: str | None) -> None:
        one = Viewer(socket.create_connection(self._address), token)
        one.socket.setblocking(False)
        one.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = one.socket.fileno()
        self._viewers[number] = one
        self._opening.add(number)
        self._poll.register(number, select.EPOLLIN)
        one.socket.send(upgrade(*self._address, self._path))

    def _wait(self, seconds: float, is_done: Any) -> None:
        until_s = time.monotonic() + seconds
        while not is_done() and time.monotonic() < until_s:
            self._turn(min(0.02, max(0.0, until_s - time.monotonic())))

    def _turn(self, wait_s: float) -> None:
        for number, what in self._poll.poll(wait_s):
            one = self._viewers.get(number)
            if one is None:
                self._called_by = number
                continue
            if one.stalled_s:
                one.gone_s = time.monotonic()
                self._poll.unregister(number)
                continue
            if what & (select.EPOLLERR | select.EPOLLHUP) and not what & select.EPOLLIN:
                raise RuntimeError("a socket that was read was cut")
            # Into memory that is there already: to be given so much anew costs more than the reading.
            size = one.socket.recv_into(self._space)
            now_s = time.monotonic()
            if not size:
                raise RuntimeError("a socket that was read was closed")
            data = self._view[:size].tobytes()
            self._read(one, one.rest + data if one.rest else data, now_s)

    def _read(self, one: Viewer, data: bytes, now_s: float) -> None:
        if not one.is_upgraded:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                one.rest = head
                return
            if b" 101 " not in head[:16]:
                raise RuntimeError(f"no socket: {head[:80]!r}")
            one.is_upgraded = True
            hello = Envelope(t="hello", id="h", room=self._room, d={"token": one.token, "after_seq": 0})
            one.socket.send(frame(encode([hello]).encode()))
        frames, one.rest = split(data)
        for opcode, payload in frames:
            if opcode == TEXT:
                self._hear(one, payload, now_s)
            elif opcode == PING:
                one.socket.send(frame(payload, PONG))
            elif opcode == CLOSE:
                raise RuntimeError(f"a socket was closed with {int.from_bytes(payload[:2], 'big')}")

    def _hear(self, one: Viewer, payload: bytes, now_s: float) -> None:
        if not one.is_open:
            if not payload.startswith(b'[{"t":"hello.ack"'):
                raise RuntimeError(f"not let in: {payload[:200]!r}")
            one.is_open = True
            self._opening.discard(one.socket.fileno())
            return
        if payload.startswith(_ACK):
            for ack in decode(payload):
                self._acked[ack.d["request_id"]] = ack.d["seq"]
            return
        if payload.startswith(_ERROR):
            self._errors += [str(error.d["code"]) for error in decode(payload)]
            return
        if one is self._staller:
            return
        if one.heard_s:
            one.gap_s = max(one.gap_s, now_s - one.heard_s)
        one.heard_s = now_s
        key = (len(payload), payload[:TELLING_BYTES])
        heard = self._heard.get(key)
        if heard is None:
            heard = self._heard[key] = Heard(payload, payload.count(_POSTED))
        heard.at_s.append(now_s)

    def _say(self, one: Viewer, text: str) -> None:
        request_id = f"m{next(self._ids)}"
        data = frame(encode([Envelope(t="chat.send", id=request_id, room=self._room, d={"text": text})]).encode())
        self._sent_s[request_id] = time.monotonic()
        one.socket.send(data)

    # ---- what became of it --------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._heard.clear()
        self._sent_s.clear()
        self._acked.clear()
        self._errors.clear()
        for one in self._viewers.values():
            one.heard_s = one.gap_s = 0.0

    def _pairs(self) -> int:
        return sum(one.messages * len(one.at_s) for one in self._heard.values())

    def _outcome(self, pairs: int) -> dict[str, Any]:
        """Delays of all pairs of a message and a viewer, in seconds; a pair that did not come about waited for ever."""
        sent_at = {seq: self._sent_s[request_id] for request_id, seq in self._acked.items()}
        delays: list[np.ndarray] = []
        frames = 0
        for heard in self._heard.values():
            seqs = [one.seq for one in decode(heard.payload) if one.t == "chat.posted"]
            frames += bool(seqs)
            for seq in seqs:
                sent_s = sent_at.get(seq)
                if sent_s is not None:
                    delays.append(np.frombuffer(heard.at_s) - sent_s)
        ordered = np.sort(np.concatenate(delays)) if delays else np.empty(0)

        def share(of: float) -> float | None:
            place = int(pairs * of)
            return float(ordered[place]) if place < len(ordered) else None

        return {
            "p50_s": share(0.50), "p99_s": share(0.99), "max_s": float(ordered[-1]) if len(ordered) else None,
            "pairs": pairs, "missing": pairs - len(ordered), "frames": frames, "errors": sorted(set(self._errors)),
        }  # fmt: skip


def main() -> int:
    """Serve until standard input ends; 0."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with os.fdopen(os.dup(1), "w", buffering=1) as answers:
        crowd = Crowd(**json.loads(sys.stdin.readline()))
        while True:
            # One command at a time is under way, so nothing lies in the buffer of standard input.
            crowd.read_until(sys.stdin.fileno())
            line = sys.stdin.readline()
            if not line:
                return 0
            name, given = json.loads(line)
            answers.write(json.dumps(getattr(crowd, name)(**given)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
