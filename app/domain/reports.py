"""Reports (举报) and complaints of infringement (侵权投诉): what they are about, and how they are handled. Pure.

=========  ==========================================================
from       to
=========  ==========================================================
open       taken (an operator looks at it); withdrawn (who reported)
taken      upheld, dismissed (operator)
upheld     nothing: final
dismissed  nothing: final
withdrawn  nothing: final
=========  ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class TargetKind(StrEnum):
    MESSAGE = "message"
    PERSON = "person"
    """Somebody in the room: the anchor too."""
    SESSION = "session"


class ReportState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"

    @property
    def is_final(self) -> bool:
        return not _NEXT[self]

    @property
    def is_decided(self) -> bool:
        """By an operator."""
        return self in (ReportState.UPHELD, ReportState.DISMISSED)


class RightKind(StrEnum):
    """Which right was infringed, by the word of who complains."""

    COPYRIGHT = "copyright"
    TRADEMARK = "trademark"
    TRADE_SECRET = "trade_secret"
    PORTRAIT = "portrait"
    REPUTATION = "reputation"
    PRIVACY = "privacy"
    OTHER = "other"


class ProofKind(StrEnum):
    """What an image that goes with a complaint shows; a complaint needs one of each."""

    IDENTITY = "identity"
    RIGHTS = "rights"


_NEXT: dict[ReportState, frozenset[ReportState]] = {
    ReportState.OPEN: frozenset({ReportState.TAKEN, ReportState.WITHDRAWN}),
    ReportState.TAKEN: frozenset({ReportState.UPHELD, ReportState.DISMISSED}),
    ReportState.UPHELD: frozenset(),
    ReportState.DISMISSED: frozenset(),
    ReportState.WITHDRAWN: frozenset(),
}
PENDING = tuple(state for state in ReportState if not state.is_final)
FINAL = tuple(state for state in ReportState if state.is_final)


def may_become(state: ReportState, following: ReportState) -> bool:
    """Whether ``following`` is a lawful next state."""
    return following in _NEXT[state]


def are_proofs_whole(kinds: Iterable[ProofKind]) -> bool:
    """Whether they show both who complains and what they have a right to."""
    return set(kinds) == set(ProofKind)
