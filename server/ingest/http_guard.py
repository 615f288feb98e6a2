"""What every HTTP request to the ingest passes first: host, origin, CORS and safe headers. ASGI, event loop."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.contract.errors import ErrorCode
from server.errors import Refusal, reply_of
from server.guard import host_name, is_same_origin
from server.proxies import TrustedProxies

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_MEDIA = ("/live/", "/hls/")


class IngestGuard:
    """Refuses foreign hosts and pages. An address written in numbers is no name that could be bent to us by DNS."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        allowed_hosts: Iterable[str],
        allowed_origins: Iterable[str],
        proxies: TrustedProxies,
    ) -> None:
        self._app, self._proxies = app, proxies
        self._origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)
        pages = (urlsplit(origin).hostname or "" for origin in self._origins)
        self._hosts = _LOOPBACK | {host.lower()} | {name.lower() for name in allowed_hosts} | set(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer, port = scope.get("client") or ("", 0)
        # From here on everyone sees who really asks.
        scope["client"] = (self._proxies.client_of(peer, headers.getlist("x-forwarded-for")), port)
        origin = headers.get("origin")
        refusal = self._refusal(scope, headers, origin)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._seal(MutableHeaders(scope=message), None if refusal else origin)
            await send(message)

        if refusal is not None:
            status, content, extra = reply_of(refusal, headers.get("accept-language", ""))
            await _answer(sealed, status, json.dumps(content, ensure_ascii=False).encode(), extra)
        elif scope["method"] == "OPTIONS" and scope["path"].startswith(_MEDIA):
            allow = {
                "Access-Control-Allow-Methods": "GET, HEAD",
                "Access-Control-Allow-Headers": "Range",
                "Access-Control-Max-Age": "600",
            }
            await _answer(sealed, 204, b"", allow)
        else:
            await self._app(scope, receive, sealed)

    def _refusal(self, scope: Scope, headers: Headers, origin: str | None) -> Refusal | None:
        host_header = headers.get("host", "")
        host = host_name(host_header)
        if host not in self._hosts and not _is_address(host):
            return Refusal(ErrorCode.HOST_REFUSED)
        if origin is None:
            return None
        is_known = origin.lower() in self._origins or is_same_origin(origin, host_header, "")
        # No page has any business with health and orders.
        if not is_known or not scope["path"].startswith(_MEDIA):
            return Refusal(ErrorCode.ORIGIN_REFUSED)
        return None

    @staticmethod
    def _seal(headers: MutableHeaders, origin: str | None) -> None:
        for name, value in _HEADERS.items():
            headers[name] = value
        headers.add_vary_header("Origin")
        if origin is not None:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    fields = {"content-type": "application/json", "cache-control": "no-store", **headers}
    if status != 204:
        fields["content-length"] = str(len(body))
    raw = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
