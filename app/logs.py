"""Logs of the desktop processes: one JSON line an event, in files that turn over. No secret ever gets in.

The redaction is the second line of defence: values under a telling name are struck out, whoever logged them.
"""

from __future__ import annotations

import logging
import logging.handlers
import re
from pathlib import Path
from typing import Any

import structlog

MAX_BYTES = 2_000_000
KEPT_FILES = 3
_TELLING = re.compile(
    r"(token|key|secret|password|code_value|authorization|cookie|phone|id_number|face)", re.IGNORECASE
)
_PHONE = re.compile(r"\b1[3-9]\d{9}\b")
_HARMLESS = frozenset({"key_id"})


def redact(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Strike out what must not be read."""
    for name, value in event.items():
        if name not in _HARMLESS and _TELLING.search(name):
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = _PHONE.sub("1**********", value)
    return event


def start_logging(log_dir: Path, role: str) -> logging.Handler:
    """Log to ``<log_dir>/<role>.log``; the handler is given to ``stop_logging`` at the end."""
    log_dir.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        log_dir / f"{role}.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Write what is left and let the file go."""
    logging.getLogger().removeHandler(handler)
    handler.close()
    structlog.reset_defaults()
