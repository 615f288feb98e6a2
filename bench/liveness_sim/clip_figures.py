"""What becomes of labelled clips: at the recognisers, and cut to sessions in whole face checks."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from app.domain.liveness import Action, Stage
from app.liveness.actions import Neutral, neutral_of, recogniser_for
from app.liveness.analysis import Mesh
from app.liveness.face import Motion
from bench.liveness_sim.attacks import Library, Light, Spliced
from bench.liveness_sim.clips import Segment, library_of, motions_of, parts_of, rest_of, segments_of
from bench.liveness_sim.desk import Desk
from bench.liveness_sim.trial import actions_right, hostile

Figures = dict[str, float | None]
_TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)


class ActionTally:
    """Blinks by precision and recall; the others by whether what was done was taken for it, and for nothing else."""

    def __init__(self) -> None:
        self.blink_true = self.blink_shown = self.blink_told = self.right = self.judged = self.wrong_side = 0

    def add(self, what: Action | None, told: set[Action]) -> bool:
        """``what`` was done once, or nothing. Whether it was told so."""
        self.blink_shown += what is Action.BLINK
        self.blink_told += Action.BLINK in told
        if what is Action.BLINK:
            self.blink_true += Action.BLINK in told
            return Action.BLINK in told
        if what in _TURNS:
            self.wrong_side += _TURNS[1 - _TURNS.index(what)] in told
        self.judged += 1
        # Who turns or nods may blink: that is told by precision.
        is_right = told - {Action.BLINK} == ({what} if what is not None else set())
        self.right += is_right
        return is_right

    def figures(self) -> Figures:
        return {
            "blink_precision": ratio(self.blink_true, self.blink_told),
            "blink_recall": ratio(self.blink_true, self.blink_shown),
            "action_accuracy": ratio(self.right, self.judged),
            "wrong_side_accepted": float(self.wrong_side) if self.judged else None,
        }


def told_of(motions: list[Motion], neutral: Neutral) -> set[Action]:
    """What the recognisers take for done in these frames, each for itself."""
    found = set()
    for action in Action:
        recogniser = recogniser_for(action, neutral)
        if any(recogniser.feed(motion).stage is Stage.DONE for motion in motions):
            found.add(action)
    return found


def figures_of(folder: Path, meshes: Callable[[], Mesh], sessions: int, seed: int = 1) -> Figures:
    """Of a folder of labelled clips. Raises ClipsError."""
    segments = segments_of(folder)
    parts = parts_of(segments, meshes)
    figures = recognised(segments, parts, meshes)
    libraries = [library_of(path, segments, part) for path, part in parts.items()]
    figures.update(cut_to_sessions([one for one in libraries if one is not None], meshes, sessions, seed))
    return figures


def recognised(
    segments: list[Segment], parts: dict[Path, tuple[int, int, int, int]], meshes: Callable[[], Mesh]
) -> Figures:
    """Each labelled part, from the rest of its file."""
    tally = ActionTally()
    unseen = 0
    seen = {one: motions_of(one, parts[one.path], meshes) for one in segments if one.path in parts}
    for segment in segments:
        rest = rest_of(segment.path, list(seen), seen) if segment in seen else []
        if not rest:
            unseen += 1
            print(f"clips: {segment.path.name}: no face", file=sys.stderr)
            continue
        told = told_of(seen[segment], neutral_of(rest))
        if not tally.add(segment.action, told):
            where = f"{segment.path.name} {segment.start_s:.1f}–{segment.end_s:.1f}"
            print(f"clips: {where} {segment.label}: taken for {sorted(told)}", file=sys.stderr)
    return {"segments": float(len(segments)), "segments_unseen": float(unseen), **tally.figures()}


def cut_to_sessions(libraries: list[Library], meshes: Callable[[], Mesh], sessions: int, seed: int) -> Figures:
    """Sessions of actions that the clips have, at least one of them a turn: lit anew, not lit, lit by a guess."""
    desk, made = Desk(meshes, seed), random.Random(seed)
    done = asked = 0
    outcomes: dict[Light, Counter[str]] = {light: Counter() for light in Light}
    for light in (Light.RIGHT, Light.NONE, Light.GUESSED):
        for number in range(sessions * len(libraries)):
            material = libraries[number % len(libraries)]
            turns = [one for one in _TURNS if one in material.actions]
            if not turns:
                continue
            others = [one for one in material.actions if one not in _TURNS]
            actions = [made.choice(turns), *made.sample(others, min(len(others), made.randint(1, 2)))]
            made.shuffle(actions)
            session = desk.begin(actions=tuple(actions))
            takes_s = max(material.actions[one].lasts_s for one in actions) + 0.35
            trial = hostile(desk, session, Spliced(material, light, seed + number), seed + number, takes_s=takes_s)
            outcomes[light][trial.outcome] += 1
            if light is Light.RIGHT:
                asked += len(actions)
                done += actions_right(desk, trial)
            print(f"clips: {light}: {trial.outcome}", file=sys.stderr, flush=True)
    unlit = outcomes[Light.NONE] + outcomes[Light.GUESSED]
    return {
        "actions_pass_ratio": ratio(done, asked),
        "relit_tried": float(outcomes[Light.RIGHT].total()),
        "relit_accepted": float(outcomes[Light.RIGHT]["live"]),
        "injection_tried": float(unlit.total()),
        "injection_accepted": float(unlit["live"]),
        "injection_review": float(unlit["review"]),
    }


def ratio(part: int, whole: int) -> float | None:
    """None of nothing."""
    return round(part / whole, 4) if whole else None
