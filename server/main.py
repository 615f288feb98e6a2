"""Composition root of the service process: build, listen, close in reverse order.

``run_service`` owns the main thread until SIGTERM or SIGINT. ``create_app`` is what tests use.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import traceback
from collections.abc import AsyncIterator, Generator, Sequence
from dataclasses import replace

import httpx2
import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.contract.errors import ErrorCode
from app.contract.events import MAX_FRAME_BYTES
from app.contract.rest import API_PREFIX
from app.errors import AppError, BugError, InputError
from app.logs import start_logging, stop_logging
from app.runtime.clock import Clock, SystemClock
from app.runtime.launch import ServiceLaunch
from server import field_keys
from server.config import VERSION, ServiceConfig
from server.demo_data import renew_operator
from server.desk.routes import desk_routers
from server.errors import Refusal, refusal_of, reply_of
from server.guard import Guard
from server.liveness import keys as liveness_keys
from server.media_token import require_secret
from server.pages.routes import build_router, not_found_page, wants_page
from server.providers.code_sender import CodeSender
from server.providers.face_authority import FaceAuthority
from server.providers.identity_authority import IdentityAuthority
from server.routes import (
    applications,
    auth,
    documents,
    events,
    hooks,
    identity,
    images,
    inbox,
    liveness,
    me,
    measures,
    platform,
    questions,
    reports,
    rooms,
    schedule,
    sessions,
)
from server.services import Services
from server.sockets import EventSocketProtocol, Shares, StrictServer, raise_file_limit, request_protocol
from server.starting import bind, require_certificate, require_folder

SHUTDOWN_S = 2
PING_S = 20.0
log = structlog.get_logger("service")


def create_app(
    config: ServiceConfig,
    clock: Clock,
    *,
    code_sender: CodeSender | None = None,
    authority: IdentityAuthority | None = None,
    face_authority: FaceAuthority | None = None,
    liveness_worker: Sequence[str] = (),
    ingest_transport: httpx2.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The whole service as an ASGI app; its lifespan starts and closes the services (``app.state.services``)."""

    services = Services(
        config,
        clock,
        code_sender=code_sender,
        authority=authority,
        face_authority=face_authority,
        liveness_worker=liveness_worker,
        ingest_transport=ingest_transport,
    )

    @contextlib.asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[None]:
        try:
            try:
                await services.start()
            except AppError as error:
                started.state.start_error = error
                raise
            yield
        finally:
            await services.close()

    app = FastAPI(
        title="AnchorDesk platform service",
        version=VERSION,
        lifespan=lifespan,
        openapi_url=f"{API_PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    for router in (
        platform.router, auth.router, me.router, identity.router, liveness.router, documents.router, inbox.router,
        applications.router, images.router, measures.router, schedule.router, sessions.router, rooms.router,
        reports.router, questions.router, hooks.publish, hooks.demo, events.router,
        *desk_routers(), build_router(services),
    ):  # fmt: skip
        # Not ``include_router``: it makes all of them anew for this app (0.1 s), to add what is added to none here.
        app.router.routes.extend(router.routes)
    app.add_middleware(Guard, config=config, clock=clock)
    app.add_exception_handler(AppError, _on_app_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    return app


def run_service(launch: ServiceLaunch) -> int:
    """Serve until SIGTERM or SIGINT; 0 after a clean end, 1 when it could not start.

    Prints one line of JSON when it listens: ``{"ready": {"port": …}}``, on the first start of a demo
    platform (and when the launch says that nobody took the last) with ``operator_name`` and
    ``operator_password``, which are shown this once. A failure to start is one line ``{"failed": {"code": …}}``.
    """
    with contextlib.ExitStack() as logging:
        try:
            # First of all: from here on no child can inherit them.
            config = replace(ServiceConfig.from_launch(launch), field_keys=field_keys.take_from(os.environ))
            require_folder(config.log_dir)
            logging.callback(stop_logging, start_logging(config.log_dir, "service"))
        except AppError as error:
            # There is no log yet; standard output is for the one line.
            return _failed(error)
        try:
            require_secret("hook_secret", launch.hook_secret)
            require_secret("media_secret", launch.media_secret)
            require_certificate(config.tls_certificate, config.tls_key)
            return asyncio.run(_serve(config, SystemClock(), launch.is_demo and launch.renews_operator))
        except AppError as error:
            log.error("service_failed", code=error.code)
            return _failed(error)
        except Exception as error:
            log.error(
                "service_failed",
                kind=type(error).__name__,
                trace="".join(traceback.format_tb(error.__traceback__)),
            )
            return _failed(BugError())


async def _serve(config: ServiceConfig, clock: Clock, renews_operator: bool) -> int:
    with contextlib.closing(bind(config.host, config.port)) as listener:
        port = int(listener.getsockname()[1])
        limits = replace(config.limits, connections=min(config.limits.connections, raise_file_limit()))
        config = replace(config, port=port, limits=limits)
        app = create_app(config, clock)
        services: Services = app.state.services
        services.base_url = config.public_url or _local_url(config)
        server = _Server(
            server_settings(app, config),
            services,
            port,
            renews_operator,
        )
        try:
            await server.serve(sockets=[listener])
        except SystemExit:
            # uvicorn's answer to a start that failed; the reason is ours to tell.
            raise getattr(app.state, "start_error", None) or BugError() from None
        return 0


def rotate_field_key(launch: ServiceLaunch) -> int:
    """Put a new key of the personal fields in front of those in the file; says its id. 1 when it could not."""
    try:
        if field_keys.VARIABLE in os.environ:
            raise InputError("field_keys_in_environment", detail={"variable": field_keys.VARIABLE})
        _say({"field_key": field_keys.rotate(ServiceConfig.from_launch(launch).data_dir)})
        return 0
    except AppError as error:
        return _failed(error)


def rotate_liveness_key(launch: ServiceLaunch) -> int:
    """The same for the keys of the face check by camera."""
    try:
        data_dir = ServiceConfig.from_launch(launch).data_dir
        _say({"liveness_key": field_keys.rotate(data_dir, liveness_keys.FILE)})
        return 0
    except AppError as error:
        return _failed(error)


def server_settings(app: FastAPI, config: ServiceConfig) -> uvicorn.Config:
    """How the service listens; the address is the caller's socket."""
    limits = config.limits
    shares = Shares(limits.connections_per_address, limits.connections, config.proxies)
    return uvicorn.Config(
        app,
        http=request_protocol(shares, limits.request_head_s),
        ws=EventSocketProtocol,
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        # 1,000 sockets would hold a compressor each; frames are encoded once and sent to all.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # The guard reads them, from named proxies only.
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=config.tls_certificate or None,
        ssl_keyfile=config.tls_key or None,
    )


class _Server(StrictServer):
    """Says when it listens, and ends with an exit status instead of the signal."""

    def __init__(self, config: uvicorn.Config, services: Services, port: int, renews_operator: bool) -> None:
        super().__init__(config, services.config.limits.request_head_s)
        self._services = services
        self._port = port
        self._renews_operator = renews_operator

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._services.collecting.start()
            ready: dict[str, object] = {"port": self._port}
            operator = self._services.first_operator
            if operator is None and self._renews_operator:
                operator = await self._services.store.write(renew_operator)
            if operator is not None:
                ready |= {"operator_name": operator.name, "operator_password": operator.password}
                self._services.first_operator = None
            _say({"ready": ready})

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        with super().capture_signals():
            try:
                yield
            finally:
                # uvicorn would raise the signal again after it shut down in order.
                self._captured_signals.clear()


def _failed(error: AppError) -> int:
    """Say why it cannot start; the exit status."""
    _say({"failed": {"code": error.code, **error.detail}})
    return 1


def _local_url(config: ServiceConfig) -> str:
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::", ""} else config.host  # noqa: S104  compares, binds nothing
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if config.is_tls else 'http'}://{shown}:{config.port}"


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _reply(request: Request, refusal: Refusal, status: int | None = None) -> JSONResponse:
    usual, content, headers = reply_of(refusal, request.headers.get("accept-language", ""))
    return JSONResponse(content, status or usual, headers)


async def _on_app_error(request: Request, error: Exception) -> JSONResponse:
    refusal = refusal_of(error) if isinstance(error, AppError) else Refusal(ErrorCode.INTERNAL)
    return _reply(request, refusal)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Names the field, never repeats what was sent."""
    field = ""
    if isinstance(error, RequestValidationError):
        where = [str(part) for part in error.errors()[0].get("loc", ())]
        field = ".".join(where[1:])[:80]
    code = ErrorCode.PHONE_INVALID if field == "phone" else ErrorCode.INPUT_INVALID
    return _reply(request, Refusal(code, detail={"field": field}))


async def _on_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404 and wants_page(request):
        return not_found_page(request, request.app.state.services)
    code = {404: ErrorCode.NOT_FOUND, 413: ErrorCode.TOO_LARGE}.get(status, ErrorCode.INPUT_INVALID)
    reply = _reply(request, Refusal(code), status)
    if isinstance(error, HTTPException) and error.headers:
        reply.headers.update(error.headers)
    return reply
