"""The service's log: JSON lines in ``log_dir/service.log``, bounded in size. Any thread.

No secret, token, key, phone or identity number is ever given to it; a filter takes out fields of such names
in case one is.
"""

from __future__ import annotations

import logging
import logging.handlers
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

MAX_LOG_BYTES = 10_000_000
KEPT_FILES = 3
_HIDDEN = ("token", "secret", "password", "phone", "key", "cookie", "authorization")
_ALLOWED = {"key_id"}


def start_logging(log_dir: Path) -> logging.Handler:
    """Send structlog and the standard library's log to the file. Returns the handler, for ``stop_logging``."""
    log_dir.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        log_dir / "service.log", maxBytes=MAX_LOG_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
    )
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "httpcore2", "uvicorn.error", "uvicorn.access", "alembic", "sqlalchemy.engine"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    logging.getLogger().removeHandler(handler)
    handler.close()


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out values of fields whose name says that they must not be kept."""
    for name in event:
        if name not in _ALLOWED and any(word in name.lower() for word in _HIDDEN):
            event[name] = "[hidden]"
    return event
