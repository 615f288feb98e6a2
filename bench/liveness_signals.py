"""Single signals of the face check: what a frame costs, actions, colours and guidance, each against a known truth."""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.flash import GREY, WHOLE_MS, Colour, drawn, shown_at
from app.domain.liveness import Action, Prompt
from app.liveness.actions import Neutral
from app.liveness.analysis import Analyser, Mesh
from app.liveness.attempt import Attempt
from app.liveness.colours import Skin, answer_of
from app.liveness.face import Motion
from app.liveness.guidance import Guide
from app.liveness.look import nobody
from bench.liveness_sim.attacks import Watcher
from bench.liveness_sim.clip_figures import ActionTally, ratio, told_of
from bench.liveness_sim.coding import ClipEncoder, decoded
from bench.liveness_sim.head import Head, Stance
from bench.liveness_sim.occluders import Occluder, worn
from bench.liveness_sim.performer import Performer, habits_of
from bench.liveness_sim.scene import Camera, Room, Scene
from bench.liveness_sim.subjects import head_of, place_of, someone, straight

Meshes = Callable[[], Mesh]
Figures = dict[str, float | None]
_TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)
_FPS = 25.0


# ---- what a frame costs --------------------------------------------------------------------------------


def frame_cost(meshes: Meshes, frames: int) -> Figures:
    """All signals of a frame of 640 × 480, as an attempt takes them: by the wall, and of the processor."""
    who = someone(1, Camera(fps=30.0))
    analyser, attempt = Analyser(mesh := meshes()), Attempt(1000 / 30)
    walls_ms, cpus_ms = [], []
    for number in range(frames):
        at_s = number / 30
        if number % 90 == 30:
            who.tell(list(Action)[number // 90 % len(Action)], at_s)
        bgr = who.frame(at_s, lambda at_s: GREY)
        wall_ns, cpu_ns = time.perf_counter_ns(), time.process_time_ns()
        attempt.feed(analyser.see(bgr, at_s * 1000).frame)
        walls_ms.append((time.perf_counter_ns() - wall_ns) / 1e6)
        cpus_ms.append((time.process_time_ns() - cpu_ns) / 1e6)
    mesh.close()
    # The first frames find the face; later ones follow it.
    walls_ms, cpus_ms = walls_ms[10:], cpus_ms[10:]
    return {
        "frame_p50_ms": round(float(np.percentile(walls_ms, 50)), 2),
        "frame_p95_ms": round(float(np.percentile(walls_ms, 95)), 2),
        "frame_cpu_p50_ms": round(float(np.percentile(cpus_ms, 50)), 2),
        "frame_cpu_p95_ms": round(float(np.percentile(cpus_ms, 95)), 2),
    }


# ---- actions -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One person doing one thing once, or nothing; ``neutral`` is from the second before."""

    what: Action | None
    neutral: Neutral
    motions: list[Motion]


def actions(meshes: Meshes, people: int) -> Figures:
    """Rendered people, each doing everything once, and nothing."""
    tally = ActionTally()
    for seed in range(people):
        for what in (None, *Action):
            shown = performed(meshes, seed, what)
            if shown is None:
                print(f"actions: person {seed}: no face at rest", file=sys.stderr)
                continue
            told = told_of(shown.motions, shown.neutral)
            if not tally.add(what, told):
                print(f"actions: person {seed}: {what} was taken for {sorted(told)}", file=sys.stderr)
    return tally.figures()


def performed(meshes: Meshes, seed: int, what: Action | None) -> Shown | None:
    """None when no face is found at rest."""
    camera = Camera(fps=_FPS)
    who = someone(seed, camera, habits=replace(habits_of(seed), reaction_s=1.1, own_blinks_s=99.0, again_s=99.0))
    watcher = Watcher(meshes, what, rest_s=1.0)
    lasts_s = 1.1 + (1.2 if what is None else who.performer.lasts_s(what) + 0.6)
    is_enough = False
    for number in range(round(lasts_s * _FPS)):
        at_s = number / _FPS
        who.tell(what, at_s, is_enough=is_enough)
        is_enough = watcher.is_enough(who.frame(at_s, lambda at_s: GREY), at_s) and what in _TURNS
    watcher.close()
    return Shown(what, watcher.neutral, watcher.motions) if watcher.neutral is not None else None


# ---- colours -------------------------------------------------------------------------------------------


def colours(meshes: Meshes, flashes: int, wrong: int) -> Figures:
    """Faces in the light of a screen that gives so little, after the clip was encoded and decoded; and how often one of
    ``wrong`` other sequences for each would have been taken for the answer."""
    figures: Figures = {}
    taken, tried = 0, 0
    for key, share in (("colour_true_2pct", 0.02), ("colour_true_4pct", 0.04)):
        found = []
        for seed in range(flashes):
            asked, skin = flashed(meshes, seed, share)
            answer = answer_of(skin, asked, 0.0)
            found.append(answer.follows())
            print(
                f"colours: {share:.0%} {seed}: {answer.correlation:.3f} {answer.share:.3f} at {answer.lag_ms:.0f} ms",
                file=sys.stderr,
            )
            for number in range(wrong):
                other = drawn(random.Random(1_000_003 * seed + number).choice)
                if other == asked:
                    continue
                tried += 1
                taken += answer_of(skin, other, 0.0).follows()
        figures[key] = ratio(sum(found), len(found))
    figures["wrong_code_ratio"] = round(taken / tried, 5) if tried else None
    return figures


def flashed(meshes: Meshes, seed: int, share: float) -> tuple[tuple[Colour, ...], list[Skin]]:
    """The colours, and the skin of somebody before them: ``share`` is the light of the all-white screen over the
    room's."""
    who = someone(seed, Camera(fps=30.0, noise=2.0))
    who.scene.room = replace(who.scene.room, screen_ratio=share)
    asked = drawn(random.Random(seed).choice)
    encoder = ClipEncoder(640, 480, 30.0)
    units = []
    for number in range(round((WHOLE_MS / 1000 + 0.4) * 30)):
        at_s = number / 30
        bgr = who.frame(at_s, lambda at_s: shown_at(asked, at_s * 1000))
        units.append(encoder.encode(bgr, round(at_s * 1e6)))
    analyser = Analyser(mesh := meshes())
    seen = [analyser.see(bgr, at_ms).frame.skin for at_ms, bgr in decoded(units)]
    mesh.close()
    return asked, [one for one in seen if one is not None]


# ---- guidance ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something to be told. ``prompts``: what may be said of it; empty: nothing."""

    name: str
    prompts: frozenset[Prompt]
    scene: Callable[[Head, random.Random], tuple[Head, Camera, Room]]
    stance: Callable[[Stance, random.Random], Stance] = lambda stance, made: stance
    has_other: bool = False
    has_face: bool = True


def _as_it_is(head: Head, made: random.Random) -> tuple[Head, Camera, Room]:
    return head, Camera(fps=12.0), Room(screen_ratio=0.2)


def _room(change: Callable[[random.Random], Room]) -> Callable[[Head, random.Random], tuple[Head, Camera, Room]]:
    return lambda head, made: (head, Camera(fps=12.0), change(made))


def _wearing(*which: Occluder) -> Callable[[Head, random.Random], tuple[Head, Camera, Room]]:
    return lambda head, made: (Head(worn(head.portrait, made.choice(which))), Camera(fps=12.0), Room(screen_ratio=0.2))


def _moved(made: random.Random, stance: Stance) -> Stance:
    side = made.choice((-1, 1))
    return replace(stance, x_px=side * made.uniform(95, 150), y_px=0.0, px_per_mm=1.05)


def _tilted(stance: Stance, roll_deg: float) -> Stance:
    """With the face still in the middle, although heads tilt on their necks."""
    aside_px = _NECK_MM * float(np.sin(np.radians(roll_deg))) * stance.px_per_mm
    return replace(stance, roll_deg=roll_deg, x_px=-aside_px)


_NECK_MM = 60.0
WRONGS = (
    Wrong("nothing", frozenset(), _as_it_is),
    Wrong("nobody", frozenset({Prompt.NO_FACE}), _as_it_is, has_face=False),
    Wrong("two", frozenset({Prompt.SECOND_FACE}), _as_it_is, has_other=True),
    Wrong("far", frozenset({Prompt.TOO_FAR}), _as_it_is, lambda st, r: replace(st, px_per_mm=r.uniform(0.5, 0.85))),
    Wrong(
        "close", frozenset({Prompt.TOO_CLOSE}), _as_it_is,
        lambda st, r: replace(st, px_per_mm=r.uniform(2.4, 2.8), y_px=0.0),
    ),
    Wrong("aside", frozenset({Prompt.OFF_CENTRE}), _as_it_is, lambda st, r: _moved(r, st)),
    Wrong(
        "dark", frozenset({Prompt.TOO_DARK, Prompt.DIM}),
        _room(lambda r: Room(light=r.uniform(0.03, 0.12), screen_ratio=0.0)),
    ),
    Wrong("bright", frozenset({Prompt.TOO_BRIGHT}), _room(lambda r: Room(light=r.uniform(4.5, 8.0)))),
    Wrong(
        "uneven", frozenset({Prompt.UNEVEN}),
        _room(lambda r: Room(side=r.choice((-1, 1)) * r.uniform(1.5, 2.2), screen_ratio=0.0)),
    ),
    Wrong(
        "blurred", frozenset({Prompt.BLURRED}),
        lambda head, r: (head, Camera(fps=12.0, blur_px=r.uniform(4.5, 8.0), noise=1.0), Room()),
    ),
    Wrong(
        "masked", frozenset({Prompt.MOUTH_COVERED}),
        _wearing(Occluder.BLUE_MASK, Occluder.WHITE_MASK, Occluder.BLACK_MASK),
    ),
    Wrong("glasses", frozenset({Prompt.EYES_COVERED}), _wearing(Occluder.SUNGLASSES)),
    Wrong(
        "tilted", frozenset({Prompt.TILTED}), _as_it_is,
        lambda st, r: _tilted(st, r.choice((-1, 1)) * r.uniform(20, 30)),
    ),
)  # fmt: skip


def guidance(meshes: Meshes, heads: int) -> Figures:
    """What is told after two seconds of each condition, for so many people in so many amounts."""
    right = judged = changes_too_fast = 0
    for wrong in WRONGS:
        for seed in range(heads):
            told = _told(meshes, wrong, seed)
            judged += 1
            last = told[-1][1]
            is_right = last in wrong.prompts if wrong.prompts else last is None
            right += is_right
            changes_too_fast += _is_restless(told)
            if not is_right:
                print(f"guidance: {wrong.name} {seed}: told {last}", file=sys.stderr)
    return {"guidance_accuracy": ratio(right, judged), "guidance_restless": float(changes_too_fast)}


def _told(meshes: Meshes, wrong: Wrong, seed: int) -> list[tuple[float, Prompt | None]]:
    made = random.Random(seed * 100 + len(wrong.name))
    head = head_of(seed)
    stance = wrong.stance(straight(head, seed), made)
    head, camera, room = wrong.scene(head, made)
    others = ((head_of(seed + 1), Stance(x_px=225.0, y_px=-40.0, px_per_mm=0.75)),) if wrong.has_other else ()
    if wrong.has_other:
        stance = replace(stance, x_px=-40.0, px_per_mm=1.15)
    scene = Scene(head, camera, room, seed, others)
    performer = Performer(replace(habits_of(seed), own_blinks_s=99.0), stance, seed)
    analyser, guide = Analyser(mesh := meshes()), Guide()
    told = []
    for number in range(round(2.4 * camera.fps)):
        at_s = number / camera.fps
        where = performer.stance(at_s) if wrong.has_face else replace(place_of(seed), x_px=5000.0)
        seen = analyser.see(scene.picture(where, GREY, at_s), at_s * 1000)
        look = seen.frame.look if seen.frame.look.has_face else nobody(at_s * 1000)
        told.append((at_s, guide.feed(look).prompt))
    mesh.close()
    return told


def _is_restless(told: Sequence[tuple[float, Prompt | None]]) -> bool:
    """Two changes within less than a second."""
    changes = [later[0] for earlier, later in itertools.pairwise(told) if later[1] is not earlier[1]]
    return any(later - earlier < 0.99 for earlier, later in itertools.pairwise(changes))
