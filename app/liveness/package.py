"""The evidence of one attempt: what is in it, how it is sealed for the service, and whether it fits together. Pure.

A package is a msgpack of the clip (access units with their times), the track, still pictures and a manifest that is
signed with the key of this session. Sealed with HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM) to the service's key
and bound to the session, it is opaque to everybody else, the program that made it included.

That it fits together says that nobody altered it since it was sealed and that it is of this challenge. It says nothing
of what is to be seen in it: that is judged from the clip.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from app.domain.liveness import Action, LivenessPath, Phase, Retry
from app.liveness.chain import ClipChain

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_INFO = b"anchordesk liveness package 1 "
MAX_UNITS, MAX_UNIT_BYTES, MAX_STILLS, MAX_STILL_BYTES = 3600, 2_000_000, 40, 400_000
MAX_SIDE_PX, LEAST_SIDE_PX = 1920, 240

At = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
"""Microseconds of the capture clock."""
Short = Annotated[str, msgspec.Meta(max_length=120)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Side = Annotated[int, msgspec.Meta(ge=LEAST_SIDE_PX, le=MAX_SIDE_PX)]


class PackageError(Exception):
    """It does not open, or does not fit. ``retry`` is what the person is told; the text is for the log: no content."""

    def __init__(self, retry: Retry, what: str) -> None:
        super().__init__(what)
        self.retry = retry


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What the service signs. Canonical: JSON, keys sorted."""

    session_id: Short
    nonce: Digest
    issued_ms: int
    expires_s: int
    path: LivenessPath
    actions: Annotated[int, msgspec.Meta(ge=0, le=4)]
    """How many will be asked for; which, is told one at a time."""
    min_fps: float
    min_size_px: int
    policy_version: Short
    seal_key_id: Short
    seal_key: Digest

    def encoded(self) -> bytes:
        return msgspec.json.encode(self, order="sorted")


class Unit(msgspec.Struct, frozen=True, array_like=True):
    """One encoded frame, H.264 in Annex B; the first is a key frame and has the parameter sets in front."""

    at_us: At
    data: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_UNIT_BYTES)]

    def __repr__(self) -> str:
        return f"Unit({self.at_us}, {len(self.data)} bytes)"


class TrackFrame(msgspec.Struct, frozen=True, array_like=True):
    """What the program saw in a frame: a hint, never believed."""

    at_us: At
    phase: Phase
    box_px: tuple[float, float, float, float] | None
    pose_deg: tuple[float, float, float] | None
    eyes: float
    mouth: float
    luma: float
    sharpness: float


