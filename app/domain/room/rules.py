"""By which rules a room's chat goes; the shield (一键防护) tightens all of them at once and puts them back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

LEAST_SLOW_S, MOST_SLOW_S = 3, 120
SHIELD_SLOW_S = 30


class Policy(StrEnum):
    """What becomes of a message in which something was found."""

    ALLOW = "allow"
    HOLD = "hold"
    """It waits until somebody releases it."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class RoomRules:
    """``slow_s`` 0: no slow mode. ``contacts``: links and ways to get in touch. ``words``: the anchor's own list."""

    slow_s: int = 0
    followers_only: bool = False
    is_paused: bool = False
    contacts: Policy = Policy.HOLD
    words: Policy = Policy.HOLD
    allows_guests: bool = True
    is_shielded: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for a slow mode out of bounds."""
        if self.slow_s and not LEAST_SLOW_S <= self.slow_s <= MOST_SLOW_S:
            raise ValueError("slow_s")


_BY_HAND = ("slow_s", "followers_only", "is_paused", "contacts", "words", "allows_guests")


def shielded(rules: RoomRules) -> RoomRules:
    """Followers only, slow, nothing unread with a link or a contact, no guests. What is stricter already stays."""
    return replace(
        rules,
        slow_s=max(rules.slow_s, SHIELD_SLOW_S),
        followers_only=True,
        contacts=Policy.REFUSE if rules.contacts is Policy.REFUSE else Policy.HOLD,
        words=Policy.REFUSE if rules.words is Policy.REFUSE else Policy.HOLD,
        allows_guests=False,
        is_shielded=True,
    )


def taken_back(now: RoomRules, before: RoomRules, after: RoomRules) -> RoomRules:
    """Without the step from ``before`` to ``after``: what was changed again since then stays."""
    changed = {
        name: getattr(before, name)
        for name in _BY_HAND
        if getattr(before, name) != getattr(after, name) and getattr(now, name) == getattr(after, name)
    }
    return replace(now, **changed)


def unshielded(rules: RoomRules, before: RoomRules) -> RoomRules:
    """The rules of before, but for what was changed by hand meanwhile."""
    up = shielded(before)
    changed = {name: getattr(rules, name) for name in _BY_HAND if getattr(rules, name) != getattr(up, name)}
    return replace(before, is_shielded=False, **changed)
