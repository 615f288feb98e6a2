"""What a person does who is told what to do: after a moment, in their own way, and once more if it was not seen.

Between that they breathe, sway and blink as people do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from app.domain.liveness import Action
from bench.liveness_sim.face_motion import Face
from bench.liveness_sim.head import Stance

_TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)
_MOST_DEG = 55.0
"""Nobody who looks at a screen turns farther."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Of one person. Seconds, degrees, millimetres; ``*_s`` are lengths of the whole movement."""

    reaction_s: float = 0.5
    turn_s: float = 2.0
    turn_deg: float = 38.0
    nod_s: float = 1.5
    nod_deg: float = 24.0
    mouth_s: float = 1.5
    mouth_mm: float = 40.0
    blink_s: float = 0.30
    own_blinks_s: float = 4.0
    """Between the blinks that nobody asked for."""
    sway_px: float = 2.0
    sway_deg: float = 0.8
    again_s: float = 0.6
    """Who is still asked after so long does it once more, and stronger."""


def habits_of(seed: int) -> Habits:
    """Some person's."""
    made = np.random.default_rng(seed)
    return Habits(
        reaction_s=float(made.uniform(0.3, 0.9)),
        turn_s=float(made.uniform(1.6, 2.8)),
        turn_deg=float(made.uniform(33, 37)),
        nod_s=float(made.uniform(1.1, 1.9)),
        nod_deg=float(made.uniform(20, 30)),
        mouth_s=float(made.uniform(1.1, 1.9)),
        mouth_mm=float(made.uniform(36, 46)),
        blink_s=float(made.uniform(0.24, 0.42)),
        own_blinks_s=float(made.uniform(2.8, 6.0)),
        sway_px=float(made.uniform(0.5, 3.0)),
        sway_deg=float(made.uniform(0.3, 1.2)),
    )


class Performer:
    """One person in one take. ``tell`` what is asked, then ask for ``stance`` at times that only grow."""

    def __init__(self, habits: Habits | None = None, place: Stance | None = None, seed: int = 1) -> None:
        self.habits = habits or Habits()
        self._place = place or Stance()
        self._made = np.random.default_rng(seed)
        self._phases = self._made.uniform(0, 2 * math.pi, 5)
        self._action: Action | None = None
        self._from_s = 0.0
        self._force = 1.0
        self._is_guided = False
        self._enough: tuple[float, float] | None = None
        """When it was said that a turn goes far enough, and how far it was then."""
        self._blink_s = self.habits.own_blinks_s * float(self._made.uniform(0.3, 1.0))

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        """What the screen asks for now; telling the same again changes nothing. ``is_enough``: what its arc shows of a
        turn; with None the person sees none, and turns as far as they think fit."""
        if action is not self._action:
            self._action, self._from_s, self._force = action, at_s + self.habits.reaction_s, 1.0
            self._enough = None
        self._is_guided = is_enough is not None
        if is_enough and self._enough is None:
            self._enough = (at_s, self._turned_deg(at_s))

    def lasts_s(self, action: Action) -> float:
        habits = self.habits
        match action:
            case Action.BLINK:
                return habits.blink_s
            case Action.MOUTH_OPEN:
                return habits.mouth_s
            case Action.NOD:
                return habits.nod_s
            case Action.TURN_LEFT | Action.TURN_RIGHT:
                return habits.turn_s

    def stance(self, at_s: float) -> Stance:
        """How the person holds at this second."""
        stance = self._idle(at_s)
        if self._action is None:
            return self._own_blink(stance, at_s)
        if self._is_guided and self._action in _TURNS:
            side = 1 if self._action is Action.TURN_LEFT else -1
            return replace(stance, yaw_deg=stance.yaw_deg + side * self._turned_deg(at_s))
        lasts_s = self.lasts_s(self._action)
        if at_s > self._from_s + lasts_s + self.habits.again_s:
            self._from_s, self._force = at_s, min(1.3, self._force * 1.25)
        share = (at_s - self._from_s) / lasts_s
        if not 0 < share < 1:
            return stance
        return _done(stance, self._action, _held(share), self.habits, self._force)

    def _turned_deg(self, at_s: float) -> float:
        """Of a turn that is guided: steadily out until it is enough, and back."""
        habits = self.habits
        if self._enough is not None:
            since_s, from_deg = self._enough
            share = min(1.0, max(0.0, at_s - since_s - 0.15) / (0.36 * habits.turn_s))
            return from_deg * (0.5 + 0.5 * math.cos(math.pi * share))
        rate = habits.turn_deg / (0.45 * habits.turn_s)
        return min(_MOST_DEG, max(0.0, at_s - self._from_s) * rate)

    def _idle(self, at_s: float) -> Stance:
        place, habits = self._place, self.habits
        one, two, three, four, five = (
            math.sin(rate * at_s + float(phase))
            for rate, phase in zip((0.9, 0.6, 1.3, 0.75, 0.5), self._phases, strict=True)
        )
        return replace(
            place,
            x_px=place.x_px + habits.sway_px * one,
            y_px=place.y_px + habits.sway_px * 0.6 * two,
            yaw_deg=place.yaw_deg + habits.sway_deg * three,
            pitch_deg=place.pitch_deg + habits.sway_deg * 0.7 * four,
            roll_deg=place.roll_deg + habits.sway_deg * 0.5 * five,
        )

    def _own_blink(self, stance: Stance, at_s: float) -> Stance:
        share = (at_s - self._blink_s) / self.habits.blink_s
        if share > 1:
            self._blink_s = at_s + self.habits.own_blinks_s * float(self._made.uniform(0.6, 1.4))
        return _done(stance, Action.BLINK, _held(share), self.habits, 1.0) if 0 < share < 1 else stance


def _held(share: float) -> float:
    """Up, a moment there, and back: 0 … 1 … 0."""
    way = min(1.0, share / 0.36, (1 - share) / 0.36)
    return 0.5 - 0.5 * math.cos(math.pi * way)


def _done(stance: Stance, action: Action, much: float, habits: Habits, force: float) -> Stance:
    match action:
        case Action.BLINK:
            return replace(stance, face=Face(min(1.0, much * 1.3), stance.face.mouth_mm))
        case Action.MOUTH_OPEN:
            return replace(stance, face=Face(stance.face.lids, habits.mouth_mm * much * force))
        case Action.NOD:
            return replace(stance, pitch_deg=stance.pitch_deg + habits.nod_deg * much * force)
        case Action.TURN_LEFT:
            return replace(stance, yaw_deg=stance.yaw_deg + habits.turn_deg * much * force)
        case Action.TURN_RIGHT:
            return replace(stance, yaw_deg=stance.yaw_deg - habits.turn_deg * much * force)
