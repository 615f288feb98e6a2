"""The publisher with a real socket against a scripted ingest."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from app.ports.engine import PublishChanged, PublishStatus, Target
from app.rtmp import TagKind, flv
from app.runtime.clock import SystemClock
from capture.packets import EncodedPacket, StreamFormat
from capture.publish import Publisher, Times
from capture.publish.address import Address
from capture.publish.link import Connect, Link, SocketConnector
from tests.net.certificate import make_certificate
from tests.net.toy_ingest import Script, ToyIngest

STREAM = StreamFormat(
    width_px=640, height_px=360, rate_fps=30, video_kbps=600, audio_kbps=64, sample_rate_hz=48000,
    avc_config=flv.avc_config(b"\x67\x42\xc0\x1e\xd9", b"\x68\xcb"), aac_config=flv.aac_config(48000, 2),
)  # fmt: skip
TIMES = Times(connect_s=0.6, command_s=0.6, progress_s=0.6, on_air_s=0.15, finish_s=0.3)


class Desk:
    """A publisher and a fake encoder that feeds it in real time, with a key frame when asked and each second."""

    def __init__(
        self,
        url: str,
        *,
        times: Times = TIMES,
        frame_bytes: int = 2500,
        tls: ssl.SSLContext | None = None,
        connect: Connect | None = None,
    ) -> None:
        self.changes: list[PublishChanged] = []
        self._wants_keyframe = threading.Event()
        self._stop = threading.Event()
        self._frame_bytes = frame_bytes
        clock = SystemClock()
        self.publisher = Publisher(
            Target(url=url, key="demo-key?token=1"),
            STREAM,
            self.changes.append,
            clock,
            connect=connect or SocketConnector(clock, tls),
            request_keyframe=self._wants_keyframe.set,
            times=times,
            random_ratio=lambda: 0.0,
        )
        self._encoder = threading.Thread(target=self._encode, name="fake-encoder")

    def start(self) -> None:
        self.publisher.start()
        self._encoder.start()

    def close(self) -> None:
        self._stop.set()
        self._encoder.join(2)
        self.publisher.stop()

    def _encode(self) -> None:
        frame = 0
        while not self._stop.is_set():
            moment_ms = 60_000 + frame * 33
            is_keyframe = frame % 30 == 0 or self._wants_keyframe.is_set()
            if is_keyframe:
                self._wants_keyframe.clear()
            head = b"\x00\x00\x09\xc0\x65" if is_keyframe else b"\x00\x00\x09\xc0\x41"
            body = head + bytes(self._frame_bytes)
            self.publisher.offer(EncodedPacket("video", moment_ms, moment_ms, is_keyframe, body))
            self.publisher.offer(EncodedPacket("audio", moment_ms + 3, moment_ms + 3, False, bytes(200)))
            frame += 1
            self._stop.wait(0.01)

    def statuses(self) -> list[tuple[PublishStatus, str]]:
        return [(change.status, change.code) for change in self.changes]


@contextmanager
def running(desk: Desk) -> Iterator[Desk]:
    desk.start()
    try:
        yield desk
    finally:
        desk.close()


def wait_until(is_true: Callable[[], bool], seconds: float = 4.0) -> None:
    deadline_s = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.01)


def test_goes_on_air_with_headers_first_and_says_goodbye() -> None:
    with ToyIngest() as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())
            figures = desk.publisher.figures()
        seen = ingest.connections[0]
        wait_until(lambda: seen.did_unpublish)
    assert [status for status, _ in desk.statuses()] == ["connecting", "starting", "on_air", "idle"]
    assert (seen.app, seen.key, seen.query) == ("live", "demo-key", "token=1")
    assert [tag.kind for tag in seen.tags[:3]] == [TagKind.DATA, TagKind.VIDEO, TagKind.AUDIO]
    first, second = [flv.parse_video(tag.payload) for tag in seen.of(TagKind.VIDEO)[:2]]
    assert first.is_config
    assert first.body == STREAM.avc_config
    assert second.is_keyframe
    assert seen.of(TagKind.VIDEO)[0].timestamp_ms == 0
    assert flv.parse_audio(seen.of(TagKind.AUDIO)[0].payload).body == STREAM.aac_config
    assert figures.frames_sent >= 10
    assert figures.frames_dropped == 0
    assert figures.sent_bytes > 10 * 2500


def test_refusal_with_our_code_is_final() -> None:
    with ToyIngest(Script(refuse_publish=("key_dead", "this session has ended"))) as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: (PublishStatus.REFUSED, "key_dead") in desk.statuses())
            time.sleep(0.2)
        assert len(ingest.connections) == 1
        assert ingest.connections[0].tags == []


def test_connect_refusal_is_read_too() -> None:
    with ToyIngest(Script(refuse_connect=("key_foreign", "not here"))) as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: (PublishStatus.REFUSED, "key_foreign") in desk.statuses())


def test_replaced_while_on_air_is_final() -> None:
    with ToyIngest(Script(end_after_tags=(40, "replaced", "another device"))) as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: (PublishStatus.REFUSED, "replaced") in desk.statuses())
        assert len(ingest.connections) == 1


def test_unavailable_ingest_is_tried_again() -> None:
    with ToyIngest(Script(refuse_publish=("ingest_unavailable", "starting")), Script()) as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())
        assert (PublishStatus.RECONNECTING, "ingest_unavailable") in desk.statuses()


def test_silent_ingest_is_given_up_after_its_deadline_and_tried_again() -> None:
    with ToyIngest(Script(is_silent=True), Script()) as ingest:
        desk = Desk(ingest.url)
        started_s = time.monotonic()
        with running(desk):
            wait_until(lambda: len(desk.changes) >= 2)
            waited_s = time.monotonic() - started_s
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())
    assert desk.statuses()[1] == (PublishStatus.RECONNECTING, "ingest_silent")
    assert 0.5 < waited_s < 1.2


def test_goes_on_after_a_closed_connection_with_headers_key_frame_and_time() -> None:
    with ToyIngest(Script(close_after_tags=60), Script()) as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: desk.statuses().count((PublishStatus.ON_AIR, "")) == 2)
        before, after = ingest.connections
    assert (PublishStatus.RECONNECTING, "ingest_closed") in desk.statuses()
    reconnecting = next(change for change in desk.changes if change.status is PublishStatus.RECONNECTING)
    assert (reconnecting.attempt, reconnecting.retry_in_ms) == (1, 500)
    video = [flv.parse_video(tag.payload) for tag in after.of(TagKind.VIDEO)[:2]]
    assert video[0].is_config
    assert video[1].is_keyframe
    assert after.of(TagKind.VIDEO)[0].timestamp_ms > before.of(TagKind.VIDEO)[-1].timestamp_ms
    assert desk.publisher.figures().frames_dropped > 0


def test_stalled_ingest_never_blocks_the_encoder_and_is_left() -> None:
    with ToyIngest(Script(stall_after_tags=20, receive_buffer_bytes=4096), Script()) as ingest:
        desk = Desk(ingest.url, frame_bytes=20_000)
        with running(desk):
            wait_until(lambda: (PublishStatus.RECONNECTING, "ingest_silent") in desk.statuses(), 6)
            worst_s = 0.0
            for _ in range(200):
                before_s = time.monotonic()
                desk.publisher.offer(EncodedPacket("audio", 1, 1, False, b"x"))
                worst_s = max(worst_s, time.monotonic() - before_s)
            wait_until(lambda: len(ingest.connections) == 2)
    assert worst_s < 0.1


def test_a_stalled_ingest_is_left_as_soon_when_little_is_sent() -> None:
    """The kernel's buffer would take it all for ten seconds and more."""
    with ToyIngest(Script(stall_after_tags=20, receive_buffer_bytes=2048), Script()) as ingest:
        desk = Desk(ingest.url, frame_bytes=50)
        with running(desk):
            wait_until(lambda: bool(ingest.connections) and len(ingest.connections[0].tags) >= 20)
            stalled_s = time.monotonic()
            wait_until(lambda: (PublishStatus.RECONNECTING, "ingest_silent") in desk.statuses(), 6)
            waited_s = time.monotonic() - stalled_s
    assert waited_s < 2.0


