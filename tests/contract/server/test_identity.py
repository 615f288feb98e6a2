"""Real name: checked by form, day and age; counted; corrected; seen by its owner alone and masked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.domain.china_time import midnight_ms
from app.domain.identity_number import check_character
from app.errors import PlatformError
from app.runtime.clock import ManualClock
from server import blocklist
from server.blocklist import BlockKind
from server.identity import acts
from server.main import create_app
from server.providers.identity_authority import AuthorityAnswer, LocalAuthority, Verdict
from server.store.identity_models import IdentityAttemptRow, IdentityRow
from tests.contract.server.applicants import (
    OTHER_PHONE,
    PHONE,
    applicant,
    form,
    number_for,
    operator_of,
    verify,
    write,
)
from tests.contract.server.application_kit import accepted, approve, assign
from tests.contract.server.kit import Desk, FakeIngest, config_for, error_code, sign_in

pytestmark = pytest.mark.slow


def born(day: str, order: int = 123) -> str:
    body = f"110000{day}{order:03d}"
    return body + check_character(body)


def detail(reply: Any) -> dict[str, Any]:
    return dict(reply.json()["error"]["detail"])


def test_a_name_is_checked_and_shown_masked(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    before = person.signed.get("/me/identity").json()
    assert (before["checked_at"], before["attempts_left"]) == (None, 5)
    reply = person.identify(" 张 小明 ", "１１００００19900307011" + check_character("11000019900307011"))
    assert reply.status_code == 200, reply.text
    shown = reply.json()
    assert (shown["name_masked"], shown["number_masked"][:4], shown["attempts_left"]) == ("张**", "1100", 4)
    assert "1990" not in reply.text
    assert (shown["authority"], shown["is_register_asked"]) == ("local", False)
    assert person.signed.get("/me/identity").json() == shown
    steps = {one["id"]: one["state"] for one in person.signed.get("/me/onboarding").json()["steps"]}
    assert (steps["identity"], steps["application"]) == ("done", "current")


def test_it_stands_after_the_agreement_and_before_the_application(desk: Desk) -> None:
    person = applicant(desk, has_accepted=False)
    assert error_code(person.identify()) == "agreement_missing"
    person.accept()
    person.begin()
    person.save(form(), 0)
    assert error_code(person.submit(1)) == "identity_missing"
    person.identify()
    assert person.submit(1).status_code == 200


@pytest.mark.parametrize(
    ("name", "number", "field", "reason"),
    [
        ("张", "", "name", "name"),
        ("张3", number_for(PHONE), "name", "name"),
        ("<b>", number_for(PHONE), "name", "name"),
        ("张三", "", "number", "missing"),
        ("张三", "110000", "number", "length"),
        ("张三", "11000019900307O110", "number", "characters"),
        ("张三", "990000199003070028", "number", "region"),
        ("张三", "110000199013070028", "number", "birth_date"),
        ("张三", "110000190102290028", "number", "birth_date"),
        ("张三", "110000199003070029", "number", "checksum"),
    ],
)
def test_what_cannot_be_right_costs_no_try(desk: Desk, name: str, number: str, field: str, reason: str) -> None:
    person = applicant(desk, has_identity=False)
    reply = person.signed.post("/me/identity", {"name": name, "number": number})
    assert (error_code(reply), detail(reply)) == ("identity_invalid", {"field": field, "reason": reason})
    assert person.signed.get("/me/identity").json()["attempts_left"] == 5


def test_eighteen_is_reached_at_midnight_in_china(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    number = born("20081127")
    before = datetime(2026, 11, 26, 15, 59, 59, tzinfo=UTC)
    desk.clock.advance((before - desk.clock.utc()).total_seconds())
    person = applicant(desk, has_identity=False)
    assert error_code(person.identify(number=number)) == "identity_underage"
    desk.clock.advance(1)  # 2026-11-27 00:00 in Shanghai, still the 26th in UTC
    assert person.identify(number=number).status_code == 200


def test_who_was_born_on_a_leap_day_is_eighteen_on_the_first_of_march(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    number = born("20120229")
    last = midnight_ms(datetime(2030, 3, 1).date())
    desk.clock.advance(last / 1000 - 1 - desk.clock.utc().timestamp())
    person = applicant(desk, has_identity=False)
    assert error_code(person.identify(number=number)) == "identity_underage"
    desk.clock.advance(1)
    assert person.identify(number=number).status_code == 200


def test_tries_are_counted_by_the_day_in_china(desk: Desk) -> None:
    # 23:00 in Shanghai
    desk.clock.advance((midnight_ms(datetime(2027, 1, 2).date()) / 1000 - 3600) - desk.clock.utc().timestamp())
    person, other = applicant(desk, has_identity=False), applicant(desk, OTHER_PHONE)
    taken = number_for(OTHER_PHONE)
    for left in (4, 3, 2, 1, 0):
        assert error_code(person.identify(number=taken)) == "identity_taken"
        assert person.signed.get("/me/identity").json()["attempts_left"] == left
    over = person.identify()
    assert (error_code(over), over.status_code) == ("identity_attempts_over", 429)
    assert 3590 <= int(over.headers["retry-after"]) <= 3600
    again = person.signed.get("/me/identity").json()["attempts_again_at"]
    assert datetime.fromisoformat(again) == datetime(2027, 1, 1, 16, tzinfo=UTC)
    assert other.signed.get("/me/identity").json()["attempts_left"] == 4
    desk.clock.advance(3600)
    person = applicant(desk, has_identity=False)
    assert person.identify().status_code == 200
    outcomes = desk.read(lambda db: sorted(db.scalars(select(IdentityAttemptRow.outcome))))
    assert outcomes == ["checked"] * 2 + ["identity_taken"] * 5


def test_who_is_listed_is_refused(desk: Desk) -> None:
    operator, cipher = operator_of(desk), desk.services.cipher
    number = number_for(PHONE)
    write(desk, lambda tx: blocklist.add(tx, operator, cipher, BlockKind.ID_NUMBER, number, "平台通报"))
    person = applicant(desk, has_identity=False)
    assert error_code(person.identify(number=number)) == "blocklisted"
    assert person.identify(number=born("19800101")).status_code == 200


def test_a_repeat_with_the_same_key_costs_nothing(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    first = person.identify(key="k1").json()
    assert person.identify(key="k1").json() == first
    assert error_code(person.identify("李四", key="k1")) == "idempotency_mismatch"
    assert error_code(person.identify()) == "identity_unchanged"
    assert person.signed.get("/me/identity").json()["attempts_left"] == 4


def test_a_repeat_of_what_was_refused_costs_one_try(desk: Desk) -> None:
    applicant(desk, OTHER_PHONE)
    person, taken = applicant(desk, has_identity=False), number_for(OTHER_PHONE)
    replies = [person.identify(number=taken, key="k1") for _ in range(3)]
    assert [error_code(one) for one in replies] == ["identity_taken"] * 3
    assert replies[0].json() == replies[2].json()
    assert person.signed.get("/me/identity").json()["attempts_left"] == 4
    assert error_code(person.identify(key="k1")) == "idempotency_mismatch"
    assert error_code(person.identify(number=taken, key="k2")) == "identity_taken"
    assert person.signed.get("/me/identity").json()["attempts_left"] == 3


def test_a_correction_voids_the_face_and_waits_for_review_and_broadcast(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    sent = person.send()
    assert error_code(person.identify("李四")) == "application_locked"
    assign(desk, operator, sent["id"])
    approve(desk, operator, sent, "")
    verify(desk, person)
    session = person.signed.post("/sessions", {"title": "t", "category": "job_search"}).json()
    assert person.signed.post(f"/sessions/{session['id']}/stream-key").status_code == 200
    assert error_code(person.identify("李四")) == "on_air"
    person.signed.post(f"/sessions/{session['id']}/end")
    corrected = person.identify("李四").json()
    assert (corrected["name_masked"], corrected["corrections"]) == ("李*", 1)
    assert error_code(person.signed.post("/sessions", {"title": "t", "category": "job_search"})) == "face_voided"
    assert "face_voided" in person.kinds()
    rows = desk.read(lambda db: [(row.end_cause, row.ended_ms is None) for row in db.scalars(select(IdentityRow))])
    assert ("corrected", False) in rows
    assert {"identity.checked", "identity.corrected", "face.voided"} <= {action for action, _, _ in desk.audited()}


def test_an_operator_withdraws_a_name_that_is_somebody_elses(desk: Desk) -> None:
    person, other, operator = applicant(desk), applicant(desk, OTHER_PHONE, has_identity=False), operator_of(desk)
    assert error_code(other.identify(number=number_for(PHONE))) == "identity_taken"
    accepted(desk, person, operator)
    verify(desk, person)
    known = len(person.kinds())
    write(desk, lambda tx: acts.withdraw(tx, operator, person.id, "他人冒用"))
    told = person.signed.get("/me/inbox").json()["messages"][0]
    shown = (told["kind"], told["place"], told["params"], told["is_read"])
    assert shown == ("identity_withdrawn", "prepare", {"comment": "他人冒用"}, False)
    assert len(person.kinds()) == known + 1, "one message for name and face"
    assert person.signed.get("/me/face-check").json()["state"] == "voided"
    steps = {one["id"]: one["state"] for one in person.signed.get("/me/onboarding").json()["steps"]}
    assert steps["identity"] == "current"
    assert error_code(person.signed.post("/sessions", {"title": "t", "category": "job_search"})) == "identity_missing"
    assert person.signed.get("/me/identity").json()["checked_at"] is None
    assert other.identify(number=number_for(PHONE)).status_code == 200
    assert ("identity.withdrawn", "他人冒用") in {(action, reason) for action, _, reason in desk.audited()}


def test_nobody_elses_name_can_be_read(desk: Desk) -> None:
    applicant(desk)
    other = applicant(desk, OTHER_PHONE, has_identity=False)
    assert other.signed.get("/me/identity").json()["name_masked"] == ""
    assert error_code(desk.client.get("/api/v1/me/identity")) == "not_signed_in"
    assert error_code(desk.client.post("/api/v1/me/identity", json={"name": "张三", "number": "1"})) == "not_signed_in"


def test_nothing_of_it_lies_open(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    person.identify("欧阳清风")
    assert error_code(person.identify("欧阳清风")) == "identity_unchanged"
    number = number_for(PHONE)
    for path in Path(desk.config.data_dir).rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert "欧阳清风".encode() not in held, path.name
            assert number.encode() not in held, path.name


class Register:
    """An authority with a register of its own."""

    def __init__(self, *answers: AuthorityAnswer | Exception | float) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def check(self, name: str, number: str) -> AuthorityAnswer:
        self.asked.append((name, number))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return AuthorityAnswer(Verdict.CONFIRMED, "slow")
        return answer


@pytest.fixture
def register() -> Register:
    return Register(
        AuthorityAnswer(Verdict.MISMATCH, "register"),
        PlatformError("platform_unreachable"),
        AuthorityAnswer(Verdict.CONFIRMED, "register"),
    )


@pytest.fixture
def asking_desk(tmp_path: Path, database_url: str, register: Register) -> Iterator[Desk]:
    config, clock, ingest = config_for(tmp_path, database_url), ManualClock(), FakeIngest()
    app = create_app(config, clock, authority=register, ingest_transport=ingest.transport())
    with TestClient(app, client=("203.0.113.7", 50000)) as client:
        yield Desk(client, clock, ingest, config)


def test_a_register_that_is_asked_decides_and_one_that_is_away_costs_no_try(
    asking_desk: Desk, register: Register
) -> None:
    person = applicant(asking_desk, has_identity=False)
    assert error_code(person.identify("张三", key="k1")) == "identity_mismatch"
    assert error_code(person.identify("张三", key="k1")) == "identity_mismatch"
    assert len(register.asked) == 1, "a repeat is not asked about again"
    away = person.identify("张三")
    assert (error_code(away), away.status_code, away.json()["error"]["retryable"]) == (
        "authority_unavailable", 503, True,
    )  # fmt: skip
    found = person.identify("张三").json()
    assert (found["is_register_asked"], found["authority"], found["attempts_left"]) == (True, "register", 3)
    assert register.asked[0] == ("张三", number_for(PHONE))
    # What is refused without it is not told to it.
    person.signed.post("/me/identity", {"name": "张三", "number": "1"})
    assert len(register.asked) == 3


def test_the_built_in_authority_pretends_nothing() -> None:
    answer = asyncio.run(LocalAuthority().check("张三", number_for(PHONE)))
    assert (answer.verdict, answer.authority) == (Verdict.NOT_ASKED, "local")


def test_too_often_is_told_with_a_time(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    replies = [person.signed.post("/me/identity", {"name": "", "number": ""}) for _ in range(30)]
    assert error_code(replies[0]) == "identity_invalid"
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["retry-after"]) > 0


def test_an_ended_device_checks_nothing(desk: Desk) -> None:
    here, elsewhere = applicant(desk, has_identity=False), sign_in(desk.client, PHONE, device="laptop")
    elsewhere.delete(f"/me/devices/{here.signed.pair['device_id']}")
    assert error_code(here.identify()) == "device_ended"
