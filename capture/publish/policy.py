"""What a publisher decides: deadlines, on air, trying again, giving up. Pure; the publisher's thread brings the time.

=============  ===================================================================================
from           to
=============  ===================================================================================
connecting     starting (the peer accepted), reconnecting, refused
starting       on_air (media moved for a second), reconnecting, refused
on_air         reconnecting, refused
reconnecting   connecting (the wait is over)
refused        nothing: trying again cannot mend it
any            idle (stopped)
=============  ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.backoff import Backoff
from app.ports.engine import PublishChanged, PublishStatus

INGEST_UNREACHABLE = "ingest_unreachable"
INGEST_SILENT = "ingest_silent"
INGEST_CLOSED = "ingest_closed"
TLS_FAILED = "tls_failed"
KEY_UNKNOWN = "key_unknown"

FINAL_CODES = frozenset({KEY_UNKNOWN, "key_dead", "key_foreign", "replaced"})
PASSING_CODES = frozenset({"ingest_unavailable", "media_invalid"})


@dataclass(frozen=True, slots=True)
class Times:
    """Deadlines in seconds. Tests take shorter ones."""

    connect_s: float = 5.0
    command_s: float = 5.0
    """From the connection to the acceptance of the publish."""
    progress_s: float = 4.0
    """Media waits, and not one byte of it arrives."""
    on_air_s: float = 1.0
    finish_s: float = 0.5
    """For the last bytes and the peer's goodbye when publishing is stopped."""


@dataclass(frozen=True, slots=True)
class Refusal:
    code: str
    is_final: bool


def read_refusal(rtmp_code: str, description: str, was_accepted: bool) -> Refusal:
    """What a peer's no means. Our own ingest says its code first in the description ("key_dead: …").

    A bare BadName after this publisher was accepted once is our old connection that the server has not given up
    yet (nginx-rtmp: "Already publishing"); that passes.
    """
    own = description.partition(":")[0].strip()
    if own in FINAL_CODES:
        return Refusal(own, True)
    if own in PASSING_CODES:
        return Refusal(own, False)
    if was_accepted:
        return Refusal(INGEST_CLOSED, False)
    is_about_name = rtmp_code.startswith("NetStream.Publish.") or rtmp_code in (
        "NetConnection.Connect.Rejected",
        "NetConnection.Connect.InvalidApp",
    )
    return Refusal(KEY_UNKNOWN, True) if is_about_name else Refusal(INGEST_CLOSED, False)


class PublishPolicy:
    """Follows one publisher through its connections; each call returns what has to be told, or None."""

    def __init__(
        self,
        name: str,
        random_ratio: Callable[[], float],
        times: Times | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._name = name
        self._random_ratio = random_ratio
        self._times = times or Times()
        self._backoff = backoff or Backoff()
        self._attempt = 0
        self._phase_since_s = 0.0
        self._moved_at_s = 0.0
        self._media_since_s: float | None = None
        self._sent_bytes = 0
        self._arrived_bytes: int | None = None
        self._is_waiting = False
        self._was_accepted = False
        self.status = PublishStatus.IDLE
        self.retry_in_s = 0.0

    def connecting(self) -> PublishChanged:
        """A connection is being tried."""
        return self._change(PublishStatus.CONNECTING)

    def connected(self, now_s: float) -> None:
        """The socket stands; handshake and commands follow."""
        self._phase_since_s = now_s

    def accepted(self, now_s: float) -> PublishChanged:
        """The peer takes the stream."""
        self._was_accepted = True
        self._phase_since_s = self._moved_at_s = now_s
        self._media_since_s = None
        self._sent_bytes, self._arrived_bytes, self._is_waiting = 0, None, False
        return self._change(PublishStatus.STARTING)

    def moved(self, now_s: float, sent_bytes: int, own_bytes: int, kernel_bytes: int | None) -> PublishChanged | None:
        """Called after every attempt to send, with what was just measured.

        ``sent_bytes``: taken by the kernel just now; ``own_bytes``: it would not take yet; ``kernel_bytes``: it holds
        and the peer has not acknowledged, None where the platform does not tell. There, what the kernel takes counts as
        progress; elsewhere only what the peer has got: at a low bit rate the kernel takes 10 s of a dead connection.
        """
        self._sent_bytes += sent_bytes
        arrived_bytes = self._sent_bytes - (kernel_bytes or 0)
        self._is_waiting = own_bytes > 0 or bool(kernel_bytes)
        if self._arrived_bytes is None or arrived_bytes > self._arrived_bytes:
            self._arrived_bytes = arrived_bytes
            self._moved_at_s = now_s
        elif not self._is_waiting:
            self._moved_at_s = now_s
        if sent_bytes and self._media_since_s is None:
            self._media_since_s = now_s
        if (
            self.status is PublishStatus.STARTING
            and self._media_since_s is not None
            and sent_bytes
            and now_s - self._media_since_s >= self._times.on_air_s
        ):
            self._attempt = 0
            return self._change(PublishStatus.ON_AIR)
        return None

    def overdue(self, now_s: float) -> str | None:
        """The code of the deadline that is over, or None."""
        if self.status is PublishStatus.CONNECTING:
            is_late = now_s - self._phase_since_s >= self._times.command_s
        else:
            is_late = self._is_waiting and now_s - self._moved_at_s >= self._times.progress_s
        return INGEST_SILENT if is_late else None

    def failed(self, code: str) -> PublishChanged:
        """The connection is lost or was not made: wait ``retry_in_s``, then try again."""
        self._attempt += 1
        self.retry_in_s = self._backoff.wait_s(self._attempt, self._random_ratio())
        return self._change(PublishStatus.RECONNECTING, code, self._attempt, round(self.retry_in_s * 1000))

    def refused(self, rtmp_code: str, description: str) -> PublishChanged:
        """The peer said no."""
        refusal = read_refusal(rtmp_code, description, self._was_accepted)
        if refusal.is_final:
            return self._change(PublishStatus.REFUSED, refusal.code)
        return self.failed(refusal.code)

    def stopped(self) -> PublishChanged:
        """Ended on purpose."""
        return self._change(PublishStatus.IDLE)

    def _change(
        self, status: PublishStatus, code: str = "", attempt: int | None = None, retry_in_ms: int = 0
    ) -> PublishChanged:
        self.status = status
        return PublishChanged(
            target=self._name,
            status=status,
            code=code,
            attempt=self._attempt if attempt is None else attempt,
            retry_in_ms=retry_in_ms,
        )
