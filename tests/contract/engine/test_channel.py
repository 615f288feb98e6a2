"""The local channel over real sockets: peers that hang, flood, lie, or come at the same time."""

from __future__ import annotations

import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import connection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.runtime import channel as parts
from app.runtime.channel import MAX_FRAME_BYTES, QUEUE_MESSAGES, Channel, ChannelListener, attach


class Note(msgspec.Struct, tag=True):
    text: str


def until(is_so: Callable[[], bool], what: str = "", seconds: float = 8.0) -> None:
    deadline_s = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.005)


class House:
    """A listener, and what happened at it in order."""

    def __init__(self, endpoint: Path, handshake_s: float = 5.0) -> None:
        self.endpoint, self.key = str(endpoint), secrets.token_bytes(32)
        self.happened: list[str] = []
        self.heard: list[str] = []
        self.channels: list[Channel[Any, Any]] = []
        self.listener: ChannelListener[Note, Note] = ChannelListener(
            self.endpoint,
            self.key,
            Note,
            on_attached=self._attached,
            on_message=lambda note: self.heard.append(note.text),
            on_detached=lambda: self.happened.append("detached"),
            name="test-house",
            handshake_s=handshake_s,
        )
        self.listener.start()

    def _attached(self, channel: Channel[Any, Any]) -> None:
        self.happened.append("attached")
        self.channels.append(channel)

    def guest(self, on_message: Callable[[Any], None] = lambda _: None) -> Channel[Any, Any]:
        return attach(self.endpoint, self.key, Note, on_message=on_message, on_closed=lambda: None, name="test-guest")

    def mute_guest(self) -> connection.Connection:
        """One that is let in and then reads nothing."""
        return connection.Client(self.endpoint, "AF_UNIX", authkey=self.key)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "house.sock")
    yield house
    house.listener.close()


def test_a_peer_that_hangs_never_holds_the_sender_up(house: House) -> None:
    guest = house.mute_guest()
    try:
        until(lambda: house.listener.is_attached)
        worst_s, refused = 0.0, 0
        for _ in range(4 * QUEUE_MESSAGES):
            began_s = time.monotonic()
            refused += not house.listener.send(Note("x" * 2000))
            worst_s = max(worst_s, time.monotonic() - began_s)
        assert worst_s < 0.3
        assert refused > QUEUE_MESSAGES
        assert house.channels[0].dropped_messages == refused
        began_s = time.monotonic()
        house.listener.close()
        assert time.monotonic() - began_s < 4.0
    finally:
        guest.close()


def test_a_frame_that_is_too_long_ends_its_sender_only(house: House) -> None:
    guest = house.mute_guest()
    try:
        until(lambda: house.listener.is_attached)
        # Only the length is sent: nothing is reserved for what it promises.
        raw = socket.socket(fileno=connection.os.dup(guest.fileno()))  # type: ignore[attr-defined]
        with raw:
            raw.sendall(struct.pack("!i", MAX_FRAME_BYTES + 1))
        until(lambda: house.happened == ["attached", "detached"])
    finally:
        guest.close()
    second = house.guest()
    second.send(Note("still there"))
    until(lambda: house.heard == ["still there"])
    second.close()


@pytest.mark.parametrize("rubbish", [b"", b"\xc1", b"\x81\xa4type\xa5Other"])
def test_what_is_no_message_ends_its_sender_only(house: House, rubbish: bytes) -> None:
    guest = house.mute_guest()
    try:
        until(lambda: house.listener.is_attached)
        guest.send_bytes(rubbish)
        until(lambda: house.happened == ["attached", "detached"])
        assert not house.listener.is_attached
    finally:
        guest.close()


def test_many_that_come_at_once_leave_one(house: House) -> None:
    guests: list[Channel[Any, Any]] = []
    heard: list[str] = []
    lock = threading.Lock()

    def come() -> None:
        guest = house.guest(lambda note: heard.append(note.text))
        with lock:
            guests.append(guest)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    until(lambda: len(house.channels) == 8 and sum(guest.is_open for guest in guests) == 1, "more than one stays")
    assert house.listener.is_attached
    house.listener.send(Note("you"))
    until(lambda: heard == ["you"])
    [last] = [guest for guest in guests if guest.is_open]
    last.send(Note("me"))
    until(lambda: house.heard == ["me"])
    assert "detached" not in house.happened, "who was replaced has not left"
    for guest in guests:
        guest.close()
    until(lambda: house.happened[-1] == "detached")
    assert not house.listener.is_attached


def test_a_departure_that_is_said_late_is_seen_to_be_late(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the host asks when it hears of a departure: whether somebody else is there already."""
    may_tell = threading.Event()
    found: list[bool] = []

    def tell() -> None:
        may_tell.wait(5)
        found.append(house.listener.is_attached)

    monkeypatch.setattr(house.listener, "_on_detached", tell)
    first = house.guest()
    until(lambda: len(house.channels) == 1)
    first.close()
    until(lambda: not house.listener.is_attached)
    second = house.guest()
    until(lambda: len(house.channels) == 2)
    may_tell.set()
    until(lambda: bool(found))
    assert found == [True]
    second.close()


def test_one_that_says_nothing_in_the_handshake_is_sent_away(tmp_path: Path) -> None:
    house = House(tmp_path / "hasty.sock", handshake_s=0.3)
    try:
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(house.endpoint)
            silent.settimeout(5)
            while silent.recv(4096):
                pass
        assert house.happened == []
        guest = house.guest()
        until(lambda: house.happened == ["attached"])
        time.sleep(0.5)
        assert guest.is_open, "the deadline is that of the handshake"
        guest.close()
    finally:
        house.listener.close()


def test_the_deadline_of_a_handshake_is_short_enough_to_end_with() -> None:
    assert parts.HANDSHAKE_S <= 10
