"""What is held before a camera, or fed in instead of one, by somebody who is not the person.

Each is a Subject that a screen drives, like a person, and does its best: pictures are turned to the side that is asked,
cut-out eyes and mouths move, clips are cut to the order that is asked.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from app.domain.flash import GREY, PALETTE, WHOLE_MS, Colour, drawn, shown_at
from app.domain.liveness import Action, Stage
from app.liveness.actions import Neutral, Recogniser, neutral_of, recogniser_for
from app.liveness.analysis import Analyser, Mesh
from app.liveness.face import Motion
from bench.liveness_sim.face_motion import OPEN
from bench.liveness_sim.head import Bgr, Head, coded
from bench.liveness_sim.performer import Habits, Performer, habits_of
from bench.liveness_sim.portraits import linear
from bench.liveness_sim.scene import Camera, Room, Scene, lit_table
from bench.liveness_sim.shape import paper
from bench.liveness_sim.subjects import Living, head_of, place_of, someone, straight


class PhotoKind(StrEnum):
    STILL = "still"
    MOVED = "moved"
    """Held in the hand, shaken about."""
    ROTATED = "rotated"
    """Turned up to 70° to the side that is asked, or down."""
    BENT = "bent"
    """Round a cylinder, and turned."""
    CUT_OUT = "cut_out"
    """With living eyes and mouth behind holes, and turned; flat or bent."""


def photo(kind: PhotoKind, seed: int) -> Living:
    """Somebody's picture on paper, in the light of room and screen."""
    made = np.random.default_rng(seed)
    is_bent = kind is PhotoKind.BENT or (kind is PhotoKind.CUT_OUT and bool(made.integers(2)))
    bend_deg = float(made.uniform(30, 120)) if is_bent else 0.0
    head = Head(head_of(seed).portrait, shape=paper(bend_deg))
    habits = replace(
        quick(seed), turn_deg=float(made.uniform(45, 70)), nod_deg=float(made.uniform(25, 50)), sway_px=0.3,
        sway_deg=0.1,
    )  # fmt: skip
    if kind is PhotoKind.MOVED:
        habits = replace(habits, sway_px=float(made.uniform(5, 25)), sway_deg=float(made.uniform(2, 8)))
    room = Room(screen_ratio=float(made.uniform(0.05, 0.4)), lag_ms=float(made.uniform(70, 180)))
    scene = Scene(head, Camera(fps=25.0), room, seed)
    if kind in (PhotoKind.STILL, PhotoKind.MOVED):
        return _Unmoved(scene, Performer(habits, place_of(seed), seed))
    if kind is PhotoKind.CUT_OUT:
        return Living(scene, Performer(habits, place_of(seed), seed))
    return _Printed(scene, Performer(habits, place_of(seed), seed))


def quick(seed: int) -> Habits:
    """Of somebody who has practised: all is over within the time that is claimed."""
    return replace(habits_of(seed), reaction_s=0.25, turn_s=1.7, nod_s=1.3, mouth_s=1.4, own_blinks_s=99.0)


class _Printed(Living):
    """A picture whose eyes and mouth are printed."""

    def frame(self, at_s: float, shown: Callable[[float], Colour]) -> Bgr:
        stance = replace(self.performer.stance(at_s), face=OPEN)
        return self.scene.picture(stance, shown(at_s - self.scene.room.lag_ms / 1000), at_s)


class _Unmoved(_Printed):
    """And that nobody turns."""

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        """Nothing is done about it."""


# ---- clips ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Take:
    """Frames with their seconds, from 0 on; JPEGs, since a library is large."""

    times_s: tuple[float, ...]
    jpegs: tuple[bytes, ...]

    @property
    def lasts_s(self) -> float:
        return self.times_s[-1]

    def at(self, at_s: float) -> Bgr:
        """The frame of this second; the last one stays."""
        index = max(0, bisect.bisect_right(self.times_s, at_s) - 1)
        return np.asarray(cv2.imdecode(np.frombuffer(self.jpegs[index], np.uint8), cv2.IMREAD_COLOR), np.uint8)


