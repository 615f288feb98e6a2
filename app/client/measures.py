"""Measures and appeals on the wire. Owned by the I/O loop."""

from __future__ import annotations

from urllib.parse import quote

from app.client.api import parsed, parsed_all
from app.client.caller import Caller
from app.contract.measures import AppealWish, Measure

MAX_REPLY_BYTES = 1024 * 1024


class MeasuresCalls(Caller):
    """See ports.measures."""

    async def measures(self) -> list[Measure]:
        return parsed_all(Measure, await self._signed("GET", "/me/measures", max_reply_bytes=MAX_REPLY_BYTES))

    async def appeal(self, measure_id: str, text: str, idempotency_key: str) -> Measure:
        path = f"/me/measures/{quote(measure_id, safe='')}/appeal"
        reply = await self._signed("POST", path, body=AppealWish(text=text), idempotency_key=idempotency_key)
        return parsed(Measure, reply)
