"""Sign-in codes: how many, what a failed sending costs, what is deleted; and what is kept of changed rights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.contract.errors import ErrorCode
from app.contract.rest import CodeRequest, SignIn
from app.runtime.clock import ManualClock
from server.errors import Refusal
from server.store.models import AccessRow, CodeRow, IdempotencyRow, RefreshRow
from tests.contract.server.kit import GENEROUS, Desk, FakeIngest, config_for, desk_client, error_code, sign_in

PHONE = "13900000001"


def ask(desk: Desk) -> str:
    """``ok``, or the code of the refusal."""
    reply = desk.client.post("/api/v1/auth/code", json={"phone": PHONE})
    return "ok" if reply.status_code == 200 else error_code(reply)


def limited(folder: Path, codes: int) -> Desk:
    config = config_for(folder, limits=replace(GENEROUS, codes_per_phone_per_hour=codes))
    clock, ingest = ManualClock(), FakeIngest()
    return Desk(desk_client(config, clock, ingest), clock, ingest, config)


def test_a_phone_gets_so_many_codes_an_hour(tmp_path: Path) -> None:
    desk = limited(tmp_path, 3)
    with desk.client:
        for _ in range(3):
            assert ask(desk) == "ok"
            desk.clock.advance(60)
        refused = desk.client.post("/api/v1/auth/code", json={"phone": PHONE})
        assert error_code(refused) == "rate_limited"
        assert int(refused.headers["retry-after"]) == 3600 - 3 * 60
        desk.clock.advance(3600 - 3 * 60)
        assert ask(desk) == "ok"


def test_a_code_that_could_not_be_sent_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = limited(tmp_path, 1)
    with desk.client:
        for fault in (Refusal(ErrorCode.INTERNAL), ValueError("provider")):

            async def failed(*_: object, fault: Exception = fault) -> None:
                raise fault

            with monkeypatch.context() as away:
                away.setattr(desk.services.sender, "send", failed)
                assert ask(desk) != "ok"
        assert ask(desk) == "ok", "neither the minute nor the one of this hour is used up"
        assert ask(desk) == "rate_limited"


def test_housekeeping_deletes_what_can_no_longer_be_used(desk: Desk) -> None:
    def count() -> list[int]:
        tables = (CodeRow, AccessRow, RefreshRow, IdempotencyRow)
        return [
            desk.read(lambda db, table=table: db.scalar(select(func.count()).select_from(table)))  # type: ignore[misc]
            for table in tables
        ]

    anchor = sign_in(desk.client)
    anchor.post("/sessions", {"title": "t", "category": "other"}, **{"Idempotency-Key": "k"})
    desk.run(desk.services.housekeep)
    assert count() == [1, 1, 1, 1]
    desk.clock.advance(3600)
    desk.run(desk.services.housekeep)
    assert count() == [0, 0, 1, 1]
    desk.clock.advance(24 * 3600)
    desk.run(desk.services.housekeep)
    assert count() == [0, 0, 1, 0]
    desk.clock.advance(30 * 24 * 3600)
    desk.run(desk.services.housekeep)
    assert count() == [0, 0, 0, 0]


def test_changes_of_rights_are_on_record(desk: Desk) -> None:
    anchor = sign_in(desk.client)
    other = sign_in(desk.client, device="Laptop")
    session_id = desk.open_session(anchor)["id"]
    assert desk.operator().post(f"/sessions/{session_id}/cut-off", {"reason": "违规"}).status_code == 200
    assert anchor.delete(f"/me/devices/{other.pair['device_id']}").status_code == 204
    record = desk.audited()
    assert ("role.granted.anchor", anchor.account_id, "demo data") in record
    assert ("session.cut_off", session_id, "违规") in record
    assert ("device.ended", other.pair["device_id"], "ended by its owner") in record


def test_what_is_secret_is_not_in_a_wish_that_is_logged() -> None:
    shown = repr(SignIn(phone=PHONE, code="123456", device_name="PC")) + repr(CodeRequest(phone=PHONE))
    assert PHONE not in shown
    assert "123456" not in shown
