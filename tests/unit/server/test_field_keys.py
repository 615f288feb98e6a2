"""Keys of personal fields: where they come from, how one follows another, what is sealed anew."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session as Db

from app.errors import InputError, StorageError
from server import field_keys
from server.accounts import people
from server.resealing import HASHED, reseal_some, sealed_columns
from server.secrets import FieldCipher, key_id
from server.shelf import Shelf
from server.store import identity_models, way_models  # noqa: F401  they fill the metadata
from server.store.base import Base
from server.store.store import Tx

OLD, NEW = b"o" * 32, b"n" * 32


def written(*keys: bytes) -> str:
    return ",".join(base64.b64encode(key).decode() for key in keys)


def test_the_environment_loses_its_keys_as_they_are_read(tmp_path: Path) -> None:
    environment = {field_keys.VARIABLE: f" {written(NEW, OLD)} ", "PATH": "/bin"}
    keys = field_keys.take_from(environment)
    assert keys == (NEW, OLD)
    assert environment == {"PATH": "/bin"}
    assert field_keys.take_from(environment) == ()
    cipher = field_keys.cipher_for(tmp_path, keys)
    assert cipher.current_id == key_id(NEW)
    assert not (tmp_path / field_keys.FILE).exists()


@pytest.mark.parametrize(
    "listed", ["x", written(b"short"), written(NEW, NEW), ",", written(*(bytes([n]) * 32 for n in range(9)))]
)
def test_what_is_no_key_is_refused(listed: str) -> None:
    with pytest.raises(InputError) as found:
        field_keys.take_from({field_keys.VARIABLE: listed})
    assert found.value.code == "field_keys_invalid"
    assert listed not in str(found.value.detail)


def test_a_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    first = field_keys.cipher_for(tmp_path)
    assert (tmp_path / field_keys.FILE).stat().st_mode & 0o777 == 0o600
    assert field_keys.cipher_for(tmp_path).open(first.seal("13800138000")) == "13800138000"
    assert not first.has_earlier


def test_a_new_key_seals_and_the_earlier_one_still_opens(tmp_path: Path) -> None:
    before = field_keys.cipher_for(tmp_path)
    sealed, found = before.seal("张三"), before.lookup("phone", "1")
    named = field_keys.rotate(tmp_path)
    after = field_keys.cipher_for(tmp_path)
    assert after.current_id == named != before.current_id
    assert after.has_earlier
    assert after.open(sealed) == "张三"
    assert not after.is_current(sealed)
    assert after.is_current(after.seal("张三"))
    assert found in after.lookups("phone", "1")
    assert after.lookup("phone", "1") != found
    with pytest.raises(StorageError):
        before.open(after.seal("张三"))
    assert (tmp_path / field_keys.FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_of_the_old_form_is_read_and_followed(tmp_path: Path) -> None:
    (tmp_path / field_keys.FILE).write_bytes(OLD)
    cipher = field_keys.cipher_for(tmp_path)
    assert cipher.current_id == key_id(OLD)
    unnamed = cipher.seal("1").partition(".")[2]
    field_keys.rotate(tmp_path)
    assert field_keys.cipher_for(tmp_path).open(unnamed) == "1"
    for _ in range(field_keys.MAX_KEYS - 2):
        field_keys.rotate(tmp_path)
    with pytest.raises(StorageError) as found:
        field_keys.rotate(tmp_path)
    assert found.value.code == "field_keys_too_many"


def test_no_key_is_made_where_there_is_none(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StorageError) as found:
            field_keys.rotate(folder)
        assert (found.value.code, found.value.detail) == ("field_key_missing", {"folder": str(folder)})
    assert list(tmp_path.iterdir()) == []


def test_whoever_makes_the_new_key_it_stays_the_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _handle, uid, gid: given.append((uid, gid)))
    field_keys.cipher_for(tmp_path)
    found = (tmp_path / field_keys.FILE).stat()
    field_keys.rotate(tmp_path)
    assert given == []
    monkeypatch.setattr(os, "geteuid", lambda: found.st_uid + 1)
    field_keys.rotate(tmp_path)
    assert given == [(found.st_uid, found.st_gid)]


def test_what_a_killed_rotation_left_is_taken_away(tmp_path: Path) -> None:
    first = field_keys.cipher_for(tmp_path).current_id
    left = (tmp_path / field_keys.FILE).with_suffix(".new")
    left.write_text("half a k")
    assert field_keys.cipher_for(tmp_path).current_id == first
    assert not left.exists()
    left.write_text("half a k")
    assert field_keys.rotate(tmp_path) == field_keys.cipher_for(tmp_path).current_id != first


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, b"AAAA\n"])
def test_a_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / field_keys.FILE).write_bytes(content)
    with pytest.raises(StorageError) as found:
        field_keys.cipher_for(tmp_path)
    assert found.value.code == "field_key_broken"


def test_nothing_sealed_is_left_out() -> None:
    hashed = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_hash")
    }
    keyed = {(table, one.hashed) for table, one in HASHED.items()}
    # Hashes of random tokens and passwords need no key; those of codes live five minutes.
    unkeyed = {"access_hash", "successor_hash", "request_hash", "password_hash", "code_hash"}
    assert {pair for pair in hashed if pair[1] not in unkeyed} - keyed == {("sign_in_codes", "phone_hash")}
    assert {table.name for table, _column in sealed_columns()} >= {
        "accounts",
        "applications",
        "identities",
        "blocklist",
        "face_steps",
        "operator_factors",
    }


def filled(db: Db, cipher: FieldCipher) -> None:
    """One row in every table that holds something sealed, whatever else its columns need."""
    for number, (table, column) in enumerate(sealed_columns()):
        values: dict[str, Any] = {}
        for one in table.columns:
            if one.name == column.name:
                values[one.name] = cipher.seal(f"{table.name}.{column.name}")
            elif not one.nullable and one.server_default is None:
                values[one.name] = f"{number}" if one.type.python_type is str else 0
        if table.name == "blocklist":
            values["kind"] = "phone"
        db.execute(insert(table).values(**values))


def test_everything_is_sealed_anew_a_little_at_a_time() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    old, both, new = FieldCipher(OLD), FieldCipher(NEW, OLD), FieldCipher(NEW)
    with Db(engine) as db:
        tx = Tx(db, datetime(2026, 1, 1, tzinfo=UTC))
        filled(db, old)
        person = people.add_account(tx, old, "13800138000", "A")
        assert people.find_by_phone(db, both, "13800138000") is not None
        assert people.find_by_phone(db, new, "13800138000") is None
        total = len(sealed_columns()) + 1
        counts = []
        while count := reseal_some(tx, both, limit=3):
            counts.append(count)
        assert sum(counts) == total
        assert max(counts) <= 3
        for table, column in sealed_columns():
            for row in db.execute(select(table)).mappings():
                if row[column.name] is not None and row["id" if "id" in table.columns else column.name] != person.id:
                    assert new.open(row[column.name]) in {f"{table.name}.{column.name}", "13800138000"}
        assert people.find_by_phone(db, new, "13800138000") is not None
        blocked = db.execute(select(way_models.BlocklistRow.value_hash)).scalar_one()
        assert blocked == new.lookup("phone", "blocklist.value_sealed")
        assert reseal_some(tx, both) == 0


def test_what_no_key_opens_stops_the_work_and_is_kept() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Db(engine) as db:
        tx = Tx(db, datetime(2026, 1, 1, tzinfo=UTC))
        lost = people.add_account(tx, FieldCipher(b"l" * 32), "13800138000", "A")
        before = lost.phone_sealed
        with pytest.raises(StorageError):
            reseal_some(tx, FieldCipher(NEW, OLD))
        db.refresh(lost)
        assert lost.phone_sealed == before


def test_files_are_sealed_anew(tmp_path: Path) -> None:
    name = "ab" * 8
    Shelf(tmp_path, FieldCipher(OLD)).put(name, b"jpeg", is_public=False)
    both = Shelf(tmp_path, FieldCipher(NEW, OLD))
    assert both.reseal() == 1
    assert both.reseal() == 0
    assert Shelf(tmp_path, FieldCipher(NEW)).get(name, is_public=False) == b"jpeg"
    with pytest.raises(StorageError):
        Shelf(tmp_path, FieldCipher(OLD)).get(name, is_public=False)
