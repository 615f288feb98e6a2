"""An attempt played without camera, landmarker or thread: a stick head, a picture of squares, a clock that is moved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.domain.flash import PALETTE, WHOLE_MS
from app.domain.liveness import Action, LivenessPath, OrderKind, Phase
from app.liveness.analysis import Found
from app.liveness.package import Challenge, Device, Expected, Manifest, Package, Said, checked, opened
from app.liveness.policy import VERSION
from app.ports import engine as port
from capture.frames import Array
from capture.liveness.run import Run, Surroundings
from tests.unit.liveness.stick import Stance, bump, points_of

E = TypeVar("E")
FRAME_MS = 1000 / 30
COLOURS = tuple(PALETTE[number % len(PALETTE)] for number in range(8))
_SQUARES = np.random.default_rng(5).normal(130, 40, (120, 160, 1)).clip(20, 235).astype(np.uint8).repeat(3, axis=2)


def picture(width_px: int = 640, height_px: int = 480) -> Array:
    return np.asarray(cv2.resize(_SQUARES, (width_px, height_px), interpolation=cv2.INTER_NEAREST), np.uint8)


class StickMesh:
    """Finds what it is told; ``stance`` None: nobody."""

    def __init__(self) -> None:
        self.stance: Stance | None = Stance()
        self.others: tuple[Any, ...] = ()
        self.looked = 0

    def find(self, bgr: Array) -> Found:
        self.looked += 1
        return Found(None if self.stance is None else points_of(self.stance), self.others)

    def close(self) -> None:
        self.stance = None


ACTED: dict[Action, Callable[[float], dict[str, float]]] = {
    Action.BLINK: lambda s: {"eyes": 1.0 - bump(s, 0.3, 0.4)},
    Action.MOUTH_OPEN: lambda s: {"mouth_mm": 2.0 + 45 * bump(s, 0.3, 1.6)},
    Action.TURN_LEFT: lambda s: {"yaw_deg": 38 * bump(s, 0.3, 1.6)},
    Action.TURN_RIGHT: lambda s: {"yaw_deg": -38 * bump(s, 0.3, 1.6)},
    Action.NOD: lambda s: {"pitch_deg": 25 * bump(s, 0.3, 1.4)},
}


class Stage:
    def __init__(self, path: LivenessPath = LivenessPath.FULL, *, min_size_px: int = 480) -> None:
        self.now_ms = 5_000.0
        self.mesh = StickMesh()
        self.events: list[Any] = []
        self.fixes: list[bool] = []
        self.fixed: tuple[bool | None, bool | None] = (True, None)
        self.seal = X25519PrivateKey.generate()
        self.challenge = Challenge(
            session_id="l1", nonce=bytes(range(32)), issued_ms=0, expires_s=180, path=path, actions=2, min_fps=15.0,
            min_size_px=min_size_px, policy_version=VERSION, seal_key_id="k",
            seal_key=self.seal.public_key().public_bytes_raw(),
        )  # fmt: skip
        self.bgr = picture()
        around = Surroundings(
            self.events.append, lambda: self.now_ms, self.fixes.append, lambda: self.fixed,
            lambda: Device(name="Cam", path="/dev/video0", platform="linux"),
        )  # fmt: skip
        self.run = Run(begin_of(self.challenge), self.mesh, around)

    def frames(self, seconds: float, change: Callable[[float], dict[str, float]] | None = None) -> None:
        """So many at 30 a second."""
        for number in range(round(seconds * 30)):
            if change is not None:
                self.mesh.stance = replace(Stance(), **change(number / 30))  # type: ignore[arg-type]  # of floats only
            self.frame()

    def frame(self, after_ms: float = FRAME_MS, **given: bool) -> None:
        self.now_ms += after_ms
        self.run.show(self.bgr, round(self.now_ms * 1000), **given)
        self.run.tick()

    def until(self, phase: Phase, most_s: float = 6.0) -> None:
        """Frames until it has come so far."""
        for _ in range(round(most_s * 30)):
            if self.run.status.phase is phase:
                return
            self.frame()
        raise AssertionError(f"it is {self.run.status}")

    def heard(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def last(self) -> port.LivenessChanged:
        return self.heard(port.LivenessChanged)[-1]

    def order(self, kind: OrderKind, **fields: Any) -> None:
        """The answer to what was said last."""
        number = self.heard(port.LivenessSaid)[-1].number
        self.run.order(port.OrderLiveness(number=number, kind=kind, **fields))

    def in_place(self) -> None:
        self.until(Phase.WAIT)

    def act(self, action: Action) -> None:
        self.order(OrderKind.ACTION, action=action)
        self.frames(2.6, ACTED[action])

    def flash(self) -> None:
        self.order(OrderKind.FLASH, colours=COLOURS)
        self.frames(0.2)
        self.run.flash_began(self.now_ms)
        self.frames(WHOLE_MS / 1000 + 0.2)

    def whole(self, actions: tuple[Action, ...] = (Action.TURN_LEFT, Action.BLINK)) -> None:
        """To the sealed package."""
        self.in_place()
        for action in actions:
            self.act(action)
        if self.challenge.path is not LivenessPath.NO_FLASH:
            self.flash()
        self.order(OrderKind.SEAL)
        self.until(Phase.FINISHED)

    def opened(self) -> Package:
        assert self.run.sealed is not None
        content = self.run.sealed.content
        [told] = self.heard(port.LivenessSealed)
        assert (told.size_bytes, told.sha256) == (len(content), hashlib.sha256(content).digest())
        return opened(content, "l1", self.seal)

    def checked(self, actions: tuple[Action, ...]) -> Manifest:
        """As the service does it, from what was said to it."""
        said = self.heard(port.LivenessSaid)
        expected = Expected(
            challenge=self.challenge, public_key=said[0].public_key, actions=actions,
            said=tuple(Said(one.number, one.units, one.at_us, one.link) for one in said),
            has_flash=self.challenge.path is not LivenessPath.NO_FLASH,
        )  # fmt: skip
        return checked(self.opened(), expected)


def begin_of(challenge: Challenge) -> port.BeginLiveness:
    return port.BeginLiveness(
        session_id=challenge.session_id, nonce=challenge.nonce, path=challenge.path, min_fps=challenge.min_fps,
        policy_version=challenge.policy_version, min_size_px=challenge.min_size_px, seal_key=challenge.seal_key,
    )  # fmt: skip
