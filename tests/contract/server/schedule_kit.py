"""Anchors who plan, for the tests of the schedule: bodies, shorthand for requests, a clock that is moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.contract.rest import Category, Role
from server.accounts import people
from server.demo_data import ANCHOR_PHONE
from server.schedule import activities
from server.store.store import Tx
from server.store.way_models import ScopeRow
from tests.contract.server.applicants import applicant, operator_of, verify, write
from tests.contract.server.kit import Desk, Signed, sign_in

OTHER_ANCHOR = "13900000021"
HOUR_S = 3600.0


def at(desk: Desk, minutes: float) -> str:
    """A moment from now, in UTC."""
    return (desk.clock.utc() + timedelta(minutes=minutes)).isoformat()


def body(desk: Desk, minutes: float = 120, **changes: Any) -> dict[str, Any]:
    """A plan that begins so many minutes from now."""
    return {
        "title": "简历怎么写",
        "category": "job_search",
        "industry": "互联网",
        "position": "产品经理",
        "starts_at": at(desk, minutes),
        "length_min": 60,
        **changes,
    }


@dataclass
class Planner:
    """An anchor with shorthand. ``renew`` signs in again where the clock went past the token's term."""

    desk: Desk
    signed: Signed
    phone: str = ANCHOR_PHONE

    @property
    def id(self) -> str:
        return self.signed.account_id

    def renew(self) -> None:
        self.signed = sign_in(self.desk.client, self.phone, device_id=self.signed.pair["device_id"])

    def plan(self, minutes: float = 120, *, key: str = "", **changes: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self.signed.post("/me/schedule", body(self.desk, minutes, **changes), **headers)

    def planned(self, minutes: float = 120, **changes: Any) -> dict[str, Any]:
        """The entry, when it was taken."""
        reply = self.plan(minutes, **changes)
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def change(self, entry: dict[str, Any], revision: int | None = None, **changes: Any) -> Any:
        wish = {
            "base_revision": entry["revision"] if revision is None else revision,
            "plan": {**entry["plan"], **changes},
        }
        path = f"/api/v1/me/schedule/{entry['session']['id']}"
        return self.signed.client.put(path, json=wish, headers=self.signed.headers)

    def cancel(self, entry: dict[str, Any]) -> Any:
        return self.signed.post(f"/me/schedule/{entry['session']['id']}/cancel")

    def entries(self, begin: str = "", until: str = "") -> list[dict[str, Any]]:
        query = {"from": begin, "until": until} if begin else {}
        reply = self.signed.client.get("/api/v1/me/schedule", params=query, headers=self.signed.headers)
        assert reply.status_code == 200, reply.text
        return list(reply.json()["entries"])

    def ids(self, begin: str = "", until: str = "") -> list[str]:
        return [one["session"]["id"] for one in self.entries(begin, until)]

    def key(self, entry: dict[str, Any]) -> Any:
        return self.signed.post(f"/sessions/{entry['session']['id']}/stream-key", {})

    def messages(self, kind: str) -> list[dict[str, Any]]:
        """The oldest first."""
        found = self.signed.get("/me/inbox").json()["messages"]
        return [one for one in reversed(found) if one["kind"] == kind]


def planner(desk: Desk) -> Planner:
    """The anchor of the demo platform, who may do everything."""
    return Planner(desk, sign_in(desk.client))


def other_planner(desk: Desk, scopes: tuple[Category, ...] = tuple(Category)) -> Planner:
    """Another anchor who went the whole way."""
    person = applicant(desk, OTHER_ANCHOR)
    verify(desk, person)

    def work(tx: Tx) -> None:
        people.grant_role(tx, person.id, Role.ANCHOR, "test")
        tx.db.add_all(ScopeRow(account_id=person.id, category=one.value) for one in scopes)

    write(desk, work)
    return Planner(desk, sign_in(desk.client, OTHER_ANCHOR), OTHER_ANCHOR)


def activity(desk: Desk, minutes: float = 180, **changes: Any) -> str:
    """An official activity that begins so many minutes from now; its id."""
    operator = operator_of(desk)
    told = {
        "title": "春招公开课",
        "category": Category.EXPERIENCE,
        "length_min": 90,
        "note": "请提前测试设备",
        **changes,
    }
    starts_ms = round((desk.clock.utc().timestamp() + minutes * 60) * 1000)
    return write(desk, lambda tx: activities.create(tx, operator, starts_ms=starts_ms, **told))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def detail(reply: Any) -> dict[str, Any]:
    return dict(reply.json()["error"]["detail"])
