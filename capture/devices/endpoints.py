"""What the sound system has and prefers, asked beside PortAudio, which knows nothing new while a stream is open.

Linux: the sound server (PulseAudio, or PipeWire in its place) through pulsectl; without one, the cards of ALSA.
Windows: the Core Audio endpoints through pycaw. macOS: CoreAudio's default device. ``look`` may take a while when a
server hangs: it is for worker threads. ``last`` is for all threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

_LOG = logging.getLogger(__name__)
_CONNECT_S = 1.0
_BUSY_S = 1.0
_ACCESS_DENIED = 1
"""PA_ERR_ACCESS"""
_CARDS = Path("/proc/asound/cards")
SERVER_PREFIX = "pulse/"
"""Ids of sources of the sound server; the rest is the server's own name, which stays after replugging."""


@dataclass(frozen=True)
class ServerSource:
    """A microphone as the sound server has it."""

    name: str
    description: str
    channels: int


@dataclass(frozen=True)
class Endpoints:
    """``default``: what the system prefers, whatever it calls it; empty where it does not tell."""

    default: str = ""
    default_name: str = ""
    sources: tuple[ServerSource, ...] = ()
    """Of a sound server: those that are no loudspeaker's monitor."""
    names: tuple[str, ...] | None = None
    """Of Windows' microphones, as PortAudio will call them once it lists anew; None where they are not known."""
    heard: tuple[str, ...] = ()
    """Names of the server's sources that streams of this process hear now."""
    has_server: bool = False
    is_refused: bool = False
    """There is a sound server, and it does not let us in."""
    others: tuple[str, ...] = ()
    """Whatever else changes when a device comes or goes."""


NONE = Endpoints()


class Watcher(Protocol):
    """One way of asking. Used under a lock."""

    def look(self) -> Endpoints: ...

    def close(self) -> None: ...


