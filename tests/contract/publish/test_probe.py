"""The probe with a real socket against a scripted ingest: what it sends, what it finds, and how it ends."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.quality.measures import IngestMeasures
from app.errors import BugError, InputError
from app.ports.engine import AnyEvent, ProbeDone, ProbeProgress, StartProbe, Target
from app.rtmp import TagKind, flv
from app.runtime.clock import SystemClock
from capture.encode.video import EncoderError
from capture.publish import Times
from capture.publish.address import Address
from capture.publish.link import Connect, Link, SocketConnector
from capture.publish.probe import Probe, ProbeStopped
from capture.publish.probe_media import ProbeMedia
from capture.publish.probing import Probing
from tests.net.certificate import make_certificate
from tests.net.toy_ingest import Script, ToyIngest

pytestmark = pytest.mark.slow

TIMES = Times(connect_s=0.6, command_s=0.6, progress_s=0.8)
SECONDS = 4.0


def wait_until(is_true: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline_s = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.01)


class Watched:
    """A connector whose links can be asked afterwards what they still held."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._make = SocketConnector(SystemClock(), tls)
        self.links: list[Link] = []

    def __call__(self, address: Address, seconds: float, stop: threading.Event) -> Link:
        link = self._make(address, seconds, stop)
        self.links.append(link)
        return link


def measure(url: str, *, seconds: float = 2.0, connect: Connect | None = None) -> IngestMeasures:
    clock = SystemClock()
    probe = Probe(Target(url=url, key="probe-key?token=1", name="toy"), seconds, clock, connect or Watched(), TIMES)
    return probe.run(ProbeMedia(), threading.Event(), lambda *_: None)


class Desk:
    """The engine's part, and what it tells."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.probing = Probing(SystemClock(), self.events.append, TIMES)

    def start(self, *urls: str, seconds: float = SECONDS) -> None:
        targets = tuple(Target(url=url, key="probe-key", name=f"t{at}") for at, url in enumerate(urls))
        self.probing.start(StartProbe(targets=targets, seconds_each=seconds))

    @property
    def done(self) -> list[ProbeDone]:
        return [event for event in self.events if isinstance(event, ProbeDone)]

    @property
    def progress(self) -> list[ProbeProgress]:
        return [event for event in self.events if isinstance(event, ProbeProgress)]

    def finish(self) -> ProbeDone:
        wait_until(lambda: bool(self.done), 20)
        return self.done[0]


@contextmanager
def desk() -> Iterator[Desk]:
    one = Desk()
    try:
        yield one
    finally:
        one.probing.close()
        assert not one.probing.is_running


def test_true_media_goes_out_from_headers_and_key_frame_on_and_ends_at_once() -> None:
    with ToyIngest() as ingest:
        found = measure(ingest.url, seconds=3)
        wait_until(lambda: not any(thread.name == "toy-ingest-peer" for thread in threading.enumerate()))
        [seen] = ingest.connections
    assert (seen.app, seen.key, seen.query, seen.error) == ("live", "probe-key", "token=1", None)
    assert [tag.kind for tag in seen.tags[:2]] == [TagKind.DATA, TagKind.VIDEO]
    pictures = [flv.parse_video(tag.payload) for tag in seen.of(TagKind.VIDEO)]
    assert pictures[0].is_config
    assert pictures[1].is_keyframe
    assert all(flv.avcc_units(one.body) for one in pictures[1:])
    assert (found.name, found.is_reachable, found.code) == ("toy", True, "")
    assert 0 < found.connect_ms < 600
    assert found.is_at_least
    assert 7600 <= found.throughput_kbps <= 8000


def test_a_peer_that_reads_slowly_is_measured_by_what_it_reads() -> None:
    """Its system's buffer takes megabytes more."""
    with ToyIngest(Script(read_bytes_per_s=200_000)) as ingest:
        found = measure(ingest.url, seconds=6)
    assert found.throughput_kbps == pytest.approx(1600, rel=0.1)
    assert not found.is_at_least


