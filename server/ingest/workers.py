"""The remux workers: one process a session, fed through a bounded queue and a pipe. Event loop; owned by main.

A worker that ends, fails or takes nothing is killed and replaced; neither the publisher nor the FLV viewers notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

import server
from app.runtime.clock import Clock
from app.runtime.launch import RemuxLaunch, write_launch
from server.ingest.hub import SessionHub
from server.ingest.limits import IngestLimits
from server.ingest.playlist import LIST_NAME, finish
from server.ingest.viewer import Reader

_AGAIN_AFTER_S = (0.1, 0.5, 1.0, 2.0, 5.0)
_STEADY_S = 30.0
STALE_S = 3600.0
log = structlog.get_logger("ingest.workers")


def remux_command() -> list[str]:
    """How a worker is started: the bundle by its role, a checkout by the module."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--role", "remux"]
    return [sys.executable, "-m", "server.ingest.remux_main"]


def clean_environment() -> dict[str, str]:
    """Ours without what cv2 puts in for its own libraries."""
    return {
        name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH" and not name.startswith("QT_")
    }


class _Worker:
    """The run of one session's workers, one after the other."""

    def __init__(self, hub: SessionHub, directory: Path, log_dir: Path, limits: IngestLimits, clock: Clock) -> None:
        self._hub = hub
        self._directory = directory
        self._log_dir = log_dir
        self._limits = limits
        self._clock = clock
        self.restarts = 0
        self.pid: int | None = None
        self.reader: Reader | None = None

    async def run(self) -> None:
        """To the end of the session's media."""
        failures = 0
        while True:
            began_s = self._clock.monotonic_s()
            if await self._once():
                return
            self.restarts += 1
            failures = 0 if self._clock.monotonic_s() - began_s > _STEADY_S else failures + 1
            await asyncio.sleep(_AGAIN_AFTER_S[min(failures, len(_AGAIN_AFTER_S) - 1)])

    async def _once(self) -> bool:
        """One process; True when the media ended, False when another must be started."""
        try:
            process = await asyncio.create_subprocess_exec(
                *remux_command(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=Path(server.__path__[0]).parent,
                env=clean_environment(),
            )
        except OSError as error:
            log.error("worker_not_started", session_id=self._hub.session_id, error=type(error).__name__)
            return bool(self._hub.end_code)
        self.pid = process.pid
        wake = asyncio.Event()
        self.reader = Reader("", self._limits.worker_bytes, self._limits.worker_ms, wake.set)
        feeding = asyncio.create_task(self._feed(process, self.reader, wake), name="remux-feed")
        ended = asyncio.create_task(process.wait(), name="remux-wait")
        self._hub.join(self.reader)
        try:
            await asyncio.wait({feeding, ended}, return_when=asyncio.FIRST_COMPLETED)
            is_done = feeding.done() and not feeding.cancelled() and feeding.exception() is None
            if is_done:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(ended), self._limits.worker_end_s)
            else:
                status = process.returncode
                log.warning("worker_failed", session_id=self._hub.session_id, pid=process.pid, status=status)
            # Media of other tracks needs another worker, as it needs other players.
            return is_done and bool(self._hub.end_code)
        finally:
            self._hub.part(self.reader)
            self.pid = None
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            feeding.cancel()
            await asyncio.gather(feeding, ended, return_exceptions=True)

    async def _feed(self, process: asyncio.subprocess.Process, reader: Reader, wake: asyncio.Event) -> None:
        pipe = process.stdin
        if pipe is None:
            raise RuntimeError("a worker without a pipe")
        launch = RemuxLaunch(data_dir=str(self._directory), log_dir=str(self._log_dir), session_id=self._hub.session_id)
        pipe.write(write_launch(launch))
        try:
            while True:
                await wake.wait()
                wake.clear()
                if reader.is_waiting:
                    pipe.write(reader.take())
                    async with asyncio.timeout(self._limits.worker_stall_s):
                        await pipe.drain()
                if reader.end_code and not reader.is_waiting:
                    return
        finally:
            pipe.close()


class WorkerPool:
    """Which sessions have a worker. ``ensure`` when there is a picture, ``close`` when the session has ended."""

    def __init__(self, media_dir: Path, log_dir: Path, limits: IngestLimits, clock: Clock) -> None:
        self._media_dir = media_dir
        self._log_dir = log_dir
        self._limits = limits
        self._clock = clock
        self._workers: dict[str, tuple[_Worker, asyncio.Task[None]]] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()

    def sweep(self) -> None:
        """At start and now and then, any thread: remove what sessions long over have left behind."""
        self._media_dir.mkdir(parents=True, exist_ok=True)
        now_s = self._clock.utc().timestamp()
        for directory in self._media_dir.iterdir():
            if directory.name in self._workers:
                continue
            with contextlib.suppress(OSError):
                newest = directory / LIST_NAME
                changed_s = (newest if newest.exists() else directory).stat().st_mtime
                if now_s - changed_s > STALE_S:
                    shutil.rmtree(directory)
                    log.info("hls_files_swept", session_id=directory.name)

    def unfinished(self) -> frozenset[str]:
        """Sessions with files that nobody has ordered closed, also those of a run before this one. Any thread."""
        with contextlib.suppress(OSError):
            return frozenset(path.name for path in self._media_dir.iterdir()) - frozenset(self._closing)
        return frozenset()

    def ensure(self, hub: SessionHub) -> None:
        """Let there be a worker for ``hub``."""
        if hub.session_id not in self._workers:
            if (closing := self._closing.pop(hub.session_id, None)) is not None:
                # The session was forgotten, not ended: its publisher is back, and the files are wanted again.
                closing.cancel()
            worker = _Worker(hub, self._media_dir / hub.session_id, self._log_dir, self._limits, self._clock)
            task = asyncio.get_running_loop().create_task(worker.run(), name="remux-session")
            self._workers[hub.session_id] = worker, task

    def close(self, session_id: str) -> None:
        """The hub was closed for good: finish the list once the worker wrote the last segment. May be repeated."""
        has_files = (self._media_dir / session_id).is_dir()
        if session_id in self._closing or not (session_id in self._workers or has_files):
            return
        task = asyncio.get_running_loop().create_task(self._finish(session_id), name="remux-finish")
        self._closing[session_id] = task
        task.add_done_callback(lambda done: self._closed(session_id, done))

    async def stop(self) -> None:
        """The hubs are closed, but their sessions may go on: leave the lists open."""
        self._stopping.set()
        tasks = [task for _, task in self._workers.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=1.5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._closing.values(), return_exceptions=True)

    def about(self, session_id: str) -> dict[str, object]:
        """Figures of a session's worker."""
        found = self._workers.get(session_id)
        if found is None:
            return {}
        worker, _ = found
        skips = worker.reader.skips if worker.reader else 0
        return {"worker_pid": worker.pid, "worker_restarts": worker.restarts, "worker_skips": skips}

    def _closed(self, session_id: str, task: asyncio.Task[None]) -> None:
        if self._closing.get(session_id) is task:
            del self._closing[session_id]

    async def _finish(self, session_id: str) -> None:
        found = self._workers.pop(session_id, None)
        if found is not None:
            await asyncio.wait({found[1]})
        directory = self._media_dir / session_id
        await _quietly(lambda: finish(directory))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), self._limits.kept_after_close_s)
            return
        await _quietly(lambda: shutil.rmtree(directory, ignore_errors=True))


async def _quietly(act: Callable[[], object]) -> None:
    try:
        await asyncio.to_thread(act)
    except OSError as error:
        log.warning("hls_files", error=type(error).__name__)
