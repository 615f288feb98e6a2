"""The face check by camera with the product's own analysis in program and worker, over the wire: rendered people before
the camera, and photographs of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.liveness import Action, OrderKind
from app.liveness import package as packages
from tests.contract.server.kit import Desk
from tests.contract.server.liveness_kit import Sitting, anchor_of, camera_desk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
client = pytest.importorskip("bench.liveness_sim.client", reason="the renderer of people is not here")
subjects = pytest.importorskip("bench.liveness_sim.subjects")
attacks = pytest.importorskip("bench.liveness_sim.attacks")
judgement = pytest.importorskip("app.liveness.judgement")
mesh = pytest.importorskip("app.liveness.mesh")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with camera_desk(tmp_path) as desk:
        yield desk


def sealed_of(sitting: Sitting, subject: Any, seed: int, *, is_honest: bool) -> bytes:
    """What a program makes of who sits before it; the orders are the service's."""
    at_us = 0

    def ask(said: Any, public_key: bytes) -> Any:
        nonlocal at_us
        sitting.desk.clock.advance((said.at_us - at_us) / 1e6)
        at_us = said.at_us
        body = {"number": said.number, "link": said.link.hex(), "units": said.units, "at_us": said.at_us}
        if said.number == 0:
            body["public_key"] = base64.b64encode(public_key).decode()
        reply = sitting.post("progress", body)
        assert reply.status_code == 200, reply.text
        order = reply.json()
        action = Action(order["action"]) if order["action"] else None
        colours = tuple(tuple(one) for one in order["colours"])
        return judgement.Ordered(OrderKind(order["kind"]), said.at_us / 1000, action, colours)

    if is_honest:
        finder = mesh.MediapipeMesh()
        try:
            recording = client.Honest(sitting.challenge, ask, finder, subject.camera.fps, seed).run(subject)
        finally:
            finder.close()
    else:
        recording = client.Hostile(sitting.challenge, ask, seed).run(subject)
    assert recording.abort is None
    sitting.desk.clock.advance(1)
    return packages.sealed(recording.packed(subject.camera), sitting.id, sitting.challenge.seal_key)


def test_a_rendered_person_is_found_alive_and_an_operator_sees_what_was_asked(desk: Desk) -> None:
    person = anchor_of(desk)
    sitting = Sitting(desk, person.signed)
    assert sitting.begin().status_code == 201
    assert sitting.send(sealed_of(sitting, subjects.someone(0), 0, is_honest=True)).json()["receipt"]
    assert sitting.judged()["state"] == "live"
    assert person.signed.get("/me/face-check").json()["state"] == "evidence"


@pytest.mark.parametrize("seed", [0, 1])
def test_a_photograph_is_not_found_alive_whatever_its_program_says(desk: Desk, seed: int) -> None:
    person = anchor_of(desk)
    sitting = Sitting(desk, person.signed)
    assert sitting.begin().status_code == 201
    kinds = list(attacks.PhotoKind)
    content = sealed_of(sitting, attacks.photo(kinds[seed % len(kinds)], 1000 + seed), seed, is_honest=False)
    assert sitting.send(content).json()["receipt"]
    assert sitting.judged()["state"] == "retry"
