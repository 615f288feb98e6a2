"""The engine's figures, once a second. Control thread."""

from __future__ import annotations

import os

import psutil

from app.ports.engine import PublishStatus, Stats
from app.runtime.clock import Clock
from capture.audio.meters import Meter
from capture.encode.encoding import EncodingFigures
from capture.outputs import Outputs


class Statistics:
    """Remembers the second before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at_s = clock.monotonic_s()
        self._cpu_s = _cpu_s()
        psutil.cpu_percent(None)
        self._frames = 0
        self._sent_bytes = 0
        self._encoding = EncodingFigures()
        self._dropped_before = 0
        self._on_air_since_s: float | None = None

    def begin_publish(self) -> None:
        """Totals of publishing count from here."""
        self._dropped_before = self._encoding.dropped_frames
        self._on_air_since_s = None

    def make(
        self, frames: int, late_frames: int, late_blocks: int, meter: Meter, outputs: Outputs, target_kbps: int
    ) -> Stats:
        """Figures since the call before."""
        now_s, cpu_s = self._clock.monotonic_s(), _cpu_s()
        passed_s = max(1e-3, now_s - self._at_s)
        encoding, publishers = outputs.figures()
        before = self._encoding if encoding.encoded_frames >= self._encoding.encoded_frames else EncodingFigures()
        encoded = encoding.encoded_frames - before.encoded_frames
        sent_bytes = sum(figures.sent_bytes for figures in publishers)
        # The worst target counts: its viewers are the ones who suffer.
        worst = max(publishers, key=lambda figures: figures.backlog_ms, default=None)
        dropped = max(0, encoding.dropped_frames - (self._dropped_before if before is self._encoding else 0))
        made = Stats(
            at_ms=round(now_s * 1000),
            programme_frames=frames,
            programme_fps=max(0, frames - self._frames) / passed_s,
            late_frames=late_frames,
            late_blocks=late_blocks,
            encoded_frames=encoding.encoded_frames,
            frames_sent=max((figures.frames_sent for figures in publishers), default=0),
            frames_dropped=(max(figures.frames_dropped for figures in publishers) + dropped) if publishers else 0,
            video_kbps=(encoding.video_bytes - before.video_bytes) * 8 / 1000 / passed_s,
            sent_kbps=max(0, sent_bytes - self._sent_bytes) * 8 / 1000 / passed_s,
            target_kbps=target_kbps,
            backlog_ms=worst.backlog_ms if worst is not None else 0.0,
            backlog_bytes=worst.backlog_bytes if worst is not None else 0,
            rtt_ms=worst.rtt_ms if worst is not None else 0.0,
            encode_ms=(encoding.encode_s - before.encode_s) * 1000 / encoded if encoded else 0.0,
            cpu_ratio=(cpu_s - self._cpu_s) / passed_s,
            machine_cpu_ratio=psutil.cpu_percent(None) / 100,
            loudness_lufs=meter.momentary_lufs,
            peak_db=meter.level_db,
            encoder=outputs.encoder,
            on_air_s=self._on_air_s(outputs, now_s),
            recorded_bytes=outputs.recorded_bytes,
            free_disk_bytes=outputs.free_disk_bytes,
        )
        self._at_s, self._cpu_s, self._frames = now_s, cpu_s, frames
        self._encoding, self._sent_bytes = encoding, sent_bytes
        return made

    def _on_air_s(self, outputs: Outputs, now_s: float) -> float:
        if not outputs.is_publishing:
            return 0.0
        if self._on_air_since_s is None and any(
            state.status is PublishStatus.ON_AIR for state in outputs.publish_states
        ):
            self._on_air_since_s = now_s
        return now_s - self._on_air_since_s if self._on_air_since_s is not None else 0.0


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