@pytest.mark.slow
def test_slow_ingest_drops_frames_but_no_sound_and_no_key_frame_and_counts_the_backlog() -> None:
    script = Script(read_bytes_per_s=150_000, receive_buffer_bytes=4096)
    with ToyIngest(script) as ingest:
        desk = Desk(ingest.url, frame_bytes=12_000, times=Times(finish_s=0.1))
        with running(desk):
            wait_until(lambda: desk.publisher.figures().frames_dropped > 30, 10)
            figures = desk.publisher.figures()
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())
            seen = ingest.connections[0]
            wait_until(lambda: seen.of(TagKind.VIDEO)[-1].timestamp_ms > 5000, 15)
    assert figures.backlog_bytes > 100_000
    assert figures.backlog_ms > 1000
    sounds_ms = [tag.timestamp_ms for tag in seen.of(TagKind.AUDIO)[1:]]
    assert all(later - earlier == 33 for earlier, later in pairwise(sounds_ms))
    pictures = [(tag.timestamp_ms, flv.parse_video(tag.payload).is_keyframe) for tag in seen.of(TagKind.VIDEO)[1:]]
    gaps = [is_keyframe for (earlier, _), (later, is_keyframe) in pairwise(pictures) if later - earlier > 33]
    assert gaps
    assert all(gaps)


