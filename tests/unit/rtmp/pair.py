"""A client and a server connection in memory, and ways to carry bytes between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.rtmp import ClientConnection, ClientEvent, ConnectRequested, PublishRequested, ServerConnection, ServerEvent

NOISE = bytes(range(256)) * 12
Split = Callable[[bytes], Iterator[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    yield data


def in_pieces(sizes: list[int]) -> Split:
    """Cuts bytes into pieces of these sizes, over and over."""

    def split(data: bytes) -> Iterator[bytes]:
        offset = number = 0
        while offset < len(data):
            size = sizes[number % len(sizes)]
            yield data[offset : offset + size]
            offset += size
            number += 1

    return split


class Pair:
    """Carries bytes until both are quiet; answers connect and publish by itself when told so."""

    def __init__(
        self, key: str = "demo-key", app: str = "live", split: Split = whole, chunk_bytes: int = 60_000
    ) -> None:
        self.client = ClientConnection(
            app=app, tc_url=f"rtmp://host/{app}", stream_key=key, chunk_bytes=chunk_bytes, noise=NOISE
        )  # fmt: skip
        self.server = ServerConnection(noise=NOISE)
        self.split = split
        self.client_events: list[ClientEvent] = []
        self.server_events: list[ServerEvent] = []

    def carry(self, is_accepting: bool = False) -> None:
        while True:
            up, down = self.client.data_to_send(), self.server.data_to_send()
            if not up and not down:
                return
            for piece in self.split(up):
                events = self.server.receive(piece)
                while self._on_server_events(events, is_accepting):
                    events = self.server.receive(b"")
            for piece in self.split(down):
                self.client_events += self.client.receive(piece)

    def _on_server_events(self, events: list[ServerEvent], is_accepting: bool) -> bool:
        """Whether a question was answered, so that there may be more."""
        self.server_events += events
        has_answered = False
        for event in events:
            if is_accepting and isinstance(event, ConnectRequested):
                self.server.accept_connect()
                has_answered = True
            if is_accepting and isinstance(event, PublishRequested):
                self.server.accept_publish()
                has_answered = True
        return has_answered

    def publish(self) -> Pair:
        self.client.start()
        self.carry(is_accepting=True)
        assert self.client.is_publishing
        assert self.server.is_publishing
        return self
