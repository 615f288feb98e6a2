"""The ingest's HTTP side: players' media, health, and the service's orders. ASGI, event loop; made by main.

GET  /live/{session_id}.flv?token=       endless FLV from memory
GET  /hls/{session_id}/index.m3u8?token= live list; its lines carry the request's token
GET  /hls/{session_id}/{segment}?token=  init and media segments
GET  /health                             with the hook secret: figures of each publisher
GET  /control/publishers                 with the hook secret: who publishes now
GET  /control/sessions                   with the hook secret: ids of the sessions that have a place or files here
POST /control/{drop,close,drop-viewer}   with the hook secret; each may be repeated

A token is looked at when a response begins. The list of an HLS player must be asked for with a token that is still
good, so its page renews the token before it runs out (``PlayInfo.expires_in_s``) and rewrites the list's address;
segments are given for ``SEGMENT_GRACE_S`` longer, as they are asked for a little after their list.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from app.contract.errors import ErrorCode
from app.contract.hooks import CloseOrder, DropOrder, PublisherFact, ViewerDropOrder
from app.runtime.clock import Clock
from server.errors import Refusal, reply_of
from server.ingest.desk import PublishDesk
from server.ingest.flv_response import FlvResponse
from server.ingest.limits import IngestLimits
from server.ingest.playlist import LIST_NAME, SEGMENT_NAME, with_token
from server.ingest.stats import Stats
from server.media_token import MAX_LIFETIME_S, MediaClaim, verify

SEGMENT_GRACE_S = 30
MAX_ORDER_BYTES = 16 * 1024
MAX_DENIED = 10_000
LIST_TYPE = "application/vnd.apple.mpegurl"
_NO_STORE = {"Cache-Control": "no-store"}
B = TypeVar("B", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


class MediaRoutes:
    """What players ask for."""

    def __init__(
        self, desk: PublishDesk, media_dir: Path, media_secret: str, limits: IngestLimits, clock: Clock
    ) -> None:
        self._desk = desk
        self._media_dir = media_dir
        self._secret = media_secret
        self._limits = limits
        self._clock = clock
        self._denied: OrderedDict[tuple[str, str], int] = OrderedDict()
        """Until when the tokens run out that are dead, in UTC seconds since 1970."""

    async def flv(self, request: Request) -> Response:
        session_id, dot, kind = request.path_params["name"].rpartition(".")
        if not dot or kind != "flv":
            raise Refusal(ErrorCode.NOT_FOUND)
        claim = self._claim(request, session_id, grace_s=0)
        if self._desk.is_closed(session_id):
            raise Refusal(ErrorCode.SESSION_ENDED)
        hub = self._desk.hub_of(session_id)
        if hub is None:
            raise Refusal(ErrorCode.INGEST_UNAVAILABLE, retry_after_s=5)
        address = request.client.host if request.client else ""
        viewers = [viewer for one in self._desk.hubs for viewer in one.viewers]
        own = sum(viewer.viewer_id == claim.viewer_id for viewer in hub.viewers)
        near = sum(viewer.address == address for viewer in viewers)
        limits = self._limits
        is_full = len(viewers) >= limits.viewers or near >= limits.viewers_per_address
        if is_full or own >= limits.viewers_per_person:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=5)
        return FlvResponse(hub, claim.viewer_id, limits, address)

    async def hls(self, request: Request) -> Response:
        session_id, name = request.path_params["session_id"], request.path_params["name"]
        token = request.query_params.get("token", "")
        if name == LIST_NAME:
            self._claim(request, session_id, grace_s=0)
            try:
                text = await asyncio.to_thread((self._media_dir / session_id / name).read_text, "utf-8")
            except OSError as error:
                code = ErrorCode.SESSION_ENDED if self._desk.is_closed(session_id) else ErrorCode.NOT_FOUND
                raise Refusal(code) from error
            return Response(with_token(text, token), media_type=LIST_TYPE, headers=_NO_STORE)
        if not SEGMENT_NAME.fullmatch(name):
            raise Refusal(ErrorCode.NOT_FOUND)
        self._claim(request, session_id, grace_s=SEGMENT_GRACE_S)
        path = self._media_dir / session_id / name
        if not await asyncio.to_thread(path.is_file):
            raise Refusal(ErrorCode.NOT_FOUND)
        return FileResponse(path, media_type="video/mp4", headers=_NO_STORE)

    def deny(self, session_id: str, viewer_id: str, until_unix_s: int | None) -> None:
        """Refuse the person's tokens that run out by then; None: every one that was made so far."""
        self._denied.pop((session_id, viewer_id), None)
        latest_unix_s = int(self._clock.utc().timestamp()) + MAX_LIFETIME_S
        self._denied[session_id, viewer_id] = latest_unix_s if until_unix_s is None else until_unix_s
        while len(self._denied) > MAX_DENIED:
            self._denied.popitem(last=False)

    def _claim(self, request: Request, session_id: str, grace_s: int) -> MediaClaim:
        token = request.query_params.get("token", "")
        now_unix_s = int(self._clock.utc().timestamp())
        claim = verify(self._secret, token, now_unix_s)
        if claim is None and grace_s:
            claim = verify(self._secret, token, now_unix_s - grace_s)
        # A session id that is not in a genuine token never comes near a path.
        if claim is None or claim.session_id != session_id or not _is_name(session_id) or not claim.viewer_id:
            raise Refusal(ErrorCode.TOKEN_EXPIRED)
        if claim.expires_unix_s <= self._denied.get((session_id, claim.viewer_id), 0):
            raise Refusal(ErrorCode.FORBIDDEN)
        return claim


