"""Who may not speak in a room (禁言), or not be in it (移出), and for how long. Pure.

A room is an anchor's: what is not bound to one session holds in all that this anchor opens. Of several that hold at
once the one that ends last counts; lifting ends them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

MINUTE_MS = 60_000


class Kind(StrEnum):
    MUTE = "mute"
    REMOVE = "remove"


class Length(StrEnum):
    """How long, as it is offered."""

    MINUTE = "1m"
    TEN_MINUTES = "10m"
    SESSION = "session"
    DAY = "24h"
    FOREVER = "forever"


OFFERED = {
    Kind.MUTE: tuple(Length),
    Kind.REMOVE: (Length.SESSION, Length.FOREVER),
}
"""Who is sent out comes back neither after a minute nor tomorrow into the same session."""
_TERM_MS = {Length.MINUTE: MINUTE_MS, Length.TEN_MINUTES: 10 * MINUTE_MS, Length.DAY: 24 * 60 * MINUTE_MS}


@dataclass(frozen=True, slots=True)
class Restriction:
    """``session_id`` empty: in every session of the anchor. ``until_ms`` None: until it is lifted."""

    id: str
    account_id: str
    kind: Kind
    from_ms: int
    session_id: str = ""
    until_ms: int | None = None
    is_lifted: bool = False

    def holds(self, session_id: str, now_ms: int) -> bool:
        """Whether it binds in this session at this moment."""
        is_here = self.session_id in ("", session_id)
        return is_here and not self.is_lifted and (self.until_ms is None or now_ms < self.until_ms)


def restricted(id: str, account_id: str, kind: Kind, length: Length, session_id: str, now_ms: int) -> Restriction:
    """A new one. Raises ValueError for a length that is not offered for its kind."""
    if length not in OFFERED[kind]:
        raise ValueError(f"{kind} is not offered for {length}")
    term_ms = _TERM_MS.get(length)
    return Restriction(
        id,
        account_id,
        kind,
        now_ms,
        session_id if length is Length.SESSION else "",
        now_ms + term_ms if term_ms is not None else None,
    )


def in_force(
    restrictions: Iterable[Restriction], account_id: str, kind: Kind, session_id: str, now_ms: int
) -> Restriction | None:
    """The one that binds longest; None when none does."""
    binding = [
        one
        for one in restrictions
        if one.account_id == account_id and one.kind is kind and one.holds(session_id, now_ms)
    ]
    return max(binding, key=_lasts, default=None)


def lifted(restriction: Restriction) -> Restriction:
    """Ended before its time."""
    return replace(restriction, is_lifted=True)


def _lasts(one: Restriction) -> tuple[bool, int, int, str]:
    """For good is longer than for the session, and that longer than any term."""
    return (one.until_ms is None, 0 if one.session_id else 1, one.until_ms or 0, one.id)
