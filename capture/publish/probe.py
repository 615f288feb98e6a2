"""Measures one address with the parts that publish to it: link, protocol and tags of the publisher. Probe's thread.

Once the stream was accepted, media goes out for some seconds at rising rates (capture.publish.gauge), and the socket is
aborted: what waits on this machine is thrown away.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.domain.quality.measures import IngestMeasures
from app.errors import StreamError
from app.ports.engine import Target
from app.rtmp import ClientConnection, PeerClosedStream, PublishAccepted, PublishRefused, RtmpError
from app.runtime.clock import Clock
from capture.publish.address import parse_address
from capture.publish.gauge import Gauge, Moment
from capture.publish.link import Connect, Link
from capture.publish.policy import INGEST_CLOSED, INGEST_SILENT, Times, read_refusal
from capture.publish.probe_media import RATE_FPS, ProbeMedia
from capture.publish.tags import TagMaker
from capture.publish.wake import Waiter

_LOG = logging.getLogger(__name__)

WINDOW_BYTES = 16 * 1024
"""The peer is asked to acknowledge as often: some eight times a second at 1 Mbit/s."""
UNREAD_BYTES = 8 * WINDOW_BYTES
"""A peer that has said nothing of so much that its system took has stopped reading."""
_LOOK_S = 0.01
_PROGRESS_S = 0.25
_MOST_AT_ONCE_S = 0.2
"""After a pause of this machine no more than this is made up for: it would look like a burst of the line."""


class ProbeStopped(Exception):
    """It was cancelled."""


class _Refused(Exception):
    """The peer said no."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Probe:
    """One address, once: ``run``. ``stop`` may be set in any thread and ends it within some 0.2 s."""

    def __init__(
        self, target: Target, seconds: float, clock: Clock, connect: Connect, times: Times | None = None
    ) -> None:
        """``seconds`` of media. Raises InputError ``ingest_address_invalid``."""
        self.name = target.name
        self._address = parse_address(target.url)
        self._key = target.key
        self._clock = clock
        self._connect = connect
        self._times = times or Times()
        self._gauge = Gauge(seconds)
        self._connection = ClientConnection(
            app=self._address.app, tc_url=self._address.tc_url, stream_key=self._key
        )  # fmt: skip
        self._out = memoryview(b"")
        self._offered_bytes = self._taken_bytes = 0
        self._told_bytes = 0
        """What the peer acknowledged, beyond the 32 bits of its word."""
        self._connect_ms = 0.0
        self._is_accepted = False
        # Media may be sent up to this; grows with time.
        self._allowed_bytes = 0.0
        self._fed_s = 0.0
        # When the system's and the peer's word last grew.
        self._arrived_bytes, self._arrived_s = 0, 0.0
        self._arrived_when_told_bytes, self._told_s = 0, 0.0

    def run(
        self, media: ProbeMedia, stop: threading.Event, on_progress: Callable[[float, float], None]
    ) -> IngestMeasures:
        """Measure. ``on_progress`` is told the part that is done (0 … 1) and what arrives, kbit/s. Raises ProbeStopped.

        One that cannot be reached, refuses, stalls or hangs up is told as not reachable, with the publisher's code.
        """
        began_s = self._clock.monotonic_s()
        try:
            link = self._connect(self._address, self._times.connect_s, stop)
            waiter = Waiter()
            try:
                waiter.watch(link.fileno(), wants_write=True)
                self._serve(link, waiter, media, stop, began_s, on_progress)
            finally:
                waiter.unwatch(link.fileno())
                waiter.close()
                link.abort()
        except _Refused as refused:
            return self._failed(refused.code, stop)
        except RtmpError as error:
            _LOG.warning("the ingest broke the protocol: %s", error)
            return self._failed(INGEST_CLOSED, stop)
        except StreamError as error:
            return self._failed(error.code, stop)
        found = self._gauge.result()
        return IngestMeasures(
            name=self.name,
            is_reachable=True,
            connect_ms=self._connect_ms,
            throughput_kbps=found.throughput_kbps,
            is_at_least=found.is_at_least,
            jitter_ms=found.jitter_ms,
        )

    def _failed(self, code: str, stop: threading.Event) -> IngestMeasures:
        if stop.is_set():
            raise ProbeStopped
        return IngestMeasures(name=self.name, is_reachable=False, code=code, connect_ms=self._connect_ms)

    # ---- the connection --------------------------------------------------------------------------

    def _serve(
        self,
        link: Link,
        waiter: Waiter,
        media: ProbeMedia,
        stop: threading.Event,
        began_s: float,
        on_progress: Callable[[float, float], None],
    ) -> None:
        connection, tags = self._connection, TagMaker(media.stream)
        connection.start()
        connected_s = told_s = self._clock.monotonic_s()
        while True:
            if stop.is_set():
                raise ProbeStopped
            now_s = self._clock.monotonic_s()
            if self._is_accepted:
                self._feed(now_s, media, tags)
            elif now_s - connected_s >= self._times.command_s:
                raise StreamError(INGEST_SILENT)
            self._pump(link)
            if self._is_accepted:
                self._look(link, now_s)
                passed = self._gauge.passed_ratio(now_s)
                if now_s - told_s >= _PROGRESS_S:
                    told_s = now_s
                    on_progress(passed, self._gauge.recent_kbps())
                if passed >= 1:
                    return
            waiter.watch(link.fileno(), wants_write=bool(self._out))
            waiter.wait(_LOOK_S)
            if self._read(link):
                now_s = self._clock.monotonic_s()
                self._connect_ms = (now_s - began_s) * 1000
                self._accept(now_s, media, tags)

    def _accept(self, now_s: float, media: ProbeMedia, tags: TagMaker) -> None:
        self._is_accepted = True
        media.begin()
        tags.begin()
        self._connection.tell_window(WINDOW_BYTES)
        self._connection.send_metadata(tags.metadata())
        self._gauge.begin(now_s)
        self._fed_s = self._arrived_s = self._told_s = now_s

    def _feed(self, now_s: float, media: ProbeMedia, tags: TagMaker) -> None:
        """Hand over as many pictures as the rate has room for; when the line is full, only what it takes at once."""
        byte_rate = self._gauge.rate_kbps(now_s) * 1000 / 8
        picture_bytes = max(1, round(byte_rate / RATE_FPS))
        most_bytes = max(float(picture_bytes), byte_rate * _MOST_AT_ONCE_S)
        self._allowed_bytes = min(most_bytes, self._allowed_bytes + byte_rate * (now_s - self._fed_s))
        self._fed_s = now_s
        while self._allowed_bytes >= picture_bytes and not (self._gauge.is_full and self._out):
            self._allowed_bytes -= picture_bytes
            for tag in tags.tags(media.next_picture(picture_bytes)):
                self._connection.send_tag(tag.kind, tag.timestamp_ms, tag.payload)
            if self._gauge.is_full:
                return

    def _pump(self, link: Link) -> None:
        """Send until there is nothing or the system takes no more."""
        while True:
            data = self._connection.data_to_send()
            if data:
                self._offered_bytes += len(data)
                self._out = memoryview(bytes(self._out) + data)
            if not self._out:
                return
            taken_bytes = link.send(self._out)
            if taken_bytes == 0:
                return
            self._taken_bytes += taken_bytes
            self._out = self._out[taken_bytes:]

    def _look(self, link: Link, now_s: float) -> None:
        """Note what has arrived. Raises StreamError (ingest_silent) when nothing has for long."""
        told_bytes = self._told()
        unsent_bytes = link.unsent_bytes()
        if unsent_bytes is not None:
            arrived_bytes = max(0, self._taken_bytes - unsent_bytes)
        else:
            # The system does not say; what it only took may wait for seconds.
            arrived_bytes = self._taken_bytes if told_bytes is None else told_bytes
        if arrived_bytes > self._arrived_bytes:
            self._arrived_bytes, self._arrived_s = arrived_bytes, now_s
        is_waiting = self._offered_bytes > self._arrived_bytes
        # A system whose buffer is full takes nothing for seconds, though its program goes on reading.
        if is_waiting and now_s - max(self._arrived_s, self._told_s) >= self._times.progress_s:
            raise StreamError(INGEST_SILENT)
        # A program that hangs still has a system that takes what comes: megabytes.
        unread_bytes = self._arrived_bytes - self._arrived_when_told_bytes
        if told_bytes is not None and unread_bytes > UNREAD_BYTES and now_s - self._told_s >= self._times.progress_s:
            raise StreamError(INGEST_SILENT)
        self._gauge.note(Moment(now_s, self._offered_bytes, self._arrived_bytes, told_bytes))

    def _told(self) -> int | None:
        """What the peer acknowledged; None before it ever did."""
        new_bytes = (self._connection.peer_acknowledged_bytes - self._told_bytes) % (1 << 32)
        # A word that went backwards is none.
        if 0 < new_bytes < 1 << 31:
            self._told_bytes += new_bytes
            self._told_s = self._clock.monotonic_s()
            self._arrived_when_told_bytes = self._arrived_bytes
        return self._told_bytes or None

    def _read(self, link: Link) -> bool:
        """Hear what the peer says; True when it took the stream just now."""
        is_accepted = False
        while True:
            data = link.receive()
            if data is None:
                return is_accepted
            if not data:
                raise StreamError(INGEST_CLOSED)
            for event in self._connection.receive(data):
                match event:
                    case PublishAccepted():
                        is_accepted = True
                    case PublishRefused(code, description):
                        raise _Refused(read_refusal(code, description, self._is_accepted).code)
                    case PeerClosedStream():
                        raise StreamError(INGEST_CLOSED)
