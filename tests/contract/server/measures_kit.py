"""Shorthand for the tests of measures: an operator takes, lifts, tells and decides; the person reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.domain.measures import ConductCategory, MeasureKind
from server.gate import Person
from server.measures import appeal, take, telling
from server.measures.take import MeasureWish
from server.store.models import SessionRow
from tests.contract.server.applicants import Applicant, second_operator, write
from tests.contract.server.kit import Desk, sign_in

WISH = {"title": "简历怎么写", "category": "job_search"}
REASON = "辱骂他人"


def taken(
    desk: Desk,
    operator: Person,
    person_id: str,
    kind: MeasureKind,
    hours: float | None = None,
    *,
    key: str | None = None,
    **more: Any,
) -> str:
    """Id of the measure."""
    until_ms = round((desk.clock.utc() + timedelta(hours=hours)).timestamp() * 1000) if hours is not None else None
    told: dict[str, Any] = {"category": ConductCategory.UNFRIENDLY, "reason": REASON, "until_ms": until_ms, **more}
    wish = MeasureWish(person_id, kind, **told)
    return write(desk, lambda tx: take.take(tx, operator, desk.services.cipher, wish, key))


def tell(desk: Desk, operator: Person, measure_id: str) -> None:
    write(desk, lambda tx: telling.tell_now(tx, operator, measure_id))


def lift(desk: Desk, operator: Person, measure_id: str) -> None:
    write(desk, lambda tx: take.lift(tx, operator, desk.services.cipher, measure_id, "已整改"))


def decide(desk: Desk, operator: Person, measure_id: str, *, is_reversed: bool) -> None:
    cipher = desk.services.cipher
    write(desk, lambda tx: appeal.decide(tx, operator, cipher, measure_id, "看过记录", is_reversed=is_reversed))


def reversed_on_appeal(desk: Desk, person: Applicant, measure_id: str) -> None:
    """The person appeals, and another operator finds that they are right."""
    made = person.signed.post(f"/me/measures/{measure_id}/appeal", {"text": "请再看"})
    assert made.status_code == 201, made.text
    other = write(desk, lambda tx: second_operator(tx, desk.services.cipher))
    decide(desk, other, measure_id, is_reversed=True)


def mine(person: Applicant) -> list[dict[str, Any]]:
    reply = person.signed.get("/me/measures")
    assert reply.status_code == 200, reply.text
    return list(reply.json())


def again(desk: Desk, person: Applicant) -> Applicant:
    """Signed in once more."""
    return Applicant(desk, sign_in(desk.client, person.phone), person.phone)


def planned(desk: Desk, person: Applicant, hours: float = 48, **more: Any) -> str:
    """Id of an entry of the schedule."""
    starts = (desk.clock.utc() + timedelta(hours=hours)).isoformat()
    reply = person.signed.post("/me/schedule", {**WISH, "starts_at": starts, "length_min": 60, **more})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["session"]["id"])


def upcoming(person: Applicant) -> list[tuple[str, str]]:
    """Id and title of what is to come."""
    found = person.signed.get("/me/schedule").json()["entries"]
    return [(one["session"]["id"], one["plan"]["title"]) for one in found]


def column(desk: Desk, session_id: str, name: str) -> Any:
    return desk.read(lambda db: getattr(db.get_one(SessionRow, session_id), name))