@pytest.mark.slow
def test_a_narrow_line_is_filled_and_nothing_of_it_is_left_behind() -> None:
    with ToyIngest(Script(read_bytes_per_s=100_000, receive_buffer_bytes=4096)) as ingest:
        connect = Watched()
        found = measure(ingest.url, seconds=4, connect=connect)
        assert found.throughput_kbps == pytest.approx(800, rel=0.1)
        [link] = connect.links
        assert link.fileno() == -1
        # The reset reaches the peer at once: what waited here was thrown away.
        read_bytes = len(ingest.connections[0].raw)
        wait_until(lambda: not any(thread.name == "toy-ingest-peer" for thread in threading.enumerate()), 3)
        assert len(ingest.connections[0].raw) - read_bytes < 60_000


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (Script(refuse_publish=("key_dead", "over")), "key_dead"),
        (Script(refuse_publish=("NetStream.Publish.BadName", "no")), "key_unknown"),
        (Script(refuse_connect=("key_foreign", "not here")), "key_foreign"),
        (Script(is_silent=True), "ingest_silent"),
        (Script(garbage=b"HTTP/1.1 400 Bad Request\r\n\r\n"), "ingest_closed"),
        (Script(close_after_tags=20), "ingest_closed"),
        (Script(end_after_tags=(20, "media_invalid", "too much")), "media_invalid"),
        (Script(stall_after_tags=20), "ingest_silent"),
        (Script(stall_after_tags=20, receive_buffer_bytes=4096), "ingest_silent"),
    ],
)
def test_what_is_no_ingest_to_use_is_told_with_the_publishers_code(script: Script, code: str) -> None:
    with ToyIngest(script) as ingest:
        found = measure(ingest.url, seconds=8)
        assert len(ingest.connections) == 1, "a probe tries once"
    assert (found.is_reachable, found.code, found.throughput_kbps) == (False, code, 0.0)


def test_nobody_there_is_told_soon(free_port: int) -> None:
    found = measure(f"rtmp://127.0.0.1:{free_port}/live")
    assert (found.is_reachable, found.code) == (False, "ingest_unreachable")


