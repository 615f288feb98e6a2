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
    action: str = ""
    """What the one button does (``action.<action>``); empty where the advice needs none."""


@dataclass(frozen=True)
class HealthFigures:
    """What the judgement looks at; rates over the last second or so."""

    is_on_air: bool = False
    publish_status: str = "idle"
    publish_code: str = ""
    video_status: str = "off"
    audio_status: str = "off"
    is_muted: bool = False
    is_camera_off: bool = False
    record_code: str = ""
    is_signed_out: bool = False
    is_service_reachable: bool = True
    backlog_ms: float = 0.0
    drop_ratio: float = 0.0
    late_ratio: float = 0.0
    sent_kbps: float = 0.0
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

_ACTIONS = {
    "refused": "go_live",
    "no_picture": "choose_camera",
    "no_picture_idle": "choose_camera",
    "picture_off": "choose_camera",
    "camera_off": "show_camera",
    "no_sound": "choose_microphone",
    "no_sound_idle": "choose_microphone",
    "sound_off": "choose_microphone",
    "muted": "unmute",
    "signed_out": "sign_in",
    "recording_failed": "choose_folder",
    "computer_bad": "settings",
    "network_bad": "settings",
}


def judge(figures: HealthFigures) -> HealthReport:
    """The report for these figures. Rules are tried from the worst to the mildest."""
    computer, network, platform = _parts(figures)
    for grade, name, applies in _rules(figures):
        if applies:
            return HealthReport(
                grade, f"health.{name}", f"health.{name}.cause", f"health.{name}.advice", computer, network, platform,
                {"retry_s": round(figures.retry_in_s), "sent_kbps": round(figures.sent_kbps)}, _ACTIONS.get(name, ""),
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
    has_no_picture, has_no_sound = f.video_status in _GONE, f.audio_status in _GONE
    return (
        (Grade.BAD, "refused", f.publish_status == "refused"),
        (Grade.BAD, "silent_ingest", f.publish_status == "reconnecting" and f.publish_code == "ingest_silent"),
        (Grade.BAD, "reconnecting", f.publish_status == "reconnecting"),
        (Grade.BAD, "no_picture", on_air and has_no_picture),
        (Grade.BAD, "no_sound", on_air and has_no_sound),
        (Grade.BAD, "no_picture_idle", has_no_picture),
        (Grade.BAD, "no_sound_idle", has_no_sound),
        (Grade.BAD, "network_bad", on_air and (f.backlog_ms >= BACKLOG_BAD_MS or f.drop_ratio >= DROP_BAD_RATIO)),
        (Grade.BAD, "computer_bad", f.late_ratio >= LATE_BAD_RATIO),
        (Grade.WARN, "sound_off", on_air and f.audio_status == "off"),
        (Grade.WARN, "picture_off", on_air and f.video_status == "off"),
        (Grade.WARN, "network_slow", on_air and (f.backlog_ms >= BACKLOG_WARN_MS or f.drop_ratio >= DROP_WARN_RATIO)),
        (Grade.WARN, "computer_slow", f.late_ratio >= LATE_WARN_RATIO),
        (Grade.WARN, "signed_out", on_air and f.is_signed_out),
        (Grade.WARN, "service_away", on_air and not f.is_service_reachable),
        (Grade.WARN, "recording_failed", bool(f.record_code)),
        (Grade.WARN, "muted", on_air and f.is_muted),
        (Grade.WARN, "camera_off", on_air and f.is_camera_off),
        (Grade.WARN, "quiet", on_air and f.quiet_s >= QUIET_WARN_S),
    )


_GONE = ("lost", "failed")
