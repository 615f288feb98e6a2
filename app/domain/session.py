"""The states of a session (场次) and which may follow which. Pure; used by the service and by the screens.

======================  =============================================================================
from                    to
======================  =============================================================================
scheduled               preparing (a device asks for its stream key), ended (cancelled)
preparing               live (the ingest has media of the valid key), scheduled (given up), ended
live                    interrupted (the publisher is gone), ended (anchor, cut-off)
interrupted             live (the publisher is back in time), ended (anchor, cut-off, grace over)
ended                   nothing: final
======================  =============================================================================
"""

from __future__ import annotations

from enum import StrEnum

GRACE_PERIOD_S = 180
"""How long an interrupted session waits for its publisher (system page, section 5)."""


class SessionState(StrEnum):
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    LIVE = "live"
    INTERRUPTED = "interrupted"
    ENDED = "ended"

    @property
    def is_on_air(self) -> bool:
        """Whether viewers see it: live, or waiting within the grace period."""
        return self in (SessionState.LIVE, SessionState.INTERRUPTED)


class EndReason(StrEnum):
    ANCHOR = "anchor"
    CANCELLED = "cancelled"
    CUT_OFF = "cut_off"
    GRACE_OVER = "grace_over"
    MISSED = "missed"
    """Its time went by and it never began."""
    CALLED_OFF = "called_off"
    """By the platform, before it began."""


_NEXT: dict[SessionState, frozenset[SessionState]] = {
    SessionState.SCHEDULED: frozenset({SessionState.PREPARING, SessionState.ENDED}),
    SessionState.PREPARING: frozenset({SessionState.LIVE, SessionState.SCHEDULED, SessionState.ENDED}),
    SessionState.LIVE: frozenset({SessionState.INTERRUPTED, SessionState.ENDED}),
    SessionState.INTERRUPTED: frozenset({SessionState.LIVE, SessionState.ENDED}),
    SessionState.ENDED: frozenset(),
}


def may_follow(state: SessionState, following: SessionState) -> bool:
    """Whether ``following`` is a lawful next state of ``state``."""
    return following in _NEXT[state]
