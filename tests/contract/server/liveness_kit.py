"""People before the camera, for the tests of the face check: tiny clips, packages as the program makes them, the whole
way over the wire, and a worker whose judge says what a test wants."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
from av.video.codeccontext import VideoCodecContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.contract.liveness import PART_BYTES
from app.domain.liveness import Action
from app.liveness import package as packages
from app.liveness.chain import links_of
from app.liveness.package import Challenge, Device, Manifest, Package, Said, StepNote, Unit
from app.runtime.clock import ManualClock
from tests.contract.server.applicants import OTHER_PHONE, PHONE, Applicant, applicant, make_anchor
from tests.contract.server.kit import Desk, FakeIngest, Signed, config_for, desk_client

FRAME_US, WIDTH_PX, HEIGHT_PX = 50_000, 320, 240
START_US = 1_000_000
UNITS_A_STEP = 6
FAR = "0" * 64
WAIT_S = 60.0


def says(folder: Path, **what: Any) -> tuple[str, ...]:
    """The command of a worker that does what tests.contract.server.liveness_worker reads of this, as long as the file
    says so: ``tell`` changes it."""
    tell(folder, **what)
    return sys.executable, "-m", "tests.contract.server.liveness_worker", str(folder / "judge.json")


def tell(folder: Path, **what: Any) -> None:
    (folder / "judge.json").write_text(json.dumps(what), encoding="utf-8")


@contextmanager
def camera_desk(folder: Path, database_url: str = "", clock: ManualClock | None = None, **more: Any) -> Iterator[Desk]:
    """A service with a worker of this kit, or with what ``more`` gives to ``create_app``."""
    config, ingest, clock = config_for(folder, database_url), FakeIngest(), clock or ManualClock()
    with desk_client(config, clock, ingest, **more) as client:
        yield Desk(client, clock, ingest, config)


def anchor_of(desk: Desk, phone: str = PHONE) -> Applicant:
    """Somebody with a name and a number, who was not before the camera yet."""
    person = applicant(desk, phone)
    make_anchor(desk, person)
    return person


@cache
def encoded(count: int, side: int = 0, width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> tuple[bytes, ...]:
    """Access units in Annex B, the first a key frame with its parameter sets; ``side`` makes another clip."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width_px, height_px, "yuv420p", Fraction(1, 20)
    codec.options = {"preset": "ultrafast", "tune": "zerolatency"}
    units: list[bytes] = []
    for at in range(count):
        grey = np.full((height_px * 3 // 2, width_px), 60 + (at * 3 + side) % 120, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, "yuv420p")
        frame.pts = at
        units += [bytes(packet) for packet in codec.encode(frame)]
    units += [bytes(packet) for packet in codec.encode(None)]
    assert len(units) == count
    return tuple(units)


@dataclass
class Sitting:
    """One session of a person, as their program goes through it."""

    desk: Desk
    signed: Signed
    path: str = "full"
    reply: Any = None
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    said: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    side: int = 0

    def begin(self, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        self.reply = self.signed.post("/me/liveness", {"path": self.path}, **headers)
        return self.reply

    @property
    def id(self) -> str:
        return str(self.reply.json()["id"])

    @property
    def challenge(self) -> Challenge:
        """After its signature was looked at."""
        found = self.reply.json()["challenge"]
        document, signature, key = (base64.b64decode(found[one]) for one in ("document", "signature", "signing_key"))
        Ed25519PublicKey.from_public_bytes(key).verify(signature, document)
        return msgspec.json.decode(document, type=Challenge)

    def units(self, count: int) -> tuple[Unit, ...]:
        """The clip so far."""
        return tuple(Unit(START_US + at * FRAME_US, data) for at, data in enumerate(encoded(count, self.side)))

    def message(self, number: int) -> dict[str, Any]:
        """The next one, as an honest program says it."""
        units = self.units((number + 1) * UNITS_A_STEP)
        challenge = self.challenge
        link = links_of(challenge.session_id, challenge.nonce, [(one.at_us, one.data) for one in units])[-1]
        body = {"number": number, "link": link.hex(), "units": len(units), "at_us": units[-1].at_us}
        if number == 0:
            body["public_key"] = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()
        return body

    def post(self, what: str, body: Any = None) -> Any:
        return self.signed.post(f"/me/liveness/{self.id}/{what}", body)

    def say(self, number: int, **changes: Any) -> Any:
        """Whatever is carried out takes its time."""
        body = self.message(number) | changes
        self.desk.clock.advance(UNITS_A_STEP * FRAME_US / 1e6)
        reply = self.post("progress", body)
        if reply.status_code == 200 and len(self.orders) == number:
            self.said.append(body)
            self.orders.append(reply.json())
        return reply

    def go_through(self) -> Sitting:
        """From the beginning to the order to seal."""
        reply = self.begin() if self.reply is None else self.reply
        assert reply.status_code == 201, reply.text
        while not self.orders or self.orders[-1]["kind"] != "seal":
            reply = self.say(len(self.orders))
            assert reply.status_code == 200, reply.text
        return self

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(Action(one["action"]) for one in self.orders if one["kind"] == "action")

    def package(self, units: Sequence[Unit] = (), key: Ed25519PrivateKey | None = None, **changed: Any) -> Package:
        """What the program makes of it; ``changed`` of the manifest, signed all the same."""
        clip = tuple(units) or self.units((len(self.said) + 1) * UNITS_A_STEP)
        challenge = self.challenge
        links = links_of(challenge.session_id, challenge.nonce, [(one.at_us, one.data) for one in clip])
        said = tuple(Said(one["number"], one["units"], one["at_us"], bytes.fromhex(one["link"])) for one in self.said)
        values: dict[str, Any] = {
            "session_id": challenge.session_id,
            "nonce": challenge.nonce,
            "path": challenge.path,
            "policy_version": challenge.policy_version,
            "width_px": WIDTH_PX,
            "height_px": HEIGHT_PX,
            "units": len(clip),
            "link": links[-1],
            "track_sha256": packages.digest(()),
            "stills_sha256": packages.digest(()),
            "said": said,
            "steps": tuple(StepNote(one, START_US, START_US + 1) for one in self.actions),
            "flash_us": START_US if any(one["kind"] == "flash" for one in self.orders) else None,
            "device": Device(name="test camera"),
        }
        return packages.packed(Manifest(**(values | changed)), key or self.key, clip, (), ())

    def sealed(self, package: Package | None = None) -> bytes:
        return packages.sealed(package or self.package(), self.id, self.challenge.seal_key)

    def announce(self, content: bytes, **changes: Any) -> Any:
        body = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} | changes
        return self.post("upload", body)

    def part(self, offset: int, data: bytes) -> Any:
        headers = {**self.signed.headers, "Content-Type": "application/octet-stream"}
        path = f"/api/v1/me/liveness/{self.id}/parts?offset={offset}"
        return self.signed.client.post(path, content=data, headers=headers)

    def send(self, content: bytes | None = None, part_bytes: int = PART_BYTES) -> Any:
        """Announce it and send all of it; the answer to the last part."""
        data = self.sealed() if content is None else content
        reply = self.announce(data)
        assert reply.status_code == 200, reply.text
        for offset in range(0, len(data), part_bytes):
            reply = self.part(offset, data[offset : offset + part_bytes])
        return reply

    def standing(self) -> dict[str, Any]:
        reply = self.signed.get("/me/liveness")
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def judged(self) -> dict[str, Any]:
        """How it stands once it was judged."""
        for _ in range(round(WAIT_S / 0.05)):
            found = self.standing()
            if found["state"] != "judging":
                return found
            threading.Event().wait(0.05)
        raise AssertionError("not judged")


def sat(desk: Desk, person: Applicant | Signed, path: str = "full", content: bytes | None = None) -> Sitting:
    """The whole way, and what came of it."""
    signed = person.signed if isinstance(person, Applicant) else person
    sitting = Sitting(desk, signed, path).go_through()
    reply = sitting.send(content)
    assert reply.status_code == 200, reply.text
    assert reply.json()["receipt"]
    sitting.judged()
    return sitting


__all__ = ["OTHER_PHONE", "PHONE"]
