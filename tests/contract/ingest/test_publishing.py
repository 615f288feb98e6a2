"""The RTMP side over real sockets: admission, replacement, deadlines and limits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.rtmp import PublishAccepted, PublishRefused
from tests.contract.ingest.rig import SHORT, Encoder, Rig, closed, running


def on_rig(tmp_path: Path, body: Callable[[Rig], Coroutine[Any, Any, None]], **limits: Any) -> None:
    async def run() -> None:
        async with running(tmp_path, replace(SHORT, **limits)) as rig:
            rig.keys |= {"key": "s1", "other-key": "s1"}
            await body(rig)

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


def test_media_is_reported_in_order(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        encoder = Encoder(rig, "key")
        await encoder.connect()
        assert isinstance(encoder.events[-1], PublishAccepted)
        encoder.start_media()
        await until(lambda: "started" in rig.names())
        assert rig.pictures == ["s1"]
        encoder.close()
        await until(lambda: "stopped" in rig.names())
        assert rig.names() == ["authorize", "started", "stopped"]
        assert not rig.hub("s1").is_running

    on_rig(tmp_path, body)


def test_the_older_is_told_that_it_was_replaced_before_the_newer_is_accepted(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        older, newer = Encoder(rig, "key"), Encoder(rig, "other-key")
        await older.connect()
        older.start_media()
        await until(lambda: "started" in rig.names())
        began_s = time.monotonic()
        await newer.connect()
        assert isinstance(newer.events[-1], PublishAccepted)
        assert await older.until_closed() == ["replaced"]
        assert time.monotonic() - began_s < 1.0
        newer.start_media()
        await until(lambda: rig.names().count("started") == 2)
        facts = [json.loads(text) for name, text in rig.calls if name in ("started", "stopped")]
        assert [fact["reason"] for fact in facts] == ["", "replaced", ""]
        assert facts[0]["connection_id"] == facts[1]["connection_id"] != facts[2]["connection_id"]
        # What the older still sent was thrown away.
        assert rig.hub("s1").frames == 2
        newer.close()

    on_rig(tmp_path, body)


@pytest.mark.parametrize(("key", "app", "code"), [("nobody", "live", "key_unknown"), ("key", "vod", "key_foreign")])
def test_refusals_name_our_code_and_close(tmp_path: Path, key: str, app: str, code: str) -> None:
    async def body(rig: Rig) -> None:
        encoder = Encoder(rig, key, app)
        await encoder.connect()
        assert await encoder.until_closed() == [code]
        assert rig.desk.publishers == ()

    on_rig(tmp_path, body)


def test_silence_and_a_missing_picture_end_with_a_reason(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        silent, blind = Encoder(rig, "key"), Encoder(rig, "blind-key")
        rig.keys["blind-key"] = "s2"
        await silent.connect()
        silent.start_media()
        await blind.connect()
        for moment_ms in range(0, 1200, 200):
            blind.frame(moment_ms)
            await asyncio.sleep(0.15)
        assert await silent.until_closed() == ["media_invalid"]
        assert await blind.until_closed() == ["media_invalid"]
        reasons = [json.loads(text)["reason"] for name, text in rig.calls if name == "stopped"]
        assert reasons == ["media_invalid", "media_invalid"]

    on_rig(tmp_path, body)


@pytest.mark.parametrize("said", [b"", b"\x03", b"GET / HTTP/1.1\r\n\r\n", b"\x03" + bytes(1536)])
def test_a_peer_that_does_not_go_on_is_cut(tmp_path: Path, said: bytes) -> None:
    async def body(rig: Rig) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        writer.write(said)
        began_s = time.monotonic()
        async with asyncio.timeout(3):
            try:
                while await reader.read(65536):
                    pass
            except ConnectionError:
                pass
        assert time.monotonic() - began_s < 1.5
        await closed(writer)

    on_rig(tmp_path, body)


def test_too_much_media_is_ended(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.max_kbps = 400
        encoder = Encoder(rig, "key")
        await encoder.connect()
        encoder.start_media()
        for moment_ms in range(0, 4000, 40):
            encoder.frame(moment_ms, size_bytes=20_000)
        assert await encoder.until_closed() == ["media_invalid"]

    on_rig(tmp_path, body)


def test_connections_of_one_address_are_bounded(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        first = [await asyncio.open_connection("127.0.0.1", rig.port) for _ in range(2)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
        try:
            assert await reader.read(1) == b""
        except ConnectionError:
            pass
        assert rig.listener.refused == 1
        for _, other in [*first, (reader, writer)]:
            await closed(other)

    on_rig(tmp_path, body, connections_per_address=2)


def test_publishing_again_on_the_same_connection_is_reported_as_another(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        encoder = Encoder(rig, "key")
        await encoder.connect()
        encoder.start_media()
        await until(lambda: "started" in rig.names())
        first = rig.desk.publishers[0].connection_id
        await encoder.publish_again()
        assert isinstance(encoder.events[-1], PublishAccepted)
        assert not rig.desk.publishers[0].has_started
        second = rig.desk.publishers[0].connection_id
        encoder.start_media()
        await until(lambda: rig.names().count("started") == 2)
        encoder.close()
        await until(lambda: rig.names().count("stopped") == 2)
        told = [(name, json.loads(text)["connection_id"]) for name, text in rig.calls]
        assert first != second
        # A question does not wait behind the reports.
        assert [one for name, one in told if name == "authorize"] == [first, second]
        facts = [(name, one) for name, one in told if name != "authorize"]
        assert facts == [(name, one) for one in (first, second) for name in ("started", "stopped")]
        reasons = [json.loads(text)["reason"] for name, text in rig.calls if name == "stopped"]
        assert reasons[0] == "unpublished"

    on_rig(tmp_path, body)


def test_a_probe_ends_though_it_goes_on_sending(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.probes.add("key")
        encoder = Encoder(rig, "key")
        await encoder.connect()
        began_s = time.monotonic()
        keep = asyncio.create_task(_keep_sending(encoder))
        assert await encoder.until_closed() == ["media_invalid"]
        keep.cancel()
        assert 0.3 < time.monotonic() - began_s < 2.0

    on_rig(tmp_path, body, probe_s=0.4)


def test_a_probe_that_sends_too_much_is_ended(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.probes.add("key")
        encoder = Encoder(rig, "key")
        await encoder.connect()
        for moment_ms in range(0, 4000, 40):
            encoder.frame(moment_ms, size_bytes=20_000)
        assert await encoder.until_closed() == ["media_invalid"]

    on_rig(tmp_path, body, probe_max_kbps=400)


def test_an_order_drops_a_publisher_with_its_code(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        encoder = Encoder(rig, "key")
        await encoder.connect()
        encoder.start_media()
        rig.desk.drop("id-s1", "key_dead")
        assert await encoder.until_closed() == ["key_dead"]

    on_rig(tmp_path, body)


def test_a_known_key_publishes_without_the_service_which_hears_of_it_when_it_is_back(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        first = Encoder(rig, "key")
        await first.connect()
        first.start_media()
        await until(lambda: "started" in rig.names())
        rig.is_away = True
        first.close()
        stranger = Encoder(rig, "nobody")
        await stranger.connect()
        assert await stranger.until_closed() == ["ingest_unavailable"]
        again = Encoder(rig, "key")
        await again.connect()
        assert isinstance(again.events[-1], PublishAccepted)
        again.start_media()
        await until(lambda: rig.hub("s1").is_running)
        rig.calls.clear()
        rig.is_away = False
        keep = asyncio.create_task(_keep_sending(again))
        await until(lambda: "started" in rig.names())
        keep.cancel()
        # The service is asked about the connection before it hears what the connection did.
        assert rig.names()[:2] == ["authorize", "stopped"]
        assert not any(isinstance(event, PublishRefused) for event in again.events)
        again.close()

    on_rig(tmp_path, body)


def test_a_key_that_died_while_the_service_was_away_is_dropped(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        encoder = Encoder(rig, "key")
        await encoder.connect()
        encoder.start_media()
        await until(lambda: "started" in rig.names())
        rig.is_away = True
        await until(lambda: not rig.hooks.is_up)
        del rig.keys["key"]
        keep = asyncio.create_task(_keep_sending(encoder))
        rig.is_away = False
        assert await encoder.until_closed() == ["key_unknown"]
        keep.cancel()
        rig.is_away = True
        later = Encoder(rig, "key")
        await later.connect()
        assert await later.until_closed() == ["ingest_unavailable"]

    on_rig(tmp_path, body)


async def _keep_sending(encoder: Encoder) -> None:
    moment_ms = 0
    while not encoder.is_closed:
        moment_ms += 100
        encoder.frame(moment_ms)
        await asyncio.sleep(0.1)


def test_a_closed_session_takes_no_publisher_without_the_service(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        encoder = Encoder(rig, "key")
        await encoder.connect()
        rig.desk.close_session("s1", "ended")
        assert await encoder.until_closed() == ["ended"]
        rig.is_away = True
        again = Encoder(rig, "key")
        await again.connect()
        assert await again.until_closed() == ["ingest_unavailable"]
        assert rig.desk.hub_of("s1") is None

    on_rig(tmp_path, body)


def test_the_grants_file_tells_no_key(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.keys["a-very-secret-key"] = "s3"
        encoder = Encoder(rig, "a-very-secret-key")
        await encoder.connect()
        encoder.close()
        stored = tmp_path / "grants.json"
        assert "id-s3" in stored.read_text()
        assert "very-secret" not in stored.read_text()
        assert stored.stat().st_mode & 0o077 == 0

    on_rig(tmp_path, body)
