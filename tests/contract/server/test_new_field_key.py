"""A service with a new key of the personal fields: it knows what was asked before, and tries again what failed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from app.errors import StorageError
from app.runtime.clock import ManualClock
from server import field_keys, services
from server.resealing import reseal_some, sealed_columns
from server.secrets import FieldCipher
from server.store.store import Tx
from tests.contract.server.applicants import applicant
from tests.contract.server.kit import Desk, FakeIngest, code_of, config_for, desk_client


def sealed(desk: Desk) -> list[str]:
    return [
        text
        for table, column in sealed_columns()
        for text in desk.read(lambda db, one=column: list(db.scalars(one.table.select().with_only_columns(one))))
        if text is not None
    ]


def test_an_answer_from_before_the_new_key_is_given_again(desk: Desk) -> None:
    person = applicant(desk, has_identity=False)
    first = person.identify(key="k1").json()
    field_keys.rotate(desk.config.data_dir)
    desk.services.cipher = field_keys.cipher_for(desk.config.data_dir)
    assert person.identify(key="k1").json() == first
    assert person.identify("李四", key="k1").json()["error"]["code"] == "idempotency_mismatch"
    assert person.signed.get("/me/identity").json()["attempts_left"] == 4


def test_a_code_from_before_the_new_key_signs_in(desk: Desk) -> None:
    phone = "13900000031"
    assert desk.client.post("/api/v1/auth/code", json={"phone": phone}).status_code == 200
    code = code_of(desk.client, phone)
    field_keys.rotate(desk.config.data_dir)
    desk.services.cipher = field_keys.cipher_for(desk.config.data_dir)
    again = desk.client.post("/api/v1/auth/code", json={"phone": phone})
    assert again.json()["error"]["code"] == "rate_limited", "what was sent counts still"
    wish = {"phone": phone, "code": code, "device_name": "PC"}
    assert desk.client.post("/api/v1/auth/sign-in", json=wish).status_code == 200
    assert desk.client.post("/api/v1/auth/sign-in", json=wish).json()["error"]["code"] == "code_expired"


def test_sealing_anew_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, clock = config_for(tmp_path), ManualClock()
    with desk_client(config, clock, FakeIngest()) as client:
        before = sealed(Desk(client, clock, FakeIngest(), config))
    assert before
    named = field_keys.rotate(tmp_path)
    failures = [StorageError("database_failed", retryable=True)] * 2

    def failing(tx: Tx, cipher: FieldCipher) -> int:
        if failures:
            raise failures.pop()
        return reseal_some(tx, cipher)

    monkeypatch.setattr(services, "reseal_some", failing)
    monkeypatch.setattr(services, "HOUSEKEEPING_S", 0.01)
    with desk_client(config, clock, FakeIngest()) as client:
        desk = Desk(client, clock, FakeIngest(), config)
        give_up_s = time.monotonic() + 10
        found: list[Any] = []
        while not found or not all(one.startswith(f"{named}.") for one in found):
            assert time.monotonic() < give_up_s, "sealed anew"
            found = sealed(desk)
    assert failures == []
    assert len(found) == len(before)