@pytest.mark.slow
def test_it_goes_over_tls_that_is_verified(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    with ToyIngest(tls=server) as ingest:
        assert measure(ingest.url).code == "tls_failed"
        found = measure(ingest.url, seconds=4, connect=Watched(ssl.create_default_context(cafile=certificate)))
    assert found.is_reachable
    assert found.throughput_kbps > 7000


class Blind:
    """A system that says nothing of what waits in it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.fileno, self.send, self.receive = link.fileno, link.send, link.receive
        self.end_sending, self.rtt_ms, self.close, self.abort = link.end_sending, link.rtt_ms, link.close, link.abort

    def unsent_bytes(self) -> int | None:
        return None


@pytest.mark.slow
def test_where_the_system_says_nothing_the_peer_does() -> None:
    with ToyIngest(Script(read_bytes_per_s=200_000, receive_buffer_bytes=4096)) as ingest:
        connect = Watched()
        found = measure(ingest.url, seconds=6, connect=lambda *asked: Blind(connect(*asked)))
    assert found.throughput_kbps == pytest.approx(1600, rel=0.1)


def test_a_cancelled_one_raises_wherever_it_is() -> None:
    for script in (Script(is_silent=True), Script()):
        with ToyIngest(script) as ingest:
            stop = threading.Event()
            probe = Probe(Target(url=ingest.url, key="k"), 30, SystemClock(), Watched(), TIMES)
            timer = threading.Timer(0.3, stop.set)
            timer.start()
            with pytest.raises(ProbeStopped):
                probe.run(ProbeMedia(), stop, lambda *_: None)
            timer.join()


# ---- the engine's part ---------------------------------------------------------------------------


@pytest.mark.slow
def test_all_targets_are_tried_in_turn_and_the_better_one_named(free_port: int) -> None:
    slow = Script(read_bytes_per_s=100_000)
    with ToyIngest(slow) as first, ToyIngest() as second, desk() as one:
        one.start(first.url, f"rtmp://127.0.0.1:{free_port}/live", second.url)
        done = one.finish()
        assert [ingest.is_reachable for ingest in done.network.ingests] == [True, False, True]
        assert [ingest.name for ingest in done.network.ingests] == ["t0", "t1", "t2"]
        assert done.network.best == 2
        assert not done.is_cancelled
        passed = [event.passed_ratio for event in one.progress]
        assert passed == sorted(passed)
        assert (passed[0], passed[-1] > 0.9) == (0.0, True)
        assert {event.target for event in one.progress} == {"t0", "t1", "t2"}
        assert 20 <= len(passed) <= 50, "about four a second"
        assert max(event.kbps for event in one.progress if event.target == "t2") > 4000


def test_cancelling_tells_so_once_and_ends_the_connection() -> None:
    with ToyIngest() as ingest, desk() as one:
        one.start(ingest.url, seconds=30)
        wait_until(lambda: any(event.kbps > 0 for event in one.progress))
        begun_s = time.monotonic()
        one.probing.cancel()
        assert time.monotonic() - begun_s < 1.0
        assert not one.probing.is_running
        [done] = one.done
        assert (done.is_cancelled, done.network.best, done.network.ingests) == (True, None, ())
        one.probing.cancel()
        assert len(one.done) == 1
        wait_until(lambda: not any(thread.name == "toy-ingest-peer" for thread in threading.enumerate()))


@pytest.mark.slow
def test_a_newer_probe_takes_the_place_of_one_that_runs() -> None:
    with ToyIngest() as ingest, desk() as one:
        one.start(ingest.url, seconds=30)
        wait_until(lambda: bool(ingest.connections))
        one.start(ingest.url)
        done = one.finish()
        assert not done.is_cancelled
        assert len(one.done) == 1
        assert len(ingest.connections) == 2


def test_closing_says_nothing_more() -> None:
    with ToyIngest(Script(is_silent=True)) as ingest, desk() as one:
        one.start(ingest.url, seconds=30)
        wait_until(lambda: bool(ingest.connections))
        one.probing.close()
        told = len(one.events)
        time.sleep(0.1)
        assert (one.done, len(one.events)) == ([], told)


def test_targets_that_cannot_be_tried_are_refused_and_harm_nothing(tmp_path: Path) -> None:
    with ToyIngest() as ingest, desk() as one:
        one.start(ingest.url, seconds=30)
        (tmp_path / "none.pem").write_text("no certificate")
        for targets, code in (
            ((), InputError.default_code),
            ((Target(url="http://h/live", key="k"),), "ingest_address_invalid"),
            ((Target(url="rtmps://h/live", key="k", ca_file=str(tmp_path / "none.pem")),), "tls_failed"),
            (tuple(Target(url=ingest.url, key="k") for _ in range(9)), InputError.default_code),
        ):
            with pytest.raises(InputError) as refused:
                one.probing.start(StartProbe(targets=targets))
            assert refused.value.code == code
        assert one.probing.is_running


@pytest.mark.parametrize(
    ("failure", "code"), [(EncoderError(), "encoder_failed"), (ZeroDivisionError("ours"), BugError.default_code)]
)
def test_what_fails_on_this_machine_is_told_of_every_target(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, code: str
) -> None:
    def fail() -> ProbeMedia:
        raise failure

    monkeypatch.setattr("capture.publish.probing.ProbeMedia", fail)
    with ToyIngest() as ingest, desk() as one:
        one.start(ingest.url, ingest.url)
        done = one.finish()
        assert ingest.connections == []
    assert [(found.name, found.is_reachable, found.code) for found in done.network.ingests] == [
        ("t0", False, code), ("t1", False, code)
    ]  # fmt: skip
    assert (done.network.best, done.is_cancelled) == (None, False)
