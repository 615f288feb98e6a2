"""Feeds the judgement of health with what the engine and the service say. I/O loop."""

from __future__ import annotations

from app.domain.health import HealthFigures, judge
from app.ports.engine import PublishChanged, PublishStatus, Stats
from app.usecases.context import Context
from app.usecases.state import AccountPhase, BroadcastPhase, PlatformPhase

QUIET_LUFS = -60.0
_SIGNED_OUT = (AccountPhase.SIGNED_OUT, AccountPhase.ASKING_CODE, AccountPhase.CODE_SENT, AccountPhase.SIGNING_IN)
_ON_AIR = (BroadcastPhase.ON_AIR, BroadcastPhase.INTERRUPTED)


class HealthCase:
    """Keeps since when the sound has been quiet, and the counters of the last second."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._quiet_since_s: float | None = None
        self._failed_code = ""
        self._before: Stats | None = None
        self._last: Stats | None = None

    def judge(self) -> None:
        """Look at the state and replace the report when it changed."""
        state = self._context.state
        engine, stats = state.engine, state.engine.stats
        if stats is not self._last:
            self._before, self._last = self._last, stats
        now_s = self._context.clock.monotonic_s()
        quiet_s = self._quiet(stats, engine.is_muted, now_s)
        publish_status, publish_code = self._publish(engine.publish)
        figures = HealthFigures(
            is_on_air=state.broadcast.phase in _ON_AIR,
            publish_status=publish_status,
            publish_code=publish_code,
            video_status=engine.video_status.status.value if engine.video_status else "off",
            audio_status=engine.audio_status.status.value if engine.audio_status else "off",
            is_muted=engine.is_muted,
            is_camera_off=engine.is_camera_off,
            record_code=engine.record.code if engine.record else "",
            is_signed_out=state.platform.phase is PlatformPhase.READY and state.account.phase in _SIGNED_OUT,
            is_service_reachable=state.platform.phase is not PlatformPhase.UNREACHABLE
            and (state.room.is_connected or state.broadcast.phase not in _ON_AIR),
            backlog_ms=stats.backlog_ms if stats else 0.0,
            drop_ratio=self._ratio("frames_dropped", "frames_sent"),
            late_ratio=self._ratio("late_frames", "programme_frames"),
            sent_kbps=stats.sent_kbps if stats else 0.0,
            quiet_s=quiet_s,
            retry_in_s=engine.publish.retry_in_ms / 1000 if engine.publish else 0.0,
        )
        report = judge(figures)
        if report != state.health:
            if report.message_id != state.health.message_id and state.broadcast.phase in _ON_AIR:
                self._context.record(report.message_id, **report.detail)
            self._context.change(health=report)

    def _publish(self, publish: PublishChanged | None) -> tuple[str, str]:
        """Status and code; the attempt after a failure is still the failure, until there is progress."""
        if publish is None:
            return PublishStatus.IDLE.value, ""
        if publish.status is PublishStatus.RECONNECTING:
            self._failed_code = publish.code
        elif publish.status not in (PublishStatus.CONNECTING, PublishStatus.STARTING):
            self._failed_code = ""
        if self._failed_code:
            return PublishStatus.RECONNECTING.value, self._failed_code
        return publish.status.value, publish.code

    def _quiet(self, stats: Stats | None, is_muted: bool, now_s: float) -> float:
        if stats is None or is_muted or stats.loudness_lufs > QUIET_LUFS:
            self._quiet_since_s = None
            return 0.0
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s
        return now_s - self._quiet_since_s

    def _ratio(self, part: str, whole: str) -> float:
        """Share of the last second; counters that began anew count from 0."""
        if self._last is None:
            return 0.0
        before = self._before
        some, all_of = getattr(self._last, part), getattr(self._last, whole)
        if before is not None and getattr(before, whole) <= all_of and getattr(before, part) <= some:
            some, all_of = some - getattr(before, part), all_of - getattr(before, whole)
        return float(some / (some + all_of)) if some + all_of > 0 else 0.0