def take_of(frames: Iterator[tuple[float, Bgr]]) -> Take:
    """Of seconds and pictures."""
    times, jpegs = [], []
    for at_s, bgr in frames:
        _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 94])
        times.append(at_s)
        jpegs.append(jpeg.tobytes())
    return Take(tuple(times), tuple(jpegs))


@dataclass(frozen=True, slots=True)
class Library:
    """What an attacker has of a person: each action, rest, and an answer to the colours of another time."""

    camera: Camera
    rest: Take
    actions: dict[Action, Take]
    flash: Take


REST_S = 2.4
_TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)


class Watcher:
    """Says when one action has gone far enough, as the program's arc does. The first frames are the neutral ones."""

    def __init__(self, meshes: Callable[[], Mesh], action: Action | None, rest_s: float = 0.2) -> None:
        self._mesh = meshes()
        self._analyser = Analyser(self._mesh)
        self._action, self._rest_s = action, rest_s
        self._rest: list[Motion] = []
        self._recogniser: Recogniser | None = None
        self.motions: list[Motion] = []

    @property
    def neutral(self) -> Neutral | None:
        return self._recogniser.neutral if self._recogniser is not None else None

    def is_enough(self, bgr: Bgr, at_s: float) -> bool:
        """After this frame."""
        motion = self._analyser.see(bgr, at_s * 1000).frame.motion
        if motion is None:
            return False
        self.motions.append(motion)
        if at_s < self._rest_s:
            self._rest.append(motion)
            return False
        if self._recogniser is None:
            self._recogniser = recogniser_for(self._action or Action.BLINK, neutral_of(self._rest or [motion]))
        return self._recogniser.feed(motion).stage in (Stage.RETURNING, Stage.DONE)

    def close(self) -> None:
        self._mesh.close()


def library(seed: int, meshes: Callable[[], Mesh]) -> Library:
    """Of one rendered person, who sits in one place and turned as far as a program asked for."""
    camera = Camera(fps=25.0, noise=2.0)
    who = someone(seed, camera, replace(someone(seed).scene.room, side=0.0))
    old = drawn(lambda choices: choices[int(np.random.default_rng(seed).integers(len(choices)))])
    step_s = 1 / camera.fps
    habits, place = quick(seed), straight(who.scene.head, seed)

    def played(action: Action | None, lasts_s: float, colours: tuple[Colour, ...] = ()) -> Iterator[tuple[float, Bgr]]:
        performer = Performer(replace(habits, sway_px=0.5), place, seed)
        performer.tell(action, 0.0, is_enough=False)
        watcher = Watcher(meshes, action) if action in _TURNS else None
        for number in range(round(lasts_s / step_s)):
            at_s = number * step_s
            colour = shown_at(colours, (at_s - 0.12) * 1000) if colours else GREY
            bgr = who.scene.picture(performer.stance(at_s), colour, at_s)
            if watcher is not None and watcher.is_enough(bgr, at_s):
                performer.tell(action, at_s, is_enough=True)
            yield at_s, bgr
        if watcher is not None:
            watcher.close()

    actions = {
        action: take_of(played(action, habits.reaction_s + Performer(habits).lasts_s(action) + 0.15))
        for action in Action
    }
    return Library(camera, take_of(played(None, REST_S)), actions, take_of(played(None, WHOLE_MS / 1000 + 0.6, old)))


class Light(StrEnum):
    """What an injected clip does about the colours."""

    NONE = "none"
    OLD = "old"
    """Shows the answer to another session's."""
    GUESSED = "guessed"
    """Is lit anew with a sequence drawn by chance."""
    RIGHT = "right"
    """Is lit anew with the right one: what no check of the light can tell from a person."""