class ControlRoutes:
    """What the service orders; every route asks for the hook secret."""

    def __init__(
        self,
        desk: PublishDesk,
        media: MediaRoutes,
        stats: Stats,
        unfinished: Callable[[], frozenset[str]],
        hook_secret: str,
    ) -> None:
        self._desk = desk
        self._media = media
        self._stats = stats
        self._unfinished = unfinished
        self._secret = hook_secret

    async def health(self, request: Request) -> Response:
        body: dict[str, object] = {"status": "ok", "service": "ok" if self._desk.hooks.is_up else "unreachable"}
        if self._is_service(request):
            body |= self._stats.report()
        return JSONResponse(body, headers=_NO_STORE)

    async def publishers(self, request: Request) -> Response:
        self._require(request)
        facts = [
            PublisherFact(
                key_id=one.grant.key_id,
                session_id=one.grant.session_id,
                connection_id=one.connection_id,
                has_started=one.has_started,
            ).model_dump(mode="json")
            for one in self._desk.publishers
            if one.grant is not None
        ]
        return JSONResponse(facts, headers=_NO_STORE)

    async def sessions(self, request: Request) -> Response:
        self._require(request)
        found = await asyncio.to_thread(self._unfinished)
        return JSONResponse(sorted(found | self._desk.session_ids), headers=_NO_STORE)

    async def drop(self, request: Request) -> Response:
        order = await self._order(request, DropOrder)
        self._desk.drop(order.key_id, order.code)
        return Response(status_code=204)

    async def close(self, request: Request) -> Response:
        order = await self._order(request, CloseOrder)
        if not _is_name(order.session_id):
            raise Refusal(ErrorCode.INPUT_INVALID)
        self._desk.close_session(order.session_id, order.code)
        return Response(status_code=204)

    async def drop_viewer(self, request: Request) -> Response:
        order = await self._order(request, ViewerDropOrder)
        self._media.deny(order.session_id, order.viewer_id, order.tokens_until_unix_s)
        self._desk.drop_viewer(order.session_id, order.viewer_id)
        return Response(status_code=204)

    def _is_service(self, request: Request) -> bool:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(shown.encode(), self._secret.encode())

    def _require(self, request: Request) -> None:
        if not self._is_service(request):
            raise Refusal(ErrorCode.CREDENTIALS_WRONG)

    async def _order(self, request: Request, kind: type[B]) -> B:
        self._require(request)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_ORDER_BYTES:
                raise Refusal(ErrorCode.TOO_LARGE)
        try:
            return kind.model_validate_json(bytes(body))
        except ValidationError as error:
            raise Refusal(ErrorCode.INPUT_INVALID) from error


def create_http_app(media: MediaRoutes, control: ControlRoutes) -> Starlette:
    """The routes, with every refusal in the shape that the service uses."""
    return Starlette(
        routes=[
            Route("/live/{name}", media.flv, methods=["GET", "HEAD"]),
            Route("/hls/{session_id}/{name}", media.hls, methods=["GET", "HEAD"]),
            Route("/health", control.health, methods=["GET", "HEAD"]),
            Route("/control/publishers", control.publishers, methods=["GET"]),
            Route("/control/sessions", control.sessions, methods=["GET"]),
            Route("/control/drop", control.drop, methods=["POST"]),
            Route("/control/close", control.close, methods=["POST"]),
            Route("/control/drop-viewer", control.drop_viewer, methods=["POST"]),
        ],
        exception_handlers={Refusal: _on_refusal, HTTPException: _on_http_error, Exception: _on_fault},
    )


def _is_name(session_id: str) -> bool:
    return 0 < len(session_id) <= 64 and all(char.isascii() and (char.isalnum() or char in "-_") for char in session_id)


def _reply(request: Request, refusal: Refusal, status: int | None = None) -> Response:
    usual, body, headers = reply_of(refusal, request.headers.get("accept-language", ""))
    return JSONResponse(body, status or usual, {**headers, **_NO_STORE})


async def _on_refusal(request: Request, error: Exception) -> Response:
    return _reply(request, error if isinstance(error, Refusal) else Refusal(ErrorCode.INTERNAL))


async def _on_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _reply(request, Refusal(ErrorCode.NOT_FOUND if status == 404 else ErrorCode.INPUT_INVALID), status)


async def _on_fault(request: Request, _error: Exception) -> Response:
    return _reply(request, Refusal(ErrorCode.INTERNAL, retryable=True))
