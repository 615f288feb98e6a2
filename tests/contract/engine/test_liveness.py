"""The face check with its real threads and processes: the landmarker's, a camera over a socket, the whole engine."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from app.domain.flash import PALETTE, WHOLE_MS
from app.domain.liveness import Abort, Action, LivenessPath, OrderKind, Phase
from app.errors import InputError
from app.liveness.face import box_of
from app.liveness.mesh import MediapipeMesh
from app.liveness.package import Expected, Said, checked, opened
from app.liveness.policy import VERSION
from app.ports import engine as port
from app.runtime.clock import SystemClock
from capture.frames import Array
from capture.liveness.mesh_process import MeshGoneError, MeshProcess
from capture.sources.socket_camera import CameraFeeder
from tests.contract.engine.liveness_stage import DEAF, MESH, MISSING, Part, StumbledError, painted, playing, scripted
from tests.contract.engine.rig import EngineProcess, Window
from tests.unit.capture.liveness.stage import ACTED
from tests.unit.liveness.stick import Stance

pytestmark = pytest.mark.slow

PEOPLE = Path(__file__).resolve().parents[3] / "build" / "material" / "people"
COLOURS = tuple(PALETTE[number % len(PALETTE)] for number in range(8))


def until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.02)


# ---- the landmarker's process ----------------------------------------------------------------------


@contextmanager
def running(command: list[str] | None, keep_s: float = 60.0) -> Iterator[MeshProcess]:
    mesh = MeshProcess(SystemClock(), command, keep_s=keep_s)
    mesh.start()
    try:
        yield mesh
    finally:
        mesh.close()


def test_it_is_loaded_when_it_is_wanted_and_goes_by_itself() -> None:
    with running(scripted(MESH), keep_s=1.5) as mesh:
        with pytest.raises(MeshGoneError):
            mesh.find(painted(Stance()))
        assert mesh.pid is None
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        first = mesh.pid
        assert first is not None
        until(lambda: not psutil.pid_exists(first))
        assert not mesh.is_loaded
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        assert mesh.find(painted(None)).points is None


def test_wide_pictures_are_looked_at_smaller_and_told_in_their_own_pixels() -> None:
    with running(scripted(MESH)) as mesh:
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        small, wide = painted(Stance()), np.repeat(np.repeat(painted(Stance()), 2, axis=0), 2, axis=1)
        one, other = mesh.find(small).points, mesh.find(wide).points
        assert one is not None and other is not None
        assert np.allclose(one * 2, other)


def test_one_that_was_killed_fails_who_asks_and_is_started_again() -> None:
    with running(scripted(MESH)) as mesh:
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        first = mesh.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: is_gone(mesh))
        mesh.prepare()
        until(lambda: mesh.is_loaded and mesh.pid != first)
        assert mesh.find(painted(Stance())).points is not None


def is_gone(mesh: MeshProcess) -> bool:
    try:
        mesh.find(painted(Stance()))
    except MeshGoneError:
        return True
    return False


def test_one_that_hangs_fails_who_asks_within_two_seconds() -> None:
    with running(scripted(DEAF)) as mesh:
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        began_s = time.monotonic()
        with pytest.raises(MeshGoneError):
            mesh.find(painted(Stance()))
        assert time.monotonic() - began_s < 3


def test_one_that_is_stopped_does_not_hold_up_the_end() -> None:
    with running(scripted(DEAF)) as mesh:
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        assert mesh.pid is not None
        os.kill(mesh.pid, signal.SIGSTOP)
        mesh.begin(painted(Stance()))
    assert not [thread for thread in threading.enumerate() if thread.name == "liveness-mesh"]


def test_without_a_landmarker_it_stays_so() -> None:
    with running(scripted(MISSING)) as mesh:
        mesh.prepare()
        until(lambda: mesh.is_missing)
        mesh.prepare()
        assert not mesh.is_loaded
        until(lambda: mesh.pid is None)


def test_the_real_one_in_its_process_finds_what_it_finds_here() -> None:
    portrait = portrait_of()
    here = MediapipeMesh(has_memory=False)
    try:
        looked = here.find(portrait)
        expected = looked.points
    finally:
        here.close()
    with running(None) as mesh:
        mesh.prepare()
        until(lambda: mesh.is_loaded)
        for _ in range(3):
            found = mesh.find(portrait)
        assert expected is not None and found.points is not None
        width_px = box_of(expected).width_px
        assert np.abs(found.points[:, :2] - expected[:, :2]).mean() < 0.02 * width_px
        assert found.others == () and found.rest == looked.rest and found.rest.pitch_deg > 5
        assert mesh.find(np.zeros((480, 640, 3), np.uint8)).points is None
        took_s = []
        for _ in range(40):
            began_s = time.perf_counter()
            mesh.find(portrait)
            took_s.append(time.perf_counter() - began_s)
        assert sorted(took_s)[20] < 0.1


def portrait_of(number: int = 0) -> Array:
    """Somebody before a camera, 640 × 480: the astronaut in place, or one of the people of the material far away."""
    import skimage.data

    if number:
        found = cv2.imread(str(PEOPLE / f"sample{number}.jpg"))
        assert found is not None
        return np.asarray(cv2.resize(found, (640, 480), interpolation=cv2.INTER_AREA), np.uint8)
    # The middle of the face to the middle of the picture, 92 pixels of it to a third of the width.
    scale = 640 * 0.33 / 92
    into = np.array([[scale, 0, 320 - 222 * scale], [0, scale, 240 - 122 * scale]], np.float32)
    bgr = np.ascontiguousarray(skimage.data.astronaut()[:, :, ::-1])
    return np.asarray(cv2.warpAffine(bgr, into, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8)


# ---- the part with its threads -------------------------------------------------------------------


def play_whole(part: Part) -> tuple[port.LivenessSaid, port.LivenessSealed]:
    """From the beginning to the seal; what was said first."""
    part.events.clear()
    part.camera.act(None)
    part.begin()
    first = part.said(0)
    for number, action in enumerate((Action.TURN_LEFT, Action.BLINK)):
        part.liveness.carry_out(port.OrderLiveness(number=number, kind=OrderKind.ACTION, action=action))
        part.camera.act(ACTED[action])
        part.said(number + 1)
    part.liveness.carry_out(port.OrderLiveness(number=2, kind=OrderKind.FLASH, colours=COLOURS))
    assert part.book.wanted("cam")[1] == port.CameraSettings(is_exposure_auto=False, is_white_balance_auto=False)
    time.sleep(0.1)
    part.liveness.carry_out(port.FlashBegan(at_ms=round(time.monotonic() * 1000)))
    part.said(3)
    assert part.book.wanted("cam")[1] == port.CameraSettings()
    part.liveness.carry_out(port.OrderLiveness(number=3, kind=OrderKind.SEAL))
    return first, part.until(lambda one: isinstance(one, port.LivenessSealed))


def patiently(part: Part) -> tuple[port.LivenessSaid, port.LivenessSealed]:
    """As a person would on a busy machine: again."""
    for _ in range(4):
        try:
            return play_whole(part)
        except (StumbledError, InputError):
            until(lambda: not part.liveness.is_running)
    return play_whole(part)


@pytest.mark.timeout(180)
def test_a_whole_attempt_in_real_time_fits_what_the_service_expects() -> None:
    with playing(scripted(MESH)) as part:
        first, sealed = patiently(part)
        until(lambda: not part.liveness.is_running)
        content = b""
        while len(content) < sealed.size_bytes:
            part.events.clear()
            part.liveness.carry_out(port.ReadLiveness(offset=len(content), max_bytes=256 * 1024))
            [brought] = part.events
            assert brought.session_id == "l1" and brought.offset == len(content) and brought.data
            content += brought.data
        assert hashlib.sha256(content).digest() == sealed.sha256
    package = opened(content, "l1", part.seal)
    manifest = package.read_manifest()
    assert manifest.device.name == "Cam" and manifest.device.path == "/dev/video9"
    expected = Expected(
        challenge=part.challenge, public_key=first.public_key, actions=(Action.TURN_LEFT, Action.BLINK),
        said=(Said(0, first.units, first.at_us, first.link), *manifest.said[1:]), has_flash=True,
    )  # fmt: skip
    assert checked(package, expected).units == len(package.units)
    lasted_s = (package.units[-1].at_us - package.units[0].at_us) / 1e6
    assert len(package.units) / lasted_s > 24
    assert manifest.flash_us is not None and package.units[-1].at_us - manifest.flash_us > WHOLE_MS * 1000


def test_what_is_read_or_ordered_without_an_attempt() -> None:
    with playing(scripted(MESH)) as part:
        for command in (port.OrderLiveness(number=0, kind=OrderKind.SEAL), port.FlashBegan(at_ms=1)):
            with pytest.raises(InputError) as refused:
                part.liveness.carry_out(command)
            assert refused.value.code == "liveness_lost"
        part.liveness.carry_out(port.AbortLiveness(reason=Abort.GIVEN_UP))
        part.liveness.carry_out(port.DropLiveness())
        part.liveness.carry_out(port.ReadLiveness(offset=0, max_bytes=100))
        assert part.events == [port.LivenessPart(session_id="", offset=0, data=b"")]
        assert not part.liveness.carry_out(port.ListDevices())
        for wrong in ({"seal_key": b"short"}, {"nonce": b"short"}, {"session_id": ""}):
            asked = {"session_id": "l1", "nonce": b"n" * 32, "seal_key": part.challenge.seal_key} | wrong
            with pytest.raises(InputError):
                part.liveness.begin(
                    port.BeginLiveness(
                        path=LivenessPath.FULL, policy_version=VERSION, min_fps=15.0, min_size_px=480, **asked
                    )  # type: ignore[arg-type]
                )


def test_a_landmarker_that_is_killed_in_the_midst_ends_the_attempt_and_the_next_one_runs() -> None:
    with playing(scripted(MESH)) as part:
        part.begin()
        part.said(0)
        assert part.mesh.pid is not None
        os.kill(part.mesh.pid, signal.SIGKILL)
        over = part.until(lambda one: isinstance(one, port.LivenessChanged) and one.phase is Phase.ABORTED)
        assert (over.abort, over.code) == (Abort.FRAMES_MISSING, "liveness_lost")
        part.events.clear()
        part.begin()
        part.said(0)


def test_one_that_is_killed_while_the_person_gets_into_place_costs_a_moment() -> None:
    with playing(scripted(MESH)) as part:
        part.camera.is_there = False
        part.begin()
        part.until(lambda one: isinstance(one, port.LivenessChanged) and one.prompt is not None)
        assert part.mesh.pid is not None
        os.kill(part.mesh.pid, signal.SIGKILL)
        time.sleep(0.2)
        part.camera.is_there = True
        part.said(0)


def test_without_a_landmarker_the_attempt_says_so() -> None:
    with playing(scripted(MISSING)) as part:
        part.begin()
        over = part.until(lambda one: isinstance(one, port.LivenessChanged) and one.phase is Phase.ABORTED)
        assert over.code == "liveness_unavailable"
        with pytest.raises(InputError) as refused:
            part.begin()
        assert refused.value.code == "liveness_unavailable"


# ---- the engine's process ------------------------------------------------------------------------


class Feeding:
    """Shows one picture again and again, as a camera in front of a photograph."""

    def __init__(self, feeder: CameraFeeder, bgr: Array) -> None:
        self._feeder, self._bgr = feeder, bgr
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeding")
        self._thread.start()

    def _run(self) -> None:
        noise = np.random.default_rng(2)
        while not self._stop.wait(1 / 30):
            shown = np.clip(self._bgr + noise.integers(-2, 3, self._bgr.shape), 0, 255).astype(np.uint8)
            self._feeder.send(shown, round(time.monotonic() * 1_000_000))

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


def begin(window: Window, session_id: str = "l1") -> str:
    return window.ask(
        port.BeginLiveness, session_id=session_id, nonce=bytes(range(32)), path=LivenessPath.FULL,
        policy_version=VERSION, min_fps=10.0, min_size_px=480, seal_key=bytes(range(32)),
    )  # fmt: skip


@pytest.mark.parametrize("number", [0, 1])
def test_a_face_before_the_camera_of_a_real_engine(tmp_path: Path, number: int) -> None:
    path = tmp_path / "camera.sock"
    with EngineProcess(tmp_path / "e", test_camera=str(path)) as engine:
        window = engine.window()
        window.wait_for(port.Snapshot)
        assert begin(window) == "liveness_camera_needed"
        with CameraFeeder(path) as feeder:
            feeding = Feeding(feeder, portrait_of(number))
            try:
                window.ask(port.PrepareLiveness)
                window.ask(port.SetVideo, source=port.CameraSource(device_id="test-camera"))
                live = window.wait_for(port.SourceChanged, lambda one: one.status is port.SourceStatus.LIVE)
                assert (live.name, live.width_px, live.height_px) == ("测试摄像头 (Test)", 640, 480)
                listed = window.ask(port.ListDevices) == "" and window.wait_for(port.DevicesListed)
                assert listed and listed.camera("test-camera") is not None
                assert begin(window) == ""
                if number == 0:
                    said = window.wait_for(port.LivenessSaid)
                    assert said.number == 0 and len(said.public_key) == 32
                else:
                    told = window.wait_for(
                        port.LivenessChanged, lambda one: one.prompt is not None or one.phase is Phase.WAIT
                    )
                    assert told.session_id == "l1"
                assert window.ask(port.OrderLiveness, number=5, kind=OrderKind.SEAL) == "input_invalid"
            finally:
                feeding.close()
            if number == 0:
                feeder.unplug()
                over = window.wait_for(port.LivenessChanged, lambda one: one.phase is Phase.ABORTED)
                assert over.abort is Abort.CAMERA_CHANGED and over.code in ("camera_lost", "camera_frozen")
        assert window.ask(port.AbortLiveness, reason=Abort.GIVEN_UP) == ""
        window.ask(port.ReadLiveness, offset=0, max_bytes=10)
        assert window.wait_for(port.LivenessPart).data == b""
    left = [name.name for name in (tmp_path / "e").rglob("*") if name.is_file() and "log" not in str(name)]
    assert left == []
    logs = "".join(one.read_text() for one in (tmp_path / "e" / "log").iterdir())
    assert bytes(range(32)).hex() not in logs and "Traceback" not in logs


def test_a_window_that_goes_takes_the_attempt_with_it(tmp_path: Path) -> None:
    path = tmp_path / "camera.sock"
    with EngineProcess(tmp_path / "e", test_camera=str(path)) as engine, CameraFeeder(path) as feeder:
        window = engine.window()
        feeding = Feeding(feeder, portrait_of())
        try:
            window.ask(port.SetVideo, source=port.CameraSource(device_id="test-camera"))
            window.wait_for(port.SourceChanged, lambda one: one.status is port.SourceStatus.LIVE)
            assert begin(window) == ""
            window.close()
            other = engine.window()
            other.wait_for(port.Snapshot)
            assert other.ask(port.OrderLiveness, number=0, kind=OrderKind.SEAL) == "liveness_lost"
            assert begin(other, "l2") == ""
            other.wait_for(port.LivenessSaid, lambda one: one.session_id == "l2")
            target = port.Target(url="rtmp://127.0.0.1:1/live", key="k")
            assert other.ask(port.StartPublish, targets=(target,)) == ""
            over = other.wait_for(
                port.LivenessChanged, lambda one: one.session_id == "l2" and one.phase is Phase.ABORTED
            )
            assert over.abort is Abort.GIVEN_UP
            assert begin(other) == "output_busy"
        finally:
            feeding.close()
