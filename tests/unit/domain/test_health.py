"""The one sentence of health: which trouble wins, and what may be said when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.health import BACKLOG_BAD_MS, LATE_BAD_RATIO, Grade, HealthFigures, judge

WELL = HealthFigures(is_on_air=True, publish_status="on_air", video_status="live", audio_status="live")

figures = st.builds(
    HealthFigures,
    is_on_air=st.booleans(),
    publish_status=st.sampled_from(["idle", "connecting", "starting", "on_air", "reconnecting", "refused"]),
    publish_code=st.sampled_from(["", "ingest_silent", "ingest_unreachable"]),
    video_status=st.sampled_from(["off", "starting", "live", "lost", "failed"]),
    audio_status=st.sampled_from(["off", "starting", "live", "lost", "failed"]),
    is_muted=st.booleans(),
    is_camera_off=st.booleans(),
    record_code=st.sampled_from(["", "disk_full"]),
    is_signed_out=st.booleans(),
    is_service_reachable=st.booleans(),
    backlog_ms=st.floats(0, 5000),
    drop_ratio=st.floats(0, 1),
    late_ratio=st.floats(0, 1),
    sent_kbps=st.floats(0, 20_000),
    quiet_s=st.floats(0, 60),
    retry_in_s=st.floats(0, 10),
)


@pytest.mark.parametrize(
    ("changes", "name", "grade", "action"),
    [
        ({}, "good", Grade.GOOD, ""),
        ({"is_on_air": False}, "idle", Grade.IDLE, ""),
        ({"publish_status": "refused"}, "refused", Grade.BAD, "go_live"),
        ({"publish_status": "reconnecting", "publish_code": "ingest_silent"}, "silent_ingest", Grade.BAD, ""),
        ({"publish_status": "reconnecting"}, "reconnecting", Grade.BAD, ""),
        ({"video_status": "lost"}, "no_picture", Grade.BAD, "choose_camera"),
        ({"audio_status": "failed"}, "no_sound", Grade.BAD, "choose_microphone"),
        ({"video_status": "failed", "is_on_air": False}, "no_picture_idle", Grade.BAD, "choose_camera"),
        ({"audio_status": "lost", "is_on_air": False}, "no_sound_idle", Grade.BAD, "choose_microphone"),
        ({"backlog_ms": BACKLOG_BAD_MS}, "network_bad", Grade.BAD, "settings"),
        ({"late_ratio": LATE_BAD_RATIO}, "computer_bad", Grade.BAD, "settings"),
        ({"video_status": "off"}, "picture_off", Grade.WARN, "choose_camera"),
        ({"audio_status": "off"}, "sound_off", Grade.WARN, "choose_microphone"),
        ({"drop_ratio": 0.01}, "network_slow", Grade.WARN, ""),
        ({"late_ratio": 0.03}, "computer_slow", Grade.WARN, ""),
        ({"is_signed_out": True}, "signed_out", Grade.WARN, "sign_in"),
        ({"is_service_reachable": False}, "service_away", Grade.WARN, ""),
        ({"record_code": "disk_full"}, "recording_failed", Grade.WARN, "choose_folder"),
        ({"is_muted": True}, "muted", Grade.WARN, "unmute"),
        ({"is_camera_off": True}, "camera_off", Grade.WARN, "show_camera"),
        ({"quiet_s": 10.0}, "quiet", Grade.WARN, ""),
    ],
)
def test_each_trouble_has_its_sentence_grade_and_button(
    changes: dict[str, object], name: str, grade: Grade, action: str
) -> None:
    report = judge(replace(WELL, **changes))  # type: ignore[arg-type]
    assert (report.message_id, report.grade, report.action) == (f"health.{name}", grade, action)


def test_where_the_trouble_sits_is_named() -> None:
    report = judge(replace(WELL, backlog_ms=BACKLOG_BAD_MS, late_ratio=0.03, is_service_reachable=False))
    assert (report.network, report.computer, report.platform) == (Grade.BAD, Grade.WARN, Grade.WARN)
    assert judge(replace(WELL, publish_status="reconnecting")).network is Grade.BAD


@given(figures)
def test_all_is_well_is_said_only_when_nothing_is_wrong(one: HealthFigures) -> None:
    report = judge(one)
    if report.message_id == "health.good":
        assert one.is_on_air
        assert (one.video_status, one.audio_status) in {
            (video, audio) for video in ("live", "starting") for audio in ("live", "starting")
        }
        assert not (one.is_muted or one.is_camera_off or one.record_code or one.is_signed_out)
        assert one.is_service_reachable
        assert one.publish_status not in ("reconnecting", "refused")


@given(figures)
def test_a_bad_thing_is_never_hidden_by_a_mild_one(one: HealthFigures) -> None:
    report = judge(one)
    if one.publish_status in ("reconnecting", "refused"):
        assert report.grade is Grade.BAD
    if one.is_on_air and one.audio_status in ("lost", "failed"):
        assert report.grade is Grade.BAD


@given(figures)
def test_viewers_are_spoken_of_on_air_only_in_what_is_bad(one: HealthFigures) -> None:
    report = judge(replace(one, is_on_air=False, publish_status="idle"))
    assert report.message_id not in {"health.no_picture", "health.no_sound", "health.muted", "health.network_bad"}