def test_unreachable_ingest_is_tried_again_and_stop_interrupts_the_wait(free_port: int) -> None:
    desk = Desk(f"rtmp://127.0.0.1:{free_port}/live")
    with running(desk):
        wait_until(lambda: (PublishStatus.RECONNECTING, "ingest_unreachable") in desk.statuses())
        desk.close()
        stopping_s = time.monotonic()
    assert time.monotonic() - stopping_s < 0.3
    assert desk.statuses()[-1] == (PublishStatus.IDLE, "")


def test_black_hole_ends_at_the_connect_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            desk = Desk(f"rtmp://127.0.0.1:{port}/live")
            with running(desk):
                wait_until(lambda: (PublishStatus.RECONNECTING, "ingest_unreachable") in desk.statuses(), 2)
        finally:
            for filler in fillers:
                filler.close()


def test_garbage_is_a_lost_connection_not_a_crash() -> None:
    with ToyIngest(Script(garbage=b"HTTP/1.1 400 Bad Request\r\n\r\n"), Script()) as ingest:
        desk = Desk(ingest.url)
        with running(desk):
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())
        assert desk.statuses()[1] == (PublishStatus.RECONNECTING, "ingest_closed")


def test_names_are_looked_up() -> None:
    with ToyIngest() as ingest:
        desk = Desk(f"rtmp://localhost:{ingest.port}/live")
        with running(desk):
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())


def test_unknown_name_is_unreachable() -> None:
    desk = Desk("rtmp://no-such-host.invalid/live")
    with running(desk):
        wait_until(lambda: (PublishStatus.RECONNECTING, "ingest_unreachable") in desk.statuses())


def test_a_bug_of_ours_costs_the_connection_and_not_the_broadcast(caplog: pytest.LogCaptureFixture) -> None:
    with ToyIngest() as ingest:
        whole = SocketConnector(SystemClock())
        failures = [ZeroDivisionError("ours")]

        def connect(address: Address, seconds: float, stop: threading.Event) -> Link:
            if failures:
                raise failures.pop()
            return whole(address, seconds, stop)

        desk = Desk(ingest.url, connect=connect)
        with running(desk):
            wait_until(lambda: (PublishStatus.ON_AIR, "") in desk.statuses())
    assert (PublishStatus.RECONNECTING, "ingest_closed") in desk.statuses()
    assert "the publisher failed" in caplog.text
    assert "demo-key" not in caplog.text


def test_stopped_without_a_start_leaves_nothing_open() -> None:
    desk = Desk("rtmp://127.0.0.1:1/live")
    desk.publisher.stop()
    desk.publisher.offer(EncodedPacket("video", 0, 0, True, b""))
    assert desk.changes == []


def test_stop_is_quick_whatever_the_ingest_does() -> None:
    for script in (Script(is_silent=True), Script(stall_after_tags=5, receive_buffer_bytes=4096)):
        with ToyIngest(script) as ingest:
            desk = Desk(ingest.url, frame_bytes=50_000, times=Times())
            desk.start()
            wait_until(lambda: bool(ingest.connections))
            time.sleep(0.2)
            begun_s = time.monotonic()
            desk.close()
            assert time.monotonic() - begun_s < 1.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = make_certificate(folder)
    return Path(certificate), Path(key)


def test_tls_that_never_answers_is_silence() -> None:
    with ToyIngest(Script(is_silent=True)) as ingest:
        desk = Desk(ingest.url.replace("rtmp:", "rtmps:"))
        with running(desk):
            wait_until(lambda: (PublishStatus.RECONNECTING, "ingest_silent") in desk.statuses())


def test_plain_server_behind_a_tls_address() -> None:
    with ToyIngest() as ingest:
        desk = Desk(ingest.url.replace("rtmp:", "rtmps:"))
        with running(desk):
            wait_until(lambda: (PublishStatus.RECONNECTING, "tls_failed") in desk.statuses())


def test_tls_is_verified(certificate: tuple[Path, Path]) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    with ToyIngest(tls=server) as ingest:
        stranger = Desk(ingest.url)
        with running(stranger):
            wait_until(lambda: (PublishStatus.RECONNECTING, "tls_failed") in stranger.statuses())
        known = Desk(ingest.url, tls=ssl.create_default_context(cafile=certificate[0]))
        with running(known):
            wait_until(lambda: (PublishStatus.ON_AIR, "") in known.statuses())
        wait_until(lambda: ingest.connections[-1].did_unpublish)
