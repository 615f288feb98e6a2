"""The way through a service by its REST contract, against a service that answers as the contract says."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import numpy as np
import pytest

from app.contract import liveness as wire
from app.contract.rest import API_PREFIX
from app.domain.flash import GREY, Colour
from app.domain.liveness import Action, LivenessState, OrderKind, Retry
from app.liveness.package import Said, sealed
from bench.liveness_sim.client import Hostile
from bench.liveness_sim.coding import Bgr
from bench.liveness_sim.desk import Desk, Session
from bench.liveness_sim.rest import Decision, RefusedError, Service
from bench.liveness_sim.scene import Camera
from tests.unit.liveness.test_judgement import Known

TOKEN = "a-token"


class Toy:
    """One session, kept in memory; opens and checks what it is sent, and says that it wants it once more."""

    def __init__(self) -> None:
        self.desk = Desk(Known, 1)
        self.session: Session = self.desk.begin(actions=(Action.TURN_LEFT,))
        self.received = b""
        self.sha256 = ""
        self.parts = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        path = request.url.path.removeprefix(API_PREFIX)
        model = self._answer(path, request)
        if isinstance(model, httpx2.Response):
            return model
        return httpx2.Response(200, json=model.model_dump(mode="json"))

    def _answer(self, path: str, request: httpx2.Request) -> Any:
        name = f"/me/liveness/{self.session.challenge.session_id}"
        if path == "/me/liveness" and request.method == "POST":
            assert request.headers["Idempotency-Key"]
            wire.LivenessBegin.model_validate_json(request.content)
            return self._begun()
        if path == f"{name}/progress":
            return self._next(wire.LivenessProgress.model_validate_json(request.content))
        if path == f"{name}/upload":
            wish = wire.LivenessUpload.model_validate_json(request.content)
            self.sha256, self.size_bytes = wish.sha256, wish.size_bytes
            return wire.LivenessReceived(received_bytes=0, size_bytes=wish.size_bytes)
        if path == f"{name}/parts":
            assert int(request.url.params["offset"]) == len(self.received)
            assert len(request.content) <= wire.PART_BYTES
            self.received += request.content
            self.parts += 1
            receipt = "kept" if len(self.received) == self.size_bytes else ""
            return wire.LivenessReceived(received_bytes=len(self.received), size_bytes=self.size_bytes, receipt=receipt)
        if path == "/me/liveness":
            return wire.LivenessStanding(
                session_id=self.session.challenge.session_id,
                state=LivenessState.RETRY,
                retry=Retry.NO_LIGHT,
                left_today=2,
            )
        return httpx2.Response(404, json={"code": "not_found"})

    def _begun(self) -> wire.LivenessSession:
        document = self.session.challenge.encoded()
        challenge = wire.Challenge(
            document=base64.b64encode(document), signature=base64.b64encode(bytes(64)),
            signing_key=base64.b64encode(bytes(32)),
        )  # fmt: skip
        return wire.LivenessSession(
            id=self.session.challenge.session_id, path=self.session.challenge.path, challenge=challenge,
            expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    def _next(self, said: wire.LivenessProgress) -> wire.LivenessOrder:
        message = Said(said.number, said.units, said.at_us, bytes.fromhex(said.link))
        order = self.desk.progress(self.session, message, said.public_key or b"")
        return wire.LivenessOrder(number=said.number, kind=order.kind, action=order.action, colours=list(order.colours))


class Nobody:
    """A dark picture, small and slow: what is in it does not matter here."""

    camera = Camera(width_px=320, height_px=240, fps=15.0)

    def __init__(self) -> None:
        self.shown: set[Colour] = set()
        self.told: list[Action | None] = []

    def tell(self, action: Action | None, at_s: float, *, is_enough: bool | None = None) -> None:
        self.told.append(action)

    def frame(self, at_s: float, shown: Any) -> Bgr:
        self.shown.add(shown(at_s))
        noise = np.random.default_rng(round(at_s * 1000)).integers(0, 255, (240, 320, 3))
        return noise.astype(np.uint8)


def test_a_whole_session_goes_by_the_contract() -> None:
    toy = Toy()
    service = Service("http://service", TOKEN, httpx2.MockTransport(toy))
    challenge = service.begin()
    assert challenge == toy.session.challenge
    subject = Nobody()
    recording = Hostile(challenge, service.ask, takes_s=0.6).run(subject)
    assert [order.kind for order, _ in recording.orders] == [OrderKind.ACTION, OrderKind.FLASH, OrderKind.SEAL]
    assert subject.told[0] is Action.TURN_LEFT
    assert subject.shown == {GREY, *toy.session.orders[1].colours}
    content = sealed(recording.packed(subject.camera), challenge.session_id, challenge.seal_key)
    assert service.send(content) == "kept"
    assert toy.parts == -(-len(content) // wire.PART_BYTES) > 1
    assert hashlib.sha256(toy.received).hexdigest() == toy.sha256
    package, manifest = toy.desk.opened(toy.session, toy.received)
    assert manifest.units == len(package.units)
    assert service.decision() == Decision("retry", "no_light")
    service.close()


def test_what_the_service_refuses_is_said() -> None:
    def no(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(409, content=json.dumps({"code": "liveness_locked"}))

    service = Service("http://service", TOKEN, httpx2.MockTransport(no))
    with pytest.raises(RefusedError, match=r"409 .*liveness_locked"):
        service.begin()
    service.close()
