"""From the Matroska file that survives anything to the MP4 that every player and editor opens. Any worker thread."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import av

_LOG = logging.getLogger(__name__)

UNFINISHED = ".recording.mkv"
"""A file of this name is being written, or its writer died."""
_PARTIAL = ".mp4.part"
_claims: set[Path] = set()
_claims_lock = threading.Lock()


def claim(path: Path) -> bool:
    """Take a file for oneself within this process; False when somebody has it. Give it back by ``release``."""
    with _claims_lock:
        if path in _claims:
            return False
        _claims.add(path)
        return True


def release(path: Path) -> None:
    """Give a file back."""
    with _claims_lock:
        _claims.discard(path)


def finish(path: Path, should_stop: Callable[[], bool]) -> Path:
    """Remux ``<name>.recording.mkv`` to ``<name>.mp4``; the path under which the recording lies afterwards.

    The Matroska file goes only when the MP4 holds every packet of it. When that cannot be, or there is no time
    left, it keeps its content under ``<name>.mkv``, respectively its name.
    """
    name = path.name.removesuffix(UNFINISHED)
    final = free_path(path.parent, name, ".mp4")
    partial = path.with_name(name + _PARTIAL)
    try:
        is_whole = _copy(path, partial, should_stop)
        if not is_whole:
            partial.unlink(missing_ok=True)
            return path
        partial.replace(final)
        path.unlink()
    except (av.FFmpegError, OSError, ValueError) as cause:
        _LOG.warning("a recording stays Matroska: %s", type(cause).__name__)
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        return _keep(path, name)
    return final


def unfinished(directory: Path) -> list[Path]:
    """Recordings that a process which died left behind."""
    with contextlib.suppress(OSError):
        return sorted(path for path in directory.glob("*" + UNFINISHED) if path.is_file())
    return []


def free_path(directory: Path, name: str, suffix: str) -> Path:
    """A path that does not exist yet, with -2, -3 … when needed."""
    number = 1
    while True:
        path = directory / f"{name if number == 1 else f'{name}-{number}'}{suffix}"
        if not path.exists():
            return path
        number += 1


def _keep(path: Path, name: str) -> Path:
    with contextlib.suppress(OSError):
        return path.rename(free_path(path.parent, name, ".mkv"))
    return path


def _copy(source: Path, target: Path, should_stop: Callable[[], bool]) -> bool:
    """Copy the packets; True when the copy, read again, has them all."""
    copied = 0
    with (
        av.open(str(source)) as old,
        av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as new,
    ):
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        for packet in old.demux():
            if should_stop():
                return False
            if packet.dts is None:
                continue
            packet.stream = streams[packet.stream.index]
            new.mux_one(packet)
            copied += 1
    with av.open(str(target)) as made:
        return copied > 0 and sum(packet.dts is not None for packet in made.demux()) == copied
