"""Ways to alter a package: on the way, sealed; and by a hostile program, that signs and seals anew what it altered.

Each gives what is sent. Of what nobody else vouches for (the track, which is a hint; frames after the last message) a
program that signs may say what it likes; that is no tampering and not among these.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.liveness import Action
from app.liveness.chain import links_of
from app.liveness.package import Challenge, Manifest, Package, Said, Unit, sealed
from bench.liveness_sim.client import Recording

Send = Callable[[random.Random, Package, Recording, Challenge], bytes]


def _sealed(package: Package, challenge: Challenge) -> bytes:
    return sealed(package, challenge.session_id, challenge.seal_key)


def flipped(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """One bit on the way."""
    content = bytearray(_sealed(package, challenge))
    content[made.randrange(len(content))] ^= 1 << made.randrange(8)
    return bytes(content)


def cut(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Not all of it."""
    content = _sealed(package, challenge)
    return content[: made.randrange(len(content))]


def unsigned(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """A changed file inside, sealed again, under the old signature."""
    index = made.randrange(len(package.units))
    units = list(package.units)
    units[index] = Unit(units[index].at_us, _bent(made, units[index].data))
    return _sealed(msgspec.structs.replace(package, units=tuple(units)), challenge)


def another_key(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """All of it signed by somebody else."""
    signature = Ed25519PrivateKey.generate().sign(package.manifest)
    return _sealed(msgspec.structs.replace(package, signature=signature), challenge)


def another_track(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """A file that is not the one that was signed."""
    return _sealed(msgspec.structs.replace(package, track=msgspec.msgpack.encode([]) + b"\x90"), challenge)


def resealed_frame(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Another frame, in what was vouched for."""
    index = made.randrange(recording.said[-1].units)
    units = list(package.units)
    units[index] = Unit(units[index].at_us, _bent(made, units[index].data))
    return _again(package, recording, challenge, units)


def resealed_missing(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """One frame less."""
    units = list(package.units)
    del units[made.randrange(1, recording.said[-1].units)]
    return _again(package, recording, challenge, units)


def resealed_swapped(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Two frames change places; the times stay in order."""
    units = list(package.units)
    index = made.randrange(1, recording.said[-1].units - 1)
    one, two = units[index], units[index + 1]
    units[index], units[index + 1] = Unit(one.at_us, two.data), Unit(two.at_us, one.data)
    return _again(package, recording, challenge, units)


def resealed_times(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """The clip runs a little faster."""
    factor = made.uniform(0.5, 0.98)
    return _again(
        package, recording, challenge, [Unit(round(unit.at_us * factor), unit.data) for unit in package.units]
    )


def resealed_said(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Other messages than were sent, that fit another clip."""
    units = list(package.units)
    del units[made.randrange(1, recording.said[0].units)]
    links = links_of(challenge.session_id, challenge.nonce, [(unit.at_us, unit.data) for unit in units])
    said = tuple(
        Said(one.number, one.units - 1, units[one.units - 2].at_us, links[one.units - 2]) for one in recording.said
    )
    return _again(package, recording, challenge, units, said=said)


def resealed_order(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Claims that another order was given."""
    manifest = package.read_manifest()
    steps = tuple(
        msgspec.structs.replace(step, action=made.choice([one for one in Action if one is not step.action]))
        for step in manifest.steps
    )
    return _signed(package, recording, challenge, msgspec.structs.replace(manifest, steps=steps))


def resealed_nonce(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Made for another challenge."""
    manifest = msgspec.structs.replace(package.read_manifest(), nonce=made.randbytes(32))
    return _signed(package, recording, challenge, manifest)


def resealed_flash(made: random.Random, package: Package, recording: Recording, challenge: Challenge) -> bytes:
    """Says that no colours were shown."""
    manifest = msgspec.structs.replace(package.read_manifest(), flash_us=None)
    return _signed(package, recording, challenge, manifest)


WAYS: tuple[Send, ...] = (
    flipped, cut, unsigned, another_key, another_track, resealed_frame, resealed_missing, resealed_swapped,
    resealed_times, resealed_said, resealed_order, resealed_nonce, resealed_flash,
)  # fmt: skip


def _again(
    package: Package,
    recording: Recording,
    challenge: Challenge,
    units: Sequence[Unit],
    said: tuple[Said, ...] | None = None,
) -> bytes:
    """Another clip, with a chain, a manifest, a signature and a seal that fit it."""
    links = links_of(challenge.session_id, challenge.nonce, [(unit.at_us, unit.data) for unit in units])
    manifest = msgspec.structs.replace(package.read_manifest(), units=len(units), link=links[-1])
    if said is not None:
        manifest = msgspec.structs.replace(manifest, said=said)
    changed = msgspec.structs.replace(package, units=tuple(units))
    return _signed(changed, recording, challenge, manifest)


def _signed(package: Package, recording: Recording, challenge: Challenge, manifest: Manifest) -> bytes:
    manifest = msgspec.structs.replace(manifest, track_sha256=hashlib.sha256(package.track).digest())
    content = msgspec.msgpack.encode(manifest)
    changed = msgspec.structs.replace(package, manifest=content, signature=recording.key.sign(content))
    return _sealed(changed, challenge)


def _bent(made: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    changed[made.randrange(len(changed))] ^= 1 << made.randrange(8)
    return bytes(changed)