class Still(msgspec.Struct, frozen=True):
    """A picture of a moment, for operators. ``label``: best, or a phase and number."""

    label: Short
    at_us: At
    jpeg: Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_STILL_BYTES)]

    def __repr__(self) -> str:
        return f"Still({self.label!r}, {self.at_us})"


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """The camera, as the system names it: a hint."""

    name: Short
    path: Short = ""
    is_virtual: bool = False
    rate_fps: float = 0.0
    is_exposure_fixed: bool | None = None
    """During the flash; None: the camera does not tell."""
    is_balance_fixed: bool | None = None
    platform: Short = ""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A progress message as it was sent."""

    number: Annotated[int, msgspec.Meta(ge=0, le=8)]
    units: Annotated[int, msgspec.Meta(ge=1, le=MAX_UNITS)]
    at_us: At
    link: Digest


class StepNote(msgspec.Struct, frozen=True, array_like=True):
    """When the program got an order for an action, and saw it done."""

    action: Action
    from_us: At
    until_us: At


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything else hangs on it by hash."""

    session_id: Short
    nonce: Digest
    path: LivenessPath
    policy_version: Short
    width_px: Side
    height_px: Side
    units: Annotated[int, msgspec.Meta(ge=1, le=MAX_UNITS)]
    link: Digest
    """Of the whole chain."""
    track_sha256: Digest
    stills_sha256: Digest
    said: Annotated[tuple[Said, ...], msgspec.Meta(max_length=9)]
    steps: Annotated[tuple[StepNote, ...], msgspec.Meta(max_length=4)]
    flash_us: At | None
    """When the first grey was on the screen."""
    device: Device


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest`` as it was signed."""

    manifest: Annotated[bytes, msgspec.Meta(max_length=65_536)]
    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
    units: Annotated[tuple[Unit, ...], msgspec.Meta(min_length=1, max_length=MAX_UNITS)]
    track: Annotated[bytes, msgspec.Meta(max_length=2_000_000)]
    """TrackFrames, as they were signed."""
    stills: Annotated[bytes, msgspec.Meta(max_length=MAX_STILLS * MAX_STILL_BYTES)]

    def __repr__(self) -> str:
        return f"Package({len(self.units)} units)"

    def read_track(self) -> tuple[TrackFrame, ...]:
        """Raises PackageError."""
        return _read(self.track, _TRACK, "track")

    def read_stills(self) -> tuple[Still, ...]:
        """Raises PackageError."""
        return _read(self.stills, _STILLS, "stills")

    def read_manifest(self) -> Manifest:
        """Raises PackageError."""
        return _read(self.manifest, _MANIFEST, "manifest")


T = TypeVar("T")
_MANIFEST = msgspec.msgpack.Decoder(Manifest)
_TRACK = msgspec.msgpack.Decoder(Annotated[tuple[TrackFrame, ...], msgspec.Meta(max_length=MAX_UNITS)])
_STILLS = msgspec.msgpack.Decoder(Annotated[tuple[Still, ...], msgspec.Meta(max_length=MAX_STILLS)])


def _read(content: bytes, decoder: msgspec.msgpack.Decoder[T], what: str) -> T:
    try:
        return decoder.decode(content)
    except msgspec.MsgspecError as cause:
        raise PackageError(Retry.DAMAGED, what) from cause


def digest(parts: Sequence[TrackFrame] | Sequence[Still]) -> bytes:
    """As the manifest names them."""
    return hashlib.sha256(msgspec.msgpack.encode(parts)).digest()


def packed(
    manifest: Manifest,
    key: Ed25519PrivateKey,
    units: Sequence[Unit],
    track: Sequence[TrackFrame],
    stills: Sequence[Still],
) -> Package:
    """Signed. The digests in ``manifest`` are those of what is given."""
    content = msgspec.msgpack.encode(manifest)
    return Package(
        manifest=content,
        signature=key.sign(content),
        units=tuple(units),
        track=msgspec.msgpack.encode(track),
        stills=msgspec.msgpack.encode(stills),
    )


def sealed(package: Package, session_id: str, seal_key: bytes) -> bytes:
    """For the holder of the private half alone. Raises ValueError for a key that is none."""
    content = msgspec.msgpack.encode(package)
    return _SUITE.encrypt(content, X25519PublicKey.from_public_bytes(seal_key), _INFO + session_id.encode())


def opened(content: bytes, session_id: str, key: X25519PrivateKey) -> Package:
    """Raises PackageError."""
    try:
        return msgspec.msgpack.decode(_SUITE.decrypt(content, key, _INFO + session_id.encode()), type=Package)
    except (InvalidTag, ValueError) as cause:
        # msgspec's errors are ValueErrors as well.
        raise PackageError(Retry.DAMAGED, "seal") from cause


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the service knows of a session before it opens the package."""

    challenge: Challenge
    public_key: Digest
    """Of the session's pair, from the first progress message."""
    said: tuple[Said, ...]
    actions: tuple[Action, ...]
    has_flash: bool


def checked(package: Package, expected: Expected) -> Manifest:
    """That it is whole, of this challenge, and that its clip is the one that grew under the progress messages.

    Raises PackageError: damaged, or stale.
    """
    try:
        Ed25519PublicKey.from_public_bytes(expected.public_key).verify(package.signature, package.manifest)
    except (InvalidSignature, ValueError) as cause:
        raise PackageError(Retry.DAMAGED, "signature") from cause
    manifest, challenge = package.read_manifest(), expected.challenge
    is_of_it = (manifest.session_id, manifest.nonce, manifest.path, manifest.policy_version) == (
        challenge.session_id, challenge.nonce, challenge.path, challenge.policy_version,
    )  # fmt: skip
    if not is_of_it:
        raise PackageError(Retry.STALE, "challenge")
    if manifest.said != expected.said or tuple(step.action for step in manifest.steps) != expected.actions:
        raise PackageError(Retry.STALE, "orders")
    if (manifest.flash_us is not None) != expected.has_flash:
        raise PackageError(Retry.STALE, "flash")
    digests = hashlib.sha256(package.track).digest(), hashlib.sha256(package.stills).digest()
    if digests != (manifest.track_sha256, manifest.stills_sha256):
        raise PackageError(Retry.DAMAGED, "parts")
    _check_chain(package, manifest)
    return manifest


def _check_chain(package: Package, manifest: Manifest) -> None:
    if len(package.units) != manifest.units:
        raise PackageError(Retry.DAMAGED, "units")
    chain = ClipChain(manifest.session_id, manifest.nonce)
    said = {one.units: one for one in manifest.said}
    before_us = -1
    for unit in package.units:
        if unit.at_us <= before_us:
            raise PackageError(Retry.DAMAGED, "times")
        before_us = unit.at_us
        link = chain.add(unit.at_us, unit.data)
        one = said.pop(chain.count, None)
        if one is not None and (one.link != link or one.at_us != unit.at_us):
            raise PackageError(Retry.STALE, "chain")
    if said or chain.link != manifest.link:
        raise PackageError(Retry.DAMAGED, "chain")
