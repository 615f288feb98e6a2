"""What a session asks for: drawn by the service, handed out one at a time. Pure.

Each order answers the progress message of its number: number 0 is answered with the first action, the last message
with the order to seal.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from app.domain.liveness import Action, LivenessPath, OrderKind

TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)
LEAST_ACTIONS, MOST_ACTIONS = 2, 3
AHEAD_MS, BEHIND_MS = 12_000, 12_000
"""How far a clip's clock may be from the service's, since the first message. A clip seems ahead by as much as the first
message was late, and behind by as much as this one is: a request that was lost is sent anew after some 10 s."""

Choose = Callable[[Sequence[Action]], Action]


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """A progress message, and when the service got it."""

    number: int
    units: int
    at_us: int
    link: str
    got_ms: int


@dataclass(frozen=True, slots=True)
class Course:
    """What one session asks for, in order."""

    actions: tuple[Action, ...]
    has_flash: bool

    @property
    def last(self) -> int:
        """Number of the last progress message."""
        return len(self.actions) + int(self.has_flash)

    def order(self, number: int) -> tuple[OrderKind, Action | None]:
        """What answers the message of that number, which is at most ``last``."""
        if number < len(self.actions):
            return OrderKind.ACTION, self.actions[number]
        return (OrderKind.FLASH if self.has_flash and number == len(self.actions) else OrderKind.SEAL), None


def course_of(path: LivenessPath, actions: Sequence[Action]) -> Course:
    return Course(tuple(actions), path is not LivenessPath.NO_FLASH)


def drawn(path: LivenessPath, random: secrets.SystemRandom) -> tuple[Action, ...]:
    """Two or three different ones with a turn among them, in any order; none on the way without actions."""
    if path is LivenessPath.NO_ACTIONS:
        return ()
    turn = random.choice(TURNS)
    others = random.sample([one for one in Action if one is not turn], random.randint(LEAST_ACTIONS, MOST_ACTIONS) - 1)
    chosen = [turn, *others]
    random.shuffle(chosen)
    return tuple(chosen)


def fault(heard: Sequence[Heard], said: Heard) -> str | None:
    """Which field of the next message cannot be: the clip must grow, and about as fast as time passes."""
    if not heard:
        return None
    first, before = heard[0], heard[-1]
    if said.units <= before.units:
        return "units"
    clip_ms, wall_ms = (said.at_us - first.at_us) / 1000, said.got_ms - first.got_ms
    is_odd = said.at_us <= before.at_us or clip_ms > wall_ms + AHEAD_MS or clip_ms < wall_ms - BEHIND_MS
    return "at_us" if is_odd else None
