"""Somebody in the room with three windows, until they are sent out."""

from __future__ import annotations

import time
from contextlib import ExitStack

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.contract.events import CloseCode, Envelope, decode, encode
from bench.room_service import EVENTS_PATH, HOST, Member, RoomService

WINDOWS = 3
WAIT_S = 5.0


def ban_close_s(service: RoomService, member: Member) -> float:
    """From the request that removes them to the close of the last of their sockets; endless when one stays."""
    with ExitStack() as within:
        sockets = [within.enter_context(connect(_url(service), proxy=None, close_timeout=0.3)) for _ in range(WINDOWS)]
        for one in sockets:
            hello = Envelope(t="hello", id="h", room=service.room, d={"token": member.token, "after_seq": 0})
            one.send(encode([hello]))
            _read_until(one, "hello.ack")
        sockets[0].send(encode([Envelope(t="chat.send", id="rude", room=service.room, d={"text": "都是骗人的"})]))
        _read_until(sockets[0], "chat.ack")
        began_s = time.monotonic()
        service.moderate("remove", account_id=member.account_id, length="session")
        return max(_closed_s(one) for one in sockets) - began_s


def _url(service: RoomService) -> str:
    return f"ws://{HOST}:{service.port}{EVENTS_PATH}"


def _read_until(one: ClientConnection, kind: str) -> None:
    while not any(envelope.t == kind for envelope in decode(one.recv(timeout=WAIT_S))):
        pass


def _closed_s(one: ClientConnection) -> float:
    """When it was closed for good."""
    try:
        while True:
            one.recv(timeout=WAIT_S)
    except TimeoutError:
        return float("inf")
    except ConnectionClosed as closed:
        if closed.rcvd is None or closed.rcvd.code != CloseCode.FORBIDDEN:
            raise
        return time.monotonic()
