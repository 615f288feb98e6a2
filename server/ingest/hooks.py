"""The service as the ingest sees it: may this key publish, and reports of what happened. Event loop.

Reports are sent one after the other in the order in which things happened, and repeated until the service
took or refused them. The service may be away at any time; media goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Awaitable, Callable

import httpx2
import structlog
from pydantic import BaseModel, ValidationError

from app.contract.errors import ErrorCode, ErrorReply
from app.contract.hooks import ProbeReport, PublishAsk, PublishFact, PublishGrant
from app.errors import PlatformError
from server.errors import Refusal
from server.ingest.limits import IngestLimits

PREFIX = "/internal/v1"
_KEY_REFUSALS = frozenset({ErrorCode.KEY_UNKNOWN, ErrorCode.KEY_DEAD, ErrorCode.KEY_FOREIGN, ErrorCode.SESSION_ENDED})
_RETRY_AFTER_S = (0.2, 0.5, 1.0, 2.0, 3.0)
log = structlog.get_logger("ingest.hooks")


def service_client(service_url: str, secret: str, timeout_s: float, tls_certificate: str) -> httpx2.AsyncClient:
    """A client of the service. Our own certificate is trusted too: on one machine both sides show the same."""
    context = ssl.create_default_context()
    if tls_certificate:
        context.load_verify_locations(tls_certificate)
    return httpx2.AsyncClient(
        base_url=service_url,
        headers={"Authorization": f"Bearer {secret}"},
        timeout=timeout_s,
        verify=context,
        trust_env=False,
    )


class ServiceHooks:
    """Asks and reports. ``on_back`` runs when the service answers again after it was away."""

    def __init__(
        self, client: httpx2.AsyncClient, limits: IngestLimits, on_back: Callable[[], Awaitable[None]]
    ) -> None:
        self._client = client
        self._limits = limits
        self._on_back = on_back
        self._facts: deque[tuple[str, BaseModel]] = deque()
        self._has_facts = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_up = True
        """Whether the service answered the last time it was asked anything."""
        self.facts_lost = 0

    @property
    def facts_waiting(self) -> int:
        return len(self._facts)

    def start(self) -> None:
        """Begin to report and to watch whether the service is there."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._send_facts(), name="ingest-facts"),
            loop.create_task(self._watch(), name="ingest-health"),
        ]

    async def close(self) -> None:
        """Give the waiting reports a second, then stop."""
        if self.is_up:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_idle.wait(), 1.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def authorize(self, ask: PublishAsk) -> PublishGrant:
        """Raises Refusal (the service said no) or PlatformError (it said nothing)."""
        reply = await self._post("/publish/authorize", ask)
        if reply.status_code == 200:
            with contextlib.suppress(ValidationError):
                return PublishGrant.model_validate_json(reply.content)
        code = _code_of(reply)
        if code in _KEY_REFUSALS:
            raise Refusal(code)
        # A wrong hook secret and the like: nothing that the person at the encoder can mend.
        log.error("authorize_failed", status=reply.status_code, code=code.value if code else "")
        raise Refusal(ErrorCode.INGEST_UNAVAILABLE)

    def started(self, fact: PublishFact) -> None:
        self._report("/publish/started", fact)

    def stopped(self, fact: PublishFact) -> None:
        self._report("/publish/stopped", fact)

    def measured(self, report: ProbeReport) -> None:
        self._report("/publish/stats", report)

    def _report(self, path: str, body: BaseModel) -> None:
        if len(self._facts) >= self._limits.max_facts:
            self._facts.popleft()
            self.facts_lost += 1
        self._facts.append((path, body))
        self._has_facts.set()
        self._is_idle.clear()

    async def _send_facts(self) -> None:
        failures = 0
        while True:
            if not self._facts:
                self._has_facts.clear()
                self._is_idle.set()
                await self._has_facts.wait()
            fact = self._facts[0]
            try:
                reply = await self._post(*fact)
            except PlatformError:
                await asyncio.sleep(_RETRY_AFTER_S[min(failures, len(_RETRY_AFTER_S) - 1)])
                failures += 1
                continue
            failures = 0
            if reply.is_error:
                code = _code_of(reply)
                log.warning("fact_refused", path=fact[0], status=reply.status_code, code=code.value if code else "")
            # The queue may have dropped its head meanwhile.
            if self._facts and self._facts[0] is fact:
                self._facts.popleft()

    async def _watch(self) -> None:
        was_up = True
        while True:
            await asyncio.sleep(self._limits.health_poll_s)
            was_up = was_up and self.is_up
            try:
                reply = await self._client.get("/health")
                self.is_up = reply.status_code < 500
            except httpx2.HTTPError:
                self.is_up = False
            if self.is_up and not was_up:
                log.info("service_back")
                try:
                    await self._on_back()
                except PlatformError:
                    self.is_up = False
            elif was_up and not self.is_up:
                log.warning("service_away")
            was_up = self.is_up

    async def _post(self, path: str, body: BaseModel) -> httpx2.Response:
        """Raises PlatformError when there is no answer, or none that says anything."""
        try:
            async with asyncio.timeout(self._limits.hook_timeout_s):
                reply = await self._client.post(
                    PREFIX + path, content=body.model_dump_json(), headers={"Content-Type": "application/json"}
                )
        except (httpx2.HTTPError, TimeoutError) as error:
            self.is_up = False
            raise PlatformError(detail={"cause": type(error).__name__}) from error
        if reply.status_code >= 500:
            self.is_up = False
            raise PlatformError(detail={"status": reply.status_code})
        return reply


def _code_of(reply: httpx2.Response) -> ErrorCode | None:
    try:
        return ErrorCode(ErrorReply.model_validate_json(reply.content).error.code)
    except ValueError:  # pydantic's ValidationError is one
        return None
