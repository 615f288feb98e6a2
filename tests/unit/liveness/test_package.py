"""A package opens for whom it is sealed, and what was altered is refused, be it sealed and signed anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.liveness import Action, LivenessPath, Phase, Retry
from app.liveness.chain import links_of
from app.liveness.package import (
    Challenge,
    Device,
    Expected,
    Manifest,
    Package,
    PackageError,
    Said,
    StepNote,
    Still,
    TrackFrame,
    Unit,
    checked,
    digest,
    opened,
    packed,
    sealed,
)

SEAL_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CHALLENGE = Challenge(
    session_id="a1", nonce=hashlib.sha256(b"nonce").digest(), issued_ms=1, expires_s=180, path=LivenessPath.FULL,
    actions=2, min_fps=15.0, min_size_px=480, policy_version="1", seal_key_id="k",
    seal_key=SEAL_KEY.public_key().public_bytes_raw(),
)  # fmt: skip
UNITS = tuple(Unit(33_333 * number + 5, bytes([number]) * 40) for number in range(30))
TRACK = tuple(TrackFrame(unit.at_us, Phase.ALIGN, (1, 2, 3, 4), (0, 0, 0), 0.3, 0.0, 120, 90) for unit in UNITS)
STILLS = (Still("best", 5, b"\xff\xd8jpeg"),)
ACTIONS = (Action.TURN_LEFT, Action.BLINK)


@dataclass
class Made:
    """Everything that goes into one; ``change`` before it is signed."""

    units: tuple[Unit, ...] = UNITS
    track: tuple[TrackFrame, ...] = TRACK
    stills: tuple[Still, ...] = STILLS
    key: Ed25519PrivateKey = KEY

    def manifest(self, **changed: Any) -> Manifest:
        links = links_of("a1", CHALLENGE.nonce, [(unit.at_us, unit.data) for unit in self.units])
        said = tuple(Said(number, at, self.units[at - 1].at_us, links[at - 1]) for number, at in enumerate((5, 12, 20)))
        manifest = Manifest(
            session_id="a1", nonce=CHALLENGE.nonce, path=LivenessPath.FULL, policy_version="1", width_px=640,
            height_px=480, units=len(self.units), link=links[-1], track_sha256=digest(self.track),
            stills_sha256=digest(self.stills), said=said,
            steps=(StepNote(ACTIONS[0], 200_000, 400_000), StepNote(ACTIONS[1], 400_000, 600_000)),
            flash_us=700_000, device=Device(name="camera"),
        )  # fmt: skip
        return msgspec.structs.replace(manifest, **changed)

    def package(self, **changed: Any) -> Package:
        return packed(self.manifest(**changed), self.key, self.units, self.track, self.stills)


EXPECTED = Expected(
    challenge=CHALLENGE, public_key=KEY.public_key().public_bytes_raw(), said=Made().manifest().said, actions=ACTIONS,
    has_flash=True,
)  # fmt: skip


def refused(package: Package) -> Retry:
    with pytest.raises(PackageError) as caught:
        checked(package, EXPECTED)
    return caught.value.retry


def test_an_honest_one_opens_and_fits() -> None:
    content = sealed(Made().package(), "a1", CHALLENGE.seal_key)
    package = opened(content, "a1", SEAL_KEY)
    assert checked(package, EXPECTED) == Made().manifest()
    assert package.read_track() == TRACK
    assert package.read_stills() == STILLS
    assert b"jpeg" not in content


def test_it_opens_for_nobody_else_and_for_no_other_session() -> None:
    content = sealed(Made().package(), "a1", CHALLENGE.seal_key)
    with pytest.raises(PackageError):
        opened(content, "a2", SEAL_KEY)
    with pytest.raises(PackageError):
        opened(content, "a1", X25519PrivateKey.generate())


SEALED = sealed(Made().package(), "a1", CHALLENGE.seal_key)


@settings(max_examples=60)
@given(at=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_every_bit_of_the_sealed_one_counts(at: int, bit: int) -> None:
    content = bytearray(SEALED)
    content[at] ^= 1 << bit
    with pytest.raises(PackageError) as caught:
        opened(bytes(content), "a1", SEAL_KEY)
    assert caught.value.retry is Retry.DAMAGED


@given(st.binary(max_size=300))
def test_noise_is_refused(content: bytes) -> None:
    with pytest.raises(PackageError):
        opened(content, "a1", SEAL_KEY)


def swapped() -> tuple[Unit, ...]:
    units = list(UNITS)
    units[8], units[9] = Unit(units[8].at_us, units[9].data), Unit(units[9].at_us, units[8].data)
    return tuple(units)


HOSTILE: dict[str, Callable[[], Package]] = {
    "another nonce": lambda: Made().package(nonce=bytes(32)),
    "another session": lambda: Made().package(session_id="a2"),
    "another path": lambda: Made().package(path=LivenessPath.NO_FLASH),
    "another policy": lambda: Made().package(policy_version="0"),
    "an action that was not asked for": lambda: Made().package(steps=(StepNote(Action.NOD, 1, 2),)),
    "no flash": lambda: Made().package(flash_us=None),
    "a frame altered": lambda: Made(units=(*UNITS[:7], Unit(UNITS[7].at_us, b"other"), *UNITS[8:])).package(),
    "a frame left out": lambda: Made(units=UNITS[:7] + UNITS[8:]).package(),
    "frames swapped": lambda: Made(units=swapped()).package(),
    "a frame at another time": lambda: Made(
        units=(*UNITS[:3], Unit(UNITS[3].at_us + 9, UNITS[3].data), *UNITS[4:])
    ).package(),
    "progress as it was said, other frames": lambda: Made(
        units=(Unit(5, b"other"), *UNITS[1:])
    ).package(said=EXPECTED.said),
    "fewer messages": lambda: Made().package(said=EXPECTED.said[:2]),
    "another chain": lambda: Made().package(link=bytes(32)),
    "another number of frames": lambda: Made().package(units=29),
    "times that go back": lambda: Made(units=(*UNITS[:-1], Unit(UNITS[-2].at_us, b"x"))).package(said=EXPECTED.said),
    "another track": lambda: Made().package(track_sha256=bytes(32)),
    "other stills": lambda: Made().package(stills_sha256=bytes(32)),
    "another key": lambda: Made(key=Ed25519PrivateKey.generate()).package(),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_hostile_program_altered_and_signed_anew_is_refused(what: str) -> None:
    """It has the session's own key and seals validly: what it cannot do is make the service's own notes fit."""
    package = HOSTILE[what]()
    assert refused(opened(sealed(package, "a1", CHALLENGE.seal_key), "a1", SEAL_KEY)) in (Retry.DAMAGED, Retry.STALE)


def test_what_was_added_after_the_last_message_is_of_the_same_clip() -> None:
    """Frames after the last progress message are bound by the signature alone."""
    longer = (*UNITS, Unit(UNITS[-1].at_us + 33_333, b"more"))
    track = (*TRACK, TRACK[-1])
    assert checked(Made(units=longer, track=track).package(), EXPECTED).units == 31


def test_a_repr_shows_nothing_of_a_face() -> None:
    said = f"{Made().package()!r} {UNITS[3]!r} {STILLS[0]!r}"
    assert "jpeg" not in said
    assert "\\x03" not in said


@pytest.mark.parametrize("content", [b"", b"\x80", msgspec.msgpack.encode({"manifest": b"", "units": []})])
def test_a_valid_seal_around_rubbish_is_refused(content: bytes) -> None:
    from cryptography.hazmat.primitives import hpke

    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    made = suite.encrypt(content, SEAL_KEY.public_key(), b"anchordesk liveness package 1 a1")
    with pytest.raises(PackageError) as caught:
        opened(made, "a1", SEAL_KEY)
    assert caught.value.retry is Retry.DAMAGED
