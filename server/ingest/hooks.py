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
AWAY_POLL_S = 0.5
MAX_TRIES = 20
"""Of one report that the service fails over while it says that it is well: then it is given up."""
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
        self._is_up = asyncio.Event()
        self._is_up.set()
        self.facts_lost = 0

    @property
    def is_up(self) -> bool:
        """Whether the service answered the last time it was asked; it is back once ``on_back`` is through."""
        return self._is_up.is_set()

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
        tries = 0
        while True:
            if not self._facts:
                self._has_facts.clear()
                self._is_idle.set()
                await self._has_facts.wait()
            # A service that comes back must first know the connections that the reports are about.
            await self._is_up.wait()
            fact = self._facts[0]
            try:
                reply = await self._post(*fact)
            except PlatformError as error:
                tries = tries + 1 if "status" in error.detail else 0
                if tries >= MAX_TRIES:
                    self.facts_lost += 1
                    log.error("fact_given_up", path=fact[0], tries=tries)
                    self._done(fact)
                    tries = 0
                continue
            tries = 0
            if reply.is_error:
                code = _code_of(reply)
                log.warning("fact_refused", path=fact[0], status=reply.status_code, code=code.value if code else "")
            self._done(fact)

    def _done(self, fact: tuple[str, BaseModel]) -> None:
        # The queue may have dropped its head meanwhile.
        if self._facts and self._facts[0] is fact:
            self._facts.popleft()

    async def _watch(self) -> None:
        while True:
            was_up = self.is_up
            await asyncio.sleep(self._limits.health_poll_s if was_up else AWAY_POLL_S)
            was_up = was_up and self.is_up
            is_there = await self._is_there()
            if was_up and not is_there:
                self._away()
            elif is_there and not was_up:
                try:
                    await self._on_back()
                except PlatformError:
                    continue
                log.info("service_back")
                self._is_up.set()

    async def _is_there(self) -> bool:
        try:
            return (await self._client.get("/health")).status_code < 500
        except httpx2.HTTPError:
            return False

    def _away(self) -> None:
        if self.is_up:
            log.warning("service_away", facts_waiting=len(self._facts))
            self._is_up.clear()

    async def _post(self, path: str, body: BaseModel) -> httpx2.Response:
        """Raises PlatformError when there is no answer, or none that says anything."""
        try:
            async with asyncio.timeout(self._limits.hook_timeout_s):
                reply = await self._client.post(
                    PREFIX + path, content=body.model_dump_json(), headers={"Content-Type": "application/json"}
                )
        except (httpx2.HTTPError, TimeoutError) as error:
            self._away()
            raise PlatformError(detail={"cause": type(error).__name__}) from error
        if reply.status_code >= 500:
            self._away()
            raise PlatformError(detail={"status": reply.status_code})
        return reply


def _code_of(reply: httpx2.Response) -> ErrorCode | None:
    try:
        return ErrorCode(ErrorReply.model_validate_json(reply.content).error.code)
    except ValueError:  # pydantic's ValidationError is one
        return None
