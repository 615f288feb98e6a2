"""The HTTP side over real sockets: who is let in, who is cut and when, and what the service can order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.runtime.launch import IngestLaunch
from server.ingest.limits import IngestLimits
from server.ingest.main import run_ingest
from server.ingest.playlist import LIST_NAME
from server.ingest.workers import STALE_S
from tests.contract.ingest.http_rig import HttpRig, serving, until

SHORT = IngestLimits(http_request_s=0.3, viewer_stall_s=0.5, kept_after_close_s=0.3)
SMALL = 32 * 1024


def on_rig(tmp_path: Path, body: Callable[[HttpRig], Coroutine[Any, Any, None]], **limits: Any) -> None:
    async def run() -> None:
        async with serving(tmp_path, replace(SHORT, **limits)) as rig:
            await body(rig)

    asyncio.run(run())


# ---- connections ----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [b"", b"GET /health HT", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_a_peer_that_asks_nothing_is_cut(tmp_path: Path, said: bytes) -> None:
    async def body(rig: HttpRig) -> None:
        reader, writer = await rig.dial()
        writer.write(said)
        async with asyncio.timeout(2):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        await until(lambda: rig.connections == 0)
        writer.close()

    on_rig(tmp_path, body)


def test_connections_of_one_address_are_bounded_and_places_are_given_back(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        watching = [await rig.watch("s1", f"viewer-{number}") for number in range(2)]
        reader, writer = await rig.dial()
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        await watching[0].close()
        await until(lambda: rig.connections == 1)
        assert (await rig.ask("/health")).status == 200

    on_rig(tmp_path, body, http_connections_per_address=2)


@pytest.mark.slow
def test_a_viewer_that_takes_nothing_is_cut_and_one_that_takes_little_is_not(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        rig.fill("s1", 1)
        stuck = await rig.watch("s1", "stuck", recv_buffer_bytes=SMALL)
        slow = await rig.watch("s1", "slow", recv_buffer_bytes=SMALL)
        assert (stuck.status, slow.status) == (200, 200)
        began_s = time.monotonic()
        taken_bytes = 0
        for second in range(1, 16):
            rig.fill("s1", 1, from_s=second)
            for _ in range(10):
                taken_bytes += len(await slow.reader.read(SMALL))
                await asyncio.sleep(0.01)
        assert time.monotonic() - began_s > 3 * SHORT.viewer_stall_s
        viewers = {viewer.viewer_id: viewer for viewer in rig.hub("s1").viewers}
        assert set(viewers) == {"slow"}
        assert viewers["slow"].skips > 0
        await until(lambda: rig.connections == 1)
        # Far more than the buffers hold was sent to it, and it got next to nothing of that.
        assert taken_bytes < 6_000_000

    on_rig(tmp_path, body)


def test_the_last_bytes_of_a_response_are_not_offered_for_ever(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        await rig.watch("s1", "stuck", recv_buffer_bytes=SMALL)
        await until(lambda: rig.hub("s1").viewers != ())
        [stuck] = rig.server.server_state.connections
        second = 0
        # A little more than the kernel takes: not so much that writing is paused.
        while not stuck.transport.get_write_buffer_size():
            rig.fill("s1", 1, from_s=second, frame_bytes=400)
            second += 1
            await asyncio.sleep(0.001)
        assert not stuck.flow.write_paused
        rig.desk.close_session("s1", "session_ended")
        began_s = time.monotonic()
        await until(lambda: rig.connections == 0)
        assert SHORT.viewer_stall_s * 0.9 < time.monotonic() - began_s < SHORT.viewer_stall_s * 3

    on_rig(tmp_path, body)


def test_a_removed_viewer_gets_nothing_of_what_waits(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        rig.fill("s1", 3)
        removed = await rig.watch("s1", "removed", recv_buffer_bytes=SMALL)
        await asyncio.sleep(0.1)
        rig.fill("s1", 3, from_s=3)
        began_s = time.monotonic()
        order = {"session_id": "s1", "viewer_id": "removed"}
        assert await rig.order("drop-viewer", order) == 204
        await until(lambda: rig.hub("s1").viewers == ())
        async with asyncio.timeout(5):
            left_bytes = await removed.until_end()
        assert time.monotonic() - began_s < 1.0
        # What the viewer's own system had taken already, and no more.
        assert left_bytes < 300_000
        assert (await rig.watch("s1", "removed")).status == 403

    on_rig(tmp_path, body, viewer_stall_s=20.0)


def test_who_was_let_in_again_watches_with_a_new_token_and_not_with_an_old_one(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        rig.fill("s1", 3)
        now_unix_s = int(rig.clock.utc().timestamp())
        order = {"session_id": "s1", "viewer_id": "back", "tokens_until_unix_s": now_unix_s + 30}
        assert await rig.order("drop-viewer", order) == 204
        assert (await rig.watch("s1", "back", lifetime_s=30)).status == 403
        assert (await rig.watch("s1", "back", lifetime_s=40)).status == 200

    on_rig(tmp_path, body)


# ---- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "asked", "statuses"),
    [
        ({"viewers": 2}, [("s1", "a"), ("s2", "b"), ("s1", "c")], [200, 200, 429]),
        ({"viewers_per_address": 2}, [("s1", "a"), ("s2", "b"), ("s1", "c")], [200, 200, 429]),
        ({"viewers_per_person": 1}, [("s1", "a"), ("s1", "a"), ("s2", "a"), ("s1", "b")], [200, 429, 200, 200]),
        ({"sessions": 1}, [("s1", "a"), ("s2", "b"), ("s1", "c")], [200, 503, 200]),
    ],
)
def test_responses_are_bounded(
    tmp_path: Path, limits: dict[str, int], asked: list[tuple[str, str]], statuses: list[int]
) -> None:
    async def body(rig: HttpRig) -> None:
        replies = [await rig.watch(*one) for one in asked]
        assert [reply.status for reply in replies] == statuses
        # A place that is given back is there again.
        await replies[0].close()
        session_id, viewer_id = asked[0]
        await until(lambda: all(viewer.viewer_id != viewer_id for viewer in rig.hub(session_id).viewers))
        assert (await rig.watch(*asked[0])).status == 200

    on_rig(tmp_path, body, **limits)


# ---- sessions and their files ---------------------------------------------------------------------


def files_of(rig: HttpRig, session_id: str) -> Path:
    directory = rig.media_dir / session_id
    directory.mkdir()
    (directory / LIST_NAME).write_text("#EXTM3U\n")
    return directory


def test_a_close_order_finishes_and_removes_the_files_of_a_run_before(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        directory = files_of(rig, "left")
        await rig.watch("watched", "a")
        assert await rig.sessions() == ["left", "watched"]
        for _ in range(2):
            assert await rig.order("close", {"session_id": "left", "code": "session_ended"}) == 204
        await until(lambda: "#EXT-X-ENDLIST" in (directory / LIST_NAME).read_text())
        assert await rig.sessions() == ["watched"]
        await until(lambda: not directory.exists())
        assert await rig.order("close", {"session_id": "watched", "code": "session_ended"}) == 204
        assert await rig.sessions() == []
        assert await rig.order("close", {"session_id": "../left", "code": "session_ended"}) == 422

    on_rig(tmp_path, body)


def test_files_stay_when_a_forgotten_session_goes_on(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        directory = files_of(rig, "s1")
        rig.workers.close("s1")
        await asyncio.sleep(0.05)
        hub = rig.hub("s1")
        rig.workers.ensure(hub)
        await asyncio.sleep(SHORT.kept_after_close_s + 0.2)
        assert directory.exists()
        hub.close(ErrorCode.SESSION_ENDED)

    on_rig(tmp_path, body)


def test_only_files_that_nobody_wrote_for_long_are_swept(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        old, new = files_of(rig, "old"), files_of(rig, "new")
        long_ago_s = rig.clock.utc().timestamp() - STALE_S - 10
        os.utime(old / LIST_NAME, (long_ago_s, long_ago_s))
        rig.workers.sweep()
        assert not old.exists()
        assert new.exists()

    on_rig(tmp_path, body)


def test_what_the_service_holds_is_told_to_nobody_else(tmp_path: Path) -> None:
    async def body(rig: HttpRig) -> None:
        assert (await rig.ask("/control/sessions")).status == 401
        assert (await rig.ask("/control/sessions", secret="x" * 32)).status == 401

    on_rig(tmp_path, body)


@pytest.mark.parametrize("field", ["hook_secret", "media_secret"])
def test_no_ingest_starts_with_a_secret_that_could_be_guessed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], field: str
) -> None:
    secrets = {"hook_secret": "h" * 32, "media_secret": "m" * 32, field: ""}
    launch = IngestLaunch(
        data_dir=str(tmp_path / "data"), log_dir=str(tmp_path / "logs"), service_url="http://127.0.0.1:1", **secrets
    )
    assert run_ingest(launch) == 1
    said = capfd.readouterr()
    assert '"secret_too_short"' in said.out
    assert f"The secret {field} is too short" in said.err
    assert "at least 32 random characters" in said.err
