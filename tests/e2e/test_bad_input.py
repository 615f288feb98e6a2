"""What goes wrong at an anchor's desk: each is said with what to do about it, and the broadcast stays where it can."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from server.demo_data import ANCHOR_PHONE
from tests.contract.record_kit import play
from tools.program import ROOT, Program

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SENTENCES: dict[str, str] = json.loads((ROOT / "resources" / "i18n" / "zh.json").read_text(encoding="utf-8"))
FULL_BYTES = 1_500_000
DEMO = ({"type": "DemoSource"}, {"type": "DemoSound", "path": ""})


@pytest.fixture
def anchor(start: Callable[..., Program]) -> Program:
    """Signed in, with the demo scene."""
    program = start()
    program.try_here()
    program.sign_in(ANCHOR_PHONE)
    program.choose(*DEMO)
    return program


def reads(program: Program, message_id: str) -> None:
    """The window shows a sentence of the translations (its part before the first placeholder)."""
    sentence = SENTENCES[message_id].split("{")[0]
    deadline_s = time.monotonic() + 10
    while True:
        texts = program.window("texts")["texts"]
        if any(sentence in text for text in texts):
            return
        assert time.monotonic() < deadline_s, f"“{sentence}” is not among {texts}"
        time.sleep(0.1)


def goes_on(program: Program) -> None:
    """Frames are still sent."""
    state = program.until(lambda state: "frames_sent" in state["stats"], "counting")
    before = state["stats"]["frames_sent"]
    program.until(lambda state: state["stats"].get("frames_sent", 0) > before + 20, "sending")


def test_devices_that_are_missing_or_taken(anchor: Program, tmp_path: Path) -> None:
    anchor.go_live("没有摄像头")
    anchor.wish("ChooseVideo", source={"type": "CameraSource", "device_id": "/dev/video-none"})
    anchor.until(lambda state: state["video_code"] == "no_camera", "told no_camera")
    reads(anchor, "error.no_camera")
    goes_on(anchor)
    # Something is there and cannot be opened: what a camera that another program holds looks like.
    taken = tmp_path / "video0"
    taken.write_bytes(b"")
    anchor.wish("ChooseVideo", source={"type": "CameraSource", "device_id": str(taken)})
    anchor.until(lambda state: state["video_code"] == "camera_in_use", "told camera_in_use")
    reads(anchor, "error.camera_in_use")
    anchor.wish("ChooseVideo", source=DEMO[0])
    anchor.until(lambda state: state["video"] == "live", "a picture again")
    anchor.wish("ChooseAudio", source={"type": "MicSource", "device_id": "none"})
    anchor.until(lambda state: state["audio_code"] == "no_microphone", "told no_microphone")
    reads(anchor, "error.no_microphone")
    goes_on(anchor)
    anchor.end_live()


@pytest.mark.slow
# The limit that stands for a full disk also holds for libpulse's shared memory, which complains and goes on without.
@pytest.mark.provokes("ftruncate() failed")
def test_a_disk_that_fills_up_costs_the_recording_only(anchor: Program, tmp_path: Path) -> None:
    anchor.go_live("磁盘满了")
    anchor.wish("ChangeSettings", changes={"recording_dir": str(tmp_path / "gone")})
    anchor.wish("Record", is_on=True)
    anchor.until(lambda state: "folder_missing" in state["notices"], "told folder_missing")
    reads(anchor, "error.folder_missing")
    folder = tmp_path / "videos"
    folder.mkdir()
    # No file of the engine may grow beyond this: what a disk is that is full in the midst of a recording.
    engine = psutil.Process(anchor.children()["engine"])
    before = engine.rlimit(psutil.RLIMIT_FSIZE)
    engine.rlimit(psutil.RLIMIT_FSIZE, (FULL_BYTES, before[1]))
    anchor.wish("ChangeSettings", changes={"recording_dir": str(folder)})
    anchor.wish("Record", is_on=True)
    anchor.until(lambda state: "disk_full" in state["notices"], "told disk_full", 40)
    engine.rlimit(psutil.RLIMIT_FSIZE, before)
    reads(anchor, "error.disk_full")
    goes_on(anchor)
    anchor.end_live()
    assert play(next(folder.iterdir())).pictures > 25, "what was recorded plays"


def test_a_wrong_code_is_said_and_the_right_one_still_works(start: Callable[..., Program]) -> None:
    program = start()
    program.try_here()
    program.until(lambda state: state["account"] == "signed_out", "signed out")
    program.wish("AskCode", phone=ANCHOR_PHONE)
    code = str(program.until(lambda state: bool(state["demo_code"]), "given a code")["demo_code"])
    program.wish("SignIn", phone=ANCHOR_PHONE, code="000000" if code != "000000" else "111111")
    program.until(lambda state: state["account_trouble"] == "code_wrong", "told code_wrong")
    reads(program, "error.code_wrong")
    program.wish("SignIn", phone=ANCHOR_PHONE, code=code)
    program.until(lambda state: state["account"] == "signed_in", "signed in")


def test_a_service_that_is_not_there(start: Callable[..., Program], free_port: int) -> None:
    program = start()
    program.until(lambda state: state["platform"] == "unset", "asked for a platform")
    program.wish("ConnectPlatform", url=f"http://127.0.0.1:{free_port}")
    state = program.until(lambda state: bool(state["platform_trouble"]), "told what is wrong")
    assert state["platform_trouble"] == "platform_unreachable"
    reads(program, "error.platform_unreachable")


@pytest.mark.slow
def test_a_service_that_goes_in_the_midst_of_a_broadcast(anchor: Program) -> None:
    anchor.go_live("服务断了")
    service = anchor.children()["service"]
    os.kill(service, signal.SIGSTOP)
    try:
        anchor.until(lambda state: not state["is_room_connected"], "aware of it", 40)
        reads(anchor, "health.service_away")
        goes_on(anchor)
        anchor.say("还在吗")
        state = anchor.until(lambda state: bool(state["lines"]), "listing the message")
        assert state["lines"][-1]["status"] in ("sending", "failed")
    finally:
        os.kill(service, signal.SIGCONT)
    anchor.until(lambda state: bool(state["is_room_connected"]), "connected again", 40)
    anchor.until(lambda state: [line["status"] for line in state["lines"]] == ["posted"], "the message posted", 30)
    assert anchor.state["broadcast"] == "on_air"
    anchor.end_live()


@pytest.mark.slow
def test_an_ingest_that_accepts_and_stays_silent(anchor: Program) -> None:
    ingest = anchor.children()["ingest"]
    os.kill(ingest, signal.SIGSTOP)
    try:
        anchor.wish("GoLive", title="等一等", category="job_search")
        anchor.until(lambda state: state["publish_code"] == "ingest_silent", "told ingest_silent", 40)
        reads(anchor, "health.silent_ingest")
    finally:
        os.kill(ingest, signal.SIGCONT)
    anchor.until(lambda state: state["broadcast"] == "on_air", "on air after all", 40)
    anchor.end_live()


@pytest.mark.slow
def test_an_ingest_that_cannot_be_reached(anchor: Program) -> None:
    before = anchor.go_live("收流断了")
    deadline_s = time.monotonic() + 60
    sentence = SENTENCES["error.part_given_up"].split("{")[0]
    # Started again each time, until the supervisor gives it up.
    while not any(sentence in text for text in anchor.window("texts")["texts"]):
        assert time.monotonic() < deadline_s
        with contextlib.suppress(KeyError, ProcessLookupError):
            os.kill(anchor.children()["ingest"], signal.SIGKILL)
        time.sleep(0.1)
    state = anchor.until(lambda state: state["publish_code"] == "ingest_unreachable", "told ingest_unreachable")
    assert state["broadcast"] == "interrupted"
    assert state["grace_left_s"] > 60
    reads(anchor, "health.reconnecting")
    # Its one button brings everything back, in the same session.
    anchor.until_window("click", "notice.0.action")
    state = anchor.until(lambda state: state["broadcast"] == "on_air", "on air again", 40)
    assert state["session_id"] == before["session_id"]
    anchor.until(lambda state: state["platform"] == "ready" and state["account"] == "signed_in", "all there again")
    goes_on(anchor)
    anchor.end_live()


@pytest.mark.slow
def test_live_elsewhere_can_be_taken_over(anchor: Program, start: Callable[..., Program]) -> None:
    first: dict[str, Any] = anchor.go_live("在办公室")
    second = start("second")
    second.until(lambda state: state["platform"] == "unset", "asked for a platform")
    second.wish("ConnectPlatform", url=anchor.state["platform_url"])
    second.until(lambda state: state["account"] == "signed_out", "signed out")
    second.wish("AskCode", phone=ANCHOR_PHONE)
    # Only the window of the machine with the platform shows codes.
    code = anchor.code_for(ANCHOR_PHONE)
    second.wish("SignIn", phone=ANCHOR_PHONE, code=code)
    second.until(lambda state: state["account"] == "signed_in", "signed in")
    second.choose(*DEMO)
    second.wish("GoLive", title="在家里", category="job_search")
    second.until(lambda state: state["broadcast_trouble"] == "live_elsewhere", "told live_elsewhere")
    reads(second, "error.live_elsewhere")
    goes_on(anchor)
    second.wish("GoLive", title="在家里", category="job_search", take_over=True)
    state = second.until(lambda state: state["broadcast"] == "on_air", "on air here")
    assert state["session_id"] == first["session_id"], "viewers stay where they are"
    anchor.until(lambda state: state["broadcast"] == "ended", "ended there")
    assert anchor.state["broadcast_trouble"] == "key_taken_over"
    reads(anchor, f"error.{anchor.state['broadcast_trouble']}")
    second.end_live()


@pytest.mark.slow
def test_a_sign_in_that_expires_on_air_keeps_the_broadcast(anchor: Program) -> None:
    before = anchor.go_live("登录过期")
    with contextlib.closing(sqlite3.connect(next(anchor.data_dir.rglob("platform.sqlite3")), timeout=10)) as database:
        for table in ("access_tokens", "refresh_tokens"):
            database.execute(f"UPDATE {table} SET expires_ms = 1")
        database.commit()
    anchor.wish("RefreshDevices")
    anchor.until(lambda state: state["account"] == "signed_out", "signed out")
    assert anchor.state["account_trouble"] in ("token_expired", "not_signed_in")
    reads(anchor, f"error.{anchor.state['account_trouble']}")
    assert anchor.state["broadcast"] == "on_air"
    goes_on(anchor)
    anchor.until_window("click", "notice.0.action")
    anchor.sign_in(ANCHOR_PHONE)
    state = anchor.until(lambda state: bool(state["is_room_connected"]), "in the room again")
    assert (state["broadcast"], state["session_id"]) == ("on_air", before["session_id"])
    anchor.end_live()


@pytest.mark.slow
def test_a_device_that_is_ended_elsewhere_on_air_is_told_why_it_ended(anchor: Program) -> None:
    anchor.go_live("另一台设备")
    url = anchor.state["platform_url"]
    with httpx2.Client(base_url=f"{url}/api/v1", trust_env=False) as other:
        other.post("/auth/code", json={"phone": ANCHOR_PHONE}).raise_for_status()
        signed = (
            other.post(
                "/auth/sign-in",
                json={"phone": ANCHOR_PHONE, "code": anchor.code_for(ANCHOR_PHONE), "device_name": "another"},
            )
            .raise_for_status()
            .json()
        )
        other.headers["Authorization"] = f"Bearer {signed['access_token']}"
        devices = other.get("/me/devices").raise_for_status().json()
        ours = next(device for device in devices if not device["is_this"])
        other.delete(f"/me/devices/{ours['id']}").raise_for_status()
    anchor.until(lambda state: state["account"] == "signed_out", "signed out")
    state = anchor.until(lambda state: state["broadcast"] == "ended", "ended, as its key died with the device")
    assert state["broadcast_trouble"] == "key_signed_out"
    reads(anchor, "error.device_ended")


@pytest.mark.slow
def test_a_kept_sign_in_that_the_service_does_not_know_leads_to_the_form(anchor: Program) -> None:
    anchor.wish("RefreshDevices")
    tokens = anchor.data_dir / "secrets.json"
    assert ANCHOR_PHONE not in tokens.read_text()
    held = json.loads(tokens.read_text())
    assert held
    # What the service no longer knows is no sign-in any more.
    tokens.write_text(json.dumps(dict.fromkeys(held, "x" * 43)))
    before = anchor.children()["window"]
    os.kill(before, signal.SIGKILL)
    deadline_s = time.monotonic() + 20
    while anchor.children().get("window", before) == before:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    anchor.attach()
    anchor.until(lambda state: state["platform"] == "ready" and state["account"] == "signed_out", "signed out")
    reads(anchor, "sign_in.title")
