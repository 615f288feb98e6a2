"""Documents and their acceptance over REST: what is read, what counts as accepted, and what the gate makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain.documents import canonical
from app.domain.documents.model import DocumentKind
from server.documents.publishing import DraftWish, add_version, day_of
from server.store.store import Tx
from tests.contract.server.applicants import OTHER_PHONE, applicant, write
from tests.contract.server.kit import Desk, Signed, desk_client, error_code, sign_in

pytestmark = pytest.mark.slow

LIVE = DocumentKind.LIVE_AGREEMENT
PATH = "/documents/live_agreement/versions"


def today(desk: Desk, days: int = 0) -> Any:
    return day_of(round(desk.clock.utc().timestamp() * 1000)) + timedelta(days=days)


def publish(desk: Desk, text: str = "新的一版。\n", *, is_material: bool = True, days: int = 0) -> dict[str, Any]:
    def work(tx: Tx) -> dict[str, Any]:
        wish = DraftWish(LIVE, "直播协议", text, ("改了一处",), is_material, today(desk, days))
        return add_version(tx, wish, "system", "test").model_dump(mode="json")

    return write(desk, work)


def accept(person: Signed, version: dict[str, Any], **changes: Any) -> Any:
    body = {"sha256": version["sha256"], "client_version": "0.1", "read_s": 42, "was_shown_to_end": True, **changes}
    return person.post(f"{PATH}/{version['number']}/accept", body)


def current(person: Signed) -> dict[str, Any]:
    found = next(one for one in person.get("/documents").json() if one["kind"] == "live_agreement")
    return dict(found["current"])


def test_everybody_reads_and_the_text_is_what_its_hash_names(desk: Desk) -> None:
    listed = desk.client.get("/api/v1/documents").json()
    assert [one["kind"] for one in listed] == [kind.value for kind in DocumentKind]
    for one in listed:
        reply = desk.client.get(f"/api/v1/documents/{one['kind']}/versions/{one['current']['number']}")
        assert canonical.sha256(reply.json()["text"]) == one["current"]["sha256"]
        assert "immutable" in reply.headers["Cache-Control"]
    assert desk.client.get("/api/v1/documents/live_agreement/versions/9").status_code == 404
    assert desk.client.get("/api/v1/documents/nonsense/versions").status_code == 422


def test_an_acceptance_is_recorded_once_with_all_that_belongs_to_it(desk: Desk) -> None:
    person = applicant(desk, has_accepted=False)
    version = current(person.signed)
    first = accept(person.signed, version)
    assert first.status_code == 200
    desk.clock.advance(100)
    again = accept(person.signed, version, read_s=1)
    assert again.json() == first.json()
    [kept] = person.signed.get("/me/acceptances").json()
    assert kept == first.json()
    assert (kept["kind"], kept["number"], kept["sha256"], kept["client_version"], kept["read_s"]) == (
        "live_agreement", 2, version["sha256"], "0.1", 42,
    )  # fmt: skip
    assert ("document.accepted", person.id, "live_agreement 2") in desk.audited()


def test_an_acceptance_that_is_none_is_refused(desk: Desk) -> None:
    person = applicant(desk, has_accepted=False)
    version = current(person.signed)
    for changes, code in (
        ({"sha256": "0" * 64}, "hash_mismatch"),
        ({"was_shown_to_end": False}, "not_shown_to_end"),
        ({"sha256": "x"}, "input_invalid"),
        ({"read_s": -1}, "input_invalid"),
        ({"read_s": 10**9}, "input_invalid"),
        ({"client_version": "x" * 100}, "input_invalid"),
    ):
        assert error_code(accept(person.signed, version, **changes)) == code
    assert person.signed.get("/me/acceptances").json() == []
    assert person.signed.get("/me/onboarding").json()["missing"] == "not_an_anchor"


def test_an_earlier_version_cannot_be_accepted_and_a_coming_one_can(desk: Desk) -> None:
    person = applicant(desk, has_accepted=False)
    old = person.signed.get(f"{PATH}/1").json()
    assert error_code(accept(person.signed, old)) == "version_superseded"
    coming = publish(desk, days=3)
    assert person.signed.get("/documents").json()[0]["upcoming"]["number"] == coming["number"]
    assert accept(person.signed, coming).status_code == 200
    assert person.begin().status_code == 200
    # Who accepted the later one does not go back.
    assert error_code(accept(person.signed, current(person.signed))) == "version_superseded"


def test_only_a_material_version_asks_again_and_only_from_its_day(desk: Desk) -> None:
    anchor = sign_in(desk.client)

    def missing() -> str:
        return str(anchor.get("/me/onboarding").json()["missing"])

    publish(desk, "小改。\n", is_material=False)
    assert missing() == ""
    material = publish(desk, "大改。\n", days=1)
    assert missing() == ""
    desk.clock.advance(24 * 3600)
    anchor = sign_in(desk.client)
    assert missing() == "agreement_outdated"
    publish(desk, "又小改。\n", is_material=False, days=0)
    assert missing() == "agreement_outdated"
    body = {"title": "简历怎么写", "category": "job_search"}
    assert error_code(anchor.post("/sessions", body)) == "agreement_outdated"
    # The newest is the one in force now; the material one before it is not enough to be named by.
    assert error_code(accept(anchor, material)) == "version_superseded"
    assert accept(anchor, current(anchor)).status_code == 200
    assert missing() == ""
    assert anchor.post("/sessions", body).status_code == 201


def test_a_new_version_never_ends_a_broadcast_and_holds_up_the_next(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor)
    waiting = anchor.post(f"/sessions/{session['id']}/stream-key", {}).json()
    assert desk.report("started", desk.authorize(waiting["key"], "c1").json()).status_code == 204
    publish(desk)
    assert desk.state(session["id"]) == "live"
    # Coming back after a break needs a key, which the running broadcast still gets.
    assert anchor.post(f"/sessions/{session['id']}/stream-key", {"take_over": True}).status_code == 200
    assert anchor.post(f"/sessions/{session['id']}/end").status_code == 200
    body = {"title": "再来", "category": "job_search"}
    assert error_code(anchor.post("/sessions", body)) == "agreement_outdated"


def test_a_session_that_was_only_opened_waits_for_the_new_version(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    session = desk.open_session(anchor)
    publish(desk)
    assert error_code(anchor.post(f"/sessions/{session['id']}/stream-key", {})) == "agreement_outdated"
    assert accept(anchor, current(anchor)).status_code == 200
    assert anchor.post(f"/sessions/{session['id']}/stream-key", {}).status_code == 200


def test_what_somebody_accepted_is_nobody_elses_business(desk: Desk) -> None:
    applicant(desk)
    other = applicant(desk, OTHER_PHONE, has_accepted=False)
    assert other.signed.get("/me/acceptances").json() == []
    for path in ("/me/acceptances", "/me/onboarding"):
        assert desk.client.get(f"/api/v1{path}").status_code == 401
    version = current(other.signed)
    body = {"sha256": version["sha256"], "client_version": "t", "read_s": 1, "was_shown_to_end": True}
    assert desk.client.post(f"/api/v1{PATH}/2/accept", json=body).status_code == 401


def test_acceptances_and_versions_survive_a_restart(desk: Desk) -> None:
    person = applicant(desk)
    publish(desk)
    before = (person.signed.get("/me/acceptances").json(), desk.client.get(f"/api/v1{PATH}").json())
    with desk_client(desk.config, desk.clock, desk.ingest) as client:
        again = Signed(client, person.signed.pair)
        assert (again.get("/me/acceptances").json(), client.get(f"/api/v1{PATH}").json()) == before
