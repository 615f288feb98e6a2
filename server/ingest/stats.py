"""Figures of the ingest, taken once a second: for /health and the log. Event loop."""

from __future__ import annotations

import structlog

from app.runtime.clock import Clock
from server.ingest.desk import PublishDesk
from server.ingest.workers import WorkerPool

LOG_EVERY_S = 10
log = structlog.get_logger("ingest.stats")


class Stats:
    """Holds the newest figures; ``tick`` takes them."""

    def __init__(self, desk: PublishDesk, workers: WorkerPool, clock: Clock) -> None:
        self._desk = desk
        self._workers = workers
        self._clock = clock
        self._frames: dict[str, tuple[float, int]] = {}
        self._sessions: list[dict[str, object]] = []
        self._ticks = 0

    def tick(self) -> None:
        """Once a second."""
        now_s = self._clock.monotonic_s()
        self._ticks += 1
        frames_before, self._frames = self._frames, {}
        self._sessions = []
        for hub in self._desk.hubs:
            before_s, before = frames_before.get(hub.session_id, (now_s, hub.frames))
            self._frames[hub.session_id] = now_s, hub.frames
            publisher = self._desk.publisher_of(hub.session_id)
            viewers = hub.viewers
            self._sessions.append(
                {
                    "session_id": hub.session_id,
                    "connection_id": publisher.connection_id if publisher else "",
                    "is_running": hub.is_running,
                    "kbps": round(publisher.meter.kbps(now_s), 1) if publisher else 0.0,
                    "fps": round((hub.frames - before) / max(0.001, now_s - before_s), 1),
                    "key_frames": hub.key_frames,
                    "seams": hub.seams,
                    "media_ms": hub.last_ms or 0,
                    "viewers": len(viewers),
                    "viewer_skips": sum(reader.skips for reader in viewers),
                    "tags_skipped": sum(reader.tags_skipped for reader in viewers),
                    "waiting_bytes": sum(reader.waiting_bytes for reader in viewers),
                    **self._workers.about(hub.session_id),
                }
            )
        if self._ticks % LOG_EVERY_S == 0:
            for session in self._sessions:
                log.info("session", **session)

    def report(self) -> dict[str, object]:
        """The newest figures."""
        hooks = self._desk.hooks
        return {
            "publishers": len(self._desk.publishers),
            "facts_waiting": hooks.facts_waiting,
            "facts_lost": hooks.facts_lost,
            "sessions": self._sessions,
        }
