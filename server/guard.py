"""What every request passes first: host, origin, rate, body size, headers, and the log line. ASGI, event loop."""

from __future__ import annotations

import asyncio
import json
import traceback
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.contract.errors import ErrorCode
from app.runtime.clock import Clock
from server.config import ServiceConfig
from server.errors import Refusal, reply_of
from server.large_bodies import Allowance, LargeBodies
from server.limits import Buckets
from server.proxies import household
from server.sockets import Shares

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_DEFAULT_PORTS = {"http": 80, "https": 443}
log = structlog.get_logger("http")


def host_name(host_header: str) -> str:
    """The name without its port, lower case; empty when it is no host."""
    try:
        return (urlsplit(f"//{host_header}").hostname or "").lower()
    except ValueError:
        return ""


def is_same_origin(origin: str, host_header: str, public_url: str) -> bool:
    """Whether a page of ``origin`` is one of ours: the address asked, or the published one. ``null`` is not."""
    theirs = _authority(origin)
    if theirs is None:
        return False
    if public_url and theirs == _authority(public_url):
        return True
    # The scheme is the page's own: behind a proxy that ends TLS the request itself arrives as http.
    return theirs == _authority(f"{urlsplit(origin).scheme}://{host_header}")


def _authority(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            return None
        return parts.scheme, parts.hostname.lower(), parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError:
        return None


class Guard:
    """Refuses what no route is to see. Invariant: a body that reaches a route is whole and within the limit."""

    def __init__(self, app: ASGIApp, config: ServiceConfig, clock: Clock) -> None:
        self._app = app
        self._config = config
        self._clock = clock
        self._hosts = config.hosts
        self._rate = Buckets(clock, config.limits.requests_burst, config.limits.requests_per_s)
        # Connections are counted below HTTP; behind a proxy only here it is known whose they are.
        self._sockets = Shares(config.limits.sockets_per_address, config.limits.connections)
        self._large = LargeBodies(config.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer, port = scope.get("client") or ("", 0)
        # From here on everyone sees who really asks.
        scope["client"] = (self._config.proxies.client_of(peer, headers.getlist("x-forwarded-for")), port)
        refusal = self._refusal_of(scope, headers)
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send, refusal)
            return
        await self._http(scope, headers, receive, send, refusal)

    def _refusal_of(self, scope: Scope, headers: Headers) -> Refusal | None:
        host = headers.get("host", "")
        if host_name(host) not in self._hosts:
            return Refusal(ErrorCode.HOST_REFUSED)
        origin = headers.get("origin")
        if origin is not None and not is_same_origin(origin, host, self._config.public_url):
            return Refusal(ErrorCode.ORIGIN_REFUSED)
        # The ingest's hooks carry their own secret and must never wait behind somebody on the same machine.
        if not scope["path"].startswith("/internal/"):
            wait_s = self._rate.take(household(scope["client"][0]))
            if wait_s > 0:
                return Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)
        return None

    async def _websocket(self, scope: Scope, receive: Receive, send: Send, refusal: Refusal | None) -> None:
        address = scope["client"][0]
        if refusal is None and not self._sockets.take(address):
            refusal = Refusal(ErrorCode.RATE_LIMITED)
        if refusal is not None:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            log.info("socket_refused", code=refusal.code)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets.give_back(address)

    async def _http(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send, refusal: Refusal | None
    ) -> None:
        began_s = self._clock.monotonic_s()
        status = 0
        limits = self._config.limits
        max_bytes, deadline_s = limits.body_bytes, limits.body_deadline_s
        held: Allowance | None = None

        async def sealed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._seal(MutableHeaders(scope=message))
            await send(message)

        try:
            wanted = self._large.wanted(scope, headers) if refusal is None else None
            if wanted is not None:
                # Held until the answer is given: so long the body is in memory.
                if wanted.shares.take(scope["client"][0]):
                    held, max_bytes, deadline_s = wanted, wanted.max_bytes, wanted.deadline_s
                else:
                    refusal = Refusal(ErrorCode.RATE_LIMITED, retry_after_s=2)
            if refusal is None:
                body, refusal = await self._body(headers, receive, max_bytes, deadline_s)
            if refusal is not None:
                await _reply(sealed, refusal, headers.get("accept-language", ""))
                return
            await self._app(scope, _replay(body, receive), sealed)
        except Exception as error:  # a bug in a route: told without particulars, the service stays up
            # The message of a foreign exception may quote the request; where it arose does not.
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("request_failed", kind=type(error).__name__, trace=trace)
            if status == 0:
                await _reply(sealed, Refusal(ErrorCode.INTERNAL, retryable=True), headers.get("accept-language", ""))
        finally:
            if held is not None:
                held.shares.give_back(scope["client"][0])
            route = scope.get("route")
            log.info(
                "request",
                method=scope["method"],
                # The template, not the address: addresses carry identifiers.
                route=getattr(route, "path", "-"),
                status=status,
                ms=round((self._clock.monotonic_s() - began_s) * 1000, 1),
            )

    async def _body(
        self, headers: Headers, receive: Receive, limit_bytes: int, deadline_s: float
    ) -> tuple[bytes, Refusal | None]:
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > limit_bytes:
            return b"", Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": limit_bytes})
        parts: list[bytes] = []
        size_bytes = 0
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return b"", Refusal(ErrorCode.INPUT_INVALID)
                    parts.append(message.get("body", b""))
                    size_bytes += len(parts[-1])
                    if size_bytes > limit_bytes:
                        return b"", Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": limit_bytes})
                    if not message.get("more_body", False):
                        return b"".join(parts), None
        except TimeoutError:
            return b"", Refusal(ErrorCode.INPUT_INVALID)

    def _seal(self, headers: MutableHeaders) -> None:
        for name, value in _SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", API_POLICY)
        headers.setdefault("Cache-Control", "no-store")
        if self._config.is_tls:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _replay(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _reply(send: Send, refusal: Refusal, accept_language: str) -> None:
    status, content, extra = reply_of(refusal, accept_language)
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **extra}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
