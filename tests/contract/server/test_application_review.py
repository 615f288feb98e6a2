"""Operators decide on applications: who may, in what order, on which text."""

from __future__ import annotations

import pytest

from app.contract.errors import ErrorCode
from app.domain.application import ApplicationState, FormField
from server import blocklist
from server.applications import queue, review
from server.blocklist import BlockKind
from server.gate import Person
from tests.contract.server.applicants import (
    CREDIT_CODE,
    INTRODUCTION,
    OTHER_PHONE,
    PHONE,
    applicant,
    form,
    operator_of,
    write,
)
from tests.contract.server.application_kit import approve, assign, give_back, refused, reject
from tests.contract.server.kit import Desk

pytestmark = pytest.mark.slow


def test_only_operators_with_a_second_factor_decide(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    sent = person.send()
    cipher = desk.services.cipher
    bare = Person(operator.account_id, operator.device_id, operator.roles, False)
    owner = Person(person.id, person.signed.pair["device_id"], frozenset(), True)
    for who, code in ((bare, ErrorCode.SECOND_FACTOR_REQUIRED), (owner, ErrorCode.FORBIDDEN)):
        for act in (
            lambda tx, w=who: review.assign(tx, w, sent["id"], operator.account_id),
            lambda tx, w=who: review.log_contact(tx, w, sent["id"], review.ContactChannel.PHONE, "n"),
            lambda tx, w=who: review.approve(tx, w, cipher, sent["id"], 1),
            lambda tx, w=who: review.return_(tx, w, sent["id"], 1, {FormField.SCOPES: "x"}),
            lambda tx, w=who: review.reject(tx, w, sent["id"], 1, "x"),
            lambda tx, w=who: review.reveal_phone(tx, w, cipher, sent["id"], "x"),
            lambda tx, w=who: blocklist.add(tx, w, cipher, BlockKind.PHONE, PHONE, "x"),
        ):
            with refused(code):
                write(desk, act)
        for read in (
            lambda db, w=who: queue.queue(db, w),
            lambda db, w=who: queue.detail(db, w, cipher, sent["id"]),
            lambda db, w=who: queue.count(db, w),
            lambda db, w=who: queue.consultants(db, w),
            lambda db, w=who: blocklist.entries(db, w),
        ):
            with refused(code):
                desk.read(read)
    assert person.mine()["state"] == "submitted"


def test_an_operator_whose_device_was_ended_decides_nothing(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    sent = person.send()
    gone = Person(operator.account_id, "0" * 16, operator.roles, True)
    with refused(ErrorCode.DEVICE_ENDED):
        assign(desk, gone, sent["id"])


def test_two_operators_cannot_decide_on_different_texts(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    seen = person.send()
    assign(desk, operator, seen["id"])
    give_back(desk, operator, seen, introduction="再写详细")
    person.save(form(introduction=INTRODUCTION + "换了一稿。"))
    person.submit()
    assign(desk, operator, seen["id"])
    for decide in (approve, reject):
        with refused(ErrorCode.STATE_CONFLICT):
            decide(desk, operator, seen)
    with refused(ErrorCode.STATE_CONFLICT):
        give_back(desk, operator, seen, introduction="再写")
    now = person.mine()
    approve(desk, operator, now)
    for decide in (approve, reject):
        with refused(ErrorCode.STATE_CONFLICT):
            decide(desk, operator, now)
    assert person.mine()["state"] == "approved"


def test_nobody_decides_what_is_not_in_review(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    draft = person.begin().json()
    for attempt in (lambda: assign(desk, operator, draft["id"]), lambda: approve(desk, operator, draft)):
        with refused(ErrorCode.NOT_FOUND):
            attempt()
    assert desk.read(lambda db: queue.queue(db, operator, tuple(ApplicationState))) == []
    sent = person.send()
    with refused(ErrorCode.STATE_CONFLICT):
        approve(desk, operator, sent)
    with refused(ErrorCode.NOT_FOUND):
        assign(desk, operator, "\x00")


def test_a_return_names_at_least_one_field(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    sent = person.send()
    assign(desk, operator, sent["id"])
    with refused(ErrorCode.INPUT_INVALID):
        give_back(desk, operator, sent)
    with refused(ErrorCode.INPUT_INVALID):
        give_back(desk, operator, sent, introduction="  ")
    with refused(ErrorCode.INPUT_INVALID):
        give_back(desk, operator, sent, introduction="长" * 201)
    assert person.mine()["state"] == "in_review"


def test_the_consultant_is_an_operator_and_may_change(desk: Desk) -> None:
    person, operator = applicant(desk), operator_of(desk)
    sent = person.send()
    for nobody in (person.id, "0" * 16, "", "\x00"):
        with refused(ErrorCode.INPUT_INVALID):
            write(desk, lambda tx, n=nobody: review.assign(tx, operator, sent["id"], n))  # type: ignore[misc]
    assign(desk, operator, sent["id"])
    assign(desk, operator, sent["id"])
    assert [step["state"] for step in person.mine()["history"]] == ["submitted", "in_review"]
    found = desk.read(lambda db: queue.consultants(db, operator))
    assert [(one.id, one.name) for one in found] == [(operator.account_id, "平台运营")]


def test_the_queue_shows_who_waits_longest_first(desk: Desk) -> None:
    first, second, operator = applicant(desk), applicant(desk, OTHER_PHONE), operator_of(desk)
    second.send()
    desk.clock.advance(5)
    sent = first.send()
    waiting = desk.read(lambda db: queue.queue(db, operator))
    assert [one.account_id for one in waiting] == [second.id, first.id]
    assert desk.read(lambda db: queue.count(db, operator)) == 2
    assign(desk, operator, sent["id"])
    mine = desk.read(lambda db: queue.queue(db, operator, consultant_id=operator.account_id))
    assert [(one.account_id, one.state.value, one.consultant) for one in mine] == [(first.id, "in_review", "平台运营")]


def test_contacts_are_kept_for_operators_and_phones_shown_for_a_reason(desk: Desk) -> None:
    person, operator, cipher = applicant(desk), operator_of(desk), desk.services.cipher
    sent = person.send()
    channel = review.ContactChannel.PHONE
    write(desk, lambda tx: review.log_contact(tx, operator, sent["id"], channel, "已接通\n约周三再谈"))
    found = desk.read(lambda db: queue.detail(db, operator, cipher, sent["id"]))
    assert [(one.channel, one.note, one.operator) for one in found.contacts] == [
        (channel, "已接通\n约周三再谈", "平台运营")
    ]
    assert "13700137000" not in repr(found)
    with refused(ErrorCode.INPUT_INVALID):
        write(desk, lambda tx: review.reveal_phone(tx, operator, cipher, sent["id"], " "))
    phones = write(desk, lambda tx: review.reveal_phone(tx, operator, cipher, sent["id"], "联系申请人"))
    assert (phones.contact, phones.account) == ("13700137000", PHONE)
    assert PHONE not in repr(phones)
    assert ("application.phone_shown", sent["id"], "联系申请人") in desk.audited()
    assert all("13700137000" not in reason for _, _, reason in desk.audited())
    assert "note" not in str(person.mine())


# ---- blocklist ---------------------------------------------------------------------------------------


def test_the_blocklist_keeps_no_number_in_clear(desk: Desk) -> None:
    operator, cipher = operator_of(desk), desk.services.cipher
    for kind, typed, plain, masked in (
        (BlockKind.PHONE, "0086 138-0013 8009", "13800138009", "138****8009"),
        (BlockKind.ID_NUMBER, "11010519491231002x", "11010519491231002X", "1101************2X"),
        (BlockKind.CREDIT_CODE, "91350100m000100y43", CREDIT_CODE, "9135**********0Y43"),
    ):
        entry = write(desk, lambda tx, k=kind, t=typed: blocklist.add(tx, operator, cipher, k, t, "失信"))  # type: ignore[misc]
        assert entry.value_masked == masked
        assert desk.read(lambda db, k=kind, p=plain: blocklist.find(db, operator, cipher, k, p)) == entry  # type: ignore[misc]
        with refused(ErrorCode.STATE_CONFLICT):
            write(desk, lambda tx, k=kind, p=plain: blocklist.add(tx, operator, cipher, k, p, "again"))  # type: ignore[misc]
        assert plain not in str(desk.read(lambda db: blocklist.entries(db, operator)))
        write(desk, lambda tx, e=entry: blocklist.remove(tx, operator, e.id, "已核实"))  # type: ignore[misc]
        with refused(ErrorCode.NOT_FOUND):
            write(desk, lambda tx, e=entry: blocklist.remove(tx, operator, e.id, "again"))  # type: ignore[misc]
        assert ("blocklist.removed", entry.id, "已核实") in desk.audited()
    assert desk.read(lambda db: blocklist.entries(db, operator)) == []
    for kind, typed, code in (
        (BlockKind.PHONE, "12345", ErrorCode.PHONE_INVALID),
        (BlockKind.ID_NUMBER, "1", ErrorCode.INPUT_INVALID),
        (BlockKind.CREDIT_CODE, CREDIT_CODE[:-1] + "0", ErrorCode.CREDIT_CODE_INVALID),
    ):
        with refused(code):
            write(desk, lambda tx, k=kind, t=typed: blocklist.add(tx, operator, cipher, k, t, "x"))  # type: ignore[misc]
