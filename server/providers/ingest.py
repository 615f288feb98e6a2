"""Orders to the ingest: drop a publisher, close a session, name its connections. Event loop; owned by the services."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, TypeVar

import httpx2
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.contract.hooks import CloseOrder, DropOrder, PublisherFact, ViewerDropOrder
from app.errors import InputError

RETRY_AFTER_S = (0.2, 0.5, 1.0, 2.0, 4.0)
TIMEOUT_S = 2.0
MAX_ORDERS = 500
_connections = TypeAdapter(list[PublisherFact])
_sessions = TypeAdapter(list[str])
T = TypeVar("T")
log = structlog.get_logger("ingest")


class IngestControl:
    """Orders are sent in the background and repeated a few times; each is safe to repeat.

    One that could not be delivered is not lost for good: the ingest is asked regularly for its connections
    and sessions; those with a dead key are dropped again, those that have ended are closed again.
    """

    def __init__(
        self,
        base_url: str,
        secret: str,
        trusted_files: Iterable[str] = (),
        server_name: str = "",
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """``trusted_files``: certificates beside those of the public authorities; empty names are left out.

        ``server_name`` is the name in the ingest's certificate where it is not the host of ``base_url``.
        Raises InputError (ingest_certificate_unreadable).
        """
        # An ingest of this machine shows no certificate; reading those of the authorities takes 30 ms.
        trusted = (
            ssl.create_default_context() if base_url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        try:
            for path in filter(None, trusted_files):
                trusted.load_verify_locations(path)
        except OSError as error:  # ssl.SSLError is one
            raise InputError("ingest_certificate_unreadable") from error
        self._extensions: dict[str, Any] = {"sni_hostname": server_name} if server_name else {}
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

    def drop_viewer(self, order: ViewerDropOrder) -> None:
        self._send("/control/drop-viewer", order)

    async def connections(self) -> list[PublisherFact] | None:
        """What publishes now; None when the ingest cannot say."""
        return await self._ask("/control/publishers", _connections)

    async def sessions(self) -> list[str] | None:
        """Ids of the sessions it still keeps something of; None when the ingest cannot say."""
        return await self._ask("/control/sessions", _sessions)

    async def close(self) -> None:
        """Orders under way are given up."""
        for order in self._orders:
            order.cancel()
        await asyncio.gather(*self._orders, return_exceptions=True)
        await self._client.aclose()

    async def _ask(self, path: str, form: TypeAdapter[T]) -> T | None:
        try:
            reply = await self._client.get(path, extensions=self._extensions)
        except httpx2.HTTPError as error:
            if self.is_reachable is not False:
                log.warning("ingest_away", cause=type(error).__name__)
            self.is_reachable = False
            return None
        # A proxy in front answers for an ingest that is gone.
        self.is_reachable = reply.status_code < 500
        if reply.status_code != 200:
            return None
        try:
            return form.validate_json(reply.content)
        except ValidationError:
            log.warning("answer_unreadable", path=path)
            return None

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
                reply = await self._client.post(path, json=order.model_dump(mode="json"), extensions=self._extensions)
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
