"""The program's side of a face check: takes frames, says how far it has come, packs and seals.

``Honest`` is a program that guides a person and says what it sees. ``Hostile`` says what it likes: it claims that
each action was carried out a while after it was asked for, which is the most that one can do who knows the protocol.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.flash import GREY, WHOLE_MS, Colour, shown_at
from app.domain.liveness import Abort, Action, OrderKind, Phase, Stage
from app.liveness.analysis import Analyser, Mesh
from app.liveness.attempt import Attempt
from app.liveness.chain import ClipChain
from app.liveness.judgement import Ordered
from app.liveness.package import Challenge, Device, Manifest, Package, Said, StepNote, TrackFrame, Unit, digest, packed
from app.liveness.policy import POLICY
from bench.liveness_sim.coding import Bgr, ClipEncoder
from bench.liveness_sim.scene import Camera

ANSWER_MS, PAINT_MS = 90.0, 40.0
"""From a message to its answer; from an order of colours to the first grey on the screen."""
ASIDE_MS = 400.0
"""After the flash the window waits for what the camera still has to see."""
LONGEST_S = 75.0
TAKES_S = 2.3
"""What a hostile program claims of an action before the next is asked for."""


class Subject(Protocol):
    """What is before the camera, or instead of it."""

    camera: Camera

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        """What the screen asks for, and whether its arc says that a turn goes far enough; None: nobody looks at it."""

    def frame(self, at_s: float, shown: Callable[[float], Colour]) -> Bgr:
        """``shown``: what the screen shows at a second, until now."""


Ask = Callable[[Said, bytes], Ordered]
"""Sends a message; the public key goes with the first."""


@dataclass
class Recording:
    """A clip while it grows, and what was said of it."""

    challenge: Challenge
    chain: ClipChain
    units: list[Unit] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    steps: list[StepNote] = field(default_factory=list)
    track: list[TrackFrame] = field(default_factory=list)
    orders: list[tuple[Ordered, float]] = field(default_factory=list)
    """With the second at which each is on the screen."""
    flash_s: float | None = None
    abort: Abort | None = None
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def shown(self, at_s: float) -> Colour:
        """On the screen."""
        colours = self.orders[-1][0].colours if self.orders else ()
        if self.flash_s is None:
            return GREY
        for order, _ in self.orders:
            colours = order.colours or colours
        return shown_at(colours, (at_s - self.flash_s) * 1000)

    def packed(self, camera: Camera, *, is_virtual: bool = False) -> Package:
        """Signed, not sealed yet."""
        manifest = Manifest(
            session_id=self.challenge.session_id,
            nonce=self.challenge.nonce,
            path=self.challenge.path,
            policy_version=self.challenge.policy_version,
            width_px=camera.width_px,
            height_px=camera.height_px,
            units=len(self.units),
            link=self.chain.link,
            track_sha256=digest(self.track),
            stills_sha256=digest([]),
            said=tuple(self.said),
            steps=tuple(self.steps),
            flash_us=None if self.flash_s is None else round(self.flash_s * 1e6),
            device=Device(name="bench", rate_fps=camera.fps, is_virtual=is_virtual),
        )
        return packed(manifest, self.key, self.units, self.track, [])


class Program(ABC):
    """One attempt: frame after frame, until it is sealed or comes to nothing."""

    preset = "veryfast"
    """Of the encoder."""

    def __init__(self, challenge: Challenge, ask: Ask, seed: int) -> None:
        self.recording = Recording(challenge, ClipChain(challenge.session_id, challenge.nonce))
        self._ask = ask
        self.now_s: Callable[[], float] | None = None
        """A clock that the frames keep to, when the other side has one too; seconds since the first frame."""
        self._made = np.random.default_rng(seed)
        self._waiting: tuple[Ordered, float] | None = None

    def run(self, subject: Subject) -> Recording:
        """Until it is over. ``recording.abort`` says why when it came to nothing."""
        camera, recording = subject.camera, self.recording
        encoder = ClipEncoder(camera.width_px, camera.height_px, camera.fps, preset=self.preset)
        number = 0
        while not self._is_over():
            at_s = self._next_s(number, camera)
            at_us = round(at_s * 1e6)
            number += 1
            if recording.units and at_us <= recording.units[-1].at_us:
                continue
            if at_s > LONGEST_S:
                recording.abort = Abort.TOO_LONG
                break
            if self._waiting is not None and at_s >= self._waiting[1]:
                self._take(subject, *self._waiting)
                self._waiting = None
            bgr = subject.frame(at_s, recording.shown)
            unit = encoder.encode(bgr, at_us)
            recording.units.append(unit)
            recording.chain.add(unit.at_us, unit.data)
            if self._look(bgr, at_s, subject) and self._waiting is None:
                self._say(at_us)
        return recording

    def _next_s(self, number: int, camera: Camera) -> float:
        at_s = max(0.0, number / camera.fps + float(self._made.normal(0, camera.jitter_ms / 1000)))
        if self.now_s is None:
            return at_s
        while (late_s := self.now_s()) < at_s:
            time.sleep(at_s - late_s)
        # Who is too slow drops frames.
        return max(at_s, late_s)

    def _say(self, at_us: int) -> None:
        recording = self.recording
        said = Said(len(recording.said), len(recording.units), at_us, recording.chain.link)
        recording.said.append(said)
        order = self._ask(said, recording.public_key if said.number == 0 else b"")
        self._waiting = (order, (at_us / 1000 + ANSWER_MS) / 1000)

    def _take(self, subject: Subject, order: Ordered, at_s: float) -> None:
        self.recording.orders.append((order, at_s))
        subject.tell(order.action, at_s)
        if order.kind is OrderKind.FLASH:
            self.recording.flash_s = at_s + PAINT_MS / 1000
        self._took(order, at_s)

    @abstractmethod
    def _is_over(self) -> bool: ...

    @abstractmethod
    def _look(self, bgr: Bgr, at_s: float, subject: Subject) -> bool:
        """The frame; True when it is time for the next message."""

    @abstractmethod
    def _took(self, order: Ordered, at_s: float) -> None: ...


class Honest(Program):
    """Sees with the same analysis as the service."""

    def __init__(self, challenge: Challenge, ask: Ask, mesh: Mesh, fps: float, seed: int = 1) -> None:
        super().__init__(challenge, ask, seed)
        self._analyser = Analyser(mesh)
        self.attempt = Attempt(1000 / fps, POLICY)
        self._since_s = 0.0

    def _is_over(self) -> bool:
        return self.attempt.is_over

    def _look(self, bgr: Bgr, at_s: float, subject: Subject) -> bool:
        seen = self._analyser.see(bgr, at_s * 1000)
        steps, had_neutral = len(self.attempt.steps), self.attempt.neutral is not None
        phase = self.attempt.status.phase
        status = self.attempt.feed(seen.frame)
        if status.phase is Phase.ABORTED:
            self.recording.abort = status.abort
        if len(self.attempt.steps) > steps:
            step = self.attempt.steps[-1]
            self.recording.steps.append(StepNote(step.action, round(step.from_ms * 1000), round(step.until_ms * 1000)))
            subject.tell(None, at_s)
            return True
        if status.phase is Phase.ACTION and status.progress is not None and self.recording.orders:
            is_enough = status.progress.stage is Stage.RETURNING
            subject.tell(self.recording.orders[-1][0].action, at_s, is_enough=is_enough)
        return status.phase is Phase.WAIT and (not had_neutral or phase is Phase.FLASH)

    def _took(self, order: Ordered, at_s: float) -> None:
        match order.kind:
            case OrderKind.ACTION if order.action is not None:
                self.attempt.ask(order.action, at_s * 1000)
            case OrderKind.FLASH:
                self.attempt.flash(order.colours, (self.recording.flash_s or at_s) * 1000)
            case _:
                self.attempt.seal(at_s * 1000)


class Hostile(Program):
    """Looks at nothing. ``begins_s``: when the first message goes; ``takes_s``: claimed of each action."""

    preset = "ultrafast"

    def __init__(
        self, challenge: Challenge, ask: Ask, seed: int = 1, begins_s: float = 1.4, takes_s: float = TAKES_S
    ) -> None:
        super().__init__(challenge, ask, seed)
        self._due_s: float | None = begins_s
        self._takes_s = takes_s
        self._end_s: float | None = None
        self._now_s = 0.0

    def _is_over(self) -> bool:
        return self._end_s is not None and self._now_s > self._end_s

    def _look(self, bgr: Bgr, at_s: float, subject: Subject) -> bool:
        self._now_s = at_s
        if self._due_s is None or at_s < self._due_s:
            return False
        self._due_s = None
        if self.recording.orders and (done := self.recording.orders[-1]) and done[0].action is not None:
            self.recording.steps.append(StepNote(done[0].action, round(done[1] * 1e6), round(at_s * 1e6)))
            subject.tell(None, at_s)
        return True

    def _took(self, order: Ordered, at_s: float) -> None:
        match order.kind:
            case OrderKind.ACTION:
                self._due_s = at_s + self._takes_s
            case OrderKind.FLASH:
                self._due_s = at_s + (PAINT_MS + WHOLE_MS) / 1000 + 0.05
            case _:
                self._end_s = at_s + 0.7
