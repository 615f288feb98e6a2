"""One viewer's HTTP-FLV response: what waits is sent as it comes, until the session or the viewer ends. Event loop.

Sent in small pieces, so that what a slow viewer has not taken stays in its queue, where it can be skipped. How long
a viewer may take nothing is the connection's business (``http_protocol``).
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.viewer import Reader

PIECE_BYTES = 64 * 1024
GONE_S = 1.0
log = structlog.get_logger("ingest.viewer")


class FlvResponse(Response):
    """Stays open while the publisher is away; ends in order when the session is closed, is cut for a removed viewer."""

    media_type = "video/x-flv"

    def __init__(self, hub: SessionHub, viewer_id: str, limits: IngestLimits, address: str = "") -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._viewer_id = viewer_id
        self._limits = limits
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        wake, is_cut = asyncio.Event(), asyncio.Event()

        def look() -> None:
            wake.set()
            if reader.is_cut:
                is_cut.set()

        limits = self._limits
        reader = Reader(self._viewer_id, limits.viewer_bytes, limits.viewer_ms, look, address=self._address)
        sender = asyncio.create_task(_send(reader, wake, send), name="flv-viewer")
        gone = asyncio.create_task(_gone(receive), name="flv-viewer-gone")
        cut = asyncio.create_task(is_cut.wait(), name="flv-viewer-cut")
        self._hub.join(reader)
        try:
            await asyncio.wait({sender, gone, cut}, return_when=asyncio.FIRST_COMPLETED)
            if is_cut.is_set():
                scope["state"]["abort"]()
                await asyncio.wait({gone}, timeout=GONE_S)
        finally:
            self._hub.part(reader)
            for task in (sender, gone, cut):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(sender, gone, cut, return_exceptions=True)
            log.info(
                "viewer_left",
                session_id=self._hub.session_id,
                skips=reader.skips,
                tags_skipped=reader.tags_skipped,
                end_code=reader.end_code,
            )


async def _send(reader: Reader, wake: asyncio.Event, send: Send) -> None:
    while not reader.is_cut:
        await wake.wait()
        wake.clear()
        while reader.is_waiting:
            data = reader.take(PIECE_BYTES)
            for start in range(0, len(data), PIECE_BYTES):
                piece = data[start : start + PIECE_BYTES]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        if reader.end_code and not reader.is_cut:
            await send({"type": "http.response.body", "body": b""})
            return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
