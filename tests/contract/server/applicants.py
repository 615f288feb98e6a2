"""People on the way to air, for the tests of applications and images: pictures, forms, and shorthand for requests."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PIL import Image

from app.contract.rest import Category, Role
from app.domain.credit_code import check_character
from app.domain.identity_number import check_character as check_digit
from server.accounts import people, tokens
from server.config import Lifetimes
from server.demo_data import add_verified_face
from server.gate import Person
from server.identity import records
from server.secrets import FieldCipher
from server.store.store import Tx
from server.store.way_models import ScopeRow
from tests.contract.server.kit import Desk, Signed, sign_in

T = TypeVar("T")
PHONE, OTHER_PHONE = "13900000011", "13900000012"
INTRODUCTION = "做过八年招聘，讲过两百场模拟面试，擅长把项目经历写成结果，也讲试用期怎么过。"
DECLARATIONS = ["not_blocklisted", "no_conflicting_duty", "equal_relation", "truthful"]
CREDIT_CODE = "91350100M000100Y4" + check_character("91350100M000100Y4")


def number_for(phone: str, born: str = "19900307") -> str:
    """An identity number that is nobody's (no district has the code 110000), another one for each phone."""
    body = f"110000{born}{int(phone) % 1000:03d}"
    return body + check_digit(body)


def form(**changes: Any) -> dict[str, Any]:
    """A form that may be sent."""
    return {
        "applicant": "person",
        "scopes": ["job_search", "experience"],
        "introduction": INTRODUCTION,
        "contact_phone": "13700137000",
        "declarations": DECLARATIONS,
        **changes,
    }


def picture(size: tuple[int, int] = (800, 800), kind: str = "PNG", colour: Any = (200, 90, 40), **how: Any) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, kind, **how)
    return held.getvalue()


@dataclass
class Applicant:
    """A signed-in person with shorthand."""

    desk: Desk
    signed: Signed
    phone: str = PHONE

    @property
    def id(self) -> str:
        return self.signed.account_id

    def accept(self) -> None:
        current = next(
            one["current"] for one in self.signed.get("/documents").json() if one["kind"] == "live_agreement"
        )
        body = {"sha256": current["sha256"], "client_version": "t", "read_s": 60, "was_shown_to_end": True}
        path = f"/documents/live_agreement/versions/{current['number']}/accept"
        assert self.signed.post(path, body).status_code == 200

    def identify(self, name: str = "张小明", number: str = "", key: str = "") -> Any:
        """Have name and number checked; the number is made of the phone when none is given."""
        body = {"name": name, "number": number or number_for(self.phone)}
        return self.signed.post("/me/identity", body, **({"Idempotency-Key": key} if key else {}))

    def begin(self, kind: str = "first") -> Any:
        return self.signed.post("/me/application", {"kind": kind})

    def save(self, content: dict[str, Any], base_revision: int | None = None, **more: Any) -> Any:
        base = self.mine()["revision"] if base_revision is None else base_revision
        body = {"base_revision": base, "form": content, **more}
        return self.signed.client.put("/api/v1/me/application/draft", json=body, headers=self.signed.headers)

    def submit(self, revision: int | None = None, key: str | None = None) -> Any:
        wish = {"revision": self.mine()["revision"] if revision is None else revision}
        headers = {"Idempotency-Key": key} if key else {}
        return self.signed.post("/me/application/submit", wish, **headers)

    def mine(self) -> dict[str, Any]:
        reply = self.signed.get("/me/application")
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def send(self, **changes: Any) -> dict[str, Any]:
        """Begin, save and send in one go."""
        assert self.begin().status_code == 200
        assert self.save(form(**changes)).status_code == 200
        reply = self.submit()
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def upload(self, purpose: str, data: bytes | None = None, content_type: str = "image/png") -> Any:
        headers = {**self.signed.headers, "Content-Type": content_type}
        body = picture() if data is None else data
        return self.signed.client.put(f"/api/v1/me/images/{purpose}", content=body, headers=headers)

    def image(self, image_id: str) -> Any:
        return self.signed.get(f"/images/{image_id}")

    def kinds(self) -> list[str]:
        """Of the messages, the oldest first."""
        return [one["kind"] for one in reversed(self.signed.get("/me/inbox").json()["messages"])]

    def account(self) -> dict[str, Any]:
        return dict(self.signed.get("/me").json())

    def organisation(self) -> dict[str, Any]:
        """A form of an organisation, with its images."""
        return form(
            applicant="organisation",
            organisation_name="启航职业咨询（深圳）有限公司",
            credit_code=CREDIT_CODE,
            licence_image_id=self.upload("licence").json()["id"],
            authorisation_image_id=self.upload("authorisation").json()["id"],
        )


def applicant(
    desk: Desk, phone: str = PHONE, *, has_accepted: bool = True, has_identity: bool | None = None
) -> Applicant:
    """Somebody who may apply; ``has_identity`` None: as far as the agreement was accepted."""
    person = Applicant(desk, sign_in(desk.client, phone), phone)
    if has_accepted:
        person.accept()
    if has_accepted if has_identity is None else has_identity:
        reply = person.identify()
        assert reply.status_code == 200, reply.text
    return person


def operator_of(desk: Desk) -> Person:
    """The operator of the first start as the desk's pages know them, with a second factor."""
    signed = desk.operator()
    return Person(signed.account_id, signed.pair["device_id"], frozenset({Role.OPERATOR}), True)


def second_operator(tx: Tx, cipher: FieldCipher, name: str = "second") -> Person:
    """Another operator at the desk, for second looks."""
    row = people.add_operator(tx, name, "-", "复核运营", "test")
    device = tokens.start_device(tx, cipher, row, "desk", None, Lifetimes())
    return Person(row.id, device.device_id, frozenset({Role.OPERATOR}), True)


def write(desk: Desk, work: Callable[[Tx], T]) -> T:
    """As an operator's page does it. Raises Refusal."""

    async def job() -> T:
        return await desk.services.store.write(work)  # type: ignore[no-any-return]

    found: T = desk.run(job)
    return found


def make_anchor(desk: Desk, person: Applicant, *scopes: Category) -> None:
    """As if an application had been approved."""

    def work(tx: Tx) -> None:
        people.grant_role(tx, person.id, Role.ANCHOR, "test")
        tx.db.add_all(ScopeRow(account_id=person.id, category=one.value) for one in scopes or (Category.JOB_SEARCH,))

    write(desk, work)


def verify(desk: Desk, person: Applicant) -> None:
    """As if two operators had looked at the face of a person whose name is checked."""

    def work(tx: Tx) -> None:
        identity = records.current_identity(tx.db, person.id)
        assert identity is not None
        add_verified_face(tx, person.id, identity.id)

    write(desk, work)
