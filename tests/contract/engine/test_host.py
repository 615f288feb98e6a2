"""The engine and its host without their process: what is told in which order, and when the window counts as away."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.liveness import Abort, LivenessPath, OrderKind
from app.ports import engine as port
from app.runtime.clock import ManualClock
from app.runtime.launch import EngineLaunch
from app.runtime.shared_frames import SharedFramesError
from capture.devices.microphones import PortAudioHost
from capture.engine import Engine
from capture.host import Host
from capture.liveness.liveness import Liveness
from capture.liveness.mesh_process import MeshProcess
from capture.liveness.tap import CameraTap
from capture.meters.face_process import FaceProcess
from capture.preview import preview
from capture.quality import Quality
from capture.sources.base import SourceState
from capture.sources.make import SourceDevices


class NoMicrophones:
    def open(self, device_id: str, on_rate: Callable[[int], None], on_block: Callable[[Any], None]) -> Any:
        raise AssertionError("nobody asked for a microphone")


class Room:
    """An engine whose threads do not run."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        clock = ManualClock()
        quality = Quality(clock, self.told.append, PortAudioHost(), FaceProcess(clock))
        self.engine = Engine(
            f"adtest{secrets.token_hex(4)}",
            clock,
            self.told.append,
            lambda call: call(),
            SourceDevices(NoMicrophones()),
            lambda *_: None,  # type: ignore[arg-type, return-value]
            quality,
            Liveness(clock, self.told.append, CameraTap(), None, MeshProcess(clock)),
        )


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.engine.close()


def test_no_change_is_told_between_looking_and_greeting(room: Room) -> None:
    """Told before the snapshot that does not know it yet, a change would be forgotten by the window."""
    report = room.engine._reporter(is_video=True)
    live = SourceState(port.SourceStatus.LIVE, "", "Cam")
    thread = threading.Thread(target=report, args=(live,), name="source-test")

    def greet(snapshot: Any) -> None:
        thread.start()
        thread.join(0.1)
        room.told.append(snapshot)

    room.engine.tell_all(greet)
    thread.join(5)
    assert [type(event) for event in room.told] == [port.Snapshot, port.SourceChanged]
    assert room.told[0].video_status.status is port.SourceStatus.OFF
    again: list[Any] = []
    room.engine.tell_all(again.append)
    assert again[0].video_status == room.told[1]


def test_a_source_that_was_replaced_is_not_heard(room: Room) -> None:
    old = room.engine._reporter(is_video=True)
    room.engine._reporter(is_video=True)
    old(SourceState(port.SourceStatus.LIVE))
    assert room.told == []


def test_a_preview_without_memory_is_refused_and_the_picture_is_chosen_all_the_same(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Any:
        raise SharedFramesError("no space left on device")

    monkeypatch.setattr(preview, "FrameWriter", full)
    shown = room.engine.carry_out(port.SetPreview(request_id=1, width_px=64, height_px=36))
    assert shown.code == "preview_failed"
    assert room.engine.carry_out(port.SetVideo(request_id=2, source=port.DemoSource())).code == ""
    assert room.engine.carry_out(port.SetPreview(request_id=3, width_px=0, height_px=0)).code == ""


def test_two_targets_of_one_name_are_no_wish_that_can_be_met(room: Room) -> None:
    target = port.Target(url="rtmp://127.0.0.1/live", key="k")
    assert room.engine.carry_out(port.StartPublish(targets=(target, target))).code == "input_invalid"


def test_the_face_check_is_begun_before_a_camera_that_is_on_and_while_nothing_is_published(room: Room) -> None:
    asked = port.BeginLiveness(
        session_id="l1", nonce=bytes(32), path=LivenessPath.FULL, policy_version="v", min_fps=15.0, min_size_px=480,
        seal_key=bytes(range(32)),
    )  # fmt: skip
    assert room.engine.carry_out(asked).code == "liveness_camera_needed"
    room.engine.carry_out(port.SetVideo(source=port.CameraSource(device_id="none")))
    room.engine.carry_out(port.SetCameraOff(is_off=True))
    assert room.engine.carry_out(asked).code == "liveness_camera_needed"
    room.engine.carry_out(port.SetCameraOff(is_off=False))
    assert room.engine.carry_out(asked).code == ""
    for ends in (
        port.SetCameraOff(is_off=True),
        port.SetVideo(source=port.NoVideo()),
        port.AbortLiveness(reason=Abort.GIVEN_UP),
    ):
        room.engine.carry_out(port.SetCameraOff(is_off=False))
        room.engine.carry_out(port.SetVideo(source=port.CameraSource(device_id="none")))
        assert room.engine.carry_out(asked).code == ""
        room.engine.carry_out(ends)
        order = port.OrderLiveness(number=0, kind=OrderKind.SEAL)
        assert room.engine.carry_out(order).code == "liveness_lost"


# ---- host ----------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    launch = EngineLaunch(
        data_dir=str(tmp_path),
        log_dir=str(tmp_path),
        endpoint=str(tmp_path / "engine.sock"),
        key_hex=secrets.token_bytes(32).hex(),
        shared_name=f"adtest{secrets.token_hex(4)}",
    )
    host = Host(launch, ManualClock())
    yield host
    host._finisher.close()
    host._channel.close()


class Link:
    """Where the host sends to."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.is_attached = True

    def send(self, event: Any) -> bool:
        self.sent.append(event)
        return True


def carry_out_all(host: Host) -> None:
    while not host._calls.empty():
        host._calls.get_nowait()()


def test_a_departure_that_is_heard_after_the_next_window_came_changes_nothing(host: Host) -> None:
    channel, link = host._channel, Link()
    host._channel = link  # type: ignore[assignment]
    host._on_attached(link)  # type: ignore[arg-type]
    host._on_detached()
    carry_out_all(host)
    host._clock.advance(1000.0)  # type: ignore[attr-defined]
    assert host._watch.step(is_on=True) == ""
    assert isinstance(link.sent[0], port.Snapshot)
    link.is_attached = False
    host._on_detached()
    carry_out_all(host)
    host._clock.advance(1000.0)  # type: ignore[attr-defined]
    assert host._watch.step(is_on=True) == "end"
    host._channel = channel


def test_more_lists_than_can_be_made_are_refused(host: Host) -> None:
    """The worker is not running here, as if a driver held it up."""
    channel, link = host._channel, Link()
    host._channel = link  # type: ignore[assignment]
    for number in range(20):
        host._carry_out(port.ListDevices(request_id=number))
    assert [(done.request_id, done.code) for done in link.sent] == [
        (number, "rate_limited") for number in range(16, 20)
    ]
    host._channel = channel
