"""The protocol of the face check by camera: challenge, progress, orders; who may, how often, and what is refused."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.liveness import Action
from server.identity import acts as identity_acts
from server.liveness.orders import TURNS
from server.store.liveness_models import LivenessRow
from tests.contract.server.applicants import Applicant, number_for, operator_of, write
from tests.contract.server.kit import Desk, Signed, error_code, sign_in
from tests.contract.server.liveness_kit import (
    FAR,
    OTHER_PHONE,
    PHONE,
    UNITS_A_STEP,
    Sitting,
    anchor_of,
    camera_desk,
    sat,
    says,
)


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with camera_desk(tmp_path, database_url, liveness_worker=says(tmp_path)) as desk:
        yield desk


@pytest.fixture
def anchor(desk: Desk) -> Applicant:
    return anchor_of(desk)


def sitting_of(desk: Desk, anchor: Applicant, path: str = "full") -> Sitting:
    sitting = Sitting(desk, anchor.signed, path)
    reply = sitting.begin()
    assert reply.status_code == 201, reply.text
    return sitting


def test_a_challenge_is_signed_single_and_repeatable_with_its_key(desk: Desk, anchor: Applicant) -> None:
    sitting = Sitting(desk, anchor.signed)
    first = sitting.begin("k1")
    challenge = sitting.challenge
    assert (challenge.session_id, challenge.path, challenge.expires_s) == (sitting.id, "full", 180)
    assert 2 <= challenge.actions <= 3
    assert sitting.begin("k1").json() == first.json()
    other = Sitting(desk, anchor.signed)
    assert other.begin("k2").status_code == 201
    assert other.challenge.nonce != challenge.nonce
    assert error_code(sitting.post("progress", sitting.message(0))) == "state_conflict", "given up by the second"


def test_the_orders_come_one_at_a_time_and_the_clip_decides_nothing(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor).go_through()
    kinds = [one["kind"] for one in sitting.orders]
    assert kinds == ["action"] * sitting.challenge.actions + ["flash", "seal"]
    assert set(sitting.actions) & set(TURNS)
    assert len(set(sitting.actions)) == len(sitting.actions)
    colours = sitting.orders[-2]["colours"]
    assert len(colours) == 8
    assert all(before != after for before, after in itertools.pairwise(colours))
    assert [one["colours"] for one in sitting.orders if one["kind"] != "flash"] == [[]] * (len(kinds) - 1)


@pytest.mark.parametrize(
    ("path", "kinds"), [("no_flash", ["action", "seal"]), ("no_actions", ["flash", "seal"])], ids=str
)
def test_a_reduced_way_leaves_out_what_it_says_and_is_on_record(
    desk: Desk, anchor: Applicant, path: str, kinds: list[str]
) -> None:
    sitting = sitting_of(desk, anchor, path).go_through()
    assert sorted({one["kind"] for one in sitting.orders}) == kinds
    assert ("face.reduced_way", sitting.id, path) in desk.audited()


def test_a_repeat_gives_the_same_order_and_other_content_is_refused(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor).go_through()
    for number, order in enumerate(sitting.orders):
        assert sitting.post("progress", sitting.said[number]).json() == order, "the same colours too"
    for changes in ({"link": FAR}, {"units": UNITS_A_STEP + 1}, {"at_us": 5}):
        assert error_code(sitting.post("progress", sitting.said[0] | changes)) == "state_conflict"
    other_key = base64.b64encode(bytes(32)).decode()
    assert error_code(sitting.post("progress", sitting.said[0] | {"public_key": other_key})) == "state_conflict"


def test_no_message_is_left_out_and_none_comes_after_the_last(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor)
    refused = sitting.say(1)
    assert error_code(refused) == "state_conflict"
    assert refused.json()["error"]["detail"]["number"] == 0
    sitting.go_through()
    assert error_code(sitting.say(len(sitting.orders))) == "state_conflict"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"units": UNITS_A_STEP}, "units"),
        ({"at_us": 1_250_000}, "at_us"),
        ({"at_us": 1 << 53}, "at_us"),
        ({"at_us": 1_250_000 + 60_000_000}, "at_us"),
        ({"public_key": base64.b64encode(bytes(32)).decode()}, "public_key"),
    ],
    ids=["no_growth", "no_time", "far", "ahead", "key_again"],
)
def test_a_clip_grows_and_about_as_fast_as_time(
    desk: Desk, anchor: Applicant, changes: dict[str, Any], field: str
) -> None:
    sitting = sitting_of(desk, anchor)
    assert sitting.say(0).status_code == 200
    refused = sitting.say(1, **changes)
    assert (error_code(refused), refused.json()["error"]["detail"]["field"]) == ("input_invalid", field)
    assert sitting.say(1).status_code == 200, "what was refused is not written down"


def test_a_clip_that_stands_still_while_time_passes_is_refused(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor)
    assert sitting.say(0).status_code == 200
    desk.clock.advance(30)
    assert error_code(sitting.say(1)) == "input_invalid"


@pytest.mark.parametrize("key", [None, "", base64.b64encode(bytes(31)).decode(), base64.b64encode(bytes(33)).decode()])
def test_the_first_message_has_a_key(desk: Desk, anchor: Applicant, key: str | None) -> None:
    sitting = sitting_of(desk, anchor)
    assert error_code(sitting.say(0, public_key=key)) == "input_invalid"


def test_it_runs_out_after_three_minutes(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor)
    desk.clock.advance(179)
    assert sitting.say(0).status_code == 200
    desk.clock.advance(1)
    assert error_code(sitting.post("progress", sitting.said[0])) == "liveness_expired"
    assert sitting.standing()["state"] == "expired"
    desk.run(desk.services.liveness.sweep)
    assert sitting.standing()["state"] == "expired"
    assert error_code(sitting.say(1)) == "liveness_expired"
    assert Sitting(desk, anchor.signed).begin().status_code == 201


def test_nobody_takes_part_in_somebody_elses(desk: Desk, anchor: Applicant) -> None:
    sitting, stranger = sitting_of(desk, anchor), anchor_of(desk, OTHER_PHONE)
    theirs = Sitting(desk, stranger.signed, reply=sitting.reply, key=sitting.key)
    assert error_code(theirs.say(0)) == "not_found"
    assert error_code(theirs.post("abort", {"reason": "given_up"})) == "not_found"
    assert error_code(theirs.announce(b"x")) == "not_found"
    assert error_code(theirs.part(0, b"x")) == "not_found"
    assert error_code(stranger.signed.get(f"/me/liveness/{sitting.id}/upload")) == "not_found"
    for path in ("progress", "upload", "abort"):
        assert error_code(desk.client.post(f"/api/v1/me/liveness/{sitting.id}/{path}", json={})) == "not_signed_in"


def test_two_programs_of_a_person_do_not_get_into_each_others_way(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor)
    other: Signed = sign_in(desk.client, PHONE, device="laptop")
    second = Sitting(desk, other)
    busy = second.begin()
    assert error_code(busy) == "liveness_busy"
    assert busy.json()["error"]["detail"]["retry_after_s"] == 180
    assert error_code(Sitting(desk, other, reply=sitting.reply).say(0)) == "not_found", "not this program's"
    assert sitting.say(0).status_code == 200
    assert sitting.post("abort", {"reason": "given_up"}).status_code == 204
    assert second.begin("later").status_code == 201


def test_to_end_it_is_repeatable_and_final(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor)
    for _ in range(2):
        assert sitting.post("abort", {"reason": "second_face"}).status_code == 204
    found = sitting.standing()
    assert (found["state"], found["aborted"], found["left_today"]) == ("aborted", "second_face", 10)
    assert error_code(sitting.say(0)) == "state_conflict"


def test_five_failures_in_three_minutes_lock_for_thirty(desk: Desk, anchor: Applicant) -> None:
    for number in range(5):
        sitting = sitting_of(desk, anchor)
        assert sitting.say(0).status_code == 200
        assert sitting.post("abort", {"reason": "wrong_side"}).status_code == 204, number
    locked = Sitting(desk, anchor.signed).begin()
    assert (locked.status_code, error_code(locked)) == (429, "liveness_locked")
    assert locked.json()["error"]["detail"]["retry_after_s"] == 1800
    assert sitting.standing()["locked_until"]
    assert ("refused.check_liveness", "", "liveness_locked") in desk.audited()
    assert anchor.signed.post("/me/face-check", {"method": "live_call"}).status_code == 201, "an operator is there"
    assert anchor.signed.post("/me/face-check/cancel").status_code == 200
    desk.clock.advance(1800)
    anchor.signed = sign_in(desk.client, PHONE, device_id=anchor.signed.pair["device_id"])
    assert Sitting(desk, anchor.signed).begin().status_code == 201


def test_faults_of_the_machine_do_not_lock_but_the_day_ends(desk: Desk, anchor: Applicant) -> None:
    for left in range(10, 0, -1):
        sitting = sitting_of(desk, anchor)
        assert sitting.standing()["left_today"] == left
        assert sitting.say(0).status_code == 200
        assert sitting.post("abort", {"reason": "focus_lost"}).status_code == 204
        desk.clock.advance(20)
    over = Sitting(desk, anchor.signed).begin()
    assert error_code(over) == "liveness_attempts_over"
    assert 0 < over.json()["error"]["detail"]["retry_after_s"] <= 24 * 3600
    found = sitting.standing()
    assert (found["left_today"], bool(found["again_at"]), found["locked_until"]) == (0, True, None)
    desk.clock.advance(24 * 3600)
    anchor.signed = sign_in(desk.client, PHONE, device_id=anchor.signed.pair["device_id"])
    assert Sitting(desk, anchor.signed).begin().status_code == 201


def test_what_is_not_heard_of_any_more_is_a_failure_too(desk: Desk, anchor: Applicant) -> None:
    for _ in range(5):
        sitting = sitting_of(desk, anchor)
        assert sitting.say(0).status_code == 200
    # Begun anew to be asked for something else: orders cannot be picked.
    assert error_code(Sitting(desk, anchor.signed).begin()) == "liveness_locked"
    assert sitting.standing()["locked_until"], "the one that was given up for it stays given up"
    assert error_code(sitting.say(1)) == "state_conflict"


def test_one_that_ran_out_after_an_order_is_a_failure_and_one_without_is_none(desk: Desk, anchor: Applicant) -> None:
    for is_ordered in (True, False):
        sitting = sitting_of(desk, anchor)
        if is_ordered:
            assert sitting.say(0).status_code == 200
        desk.clock.advance(200)
        desk.run(desk.services.liveness.sweep)
        failed = desk.read(lambda db: [one.is_failure for one in db.query(LivenessRow).all()])
        assert sum(failed) == 1


def test_who_may_not_broadcast_yet_or_has_no_name_is_told_why(desk: Desk) -> None:
    viewer = sign_in(desk.client, "13900000033")
    assert error_code(Sitting(desk, viewer).begin()) == "not_an_anchor"
    assert error_code(desk.client.post("/api/v1/me/liveness", json={})) == "not_signed_in"


def test_one_that_is_verified_or_waits_for_an_operator_needs_none(desk: Desk, anchor: Applicant) -> None:
    assert anchor.signed.post("/me/face-check", {"method": "live_call"}).status_code == 201
    assert error_code(Sitting(desk, anchor.signed).begin()) == "face_check_open"


def test_the_camera_is_not_asked_for_by_hand(desk: Desk, anchor: Applicant) -> None:
    assert error_code(anchor.signed.post("/me/face-check", {"method": "camera"})) == "input_invalid"


def test_it_ends_when_the_name_becomes_another_one(desk: Desk, anchor: Applicant) -> None:
    sitting = sitting_of(desk, anchor)
    assert sitting.say(0).status_code == 200
    assert anchor.identify("李小明", number_for(PHONE, "19910308")).status_code == 200
    assert error_code(sitting.say(1)) == "state_conflict"
    second = sitting_of(desk, anchor)
    operator = operator_of(desk)
    write(desk, lambda tx: identity_acts.withdraw(tx, operator, anchor.id, "别人的证件"))
    assert second.standing()["state"] == "aborted"
    assert error_code(Sitting(desk, anchor.signed).begin()) == "identity_missing"


@pytest.mark.slow
def test_the_whole_way_to_an_operator(desk: Desk, anchor: Applicant) -> None:
    sitting = sat(desk, anchor)
    found = sitting.standing()
    assert (found["state"], found["is_match_by_operator"]) == ("live", True)
    check = anchor.signed.get("/me/face-check").json()
    assert (check["state"], check["method"]) == ("evidence", "camera")
    assert anchor.kinds()[-1] == "face_evidence"
    assert error_code(Sitting(desk, anchor.signed).begin()) == "face_check_open"
    assert {Action(one) for one in sitting.actions} <= set(Action)
