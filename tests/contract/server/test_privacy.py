"""What belongs to one person cannot be read, changed or guessed by another, over any route."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from websockets.sync.client import connect

from app.contract.inbox import InboxKind, LinkPlace
from server.inbox.post import post
from tests.contract.server.applicants import OTHER_PHONE, PHONE, Applicant, applicant, form, write
from tests.contract.server.kit import LOCAL, Desk, Listener, LiveService, error_code, hello, sign_in

pytestmark = pytest.mark.slow

MINE = "只有我自己和审核的人能看到的介绍，写了二十个字以上。"


@pytest.fixture
def one(desk: Desk) -> Applicant:
    person = applicant(desk)
    person.begin()
    assert person.save(form(introduction=MINE)).status_code == 200
    return person


@pytest.fixture
def other(desk: Desk) -> Applicant:
    return applicant(desk, OTHER_PHONE)


def test_a_draft_is_its_owners_alone(desk: Desk, one: Applicant, other: Applicant) -> None:
    application_id = one.mine()["id"]
    assert other.signed.get("/me/application").status_code == 404
    assert other.signed.get("/me/applications").json() == []
    for path in (
        f"/me/application/{application_id}",
        f"/applications/{application_id}",
        f"/me/applications/{application_id}",
    ):
        assert other.signed.get(path).status_code == 404
    for method, path in (
        ("GET", "/me/application"),
        ("PUT", "/me/application/draft"),
        ("POST", "/me/application/submit"),
    ):
        reply = desk.client.request(method, f"/api/v1{path}", json={})
        assert reply.status_code == 401
    # Another one's draft is another one, whatever id is sent along.
    other.begin()
    other.save({**form(introduction="别人的介绍，也写了二十个字以上，凑够字数。"), "id": application_id})
    assert one.mine()["form"]["introduction"] == MINE
    assert MINE not in desk.client.get("/api/v1/openapi.json").text


def test_a_draft_lies_sealed_in_the_database(desk: Desk, one: Applicant) -> None:
    assert one.mine()["form"]["introduction"] == MINE
    if desk.config.database_url:
        return  # the files of a server are not ours to look into
    files = [path.read_bytes() for path in desk.config.data_dir.rglob("*") if path.is_file()]
    for secret in (MINE, "13700137000", PHONE):
        assert not any(secret.encode() in content for content in files)


def test_messages_are_their_persons_alone(desk: Desk, one: Applicant, other: Applicant) -> None:
    write(desk, lambda tx: post(tx, one.id, InboxKind.APPLICATION_RETURNED, {"comment": "秘密"}, LinkPlace.PREPARE))
    [message] = one.signed.get("/me/inbox").json()["messages"]
    assert other.signed.get("/me/inbox").json()["messages"] == []
    assert other.signed.post("/me/inbox/read", {"ids": [message["id"]], "up_to": 10**6}).status_code == 200
    assert one.signed.get("/me/inbox").json()["unread"] == 1
    assert desk.client.get("/api/v1/me/inbox").status_code == 401
    assert error_code(one.signed.get("/me/inbox?before=-1")) == "input_invalid"
    assert error_code(one.signed.get("/me/inbox?page=2")) == "input_invalid"


def test_images_that_are_not_approved_are_their_owners_alone(desk: Desk, one: Applicant, other: Applicant) -> None:
    other.begin()
    for purpose in ("avatar", "cover", "licence", "authorisation"):
        image_id = one.upload(purpose).json()["id"]
        assert one.image(image_id).status_code == 200
        assert other.image(image_id).status_code == 404
        assert desk.client.get(f"/api/v1/images/{image_id}").status_code == 404
        assert other.signed.delete(f"/me/images/{purpose}").status_code == 404
        taken = other.save(form(applicant="organisation", licence_image_id=image_id, authorisation_image_id=image_id))
        if taken.status_code == 200:
            # Kept as typed; it is refused where it would count, and shows nothing.
            assert error_code(other.submit()) == "application_incomplete"


def test_ids_are_not_to_be_counted_through(one: Applicant, other: Applicant) -> None:
    other.begin()
    ids = [one.id, other.id, one.mine()["id"], other.mine()["id"], one.upload("avatar").json()["id"]]
    assert all(len(set(found)) > 5 and len(found) >= 16 for found in ids)
    numbers = sorted(int(found, 16) for found in ids)
    assert min(after - before for before, after in itertools.pairwise(numbers)) > 10**6


def test_the_own_room_is_entered_with_a_sign_in_only(live: LiveService) -> None:
    first, second = sign_in(live.client, PHONE), sign_in(live.client, OTHER_PHONE)
    with connect(live.events_url) as stranger, connect(live.events_url) as mine, connect(live.events_url) as theirs:
        stranger.send(hello("@me"))
        refused = Listener(stranger).until("error")
        assert refused[0].d["code"] == "not_signed_in"
        mine.send(hello("@me", first.pair["access_token"]))
        theirs.send(hello("@me", second.pair["access_token"]))
        heard, other = Listener(mine), Listener(theirs)
        heard.until("hello.ack")
        other.until("hello.ack")

        async def tell() -> None:
            await live.services.store.write(lambda tx: post(tx, first.account_id, InboxKind.IMAGE_APPROVED, {}))

        live.run(tell())
        assert [one.d for one in heard.until("me.changed")] == [{"what": "inbox"}]
        with pytest.raises(TimeoutError):
            other.until("me.changed", timeout_s=0.3)


def test_codes_are_shown_to_this_machine_only(desk: Desk) -> None:
    desk.client.post("/api/v1/auth/code", json={"phone": PHONE})
    assert desk.client.get("/internal/v1/demo/codes").status_code == 401
    assert desk.client.get("/internal/v1/demo/codes", headers=LOCAL).status_code == 200


def test_too_often_is_answered_with_the_time_to_wait(desk: Desk, one: Applicant) -> None:
    body: Any = {"field": "introduction", "text": "x", "base_revision": 0, "form": {}, "revision": 0}
    for method, path, limit_name in (
        ("POST", "/me/text-check", "text_check_burst"),
        ("PUT", "/me/application/draft", "draft_burst"),
        ("PUT", "/me/images/avatar", "image_burst"),
        ("POST", "/me/application/submit", "submit_burst"),
    ):
        for _ in range(getattr(desk.config.limits, limit_name) + 2):
            reply = one.signed.client.request(method, f"/api/v1{path}", json=body, headers=one.signed.headers)
            if reply.status_code == 429:
                break
        assert error_code(reply) == "rate_limited", path
        wait_s = int(reply.headers["Retry-After"])
        assert 1 <= wait_s == reply.json()["error"]["detail"]["retry_after_s"]
        desk.clock.advance(wait_s)
        again = one.signed.client.request(method, f"/api/v1{path}", json=body, headers=one.signed.headers)
        assert again.status_code != 429
