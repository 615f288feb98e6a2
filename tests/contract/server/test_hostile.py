"""A client that skips the app: each gate is tried directly, and the service refuses it with its own code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.contract.rest import Role
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceMethod, FaceState
from server import blocklist
from server.blocklist import BlockKind
from server.documents.publishing import DraftWish, add_version, day_of
from server.errors import Refusal
from server.gate import Person
from server.identity import acts as identities
from server.identity import face, suspension
from server.store.identity_models import FaceCheckRow
from server.store.models import AuditRow, KeyRow, RoleRow
from server.store.store import Tx
from server.store.way_models import ScopeRow
from tests.contract.server.applicants import (
    OTHER_PHONE,
    PHONE,
    Applicant,
    applicant,
    make_anchor,
    number_for,
    operator_of,
    verify,
    write,
)
from tests.contract.server.kit import Desk, error_code, sign_in

pytestmark = pytest.mark.slow

Break = Callable[[Desk, Applicant, Person], None]
CATEGORY = "job_search"


def no_role(desk: Desk, person: Applicant, _operator: Person) -> None:
    write(desk, lambda tx: tx.db.execute(delete(RoleRow).where(RoleRow.role == Role.ANCHOR.value)))


def new_agreement(desk: Desk, _person: Applicant, operator: Person) -> None:
    def work(tx: Tx) -> None:
        wish = DraftWish(DocumentKind.LIVE_AGREEMENT, "直播协议", "## 一、总则\n", (), True, day_of(tx.now_ms))
        add_version(tx, wish, operator.account_id, "test")

    write(desk, work)


def no_name(desk: Desk, person: Applicant, operator: Person) -> None:
    write(desk, lambda tx: identities.withdraw(tx, operator, person.id, "他人冒用"))


def no_face(desk: Desk, person: Applicant, _operator: Person) -> None:
    taken_back = {"state": FaceState.CANCELLED.value}
    write(desk, lambda tx: tx.db.execute(update(FaceCheckRow).values(**taken_back)))


def face_asked(desk: Desk, person: Applicant, operator: Person) -> None:
    no_face(desk, person, operator)
    desk.clock.advance(1)
    assert person.signed.post("/me/face-check", {"method": "live_call"}).status_code == 201


def face_refused(desk: Desk, person: Applicant, operator: Person) -> None:
    face_asked(desk, person, operator)
    check_id = person.signed.get("/me/face-check").json()["id"]
    write(desk, lambda tx: face.refuse(tx, operator, check_id, 0, "看不清"))


def face_ordered(desk: Desk, person: Applicant, operator: Person) -> None:
    write(desk, lambda tx: face.order_new(tx, operator, person.id, "收到举报"))


def suspended(desk: Desk, person: Applicant, operator: Person) -> None:
    write(desk, lambda tx: suspension.suspend(tx, operator, person.id, "违规", None))


def listed(desk: Desk, person: Applicant, operator: Person) -> None:
    cipher = desk.services.cipher
    write(desk, lambda tx: blocklist.add(tx, operator, cipher, BlockKind.ID_NUMBER, number_for(PHONE), "平台通报"))


def no_scope(desk: Desk, person: Applicant, _operator: Person) -> None:
    write(desk, lambda tx: tx.db.execute(delete(ScopeRow).where(ScopeRow.account_id == person.id)))


BREAKS: dict[str, tuple[Break, str]] = {
    "no role": (no_role, "not_an_anchor"),
    "new agreement": (new_agreement, "agreement_outdated"),
    "name withdrawn": (no_name, "identity_missing"),
    "no face check": (no_face, "face_missing"),
    "face check asked for": (face_asked, "face_pending"),
    "face check refused": (face_refused, "face_refused"),
    "face check ordered": (face_ordered, "face_voided"),
    "suspended": (suspended, "suspended"),
    "blocklisted": (listed, "blocklisted"),
    "out of scope": (no_scope, "out_of_scope"),
}


def plan(desk: Desk, hours: int = 1, **changes: Any) -> dict[str, Any]:
    at = (desk.clock.utc() + timedelta(hours=hours)).isoformat()
    return {"title": "简历怎么写", "category": CATEGORY, "starts_at": at, "length_min": 60, **changes}


def living_keys(desk: Desk) -> int:
    return len(desk.read(lambda db: list(db.scalars(select(KeyRow.id).where(KeyRow.dead_ms.is_(None))))))


@pytest.mark.parametrize("lack", BREAKS)
def test_each_gate_holds_at_every_door(desk: Desk, anchor: Applicant, lack: str) -> None:
    do, code = BREAKS[lack]
    session = anchor.signed.post("/sessions", {"title": "简历怎么写", "category": CATEGORY}).json()
    planned = anchor.signed.post("/me/schedule", plan(desk, 3))
    assert planned.status_code == 201, planned.text
    entry = planned.json()
    assert anchor.signed.post(f"/sessions/{session['id']}/stream-key").status_code == 200
    anchor.signed.post(f"/sessions/{session['id']}/end")
    do(desk, anchor, operator_of(desk))
    session_id = entry["session"]["id"]
    change = {"base_revision": entry["revision"], "plan": plan(desk, 4)}
    doors = (
        anchor.signed.post("/sessions", {"title": "简历怎么写", "category": CATEGORY}),
        anchor.signed.post("/me/schedule", plan(desk, 8)),
        anchor.signed.client.put(f"/api/v1/me/schedule/{session_id}", json=change, headers=anchor.signed.headers),
        anchor.signed.post(f"/sessions/{session_id}/stream-key"),
        anchor.signed.post(f"/sessions/{session_id}/stream-key", {"take_over": True}),
    )
    assert [error_code(reply) for reply in doors] == [code] * len(doors)
    assert all(reply.status_code == 403 for reply in doors)
    assert living_keys(desk) == 0
    tried = {(action, why) for action, _, why in desk.audited() if action.startswith("refused.")}
    assert {(f"refused.{act}", code) for act in ("open_session", "schedule", "take_key")} <= tried


@pytest.mark.parametrize("lack", [one for one in BREAKS if one not in ("suspended", "no role")])
def test_what_is_on_air_goes_on_and_the_next_does_not(desk: Desk, anchor: Applicant, lack: str) -> None:
    do, code = BREAKS[lack]
    wish = {"title": "简历怎么写", "category": CATEGORY}
    session_id = anchor.signed.post("/sessions", wish).json()["id"]
    key = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, "c1").json())
    assert desk.state(session_id) == "live"
    do(desk, anchor, operator_of(desk))
    assert desk.state(session_id) == "live"
    assert anchor.signed.post(f"/sessions/{session_id}/stream-key").status_code == 200, "after a loss of the engine"
    anchor.signed.post(f"/sessions/{session_id}/end")
    assert error_code(anchor.signed.post("/sessions", wish)) == code


def test_another_persons_session_is_nobody_elses(desk: Desk, anchor: Applicant) -> None:
    other = applicant(desk, OTHER_PHONE)
    make_anchor(desk, other)
    verify(desk, other)
    entry = anchor.signed.post("/me/schedule", plan(desk)).json()
    session_id = entry["session"]["id"]
    change = {"base_revision": 0, "plan": plan(desk, 2)}
    replies = {
        "key": other.signed.post(f"/sessions/{session_id}/stream-key"),
        "end": other.signed.post(f"/sessions/{session_id}/end"),
        "cut": other.signed.post(f"/sessions/{session_id}/cut-off", {"reason": "x"}),
        "change": other.signed.client.put(
            f"/api/v1/me/schedule/{session_id}", json=change, headers=other.signed.headers
        ),
        "cancel": other.signed.post(f"/me/schedule/{session_id}/cancel"),
        "file": other.signed.get(f"/me/schedule/{session_id}.ics"),
    }
    expected = dict.fromkeys(("key", "end", "cut"), "forbidden")
    expected |= dict.fromkeys(("change", "cancel", "file"), "not_found")
    assert {name: error_code(reply) for name, reply in replies.items()} == expected
    assert session_id not in other.signed.get("/me/schedule").text
    assert living_keys(desk) == 0


def test_without_or_with_a_token_of_before_there_is_no_door(desk: Desk, anchor: Applicant) -> None:
    entry = anchor.signed.post("/me/schedule", plan(desk)).json()
    session_id = entry["session"]["id"]
    doors = (
        ("POST", "/sessions", {"title": "t", "category": CATEGORY}),
        ("POST", "/me/schedule", plan(desk, 5)),
        ("POST", f"/sessions/{session_id}/stream-key", None),
        ("POST", "/me/probe-key", None),
        ("GET", "/me/schedule", None),
        ("GET", "/me/schedule.ics", None),
        ("GET", "/me/identity", None),
        ("POST", "/me/identity", {"name": "张三", "number": number_for(PHONE)}),
        ("POST", "/me/face-check", {"method": "live_call"}),
        ("GET", f"/sessions/{session_id}/guest-check", None),
    )

    def codes(headers: dict[str, str]) -> set[str]:
        return {
            error_code(desk.client.request(how, f"/api/v1{path}", json=body, headers=headers))
            for how, path, body in doors
        }

    assert codes({}) == {"not_signed_in"}
    assert codes({"Authorization": "Bearer made-up"}) <= {"not_signed_in", "token_expired"}
    elsewhere = sign_in(desk.client, PHONE, device="laptop")
    elsewhere.delete(f"/me/devices/{anchor.signed.pair['device_id']}")
    assert codes(anchor.signed.headers) <= {"device_ended", "not_signed_in", "token_expired"}
    desk.clock.advance(16 * 60)
    assert codes(elsewhere.headers) == {"token_expired"}
    assert living_keys(desk) == 0


def test_keys_die_as_is_said_and_are_made_anew(desk: Desk, anchor: Applicant) -> None:
    wish = {"title": "简历怎么写", "category": CATEGORY}
    session_id = anchor.signed.post("/sessions", wish).json()["id"]
    first = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    second = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    assert first != second
    assert error_code(desk.authorize(first, "c1")) == "key_dead", "made anew"
    desk.report("started", desk.authorize(second, "c2").json())
    elsewhere = Applicant(desk, sign_in(desk.client, PHONE, device="laptop"), PHONE)
    assert error_code(elsewhere.signed.post(f"/sessions/{session_id}/stream-key")) == "live_elsewhere"
    taken = elsewhere.signed.post(f"/sessions/{session_id}/stream-key", {"take_over": True}).json()["key"]
    assert error_code(desk.authorize(second, "c3")) == "key_dead", "taken over"
    assert elsewhere.signed.post("/auth/sign-out").status_code == 204
    assert error_code(desk.authorize(taken, "c4")) == "key_dead", "signed out"
    third = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    anchor.signed.post(f"/sessions/{session_id}/end")
    assert error_code(desk.authorize(third, "c5")) == "key_dead", "ended"
    stored = desk.read(lambda db: [row.hash for row in db.scalars(select(KeyRow))])
    assert not {first, second, taken, third} & set(stored)


def test_the_desk_is_for_operators_with_a_second_factor(desk: Desk, anchor: Applicant) -> None:
    operator = operator_of(desk)
    for who in (
        Person(anchor.id, anchor.signed.pair["device_id"], frozenset({Role.ANCHOR})),
        Person(operator.account_id, operator.device_id, frozenset({Role.OPERATOR}), has_second_factor=False),
    ):
        works: tuple[Callable[[Tx], Any], ...] = (
            lambda tx, w=who: suspension.suspend(tx, w, anchor.id, "x", None),
            lambda tx, w=who: face.order_new(tx, w, anchor.id, "x"),
            lambda tx, w=who: face.appoint(tx, w, "0" * 16, 0, desk.clock.utc(), FaceMethod.LIVE_CALL),
            lambda tx, w=who: identities.withdraw(tx, w, anchor.id, "x"),
        )
        for work in works:
            with pytest.raises(Refusal, match=r"forbidden|second_factor_required"):
                write(desk, work)
    refused = desk.read(lambda db: {row.action for row in db.scalars(select(AuditRow)) if "refused" in row.action})
    assert {"refused.suspend", "refused.review_face", "refused.read_identity"} <= refused