class Spliced:
    """Clips cut to what is asked, fed in with times as even as a clock's."""

    def __init__(self, material: Library, light: Light, seed: int, strength: float = 0.25) -> None:
        self.camera = replace(material.camera, jitter_ms=0.0)
        self._material, self._light, self._strength = material, light, strength
        self._made = np.random.default_rng(seed)
        self._action: Action | None = None
        self._from_s = 0.0
        self._flash_s: float | None = None
        self._guess = drawn(lambda choices: choices[int(self._made.integers(len(choices)))])

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        if action is not self._action:
            self._action, self._from_s = action, at_s + 0.15

    def frame(self, at_s: float, shown: Callable[[float], Colour]) -> Bgr:
        if self._flash_s is None and shown(at_s) in PALETTE:
            self._flash_s = at_s - 0.6
        if (
            self._light is Light.OLD
            and self._flash_s is not None
            and at_s - self._flash_s < self._material.flash.lasts_s
        ):
            return self._material.flash.at(at_s - self._flash_s)
        bgr = self._cut(at_s)
        match self._light:
            case Light.RIGHT:
                return self._relit(bgr, shown(at_s - 0.12))
            case Light.GUESSED if self._flash_s is not None:
                return self._relit(bgr, shown_at(self._guess, (at_s - self._flash_s - 0.12) * 1000))
            case _:
                return bgr

    def _cut(self, at_s: float) -> Bgr:
        if self._action is not None and at_s >= self._from_s:
            take = self._material.actions[self._action]
            if at_s - self._from_s < take.lasts_s:
                return take.at(at_s - self._from_s)
        rest = self._material.rest
        # There and back again, so that nothing jumps.
        share = (at_s / rest.lasts_s) % 2
        return rest.at((share if share < 1 else 2 - share) * rest.lasts_s)

    def _relit(self, bgr: Bgr, colour: Colour) -> Bgr:
        tables = [lit_table(1 + self._strength * ((value / 255) ** 2.2 - (160 / 255) ** 2.2)) for value in colour[::-1]]
        return np.asarray(cv2.LUT(bgr, np.ascontiguousarray(np.stack(tables, axis=1)[None])), np.uint8)


class OnScreen:
    """A clip that is played on a tablet before the camera: its grid beats with the sensor's, its glass mirrors a little
    of the room's screen."""

    def __init__(self, played: Spliced, seed: int) -> None:
        self.camera = replace(played.camera, jitter_ms=1.2)
        self._played = played
        made = np.random.default_rng(seed)
        self._scene = Scene(head_of(seed), self.camera, Room(), seed)
        y, x = np.mgrid[0 : self.camera.height_px, 0 : self.camera.width_px]
        angle, period_px = float(made.uniform(0, 0.4)), float(made.uniform(5, 16))
        wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period_px)
        self._moire = (1 + float(made.uniform(0.02, 0.06)) * wave)[..., None].astype(np.float32)
        # Of the light of the screen on the glass so much comes back from all of it: 0.4 % from a clear one, 1.5 %
        # from a matte one. Skin gives back thirty times as much.
        self._mirrored = float(made.uniform(0.004, 0.015)) * float(made.uniform(0.10, 0.40))

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        self._played.tell(action, at_s)

    def frame(self, at_s: float, shown: Callable[[float], Colour]) -> Bgr:
        light = linear(self._played.frame(at_s, shown)) * self._moire
        light += self._mirrored * (np.array(shown(at_s - 0.12)[::-1], np.float32) / 255) ** 2.2
        return self._scene.taken(coded(light), at_s)


class Rerun:
    """A whole session of another time, from its first frame on, whatever is asked now."""

    def __init__(self, take: Take, camera: Camera) -> None:
        self.camera = replace(camera, jitter_ms=0.0)
        self._take = take

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        """The clip goes on as it is."""

    def frame(self, at_s: float, shown: Callable[[float], Colour]) -> Bgr:
        return self._take.at(at_s)
