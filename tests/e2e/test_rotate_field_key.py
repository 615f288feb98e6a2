"""The key of the personal fields is changed as its user changes it: nothing is lost, and the old key opens nothing."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.domain.china_time import CHINA
from app.errors import StorageError
from server.accounts import people
from server.field_keys import FILE, MAX_KEYS
from server.resealing import sealed_columns
from server.secrets import FieldCipher, key_id, new_id
from server.store.engine import make_engines
from server.store.identity_models import IdentityRow
from server.store.store import Tx
from tests.contract.server.applicants import Applicant, number_for
from tests.contract.server.kit import Signed, error_code, sign_in
from tests.e2e import sealed_rows
from tests.e2e.clerk import Clerk
from tests.e2e.own_service import Keys, KeysInEnvironment, KeysInFile, OwnService, Platform, cipher_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

PHONE, OTHER_PHONE, LISTED_PHONE = "13900000011", "13900000012", "13900000013"
NAME, NUMBER = "欧阳清风", number_for(PHONE)
SEEN = "视频通话，本人出示身份证，照片与号码一致"
CROWD = 3000
"""Enough for some thirty writes of the change, so that it is met in its midst."""
RESEALED_S = 60.0
Sealed = dict[tuple[str, ...], str]
"""By table, primary key and column: what stands there sealed."""


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path / "platform")


@pytest.fixture(params=[KeysInFile, KeysInEnvironment], ids=["file", "environment"])
def keys(request: pytest.FixtureRequest, platform: Platform) -> Keys:
    return cast(Keys, request.param(platform))


@contextlib.contextmanager
def database(platform: Platform) -> Iterator[Db]:
    writer, reader = make_engines(f"sqlite:///{platform.folder / 'platform.sqlite3'}")
    try:
        with Db(writer) as db:
            yield db
            db.commit()
    finally:
        writer.dispose()
        reader.dispose()


def sealed_in(platform: Platform) -> Sealed:
    """All there is, of every table."""
    found: Sealed = {}
    with database(platform) as db:
        for table, column in sealed_columns():
            named = list(table.primary_key.columns)
            for row in db.execute(select(*named, column).where(column.is_not(None))):
                found[(table.name, *(str(part) for part in row[:-1]), column.name)] = row[-1]
    return found


def opened(sealed: Sealed, cipher: FieldCipher) -> Sealed:
    return {place: cipher.open(text) for place, text in sealed.items()}


def files_in(platform: Platform) -> list[Path]:
    return sorted((platform.folder / "images").glob("*.sealed"))


def assert_opened_by(platform: Platform, key: bytes, others: list[bytes]) -> None:
    """By this key alone, and by none of the others."""
    cipher, strange = FieldCipher(key), [FieldCipher(one) for one in others]
    for text in sealed_in(platform).values():
        assert cipher.open(text) is not None
        for one in strange:
            with pytest.raises(StorageError):
                one.open(text)
    for path in files_in(platform):
        content = path.read_bytes()
        assert cipher.open_bytes(content, path.stem).startswith(b"\xff\xd8")
        for one in strange:
            with pytest.raises(StorageError):
                one.open_bytes(content, path.stem)


def until(what: Callable[[], bool], why: str, within_s: float = RESEALED_S) -> None:
    give_up_s = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < give_up_s, why
        time.sleep(0.002)


@dataclass
class Walk:
    """One person on the way to air and the operator who looks at them: something in every sealed column."""

    person: Applicant
    clerk: Clerk
    check_id: str

    @classmethod
    def taken(cls, service: OwnService) -> Walk:
        clerk = Clerk(random.Random(1))
        clerk.sign_in(service)
        with service.client() as client:
            person = Applicant(cast(Any, None), sign_in(client, PHONE), PHONE)
            person.accept()
            assert person.identify(NAME, NUMBER).status_code == 200
            person.begin()
            form = person.organisation()
            assert person.save(form).status_code == 200
            assert person.submit().status_code == 200
            path = f"/desk/applications/{person.mine()['id']}"
            me = clerk.shown(service, path).partition('" selected>')[0].rpartition('<option value="')[2]
            assert clerk.post(service, path, f"{path}/assign", consultant_id=me).status_code == 303
            for part in ("licence", "authorisation"):
                image = f"/desk/images/{form[f'{part}_image_id']}"
                assert clerk.post(service, path, f"{image}/approve").status_code == 303
            assert clerk.post(service, path, f"{path}/approve", comment="欢迎加入").status_code == 303
            check_id = str(person.signed.post("/me/face-check", {"method": "live_call"}).json()["id"])
        path = f"/desk/faces/{check_id}"
        at = (datetime.now(CHINA) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
        assert clerk.post(service, path, f"{path}/appoint", at=at, method="live_call").status_code == 303
        assert clerk.post(service, path, f"{path}/note", method="live_call", note=SEEN).status_code == 303
        listed = {"kind": "phone", "value": LISTED_PHONE, "reason": "平台通报"}
        assert clerk.post(service, "/desk/blocklist", "/desk/blocklist/add", **listed).status_code == 303
        return cls(person, clerk, check_id)

    def check(self, service: OwnService) -> None:
        """Everything is shown as before, to whom it is shown, and found again by what it is found by."""
        with service.client() as client:
            signed = Signed(client, self.person.signed.pair)
            shown = signed.get("/me/identity").json()
            assert (shown["name_masked"], shown["number_masked"]) == ("欧***", f"{NUMBER[:4]}{'*' * 12}{NUMBER[-2:]}")
            assert signed.get("/me").json()["phone_masked"] == f"{PHONE[:3]}****{PHONE[-4:]}"
            form = signed.get("/me/application").json()["form"]
            assert form["contact_phone"] == "13700137000"
            for part in ("licence", "authorisation"):
                assert signed.get(f"/images/{form[f'{part}_image_id']}").content.startswith(b"\xff\xd8"), part
            assert signed.get("/me/face-check").json()["state"] == "noted"
            assert sign_in(client, PHONE).account_id == self.person.id, "found by the phone"
            other = Applicant(cast(Any, None), sign_in(client, OTHER_PHONE), OTHER_PHONE)
            other.accept()
            assert error_code(other.identify(NAME, NUMBER)) == "identity_taken"
        page = self.clerk.shown(service, f"/desk/faces/{self.check_id}")
        assert SEEN in page
        assert "欧***" in page
        assert NUMBER not in page
        path = f"/desk/faces/{self.check_id}"
        told = self.clerk.post(service, path, f"{path}/identity", identity_reason="电话核对")
        assert NAME in told.text
        assert NUMBER in told.text
        wish = {"kind": "phone", "value": LISTED_PHONE}
        found = self.clerk.post(service, "/desk/blocklist", "/desk/blocklist/find", **wish)
        assert "平台通报" in found.text


def test_a_new_key_takes_over_and_the_old_one_opens_nothing(platform: Platform, keys: Keys) -> None:
    with platform.running(keys) as service:
        walk = Walk.taken(service)
        walk.check(service)
        assert service.end()[::2] == (0, "")
    with database(platform) as db:
        sealed_rows.fill(db, cipher_of(keys.all()), Tx(db, datetime.now(UTC)).now_ms)
    before, [first] = opened(sealed_in(platform), cipher_of(keys.all())), keys.all()
    assert {(place[0], place[-1]) for place in before} == {(table.name, one.name) for table, one in sealed_columns()}
    assert len(files_in(platform)) == 2
    assert_opened_by(platform, first, [])

    keys.renew()
    second = keys.all()[0]
    with platform.running(keys) as service:
        walk.check(service)
        until(lambda: platform.resealed() == 1, "sealed anew")
        walk.check(service)
        assert service.end()[::2] == (0, "")
    after = opened(sealed_in(platform), FieldCipher(second))
    assert {place: after[place] for place in before} == before
    assert_opened_by(platform, second, [first])

    keys.keep_current()
    with platform.running(keys) as service:
        walk.check(service)
        assert service.end()[::2] == (0, "")
    assert_opened_by(platform, second, [first])
    assert not [line for line in platform.log() if line["level"] in {"error", "critical"}]
    told = json.dumps(platform.log(), ensure_ascii=False)
    written = [base64.b64encode(key).decode() for key in (first, second)]
    assert [word for word in (NAME, NUMBER, PHONE, LISTED_PHONE, SEEN, *written) if word in told] == []


def crowd(platform: Platform, cipher: FieldCipher) -> dict[str, tuple[str, str]]:
    """Thousands of people with checked names; phone and number by the id of the account."""
    made = {}
    with database(platform) as db:
        tx = Tx(db, datetime.now(UTC))
        for number in range(CROWD):
            phone = f"1371{number:07d}"
            account = people.add_account(tx, cipher, phone, f"第 {number} 位")
            identity = number_for(phone, f"19{50 + number // 1000}0307")
            row = IdentityRow(
                id=new_id(),
                account_id=account.id,
                name_sealed=cipher.seal(NAME),
                number_sealed=cipher.seal(identity),
                number_hash=cipher.lookup("id_number", identity),
                authority="local",
                is_register_asked=False,
                checked_ms=tx.now_ms,
            )
            db.add(row)
            made[account.id] = (phone, identity)
    return made


def done_with(platform: Platform, key: bytes) -> int:
    """How many fields of the crowd are sealed with it; asked in a thousandth of a second."""
    named = f"{key_id(key)}.%"
    with contextlib.closing(sqlite3.connect(f"file:{platform.folder / 'platform.sqlite3'}?mode=ro", uri=True)) as db:
        (phones,) = db.execute("SELECT count(*) FROM accounts WHERE phone_sealed LIKE ?", (named,)).fetchone()
        (names,) = db.execute("SELECT count(*) FROM identities WHERE name_sealed LIKE ?", (named,)).fetchone()
        (numbers,) = db.execute("SELECT count(*) FROM identities WHERE number_sealed LIKE ?", (named,)).fetchone()
    return int(phones + names + numbers)


def killed_in_its_midst(platform: Platform, keys: Keys, share: float) -> bool:
    """The service, as soon as about this share of the crowd is sealed anew. Whether some was left."""
    current = keys.all()[0]
    service = platform.begin(keys)
    try:
        until(lambda: done_with(platform, current) >= share * 3 * CROWD, "sealing anew")
    finally:
        service.kill()
        service.wait(10)
    return 0 < done_with(platform, current) < 3 * CROWD


def test_a_change_that_is_killed_loses_nothing(platform: Platform, keys: Keys) -> None:
    chance = random.Random(20261128)
    with platform.running(keys) as service:
        service.end()
    first = keys.all()[0]
    made = crowd(platform, FieldCipher(first))
    before = opened(sealed_in(platform), FieldCipher(first))
    assert len(before) > 3 * CROWD
    keys.renew()
    under_way = 0
    for turn, share in enumerate((0.05, 0.2, 0.4, 0.6)):
        under_way += killed_in_its_midst(platform, keys, share + chance.random() * 0.1)
        assert opened(sealed_in(platform), cipher_of(keys.all())) == before, turn
        if turn == 2:
            # Once more, while three keys are in use.
            keys.renew()
    assert under_way >= 3, "it was killed in its midst"
    with platform.running(keys) as service:
        until(lambda: platform.resealed() == 1, "sealed anew")
        assert service.end()[::2] == (0, "")
    second, *earlier = keys.all()
    assert opened(sealed_in(platform), FieldCipher(second)) == before
    assert_opened_by(platform, second, earlier)
    keys.keep_current()
    with platform.running(keys) as service, service.client() as client:
        for account_id in chance.sample(sorted(made), 3):
            phone, number = made[account_id]
            signed = sign_in(client, phone)
            assert signed.account_id == account_id
            assert signed.get("/me/identity").json()["number_masked"] == f"{number[:4]}{'*' * 12}{number[-2:]}"
        assert service.end()[::2] == (0, "")


def test_a_command_that_is_killed_leaves_the_keys_whole(platform: Platform) -> None:
    chance = random.Random(20261129)
    keys = KeysInFile(platform)
    with platform.running(keys) as service:
        service.end()
    first = keys.all()
    owner = keys.path.stat()
    began_s = time.monotonic()
    keys.renew()
    took_s = time.monotonic() - began_s
    known, aside = keys.all(), keys.path.with_suffix(".new")
    assert known[1:] == first
    for turn in range(MAX_KEYS - 3):
        command = platform.begin(None, "--rotate-field-key")
        # At any moment, and at the one at which the new keys are being written.
        if turn % 2:
            until(lambda: aside.exists() or command.poll() is not None, "at work")  # noqa: B023  called at once
        else:
            time.sleep(took_s * chance.uniform(0.5, 1.0))
        command.send_signal(signal.SIGKILL)
        command.wait(10)
        kept = keys.all()
        assert kept in (known, [kept[0], *known]), "the keys of before, or one more in front"
        known = kept
    keys.renew()
    found = keys.path.stat()
    assert (found.st_mode & 0o777, found.st_uid, found.st_gid) == (0o600, owner.st_uid, owner.st_gid)
    with platform.running(keys) as service:
        until(lambda: platform.resealed() == 1, "sealed anew")
        assert service.end()[0] == 0
    assert not aside.exists()
    assert_opened_by(platform, keys.all()[0], keys.all()[1:])
    assert [path.name for path in platform.folder.glob(f"{FILE.partition('.')[0]}.*")] == [FILE]
