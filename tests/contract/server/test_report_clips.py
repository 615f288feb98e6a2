"""The clip that goes with a report, over a real service: whose, what, once, sealed, opened with a reason, deleted."""

from __future__ import annotations

import base64
import os
from functools import partial
from pathlib import Path

import pytest

from app.contract.errors import ErrorCode
from app.contract.reports import MAX_CLIP_BYTES
from app.runtime.clock import ManualClock
from server.config import ServiceConfig
from server.errors import Refusal
from server.gate import Person
from server.reports import clips, handle
from server.reports.clips import OPEN_FOR_MS
from server.retention import DEFAULT
from server.secrets import FieldCipher
from server.store.store import Tx
from tests.clips import hostile_clips, make_clip
from tests.contract.server.applicants import write
from tests.contract.server.application_kit import refused
from tests.contract.server.kit import Desk, FakeIngest, Signed, config_for, desk_client, error_code, sign_in
from tests.contract.server.operator_browser import OperatorBrowser, error_of
from tests.contract.server.report_kit import PHONES, Talk, add_clip, housekeep, mine, open_talk

pytestmark = pytest.mark.slow


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return open_talk(desk)


def files(desk: Desk) -> list[Path]:
    folder = desk.config.data_dir / "clips"
    return sorted(folder.iterdir()) if folder.exists() else []


def own_report(talk: Talk, number: int = 1) -> str:
    """The anchor reports what a viewer said."""
    return talk.reported(talk.anchor, "message", talk.say(talk.viewer(number), "你真笨"))


def decide(desk: Desk, operator: Person, report_id: str) -> None:
    def work(tx: Tx) -> None:
        handle.take(tx, operator, report_id)
        handle.decide(tx, operator, report_id, "看过片段", is_upheld=True)

    write(desk, work)


def read(desk: Desk, operator: Person, report_id: str) -> bytes:
    data: bytes = desk.run(partial(desk.services.clips.read, operator, report_id))
    return data


def test_the_anchor_adds_one_and_it_is_told(desk: Desk, talk: Talk) -> None:
    report_id = own_report(talk)
    assert mine(talk.anchor)[0]["has_clip"] is False
    reply = add_clip(talk.anchor, report_id)
    assert reply.status_code == 201, reply.text
    assert reply.json() == {
        "report_id": report_id, "duration_ms": 2000, "width_px": 160, "height_px": 90, "has_sound": True,
        "size_bytes": len(make_clip()),
    }  # fmt: skip
    assert mine(talk.anchor)[0]["has_clip"] is True


def test_the_same_key_adds_it_once_and_another_clip_is_refused(desk: Desk, talk: Talk) -> None:
    report_id, other = own_report(talk), make_clip(3.0)
    first = add_clip(talk.anchor, report_id, key="one")
    again = add_clip(talk.anchor, report_id, key="one")
    assert (again.status_code, again.json()) == (201, first.json())
    assert error_code(add_clip(talk.anchor, report_id, other, key="one")) == "idempotency_mismatch"
    assert error_code(add_clip(talk.anchor, report_id, key="two")) == "clip_exists"
    assert len(files(desk)) == 1


def test_a_repeat_after_the_decision_gives_what_was_made(desk: Desk, talk: Talk, operator: Person) -> None:
    report_id = own_report(talk)
    first = add_clip(talk.anchor, report_id, key="one")
    decide(desk, operator, report_id)
    assert add_clip(talk.anchor, report_id, key="one").json() == first.json()


def test_only_who_reported_from_their_own_broadcast_adds_one(desk: Desk, talk: Talk) -> None:
    report_id, rude = own_report(talk), talk.say(talk.viewer(1), "又骂人")
    of_viewer = talk.reported(talk.viewer(2), "message", rude)
    assert error_code(add_clip(talk.viewer(2), report_id)) == "not_found", "somebody else's report"
    assert error_code(add_clip(talk.anchor, of_viewer)) == "not_found", "in one's own room, but another's report"
    assert error_code(add_clip(talk.viewer(2), of_viewer)) == "forbidden", "not their broadcast"
    assert error_code(add_clip(talk.anchor, "0" * 16)) == "not_found"
    nobody = desk.client.post(
        f"/api/v1/me/reports/{report_id}/clip", content=make_clip(),
        headers={"Content-Type": "video/mp4", "Idempotency-Key": "k"},
    )  # fmt: skip
    assert error_code(nobody) == "not_signed_in"
    keyless = talk.anchor.client.post(
        f"/api/v1/me/reports/{report_id}/clip", content=make_clip(),
        headers={**talk.anchor.headers, "Content-Type": "video/mp4"},
    )  # fmt: skip
    assert error_code(keyless) == "input_invalid"
    assert files(desk) == []


