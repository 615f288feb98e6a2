"""The log of every process: one JSON line an event, in files that are bounded in size. Any thread.

No secret, token, key, phone or identity number is ever given to it. Striking them out here is the second line of
defence: it holds for structlog, for the standard library's loggers and for what other people's libraries say.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from app.runtime.clock import SystemClock

MAX_BYTES = 10_000_000
KEPT_FILES = 3
KEPT_DAYS = 60
"""How long a line is kept at most. A file that began a quarter of that ago is turned over: with the kept ones behind
it, none is older."""
_HIDDEN = "[hidden]"
_TELLING = re.compile(r"token|key|secret|password|code_value|authorization|cookie|phone|id_number|face", re.IGNORECASE)
_HARMLESS = frozenset({"key_id", "key_frames", "is_keyframe"})
_PHONE = re.compile(r"(?<![\w.])1[3-9]\d{9}(?!\w)")
_IDENTITY_NUMBER = re.compile(r"(?<!\w)[1-9]\d{16}[\dXx](?!\w)")
_IN_ADDRESS = re.compile(r"([?&](?:token|key|secret|code)=)[^&\s\"']+", re.IGNORECASE)
_NOISY = ("httpx2", "httpcore2", "uvicorn.error", "uvicorn.access", "alembic", "sqlalchemy.engine", "urllib3")


def start_logging(log_dir: Path, role: str, *, is_shared: bool = False) -> logging.Handler:
    """Log to ``<log_dir>/<role>.log``; the handler is given to ``stop_logging`` at the end.

    ``is_shared``: several processes append whole lines to it, and one of them turns it over for all.
    """
    log_dir.mkdir(parents=True, exist_ok=True)
    path = log_dir / f"{role}.log"
    handler: logging.Handler
    if is_shared:
        handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8")
    else:
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
        )
    told: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=told,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *told, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    turn_over_old(log_dir, SystemClock().utc())
    return handler


def turn_over_old(log_dir: Path, now: datetime, kept_days: int = KEPT_DAYS) -> None:
    """Turn over the files of this process that began long ago, and take away those of all processes that are older.

    ``now``: UTC. Blocking; any thread. What cannot be done now is done the next time.
    """
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.handlers.RotatingFileHandler) and Path(handler.baseFilename).parent == log_dir:
            began = _began(Path(handler.baseFilename))
            if began is not None and now - began >= timedelta(days=kept_days / (KEPT_FILES + 1)):
                handler.acquire()
                try:
                    handler.doRollover()
                finally:
                    handler.release()
    for path in log_dir.glob("*.log*"):
        with contextlib.suppress(OSError):
            if now.timestamp() - path.stat().st_mtime >= timedelta(days=kept_days).total_seconds():
                path.unlink()


def _began(path: Path) -> datetime | None:
    """When the first line was written; None for a file without one."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            told = json.loads(file.readline())["timestamp"]
        return datetime.fromisoformat(str(told))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stop_logging(handler: logging.Handler) -> None:
    """Write what is left and let the file go."""
    logging.getLogger().removeHandler(handler)
    handler.close()
    structlog.reset_defaults()


def redact(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Strike out values under a telling name, and phone and identity numbers and secrets in addresses anywhere."""
    return {name: _HIDDEN if _is_telling(name) else _cleaned(value) for name, value in event.items()}


def _is_telling(name: str) -> bool:
    return name not in _HARMLESS and _TELLING.search(name) is not None


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return _IN_ADDRESS.sub(rf"\g<1>{_HIDDEN}", _PHONE.sub("1**********", _IDENTITY_NUMBER.sub(_HIDDEN, value)))
        case dict():
            return {key: _HIDDEN if _is_telling(str(key)) else _cleaned(part) for key, part in value.items()}
        case list() | tuple():
            return [_cleaned(part) for part in value]
        case _:
            return value
