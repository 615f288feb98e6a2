"""The operators' side of the face check by camera: queue, pictures with a reason, decision, deletion."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.contract.errors import ErrorCode
from server.gate import Person
from server.liveness import evidence
from server.liveness.desk import LivenessDesk
from server.liveness.evidence import OPEN_FOR_MS
from server.retention import DEFAULT
from server.secrets import FieldCipher
from server.store.liveness_models import LivenessFileRow, LivenessRow
from tests.contract.server.applicants import Applicant, write
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, error_code, sign_in
from tests.contract.server.liveness_kit import PHONE, Sitting, anchor_of, camera_desk, sat, says, tell
from tests.contract.server.operator_browser import OperatorBrowser, error_of

pytestmark = pytest.mark.slow

GRADES = {"actions": "fits", "depth": "fits", "light": "weak", "continuity": "fits", "device": "fits"}
MOMENTS = ["best", "blink", "turn_left", "flash_3", "flash_7"]


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    worker = says(tmp_path, verdict="review", grades=GRADES, moments=MOMENTS)
    with camera_desk(tmp_path, database_url, liveness_worker=worker) as desk:
        yield desk


@pytest.fixture
def person(desk: Desk) -> Applicant:
    return anchor_of(desk)


@pytest.fixture
def browser(desk: Desk) -> OperatorBrowser:
    return OperatorBrowser(desk).enrol()


def page_of(person: Applicant) -> str:
    return f"/desk/faces/{person.signed.get('/me/face-check').json()['id']}"


def state_of(person: Applicant) -> str:
    return str(person.signed.get("/me/face-check").json()["state"])


def opened(browser: OperatorBrowser, page: str, reason: str = "核对身份") -> Any:
    return browser.submit(page, f"{page}/evidence", evidence_reason=reason)


def files(desk: Desk) -> list[Path]:
    return sorted((desk.config.data_dir / "liveness").glob("*.sealed"))


def housekeep(desk: Desk) -> None:
    for file in files(desk):  # written just now by the clock of the disk
        os.utime(file, (0, 0))
    desk.run(desk.services.housekeep)


def test_the_queue_says_what_it_is_about_and_findings_are_in_words(
    desk: Desk, person: Applicant, browser: OperatorBrowser
) -> None:
    sat(desk, person)
    listed = browser.get("/desk/faces").text
    assert "第 1 次采集 · 光线不足" in listed
    shown = browser.get(page_of(person)).text
    for words in (
        "动作顺序",
        "立体感",
        "环境光、帧率或反光情况不合适，无法判断",
        "符合",
        "不足",
        "材料在结果出来 30 天后自动删除",
    ):
        assert words in shown, words
    for label in ("最佳正脸", "眨眼", "向左转头", "光线 3/8", "光线 7/8"):
        assert label in shown, label
    assert "<img" not in shown
    assert "<video" not in shown
    assert "correlation" not in shown
    english = browser.get(f"{page_of(person)}?lang=en").text
    assert "Attempt 1" in english
    assert "Light in doubt" in english


def test_pictures_and_clip_open_with_a_reason_for_a_quarter_of_an_hour(
    desk: Desk, person: Applicant, browser: OperatorBrowser
) -> None:
    sat(desk, person)
    page = page_of(person)
    assert browser.get(f"{page}/evidence/1").status_code == 403
    wrong = opened(browser, page, " ")
    assert (wrong.status_code, "查看画面的原因" in error_of(wrong)) == (422, True)
    assert opened(browser, page).headers["location"] == f"{page}?done=face_evidence_opened"
    shown = browser.get(page)
    assert f'src="{page}/evidence/1"' in shown.text
    assert f'src="{page}/evidence/0"' in shown.text
    assert "media-src 'self'" in shown.headers["content-security-policy"]
    still = browser.get(f"{page}/evidence/1")
    assert (still.status_code, still.headers["content-type"], still.content[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert still.headers["cache-control"] == "private, no-store"
    clip = browser.get(f"{page}/evidence/0", Range="bytes=0-99")
    assert (clip.status_code, clip.headers["content-type"], b"ftyp" in clip.content) == (206, "video/mp4", True)
    assert browser.get(f"{page}/evidence/9").status_code == 404
    assert browser.get(f"{page}/evidence/x").status_code == 404
    assert ("face.evidence_shown", page.rpartition("/")[2], "核对身份") in desk.audited()
    assert "查看核验画面" in browser.get("/desk/audit?family=face").text
    desk.clock.advance(OPEN_FOR_MS / 1000)
    assert "<img" not in browser.get(page).text
    assert browser.get(f"{page}/evidence/1").status_code == 403


def test_who_looked_may_pass_it_and_nobody_else(desk: Desk, person: Applicant, browser: OperatorBrowser) -> None:
    sat(desk, person)
    page = page_of(person)
    hidden = browser.hidden(page, f"{page}/compare")
    assert "请先写明原因并查看画面" in browser.get(page).text
    assert browser.post(f"{page}/compare", hidden).status_code == 409
    assert state_of(person) == "evidence"
    opened(browser, page)
    assert browser.submit(page, f"{page}/compare").status_code == 303
    assert state_of(person) == "verified"
    assert person.kinds()[-1] == "face_verified"
    assert person.signed.post("/sessions", {"title": "t", "category": "job_search"}).status_code == 201
    decided = browser.get(page).text
    assert "材料将于" in decided
    assert f'action="{page}/retake"' not in decided
    assert f"{page}?show=decided" in browser.get("/desk/faces?show=decided").text


def test_sent_back_the_person_takes_it_again_with_the_words(
    desk: Desk, person: Applicant, browser: OperatorBrowser
) -> None:
    sat(desk, person)
    page = page_of(person)
    assert browser.submit(page, f"{page}/retake", comment=" ").status_code == 422
    assert browser.submit(page, f"{page}/retake", comment="请到亮一点的地方再拍一次").status_code == 303
    found = person.signed.get("/me/face-check").json()
    assert (found["state"], found["comment"]) == ("retake", "请到亮一点的地方再拍一次")
    step = next(one for one in person.signed.get("/me/onboarding").json()["steps"] if one["id"] == "face")
    assert (step["state"], step["note"]) == ("current", "retake")
    told = person.signed.get("/me/inbox").json()["messages"][0]
    assert (told["kind"], told["params"]["comment"]) == ("face_retake", "请到亮一点的地方再拍一次")
    desk.clock.advance(1)
    sat(desk, person)
    assert state_of(person) == "evidence"
    assert "第 2 次采集" in browser.get("/desk/faces").text


def test_it_is_refused_or_a_call_is_made_of_it(desk: Desk, person: Applicant, browser: OperatorBrowser) -> None:
    sat(desk, person)
    page = page_of(person)
    assert browser.submit(page, f"{page}/refuse", comment="画面不是本人").status_code == 303
    assert state_of(person) == "refused"
    desk.clock.advance(1)
    sat(desk, person)
    page = page_of(person)
    at = desk.clock.utc().strftime("%Y-%m-%dT23:59")
    assert browser.submit(page, f"{page}/appoint", at=at, method="live_call", comment="").status_code == 303
    assert person.signed.get("/me/face-check").json()["state"] == "appointed"
    shown = browser.get(page).text
    assert "动作顺序" in shown, "the evidence stays beside it"
    assert f'action="{page}/compare"' not in shown


def test_a_reduced_way_is_never_passed_by_pictures_alone(
    desk: Desk, person: Applicant, browser: OperatorBrowser
) -> None:
    sat(desk, person, "no_actions")
    page = page_of(person)
    assert "第 1 次采集 · 不做动作" in browser.get("/desk/faces").text
    opened(browser, page)
    shown = browser.get(page).text
    assert f'action="{page}/compare"' not in shown
    assert f'action="{page}/appoint"' in shown
    assert browser.post(f"{page}/compare", browser.hidden(page, f"{page}/appoint")).status_code == 409
    assert state_of(person) == "requested"


def test_nobody_but_operators_sees_it(desk: Desk, person: Applicant) -> None:
    sat(desk, person)
    check_id = page_of(person).rpartition("/")[2]
    viewer = Person(person.id, person.signed.pair["device_id"], frozenset())
    for act in (
        lambda: write(desk, lambda tx: evidence.reveal(tx, viewer, check_id, "我的")),
        lambda: desk.run(partial(desk.services.liveness.read, viewer, check_id, 1)),
    ):
        with refused(ErrorCode.FORBIDDEN):
            act()
    assert desk.client.get(f"/desk/faces/{check_id}/evidence/1", follow_redirects=False).status_code == 303
    assert ("refused.read_face_evidence", "", "forbidden") in desk.audited()


def test_a_new_check_is_ordered_and_taken_by_camera(
    desk: Desk, person: Applicant, browser: OperatorBrowser, tmp_path: Path
) -> None:
    sat(desk, person)
    page = page_of(person)
    opened(browser, page)
    browser.submit(page, f"{page}/compare")
    assert error_code(Sitting(desk, person.signed).begin()) == "face_check_open"
    anchor = f"/desk/anchors/{person.id}"
    assert browser.submit(anchor, f"{anchor}/face", comment="平台抽查").status_code == 303
    assert state_of(person) == "voided"
    desk.clock.advance(1)
    tell(tmp_path, verdict="live")
    sat(desk, person)
    assert state_of(person) == "evidence"
    assert "第 2 次采集 · 重新核验" in browser.get("/desk/faces").text
    assert error_code(person.signed.post("/sessions", {"title": "t", "category": "job_search"})) == "face_pending"


def test_it_is_deleted_thirty_days_after_the_decision(desk: Desk, person: Applicant, browser: OperatorBrowser) -> None:
    sat(desk, person)
    page = page_of(person)
    desk.clock.advance(DEFAULT.face_evidence_days * 24 * 3600)
    housekeep(desk)
    assert len(files(desk)) == 6, "nothing was decided yet"
    person.signed = sign_in(desk.client, PHONE, device_id=person.signed.pair["device_id"])
    browser = OperatorBrowser(desk, secret=browser.secret)
    browser.show_password()
    assert browser.submit("/desk/factor", "/desk/factor", code=browser.code()).status_code == 303
    assert browser.submit(page, f"{page}/retake", comment="再拍一次").status_code == 303
    desk.clock.advance(DEFAULT.face_evidence_days * 24 * 3600 - 1)
    housekeep(desk)
    assert len(files(desk)) == 6
    desk.clock.advance(1)
    housekeep(desk)
    assert files(desk) == []
    assert desk.read(lambda db: db.query(LivenessFileRow).count()) == 0
    [row] = desk.read(lambda db: list(db.query(LivenessRow)))
    assert (row.findings_sealed, row.said, row.public_key, row.challenge) == (None, "[]", "", "")
    browser = OperatorBrowser(desk, secret=browser.secret)
    browser.show_password()
    assert browser.submit("/desk/factor", "/desk/factor", code=browser.code()).status_code == 303
    assert "材料已按期删除" in browser.get(page).text


def test_after_a_new_key_it_is_sealed_anew_and_opens(desk: Desk, person: Applicant, browser: OperatorBrowser) -> None:
    sat(desk, person)
    page = page_of(person)
    opened(browser, page)
    data = browser.get(f"{page}/evidence/1").content
    former = base64.b64decode((desk.config.data_dir / "field.key").read_text().split()[0])
    cipher = FieldCipher(os.urandom(32), former)
    later = LivenessDesk(desk.config.data_dir, cipher, desk.services.store, desk.clock)
    assert [desk.run(later.reseal) for _ in range(2)] == [6, 0]
    assert all(cipher.are_current_bytes(file.read_bytes()) for file in files(desk))
    operator = desk.read(lambda db: db.query(LivenessFileRow).filter_by(number=1).one().id)
    assert desk.run(partial(later.files.get, operator)) == data


def test_no_log_line_and_no_answer_carries_what_was_seen(
    desk: Desk, person: Applicant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(tmp_path, verdict="live", moments=MOMENTS)
    sitting = sat(desk, person)
    nonce = sitting.challenge.nonce.hex()
    written = capsys.readouterr().out
    assert "liveness_judged" in written
    for secret in (nonce, sitting.key.public_key().public_bytes_raw().hex(), sitting.said[0]["link"], "张小明"):
        assert secret not in written
    assert "figures" not in str(sitting.standing())
