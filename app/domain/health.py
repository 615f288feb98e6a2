"""One sentence about the broadcast's health, from the engine's figures. Pure.

The worst trouble wins; ``message_id`` names the sentence, ``cause_id`` the plain reason and ``advice_id`` the
one thing to do. Where the trouble sits is named as the person knows it: this computer, the network, the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Grade(StrEnum):
    IDLE = "idle"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class HealthReport:
    grade: Grade = Grade.IDLE
    message_id: str = "health.idle"
    cause_id: str = ""
    advice_id: str = ""
    computer: Grade = Grade.IDLE
    network: Grade = Grade.IDLE
    platform: Grade = Grade.IDLE
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class HealthFigures:
    """What the judgement looks at; rates over the last second or so."""

    is_on_air: bool = False
    publish_status: str = "idle"
    publish_code: str = ""
    video_status: str = "off"
    video_code: str = ""
    audio_status: str = "off"
    audio_code: str = ""
    is_muted: bool = False
    record_code: str = ""
    is_service_reachable: bool = True
    backlog_ms: float = 0.0
    drop_ratio: float = 0.0
    late_ratio: float = 0.0
    encode_ms: float = 0.0
    frame_ms: float = 1000 / 30
    sent_kbps: float = 0.0
    target_kbps: int = 0
    loudness_lufs: float = -70.0
    quiet_s: float = 0.0
    """How long the sound has been below −60 LUFS without being muted."""
    retry_in_s: float = 0.0


BACKLOG_WARN_MS = 600.0
BACKLOG_BAD_MS = 2000.0
DROP_WARN_RATIO = 0.005
DROP_BAD_RATIO = 0.05
LATE_WARN_RATIO = 0.02
LATE_BAD_RATIO = 0.15
QUIET_WARN_S = 10.0


def judge(figures: HealthFigures) -> HealthReport:
    """The report for these figures. Rules are tried from the worst to the mildest."""
    computer, network, platform = _parts(figures)
    for grade, name, applies in _rules(figures):
        if applies:
            return HealthReport(
                grade, f"health.{name}", f"health.{name}.cause", f"health.{name}.advice", computer, network, platform,
                {"retry_s": round(figures.retry_in_s), "sent_kbps": round(figures.sent_kbps)},
            )  # fmt: skip
    if not figures.is_on_air:
        return HealthReport(Grade.IDLE, "health.idle", "", "", computer, network, platform)
    return HealthReport(Grade.GOOD, "health.good", "", "", computer, network, platform)


def _parts(figures: HealthFigures) -> tuple[Grade, Grade, Grade]:
    idle = Grade.GOOD if figures.is_on_air else Grade.IDLE
    computer = _grade(figures.late_ratio, LATE_WARN_RATIO, LATE_BAD_RATIO, idle)
    network = max(
        _grade(figures.backlog_ms, BACKLOG_WARN_MS, BACKLOG_BAD_MS, idle),
        _grade(figures.drop_ratio, DROP_WARN_RATIO, DROP_BAD_RATIO, idle),
        key=list(Grade).index,
    )
    if figures.publish_status == "reconnecting":
        network = Grade.BAD
    return computer, network, idle if figures.is_service_reachable else Grade.WARN


def _grade(value: float, warn: float, bad: float, otherwise: Grade) -> Grade:
    if value >= bad:
        return Grade.BAD
    return Grade.WARN if value >= warn else otherwise


def _rules(f: HealthFigures) -> tuple[tuple[Grade, str, bool], ...]:
    on_air = f.is_on_air
    return (
        (Grade.BAD, "refused", f.publish_status == "refused"),
        (Grade.BAD, "silent_ingest", f.publish_status == "reconnecting" and f.publish_code == "ingest_silent"),
        (Grade.BAD, "reconnecting", f.publish_status == "reconnecting"),
        (Grade.BAD, "no_picture", f.video_status in ("lost", "failed")),
        (Grade.BAD, "no_sound", f.audio_status in ("lost", "failed")),
        (Grade.BAD, "network_bad", on_air and (f.backlog_ms >= BACKLOG_BAD_MS or f.drop_ratio >= DROP_BAD_RATIO)),
        (Grade.BAD, "computer_bad", f.late_ratio >= LATE_BAD_RATIO),
        (Grade.WARN, "network_slow", on_air and (f.backlog_ms >= BACKLOG_WARN_MS or f.drop_ratio >= DROP_WARN_RATIO)),
        (Grade.WARN, "computer_slow", f.late_ratio >= LATE_WARN_RATIO),
        (Grade.WARN, "service_away", on_air and not f.is_service_reachable),
        (Grade.WARN, "recording_failed", bool(f.record_code)),
        (Grade.WARN, "muted", on_air and f.is_muted),
        (Grade.WARN, "quiet", on_air and f.quiet_s >= QUIET_WARN_S),
    )
