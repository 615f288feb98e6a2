from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.domain.quality.measures import IngestMeasures, NetworkMeasures
from app.domain.quality.model import Defect
from app.i18n import LANGUAGES, Translator
from app.ports.engine import (
    Camera,
    CameraSource,
    DevicesListed,
    FileSound,
    FileSource,
    Microphone,
    MicSource,
    SourceChanged,
    SourceStatus,
)
from app.usecases.quality_state import ProbePhase, ProbeState, QualityDesk
from app.usecases.state import DeskState
from app.usecases.trouble import Trouble
from tests.ui import fakes, quality_fakes
from tests.ui.fakes import change
from ui.presenters.quality_report import report_text

CLIP = "/home/lin/secret-clip.mp4"
AT = datetime(2026, 11, 27, 22, 5, 9, tzinfo=timezone(timedelta(hours=8)))
SECRETS = (
    "秘密摄像头", "Geheimmikrofon", "cam-secret-id", "mic-secret-id", "林老师", "13800138000", "138****8000",
    "a1b2-account", "我的秘密标题", "/home/lin", "secret-clip.mp4", "key=abc",
    "live_sk_123", "rtmp://", "https://", "127.0.0.1",
    "secret.example.com", "Lins-Laptop",
)  # fmt: skip


def full(quality: QualityDesk | None = None) -> DeskState:
    """Everything that may not be told is in this state."""
    base = fakes.on_air()
    trouble = Trouble(
        "platform_unreachable", {"url": "https://secret.example.com/probe?key=abc", "host": "Lins-Laptop"}
    )
    network = NetworkMeasures(
        (
            IngestMeasures("上海一", True, connect_ms=24.0, throughput_kbps=8600.0, jitter_ms=6.0),
            IngestMeasures("rtmp://secret.example.com/live?key=abc", False, "ingest_unreachable"),
        ),
        0,
    )
    desk = quality or replace(
        quality_fakes.many_bad(), probe=ProbeState(ProbePhase.FAILED, network=network, trouble=trouble)
    )
    return change(
        base,
        quality=desk,
        default_title="我的秘密标题",
        broadcast=change(base.broadcast, session=fakes.session("我的秘密标题", anchor_id="a1b2-account")),
        engine=change(
            base.engine,
            video=CameraSource(device_id="cam-secret-id"),
            audio=MicSource(device_id="mic-secret-id"),
            devices=DevicesListed(
                cameras=(Camera(device_id="cam-secret-id", name="秘密摄像头"),),
                microphones=(Microphone(device_id="mic-secret-id", name="Geheimmikrofon"),),
            ),
            video_status=SourceChanged(
                is_video=True, status=SourceStatus.LIVE, name="秘密摄像头", width_px=1280, height_px=720
            ),
            audio_status=SourceChanged(is_video=False, status=SourceStatus.LOST, code="microphone_lost",
                                       name="Geheimmikrofon"),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_the_report_tells_a_person(language: str) -> None:
    text = report_text(full(), Translator(language), AT, system="Linux 6.1")
    assert [one for one in SECRETS if one.lower() in text.lower()] == []
    file = change(full(), engine=change(
        full().engine, video=FileSource(path=CLIP), audio=FileSound(path=CLIP)
    ))  # fmt: skip
    of_file = report_text(file, Translator(language), AT, system="Linux 6.1")
    assert [one for one in SECRETS if one.lower() in of_file.lower()] == []
    assert "file" in of_file


def test_the_secrets_are_in_the_state_that_is_reported() -> None:
    told = repr(full()) + repr(full().settings)
    assert [
        one for one in ("秘密摄像头", "Geheimmikrofon", "13800138000", "我的秘密标题", "key=abc") if one not in told
    ] == []


def test_the_report_has_the_figures_that_support_asks_for() -> None:
    text = report_text(full(), Translator("en"), AT, system="Windows 11")
    for one in (
        "2026-11-27 14:05:09", "AnchorDesk 0.1.0 · Windows 11", "Score: 15", "1280x720@30", "libx264", "face_luma=46",
        "snr_db=38", "Node 上海一 *: 8.6 Mbps, connect 24 ms, jitter 6 ms", "(ingest_unreachable)",
        "encode_ratio=0.97", "lost microphone_lost", "live 1280x720", "540p · 1.2 Mbps", "backlit",
        "hum_hz=50", "clock_off_s=140",
    ):  # fmt: skip
        assert one in text, one
    missing = 100 - (full().quality.score.total or 0)
    points = [int(line.split("score −")[1].split(";")[0]) for line in text.splitlines() if "score −" in line]
    assert sum(points) == missing


def test_a_report_without_measurements_says_so() -> None:
    text = report_text(change(fakes.off_air(), quality=QualityDesk()), Translator("zh"), AT, system="Linux 6.1")
    assert "还没有测到" in text
    assert "没有扣分项" in text
    assert "–" in text.splitlines()[5]


def test_the_time_is_utc_whatever_zone_it_is_given_in() -> None:
    state = change(fakes.off_air(), quality=quality_fakes.desk(quality_fakes.finding(Defect.DARK, 0.2)))
    here = report_text(state, Translator("zh"), AT, system="x")
    assert here == report_text(state, Translator("zh"), AT.astimezone(UTC), system="x")
