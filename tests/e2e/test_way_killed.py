"""The service is killed at any moment of the way to air: what it acknowledged is there, once, when it is back."""

from __future__ import annotations

import contextlib
import io
import random
import signal
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.contract.server.applicants import number_for
from tests.contract.server.kit import Signed, sign_in
from tests.e2e.clerk import Clerk
from tests.e2e.test_service import Service, running

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SENT = {"submitted", "in_review", "approved", "returned", "rejected"}
TURNS = 8
PEOPLE = 4
AGREEMENT = "/documents/live_agreement"
DECLARATIONS = ["not_blocklisted", "no_conflicting_duty", "equal_relation", "truthful"]


def picture(seed: int) -> bytes:
    image = Image.new("RGB", (640, 640), (seed * 37 % 256, seed * 91 % 256, 120))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def form_of(introduction: str, phone: str) -> dict[str, Any]:
    return {
        "applicant": "person",
        "scopes": ["job_search"],
        "introduction": introduction,
        "contact_phone": phone,
        "declarations": DECLARATIONS,
    }


@dataclass
class Applicant:
    """Walks the way to air and notes what was tried and what was acknowledged."""

    signed: Signed
    phone: str
    accepted: dict[str, Any] | None = None
    identity: dict[str, Any] | None = None
    identify_key: str = ""
    revision: int = 0
    saved: str = ""
    tried: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    submitted: dict[str, Any] | None = None
    submit_key: str = ""
    read_up_to: int = 0
    steps: int = 0

    def _done(self, reply: Any, status: int = 200) -> dict[str, Any]:
        assert reply.status_code in {status, 200, 201}, reply.text
        self.steps += 1
        return dict(reply.json())

    def identify(self) -> Any:
        """Always the same name and number, with the same key."""
        number = number_for(self.phone, f"19{80 + int(self.phone[4:6])}0307")
        headers = {"Idempotency-Key": self.identify_key}
        return self.signed.post("/me/identity", {"name": "张小明", "number": number}, **headers)

    def walk(self, saves: int) -> None:
        """The whole way; ends where the service goes away."""
        with contextlib.suppress(httpx2.TransportError):
            self.walk_on(saves)

    def walk_on(self, saves: int) -> None:
        signed = self.signed
        current = next(one["current"] for one in signed.get("/documents").json() if one["kind"] == "live_agreement")
        body = {"sha256": current["sha256"], "client_version": "t", "read_s": 60, "was_shown_to_end": True}
        self.accepted = self._done(signed.post(f"{AGREEMENT}/versions/{current['number']}/accept", body))
        self.identify_key = f"identity-{self.phone}"
        self.identity = self._done(self.identify())
        self._done(signed.post("/me/application", {"kind": "first"}))
        for number in range(saves):
            text = f"做过八年招聘，讲过两百场模拟面试，擅长把项目经历写成结果。第 {number} 稿。"
            self.tried.append(text)
            wish = {"base_revision": self.revision, "form": form_of(text, self.phone), "replaces": True}
            reply = signed.client.put("/api/v1/me/application/draft", json=wish, headers=signed.headers)
            self.revision = int(self._done(reply)["revision"])
            self.saved = text
            if number % 3 == 0:
                headers = signed.headers | {"Content-Type": "image/png"}
                upload = signed.client.put("/api/v1/me/images/avatar", content=picture(number), headers=headers)
                self.images.append(str(self._done(upload)["id"]))
        self.submit_key = f"submit-{self.phone}"
        wish = {"revision": self.revision}
        headers = {"Idempotency-Key": self.submit_key}
        self.submitted = self._done(signed.post("/me/application/submit", wish, **headers))
        newest = signed.get("/me/inbox").json()["messages"][0]["number"]
        self._done(signed.post("/me/inbox/read", {"up_to": newest}))
        self.read_up_to = newest


def check(applicant: Applicant, service: Service) -> None:
    """Everything that was acknowledged is there."""
    with service.client() as client:
        signed = Signed(client, applicant.signed.pair)
        if applicant.accepted is not None:
            assert signed.get("/me/acceptances").json() == [applicant.accepted]
        if applicant.identity is not None:
            assert signed.get("/me/identity").json() == applicant.identity
        elif applicant.identify_key:
            # The answer was lost: asked again with the same key, it costs one try in all.
            again = replace(applicant, signed=signed).identify()
            assert again.json()["attempts_left"] == signed.get("/me/identity").json()["attempts_left"] == 4
        mine = signed.get("/me/application")
        if applicant.saved:
            application = mine.json()
            later = applicant.tried[applicant.tried.index(applicant.saved) :]
            assert application["form"]["introduction"] in later, "what was saved last, or what was on its way"
            assert application["revision"] >= applicant.revision
            assert len(signed.get("/me/applications").json()) == 1
        if applicant.images:
            kept = signed.get(f"/images/{applicant.images[-1]}")
            assert kept.status_code == 200
            Image.open(io.BytesIO(kept.content)).load()
        if applicant.submitted is not None:
            assert mine.json()["state"] in SENT
        if applicant.read_up_to:
            seen = [one for one in signed.get("/me/inbox").json()["messages"] if one["number"] <= applicant.read_up_to]
            assert all(one["is_read"] for one in seen)
        if applicant.submit_key and applicant.submitted is None:
            # The answer was lost: asked again with the same key, it is sent once.
            wish, headers = {"revision": mine.json()["revision"]}, {"Idempotency-Key": applicant.submit_key}
            assert signed.post("/me/application/submit", wish, **headers).json()["state"] in SENT
        if applicant.submit_key:
            history = signed.get("/me/application").json()["history"]
            assert [step["state"] for step in history].count("submitted") == 1
            kinds = [message["kind"] for message in signed.get("/me/inbox").json()["messages"]]
            assert kinds.count("application_received") == 1


def test_nothing_that_was_acknowledged_on_the_way_is_lost(tmp_path: Path) -> None:
    chance = random.Random(20261126)
    everybody: list[Applicant] = []
    cut_short = 0
    clerk = Clerk(random.Random(7))
    for turn in range(TURNS):
        with running(tmp_path) as service, service.client() as client:
            if clerk.token:
                clerk.check(service)
            else:
                clerk.sign_in(service)
            for applicant in everybody[-PEOPLE:]:
                check(applicant, service)
            phones = [f"1391{turn:02d}{number:05d}" for number in range(PEOPLE)]
            people = [Applicant(sign_in(client, phone), phone) for phone in phones]
            everybody += people
            walkers = [
                threading.Thread(target=one.walk, args=(chance.randrange(2, 12),), name=f"walker-{one.phone}")
                for one in people
            ]
            walkers.append(threading.Thread(target=clerk.walk, args=(service,), name="walker-clerk"))
            for walker in walkers:
                walker.start()
            enough = clerk.steps + chance.randrange(1, PEOPLE * 12)
            give_up_s = time.monotonic() + 8
            while sum(one.steps for one in people) + clerk.steps < enough and time.monotonic() < give_up_s:
                time.sleep(0.001)
            service.end(signal.SIGKILL)
            for walker in walkers:
                walker.join(10)
                assert not walker.is_alive()
            cut_short += any(one.read_up_to == 0 for one in people)
    assert cut_short >= TURNS // 2, "it was killed under way"
    assert clerk.steps > TURNS
    assert clerk.published
    assert clerk.decided
    with running(tmp_path) as service:
        clerk.check(service)
        for applicant in everybody:
            check(applicant, service)
        assert service.end()[0] == 0
