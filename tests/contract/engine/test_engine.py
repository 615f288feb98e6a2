"""The engine process: programme, preview, publishing, recording, and who may talk to it."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.ports import engine as port
from app.rtmp import TagKind
from app.runtime.channel import ChannelError, attach
from app.runtime.shared_frames import FrameReader
from tests.contract.engine.rig import WAIT_S, EngineProcess, Window
from tests.net.toy_ingest import Script, ToyIngest

SMALL = port.Output(width_px=320, height_px=180, rate_fps=25, video_kbps=400)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    with EngineProcess(tmp_path) as engine:
        yield engine


@pytest.fixture
def window(engine: EngineProcess) -> Window:
    window = engine.window()
    assert window.ask(port.SetOutput, output=SMALL) == ""
    assert window.ask(port.SetVideo, source=port.DemoSource()) == ""
    assert window.ask(port.SetAudio, source=port.DemoSound()) == ""
    return window


@pytest.fixture
def ingest() -> Iterator[ToyIngest]:
    ingest = ToyIngest()
    yield ingest
    ingest.close()


def until(is_so: Callable[[], bool], what: str = "") -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.02)


def target(ingest: ToyIngest) -> tuple[port.Target, ...]:
    return (port.Target(url=f"rtmp://127.0.0.1:{ingest.port}/live", key="key"),)


def on_air(window: Window, ingest: ToyIngest) -> None:
    assert window.ask(port.StartPublish, targets=target(ingest)) == ""
    window.wait_for(port.PublishChanged, lambda changed: changed.status is port.PublishStatus.ON_AIR)


def test_a_window_is_greeted_with_all_that_is(engine: EngineProcess) -> None:
    snapshot = engine.window().wait_for(port.Snapshot)
    assert snapshot.video == port.NoVideo()
    assert snapshot.video_status.status is port.SourceStatus.OFF
    assert snapshot.publish == ()
    assert snapshot.record.status is port.RecordStatus.IDLE
    assert snapshot.preview is None


def test_the_preview_moves_and_the_levels_are_heard(engine: EngineProcess, window: Window) -> None:
    assert window.ask(port.SetPreview, width_px=200, height_px=112) == ""
    reader = FrameReader(window.wait_for(port.PreviewReady).name)
    try:
        pictures: set[bytes] = set()
        into = bytearray(200 * 112 * 4)

        def has_three() -> bool:
            if reader.copy_newest(into):
                pictures.add(bytes(into))
            return len(pictures) >= 3

        until(has_three, "the preview stands still")
        until(lambda: (levels := reader.levels()) is not None and levels.level_db > -30, "no sound")
    finally:
        reader.close()
    assert window.ask(port.SetPreview, width_px=0, height_px=0) == ""
    assert engine.shared() == []


def test_what_is_published_is_the_programme_with_its_sound(window: Window, ingest: ToyIngest) -> None:
    on_air(window, ingest)
    stats = window.wait_for(port.Stats, lambda stats: stats.frames_sent > 50)
    seen = ingest.connections[0]
    assert seen.key == "key"
    video, audio = seen.of(TagKind.VIDEO), seen.of(TagKind.AUDIO)
    assert video[0].payload[:2] == b"\x17\x00", "headers first"
    assert video[1].payload[:2] == b"\x17\x01", "then a key frame"
    assert len(audio) > 50
    moments = [tag.timestamp_ms for tag in video[1:]]
    assert moments == sorted(moments)
    steps = [after - before for before, after in itertools.pairwise(moments)]
    assert sorted(steps)[len(steps) // 2] == 40, "25 pictures a second"
    assert stats.encoder == "libx264"
    assert stats.sent_kbps > 50
    assert 20 < stats.programme_fps < 30
    assert window.ask(port.StopPublish) == ""
    window.wait_for(port.PublishChanged, lambda changed: changed.status is port.PublishStatus.IDLE)
    until(lambda: seen.did_unpublish, "no goodbye")


@pytest.mark.slow
def test_muted_is_silent_and_camera_off_is_a_card(window: Window, ingest: ToyIngest) -> None:
    assert window.ask(port.SetMute, is_muted=True) == ""
    assert window.ask(port.SetCameraOff, is_off=True) == ""
    window.heard.clear()
    window.wait_for(port.Stats)
    stats = window.wait_for(port.Stats)
    assert stats.peak_db <= -60 or stats.loudness_lufs <= -60
    on_air(window, ingest)
    # A card does not move: after its key frame there is next to nothing to send.
    seen = ingest.connections[0]
    until(lambda: len(seen.of(TagKind.VIDEO)) > 20)
    between = [len(tag.payload) for tag in seen.of(TagKind.VIDEO)[2:20] if tag.payload[0] == 0x27]
    assert sum(between) / len(between) < 400


def test_another_window_takes_over_and_hears_that_it_is_on_air(
    engine: EngineProcess, window: Window, ingest: ToyIngest
) -> None:
    on_air(window, ingest)
    second = engine.window()
    snapshot = second.wait_for(port.Snapshot)
    assert [changed.status for changed in snapshot.publish] == [port.PublishStatus.ON_AIR]
    assert snapshot.video == port.DemoSource()
    assert snapshot.output == SMALL
    until(lambda: not window.is_open, "the old window is still heard")
    assert second.ask(port.SetGain, gain_db=-3.0) == ""
    assert len(ingest.connections) == 1


@pytest.mark.slow
def test_the_format_is_fixed_on_air_and_the_bit_rate_is_not(window: Window, ingest: ToyIngest) -> None:
    on_air(window, ingest)
    larger = port.Output(width_px=640, height_px=360, rate_fps=25, video_kbps=400)
    assert window.ask(port.SetOutput, output=larger) == "output_busy"
    slower = port.Output(width_px=320, height_px=180, rate_fps=25, video_kbps=200)
    assert window.ask(port.SetOutput, output=slower) == ""
    assert window.wait_for(port.Stats, lambda stats: stats.target_kbps == 200).encoder == "libx264"
    assert window.ask(port.StopPublish) == ""
    assert window.ask(port.SetOutput, output=larger) == ""
    on_air(window, ingest)


@pytest.mark.parametrize("fields", [{"width_px": 321}, {"rate_fps": 0}, {"video_kbps": 1}, {"height_px": 100_000}])
def test_a_format_that_cannot_be_is_refused(engine: EngineProcess, fields: dict[str, int]) -> None:
    assert engine.window().ask(port.SetOutput, output=port.Output(**fields)) == "output_invalid"


def test_picture_and_sound_that_are_not_there_are_said_and_come_back(
    engine: EngineProcess, window: Window, tmp_path: Path
) -> None:
    path = tmp_path / "later.mp4"
    assert window.ask(port.SetVideo, source=port.FileSource(path=str(path))) == ""
    window.wait_for(port.SourceChanged, lambda changed: changed.is_video and changed.code == "file_missing")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=160x90:d=2", str(path)]
    subprocess.run(command, check=True)
    window.wait_for(port.SourceChanged, lambda changed: changed.is_video and changed.status is port.SourceStatus.LIVE)
    assert window.ask(port.SetVideo, source=port.CameraSource(device_id="/dev/video-none")) == ""
    window.wait_for(port.SourceChanged, lambda changed: changed.is_video and changed.code == "no_camera")
    assert window.ask(port.SetAudio, source=port.MicSource(device_id="no such")) == ""
    window.wait_for(port.SourceChanged, lambda changed: not changed.is_video and changed.code == "no_microphone")
    assert window.wait_for(port.Stats, lambda stats: stats.programme_frames > 0).programme_fps > 0


def test_lists_and_trials_are_answered(window: Window) -> None:
    assert window.ask(port.ListDevices) == ""
    window.wait_for(port.DevicesListed)
    assert window.ask(port.ProbeEncoders) == ""
    assert window.wait_for(port.EncodersProbed).encoders[-1] == "libx264"


def test_a_publisher_that_is_refused_says_why_and_recording_goes_on(window: Window, tmp_path: Path) -> None:
    ingest = ToyIngest(Script(refuse_publish=("key_dead", "this session has ended")))
    try:
        folder = tmp_path / "takes"
        folder.mkdir()
        assert window.ask(port.StartRecording, directory=str(folder), name="take") == ""
        assert window.ask(port.StartPublish, targets=target(ingest)) == ""
        refused = window.wait_for(port.PublishChanged, lambda changed: changed.status is port.PublishStatus.REFUSED)
        assert refused.code == "key_dead"
        window.wait_for(port.Stats, lambda stats: stats.recorded_bytes > 20_000)
        assert window.ask(port.StopRecording) == ""
        done = window.wait_for(port.RecordChanged, lambda changed: changed.path.endswith(".mp4"))
        assert Path(done.path).stat().st_size > 20_000
    finally:
        ingest.close()


@pytest.mark.parametrize(
    ("folder", "code"), [("missing", "folder_missing"), ("", "folder_missing")]
)  # fmt: skip
def test_a_recording_that_cannot_begin_says_why(window: Window, tmp_path: Path, folder: str, code: str) -> None:
    wanted = str(tmp_path / folder) if folder else str(tmp_path / "engine.sock")
    assert window.ask(port.StartRecording, directory=wanted, name="x") == code


def test_an_address_that_is_none_is_refused(window: Window) -> None:
    assert window.ask(port.StartPublish, targets=(port.Target(url="http://x", key="k"),)) == "ingest_address_invalid"
    assert window.ask(port.StartPublish, targets=()) == "input_invalid"


def test_who_does_not_know_the_key_is_not_let_in(engine: EngineProcess, window: Window) -> None:
    with pytest.raises(ChannelError):
        attach(engine.endpoint, b"x" * 32, port.AnyEvent, on_message=print, on_closed=lambda: None, name="stranger")
    assert window.ask(port.GetSnapshot) == ""


def test_what_it_holds_is_for_this_user_only(engine: EngineProcess, window: Window) -> None:
    assert window.ask(port.SetPreview, width_px=64, height_px=36) == ""
    paths = [Path(engine.endpoint), *(Path("/dev/shm") / name for name in engine.shared())]
    assert len(paths) == 2
    assert [path.stat().st_mode & 0o077 for path in paths] == [0, 0]
