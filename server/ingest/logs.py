"""The log of the ingest and its workers: JSON lines, bounded in size. Any thread.

Fields whose name says that they hold a secret are taken out before anything is written.
"""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

import structlog

from server.logs import hide_secrets

MAX_LOG_BYTES = 10_000_000
KEPT_FILES = 3
LOGGER = "ingest"


def start_logging(log_dir: Path, name: str) -> logging.Handler:
    """Send structlog to ``log_dir/name``. Returns the handler, for ``stop_logging``."""
    log_dir.mkdir(parents=True, exist_ok=True)
    # Several workers write to one file, each by appending whole lines; only the ingest's own turns over.
    is_shared = name == "remux.log"
    handler = logging.handlers.RotatingFileHandler(
        log_dir / name, maxBytes=0 if is_shared else MAX_LOG_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
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


def stop_logging(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    handler.close()
