"""Pictures of the operators' side of the face check by camera: the queue, evidence closed and open, decided.

What is to be seen in it is drawn here: no camera, no face, no worker.
"""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from typing import Any, Protocol, cast

from PIL import Image, ImageDraw
from playwright.sync_api import Page

from app.domain.liveness import Finding, Grade, LivenessState, Retry
from app.liveness.verdict import Verdict
from server.identity import records
from server.liveness import decision
from server.liveness.case import Findings, SignSeen
from server.liveness.decision import Kept
from server.providers.face_authority import FaceAnswer, FaceVerdict
from server.secrets import new_id
from server.store.liveness_models import LivenessRow
from server.store.store import Tx
from tests.clips import make_clip
from tests.contract.server.applicants import Applicant
from tests.contract.server.kit import Desk, LiveService, sign_in
from tools.desk_screens_people import approve, write

LABELS = ("best", "blink", "turn_left", "flash_3", "flash_7")
PARAMS = {
    Finding.ACTIONS: {"asked": "2", "done": "2"}, Finding.DEPTH: {"turns": "1"}, Finding.LIGHT: {"lag_ms": "120"},
    Finding.CONTINUITY: {"fps": "29.8", "repeated": "0", "returned": "0"}, Finding.DEVICE: {},
}  # fmt: skip
PEOPLE = (
    ("申请人 A-1024", "full", Verdict.REVIEW, Grade.WEAK),
    ("申请人 A-1019", "no_actions", Verdict.REVIEW, Grade.FITS),
    ("申请人 A-1007", "full", Verdict.LIVE, Grade.FITS),
    ("申请人 A-0998", "full", Verdict.LIVE, Grade.FITS),
)


class Camera(Protocol):
    """tools.desk_screenshots.Camera."""

    @property
    def page(self) -> Page: ...
    def open(self, path: str) -> None: ...
    def take(self, name: str, page: Page | None = None) -> None: ...
    def look(self, how: dict[str, Any]) -> AbstractContextManager[Page]: ...


def take(camera: Camera, service: LiveService, looks: dict[str, dict[str, Any]]) -> None:
    """All of them, in every look where it counts."""
    checks = [_checked(service, number) for number in range(len(PEOPLE))]
    page, path = camera.page, f"/desk/faces/{checks[0]}"
    camera.open("/desk/faces")
    camera.take("liveness-queue")
    camera.open(path)
    camera.take("liveness-closed")
    page.click("summary:has-text('通过')")
    camera.take("liveness-passing-closed")
    camera.open(path)
    page.click("summary:has-text('查看画面')")
    page.fill("#evidence_reason", "核对身份")
    page.click("form[action$=evidence] button")
    camera.take("liveness-open")
    for name, how in looks.items():
        with camera.look(how) as other:
            other.goto(f"{service.url}{path}")
            camera.take(f"liveness-open-{name}", other)
    page.click("a:has-text('播放采集过程')")
    page.wait_for_function("document.querySelector('video').readyState >= 1")
    camera.take("liveness-playing")
    camera.open(path)
    page.click("summary:has-text('退回重拍并说明')")
    page.fill("#retake_comment", "光线偏暗，请面向窗户或台灯再拍一次")
    camera.take("liveness-sending-back")
    page.click("form[action$=retake] button")
    camera.take("liveness-sent-back")
    camera.open(f"/desk/faces/{checks[1]}")
    camera.take("liveness-reduced")
    camera.open(f"/desk/faces/{checks[3]}?show=decided")
    camera.take("liveness-decided")


def _checked(service: LiveService, number: int) -> str:
    """Somebody who sat before the camera; id of the check."""
    name, path, verdict, light = PEOPLE[number]
    phone = f"1390000030{number}"
    person = Applicant(cast(Desk, None), sign_in(service.client, phone), phone)
    person.signed.client.patch("/api/v1/me", json={"nickname": name}, headers=person.signed.headers)
    person.accept()
    person.identify("欧阳清风")
    write(service, lambda tx: approve(tx, person.id))
    session_id = new_id()
    write(service, lambda tx: _sit(tx, person.id, session_id, path, earlier=1 if number == 0 else 0))
    grades = dict.fromkeys(Finding, Grade.FITS) | {Finding.LIGHT: light}
    if path == "no_actions":
        grades |= {Finding.ACTIONS: Grade.NOT_LOOKED_AT, Finding.DEPTH: Grade.NOT_LOOKED_AT}
    signs = tuple(SignSeen(one, grades[one], PARAMS[one]) for one in Finding)
    findings = Findings(verdict=verdict, signs=signs)
    labels = [label for label in LABELS if path == "full" or label.startswith(("best", "flash"))]
    pictures = {label: _face(at) for at, label in enumerate(labels)}
    files = [(Kept(new_id(), at, label, 1), data) for at, (label, data) in enumerate(pictures.items(), 1)]
    files.append((Kept(new_id(), 0, "clip", 1), make_clip(3.0, has_sound=False)))
    verdict_of = FaceVerdict.CONFIRMED if number == 3 else FaceVerdict.NOT_ASKED
    kept, answer = tuple(one for one, _ in files), FaceAnswer(verdict_of, "screens")

    async def work() -> None:
        services = service.services
        await services.liveness.files.keep_all(
            {one.id: data for one, data in files},
            lambda tx: decision.judged(tx, services.cipher, session_id, findings, answer, kept),
        )

    service.run(work())
    return str(person.signed.get("/me/face-check").json()["id"])


def _sit(tx: Tx, account_id: str, session_id: str, path: str, earlier: int) -> None:
    """A session that is to be judged, after some that were asked for once more."""
    identity = records.current_identity(tx.db, account_id)
    assert identity is not None
    for number in range(earlier + 1):
        is_last = number == earlier
        tx.db.add(
            LivenessRow(
                id=session_id if is_last else new_id(),
                account_id=account_id,
                identity_id=identity.id,
                device_id="d",
                path=path,
                state=(LivenessState.JUDGING if is_last else LivenessState.RETRY).value,
                retry="" if is_last else Retry.UNCLEAR.value,
                created_ms=tx.now_ms - 60_000 * (earlier - number),
                ordered_ms=tx.now_ms,
                expires_ms=tx.now_ms,
                challenge="",
                key_id="",
                actions="",
            )
        )
    tx.db.flush()


def _face(at: int) -> bytes:
    """A head before a wall, as the board draws it."""
    held, image = io.BytesIO(), Image.new("RGB", (640, 480), (150 + 6 * at, 160, 178))
    draw = ImageDraw.Draw(image)
    draw.ellipse((245, 120, 395, 310), fill=(214, 178, 156))
    image.save(held, "JPEG")
    return held.getvalue()
