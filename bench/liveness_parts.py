"""Whole face checks: living people, pictures of them, old and foreign clips, injected ones, altered packages."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache

from app.domain.liveness import Action
from app.liveness.package import sealed
from app.liveness.verdict import Judgement
from bench.liveness_sim.attacks import (
    Library,
    Light,
    OnScreen,
    PhotoKind,
    Rerun,
    Spliced,
    Take,
    library,
    photo,
    take_of,
)
from bench.liveness_sim.client import Recording, Subject
from bench.liveness_sim.coding import Bgr, decoded
from bench.liveness_sim.desk import Desk, MeshMaker, Session
from bench.liveness_sim.scene import Camera
from bench.liveness_sim.subjects import someone
from bench.liveness_sim.tampering import WAYS
from bench.liveness_sim.trial import Trial, actions_right, honest, hostile

Figures = dict[str, float | None]
_LIBRARIES = 5
_FIRST_ATTACKER = 1000


def live(meshes: MeshMaker, people: int) -> Figures:
    """People with an honest program, each once: what share is decided to be living."""
    desk = Desk(meshes, 1)
    outcomes: Counter[str] = Counter()
    for seed in range(people):
        trial = honest(desk, desk.begin(), someone(seed), seed)
        outcomes[trial.outcome] += 1
        _tell(f"live {seed}", trial)
    return {"live_tried": float(people), "live_pass_ratio": round(outcomes["live"] / people, 4) if people else None}


def photos(meshes: MeshMaker, count: int) -> Figures:
    """Every kind in turn, with a program that claims that each action was carried out."""
    desk = Desk(meshes, 2)
    trials = []
    for number in range(count):
        kind = list(PhotoKind)[number % len(PhotoKind)]
        seed = _FIRST_ATTACKER + number
        trials.append(hostile(desk, desk.begin(), photo(kind, seed), seed))
        _tell(f"photo {kind} {number}", trials[-1])
    return _counted("photo", trials)


def replays(meshes: MeshMaker, count: int) -> Figures:
    """Whole sessions of another time streamed anew, packages of other sessions, clips cut to the order that is asked
    with colours of another time, fed in and played on a tablet."""
    desk = Desk(meshes, 3)
    trials = [_replay(desk, number) for number in range(count)]
    return _counted("replay", trials)


def _replay(desk: Desk, number: int) -> Trial:
    seed = _FIRST_ATTACKER + number
    session, (old_session, old, take) = desk.begin(), _old(desk, number % _LIBRARIES)
    match number % 6:
        case 0:
            trial = hostile(desk, session, Rerun(take, Camera(fps=25.0)), seed)
        case 1:
            # What was sealed for the other session, as it is.
            package = old.packed(Camera(fps=25.0))
            content = sealed(package, old_session.challenge.session_id, session.challenge.seal_key)
            trial = Trial(session, old, _answered(desk, session, old, content))
        case 2:
            # The same under the name of this session; its nonce is the other's.
            content = sealed(old.packed(Camera(fps=25.0)), session.challenge.session_id, session.challenge.seal_key)
            trial = Trial(session, old, _answered(desk, session, old, content))
        case 3:
            trial = hostile(desk, session, Spliced(_library(number % _LIBRARIES, desk.meshes), Light.OLD, seed), seed)
        case 4:
            # Nothing but what the tablet's glass mirrors.
            played = Spliced(_library(number % _LIBRARIES, desk.meshes), Light.NONE, seed)
            trial = hostile(desk, session, OnScreen(played, seed), seed)
        case _:
            played = Spliced(_library(number % _LIBRARIES, desk.meshes), Light.OLD, seed)
            trial = hostile(desk, session, OnScreen(played, seed), seed)
    _tell(f"replay {number}", trial)
    return trial


def _answered(desk: Desk, session: Session, old: Recording, content: bytes) -> Judgement:
    """With the messages of the other session, since it is its clip."""
    for said in old.said:
        desk.progress(session, said, old.public_key)
        if said.number + 1 >= len(session.orders):
            break
    return desk.receive(session, content)


def injections(meshes: MeshMaker, count: int) -> Figures:
    """Clips cut to the order that is asked, fed in with even times, not lit anew or with guessed colours."""
    desk = Desk(meshes, 4)
    trials = []
    for number in range(count):
        seed = _FIRST_ATTACKER + number
        light = (Light.NONE, Light.GUESSED)[number % 2]
        subject = Spliced(_library(number % _LIBRARIES, desk.meshes), light, seed)
        trials.append(hostile(desk, desk.begin(), subject, seed, is_virtual=number % 4 < 2))
        _tell(f"injection {light} {number}", trials[-1])
    return _counted("injection", trials)


def relit(meshes: MeshMaker, count: int) -> Figures:
    """The same lit anew with the right colours: the share of actions that is found in them; and how many are accepted,
    which is a limit of the method."""
    desk = Desk(meshes, 5)
    done = asked = accepted = 0
    for number in range(count):
        seed = _FIRST_ATTACKER + number
        subject = Spliced(_library(number % _LIBRARIES, desk.meshes), Light.RIGHT, seed)
        trial = hostile(desk, desk.begin(), subject, seed)
        _tell(f"relit {number}", trial)
        done += actions_right(desk, trial)
        asked += sum(order.action is not None for order in trial.session.orders)
        accepted += trial.is_accepted
    return {
        "actions_pass_ratio": round(done / asked, 4) if asked else None,
        "relit_tried": float(count),
        "relit_accepted": float(accepted),
    }


def tampered(meshes: MeshMaker, count: int) -> Figures:
    """Of sessions that would pass, altered in every way in turn."""
    desk = Desk(meshes, 6)
    made = random.Random(6)
    accepted = tried = 0
    session, recording, subject = _passing(desk)
    package = recording.packed(subject.camera)
    for number in range(count):
        way = WAYS[number % len(WAYS)]
        content = way(made, package, recording, session.challenge)
        judgement = desk.receive(session, content)
        tried += 1
        is_accepted = judgement.retry is None
        accepted += is_accepted
        if is_accepted:
            print(f"tampered {way.__name__} {number}: {judgement.verdict}", file=sys.stderr)
    return {"tampered_tried": float(tried), "tampered_accepted": float(accepted)}


def _passing(desk: Desk) -> tuple[Session, Recording, Subject]:
    """A session that is accepted as it is: otherwise nothing would show."""
    for seed in range(5):
        subject, session = someone(seed), desk.begin(actions=(Action.TURN_LEFT, Action.BLINK))
        trial = honest(desk, session, subject, seed)
        if trial.is_accepted:
            return session, trial.recording, subject
    raise RuntimeError("no session passes")


@cache
def _library(number: int, meshes: MeshMaker) -> Library:
    return library(_FIRST_ATTACKER + number, meshes)


_OLD: dict[int, tuple[Session, Recording, Take]] = {}


def _old(desk: Desk, number: int) -> tuple[Session, Recording, Take]:
    """A session of another time that went well, of one of the people in the libraries."""
    if number not in _OLD:
        session = desk.begin()
        seed = _FIRST_ATTACKER + number
        camera = Camera(fps=25.0)
        subject = someone(seed, camera)
        trial = honest(desk, session, subject, seed)
        _tell(f"old {number}", trial)

        def frames() -> Iterator[tuple[float, Bgr]]:
            for at_ms, bgr in decoded(trial.recording.units):
                yield at_ms / 1000, bgr

        _OLD[number] = (session, trial.recording, take_of(frames()))
    return _OLD[number]


def _counted(what: str, trials: list[Trial]) -> Figures:
    outcomes = Counter(trial.outcome for trial in trials)
    print(f"{what}: {dict(outcomes)}", file=sys.stderr)
    return {
        f"{what}_tried": float(len(trials)),
        f"{what}_accepted": float(sum(trial.is_accepted for trial in trials)),
        f"{what}_review": float(outcomes["review"]),
    }


def _tell(name: str, trial: Trial) -> None:
    figures = trial.judgement.figures if trial.judgement else {}
    told = {
        key: round(value, 3)
        for key, value in figures.items()
        if key in ("depth_ratio", "correlation", "lag_ms", "light_share", "likeness")
    }
    orders = "+".join(str(order.action) for order in trial.session.orders if order.action is not None)
    print(f"{name}: {trial.outcome} {orders} {told}", file=sys.stderr, flush=True)
