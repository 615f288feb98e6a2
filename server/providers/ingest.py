"""Orders to the ingest: drop a publisher, close a session, name its connections. Event loop; owned by the services."""

from __future__ import annotations

import asyncio
import ssl

import httpx2
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.contract.hooks import CloseOrder, DropOrder, PublishFact

RETRY_AFTER_S = (0.2, 0.5, 1.0, 2.0, 4.0)
TIMEOUT_S = 2.0
MAX_ORDERS = 500
_connections = TypeAdapter(list[PublishFact])
log = structlog.get_logger("ingest")


class IngestControl:
    """Orders are sent in the background and repeated a few times; each is safe to repeat.

    One that could not be delivered is not lost for good: the ingest is asked for its connections
    regularly, and those with a dead key are dropped again.
    """

    def __init__(
        self,
        base_url: str,
        secret: str,
        tls_certificate: str = "",
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        trusted = ssl.create_default_context()
        if tls_certificate:
            # On one machine both sides show the same certificate, which it made itself.
            trusted.load_verify_locations(tls_certificate)
        self._client = httpx2.AsyncClient(
            verify=trusted,
            base_url=base_url or "http://ingest.invalid",
            headers={"Authorization": f"Bearer {secret}"},
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )
        self._orders: set[asyncio.Task[None]] = set()
        self.is_reachable: bool | None = None
        self.orders_lost = 0

    def drop(self, order: DropOrder) -> None:
        self._send("/control/drop", order)

    def close_session(self, order: CloseOrder) -> None:
        self._send("/control/close", order)

    async def connections(self) -> list[PublishFact] | None:
        """What publishes now; None when the ingest cannot say."""
        try:
            reply = await self._client.get("/control/publishers")
        except httpx2.HTTPError:
            self.is_reachable = False
            return None
        self.is_reachable = True
        if reply.status_code != 200:
            return None
        try:
            return _connections.validate_json(reply.content)
        except ValidationError:
            log.warning("publishers_unreadable")
            return None

    async def close(self) -> None:
        """Orders under way are given up."""
        for order in self._orders:
            order.cancel()
        await asyncio.gather(*self._orders, return_exceptions=True)
        await self._client.aclose()

    def _send(self, path: str, order: BaseModel) -> None:
        if len(self._orders) >= MAX_ORDERS:
            self.orders_lost += 1
            return
        task = asyncio.get_running_loop().create_task(self._deliver(path, order), name=f"ingest{path}")
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    async def _deliver(self, path: str, order: BaseModel) -> None:
        for wait_s in (*RETRY_AFTER_S, None):
            try:
                reply = await self._client.post(path, json=order.model_dump(mode="json"))
                if reply.status_code < 500:
                    if reply.is_error and reply.status_code != 404:
                        log.error("order_refused", path=path, status=reply.status_code)
                    return
            except httpx2.HTTPError:
                pass
            if wait_s is not None:
                await asyncio.sleep(wait_s)
        self.orders_lost += 1
        log.warning("order_undelivered", path=path)
