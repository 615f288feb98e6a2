"""Reports over a real service: who may report what, what is kept of it and how, and how it is handled."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain.reports import ReportState
from server.gate import Person
from server.reports import handle
from server.retention import DEFAULT
from server.store.base import Base
from server.store.report_models import ReportRow
from tests.contract.server.applicants import second_operator, write
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.report_kit import PHONES, Talk, housekeep, messages_to, mine, open_talk


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return open_talk(desk)


def row_of(desk: Desk, report_id: str) -> ReportRow:
    return desk.read(lambda db: db.get_one(ReportRow, report_id))


def detail(desk: Desk, operator: Person, report_id: str) -> handle.ReportDetail:
    return desk.read(lambda db: handle.detail(db, operator, desk.services.cipher, report_id))


def take(desk: Desk, operator: Person, report_id: str) -> None:
    write(desk, lambda tx: handle.take(tx, operator, report_id))


def decide(desk: Desk, operator: Person, report_id: str, *, is_upheld: bool, with_others: bool = False) -> None:
    def work(tx: object) -> None:
        handle.decide(tx, operator, report_id, "看过记录", is_upheld=is_upheld, with_others=with_others)  # type: ignore[arg-type]

    write(desk, work)


def test_a_message_is_reported_and_its_reporter_sees_how_it_is_handled(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    rude = talk.say(talk.viewer(1), "你真笨")
    reply = talk.report(talk.viewer(2), "message", rude, text=" 骂人\n\n\n第二行 ", key="one")
    assert reply.status_code == 201
    made = reply.json()
    assert (made["state"], made["text"], made["category"], made["answer"]) == ("open", "骂人\n\n第二行", 6, "")
    assert (made["target_kind"], made["target_name"]) == ("message", talk.viewer(1).pair["account"]["nickname"])
    assert (made["session_id"], made["session_title"], made["handled_at"]) == (talk.id, "简历怎么写", None)
    assert mine(talk.viewer(2)) == [made]
    take(desk, operator, made["id"])
    assert mine(talk.viewer(2))[0]["state"] == "taken"
    desk.clock.advance(5)
    decide(desk, operator, made["id"], is_upheld=True)
    [shown] = mine(talk.viewer(2))
    assert (shown["state"], shown["answer"]) == ("upheld", "看过记录")
    assert shown["handled_at"] > shown["at"]
    told = messages_to(talk.viewer(2))[0]
    assert (told["kind"], told["params"]["comment"]) == ("report_upheld", "看过记录")
    # Nothing of it reaches who was reported, and nobody's answer names an operator.
    assert messages_to(talk.viewer(1)) == []
    assert mine(talk.viewer(1)) == []
    assert operator.account_id not in talk.viewer(2).get("/me/reports").text
    assert {("report.taken", made["id"], ""), ("report.upheld", made["id"], "看过记录")} <= set(desk.audited())


def test_the_same_key_reports_once_and_a_target_is_reported_once_at_a_time(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    rude, viewer = talk.say(talk.viewer(1), "你真笨"), talk.viewer(2)
    first = talk.report(viewer, "message", rude, key="one")
    assert talk.report(viewer, "message", rude, key="one").json() == first.json()
    assert error_code(talk.report(viewer, "message", rude, key="one", text="别的")) == "idempotency_mismatch"
    assert error_code(talk.report(viewer, "message", rude)) == "already_reported"
    take(desk, operator, first.json()["id"])
    assert error_code(talk.report(viewer, "message", rude)) == "already_reported"
    for again in ((viewer, "person", talk.viewer(1).account_id), (talk.viewer(3), "message", rude)):
        assert talk.report(*again).status_code == 201
    decide(desk, operator, first.json()["id"], is_upheld=False)
    assert talk.report(viewer, "message", rude).status_code == 201, "what was decided may be reported anew"


def test_person_and_session_are_reported_and_only_what_is_of_this_session(desk: Desk, talk: Talk) -> None:
    viewer, other = talk.viewer(1), talk.viewer(2)
    message_id = talk.say(other, "大家好")
    assert talk.report(viewer, "person", talk.anchor.account_id).json()["target_kind"] == "person"
    assert talk.report(viewer, "session", talk.id).json()["target_name"] == "简历怎么写"
    assert talk.report(talk.anchor, "message", message_id).status_code == 201, "the anchor too"
    stranger = sign_in(desk.client, PHONES[30])
    assert talk.anchor.post(f"/sessions/{talk.id}/end").status_code == 200
    elsewhere = str(desk.open_session(talk.anchor, "另一场")["id"])
    foreign = talk.say(other, "在别处", elsewhere)
    for kind, target_id in (
        ("message", "0" * 16), ("message", foreign), ("message", talk.id), ("person", "0" * 16),
        ("person", stranger.account_id), ("session", elsewhere), ("session", "0" * 16),
    ):  # fmt: skip
        assert error_code(talk.report(viewer, kind, target_id)) == "not_found", (kind, target_id)
    assert error_code(talk.report(viewer, "session", talk.id, session_id="0" * 16)) == "not_found"
    for who, kind, target_id in (
        (other, "message", message_id), (other, "person", other.account_id), (talk.anchor, "session", talk.id),
    ):  # fmt: skip
        assert error_code(talk.report(who, kind, target_id)) == "input_invalid", "nobody reports themselves"
    desk.clock.advance(300)  # so many a minute
    assert error_code(talk.report(viewer, "message", message_id, evidence=[foreign])) == "input_invalid"
    for wrong in ({"category": 0}, {"category": 10}, {"text": "长" * 501}, {"evidence": [message_id] * 21}):
        assert error_code(talk.report(viewer, "message", message_id, **wrong)) == "input_invalid", wrong
    assert error_code(talk.report(viewer, "dream", message_id)) == "input_invalid"
    keyless = {"target": {"kind": "session", "id": talk.id}, "category": 1}
    assert error_code(other.post(f"/sessions/{talk.id}/reports", keyless)) == "input_invalid"
    nobody = desk.client.post(f"/api/v1/sessions/{talk.id}/reports", json=keyless, headers={"Idempotency-Key": "k"})
    assert error_code(nobody) == "not_signed_in"


def test_who_is_muted_may_report_and_who_is_removed_may_not(desk: Desk, talk: Talk) -> None:
    rude, muted, removed = talk.say(talk.viewer(1), "你真笨"), talk.viewer(2), talk.viewer(3)
    for who in (muted, removed):
        talk.say(who, "我来了")
    talk.moderate("mute", account_id=muted.account_id, length="session")
    talk.moderate("remove", account_id=removed.account_id, length="session")
    assert talk.report(muted, "message", rude).status_code == 201
    assert error_code(talk.report(removed, "message", rude)) == "removed_from_room"
    assert ("refused.report", talk.id, "removed_from_room") in desk.audited()
    assert error_code(talk.report(removed, "session", talk.id)) == "removed_from_room"


def test_it_is_taken_back_while_it_is_open(desk: Desk, talk: Talk, operator: Person) -> None:
    rude, viewer = talk.say(talk.viewer(1), "你真笨"), talk.viewer(2)
    first = talk.reported(viewer, "message", rude)
    path = f"/me/reports/{first}/withdraw"
    assert error_code(talk.viewer(3).post(path)) == "not_found"
    assert error_code(viewer.post("/me/reports/nothing/withdraw")) == "not_found"
    assert [viewer.post(path).json()["state"] for _ in range(2)] == ["withdrawn"] * 2
    for act in (take, lambda *given: decide(*given, is_upheld=True)):
        with refused(ErrorCode.STATE_CONFLICT):
            act(desk, operator, first)
    second = talk.reported(viewer, "message", rude)
    with refused(ErrorCode.STATE_CONFLICT):
        decide(desk, operator, second, is_upheld=True)
    take(desk, operator, second)
    assert error_code(viewer.post(f"/me/reports/{second}/withdraw")) == "state_conflict"


def test_the_transcript_holds_what_was_said_around_it_hidden_or_not_and_is_sealed(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    early = talk.say(talk.viewer(1), "很早的脏话")
    for number in range(25):
        talk.say(talk.viewer(3), f"之前{number}")
    rude = talk.say(talk.viewer(1), "被举报的原话")
    for number in range(15):
        talk.say(talk.viewer(3), f"之后{number}")
    talk.moderate("delete_message", message_id=rude)
    report_id = talk.reported(talk.viewer(2), "message", rude, text="举报人的说明", evidence=[early])
    lines = detail(desk, operator, report_id).lines
    assert [line.text for line in lines] == [
        "很早的脏话", *(f"之前{n}" for n in range(5, 25)), "被举报的原话", *(f"之后{n}" for n in range(10)),
    ]  # fmt: skip
    [target] = [line for line in lines if line.is_target]
    assert (target.text, target.is_hidden, target.author_id) == ("被举报的原话", True, talk.viewer(1).account_id)
    assert [line.text for line in lines if line.is_evidence] == ["很早的脏话"]
    row = row_of(desk, report_id)
    for sealed in (row.text_sealed, row.transcript_sealed):
        assert sealed is not None
        assert desk.services.cipher.is_current(sealed)
    for text in (row.text_sealed, row.transcript_sealed, repr(lines), repr(detail(desk, operator, report_id))):
        assert "被举报的原话" not in (text or "")
        assert "举报人的说明" not in (text or "")
    assert len(json.loads(desk.services.cipher.open(row.transcript_sealed))) == 32


def test_nothing_of_a_report_is_readable_in_the_files_of_the_service(desk: Desk, talk: Talk) -> None:
    """What is said in a room is kept openly while its time lasts; the copy of it is not."""
    rude = talk.say(talk.viewer(1), "SAID-IN-THE-ROOM")

    def held() -> bytes:
        files = b"".join(path.read_bytes() for path in desk.config.data_dir.rglob("*") if path.is_file())
        # Where the database is a server's, its rows stand for its files.
        return files if not desk.config.database_url else files + desk.read(rows).encode()

    def rows(db: Db) -> str:
        return "\n".join(str(tuple(row)) for table in Base.metadata.sorted_tables for row in db.execute(select(table)))

    before = held().count(b"SAID-IN-THE-ROOM")
    report_id = talk.reported(talk.viewer(2), "message", rude, text="SAID-BY-REPORTER", evidence=[rude])
    after = held()
    assert report_id.encode() in after, "it is there"
    assert b"SAID-BY-REPORTER" not in after
    assert b"is_target" not in after, "the transcript is nowhere in clear"
    assert after.count(b"SAID-IN-THE-ROOM") == before > 0


def test_a_person_is_reported_with_what_they_said_last(desk: Desk, talk: Talk, operator: Person) -> None:
    for number in range(3):
        talk.say(talk.viewer(1), f"脏话{number}")
    talk.say(talk.viewer(3), "别人的话")
    lines = detail(desk, operator, talk.reported(talk.viewer(2), "person", talk.viewer(1).account_id)).lines
    assert [(line.text, line.is_target) for line in lines] == [
        ("脏话0", True), ("脏话1", True), ("脏话2", True), ("别人的话", False),
    ]  # fmt: skip
    lines = detail(desk, operator, talk.reported(talk.viewer(2), "session", talk.id)).lines
    assert (len(lines), any(line.is_target for line in lines)) == (4, False)


def test_the_queue_has_a_line_for_each_target_and_one_decision_answers_everybody(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    rude, mild = talk.say(talk.viewer(1), "你真笨"), talk.say(talk.viewer(1), "不太好")
    lone = talk.reported(talk.viewer(2), "message", mild)
    take(desk, operator, lone)
    desk.clock.advance(1)
    first, second, third = (talk.reported(talk.viewer(number), "message", rude) for number in (2, 3, 4))

    def queue(show: str = "waiting") -> list[tuple[str, int, str]]:
        found = desk.read(lambda db: handle.queue(db, operator, show))
        return [(one.id, one.count, one.state.value) for one in found]

    assert {one[0] for one in queue()[:1]} <= {first, second, third}
    assert [one[1:] for one in queue()] == [(3, "open"), (1, "taken")], "what nobody took comes first"
    assert desk.read(lambda db: handle.count(db, operator)) == 2
    take(desk, operator, second)
    shown = detail(desk, operator, second)
    assert (shown.pending_others, {one.id for one in shown.others}) == (2, {first, third})
    decide(desk, operator, second, is_upheld=True, with_others=True)
    for number in (2, 3, 4):
        assert messages_to(talk.viewer(number))[0]["kind"] == "report_upheld"
    assert {row_of(desk, one).state for one in (first, second, third)} == {ReportState.UPHELD.value}
    assert [one[0] for one in queue()] == [lone]
    assert [one[1] for one in queue("handled")] == [3]
    decide(desk, operator, lone, is_upheld=False)
    assert messages_to(talk.viewer(2))[0]["kind"] == "report_dismissed"
    assert queue() == []


def test_only_operators_with_a_second_factor_handle_them_and_none_their_own(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    rude = talk.say(talk.viewer(1), "你真笨")
    report_id = talk.reported(talk.viewer(2), "message", rude)
    viewer = Person(talk.viewer(2).account_id, talk.viewer(2).pair["device_id"], frozenset())
    weak = Person(operator.account_id, operator.device_id, operator.roles)
    for person, code in ((viewer, ErrorCode.FORBIDDEN), (weak, ErrorCode.SECOND_FACTOR_REQUIRED)):
        with refused(code):
            take(desk, person, report_id)
        with refused(code):
            detail(desk, person, report_id)
        with refused(code):
            desk.read(lambda db, person=person: handle.queue(db, person))
    signed = desk.operator()
    own = talk.reported(signed, "message", rude)
    reporter = Person(signed.account_id, signed.pair["device_id"], operator.roles, True)
    with refused(ErrorCode.FORBIDDEN):
        take(desk, reporter, own)
    assert detail(desk, reporter, own).may_handle is False
    other = write(desk, lambda tx: second_operator(tx, desk.services.cipher))
    take(desk, other, own)
    for answer in (" ", "长" * 201):
        with refused(ErrorCode.INPUT_INVALID):
            write(desk, lambda tx, answer=answer: handle.decide(tx, other, own, answer, is_upheld=True))
    with refused(ErrorCode.NOT_FOUND):
        take(desk, other, "0" * 16)


def test_what_was_said_is_deleted_on_schedule_and_that_it_was_reported_stays(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    rude = talk.say(talk.viewer(1), "你真笨")
    done, waits = (talk.reported(talk.viewer(number), "message", rude, text="骂人") for number in (2, 3))
    take(desk, operator, done)
    decide(desk, operator, done, is_upheld=True)
    desk.clock.advance(DEFAULT.reports_days * 24 * 3600 - 1)
    housekeep(desk)
    assert row_of(desk, done).transcript_sealed is not None
    desk.clock.advance(1)
    housekeep(desk)
    for report_id, is_kept in ((done, False), (waits, True)):
        row = row_of(desk, report_id)
        assert ((row.text_sealed is not None), (row.transcript_sealed is not None)) == (is_kept, is_kept)
    again = sign_in(desk.client, PHONES[2])
    [shown] = mine(again)
    assert (shown["text"], shown["state"], shown["answer"]) == ("", "upheld", "看过记录")


def test_nobody_floods_with_reports(desk: Desk, talk: Talk) -> None:
    messages = [talk.say(talk.viewer(1), f"第{number}条") for number in range(30)]
    replies = [talk.report(talk.viewer(2), "message", one) for one in messages]
    refusals = [reply for reply in replies if reply.status_code != 201]
    assert 5 < len(replies) - len(refusals) < 25
    assert {error_code(reply) for reply in refusals} == {"rate_limited"}
    assert int(refusals[0].headers["retry-after"]) > 0
