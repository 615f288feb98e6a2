"""Publishes the programme to one target: own thread, own socket, RTMP by app.rtmp.

Started and stopped by the engine; ``offer`` comes from the encoder threads and never blocks; ``on_changed`` and
``request_keyframe`` are called on the publisher's thread.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import StreamError
from app.ports.engine import PublishChanged, PublishStatus, Target
from app.rtmp import ClientConnection, PeerClosedStream, PublishAccepted, PublishRefused, RtmpError
from app.runtime.clock import Clock
from capture.packets import EncodedPacket, StreamFormat
from capture.publish.address import parse_address
from capture.publish.link import Connect, Link, SocketConnector
from capture.publish.policy import INGEST_CLOSED, PublishPolicy, Times
from capture.publish.queue import PacketQueue
from capture.publish.tags import TagMaker
from capture.publish.wake import Waiter

_LOG = logging.getLogger(__name__)
_JOIN_S = 2.0
_TICK_S = 0.2
_BATCH_BYTES = 64 * 1024
"""As much is handed to the socket at once; the rest stays in the queue, where it can still be dropped."""


@dataclass(frozen=True, slots=True)
class PublishFigures:
    """Totals since ``start``; ``backlog`` is the queue and the kernel's buffer together, as of the last 0.2 s."""

    frames_sent: int = 0
    frames_dropped: int = 0
    sent_bytes: int = 0
    backlog_bytes: int = 0
    backlog_ms: float = 0.0
    rtt_ms: float = 0.0


