"""Reports and the clips that go with them, on the wire. Owned by the I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from app.client.api import parsed, parsed_all
from app.client.caller import Caller
from app.contract.reports import CLIP_TYPE, MAX_CLIP_BYTES, Clip, Report, ReportWish
from app.errors import InputError, StorageError

MAX_REPLY_BYTES = 2 * 1024 * 1024
"""Two hundred reports with words and answers escaped in JSON."""


class ReportCalls(Caller):
    """See ports.reports."""

    async def report(self, session_id: str, wish: ReportWish, idempotency_key: str) -> Report:
        path = f"/sessions/{quote(session_id, safe='')}/reports"
        return parsed(Report, await self._signed("POST", path, body=wish, idempotency_key=idempotency_key))

    async def my_reports(self) -> list[Report]:
        return parsed_all(Report, await self._signed("GET", "/me/reports", max_reply_bytes=MAX_REPLY_BYTES))

    async def withdraw_report(self, report_id: str) -> Report:
        return parsed(Report, await self._signed("POST", f"{_mine(report_id)}/withdraw"))

    async def add_clip(self, report_id: str, path: str, idempotency_key: str, on_sent: Callable[[int], None]) -> Clip:
        data, loop = await asyncio.to_thread(_read, path), asyncio.get_running_loop()

        def tell(sent_bytes: int) -> None:
            loop.call_soon_threadsafe(on_sent, sent_bytes)

        reply = await self._signed(
            "POST", f"{_mine(report_id)}/clip", file=(data, CLIP_TYPE), idempotency_key=idempotency_key, on_sent=tell
        )
        return parsed(Clip, reply)


def _mine(report_id: str) -> str:
    return f"/me/reports/{quote(report_id, safe='')}"


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_CLIP_BYTES + 1)
    except OSError as cause:
        raise StorageError("clip_unavailable") from cause
    if len(data) > MAX_CLIP_BYTES:
        raise InputError("too_large")
    return data