def test_what_is_no_clip_is_refused_and_the_report_stays(desk: Desk, talk: Talk) -> None:
    report_id = own_report(talk)
    for what, data in hostile_clips().items():
        desk.clock.advance(8)
        assert error_code(add_clip(talk.anchor, report_id, data)) == "clip_invalid", what
    assert error_code(add_clip(talk.anchor, report_id, kind="text/html")) == "clip_invalid"
    assert files(desk) == []
    assert (mine(talk.anchor)[0]["state"], mine(talk.anchor)[0]["has_clip"]) == ("open", False)
    assert add_clip(talk.anchor, report_id).status_code == 201


def test_one_that_was_decided_or_withdrawn_takes_none(desk: Desk, talk: Talk, operator: Person) -> None:
    decided, withdrawn = own_report(talk, 1), own_report(talk, 2)
    decide(desk, operator, decided)
    assert talk.anchor.post(f"/me/reports/{withdrawn}/withdraw").status_code == 200
    for report_id in (decided, withdrawn):
        assert error_code(add_clip(talk.anchor, report_id)) == "state_conflict"
    assert files(desk) == []
    taken = own_report(talk, 3)
    write(desk, lambda tx: handle.take(tx, operator, taken))
    assert add_clip(talk.anchor, taken).status_code == 201, "an operator who looks may still be shown more"


