"""The log that all remux workers share. Several processes append whole lines; the ingest turns it over for them.

Each worker goes on in the new file with its next line.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from app.logs import KEPT_FILES, MAX_BYTES

WORKER_ROLE = "remux"
WORKER_LOG = f"{WORKER_ROLE}.log"


def turn_over(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Begin a new file when this one is large; ``KEPT_FILES`` older ones stay. Only the ingest calls it."""
    with contextlib.suppress(OSError):  # none yet; or, on Windows, a worker has it open: later then
        if path.stat().st_size <= max_bytes:
            return
        for number in range(KEPT_FILES, 0, -1):
            older = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
            with contextlib.suppress(FileNotFoundError):
                os.replace(older, path.with_name(f"{path.name}.{number}"))
