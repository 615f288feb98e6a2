"""The package of the face check by camera on its way: parts, resume, receipt, refusals; only ciphertext on the disk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.contract.errors import ErrorCode
from app.contract.liveness import MAX_PACKAGE_BYTES, PART_BYTES
from app.runtime.clock import utc_ms
from server.accounts.tokens import authenticate
from server.errors import Refusal
from server.store.liveness_models import LivenessRow
from tests.contract.server.applicants import Applicant, write
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.liveness_kit import PHONE, Sitting, anchor_of, camera_desk, says


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with camera_desk(tmp_path, database_url, liveness_worker=says(tmp_path, does="hang")) as desk:
        yield desk


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    return anchor_of(desk)


@pytest.fixture
def sitting(desk: Desk, anchor: Applicant) -> Sitting:
    return Sitting(desk, anchor.signed).go_through()


def parcels(desk: Desk) -> list[Path]:
    folder = desk.config.data_dir / "liveness-parcels"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_it_comes_in_parts_and_the_last_brings_the_receipt(desk: Desk, sitting: Sitting) -> None:
    content = sitting.sealed() + bytes(PART_BYTES)
    assert sitting.announce(content).json() == {"received_bytes": 0, "size_bytes": len(content), "receipt": ""}
    first = sitting.part(0, content[:PART_BYTES])
    assert first.json()["received_bytes"] == PART_BYTES
    assert first.json()["receipt"] == ""
    last = sitting.part(PART_BYTES, content[PART_BYTES:]).json()
    assert (last["received_bytes"], bool(last["receipt"])) == (len(content), True)
    assert sitting.standing()["state"] == "judging"
    [file] = parcels(desk)
    assert file.read_bytes() == content
    assert file.stat().st_mode & 0o077 == 0
    assert b"\x00\x00\x00\x01" not in content[: len(content) - PART_BYTES], "no access unit in clear"
    # Whoever never got the receipt asks again, by sending or by asking.
    assert sitting.part(PART_BYTES, content[PART_BYTES:]).json() == last
    assert sitting.signed.get(f"/me/liveness/{sitting.id}/upload").json() == last
    assert sitting.announce(content).json() == last
    assert error_code(sitting.post("abort", {"reason": "given_up"})) == "state_conflict"
    assert error_code(Sitting(desk, sitting.signed).begin()) == "face_check_open"


def test_it_goes_on_where_it_stopped_also_in_a_service_that_was_started_anew(tmp_path: Path) -> None:
    worker = says(tmp_path, does="hang")
    with camera_desk(tmp_path, liveness_worker=worker) as desk:
        sitting = Sitting(desk, anchor_of(desk).signed).go_through()
        content = sitting.sealed()
        sitting.announce(content)
        assert sitting.part(0, content[:1000]).status_code == 200
        clock = desk.clock
    # Killed between the disk and the database: the file is longer than what was acknowledged.
    with (tmp_path / "liveness-parcels" / f"{sitting.id}.parcel").open("ab") as file:
        file.write(b"more")
    with camera_desk(tmp_path, clock=clock, liveness_worker=worker) as desk:
        sitting.desk, sitting.signed = desk, sign_in(desk.client, PHONE, device_id=sitting.signed.pair["device_id"])
        found = sitting.signed.get(f"/me/liveness/{sitting.id}/upload").json()
        assert found["received_bytes"] == 1000
        assert sitting.part(1000, content[1000:]).json()["receipt"]


def test_parts_in_another_order_too_large_or_behind_the_end_are_refused(desk: Desk, sitting: Sitting) -> None:
    content = sitting.sealed() + bytes(PART_BYTES)
    assert error_code(sitting.part(0, b"early")) == "state_conflict", "not announced"
    sitting.announce(content)
    refused = sitting.part(500, content[500:1000])
    assert (error_code(refused), refused.json()["error"]["detail"]["received_bytes"]) == ("state_conflict", 0)
    assert error_code(sitting.part(0, content[: PART_BYTES + 1])) == "too_large"
    assert error_code(sitting.part(0, b"")) == "input_invalid"
    assert sitting.part(0, content[:PART_BYTES]).status_code == 200
    assert error_code(sitting.part(0, content[:PART_BYTES])) == "state_conflict", "a repeat is told how far it is"
    assert error_code(sitting.part(PART_BYTES, content[PART_BYTES:] + b"x")) == "input_invalid"
    assert error_code(sitting.part(MAX_PACKAGE_BYTES, b"x")) == "input_invalid"
    assert sitting.part(PART_BYTES, content[PART_BYTES:]).json()["receipt"]


def test_two_that_send_the_same_part_at_once_write_it_once(desk: Desk, sitting: Sitting) -> None:
    content = sitting.sealed() + bytes(PART_BYTES)
    sitting.announce(content)
    person = desk.read(lambda db: authenticate(db, sitting.signed.pair["access_token"], utc_ms(desk.clock.utc())))

    async def both() -> list[Any]:
        parts = (desk.services.liveness.take(person, sitting.id, 0, content[:PART_BYTES]) for _ in range(2))
        return await asyncio.gather(*parts, return_exceptions=True)

    first, second = desk.run(both)
    assert first.received_bytes == PART_BYTES
    assert isinstance(second, Refusal)
    assert (second.reason, second.wire_detail["received_bytes"]) == (ErrorCode.STATE_CONFLICT, PART_BYTES)
    assert sitting.part(PART_BYTES, content[PART_BYTES:]).json()["receipt"]
    [file] = parcels(desk)
    assert file.read_bytes() == content


def test_another_whole_than_was_announced_begins_again(desk: Desk, sitting: Sitting) -> None:
    content = sitting.sealed()
    sitting.announce(content)
    assert error_code(sitting.part(0, bytes(len(content)))) == "package_damaged"
    assert sitting.signed.get(f"/me/liveness/{sitting.id}/upload").json()["received_bytes"] == 0
    assert sitting.part(0, content).json()["receipt"]


def test_what_is_announced_is_fixed_and_only_after_the_last_order(desk: Desk, anchor: Applicant) -> None:
    sitting = Sitting(desk, anchor.signed)
    sitting.begin()
    assert sitting.say(0).status_code == 200
    assert error_code(sitting.announce(b"x")) == "state_conflict"
    sitting.go_through()
    assert error_code(sitting.announce(b"x", size_bytes=MAX_PACKAGE_BYTES + 1)) == "input_invalid"
    assert error_code(sitting.announce(b"x", sha256="no hash")) == "input_invalid"
    assert sitting.announce(b"x").status_code == 200
    assert sitting.announce(b"x").status_code == 200
    assert error_code(sitting.announce(b"y")) == "state_conflict"
    assert error_code(sitting.post("progress", sitting.said[0])) == "state_conflict"


def test_it_has_to_be_announced_in_time_and_then_has_a_while(desk: Desk, sitting: Sitting) -> None:
    content = sitting.sealed()
    sitting.announce(content)
    desk.clock.advance(400)
    assert sitting.part(0, content[:100]).status_code == 200
    desk.clock.advance(500)
    sitting.signed = sign_in(desk.client, PHONE, device_id=sitting.signed.pair["device_id"])
    assert error_code(sitting.part(100, content[100:])) == "liveness_expired"
    assert sitting.standing()["state"] == "expired"
    assert parcels(desk)
    desk.run(desk.services.liveness.sweep)
    assert parcels(desk) == []
    failed = desk.read(lambda db: [one.is_failure for one in db.query(LivenessRow)])
    assert failed == [False], "nobody fails by a slow network"
    late = Sitting(desk, sitting.signed).go_through()
    desk.clock.advance(180)
    assert error_code(late.announce(b"x")) == "liveness_expired"


@pytest.mark.parametrize("how", ["abort", "begin"])
def test_of_one_that_is_given_up_nothing_is_kept(desk: Desk, sitting: Sitting, how: str) -> None:
    content = sitting.sealed()
    sitting.announce(content)
    assert sitting.part(0, content[:100]).status_code == 200
    assert len(parcels(desk)) == 1
    if how == "abort":
        assert sitting.post("abort", {"reason": "given_up"}).status_code == 204
    else:
        assert Sitting(desk, sitting.signed).begin().status_code == 201
    assert parcels(desk) == []
    assert error_code(sitting.part(100, content[100:])) == "state_conflict"


def test_a_package_of_which_no_session_knows_is_taken_away(desk: Desk, sitting: Sitting) -> None:
    content = sitting.sealed()
    sitting.announce(content)
    assert sitting.part(0, content[:100]).status_code == 200
    write(desk, lambda tx: tx.db.execute(update(LivenessRow).values(state="aborted")) and None)
    stray = desk.config.data_dir / "liveness-parcels" / f"{'ab' * 8}.parcel"
    stray.write_bytes(b"x")
    desk.run(desk.services.liveness.sweep)
    assert parcels(desk) == []


def test_a_part_is_held_as_a_large_body_and_nothing_larger(desk: Desk, sitting: Sitting) -> None:
    content = bytes(PART_BYTES)
    body = {"size_bytes": 3 * PART_BYTES, "sha256": hashlib.sha256(bytes(3 * PART_BYTES)).hexdigest()}
    assert sitting.post("upload", body).status_code == 200
    assert sitting.part(0, content).status_code == 200
    assert error_code(sitting.part(PART_BYTES, bytes(2 * PART_BYTES))) == "too_large"
    nobody = desk.client.post(f"/api/v1/me/liveness/{sitting.id}/parts?offset=0", content=content)
    assert nobody.status_code in {401, 413}
