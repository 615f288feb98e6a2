"""A viewer that stops reading, over a real socket: it skips to a key frame, others do not notice."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.rtmp import TagKind
from app.rtmp.flv import FlvDemuxer, FlvTag, parse_video
from server.ingest.flv_response import FlvResponse
from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.main import VIEWER_SEND_BUFFER_BYTES
from tests.unit.ingest.media import configure, kinds, picture

FRAME_BYTES = 40_000
GOP = 10


class Server(uvicorn.Server):
    def capture_signals(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


async def watch(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=32 * 1024)
    writer.write(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def body_of(reader: asyncio.StreamReader) -> list[FlvTag]:
    """The tags of a chunked body, to its end."""
    demuxer, tags = FlvDemuxer(), []
    while size := int(await reader.readline(), 16):
        tags += demuxer.feed(await reader.readexactly(size))
        await reader.readexactly(2)
    return tags


def test_a_viewer_that_stops_reading_skips_and_others_see_everything() -> None:
    async def run() -> None:
        hub = SessionHub("s1", 1 << 24)
        hub.begin()
        configure(hub)
        limits = IngestLimits(viewer_bytes=600_000, viewer_ms=3000)

        async def live(_request: Request) -> Response:
            return FlvResponse(hub, "viewer", limits)

        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, VIEWER_SEND_BUFFER_BYTES)
        app = Starlette(routes=[Route("/live", live)])
        server = Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none", http="h11"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port = listener.getsockname()[1]
        slow, slow_writer = await watch(port)
        quick, quick_writer = await watch(port)
        watching = asyncio.create_task(body_of(quick))
        frames = 200
        for number in range(frames):
            hub.publish(TagKind.VIDEO, number * 20, picture(number % GOP == 0, FRAME_BYTES))
            await asyncio.sleep(0.002)
        readers = hub.readers
        stuck = next(reader for reader in readers if reader.skips)
        assert sum(reader.skips for reader in readers) == stuck.skips
        assert stuck.waiting_bytes <= 600_000
        skipped = stuck.tags_skipped
        hub.close("ended")
        async with asyncio.timeout(10):
            late, whole = await body_of(slow), await watching
        assert kinds(whole) == "MVA" + ("K" + "p" * (GOP - 1)) * (frames // GOP)
        moments = [tag.timestamp_ms for tag in late if tag.kind is TagKind.VIDEO][1:]
        assert skipped > 50
        assert len(moments) + skipped == frames
        # Behind each hole there is a key frame.
        pictures = [tag for tag in late if tag.kind is TagKind.VIDEO][1:]
        for before, after in itertools.pairwise(pictures):
            if after.timestamp_ms - before.timestamp_ms > 20:
                assert parse_video(after.payload).is_keyframe
        for writer in (slow_writer, quick_writer):
            writer.close()
        server.should_exit = True
        await serving

    asyncio.run(run())
