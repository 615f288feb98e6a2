"""Composition root of the ingest process: build, listen, close in reverse order.

``run_ingest`` owns the main thread until SIGTERM or SIGINT; one event loop serves RTMP and HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import ssl
import sys
from pathlib import Path

import structlog
import uvicorn

from app.contract.errors import ErrorCode
from app.errors import InputError
from app.i18n import Translator
from app.logs import start_logging, stop_logging
from app.runtime.clock import Clock, SystemClock
from app.runtime.launch import IngestLaunch, read_launch
from server.ingest.desk import PublishDesk
from server.ingest.grants import GrantBook
from server.ingest.hooks import ServiceHooks, service_client
from server.ingest.http_app import ControlRoutes, MediaRoutes, create_http_app
from server.ingest.http_guard import IngestGuard
from server.ingest.http_protocol import MediaServer, media_protocol
from server.ingest.limits import IngestLimits
from server.ingest.listener import RtmpListener
from server.ingest.logs import WORKER_LOG, turn_over
from server.ingest.stats import Stats
from server.ingest.workers import WorkerPool
from server.media_token import require_secret
from server.proxies import TrustedProxies
from server.sockets import BACKLOG

VIEWER_SEND_BUFFER_BYTES = 256 * 1024
"""A slow viewer's backlog is to wait in the reader's queue, where it can be skipped, not in the kernel."""
RENEW_EVERY_S = 30
HOUSEKEEPING_S = 300
log = structlog.get_logger("ingest")


def run_ingest(launch: IngestLaunch, limits: IngestLimits | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 0 after a clean end, 1 when it could not start.

    Prints one line of JSON when it listens, ``{"ready": {"rtmp_port": …, "http_port": …}}``; a failure to start is
    one line ``{"failed": {"code": …}}``.
    """
    handler = start_logging(Path(launch.log_dir), "ingest")
    Path(launch.data_dir).mkdir(parents=True, exist_ok=True)
    try:
        require_secret("hook_secret", launch.hook_secret)
        require_secret("media_secret", launch.media_secret)
        proxies = TrustedProxies(launch.trusted_proxies)
        return asyncio.run(_serve(launch, limits or IngestLimits(), proxies, SystemClock()))
    except InputError as error:
        log.error("ingest_failed", code=error.code, **error.detail)
        sys.stderr.write(f"anchordesk: {Translator('en').text(error.message_id, **error.detail)}\n")
        _say({"failed": {"code": error.code, **error.detail}})
        return 1
    except OSError as error:
        log.error("ingest_failed", errno=error.errno)
        _say({"failed": {"code": "address_unavailable"}})
        return 1
    finally:
        stop_logging(handler)


async def _serve(launch: IngestLaunch, limits: IngestLimits, proxies: TrustedProxies, clock: Clock) -> int:
    data_dir = Path(launch.data_dir)
    media_dir = data_dir / "media"
    tls = _tls(launch)
    with contextlib.ExitStack() as sockets:
        rtmp_socket = sockets.enter_context(_bind(launch.host, launch.rtmp_port))
        http_socket = sockets.enter_context(_bind(launch.host, launch.http_port))
        # Accepted sockets take it over from the listening one.
        http_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, VIEWER_SEND_BUFFER_BYTES)

        workers = WorkerPool(media_dir, Path(launch.log_dir), limits, clock)
        workers.sweep()
        grants = GrantBook(data_dir / "ingest-grants.json", launch.hook_secret, clock, limits.cached_grant_s)
        desk = PublishDesk(limits, clock, grants, workers.ensure, workers.close)
        client = service_client(launch.service_url, launch.hook_secret, limits.hook_timeout_s, launch.tls_certificate)
        hooks = ServiceHooks(client, limits, desk.on_service_back)
        desk.attach(hooks)
        stats = Stats(desk, workers, clock)
        media = MediaRoutes(desk, media_dir, launch.media_secret, limits, clock)
        control = ControlRoutes(desk, media, stats, workers.unfinished, launch.hook_secret)
        guarded = IngestGuard(
            create_http_app(media, control), launch.host, launch.allowed_hosts, launch.allowed_origins, proxies
        )
        http = MediaServer(
            uvicorn.Config(
                guarded,
                http=media_protocol(limits, proxies),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=16 * 1024,
                ssl_certfile=launch.tls_certificate or None,
                ssl_keyfile=launch.tls_key or None,
            ),
            limits,
        )
        listener = RtmpListener(desk, limits, clock)

        stop = asyncio.Event()
        _on_signals(stop)
        hooks.start()
        await listener.start(rtmp_socket, tls)
        serving = asyncio.create_task(http.serve(sockets=[http_socket]), name="ingest-http")
        ticking = asyncio.create_task(_tick(desk, stats, workers, Path(launch.log_dir)), name="ingest-tick")
        await http.is_listening.wait()
        ports = {"rtmp_port": rtmp_socket.getsockname()[1], "http_port": http_socket.getsockname()[1]}
        log.info("listening", **ports, is_tls=tls is not None)
        _say({"ready": ports})

        stopping = asyncio.create_task(stop.wait(), name="ingest-stop")
        await asyncio.wait({stopping, serving, ticking}, return_when=asyncio.FIRST_COMPLETED)
        is_clean = stop.is_set()

        for task in (ticking, stopping):
            task.cancel()
        desk.end_all(ErrorCode.INGEST_UNAVAILABLE)
        await listener.stop()
        await workers.stop()
        http.should_exit = True
        results = await asyncio.gather(serving, ticking, stopping, return_exceptions=True)
        await hooks.close()
        for result in results:
            if isinstance(result, Exception):
                log.error("ingest_task_failed", exc_info=result)
                is_clean = False
        log.info("ended", is_clean=is_clean)
        return 0 if is_clean else 1


async def _tick(desk: PublishDesk, stats: Stats, workers: WorkerPool, log_dir: Path) -> None:
    seconds = 0
    while True:
        await asyncio.sleep(1.0)
        seconds += 1
        desk.tick()
        stats.tick()
        if seconds % RENEW_EVERY_S == 0:
            desk.renew_grants()
        if seconds % HOUSEKEEPING_S == 0:
            await asyncio.to_thread(workers.sweep)
            await asyncio.to_thread(turn_over, log_dir / WORKER_LOG)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _tls(launch: IngestLaunch) -> ssl.SSLContext | None:
    if not launch.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(launch.tls_certificate, launch.tls_key or None)
    return context


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":  # its loop takes no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(number, stop.set)


def _say(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run_ingest(read_launch(IngestLaunch)))
