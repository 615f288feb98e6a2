"""Whole face checks in one process: perform, encode, chain, pack, seal, open, check, decode, judge."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.liveness import Abort, Stage
from app.liveness.actions import neutral_of, recogniser_for
from app.liveness.analysis import Analyser
from app.liveness.attempt import Attempt
from app.liveness.package import sealed
from app.liveness.verdict import Judgement, Verdict
from bench.liveness_sim.client import TAKES_S, Honest, Hostile, Recording, Subject
from bench.liveness_sim.coding import decoded
from bench.liveness_sim.desk import Desk, Session


@dataclass(frozen=True, slots=True)
class Trial:
    """``judgement`` None: the program ended the attempt itself (``abort``), so that nothing was sent."""

    session: Session
    recording: Recording
    judgement: Judgement | None = None
    abort: Abort | None = None
    attempt: Attempt | None = None

    @property
    def is_accepted(self) -> bool:
        return self.judgement is not None and self.judgement.verdict is Verdict.LIVE

    @property
    def outcome(self) -> str:
        """In a word."""
        if self.judgement is None:
            return f"abort:{self.abort}"
        return ":".join(str(one) for one in (self.judgement.verdict, self.judgement.retry) if one is not None)


def honest(desk: Desk, session: Session, subject: Subject, seed: int, *, is_virtual: bool = False) -> Trial:
    """With a program that guides and sees."""
    mesh = desk.meshes()
    program = Honest(
        session.challenge, lambda said, key: desk.progress(session, said, key), mesh, subject.camera.fps, seed
    )
    try:
        recording = program.run(subject)
    finally:
        mesh.close()
    if recording.abort is not None:
        return Trial(session, recording, abort=recording.abort, attempt=program.attempt)
    judgement = sent(desk, session, recording, subject, is_virtual=is_virtual)
    return Trial(session, recording, judgement, attempt=program.attempt)


def hostile(
    desk: Desk, session: Session, subject: Subject, seed: int, *, is_virtual: bool = False, takes_s: float = TAKES_S
) -> Trial:
    """With a program that claims what it likes."""
    program = Hostile(session.challenge, lambda said, key: desk.progress(session, said, key), seed, takes_s=takes_s)
    recording = program.run(subject)
    return Trial(session, recording, sent(desk, session, recording, subject, is_virtual=is_virtual))


def actions_right(desk: Desk, trial: Trial) -> int:
    """How many of the asked actions the recognisers find in the clip, as it was encoded, each in its time: without
    what else an attempt asks of a picture (light, place, sharpness)."""
    recording = trial.recording
    if not recording.said:
        return 0
    analyser = Analyser(mesh := desk.meshes())
    seen = [analyser.see(bgr, at_ms).frame.motion for at_ms, bgr in decoded(recording.units)]
    mesh.close()
    motions = [motion for motion in seen if motion is not None]
    times_ms = [said.at_us / 1000 for said in recording.said]
    rest = [motion for motion in motions if times_ms[0] - _REST_MS <= motion.at_ms <= times_ms[0]]
    if not rest:
        return 0
    neutral, right = neutral_of(rest), 0
    for order, since_ms, until_ms in zip(trial.session.orders, times_ms, times_ms[1:], strict=False):
        if order.action is None:
            continue
        recogniser = recogniser_for(order.action, neutral)
        within = [motion for motion in motions if since_ms <= motion.at_ms <= until_ms + _LATE_MS]
        right += any(recogniser.feed(motion).stage is Stage.DONE for motion in within)
    return right


_REST_MS, _LATE_MS = 800.0, 400.0


def sent(
    desk: Desk, session: Session, recording: Recording, subject: Subject, *, is_virtual: bool = False
) -> Judgement:
    """Packed, sealed, and what is decided of it."""
    package = recording.packed(subject.camera, is_virtual=is_virtual)
    return desk.receive(session, sealed(package, session.challenge.session_id, session.challenge.seal_key))
