"""The real ingest process with the ffmpeg CLI as encoder and player, and a service that knows only the hooks."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from app.rtmp import TagKind
from app.rtmp.flv import parse_audio, parse_video
from tests.e2e.ingest_rig import (
    KEY,
    PAGE,
    FlvViewer,
    Ingest,
    decode,
    encoder,
    ingest,
    service,
    until,
)
from tests.net.fake_service import FakeService

pytestmark = pytest.mark.e2e
__all__ = ["ingest", "service"]


def test_flv_and_hls_decode(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        started = service.wait_for("started")[0]
        assert [call.path.rpartition("/")[2] for call in service.calls[:2]] == ["authorize", "started"]
        assert started.body["session_id"] == "s1"
        picture, sound, complaints = decode(ingest.flv_url("s1"), seconds=3)
        assert picture >= 85, complaints
        assert sound >= 125, complaints
        list_path = ingest.tmp_path / "data" / "media" / "s1" / "index.m3u8"
        until(lambda: list_path.is_file() and list_path.read_text().count("#EXTINF") >= 3)
        picture, sound, complaints = decode(ingest.url("hls/s1/index.m3u8", "s1"), seconds=2.5)
        assert picture >= 70, complaints
        assert sound >= 100, complaints
        # The newest segment ended less than two seconds ago.
        text = list_path.read_text()
        assert time.time() - list_path.stat().st_mtime < 1.6
        assert "#EXT-X-TARGETDURATION:1\n" in text
        assert ingest.session("s1")["fps"] > 20
    stopped = service.wait_for("stopped")[0]
    assert stopped.body["reason"] in ("unpublished", "closed", "connection_lost")
    assert ingest.order("close", {"session_id": "s1", "code": "ended"}) == 204
    until(lambda: "#EXT-X-ENDLIST" in list_path.read_text())
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(ingest.flv_url("s1"), timeout=5)
    assert json.loads(refused.value.read())["error"]["code"] == "session_ended"
    refused.value.close()


@pytest.mark.parametrize(
    ("key", "app", "code"),
    [
        ("wrong", "live", "key_unknown"),
        ("dead", "live", "key_dead"),
        ("foreign", "live", "key_foreign"),
        (KEY, "other", "key_foreign"),
    ],
)
def test_a_bad_key_is_refused_with_its_reason(
    ingest: Ingest, service: FakeService, key: str, app: str, code: str
) -> None:
    service.grant(KEY, "s1")
    service.refusals |= {"dead": "key_dead", "foreign": "key_foreign"}
    with encoder(ingest, key, app=app, seconds=5) as process:
        said = process.communicate(timeout=10)[1].decode()
    assert process.returncode != 0
    assert f"{code}: " in said
    assert not service.of("started")
    assert not ingest.health()["sessions"]


@pytest.mark.slow
def test_a_newer_connection_replaces_the_older(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY) as older:
        service.wait_for("started")
        viewer = FlvViewer(ingest.flv_url("s1"))
        try:
            until(lambda: viewer.frames > 20)
            with encoder(ingest, KEY, size="640x360"):
                service.wait_for("authorize", 2)
                granted_s = service.of("authorize")[1].at_s
                stopped = service.wait_for("stopped")[0]
                assert stopped.body["reason"] == "replaced"
                assert stopped.at_s - granted_s < 1.0
                assert older.wait(5) is not None
                second = service.wait_for("started", 2)[1]
                assert second.body["connection_id"] != stopped.body["connection_id"]
                before = viewer.frames
                until(lambda: viewer.frames > before + 40)
        finally:
            viewer.close()
    assert_goes_on(viewer)
    picture, _, complaints = decode("pipe:0", data=bytes(viewer.data))
    assert picture >= 60, complaints


def assert_goes_on(viewer: FlvViewer) -> None:
    """Timestamps never go back within a kind, and picture has no hole."""
    for kind in (TagKind.AUDIO, TagKind.VIDEO):
        moments = [tag.timestamp_ms for tag in viewer.tags if tag.kind is kind]
        assert moments == sorted(moments)
    moments = [
        tag.timestamp_ms for tag in viewer.tags if tag.kind is TagKind.VIDEO and not parse_video(tag.payload).is_config
    ]
    assert max(b - a for a, b in itertools.pairwise(moments)) < 200


@pytest.mark.slow
def test_a_publisher_that_returns_goes_on_in_the_same_responses(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        service.wait_for("started")
        viewer = FlvViewer(ingest.flv_url("s1"))
        until(lambda: viewer.frames > 30)
    service.wait_for("stopped")
    try:
        left = viewer.frames
        time.sleep(0.5)
        assert not viewer.is_ended
        with encoder(ingest, KEY):
            service.wait_for("started", 2)
            until(lambda: viewer.frames > left + 40)
    finally:
        viewer.close()
    assert_goes_on(viewer)
    configs = [tag for tag in viewer.tags if tag.kind is TagKind.AUDIO and parse_audio(tag.payload).is_config]
    assert len(configs) == 1, "the same configuration was sent again"
    picture, sound, complaints = decode("pipe:0", data=bytes(viewer.data))
    assert picture >= viewer.frames - 2, complaints
    assert sound > 80, complaints


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_the_list_goes_on(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    list_path = ingest.tmp_path / "data" / "media" / "s1" / "index.m3u8"

    def numbers() -> list[int]:
        return [int(number) for number in re.findall(r"seg-(\d+)", list_path.read_text())]

    with encoder(ingest, KEY):
        service.wait_for("started")
        viewer = FlvViewer(ingest.flv_url("s1"))
        try:
            until(lambda: list_path.is_file() and len(numbers()) >= 2)
            before = numbers()
            os.kill(ingest.session("s1")["worker_pid"], signal.SIGKILL)
            until(lambda: numbers()[-1] >= before[-1] + 3)
            text = list_path.read_text()
            assert "#EXT-X-DISCONTINUITY\n" in text
            assert numbers() == list(range(numbers()[0], numbers()[-1] + 1))
            picture, _, complaints = decode(ingest.url("hls/s1/index.m3u8", "s1"), seconds=2)
            assert picture >= 50, complaints
            assert not viewer.is_ended
        finally:
            viewer.close()
    assert_goes_on(viewer)
    assert len(service.of("started")) == 1


@pytest.mark.slow
def test_a_hanging_worker_is_replaced_and_viewers_do_not_notice(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        service.wait_for("started")
        until(lambda: ingest.session("s1").get("worker_pid") is not None)
        stuck = ingest.session("s1")["worker_pid"]
        os.kill(stuck, signal.SIGSTOP)
        until(lambda: ingest.session("s1").get("worker_pid") not in (None, stuck), timeout_s=14)
        picture, _, complaints = decode(ingest.flv_url("s1"), seconds=1)
        assert picture >= 25, complaints
    assert not Path(f"/proc/{stuck}").exists()


@pytest.mark.slow
def test_an_ingest_that_was_killed_takes_the_publisher_again_without_the_service(
    ingest: Ingest, service: FakeService
) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY) as process:
        service.wait_for("started")
        ingest.end(signal.SIGKILL)
        assert process.wait(5) is not None
    service.stop()
    ingest.start()
    with encoder(ingest, "unknown-key", seconds=3) as process:
        assert b"ingest_unavailable" in process.communicate(timeout=12)[1]
    with encoder(ingest, KEY):
        until(lambda: ingest.session("s1").get("is_running", False), timeout_s=12)
        service.start()
        again = service.wait_for("started", 2)[1]
        assert service.of("authorize")[-1].body["connection_id"] == again.body["connection_id"]
        picture, _, complaints = decode(ingest.flv_url("s1"), seconds=1)
        assert picture >= 25, complaints


def test_a_dropped_key_is_off_within_a_second(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY) as process:
        service.wait_for("started")
        ordered_s = time.monotonic()
        assert ingest.order("drop", {"key_id": "id-of-s1", "code": "key_dead"}) == 204
        stopped = service.wait_for("stopped")[0]
        assert stopped.at_s - ordered_s < 1.0
        assert stopped.body["reason"] == "key_dead"
        assert process.wait(5) is not None


@pytest.mark.slow
def test_a_probe_is_measured_and_seen_by_nobody(ingest: Ingest, service: FakeService) -> None:
    service.grant("a1b2-probe-77", "s1", key_id="p1", is_probe=True)
    with encoder(ingest, "a1b2-probe-77"):
        reports = service.wait_for("stats", 3)
        assert 300 < reports[-1].body["kbps"] < 2000
        assert not ingest.session("s1")
        assert not (ingest.tmp_path / "data" / "media" / "s1").exists()
    assert not service.of("started")


def test_tokens_hosts_and_origins(ingest: Ingest, service: FakeService) -> None:
    def code_of(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[int, str]:
        request = urllib.request.Request(url, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return reply.status, reply.headers.get("Access-Control-Allow-Origin", "")
        except urllib.error.HTTPError as error:
            body = error.read()
            return error.code, json.loads(body)["error"]["code"] if body else ""

    good = ingest.flv_url("s1")
    assert code_of(good, method="HEAD") == (200, "")
    assert code_of(good, {"Origin": PAGE}, "HEAD") == (200, PAGE)
    assert code_of(good, {"Origin": "http://evil.example"}) == (403, "origin_refused")
    assert code_of(good, {"Host": "evil.example"}) == (421, "host_refused")
    assert code_of(ingest.url("live/s1.flv", "s1", lifetime_s=-1)) == (401, "token_expired")
    assert code_of(ingest.url("live/s1.flv", "s1", lifetime_s=90)) == (401, "token_expired")
    assert code_of(ingest.url("live/s1.flv", "s2")) == (401, "token_expired")
    assert code_of(good[:-1] + ("A" if good[-1] != "A" else "B")) == (401, "token_expired")
    assert code_of(ingest.url("hls/s1/index.m3u8", "s1")) == (404, "not_found")
    assert code_of(ingest.url("hls/s1/..%2f..%2fingest-grants.json", "s1"))[0] == 404
    assert code_of(f"http://127.0.0.1:{ingest.http_port}/control/publishers") == (401, "credentials_wrong")
    assert code_of(f"http://127.0.0.1:{ingest.http_port}/nowhere") == (404, "not_found")


def test_a_removed_viewer_is_cut_and_kept_out(ingest: Ingest, service: FakeService) -> None:
    service.grant(KEY, "s1")
    with encoder(ingest, KEY):
        service.wait_for("started")
        removed, other = FlvViewer(ingest.flv_url("s1", "removed")), FlvViewer(ingest.flv_url("s1", "other"))
        try:
            until(lambda: min(removed.frames, other.frames) > 10)
            assert ingest.order("drop-viewer", {"session_id": "s1", "viewer_id": "removed"}) == 204
            until(lambda: removed.is_ended, timeout_s=1)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(ingest.flv_url("s1", "removed"), timeout=5)
            refused.value.close()
            assert refused.value.code == 403
            seen = other.frames
            until(lambda: other.frames > seen + 10)
        finally:
            removed.close()
            other.close()