def test_one_decided_while_it_was_on_its_way_leaves_no_file(
    desk: Desk, talk: Talk, operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_id = own_report(talk)
    monkeypatch.setattr(clips, "_facts", _deciding(desk, operator, report_id, clips._facts))
    assert error_code(add_clip(talk.anchor, report_id)) == "state_conflict"
    assert files(desk) == []


def _deciding(desk: Desk, operator: Person, report_id: str, real: object) -> object:
    def facts(data: bytes) -> object:
        decide(desk, operator, report_id)
        return real(data)  # type: ignore[operator]

    return facts


def test_a_large_one_is_taken_and_a_larger_one_is_refused_unread(desk: Desk, talk: Talk) -> None:
    report_id, padding = own_report(talk), 8 * 1024 * 1024
    good = make_clip()
    large = good + (padding + 8).to_bytes(4, "big") + b"free" + bytes(padding)
    assert len(large) > desk.config.limits.image_body_bytes
    assert add_clip(talk.anchor, report_id, large).status_code == 201
    assert error_code(add_clip(talk.anchor, own_report(talk, 2), bytes(MAX_CLIP_BYTES + 1))) == "too_large"
    unsigned = desk.client.post(f"/api/v1/me/reports/{report_id}/clip", content=bytes(200_000))
    assert unsigned.status_code in {401, 413}
    # What stands beside it takes no more than before.
    beside = talk.anchor.client.post(
        f"/api/v1/me/reports/{report_id}/withdraw", content=bytes(200_000), headers=talk.anchor.headers
    )
    assert error_code(beside) == "too_large"


def test_it_is_sealed_and_opened_by_an_operator_with_a_reason(desk: Desk, talk: Talk, operator: Person) -> None:
    report_id = own_report(talk)
    add_clip(talk.anchor, report_id)
    [file] = files(desk)
    assert file.suffix == ".sealed"
    assert file.stat().st_mode & 0o077 == 0
    for word in (b"ftyp", b"moov", b"avc1"):
        assert word not in file.read_bytes()
    with refused(ErrorCode.FORBIDDEN):
        read(desk, operator, report_id)
    with refused(ErrorCode.INPUT_INVALID):
        write(desk, lambda tx: clips.reveal(tx, operator, report_id, " "))
    write(desk, lambda tx: clips.reveal(tx, operator, report_id, "核对当时画面"))
    assert read(desk, operator, report_id) == make_clip()
    assert ("report.clip_shown", report_id, "核对当时画面") in desk.audited()
    viewer = Person(talk.anchor.account_id, talk.anchor.pair["device_id"], frozenset())
    for act in (
        lambda: read(desk, viewer, report_id),
        lambda: write(desk, lambda tx: clips.reveal(tx, viewer, report_id, "我的")),
    ):
        with refused(ErrorCode.FORBIDDEN):
            act()
    assert ("refused.read_report_clip", "", "forbidden") in desk.audited()
    bare = own_report(talk, 4)
    with refused(ErrorCode.NOT_FOUND):
        write(desk, lambda tx: clips.reveal(tx, operator, bare, "没有片段"))
    desk.clock.advance(OPEN_FOR_MS / 1000)
    with refused(ErrorCode.FORBIDDEN):
        read(desk, operator, report_id)


def test_it_is_deleted_with_what_was_said(desk: Desk, talk: Talk, operator: Person) -> None:
    done, waits = own_report(talk, 1), own_report(talk, 2)
    for report_id in (done, waits):
        add_clip(talk.anchor, report_id)
    decide(desk, operator, done)
    desk.clock.advance(DEFAULT.reports_days * 24 * 3600 - 1)
    housekeep(desk)
    assert len(files(desk)) == 2
    desk.clock.advance(1)
    housekeep(desk)
    assert len(files(desk)) == 1
    shown = {one["id"]: one["has_clip"] for one in mine(sign_in(desk.client))}
    assert shown == {done: False, waits: True}


def test_a_refusal_keeps_no_file(desk: Desk, talk: Talk) -> None:
    """Signed out between the request and the write."""
    report_id = own_report(talk)
    gone = Person(talk.anchor.account_id, "no-device", frozenset())
    with pytest.raises(Refusal):
        desk.run(partial(desk.services.clips.upload, gone, report_id, make_clip(), "k"))
    assert files(desk) == []


def test_few_are_held_at_a_time_and_one_of_an_address(tmp_path: Path) -> None:
    config: ServiceConfig = config_for(tmp_path)
    assert config.limits.clip_bodies * config.limits.clip_body_bytes <= 128_000_000
    assert config.limits.clip_bodies_per_address == 1
    with desk_client(config, ManualClock(), FakeIngest()) as client:
        person: Signed = sign_in(client, PHONES[1])
        assert error_code(add_clip(person, "0" * 16, bytes(200_000))) == "not_found"
        assert error_code(add_clip(person, "0" * 16, bytes(200_000))) == "not_found", "given back"


@pytest.mark.slow
def test_on_the_desk_it_plays_in_pieces_once_a_reason_was_given(desk: Desk, talk: Talk) -> None:
    browser, report_id = OperatorBrowser(desk).enrol(), own_report(talk)
    page, data = f"/desk/reports/{report_id}", make_clip()
    assert "录制片段" not in browser.get(page).text
    add_clip(talk.anchor, report_id)
    shown = browser.get(page).text
    assert "2 秒 · 160 × 90 · 0.0 MB · 有声音" in shown
    assert "<video" not in shown
    assert browser.get(f"{page}/clip").status_code == 403
    wrong = browser.submit(page, f"{page}/clip/open", clip_reason=" ")
    assert (wrong.status_code, "查看片段的原因" in error_of(wrong)) == (422, True)
    reply = browser.submit(page, f"{page}/clip/open", clip_reason="核对画面")
    assert reply.headers["location"] == f"{page}?done=report_clip_opened"
    opened = browser.get(page)
    assert f'src="{page}/clip"' in opened.text
    assert "media-src 'self'" in opened.headers["content-security-policy"]
    whole = browser.get(f"{page}/clip")
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["cache-control"] == "private, no-store"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "inline" in whole.headers["content-disposition"]
    for asked, piece, said in (
        ("bytes=0-99", data[:100], f"bytes 0-99/{len(data)}"),
        (f"bytes={len(data) - 5}-", data[-5:], f"bytes {len(data) - 5}-{len(data) - 1}/{len(data)}"),
        ("bytes=-7", data[-7:], f"bytes {len(data) - 7}-{len(data) - 1}/{len(data)}"),
        ("bytes=10-99999999", data[10:], f"bytes 10-{len(data) - 1}/{len(data)}"),
    ):
        part = browser.get(f"{page}/clip", Range=asked)
        assert (part.status_code, part.content, part.headers["content-range"]) == (206, piece, said)
    assert browser.get(f"{page}/clip", Range=f"bytes={len(data)}-").status_code == 416
    for odd in ("bytes=0-1,5-6", "bytes=-", "lines=0-1", "bytes=9-x"):
        assert browser.get(f"{page}/clip", Range=odd).status_code == 200, odd
    record = browser.get("/desk/audit?family=report").text
    assert "查看举报附带的录制片段" in record
    assert "核对画面" in record
    desk.clock.advance(OPEN_FOR_MS / 1000)
    assert "<video" not in browser.get(page).text
    assert browser.get(f"{page}/clip").status_code == 403


def test_after_a_new_key_it_is_sealed_anew_and_opens(desk: Desk, talk: Talk, operator: Person) -> None:
    report_id = own_report(talk)
    add_clip(talk.anchor, report_id)
    [file] = files(desk)
    former = base64.b64decode((desk.config.data_dir / "field.key").read_text().split()[0])
    cipher = FieldCipher(os.urandom(32), former)
    assert not cipher.are_current_bytes(file.read_bytes())
    later = clips.ClipDesk(file.parent, cipher, desk.services.store, desk.clock)
    assert [desk.run(later.reseal) for _ in range(2)] == [1, 0]
    assert cipher.are_current_bytes(file.read_bytes())
    write(desk, lambda tx: clips.reveal(tx, operator, report_id, "核对"))
    assert desk.run(partial(later.read, operator, report_id)) == make_clip()
