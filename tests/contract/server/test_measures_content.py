"""Deleting content: gone at once from every page and every replay, sealed with the measure, and back when it ends."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from app.domain.measures import MeasureKind
from server.gate import Person
from server.images import review
from server.measures.views import NEUTRAL_TITLE
from server.rooms.facts import read_resume
from server.store.measure_models import PieceRow
from tests.contract.server.applicants import PHONE, Applicant, applicant, make_anchor, verify, write
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, sign_in
from tests.contract.server.measures_kit import WISH, column, lift, mine, planned, reversed_on_appeal, taken, upcoming
from tests.contract.server.report_kit import PHONES, Talk, open_talk

pytestmark = pytest.mark.slow

_keys = itertools.count()


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return open_talk(desk)


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    person = applicant(desk, PHONE)
    make_anchor(desk, person)
    verify(desk, person)
    return person


def author(desk: Desk, talk: Talk, number: int = 1) -> Applicant:
    return Applicant(desk, talk.viewer(number), PHONES[number])


def asked(talk: Talk, who: Applicant, text: str) -> str:
    key = {"Idempotency-Key": f"q{next(_keys)}"}
    reply = who.signed.post(f"/sessions/{talk.id}/questions", {"text": text}, **key)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def history(talk: Talk) -> list[str]:
    found = talk.desk.client.get(f"/api/v1/sessions/{talk.id}/messages").json()
    return [str(one["text"]) for one in found]


def questions(talk: Talk) -> list[str]:
    found = talk.desk.client.get(f"/api/v1/sessions/{talk.id}/questions").json()
    return [str(one["text"]) for one in found]


def everything(desk: Desk, talk: Talk, about: str) -> str:
    """All that anybody, who moderates too, is given of the room; and what a page that comes back is told anew."""
    resume = desk.read(lambda db: read_resume(db, talk.id, 0, 500))
    assert resume is not None
    paths = ("messages", "questions", "actions", "held", f"people/{about}", "room")
    replies = [talk.anchor.get(f"/sessions/{talk.id}/{one}") for one in paths]
    return repr(resume.facts) + "".join(one.text for one in replies if one.status_code == 200)


def pieces(*names: str) -> dict[str, Any]:
    return {"pieces": names, "reason": "辱骂他人"}


def test_messages_and_questions_are_gone_everywhere_and_come_back(desk: Desk, talk: Talk, operator: Person) -> None:
    rude = author(desk, talk)
    first, kept = talk.say(rude.signed, "第一句坏话"), talk.say(rude.signed, "一句好话")
    question, other = asked(talk, rude, "坏问题怎么问"), asked(talk, rude, "好问题怎么问")
    talk.moderate("pin", message_id=first)
    names = (f"message:{first}", f"question:{question}", f"message:{first}")
    measure_id = taken(desk, operator, rude.id, MeasureKind.DELETION, **pieces(*names))
    assert (history(talk), questions(talk)) == (["一句好话"], ["好问题怎么问"])
    told = everything(desk, talk, rude.id)
    assert ("第一句坏话" in told, "坏问题怎么问" in told) == (False, False)
    assert "一句好话" in told
    [shown] = mine(rude)
    assert (shown["kind"], shown["state"], shown["session_id"]) == ("deletion", "in_force", talk.id)
    assert [(one["kind"], one["text"]) for one in shown["pieces"]] == [
        ("message", "第一句坏话"), ("question", "坏问题怎么问"),
    ]  # fmt: skip
    assert (shown["pieces_count"], rude.kinds()[-1]) == (2, "measure_deletion")
    row = desk.read(lambda db: str(vars(db.get_one(PieceRow, (measure_id, 1)))))
    assert "第一句坏话" not in row, "what it said lies sealed"
    reversed_on_appeal(desk, rude, measure_id)
    assert (history(talk), sorted(questions(talk))) == (["第一句坏话", "一句好话"], ["坏问题怎么问", "好问题怎么问"])
    assert kept and other


def test_what_who_moderates_does_meanwhile_neither_brings_it_back_nor_is_lost(
    desk: Desk, talk: Talk, operator: Person
) -> None:
    rude = author(desk, talk)
    hidden, shown = talk.say(rude.signed, "先被房管删的"), talk.say(rude.signed, "后来才删的")
    talk.moderate("delete_message", message_id=hidden)
    act = talk.anchor.get(f"/sessions/{talk.id}/actions").json()[0]
    assert act["excerpt"] == "先被房管删的"
    names = (f"message:{hidden}", f"message:{shown}")
    measure_id = taken(desk, operator, rude.id, MeasureKind.DELETION, **pieces(*names))
    assert talk.anchor.get(f"/sessions/{talk.id}/actions").json()[0]["excerpt"] == "", "the record quotes it no more"
    undone = talk.anchor.post(f"/sessions/{talk.id}/moderation/{act['id']}/undo")
    assert undone.status_code in (200, 201, 204), undone.text
    assert history(talk) == [], "undoing brings nothing back that a measure has deleted"
    talk.moderate("remove", account_id=rude.id, length="session")
    lift(desk, operator, measure_id)
    assert history(talk) == [], "who was sent out meanwhile stays unread"


def test_all_that_somebody_wrote_in_a_session_goes_at_once(desk: Desk, talk: Talk, operator: Person) -> None:
    rude, other = author(desk, talk), author(desk, talk, 2)
    for number in range(3):
        talk.say(rude.signed, f"坏话{number}")
    asked(talk, rude, "坏问题怎么问")
    talk.say(other.signed, "别人的话")
    measure_id = taken(desk, operator, rude.id, MeasureKind.DELETION, **pieces(f"all:{talk.id}"))
    assert (history(talk), questions(talk)) == (["别人的话"], [])
    assert mine(rude)[0]["pieces_count"] == 4
    with refused(ErrorCode.STATE_CONFLICT):
        taken(desk, operator, rude.id, MeasureKind.DELETION, **pieces(f"all:{talk.id}"))
    lift(desk, operator, measure_id)
    assert history(talk) == ["坏话0", "坏话1", "坏话2", "别人的话"]


def test_only_what_is_the_persons_own_is_deleted(desk: Desk, talk: Talk, operator: Person) -> None:
    rude, other = author(desk, talk), author(desk, talk, 2)
    own, foreign = talk.say(rude.signed, "自己的话"), talk.say(other.signed, "别人的话")
    for wrong in (
        (),
        (f"message:{foreign}",),
        (f"message:{own}", f"message:{foreign}"),
        (f"question:{own}",),
        (f"title:{talk.id}",),
        (f"cover:{talk.id}",),
        ("message:\x00",),
        ("message:",),
        (f"dream:{own}",),
        ("written:0000",),
        tuple(f"message:{number:016d}" for number in range(201)),
    ):
        with refused(ErrorCode.INPUT_INVALID):
            taken(desk, operator, rude.id, MeasureKind.DELETION, **pieces(*wrong))
    assert history(talk) == ["自己的话", "别人的话"]
    assert mine(rude) == []
    taken(desk, operator, rude.id, MeasureKind.DELETION, **pieces(f"written:{own}"))
    assert history(talk) == ["别人的话"]


def test_a_title_gives_way_to_a_neutral_one_and_comes_back(desk: Desk, anchor: Applicant, operator: Person) -> None:
    session_id, renamed = planned(desk, anchor), planned(desk, anchor, 60)
    ids = [
        taken(desk, operator, anchor.id, MeasureKind.DELETION, **pieces(f"title:{one}"))
        for one in (session_id, renamed)
    ]
    assert desk.client.get(f"/api/v1/sessions/{session_id}").json()["title"] == NEUTRAL_TITLE
    assert upcoming(anchor) == [(session_id, NEUTRAL_TITLE), (renamed, NEUTRAL_TITLE)]
    resume = desk.read(lambda db: read_resume(db, session_id, 0, 100))
    assert resume is not None
    assert [one.d["title"] for one in resume.facts if "title" in one.d] == [NEUTRAL_TITLE]
    assert mine(anchor)[0]["pieces"][0]["text"] == WISH["title"]
    entry = anchor.signed.get("/me/schedule").json()["entries"][1]
    change = {"plan": {**entry["plan"], "title": "面试怎么答"}, "base_revision": entry["revision"]}
    put = anchor.signed.client.put(f"/api/v1/me/schedule/{renamed}", json=change, headers=anchor.signed.headers)
    assert put.status_code == 200, put.text
    for one in ids:
        lift(desk, operator, one)
    assert (column(desk, session_id, "title"), column(desk, renamed, "title")) == (WISH["title"], "面试怎么答")


def test_a_title_on_air_is_told_to_who_is_there(desk: Desk, anchor: Applicant, operator: Person) -> None:
    session_id = anchor.signed.post("/sessions", WISH).json()["id"]
    key = anchor.signed.post(f"/sessions/{session_id}/stream-key").json()["key"]
    desk.report("started", desk.authorize(key, "c").json())
    taken(desk, operator, anchor.id, MeasureKind.DELETION, **pieces(f"title:{session_id}"))
    resume = desk.read(lambda db: read_resume(db, session_id, 0, 100))
    assert resume is not None
    last = resume.facts[-1]
    assert (last.t, last.d["state"], last.d["title"]) == ("session.changed", "live", NEUTRAL_TITLE)
    assert WISH["title"] not in repr(resume.facts), "facts of before are told with the neutral one too"
    assert desk.state(session_id) == "live"


def test_a_cover_is_shown_to_nobody_and_comes_back(desk: Desk, anchor: Applicant, operator: Person) -> None:
    image_id = str(anchor.upload("cover").json()["id"])
    write(desk, lambda tx: review.approve(tx, operator, image_id))
    session_id = planned(desk, anchor, cover_image_id=image_id)
    stranger = sign_in(desk.client, PHONES[5])
    assert stranger.get(f"/images/{image_id}").status_code == 200
    measure_id = taken(desk, operator, anchor.id, MeasureKind.DELETION, **pieces(f"cover:{session_id}"))
    assert desk.client.get(f"/api/v1/sessions/{session_id}").json()["cover_image_id"] == ""
    for who in (stranger, anchor.signed):
        assert who.get(f"/images/{image_id}").status_code == 404
    assert [one["kind"] for one in anchor.signed.get("/me/images").json()] == []
    with refused(ErrorCode.STATE_CONFLICT):
        taken(desk, operator, anchor.id, MeasureKind.DELETION, **pieces(f"cover:{session_id}"))
    lift(desk, operator, measure_id)
    assert desk.client.get(f"/api/v1/sessions/{session_id}").json()["cover_image_id"] == image_id
    assert stranger.get(f"/images/{image_id}").status_code == 200