class SoundEndpoints:
    """``look`` from worker threads, one at a time; ``last`` from any."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self._watcher = watcher or _watcher_of(sys.platform)
        self._lock = threading.Lock()
        self._last = NONE

    def look(self) -> Endpoints:
        """Ask now. What was last known when another thread is still waiting for an answer."""
        if not self._lock.acquire(timeout=_BUSY_S):
            return self._last
        try:
            self._last = self._watcher.look()
        except Exception:
            # A sound system that fails in an unforeseen way still leaves PortAudio's own list.
            _LOG.exception("the sound system cannot be asked")
            self._last = NONE
        finally:
            self._lock.release()
        return self._last

    @property
    def last(self) -> Endpoints:
        """As it was told last; never waits."""
        return self._last

    def close(self) -> None:
        """Give up the connection; another ``look`` makes a new one."""
        if self._lock.acquire(timeout=_BUSY_S):
            try:
                self._watcher.close()
            finally:
                self._lock.release()


class PulseWatcher:
    """A connection that is kept, and made again after the server was away."""

    def __init__(self, cards: Path = _CARDS) -> None:
        self._cards = cards
        self._connection: Any = None

    def look(self) -> Endpoints:
        """See Endpoints."""
        cards = tuple(_lines(self._cards))
        try:
            library: Any = importlib.import_module("pulsectl")
        except (ImportError, OSError):
            # Without libpulse there is no such server either.
            return Endpoints(others=cards)
        for is_second_try in (False, True):
            try:
                return self._ask(library, cards)
            except library.PulseError:
                is_refused = self._is_refused(library)
                self.close()
                if is_second_try or is_refused:
                    return Endpoints(others=cards, is_refused=is_refused)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()

    def _ask(self, library: Any, cards: tuple[str, ...]) -> Endpoints:
        if self._connection is None:
            self._connection = library.Pulse("anchordesk-devices", connect=False)
            self._connection.connect(autospawn=False, timeout=_CONNECT_S)
        default = str(self._connection.server_info().default_source_name or "")
        # Not ``sample_spec``: pulsectl keeps it as a view of memory that is libpulse's again by now.
        found = self._connection.source_list()
        numbers = {source.index: source.name for source in found}
        own = str(os.getpid())
        outputs = self._connection.source_output_list()
        names = {source.name: str(source.description) for source in found}
        return Endpoints(
            default=default,
            default_name=names.get(default, ""),
            sources=tuple(
                ServerSource(source.name, str(source.description), source.channel_count)
                for source in found
                if not _is_monitor(source)
            ),
            heard=tuple(
                numbers.get(output.source, "")
                for output in outputs
                if output.proplist.get("application.process.id") == own
            ),
            has_server=True,
            others=cards,
        )

    def _is_refused(self, library: Any) -> bool:
        """Whether the server said no, rather than not being there."""
        context = getattr(self._connection, "_ctx", None)
        if context is None:
            return False
        return bool(library._pulsectl.pa.context_errno(context) == _ACCESS_DENIED)


class WindowsWatcher:
    """The capture endpoints of Core Audio; a moment for each look."""

    def __init__(self, load: Callable[[str], Any] = importlib.import_module) -> None:
        self._load = load
        self._thread = threading.local()

    def look(self) -> Endpoints:
        """See Endpoints."""
        com: Any = self._load("comtypes")
        if not getattr(self._thread, "is_ready", False):
            # Once a thread, and for good: what is taken from COM may be freed at any time later.
            com.CoInitialize()
            self._thread.is_ready = True
        library, constants = self._load("pycaw.utils"), self._load("pycaw.constants")
        devices = library.AudioUtilities.GetAllDevices(
            constants.EDataFlow.eCapture.value, constants.DEVICE_STATE.ACTIVE.value
        )
        names = {str(device.id): str(device.FriendlyName) for device in devices}
        try:
            microphone = library.AudioUtilities.GetMicrophone()
            default = str(microphone.GetId()) if microphone is not None else ""
        except com.COMError:
            # None is preferred where there is none.
            default = ""
        return Endpoints(
            default=default,
            default_name=names.get(default, ""),
            names=tuple(names.values()),
            others=tuple(sorted(names)),
        )

    def close(self) -> None:
        """Nothing is kept."""


class MacWatcher:
    """CoreAudio's own properties: the default input and the list of devices, both as its numbers."""

    _SYSTEM_OBJECT = 1

    def __init__(self, library: Any = None) -> None:
        self._library = library

    def look(self) -> Endpoints:
        """See Endpoints."""
        if self._library is None:
            self._library = ctypes.CDLL("/System/Library/Frameworks/CoreAudio.framework/CoreAudio")
        (default,) = self._numbers(b"dIn ") or (0,)
        return Endpoints(default=str(default), others=tuple(str(number) for number in self._numbers(b"dev#")))

    def close(self) -> None:
        """Nothing is kept."""

    def _numbers(self, selector: bytes) -> tuple[int, ...]:
        # struct AudioObjectPropertyAddress: selector, scope "glob", element 0; the codes are four letters each.
        address = (ctypes.c_uint32 * 3)(*(int.from_bytes(code, "big") for code in (selector, b"glob")), 0)
        size = ctypes.c_uint32(0)
        target = ctypes.c_uint32(self._SYSTEM_OBJECT)
        no_qualifier = (ctypes.c_uint32(0), None)
        if self._library.AudioObjectGetPropertyDataSize(target, address, *no_qualifier, ctypes.byref(size)):
            return ()
        values = (ctypes.c_uint32 * (size.value // 4))()
        if self._library.AudioObjectGetPropertyData(target, address, *no_qualifier, ctypes.byref(size), values):
            return ()
        return tuple(values)[: size.value // 4]


def _watcher_of(platform: str) -> Watcher:
    if platform == "win32":
        return WindowsWatcher()
    return MacWatcher() if platform == "darwin" else PulseWatcher()


def _is_monitor(source: Any) -> bool:
    return source.monitor_of_sink not in (None, 0xFFFFFFFF)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
