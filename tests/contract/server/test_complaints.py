"""Complaints of infringement over a real service: proofs are encrypted, opened with a reason, and deleted in time."""

from __future__ import annotations

import io
import random
from functools import partial
from typing import Any

import pytest
from PIL import Image

from app.contract.errors import ErrorCode
from app.domain.reports import ProofKind
from server.errors import Refusal
from server.gate import Person
from server.reports import complaints
from server.reports.complaints import OPEN_FOR_MS
from server.retention import DEFAULT
from server.store.report_models import ComplaintRow
from server.store.store import Tx
from tests.contract.server.applicants import OTHER_PHONE, PHONE, picture, write
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, Signed, error_code, sign_in
from tests.contract.server.report_kit import complaint_of, housekeep, messages_to, upload

pytestmark = pytest.mark.slow


@pytest.fixture
def person(desk: Desk) -> Signed:
    return sign_in(desk.client, PHONE)


def mine(who: Signed) -> list[dict[str, Any]]:
    return list(who.get("/me/complaints").json())


def files(desk: Desk) -> list[str]:
    folder = desk.config.data_dir / "proofs"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def reveal(desk: Desk, operator: Person, complaint_id: str, reason: str = "核对权属") -> complaints.ComplaintShown:
    return write(desk, lambda tx: complaints.reveal(tx, operator, desk.services.cipher, complaint_id, reason))


def read(desk: Desk, operator: Person, complaint_id: str, proof_id: str) -> bytes:
    data: bytes = desk.run(partial(desk.services.proofs.read, operator, complaint_id, proof_id))
    return data


def handle(desk: Desk, operator: Person, complaint_id: str, *, is_upheld: bool) -> None:
    def work(tx: Tx) -> None:
        complaints.take(tx, operator, complaint_id)
        complaints.decide(tx, operator, complaint_id, "材料齐全", is_upheld=is_upheld)

    write(desk, work)


def test_one_is_filed_and_its_outcome_told(desk: Desk, person: Signed, operator: Person) -> None:
    made = complaint_of(person)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert (shown["state"], shown["right"], shown["proofs"], shown["answer"]) == ("open", "copyright", 2, "")
    assert shown["description"] == "整本教材被朗读。\n见第三章。"
    assert "13700137001" not in made.text, "the contact is not told back"
    assert mine(person) == [shown]
    assert mine(sign_in(desk.client, OTHER_PHONE)) == []
    assert desk.read(lambda db: complaints.count(db, operator)) == 1
    handle(desk, operator, shown["id"], is_upheld=True)
    assert (mine(person)[0]["state"], mine(person)[0]["answer"]) == ("upheld", "材料齐全")
    assert messages_to(person)[0]["kind"] == "complaint_upheld"
    assert desk.read(lambda db: complaints.count(db, operator)) == 0
    second = complaint_of(person).json()["id"]
    handle(desk, operator, second, is_upheld=False)
    assert messages_to(person)[0]["kind"] == "complaint_dismissed"
    with refused(ErrorCode.STATE_CONFLICT):
        handle(desk, operator, second, is_upheld=True)


