"""Judging what came: the worker in its process, what a package has to be, what comes of a judgement, restart."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.domain.liveness import Action
from app.errors import PlatformError
from app.liveness.package import Package, StepNote, Unit
from server import field_keys
from server.liveness import judging
from server.liveness.keys import FILE, keys_for
from server.providers.face_authority import FaceAnswer, FaceAsked, FaceVerdict
from server.store.liveness_models import LivenessFileRow, LivenessRow
from tests.contract.server.applicants import Applicant, number_for
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.liveness_kit import (
    FRAME_US,
    OTHER_PHONE,
    PHONE,
    START_US,
    WAIT_S,
    Sitting,
    anchor_of,
    camera_desk,
    encoded,
    sat,
    says,
    tell,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with camera_desk(tmp_path, database_url, liveness_worker=says(tmp_path)) as desk:
        yield desk


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    with camera_desk(tmp_path, liveness_worker=says(tmp_path)) as desk:
        yield desk


def check_of(person: Applicant) -> tuple[str, str]:
    found = person.signed.get("/me/face-check").json()
    return found["state"], found["method"]


def rows(desk: Desk) -> list[LivenessRow]:
    return desk.read(lambda db: list(db.query(LivenessRow).order_by(LivenessRow.created_ms)))


def labels(desk: Desk) -> list[tuple[int, str]]:
    return desk.read(lambda db: [(one.number, one.label) for one in db.query(LivenessFileRow).order_by("number")])


def parcels(desk: Desk) -> list[Path]:
    folder = desk.config.data_dir / "liveness-parcels"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_living_person_is_compared_by_an_operator(desk: Desk, tmp_path: Path) -> None:
    tell(tmp_path, moments=["best", "blink", "flash_3"], grades={"actions": "fits", "depth": "fits"})
    person = anchor_of(desk)
    sitting = sat(desk, person)
    assert sitting.standing()["state"] == "live"
    assert check_of(person) == ("evidence", "camera")
    assert labels(desk) == [(0, "clip"), (1, "best"), (2, "blink"), (3, "flash_3")]
    assert parcels(desk) == []
    [row] = rows(desk)
    assert row.about == "compare"
    assert "depth" not in (row.findings_sealed or ""), "sealed"
    step = next(one for one in person.signed.get("/me/onboarding").json()["steps"] if one["id"] == "face")
    assert (step["state"], step["note"]) == ("waiting", "pending")
    assert error_code(person.signed.post("/sessions", {"title": "t", "category": "job_search"})) == "face_pending"
    for file in (desk.config.data_dir / "liveness").iterdir():
        assert file.suffix == ".sealed"
        for word in (b"ftyp", b"avc1", b"JFIF"):
            assert word not in file.read_bytes()


@pytest.mark.parametrize(
    ("judgement", "path", "state", "check", "about"),
    [
        (
            {"verdict": "review", "grades": {"depth": "fits", "light": "weak"}},
            "full",
            "review",
            "evidence",
            "doubt_light",
        ),
        ({"verdict": "review"}, "full", "review", "evidence", "doubt"),
        ({"verdict": "review"}, "no_flash", "review", "requested", "no_flash"),
        ({"verdict": "live"}, "no_flash", "review", "requested", "no_flash"),
        ({"verdict": "live"}, "no_actions", "review", "requested", "no_actions"),
    ],
    ids=["doubt", "nothing_named", "no_flash", "no_flash_live", "no_actions"],
)
def test_what_is_in_doubt_or_reduced_goes_to_operators(
    lite: Desk, tmp_path: Path, judgement: dict[str, Any], path: str, state: str, check: str, about: str
) -> None:
    tell(tmp_path, **judgement)
    person = anchor_of(lite)
    assert sat(lite, person, path).standing()["state"] == state
    assert check_of(person)[0] == check
    assert [one.about for one in rows(lite)] == [about]
    assert labels(lite)


def test_a_retry_keeps_nothing_and_the_third_of_a_family_is_for_operators(lite: Desk, tmp_path: Path) -> None:
    person = anchor_of(lite)
    for number, retry in enumerate(("no_depth", "unclear", "no_light")):
        tell(tmp_path, verdict="retry", retry=retry)
        found = sat(lite, person).standing()
        assert (found["state"], found["retry"], found["left_today"]) == ("retry", retry, 9 - number)
        lite.clock.advance(60)
    assert labels(lite) == []
    assert list((lite.config.data_dir / "liveness").glob("*")) == []
    assert error_code(person.signed.get("/me/face-check")) == "not_found"
    tell(tmp_path, verdict="retry", retry="stale")
    assert sat(lite, person).standing()["state"] == "review"
    assert check_of(person) == ("requested", "live_call")
    assert labels(lite) == [(0, "clip"), (1, "best")]
    assert rows(lite)[-1].about == "again_stale"
    assert [one.is_failure for one in rows(lite)] == [True] * 4


def altered(sitting: Sitting, what: str) -> Package:
    """A package that is sealed and signed as it should be, and was not honest."""
    honest = sitting.package()
    units = list(honest.units)
    match what:
        case "byte":
            units[8] = Unit(units[8].at_us, units[8].data[:-1] + bytes([units[8].data[-1] ^ 1]))
        case "order":
            units[8], units[9] = Unit(units[8].at_us, units[9].data), Unit(units[9].at_us, units[8].data)
        case "times":
            units[8] = Unit(units[8].at_us + 1, units[8].data)
        case "dropped":
            del units[8]
        case "other_clip":
            units = [Unit(START_US + at * FRAME_US, data) for at, data in enumerate(encoded(len(units), 40))]
        case "steps":
            turned = tuple(StepNote(one, START_US, START_US) for one in (*sitting.actions[1:], Action.NOD))
            return sitting.package(steps=turned)
        case "nonce":
            return sitting.package(nonce=bytes(32))
        case "session":
            return sitting.package(session_id="f" * 16)
        case "flash":
            return sitting.package(flash_us=None)
        case "key":
            return sitting.package(key=Ed25519PrivateKey.generate())
        case "size":
            return sitting.package(width_px=640, height_px=480)
        case "signature":
            return msgspec.structs.replace(honest, signature=bytes(64))
        case "late":
            last = units[-1]
            units.append(Unit(last.at_us + 60_000_000, last.data))
        case "rubbish":
            units = [*units, *(Unit(units[-1].at_us + 1 + at, b"\x00\x00\x00\x01\x65" + bytes(50)) for at in range(3))]
    return sitting.package(units)


HOSTILE = {
    "byte": "stale", "order": "stale", "times": "stale", "dropped": "stale", "other_clip": "stale", "steps": "stale",
    "nonce": "stale", "session": "stale", "flash": "stale", "key": "damaged", "size": "damaged",
    "signature": "damaged", "late": "stale", "rubbish": "damaged",
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_what_was_altered_and_validly_sealed_is_refused(lite: Desk, what: str) -> None:
    person = anchor_of(lite)
    sitting = Sitting(lite, person.signed).go_through()
    assert sitting.send(sitting.sealed(altered(sitting, what))).json()["receipt"]
    found = sitting.judged()
    assert (found["state"], found["retry"]) == ("retry", HOSTILE[what])


def test_an_old_package_and_one_sealed_for_another_session_are_refused(lite: Desk) -> None:
    person = anchor_of(lite)
    first = Sitting(lite, person.signed).go_through()
    content = first.sealed()
    assert first.post("abort", {"reason": "given_up"}).status_code == 204
    second = Sitting(lite, person.signed).go_through()
    second.send(content)
    assert second.judged()["retry"] == "damaged", "bound to its session by the seal"
    third = Sitting(lite, person.signed).go_through()
    third.send(third.sealed(first.package()))
    assert third.judged()["retry"] == "damaged", "and signed by another key"
    fourth = Sitting(lite, person.signed, key=first.key).go_through()
    fourth.send(fourth.sealed(first.package()))
    assert fourth.judged()["state"] == "review", "the third of its family: an operator calls"
    assert check_of(person) == ("requested", "live_call")


def test_noise_is_refused(lite: Desk) -> None:
    person = anchor_of(lite)
    sitting = Sitting(lite, person.signed).go_through()
    sitting.send(os.urandom(5000))
    assert sitting.judged()["retry"] == "damaged"


@pytest.mark.parametrize("does", ["crash", "eat", "write"])
def test_a_worker_that_fails_has_one_more_try_and_then_an_operator_looks(
    lite: Desk, tmp_path: Path, does: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(tmp_path, does=does)
    person = anchor_of(lite)
    sitting = sat(lite, person)
    assert sitting.standing()["state"] == "review"
    assert check_of(person) == ("requested", "live_call")
    [row] = rows(lite)
    assert (row.about, row.failures, row.starts, row.is_failure) == ("not_judged", 2, 2, False)
    assert labels(lite) == []
    assert parcels(lite) == []
    assert not (tmp_path / "written").exists() or (tmp_path / "written").stat().st_size == 0
    said = {"crash": "status 9", "eat": "MemoryError", "write": "OSError"}[does]
    assert said in capsys.readouterr().out


def test_a_worker_that_hangs_is_killed(lite: Desk, tmp_path: Path) -> None:
    tell(tmp_path, does="hang")
    lite.services.judging._worker_s = 4.0
    person, seen = anchor_of(lite), set[int]()
    sitting = Sitting(lite, person.signed).go_through()
    sitting.send()
    for _ in range(round(WAIT_S / 0.05)):
        if lite.services.judging.pid is not None:
            seen.add(lite.services.judging.pid)
        if sitting.standing()["state"] != "judging":
            break
        threading.Event().wait(0.05)
    assert sitting.standing()["state"] == "review"
    assert len(seen) == 2
    assert not any(psutil.pid_exists(pid) for pid in seen)


def test_a_service_that_ends_takes_its_worker_along_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    worker = says(tmp_path, does="hang")
    with camera_desk(tmp_path, liveness_worker=worker) as desk:
        sitting = Sitting(desk, anchor_of(desk).signed).go_through()
        sitting.send()
        for _ in range(400):
            if (pid := desk.services.judging.pid) is not None:
                break
            threading.Event().wait(0.05)
        assert pid is not None
        command = psutil.Process(pid).cmdline()
        key = keys_for(desk.config.data_dir).private_key(desk.services.liveness_keys.current_id)
        assert key.hex() not in " ".join(command)
        clock = desk.clock
    assert not psutil.pid_exists(pid)
    tell(tmp_path)
    with camera_desk(tmp_path, clock=clock, liveness_worker=worker) as desk:
        sitting.desk, sitting.signed = desk, sign_in(desk.client, PHONE, device_id=sitting.signed.pair["device_id"])
        assert sitting.judged()["state"] == "live"
        [row] = rows(desk)
        assert (row.failures, row.starts) == (0, 2)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "taken_away"])
def test_a_new_key_issues_and_the_earlier_one_opens_what_was_sealed_to_it(tmp_path: Path, is_kept: bool) -> None:
    worker = says(tmp_path)
    with camera_desk(tmp_path, liveness_worker=worker) as desk:
        sitting = Sitting(desk, anchor_of(desk).signed).go_through()
        clock, content = desk.clock, sitting.sealed()
    before = sitting.challenge.seal_key_id
    named = field_keys.rotate(tmp_path, FILE)
    if not is_kept:
        path = tmp_path / FILE
        path.write_text(path.read_text().splitlines()[0] + "\n")
    with camera_desk(tmp_path, clock=clock, liveness_worker=worker) as desk:
        sitting.desk, sitting.signed = desk, sign_in(desk.client, PHONE, device_id=sitting.signed.pair["device_id"])
        assert sitting.send(content).json()["receipt"]
        assert sitting.judged()["state"] == ("live" if is_kept else "review")
        other = Sitting(desk, anchor_of(desk, OTHER_PHONE).signed)
        other.begin()
        assert other.challenge.seal_key_id == named != before


def test_a_name_that_becomes_another_one_meanwhile_ends_it(lite: Desk, tmp_path: Path) -> None:
    tell(tmp_path, does="hang")
    lite.services.judging._worker_s = 4.0
    person = anchor_of(lite)
    sitting = Sitting(lite, person.signed).go_through()
    sitting.send()
    assert person.identify("李小明", number_for(PHONE, "19910308")).status_code == 200
    assert sitting.standing()["state"] == "aborted"
    for _ in range(round(WAIT_S / 0.05)):
        lite.run(lite.services.liveness.sweep)
        if lite.services.judging.pid is None:
            break
        threading.Event().wait(0.05)
    assert sitting.standing()["state"] == "aborted"
    assert parcels(lite) == []
    assert error_code(person.signed.get("/me/face-check")) == "not_found"


class Register:
    """One that answers as it is told, and keeps what it was asked."""

    code, is_match_by_operator = "register", False

    def __init__(self, verdict: FaceVerdict | None) -> None:
        self.verdict = verdict
        self.asked: list[FaceAsked] = []

    async def compare(self, asked: FaceAsked) -> FaceAnswer:
        self.asked.append(asked)
        if self.verdict is None:
            raise PlatformError("away")
        return FaceAnswer(self.verdict, self.code)


@pytest.mark.parametrize(
    ("verdict", "state", "check"),
    [
        (FaceVerdict.CONFIRMED, "live", ("verified", "camera")),
        (FaceVerdict.MISMATCH, "review", ("requested", "live_call")),
        (None, "live", ("evidence", "camera")),
    ],
    ids=["confirmed", "mismatch", "away"],
)
def test_a_register_is_asked_for_the_living(
    tmp_path: Path, verdict: FaceVerdict | None, state: str, check: tuple[str, str]
) -> None:
    register = Register(verdict)
    with camera_desk(tmp_path, liveness_worker=says(tmp_path), face_authority=register) as desk:
        person = anchor_of(desk)
        found = sat(desk, person).standing()
        assert (found["state"], found["is_match_by_operator"]) == (state, False)
        assert check_of(person) == check
        [asked] = register.asked
        assert (asked.name, asked.number, asked.picture[:2]) == ("张小明", number_for(PHONE), b"\xff\xd8")
        assert "张" not in repr(asked)
        if verdict is FaceVerdict.CONFIRMED:
            assert person.signed.post("/sessions", {"title": "t", "category": "job_search"}).status_code == 201
            assert person.kinds()[-1] == "face_verified"


def test_nobody_asks_a_register_for_who_is_not_found_alive(tmp_path: Path) -> None:
    register = Register(FaceVerdict.CONFIRMED)
    with camera_desk(tmp_path, liveness_worker=says(tmp_path, verdict="review"), face_authority=register) as desk:
        person = anchor_of(desk)
        assert sat(desk, person).standing()["state"] == "review"
        tell(tmp_path, verdict="live")
    assert register.asked == []


def test_the_job_names_each_order_with_the_moment_of_the_message_before(lite: Desk, tmp_path: Path) -> None:
    sitting = Sitting(lite, anchor_of(lite).signed).go_through()
    [row] = rows(lite)
    job = judging.job_of(row, lite.services.liveness_keys, tmp_path / "x")
    assert [one.kind for one in job.orders] == [one["kind"] for one in sitting.orders]
    assert [one.after_us for one in job.orders] == [one["at_us"] for one in sitting.said]
    assert [one.action for one in job.orders if one.action] == list(sitting.actions)
    assert "private" not in repr(job)
