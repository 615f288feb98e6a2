"""A browser at the operator's desk, for tests: keeps its cookie, and posts the forms that it was shown."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import pyotp

from tests.contract.server.kit import Desk

ORIGIN = {"origin": "http://testserver"}
_FORM = re.compile(r'<form method="post" action="([^"]*)"(.*?)</form>', re.DOTALL)
_INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_COOKIE = re.compile(r"ad_desk=([^;]*)")


@dataclass
class OperatorBrowser:
    """``desk.client`` is shared with everybody else: the cookie is this browser's own."""

    desk: Desk
    token: str = ""
    password_token: str = ""
    """The one before the second factor."""
    secret: str = field(default="", repr=False)
    recovery_codes: list[str] = field(default_factory=list, repr=False)

    def get(self, path: str, **headers: str) -> Any:
        return self._keep(self.desk.client.get(path, headers=self._headers(headers), follow_redirects=False))

    def post(self, path: str, data: dict[str, str] | None = None, files: Any = None, **headers: str) -> Any:
        """As it is given, from our own page."""
        given = self._headers({**ORIGIN, **headers})
        reply = self.desk.client.post(path, data=data or {}, files=files, headers=given, follow_redirects=False)
        return self._keep(reply)

    def submit(self, page: str, target: str, files: Any = None, /, **typed: str) -> Any:
        """Open ``page`` and post its form to ``target`` with what is typed."""
        return self.post(target, {**self.hidden(page, target), **typed}, files)

    def hidden(self, page: str, action: str) -> dict[str, str]:
        """What the form carries by itself."""
        shown = self.get(page)
        assert shown.status_code == 200, (shown.status_code, shown.headers.get("location"))
        forms = [
            body for found, body in _FORM.findall(shown.text) if action == found or f'formaction="{action}"' in body
        ]
        body = forms[0] if forms else None
        assert body is not None, f"{page} has no form for {action}"
        return {name: html.unescape(value) for name, value in _INPUT.findall(body)}

    def show_password(self, name: str = "", password: str = "") -> Any:
        first = self.desk.services.first_operator
        body = {"name": name or first.name, "password": password or first.password}
        return self.post("/desk/sign-in", body)

    def enrol(self, name: str = "", password: str = "") -> OperatorBrowser:
        """Sign in for the first time."""
        assert self.show_password(name, password).status_code == 303
        self.password_token = self.token
        page = self.get("/desk/enrol").text
        found = re.search(r'id="secret">([^<]*)', page)
        assert found is not None
        self.secret = found[1].replace(" ", "")
        reply = self.submit("/desk/enrol", "/desk/enrol", code=self.code())
        assert reply.status_code == 200, reply.text
        self.recovery_codes = re.findall(r"<li><code>([^<]*)", reply.text)
        return self

    def code(self, ahead_s: float = 0.0) -> str:
        """What the authenticator shows."""
        return pyotp.TOTP(self.secret).at(int(self.desk.clock.utc().timestamp() + ahead_s))

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        self.desk.client.cookies.clear()
        return {**({"cookie": f"ad_desk={self.token}"} if self.token else {}), **headers}

    def _keep(self, reply: Any) -> Any:
        if (found := _COOKIE.search(reply.headers.get("set-cookie", ""))) is not None:
            self.token = found[1].strip('"')
        self.desk.client.cookies.clear()
        return reply


def error_of(reply: Any) -> str:
    """The sentence of a page that refuses."""
    found = re.search(r'role="alert">([^<]*)', reply.text)
    return html.unescape(found[1]) if found else ""
