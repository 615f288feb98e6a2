"""Who is before the camera: a living person, or a stand-in that a screen drives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.domain.flash import Colour
from app.domain.liveness import Action
from bench.liveness_sim.face_motion import Face
from bench.liveness_sim.head import Bgr, Head, Stance
from bench.liveness_sim.performer import Habits, Performer, habits_of
from bench.liveness_sim.portraits import names, portrait
from bench.liveness_sim.scene import Camera, Room, Scene
from bench.liveness_sim.shape import Build


class Living:
    """A person who does what is asked, in the light of the screen."""

    def __init__(self, scene: Scene, performer: Performer) -> None:
        self.scene, self.performer = scene, performer
        self.camera = scene.camera

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        self.performer.tell(action, at_s, is_enough=is_enough)

    def frame(self, at_s: float, shown: Callable[[float], Colour]) -> Bgr:
        screen = shown(at_s - self.scene.room.lag_ms / 1000)
        return self.scene.picture(self.performer.stance(at_s), screen, at_s)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person sees on the screen: its colour, as a mean of what lights them, and what it asks for."""

    colour: Colour
    action: Action | None = None
    is_enough: bool | None = None
    """What the arc shows of a turn: True when it says to turn back; None when nobody looks at it."""


class LiveCamera:
    """A camera whose person looks at a real screen. ``seen`` says what is there now; any one thread."""

    def __init__(self, seen: Callable[[], Seen], person: Living | None = None, *, lag_s: float = 0.0) -> None:
        """``lag_s``: besides what the way over the real screen takes."""
        self._seen = seen
        self._person = person or usual()
        self._lag_s = lag_s
        self._history: list[tuple[float, Colour]] = []

    def frame(self, at_s: float) -> Bgr:
        """BGR at this second of any clock that only goes forward."""
        now = self._seen()
        self._person.tell(now.action, at_s, is_enough=now.is_enough)
        self._history.append((at_s, now.colour))
        while len(self._history) > 1 and self._history[1][0] <= at_s - self._lag_s:
            self._history.pop(0)
        colour = self._history[0][1]
        return self._person.scene.picture(self._person.performer.stance(at_s), colour, at_s)


def usual(camera: Camera | None = None, room: Room | None = None) -> Living:
    """The person of the picture that is on every machine, in good light."""
    head = Head(portrait("astronaut"))
    scene = Scene(head, camera or Camera(), room or Room(), 1)
    return Living(scene, Performer(Habits(), Stance(px_per_mm=1.35, y_px=-8), 1))


def head_of(seed: int) -> Head:
    """One of the portraits on a head of its own."""
    made = np.random.default_rng(seed)
    there = names()
    face = portrait(there[seed % len(there)], is_mirrored=bool(made.integers(2)))
    build = Build(
        width_mm=float(made.uniform(84, 92)), depth_mm=float(made.uniform(84, 98)),
        nose_mm=float(made.uniform(18, 28)), brow_mm=float(made.uniform(3, 7)), chin_mm=float(made.uniform(5, 11)),
    )  # fmt: skip
    return Head(face, build)


def place_of(seed: int) -> Stance:
    """Where one sits who was told where to: in the middle, more or less."""
    made = np.random.default_rng(seed)
    return Stance(
        yaw_deg=float(made.uniform(-3, 3)), pitch_deg=float(made.uniform(-4, 2)), roll_deg=float(made.uniform(-4, 4)),
        x_px=float(made.uniform(-30, 30)), y_px=float(made.uniform(-15, 15)), px_per_mm=float(made.uniform(1.1, 1.5)),
        face=Face(),
    )  # fmt: skip


def someone(seed: int, camera: Camera | None = None, room: Room | None = None, habits: Habits | None = None) -> Living:
    """A person; the same seed is the same one."""
    made = np.random.default_rng(seed + 7)
    room = room or Room(
        light=float(made.uniform(0.7, 1.3)), side=float(made.uniform(-0.25, 0.25)),
        screen_ratio=float(made.uniform(0.10, 0.40)), lag_ms=float(made.uniform(70, 180)),
    )  # fmt: skip
    camera = camera or Camera(fps=float(made.choice((25.0, 30.0))), noise=float(made.uniform(1.0, 3.0)))
    head = head_of(seed)
    performer = Performer(habits or habits_of(seed), straight(head, seed), seed)
    return Living(Scene(head, camera, room, seed), performer)


def straight(head: Head, seed: int) -> Stance:
    """Looking straight ahead, however the portrait was taken."""
    place = place_of(seed)
    return replace(place, yaw_deg=place.yaw_deg - head.portrait.turned_deg)
