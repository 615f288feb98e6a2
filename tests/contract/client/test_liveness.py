"""The face check by camera through the client: against the real service, and against the fake of the unit tests."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.client.liveness import check_challenge
from app.contract.liveness import KEY_BYTES, Challenge, ChallengeTerms, LivenessSession, terms_of
from app.contract.rest import Role
from app.domain.liveness import Abort, LivenessPath, LivenessState, OrderKind
from app.errors import PlatformError
from app.liveness import package
from app.liveness.policy import VERSION
from app.ports.platform import Platform
from server.accounts import people
from server.store.store import Tx
from tests.contract.client.kit import Rig, play
from tests.contract.client.test_way import accepting
from tests.contract.server.applicants import number_for
from tests.unit.app.fake_liveness import EXPIRES, challenge_of
from tests.unit.app.fakes import FakePlatform

Scene = Callable[[Platform], Awaitable[None]]
PHONE = "13900000031"
KEY = b"k" * KEY_BYTES
PACKAGE = b"sealed" * 50_000
LINKS = [hashlib.sha256(bytes([number])).digest() for number in range(9)]


@pytest.fixture(params=["fake", "real"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        if request.param == "fake":
            asyncio.run(scene(FakePlatform()))  # type: ignore[arg-type]
            return

        async def real(rig: Rig) -> None:
            platform = await rig.signed_in(phone=PHONE)
            current = next(one.current for one in await platform.documents() if one.kind == "live_agreement")
            assert current is not None
            await platform.accept(current.kind, current.number, accepting(current))
            account_id = (await platform.account()).id

            def approve(tx: Tx) -> None:
                people.grant_role(tx, account_id, Role.ANCHOR, "test")

            await asyncio.to_thread(lambda: rig.service.run(rig.service.services.store.write(approve)))
            await platform.check_identity("张小明", number_for(PHONE), "k-identity")
            await scene(platform)
            await platform.close()

        play(tmp_path, real)

    return run


async def to_the_seal(platform: Platform, session: LivenessSession) -> int:
    """Every order is carried out; how many there were."""
    for number in range(9):
        said = (session.id, number, LINKS[number], 10 * (number + 1), 1_000_000 + 40_000 * number)
        order = await platform.liveness_progress(*said, KEY if number == 0 else b"")
        again = await platform.liveness_progress(*said, KEY if number == 0 else b"")
        assert order == again and order.number == number
        if order.kind is OrderKind.SEAL:
            return number
        assert (order.action is not None) is (order.kind is OrderKind.ACTION)
        assert (len(order.colours) == 8) is (order.kind is OrderKind.FLASH)
    raise AssertionError("it never ends")


def test_a_whole_pass_over_the_wire(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform) -> None:
        before = await platform.liveness()
        assert before.state is None and before.left_today > 0
        session = await platform.begin_liveness(LivenessPath.FULL, "key-1")
        assert await platform.begin_liveness(LivenessPath.FULL, "key-1") == session
        terms = terms_of(session.challenge)
        assert (terms.session_id, terms.path) == (session.id, LivenessPath.FULL)
        with pytest.raises(PlatformError) as refused:
            await platform.liveness_progress(session.id, 1, LINKS[1], 10, 1_000_000)
        assert refused.value.code == "state_conflict"
        asked = await to_the_seal(platform, session)
        assert asked == terms.actions + 1
        sha256 = hashlib.sha256(PACKAGE).digest()
        received = await platform.announce_liveness(session.id, len(PACKAGE), sha256)
        assert (received.received_bytes, received.size_bytes, received.receipt) == (0, len(PACKAGE), "")
        received = await platform.send_liveness(session.id, 0, PACKAGE[:262_144])
        assert received.received_bytes == 262_144 and not received.receipt
        with pytest.raises(PlatformError) as conflict:
            await platform.send_liveness(session.id, 5, PACKAGE[5:1000])
        assert (conflict.value.code, conflict.value.detail["received_bytes"]) == ("state_conflict", 262_144)
        assert await platform.announce_liveness(session.id, len(PACKAGE), sha256) == received
        done = await platform.send_liveness(session.id, 262_144, PACKAGE[262_144:])
        assert done.receipt and done.received_bytes == len(PACKAGE)
        assert (await platform.announce_liveness(session.id, len(PACKAGE), sha256)).receipt == done.receipt
        standing = await platform.liveness()
        assert standing.session_id == session.id
        assert standing.state in (LivenessState.JUDGING, LivenessState.RETRY)

    on_both(scene)


def test_one_that_is_aborted_takes_nothing_more(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform) -> None:
        session = await platform.begin_liveness(LivenessPath.NO_FLASH, "key-1")
        await platform.abort_liveness(session.id, Abort.FOCUS_LOST)
        standing = await platform.liveness()
        assert (standing.state, standing.aborted) == (LivenessState.ABORTED, Abort.FOCUS_LOST)
        for call in (
            platform.liveness_progress(session.id, 0, LINKS[0], 10, 1_000_000, KEY),
            platform.announce_liveness(session.id, 10, LINKS[0]),
            platform.send_liveness("unknown", 0, b"x"),
        ):
            with pytest.raises(PlatformError) as refused:
                await call
            assert refused.value.code in ("state_conflict", "not_found", "liveness_expired")

    on_both(scene)


def test_a_package_that_was_damaged_is_sent_anew(on_both: Callable[[Scene], None]) -> None:
    async def scene(platform: Platform) -> None:
        session = await platform.begin_liveness(LivenessPath.FULL, "key-1")
        await to_the_seal(platform, session)
        small = PACKAGE[:100_000]
        await platform.announce_liveness(session.id, len(small), hashlib.sha256(small).digest())
        with pytest.raises(PlatformError) as refused:
            await platform.send_liveness(session.id, 0, small[:-1] + b"?")
        assert refused.value.code == "package_damaged"
        again = await platform.announce_liveness(session.id, len(small), hashlib.sha256(small).digest())
        assert again.received_bytes == 0
        assert (await platform.send_liveness(session.id, 0, small)).receipt

    on_both(scene)


# ---- the challenge -------------------------------------------------------------------------------


def signed(document: bytes, key: Ed25519PrivateKey, signer: Ed25519PrivateKey | None = None) -> Challenge:
    parts = document, (signer or key).sign(document), key.public_key().public_bytes_raw()
    document_b64, signature, public = (base64.b64encode(part) for part in parts)
    return Challenge(document=document_b64, signature=signature, signing_key=public)


def session_with(challenge: Challenge, session_id: str = "l1") -> LivenessSession:
    return LivenessSession(id=session_id, path=LivenessPath.FULL, challenge=challenge, expires_at=EXPIRES)


def document(**changes: Any) -> bytes:
    return challenge_of("l1", LivenessPath.FULL, changes).document


def test_what_the_window_reads_of_a_challenge_is_what_was_signed() -> None:
    made = package.Challenge(
        session_id="l1", nonce=bytes(range(32)), issued_ms=1, expires_s=180, path=LivenessPath.FULL, actions=3,
        min_fps=15.0, min_size_px=480, policy_version=VERSION, seal_key_id="k", seal_key=bytes(range(1, 33)),
    )  # fmt: skip
    key = Ed25519PrivateKey.generate()
    challenge = signed(made.encoded(), key)
    check_challenge(session_with(challenge), LivenessPath.FULL)
    terms = terms_of(challenge)
    for name in ChallengeTerms.model_fields:
        assert getattr(terms, name) == getattr(made, name)
    assert made.nonce.hex() not in repr(terms) and repr(made.nonce) not in repr(terms)


@pytest.mark.parametrize(
    "changes",
    [{"nonce": b"short"}, {"seal_key": b"x" * 31}, {"session_id": "l2"}, {"path": "no_flash"}, {"actions": 9},
     {"min_fps": 0}, {"min_size_px": -1}],
)  # fmt: skip
def test_a_challenge_that_says_what_it_must_not_is_refused(changes: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.generate()
    with pytest.raises(PlatformError) as refused:
        check_challenge(session_with(signed(document(**changes), key)), LivenessPath.FULL)
    assert (refused.value.code, refused.value.retryable) == ("liveness_challenge_invalid", False)


def test_a_challenge_that_is_not_signed_as_it_says_is_refused() -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    good = signed(document(), key)
    check_challenge(session_with(good), LivenessPath.FULL)
    altered = msgspec.json.encode(msgspec.json.decode(document()) | {"min_fps": 1})
    for wrong in (
        signed(document(), key, signer=other),
        Challenge(
            document=base64.b64encode(altered), signature=base64.b64encode(good.signature),
            signing_key=base64.b64encode(good.signing_key),
        ),
        Challenge(
            document=base64.b64encode(document()), signature=base64.b64encode(b"short"),
            signing_key=base64.b64encode(b"short"),
        ),
        signed(b"no json", key),
    ):  # fmt: skip
        with pytest.raises(PlatformError) as refused:
            check_challenge(session_with(wrong), LivenessPath.FULL)
        assert refused.value.code == "liveness_challenge_invalid"
