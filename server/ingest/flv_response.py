"""One viewer's HTTP-FLV response: what waits is sent as it comes, until the session or the viewer ends. Event loop."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.viewer import Reader

log = structlog.get_logger("ingest.viewer")


class FlvResponse(Response):
    """Stays open while the publisher is away; ends in order when the session is closed."""

    media_type = "video/x-flv"

    def __init__(self, hub: SessionHub, viewer_id: str, limits: IngestLimits) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._hub = hub
        self._viewer_id = viewer_id
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        wake = asyncio.Event()
        reader = Reader(self._viewer_id, self._limits.viewer_bytes, self._limits.viewer_ms, wake.set)
        sender = asyncio.create_task(self._send(reader, wake, send), name="flv-viewer")
        gone = asyncio.create_task(_gone(receive), name="flv-viewer-gone")
        self._hub.join(reader)
        try:
            await asyncio.wait({sender, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.part(reader)
            for task in (sender, gone):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(sender, gone, return_exceptions=True)
            log.info(
                "viewer_left",
                session_id=self._hub.session_id,
                skips=reader.skips,
                tags_skipped=reader.tags_skipped,
                end_code=reader.end_code,
            )

    async def _send(self, reader: Reader, wake: asyncio.Event, send: Send) -> None:
        while True:
            await wake.wait()
            wake.clear()
            if reader.is_waiting:
                async with asyncio.timeout(self._limits.viewer_stall_s):
                    await send({"type": "http.response.body", "body": reader.take(), "more_body": True})
            if reader.end_code and not reader.is_waiting:
                await send({"type": "http.response.body", "body": b""})
                return


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
