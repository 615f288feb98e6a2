"""Messages between the window and the supervisor, over the local channel (app.runtime.channel)."""

from __future__ import annotations

import msgspec


class _Tagged(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    pass


# ---- window → supervisor -------------------------------------------------------------------------


class StartPlatform(_Tagged, frozen=True, kw_only=True):
    """Start service and ingest on this machine. ``on_lan``: on the local network, over TLS.

    Said again, it starts those that were given up.
    """

    request_id: int = 0
    on_lan: bool = False


class StopPlatform(_Tagged, frozen=True, kw_only=True):
    request_id: int = 0


class Quit(_Tagged, frozen=True, kw_only=True):
    """The person closed the program: end all children, then itself."""


class CloseWindow(_Tagged, frozen=True, kw_only=True):
    """The person closed the window only: the rest runs on for ``keep_s``, and a second start opens it again."""

    keep_s: float


class StartEngine(_Tagged, frozen=True, kw_only=True):
    """Start the engine again after it was given up (``ChildChanged.is_given_up``)."""


class OperatorTaken(_Tagged, frozen=True, kw_only=True):
    """The person has seen the operator's password; until then it is told with each start, and made anew."""


WindowWish = StartPlatform | StopPlatform | StartEngine | OperatorTaken | Quit | CloseWindow

# ---- supervisor → window -------------------------------------------------------------------------


class PlatformStarted(_Tagged, frozen=True, kw_only=True):
    request_id: int
    base_url: str
    local_token: str
    """Opens /internal/v1/demo of the embedded service; made anew at each start."""
    operator_name: str = ""
    operator_password: str = ""
    """Filled after the operator was created until the window says ``OperatorTaken``; kept nowhere."""
    ca_file: str = ""
    """The self-made certificate, when it listens over TLS."""
    lan_urls: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"PlatformStarted(base_url={self.base_url!r})"


class PlatformFailed(_Tagged, frozen=True, kw_only=True):
    request_id: int
    code: str
    detail: str = ""


class ChildChanged(_Tagged, frozen=True, kw_only=True):
    """A child was started, died or was restarted."""

    role: str
    is_up: bool
    restarts: int = 0
    is_given_up: bool = False
    """It died too often and stays away until a person asks: ``StartEngine``, ``StartPlatform``."""


class RaiseWindow(_Tagged, frozen=True, kw_only=True):
    """A second start of the program: show the window that is already there."""


SupervisorEvent = PlatformStarted | PlatformFailed | ChildChanged | RaiseWindow