class _Refused(Exception):
    """The peer said no; carries what has to be told."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class Publisher:
    """One target. ``start`` and ``stop`` once each, from one thread; stopping takes at most two seconds."""

    def __init__(
        self,
        target: Target,
        stream: StreamFormat,
        on_changed: Callable[[PublishChanged], None],
        clock: Clock,
        connect: Connect | None = None,
        request_keyframe: Callable[[], None] | None = None,
        times: Times | None = None,
        random_ratio: Callable[[], float] = random.random,
    ) -> None:
        """Raises InputError ``ingest_address_invalid``."""
        self._target = target
        self._address = parse_address(target.url)
        self._stream = stream
        self._on_changed = on_changed
        self._clock = clock
        self._connect = connect or SocketConnector(clock)
        self._request_keyframe = request_keyframe
        self._times = times or Times()
        self._policy = PublishPolicy(target.name, random_ratio, self._times)
        self._tags = TagMaker(stream)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"publish-{target.name}", daemon=True)
        self._waiter = Waiter()
        self._lock = threading.Lock()
        # Under the lock:
        self._queue = PacketQueue()
        self._is_open = False
        self._is_counting = False
        self._lost_frames = 0
        # Written by the publisher's thread only:
        self._out = memoryview(b"")
        self._frames_sent = 0
        self._sent_bytes = 0
        self._kernel_bytes = 0
        self._rtt_ms = 0.0

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def offer(self, packet: EncodedPacket) -> None:
        """Hand over one packet. Any thread; never blocks. While there is no connection it is dropped."""
        with self._lock:
            if not self._is_open:
                if self._is_counting and packet.is_video:
                    self._lost_frames += 1
                return
            self._queue.push(packet)
        self._waiter.wake()

    def stop(self) -> None:
        """Say goodbye to the peer, close, and join. Harmless when called again."""
        self._stop.set()
        self._waiter.wake()
        if self._thread.ident is None:
            self._waiter.close()
            return
        self._thread.join(_JOIN_S)

    def figures(self) -> PublishFigures:
        """Any thread."""
        with self._lock:
            queue_bytes, queue_ms = self._queue.bytes, self._queue.span_ms
            dropped = self._queue.dropped_frames + self._lost_frames
        below_bytes = len(self._out) + self._kernel_bytes
        return PublishFigures(
            frames_sent=self._frames_sent,
            frames_dropped=dropped,
            sent_bytes=self._sent_bytes,
            backlog_bytes=queue_bytes + below_bytes,
            backlog_ms=queue_ms + below_bytes * 8 / self._stream.total_kbps,
            rtt_ms=self._rtt_ms,
        )

    # ---- the publisher's thread -----------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._on_changed(self._policy.connecting())
                change = self._attempt()
                if change is None:
                    break
                self._on_changed(change)
                if change.status is PublishStatus.REFUSED:
                    return
                self._clock.wait(self._stop, self._policy.retry_in_s)
            self._on_changed(self._policy.stopped())
        finally:
            self._close_queue()
            self._waiter.close()

    def _attempt(self) -> PublishChanged | None:
        """One connection from beginning to end; what became of it, or None when it was stopped."""
        try:
            link = self._connect(self._address, self._times.connect_s, self._stop)
            try:
                self._serve(link)
            finally:
                self._close_queue()
                self._waiter.unwatch(link.fileno())
                link.close()
                self._kernel_bytes = 0
        except _Refused as refused:
            return None if self._stop.is_set() else self._policy.refused(refused.code, refused.description)
        except RtmpError as error:
            _LOG.warning("the ingest broke the protocol: %s", error)
            return None if self._stop.is_set() else self._policy.failed(INGEST_CLOSED)
        except StreamError as error:
            return None if self._stop.is_set() else self._policy.failed(error.code)
        except Exception:
            # Our own mistake must not end the broadcast: it is written down, and the next connection is tried.
            _LOG.exception("the publisher failed")
            return None if self._stop.is_set() else self._policy.failed(INGEST_CLOSED)
        return None

    def _serve(self, link: Link) -> None:
        connection = ClientConnection(
            app=self._address.app, tc_url=self._address.tc_url, stream_key=self._target.key
        )  # fmt: skip
        connection.start()
        self._out = memoryview(b"")
        self._policy.connected(self._clock.monotonic_s())
        while not self._stop.is_set():
            sent_bytes = self._pump(link, connection)
            now_s = self._clock.monotonic_s()
            kernel_bytes = link.unsent_bytes()
            self._kernel_bytes, self._rtt_ms = kernel_bytes or 0, link.rtt_ms()
            if connection.is_publishing:
                change = self._policy.moved(now_s, sent_bytes, len(self._out), kernel_bytes)
                if change is not None:
                    self._on_changed(change)
            code = self._policy.overdue(now_s)
            if code is not None:
                raise StreamError(code)
            self._waiter.watch(link.fileno(), wants_write=bool(self._out))
            if self._waiter.wait(_TICK_S):
                self._read(link, connection)
        self._finish(link, connection)

    def _pump(self, link: Link, connection: ClientConnection) -> int:
        """Send until the queue is empty or the kernel takes no more; the bytes that it took."""
        sent_bytes = 0
        while True:
            if not self._out:
                if connection.is_publishing:
                    self._fill(connection)
                self._out = memoryview(connection.data_to_send())
                if not self._out:
                    return sent_bytes
            taken = link.send(self._out)
            if taken == 0:
                return sent_bytes
            sent_bytes += taken
            self._sent_bytes += taken
            self._out = self._out[taken:]

    def _fill(self, connection: ClientConnection) -> None:
        filled_bytes = 0
        while filled_bytes < _BATCH_BYTES:
            with self._lock:
                packet = self._queue.pop()
                wants_keyframe = self._queue.wants_keyframe
                self._queue.wants_keyframe = False
            if wants_keyframe and self._request_keyframe is not None:
                self._request_keyframe()
            if packet is None:
                return
            tags = self._tags.tags(packet)
            for tag in tags:
                connection.send_tag(tag.kind, tag.timestamp_ms, tag.payload)
                filled_bytes += len(tag.payload)
            if tags and packet.is_video:
                self._frames_sent += 1
            elif packet.is_video and self._frames_sent:
                with self._lock:
                    self._lost_frames += 1

    def _read(self, link: Link, connection: ClientConnection) -> None:
        while True:
            data = link.receive()
            if data is None:
                return
            if not data:
                raise StreamError(INGEST_CLOSED)
            for event in connection.receive(data):
                match event:
                    case PublishAccepted():
                        self._on_accepted(connection)
                    case PublishRefused(code, description):
                        raise _Refused(code, description)
                    case PeerClosedStream():
                        raise StreamError(INGEST_CLOSED)

    def _on_accepted(self, connection: ClientConnection) -> None:
        change = self._policy.accepted(self._clock.monotonic_s())
        self._tags.begin()
        connection.send_metadata(self._tags.metadata())
        with self._lock:
            self._is_open = True
            self._is_counting = True
        if self._request_keyframe is not None:
            self._request_keyframe()
        self._on_changed(change)

    def _close_queue(self) -> None:
        with self._lock:
            self._is_open = False
            self._queue.clear(is_counted=not self._stop.is_set())
        self._out = memoryview(b"")

    def _finish(self, link: Link, connection: ClientConnection) -> None:
        """Send what is left and the goodbye, then wait for the peer to close: a reset would eat the last frames."""
        deadline_s = self._clock.monotonic_s() + self._times.finish_s
        is_told = has_ended = False
        while True:
            self._pump(link, connection)
            if not self._out and not is_told:
                is_told = True
                connection.finish()
                self._pump(link, connection)
            if not self._out and not has_ended:
                has_ended = True
                link.end_sending()
            left_s = deadline_s - self._clock.monotonic_s()
            if left_s <= 0:
                return
            self._waiter.watch(link.fileno(), wants_write=bool(self._out))
            if self._waiter.wait(left_s) and link.receive() == b"":
                return
