"""The log of the ingest and its workers: JSON lines, bounded in size. Any thread.

Several workers write to one file, each by appending whole lines; the ingest turns it over for them, and each goes on
in the new file with its next line.

Fields whose name says that they hold a secret are taken out before anything is written.
"""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
from pathlib import Path

import structlog

from server.logs import hide_secrets

MAX_LOG_BYTES = 10_000_000
KEPT_FILES = 3
WORKER_LOG = "remux.log"


def start_logging(log_dir: Path, name: str) -> logging.Handler:
    """Send structlog to ``log_dir/name``. Returns the handler, for ``stop_logging``."""
    log_dir.mkdir(parents=True, exist_ok=True)
    handler: logging.Handler
    if name == WORKER_LOG:
        handler = logging.handlers.WatchedFileHandler(log_dir / name, encoding="utf-8")
    else:
        handler = logging.handlers.RotatingFileHandler(
            log_dir / name, maxBytes=MAX_LOG_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
        )
    handler.setFormatter(logging.Formatter("%(message)s"))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "httpcore2", "uvicorn.error", "uvicorn.access", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return handler


def turn_over(path: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
    """Begin a new file when this one is large; ``KEPT_FILES`` older ones stay. Only the ingest calls it."""
    with contextlib.suppress(OSError):  # none yet; or, on Windows, a worker has it open: later then
        if path.stat().st_size <= max_bytes:
            return
        for number in range(KEPT_FILES, 0, -1):
            older = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
            with contextlib.suppress(FileNotFoundError):
                os.replace(older, path.with_name(f"{path.name}.{number}"))


def stop_logging(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    handler.close()
