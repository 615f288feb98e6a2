"""Who publishes what: admission, replacement, reports, and the hubs of the sessions. Event loop; owned by main."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from app.contract.errors import ErrorCode
from app.contract.hooks import ProbeReport, PublishAsk, PublishFact, PublishGrant
from app.errors import PlatformError
from app.rtmp import TagReceived
from app.runtime.clock import Clock
from server.errors import Refusal
from server.ingest.grants import GrantBook
from server.ingest.hooks import ServiceHooks
from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.publisher import Publisher

MAX_CLOSED = 2000
PROBE_REPORT_S = 1.0
log = structlog.get_logger("ingest.desk")


@dataclass
class _Seat:
    """One session here."""

    hub: SessionHub
    publisher: Publisher | None = None
    idle_since_s: float = 0.0


class PublishDesk:
    """Invariant: at most one publisher a key and, probes aside, one a session.

    ``on_first_picture`` and ``on_closed`` tell the remux side which sessions there are.
    """

    def __init__(
        self,
        limits: IngestLimits,
        clock: Clock,
        grants: GrantBook,
        on_first_picture: Callable[[SessionHub], None],
        on_closed: Callable[[str], None],
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._grants = grants
        self._on_first_picture = on_first_picture
        self._on_closed = on_closed
        self._hooks: ServiceHooks | None = None
        self._seats: dict[str, _Seat] = {}
        self._by_key: dict[str, Publisher] = {}
        self._closed: OrderedDict[str, str] = OrderedDict()
        self._probe_reported_s: dict[str, float] = {}

    def attach(self, hooks: ServiceHooks) -> None:
        """Before anything else: where the service is asked."""
        self._hooks = hooks

    @property
    def hooks(self) -> ServiceHooks:
        if self._hooks is None:
            raise RuntimeError("the desk has no hooks yet")
        return self._hooks

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        """Everyone who may send now, probes included."""
        return tuple(self._by_key.values())

    @property
    def session_ids(self) -> frozenset[str]:
        """The sessions that have a place here: a publisher, viewers, or had them lately."""
        return frozenset(self._seats)

    @property
    def hubs(self) -> tuple[SessionHub, ...]:
        return tuple(seat.hub for seat in self._seats.values())

    def publisher_of(self, session_id: str) -> Publisher | None:
        seat = self._seats.get(session_id)
        return seat.publisher if seat else None

    # ---- publishers -----------------------------------------------------------------------------

    async def authorize(self, ask: PublishAsk) -> PublishGrant:
        """Ask the service; while it is away, go by what it granted lately. Raises Refusal."""
        try:
            grant = await self.hooks.authorize(ask)
        except Refusal as refusal:
            if refusal.reason is not ErrorCode.INGEST_UNAVAILABLE:
                self._grants.forget(key=ask.key)
            raise
        except PlatformError as error:
            known = self._grants.find(ask.key, ask.connection_id)
            if known is None or known.session_id in self._closed:
                raise Refusal(ErrorCode.INGEST_UNAVAILABLE, retryable=True) from error
            log.info("admitted_without_service", connection_id=ask.connection_id, key_id=known.key_id)
            return known
        if not grant.is_probe and self._seat(grant.session_id) is None:
            raise Refusal(ErrorCode.INGEST_UNAVAILABLE, retryable=True)
        self._grants.remember(ask.key, grant)
        return grant

    def admit(self, publisher: Publisher) -> None:
        grant = publisher.grant
        if grant is None:
            raise RuntimeError("a publisher without a grant")
        older = {self._by_key.get(grant.key_id), None if grant.is_probe else self.publisher_of(grant.session_id)}
        for other in older:
            if other is not None:
                log.info("replaced", older=other.connection_id, newer=publisher.connection_id)
                other.end(ErrorCode.REPLACED)
        self._by_key[grant.key_id] = publisher
        log.info("admitted", connection_id=publisher.connection_id, key_id=grant.key_id, is_probe=grant.is_probe)
        if grant.is_probe:
            return
        seat = self._seat(grant.session_id)
        if seat is not None:
            seat.publisher = publisher
            seat.hub.begin()

    def tag(self, publisher: Publisher, tag: TagReceived) -> bool:
        grant = publisher.grant
        if grant is None:
            return False
        if grant.is_probe:
            publisher.has_started = True
            return True
        seat = self._seats.get(grant.session_id)
        if seat is None or seat.publisher is not publisher:
            return False
        if not seat.hub.publish(tag.kind, tag.timestamp_ms, tag.payload):
            return False
        publisher.has_started = True
        self.hooks.started(_fact(publisher))
        self._on_first_picture(seat.hub)
        return True

    def leave(self, publisher: Publisher, reason: str) -> None:
        grant = publisher.grant
        if grant is None:
            return
        if self._by_key.get(grant.key_id) is publisher:
            del self._by_key[grant.key_id]
        if grant.is_probe:
            self._report_probe(publisher)
            self._probe_reported_s.pop(publisher.connection_id, None)
        else:
            seat = self._seats.get(grant.session_id)
            if seat is not None and seat.publisher is publisher:
                seat.publisher = None
                seat.idle_since_s = self._clock.monotonic_s()
                seat.hub.leave()
            self.hooks.stopped(_fact(publisher, reason))
        log.info("left", connection_id=publisher.connection_id, key_id=grant.key_id, reason=reason)

    async def on_service_back(self) -> None:
        """Ask anew about everyone who publishes, and say again what has started. Raises PlatformError."""
        for publisher in self.publishers:
            try:
                grant = await self.hooks.authorize(publisher.ask)
            except Refusal as refusal:
                if refusal.reason is not ErrorCode.INGEST_UNAVAILABLE:
                    self._grants.forget(key=publisher.ask.key)
                    publisher.end(refusal.code)
                continue
            self._grants.remember(publisher.ask.key, grant)
            if publisher.has_started and not grant.is_probe and publisher in self._by_key.values():
                self.hooks.started(_fact(publisher))

    def tick(self) -> None:
        """Once a second: measurements of probes, sessions that nobody needs any more."""
        now_s = self._clock.monotonic_s()
        for publisher in self.publishers:
            if publisher.grant is not None and publisher.grant.is_probe and publisher.has_started:
                last_s = self._probe_reported_s.get(publisher.connection_id, 0.0)
                if now_s - last_s >= PROBE_REPORT_S:
                    self._probe_reported_s[publisher.connection_id] = now_s
                    self._report_probe(publisher)
        for session_id, seat in list(self._seats.items()):
            if seat.publisher is not None or seat.hub.viewers:
                seat.idle_since_s = now_s
            elif now_s - seat.idle_since_s > self._limits.idle_session_s:
                log.info("session_forgotten", session_id=session_id)
                self._forget(session_id, "")

    def renew_grants(self) -> None:
        """Now and then: those who publish while the service is there have their keys held good."""
        if self.hooks.is_up and self._by_key:
            self._grants.renew(set(self._by_key))

    def _report_probe(self, publisher: Publisher) -> None:
        grant = publisher.grant
        if grant is None:
            return
        now_s = self._clock.monotonic_s()
        self.hooks.measured(
            ProbeReport(
                key_id=grant.key_id,
                connection_id=publisher.connection_id,
                duration_ms=publisher.meter.duration_ms(now_s),
                received_bytes=publisher.meter.total_bytes,
                kbps=round(publisher.meter.mean_kbps(now_s), 1),
            )
        )

    # ---- sessions -------------------------------------------------------------------------------

    def hub_of(self, session_id: str) -> SessionHub | None:
        """The session's hub, made when there is none: a viewer may come first. None when it is over or no room is."""
        seat = self._seat(session_id)
        return seat.hub if seat else None

    def is_closed(self, session_id: str) -> bool:
        """Whether the session has ended here."""
        return session_id in self._closed

    def drop(self, key_id: str, code: str) -> None:
        """The service's order: the key is dead."""
        self._grants.forget(key_id=key_id)
        publisher = self._by_key.get(key_id)
        if publisher is not None:
            publisher.end(code)

    def close_session(self, session_id: str, code: str) -> None:
        """The service's order: the session has ended, for good."""
        self._grants.forget(session_id=session_id)
        self._closed[session_id] = code
        while len(self._closed) > MAX_CLOSED:
            self._closed.popitem(last=False)
        for publisher in self.publishers:
            if publisher.grant is not None and publisher.grant.session_id == session_id:
                publisher.end(code)
        self._forget(session_id, code)

    def drop_viewer(self, session_id: str, viewer_id: str) -> int:
        """Cut a person's responses; how many there were."""
        seat = self._seats.get(session_id)
        readers = [reader for reader in seat.hub.viewers if reader.viewer_id == viewer_id] if seat else []
        for reader in readers:
            reader.cut(ErrorCode.FORBIDDEN)
        return len(readers)

    def end_all(self, code: str) -> None:
        """The ingest stops: publishers are told, players end; the sessions themselves go on elsewhere or later."""
        for publisher in self.publishers:
            publisher.end(code)
        for seat in self._seats.values():
            seat.hub.close(code)

    def _forget(self, session_id: str, code: str) -> None:
        seat = self._seats.pop(session_id, None)
        if seat is not None:
            seat.hub.close(code or ErrorCode.NOT_FOUND)
        # Also without a seat: an ingest that was started anew finds the files of the run before.
        self._on_closed(session_id)

    def _seat(self, session_id: str) -> _Seat | None:
        seat = self._seats.get(session_id)
        if seat is None:
            if session_id in self._closed or len(self._seats) >= self._limits.sessions:
                return None
            seat = _Seat(SessionHub(session_id, self._limits.gop_bytes), idle_since_s=self._clock.monotonic_s())
            self._seats[session_id] = seat
        return seat


def _fact(publisher: Publisher, reason: str = "") -> PublishFact:
    grant = publisher.grant
    if grant is None:
        raise RuntimeError("a publisher without a grant")
    return PublishFact(
        key_id=grant.key_id, session_id=grant.session_id, connection_id=publisher.connection_id, reason=reason
    )
