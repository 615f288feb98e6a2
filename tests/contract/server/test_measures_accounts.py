"""Reclaiming an account, and limiting gifts: what is taken away, what others see, and what comes back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.rest import Role
from app.domain.measures import MeasureKind
from server.errors import Refusal
from server.gate import Person, RoomStanding, missing, require
from server.gate_acts import Act
from server.sessions.acts import get, gift_subject_of
from server.standing import standing_of
from server.store.measure_models import MeasureRow
from server.store.models import AccountRow
from tests.contract.server.applicants import OTHER_PHONE, Applicant, applicant
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code
from tests.contract.server.measures_kit import (
    WISH,
    again,
    decide,
    lift,
    mine,
    planned,
    reversed_on_appeal,
    taken,
    upcoming,
)
from tests.contract.server.report_kit import PHONES, Talk, open_talk

pytestmark = pytest.mark.slow

OLD, NAME = "旧名字", "职场周老师"


def rename(person: Applicant, name: str) -> None:
    signed = person.signed
    reply = signed.client.patch("/api/v1/me", json={"nickname": name}, headers=signed.headers)
    assert reply.status_code == 200, reply.text


def names_of(talk: Talk) -> list[str]:
    found = talk.desk.client.get(f"/api/v1/sessions/{talk.id}/messages").json()
    return [str(one["author_name"]) for one in found]


def test_name_and_standing_go_everywhere_and_come_back_on_appeal(
    desk: Desk, anchor: Applicant, operator: Person
) -> None:
    talk = open_talk(desk)
    rename(anchor, OLD)
    talk.say(anchor.signed, "先说一句")
    rename(anchor, NAME)
    message = talk.say(anchor.signed, "再说一句")
    talk.moderate("mute", account_id=anchor.id, length="1m")
    report_id = talk.reported(talk.viewer(2), "message", message)
    session_id = planned(desk, anchor)
    live_id = anchor.signed.post("/sessions", WISH).json()["id"]
    key = anchor.signed.post(f"/sessions/{live_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, "c").json())
    measure_id = taken(desk, operator, anchor.id, MeasureKind.RECLAIMING)

    assert desk.state(live_id) == desk.state(session_id) == "ended"
    assert error_code(desk.authorize(key, "d")) == "key_dead"
    assert error_code(anchor.signed.get("/me/measures")) == "device_ended", "signed out everywhere"
    neutral = desk.read(lambda db: db.get_one(AccountRow, anchor.id).nickname)
    assert neutral not in (OLD, NAME)
    assert names_of(talk) == [neutral, neutral]
    shown = (
        desk.client.get(f"/api/v1/sessions/{live_id}").text
        + desk.client.get(f"/s/{live_id}", headers={"Accept": "text/html"}).text
        + talk.anchor.get(f"/sessions/{talk.id}/actions").text
        + talk.anchor.get(f"/sessions/{talk.id}/people/{anchor.id}").text
        + talk.viewer(2).get("/me/reports").text
    )
    assert (NAME in shown, OLD in shown, neutral in shown) == (False, False, True)
    assert report_id in shown

    # The phone leads to this account and to nothing else.
    back = again(desk, anchor)
    assert back.id == anchor.id
    assert (back.account()["roles"], back.account()["scopes"]) == (["viewer"], [])
    for reply in (back.signed.post("/sessions", WISH), back.signed.get("/me/schedule"), back.begin()):
        assert error_code(reply) == "account_closed"
    assert back.kinds()[-1] == "measure_reclaiming"
    with refused(ErrorCode.STATE_CONFLICT):
        taken(desk, operator, anchor.id, MeasureKind.RECLAIMING)
    row = desk.read(lambda db: str(vars(db.get_one(MeasureRow, measure_id))))
    assert (NAME in row, OLD in row) == (False, False), "what is to be given back lies sealed"

    reversed_on_appeal(desk, back, measure_id)
    assert names_of(talk) == [OLD, NAME], "each name where it stood"
    assert back.account()["nickname"] == NAME
    assert (back.account()["roles"], back.account()["scopes"]) == (["anchor", "viewer"], ["job_search"])
    assert [title for _, title in upcoming(back)] == [WISH["title"]]
    assert back.signed.post("/sessions", WISH).status_code == 201
    assert {"appeal_reversed", "session_put_back"} <= set(back.kinds())
    assert mine(back)[0]["state"] == "reversed"
    assert desk.read(lambda db: db.get_one(MeasureRow, measure_id).details_sealed) is None
    actions = {action for action, _, _ in desk.audited()}
    assert {"measure.reclaiming", "role.withdrawn.anchor", "role.granted.anchor", "measure.reversed"} <= actions


def test_a_viewer_is_no_anchor_when_it_is_lifted(desk: Desk, operator: Person) -> None:
    viewer = applicant(desk, OTHER_PHONE)
    name = viewer.account()["nickname"]
    measure_id = taken(desk, operator, viewer.id, MeasureKind.RECLAIMING)
    assert desk.read(lambda db: db.get_one(AccountRow, viewer.id).nickname) != name
    assert len(desk.read(lambda db: list(db.scalars(select(AccountRow.id).where(AccountRow.id == viewer.id))))) == 1
    lift(desk, operator, measure_id)
    back = again(desk, viewer)
    assert (back.account()["nickname"], back.account()["roles"]) == (name, ["viewer"])


def test_an_upheld_one_stays_reclaimed(desk: Desk, anchor: Applicant, operator: Person) -> None:
    measure_id = taken(desk, operator, anchor.id, MeasureKind.RECLAIMING)
    back = again(desk, anchor)
    assert back.signed.post(f"/me/measures/{measure_id}/appeal", {"text": "请再看"}).status_code == 201
    decide(desk, operator, measure_id, is_reversed=False)
    assert back.account()["roles"] == ["viewer"]
    assert error_code(back.signed.post("/sessions", WISH)) == "account_closed"


def test_who_is_limited_neither_gives_gifts_nor_is_given_any(desk: Desk, anchor: Applicant, operator: Person) -> None:
    session_id = anchor.signed.post("/sessions", WISH).json()["id"]
    key = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, "c").json())
    viewer = Applicant(desk, open_talk(desk).viewer(1), PHONES[1])
    giver = Person(viewer.id, viewer.signed.pair["device_id"], frozenset({Role.VIEWER}))
    cipher = desk.services.cipher

    def asked(act: Act, who: Person) -> Refusal | None:
        def read(db: object) -> Refusal | None:
            now_ms = round(desk.clock.utc().timestamp() * 1000)
            subject = gift_subject_of(db, cipher, get(db, session_id), now_ms)  # type: ignore[arg-type]
            standing = standing_of(db, cipher, who.account_id, now_ms)  # type: ignore[arg-type]
            if missing(act, who, subject, standing=standing, room=RoomStanding()) is None:
                return None
            with pytest.raises(Refusal) as found:
                require(act, who, subject, standing=standing, room=RoomStanding())
            return found.value

        return desk.read(read)

    owner = Person(anchor.id, anchor.signed.pair["device_id"], frozenset({Role.ANCHOR}))
    assert asked(Act.SEND_GIFT, giver) is asked(Act.RECEIVE_GIFT, owner) is None
    first = taken(desk, operator, viewer.id, MeasureKind.LIMIT_GIFTS, 1)
    refusal = asked(Act.SEND_GIFT, giver)
    assert refusal is not None
    assert (refusal.code, refusal.wire_detail["measure_id"], refusal.measure_id) == ("limited_gifts", first, first)
    [shown] = mine(viewer)
    assert (shown["kind"], shown["state"], viewer.kinds()[-1]) == ("limit_gifts", "in_force", "measure_limit_gifts")
    reversed_on_appeal(desk, viewer, first)
    assert asked(Act.SEND_GIFT, giver) is None
    second = taken(desk, operator, anchor.id, MeasureKind.LIMIT_GIFTS)
    refusal = asked(Act.SEND_GIFT, giver)
    assert refusal is not None
    assert (refusal.code, refusal.measure_id) == ("gifts_not_taken", ""), "whose measure it is is nobody else's matter"
    refusal = asked(Act.RECEIVE_GIFT, owner)
    assert refusal is not None
    assert (refusal.code, refusal.measure_id) == ("limited_gifts", second)
    lift(desk, operator, second)
    assert asked(Act.SEND_GIFT, giver) is None
    assert desk.state(session_id) == "live", "gifts have nothing to do with being on air"
