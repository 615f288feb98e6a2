"""Messages between the window and the supervisor, and what each child is told on standard input.

The first line on a child's standard input is one ``*Launch`` as JSON: secrets travel there, never on the
command line or in the environment.
"""

from __future__ import annotations

import msgspec


class _Tagged(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    pass


# ---- window → supervisor -------------------------------------------------------------------------


class StartPlatform(_Tagged):
    """Start the embedded platform (本机演示平台): service and ingest. ``on_lan`` listens on the local network over TLS."""

    request_id: int = 0
    on_lan: bool = False


class StopPlatform(_Tagged):
    request_id: int = 0


class Quit(_Tagged):
    """The person closed the program: end all children, then itself."""


WindowWish = StartPlatform | StopPlatform | Quit

# ---- supervisor → window -------------------------------------------------------------------------


class PlatformStarted(_Tagged):
    request_id: int
    base_url: str
    local_token: str
    """Opens /internal/v1/demo of the embedded service; made anew at each start."""
    operator_name: str = ""
    operator_password: str = ""
    """Filled once, when the operator was created; shown once, kept nowhere."""
    ca_file: str = ""
    """The self-made certificate, when it listens over TLS."""
    lan_urls: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"PlatformStarted(base_url={self.base_url!r})"


class PlatformFailed(_Tagged):
    request_id: int
    code: str
    detail: str = ""


class ChildChanged(_Tagged):
    """A child was started, died or was restarted."""

    role: str
    is_up: bool
    restarts: int = 0


class RaiseWindow(_Tagged):
    """A second start of the program: show the window that is already there."""


SupervisorEvent = PlatformStarted | PlatformFailed | ChildChanged | RaiseWindow

# ---- launches ------------------------------------------------------------------------------------


class _Launch(msgspec.Struct, frozen=True, kw_only=True):
    data_dir: str
    log_dir: str

    def __repr__(self) -> str:
        return type(self).__name__


class EngineLaunch(_Launch):
    endpoint: str
    key_hex: str
    shared_name: str
    """Prefix of the shared memory segments it makes; segments of that prefix left behind are removed."""
    window_grace_s: float = 120.0


class WindowLaunch(_Launch):
    engine_endpoint: str
    engine_key_hex: str
    supervisor_endpoint: str
    supervisor_key_hex: str
    is_restart: bool = False
    script: str = ""
    """A driver of the window for the hands-free demo: path of a Unix socket it listens on; empty in normal use."""
    script_key_hex: str = ""
