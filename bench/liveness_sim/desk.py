"""The service's side of a face check without the service: draws, binds, opens, checks, decodes and judges.

What it does in one process the service does in several; the parts that decide are the product's own.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import av
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.domain.flash import drawn
from app.domain.liveness import Action, LivenessPath, OrderKind, Retry
from app.liveness.analysis import Mesh
from app.liveness.judgement import judge
from app.liveness.package import Challenge, Expected, Manifest, Package, PackageError, Said, checked, opened
from app.liveness.policy import POLICY, Policy
from app.liveness.verdict import Case, Judgement, Ordered, Verdict
from bench.liveness_sim.coding import decoded

MeshMaker = Callable[[], Mesh]
_TURNS = (Action.TURN_LEFT, Action.TURN_RIGHT)


@dataclass
class Session:
    """One challenge: its orders are drawn at its begin and told one at a time."""

    challenge: Challenge
    orders: tuple[Ordered, ...]
    """``after_ms`` is not known yet."""
    public_key: bytes = b""
    said: list[Said] = field(default_factory=list)


class Desk:
    """One service. ``seed`` makes what it draws repeatable."""

    def __init__(self, meshes: MeshMaker, seed: int, policy: Policy = POLICY) -> None:
        self.meshes, self._policy = meshes, policy
        self._made = random.Random(seed)
        self._key = X25519PrivateKey.generate()
        self._count = 0

    def begin(self, path: LivenessPath = LivenessPath.FULL, actions: tuple[Action, ...] | None = None) -> Session:
        """A session; ``actions``: not drawn, but these."""
        made = self._made
        self._count += 1
        if actions is None:
            others = [one for one in Action if one not in _TURNS]
            asked = [made.choice(_TURNS), *made.sample(others, made.randint(1, 2))]
            made.shuffle(asked)
            actions = () if path is LivenessPath.NO_ACTIONS else tuple(asked)
        orders = [Ordered(OrderKind.ACTION, 0.0, action) for action in actions]
        if path is not LivenessPath.NO_FLASH:
            orders.append(Ordered(OrderKind.FLASH, 0.0, colours=drawn(made.choice)))
        orders.append(Ordered(OrderKind.SEAL, 0.0))
        public = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        challenge = Challenge(
            session_id=f"session{self._count}",
            nonce=made.randbytes(32),
            issued_ms=0,
            expires_s=180,
            path=path,
            actions=len(actions),
            min_fps=self._policy.judge.least_fps,
            min_size_px=480,
            policy_version=self._policy.version,
            seal_key_id="bench",
            seal_key=public,
        )
        return Session(challenge, tuple(orders))

    def progress(self, session: Session, said: Said, public_key: bytes = b"") -> Ordered:
        """The next order. Raises ValueError when the messages do not follow each other."""
        if said.number != len(session.said):
            raise ValueError("not the next message")
        if said.number == 0:
            session.public_key = public_key
        session.said.append(said)
        return session.orders[said.number]

    def receive(self, session: Session, content: bytes) -> Judgement:
        """What it decides of a sealed package; whatever fails is a retry with a reason."""
        try:
            package, manifest = self.opened(session, content)
        except PackageError as cause:
            return Judgement(Verdict.RETRY, cause.retry)
        return self.judged(session, package, manifest)

    def opened(self, session: Session, content: bytes) -> tuple[Package, Manifest]:
        """Raises PackageError."""
        package = opened(content, session.challenge.session_id, self._key)
        expected = Expected(
            challenge=session.challenge,
            public_key=session.public_key or bytes(32),
            said=tuple(session.said),
            actions=tuple(one.action for one in session.orders if one.action is not None),
            has_flash=any(one.kind is OrderKind.FLASH for one in session.orders),
        )
        return package, checked(package, expected)

    def judged(self, session: Session, package: Package, manifest: Manifest) -> Judgement:
        """Of the clip alone."""
        orders = tuple(
            Ordered(order.kind, said.at_us / 1000, order.action, order.colours)
            for order, said in zip(session.orders, session.said, strict=False)
        )
        flash_ms = None if manifest.flash_us is None else manifest.flash_us / 1000
        rate_fps = manifest.device.rate_fps or 30.0
        case = Case(session.challenge.path, orders, 1000 / rate_fps, flash_ms, manifest.device.is_virtual)
        mesh = self.meshes()
        try:
            return judge(decoded(package.units), case, mesh, self._policy)
        except av.FFmpegError:
            return Judgement(Verdict.RETRY, Retry.DAMAGED)
        finally:
            mesh.close()
