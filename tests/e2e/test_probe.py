"""The probe of the network against the real ingest and nginx-rtmp, and over a line of a known rate."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from app.domain.quality.measures import IngestMeasures
from app.ports.engine import Target
from app.runtime.clock import SystemClock
from bench.quality_network import figures
from capture.publish import Times
from capture.publish.link import SocketConnector
from capture.publish.probe import Probe
from capture.publish.probe_media import ProbeMedia
from tests.e2e.ingest_rig import KEY, Ingest, decode, ingest, service, until
from tests.net.fake_service import FakeService
from tests.net.rtmp_peers import nginx, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
__all__ = ["ingest", "service"]

PROBE_KEY = "a1b2-probe-77"


def measure(port: int, key: str, seconds: float = 4.0, times: Times | None = None) -> IngestMeasures:
    clock = SystemClock()
    target = Target(url=f"rtmp://127.0.0.1:{port}/live", key=key)
    probe = Probe(target, seconds, clock, SocketConnector(clock), times)
    return probe.run(ProbeMedia(), threading.Event(), lambda *_: None)


@pytest.mark.slow
def test_the_real_ingest_measures_the_same_and_shows_it_to_nobody(ingest: Ingest, service: FakeService) -> None:
    service.grant(PROBE_KEY, "", key_id="p1", is_probe=True)
    found = measure(ingest.rtmp_port, PROBE_KEY)
    assert found.is_reachable, found
    assert found.throughput_kbps > 6000
    report = service.wait_for("stats", 3)[-1].body
    assert report["key_id"] == "p1"
    until(lambda: service.of("stats")[-1].body["received_bytes"] > 1_500_000)
    assert ingest.sessions() == []
    assert not service.of("started")
    assert not service.of("stopped")


def test_a_key_that_is_refused_is_told(ingest: Ingest, service: FakeService) -> None:
    service.refusals["over"] = "key_dead"
    found = measure(ingest.rtmp_port, "over")
    assert (found.is_reachable, found.code) == (False, "key_dead")
    assert measure(ingest.rtmp_port, "wrong").code == "key_unknown"


@pytest.mark.slow
def test_an_ingest_that_hangs_or_dies_is_told(ingest: Ingest, service: FakeService) -> None:
    service.grant(PROBE_KEY, "", key_id="p1", is_probe=True)
    assert ingest.process is not None
    for number, code in ((signal.SIGSTOP, "ingest_silent"), (signal.SIGKILL, "ingest_closed")):
        timer = threading.Timer(1.0, os.kill, (ingest.process.pid, number))
        timer.start()
        try:
            found = measure(ingest.rtmp_port, PROBE_KEY, 20.0, Times(progress_s=1.5))
        finally:
            timer.join()
            if number is signal.SIGSTOP:
                os.kill(ingest.process.pid, signal.SIGCONT)
        assert (found.is_reachable, found.code) == (False, code)


@pytest.mark.slow
def test_with_a_key_for_the_air_it_would_be_a_programme_that_plays(ingest: Ingest, service: FakeService) -> None:
    """What the probe sends is true media: sent to the wrong place it is a picture, not a fault."""
    service.grant(KEY, "s1")
    sending = threading.Thread(target=measure, args=(ingest.rtmp_port, KEY, 6.0), name="probe")
    sending.start()
    try:
        service.wait_for("started")
        picture, _, complaints = decode(ingest.flv_url("s1"), seconds=2)
        assert picture >= 54, complaints
    finally:
        sending.join()


@pytest.mark.slow
def test_nginx_takes_it_too(tmp_path: Path, free_port: int) -> None:
    with nginx(tmp_path, free_port, record=True) as recordings:
        found = measure(free_port, "probe")
        wait_until(lambda: "deleteStream" in (log := (tmp_path / "error.log").read_text()) or "disconnect" in log, 5)
    assert found.is_reachable, found
    assert found.throughput_kbps > 6000
    [recording] = list(recordings.iterdir())
    picture, _, complaints = decode(str(recording))
    assert picture >= 100, complaints


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("tc") is None, reason="namespaces take root and tc")
def test_a_line_of_a_known_rate_is_found_within_a_tenth() -> None:
    error = figures(quick=True)["throughput_error_ratio"]
    assert error is not None
    assert error <= 0.1
