"""An operator who works at the desk while the service is killed, and notes what was acknowledged."""

from __future__ import annotations

import contextlib
import html
import random
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pyotp

from tests.e2e.test_service import Service

KIND = "common_violations"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_COOKIE = re.compile(r"ad_desk=([^;]*)")
PUBLISHES = 0.3
_WORDS = {"in_review": "开始审核", "approved": "已通过", "returned": "已退回", "rejected": "已拒绝"}
_DECISIONS = ("approve", "return", "reject")


@dataclass
class Clerk:
    """The same operator over all starts of the service: the sign-in must outlive them too."""

    chance: random.Random
    token: str = ""
    decided: dict[str, str] = field(default_factory=dict)
    """By application: the state that was acknowledged last."""
    contacts: dict[str, int] = field(default_factory=dict)
    published: list[int] = field(default_factory=list)
    steps: int = 0

    def sign_in(self, service: Service) -> None:
        """For the first time."""
        ready = service.said["ready"]
        body = {"name": ready["operator_name"], "password": ready["operator_password"]}
        with service.client() as client:
            assert self._post(client, "/desk/sign-in", body).status_code == 303
            page = self._get(client, "/desk/enrol")
            found = re.search(r'id="secret">([^<]*)', page.text)
            assert found is not None
            code = pyotp.TOTP(found[1].replace(" ", "")).now()
            assert self._post(client, "/desk/enrol", {**_hidden(page), "code": code}).status_code == 200

    def shown(self, service: Service, path: str) -> str:
        """A page of the desk."""
        with service.client() as client:
            page = self._get(client, path)
        assert page.status_code == 200, (path, page.status_code)
        return str(page.text)

    def post(self, service: Service, page: str, target: str, **typed: str) -> Any:
        """Open a page and post one of its forms with what is typed."""
        with service.client() as client:
            return self._post(client, target, {**_hidden(self._get(client, page)), **typed})

    def walk(self, service: Service) -> None:
        """Decide whatever waits and publish now and then; ends where the service goes away."""
        with contextlib.suppress(httpx2.TransportError), service.client() as client:
            while True:
                if self.chance.random() < PUBLISHES:
                    self._publish(client)
                queue = self._get(client, "/desk/applications").text
                for application_id in re.findall(r"/desk/applications/([0-9a-f]{16})\?", queue):
                    self._decide(client, application_id)
                time.sleep(0.01)

    def check(self, service: Service) -> None:
        """Everything that was acknowledged is there, once."""
        with service.client() as client:
            assert self._get(client, "/desk/applications").status_code == 200, "still signed in"
            for application_id, state in self.decided.items():
                page = self._get(client, f"/desk/applications/{application_id}").text
                assert _WORDS[state] in page, (application_id, state)
                # One more may have been written down whose answer was lost.
                assert 0 <= page.count("约好了") - self.contacts.get(application_id, 0) <= 1
            listed = client.get(f"/api/v1/documents/{KIND}/versions").json()
            numbers = [one["number"] for one in listed]
            assert numbers == list(range(len(numbers), 0, -1)), "none twice, none missing"
            assert set(self.published) <= set(numbers)

    def _decide(self, client: Any, application_id: str) -> None:
        address = f"/desk/applications/{application_id}"
        page = self._get(client, address)
        me = re.search(r'<option value="([0-9a-f]+)" selected>', page.text)
        if self._acts(client, page, address, "assign", consultant_id=me[1] if me else ""):
            self.decided[application_id] = "in_review"
        if self._acts(client, self._get(client, address), address, "contact", channel="phone", note="约好了"):
            self.contacts[application_id] = self.contacts.get(application_id, 0) + 1
        page = self._get(client, address)
        act = self.chance.choice(_DECISIONS)
        words = {"comment": "说明", "reasons.introduction": "请写具体"}
        if self._acts(client, page, address, act, **words):
            self.decided[application_id] = {"approve": "approved", "return": "returned", "reject": "rejected"}[act]

    def _publish(self, client: Any) -> None:
        page = self._get(client, "/desk/documents")
        begun = self._post(client, "/desk/documents/drafts", {**_hidden(page), "kind": KIND})
        draft = str(begun.headers["location"]).partition("?")[0]
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
        wish = {"kind": KIND, "title": "常见违规说明", "text": f"第 {self.steps} 稿。\n", "effective_on": today}
        saved = self._post(client, draft, {**_hidden(self._get(client, draft)), **wish, "is_material": "no"})
        assert saved.status_code == 303
        form = _hidden(self._get(client, f"{draft}/publish"))
        done = self._post(client, f"{draft}/publish", {**form, "reason": "修订"})
        assert done.status_code == 303, done.text
        self.published.append(int(str(done.headers["location"]).partition("?")[0].rpartition("/")[2]))
        self.steps += 1

    def _acts(self, client: Any, page: Any, address: str, act: str, **typed: str) -> bool:
        """Whether it was acknowledged."""
        reply = self._post(client, f"{address}/{act}", {**_hidden(page), **typed})
        self.steps += reply.status_code == 303
        return bool(reply.status_code == 303)

    def _get(self, client: Any, path: str) -> Any:
        return client.get(path, headers={"cookie": f"ad_desk={self.token}"})

    def _post(self, client: Any, path: str, data: dict[str, str]) -> Any:
        headers = {"cookie": f"ad_desk={self.token}", "origin": str(client.base_url).rstrip("/")}
        reply = client.post(path, data=data, headers=headers, follow_redirects=False)
        if (found := _COOKIE.search(reply.headers.get("set-cookie", ""))) is not None:
            self.token = found[1]
        client.cookies.clear()
        return reply


def _hidden(page: Any) -> dict[str, str]:
    """What the last form of the page carries by itself; all of a page carry the same key and revision."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page.text) if name != "action"}