def test_the_same_key_files_once(desk: Desk, person: Signed) -> None:
    ids = [upload(person, kind).json()["id"] for kind in ("identity", "rights")]
    wish = {
        "claimant": "某人", "contact": "a@example.org", "right": "portrait", "description": "照片", "links": ["x"],
        "proofs": ids, "is_declared": True,
    }  # fmt: skip
    made = [person.post("/complaints", wish, **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert [reply.status_code for reply in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert error_code(person.post("/complaints", {**wish, "right": "other"}, **{"Idempotency-Key": "one"})) == (
        "idempotency_mismatch"
    )
    assert error_code(person.post("/complaints", wish, **{"Idempotency-Key": "two"})) == "not_found", "proofs are spent"
    assert len(mine(person)) == 1


def test_a_complaint_needs_both_proofs_of_ones_own_and_words(desk: Desk, person: Signed) -> None:
    identity, rights = (upload(person, kind).json()["id"] for kind in ("identity", "rights"))
    foreign = upload(sign_in(desk.client, OTHER_PHONE), "rights").json()["id"]
    for proofs, code in (
        ([identity, foreign], "not_found"), ([identity, "0" * 16], "not_found"),
        ([identity, identity], "input_invalid"), ([rights], "input_invalid"), ([], "input_invalid"),
    ):  # fmt: skip
        assert error_code(complaint_of(person, proofs=proofs)) == code, proofs
    both = [identity, rights]
    for wrong in (
        {"claimant": " "}, {"contact": "长" * 101}, {"description": "\u202e"}, {"links": []}, {"links": [" "]},
        {"links": ["x"] * 11}, {"right": "dream"}, {"is_declared": False}, {"is_declared": None},
    ):  # fmt: skip
        assert error_code(complaint_of(person, proofs=both, **wrong)) == "input_invalid", wrong
    assert complaint_of(person, proofs=both).status_code == 201
    nobody = desk.client.post(
        "/api/v1/complaints/proofs/rights", content=picture(), headers={"Content-Type": "image/png"}
    )
    assert error_code(nobody) == "not_signed_in"
    assert error_code(upload(person, "rights", b"no picture")) == "image_invalid"
    assert error_code(upload(person, "dream")) == "input_invalid"
    text = person.client.post(
        "/api/v1/complaints/proofs/rights", content=b"x", headers={**person.headers, "Content-Type": "text/plain"}
    )
    assert error_code(text) == "image_invalid"


def test_all_of_it_is_sealed_and_opened_by_an_operator_with_a_reason(
    desk: Desk, person: Signed, operator: Person
) -> None:
    complaint_id = complaint_of(person, claimant="CLAIMANT-NAME").json()["id"]
    held = b"".join(path.read_bytes() for path in desk.config.data_dir.rglob("*") if path.is_file())
    for secret in ("CLAIMANT-NAME", "13700137001", "live.example.org/s/1"):
        assert secret.encode() not in held
    assert len(files(desk)) == 2
    for name in files(desk):
        assert name.endswith(".sealed")
        assert b"JFIF" not in (desk.config.data_dir / "proofs" / name).read_bytes()
    proof_id = files(desk)[0].partition(".")[0]
    with refused(ErrorCode.FORBIDDEN):
        read(desk, operator, complaint_id, proof_id)
    with refused(ErrorCode.INPUT_INVALID):
        reveal(desk, operator, complaint_id, " ")
    shown = reveal(desk, operator, complaint_id)
    assert (shown.claimant, shown.contact, shown.links) == (
        "CLAIMANT-NAME", "13700137001", ["https://live.example.org/s/1"],
    )  # fmt: skip
    assert "CLAIMANT-NAME" not in repr(shown)
    assert [proof.kind.value for proof in shown.proofs] == ["identity", "rights"]
    assert ("complaint.shown", complaint_id, "核对权属") in desk.audited()
    assert read(desk, operator, complaint_id, proof_id).startswith(b"\xff\xd8\xff")
    with refused(ErrorCode.NOT_FOUND):
        read(desk, operator, complaint_id, "0" * 16)
    # It is open to the one who gave the reason, and for a while.
    viewer = Person(person.account_id, person.pair["device_id"], frozenset())
    with refused(ErrorCode.FORBIDDEN):
        read(desk, viewer, complaint_id, proof_id)
    with refused(ErrorCode.FORBIDDEN):
        reveal(desk, viewer, complaint_id)
    desk.clock.advance(OPEN_FOR_MS / 1000)
    with refused(ErrorCode.FORBIDDEN):
        read(desk, operator, complaint_id, proof_id)
    assert error_code(person.get(f"/images/{proof_id}")) == "not_found", "they are no images of an account"


def test_files_and_words_are_deleted_on_schedule(desk: Desk, person: Signed, operator: Person) -> None:
    done, waits = (complaint_of(person).json()["id"] for _ in range(2))
    upload(person, "rights")
    assert len(files(desk)) == 5
    desk.clock.advance(DEFAULT.loose_proofs_days * 24 * 3600 - 1)
    housekeep(desk)
    assert len(files(desk)) == 5
    desk.clock.advance(1)
    housekeep(desk)
    assert len(files(desk)) == 4, "no complaint names it"
    handle(desk, operator, done, is_upheld=True)
    desk.clock.advance(DEFAULT.complaints_days * 24 * 3600)
    housekeep(desk)
    assert len(files(desk)) == 2
    row = desk.read(lambda db: db.get_one(ComplaintRow, done))
    assert [row.claimant_sealed, row.contact_sealed, row.description_sealed, row.links_sealed] == [None] * 4
    assert row.answer == "材料齐全"
    assert desk.read(lambda db: db.get_one(ComplaintRow, waits)).claimant_sealed is not None
    shown = {one["id"]: one for one in mine(sign_in(desk.client, PHONE))}
    assert (shown[done]["description"], shown[done]["links"], shown[done]["proofs"]) == ("", [], 0)


def test_not_too_many_at_a_time(desk: Desk, person: Signed) -> None:
    codes = []
    for _ in range(20):
        desk.clock.advance(7)
        reply = upload(person, "rights")
        codes.append(error_code(reply) if reply.status_code != 201 else "")
    assert codes == [""] * 16 + ["rate_limited"] * 4
    assert len(files(desk)) == 16, "what was refused left no file"


def test_a_proof_may_be_as_large_as_an_image(desk: Desk, person: Signed) -> None:
    noise = Image.frombytes("RGB", (700, 700), random.Random(1).randbytes(3 * 700 * 700))
    held = io.BytesIO()
    noise.save(held, "PNG")
    assert len(held.getvalue()) > desk.config.limits.body_bytes
    assert upload(person, "rights", held.getvalue()).status_code == 201
    over = upload(person, "rights", b"\x89PNG" + bytes(desk.config.limits.image_body_bytes))
    assert error_code(over) == "too_large"


def test_a_refusal_keeps_no_file(desk: Desk, person: Signed) -> None:
    """Signed out between the request and the write."""
    gone = Person(person.account_id, "no-device", frozenset())
    with pytest.raises(Refusal):
        desk.run(partial(desk.services.proofs.upload, gone, ProofKind.RIGHTS, picture()))
    assert files(desk) == []
