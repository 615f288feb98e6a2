"""The grants that outlive the service's absence, with the file they are kept in."""

from __future__ import annotations

import json
from pathlib import Path

from app.contract.hooks import PublishGrant
from app.runtime.clock import ManualClock
from server.ingest.grants import GrantBook


def a_grant(session_id: str = "s1") -> PublishGrant:
    return PublishGrant(
        key_id=f"id-{session_id}", session_id=session_id, connection_id="c1", is_probe=False, max_kbps=3000
    )


def a_book(tmp_path: Path, clock: ManualClock, secret: str = "hook") -> GrantBook:
    return GrantBook(tmp_path / "grants.json", secret, clock, 600)


def test_a_grant_counts_for_ten_minutes_and_over_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    a_book(tmp_path, clock).remember("key", a_grant())
    clock.advance(590)
    book = a_book(tmp_path, clock)
    assert book.find("key", "c2") == a_grant().model_copy(update={"connection_id": "c2"})
    assert book.find("other", "c2") is None
    clock.advance(20)
    assert book.find("key", "c2") is None
    assert a_book(tmp_path, clock).find("key", "c2") is None


def test_a_running_broadcast_keeps_its_grant_young(tmp_path: Path) -> None:
    clock = ManualClock()
    book = a_book(tmp_path, clock)
    book.remember("key", a_grant())
    book.remember("idle", a_grant("s2"))
    clock.advance(500)
    book.renew({"id-s1"})
    clock.advance(500)
    assert book.find("key", "c2") is not None
    assert book.find("idle", "c2") is None


def test_orders_and_refusals_take_grants_out_for_good(tmp_path: Path) -> None:
    clock = ManualClock()
    book = a_book(tmp_path, clock)
    for name in ("s1", "s2", "s3", "s4"):
        book.remember(f"key-{name}", a_grant(name))
    book.forget(key="key-s1")
    book.forget(key_id="id-s2")
    book.forget(session_id="s3")
    for held in (book, a_book(tmp_path, clock)):
        assert [name for name in ("s1", "s2", "s3", "s4") if held.find(f"key-{name}", "c")] == ["s4"]


def test_the_file_is_worth_nothing_with_another_secret_or_when_broken(tmp_path: Path) -> None:
    clock = ManualClock()
    a_book(tmp_path, clock).remember("key", a_grant())
    assert a_book(tmp_path, clock, secret="other").find("key", "c") is None
    (tmp_path / "grants.json").write_bytes(b"{half")
    assert a_book(tmp_path, clock).find("key", "c") is None


def test_a_folder_that_cannot_be_written_leaves_the_memory(tmp_path: Path) -> None:
    book = GrantBook(tmp_path / "nowhere" / "grants.json", "hook", ManualClock(), 600)
    book.remember("key", a_grant())
    assert book.find("key", "c") is not None


def test_a_key_to_measure_with_never_counts_without_the_service(tmp_path: Path) -> None:
    clock = ManualClock()
    book = a_book(tmp_path, clock)
    book.remember("probe", a_grant("").model_copy(update={"is_probe": True}))
    assert book.find("probe", "c") is None
    # What an earlier version kept of one had a session, and would be on air now.
    book.remember("key", a_grant())
    path = tmp_path / "grants.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps([entry | {"is_probe": True} for entry in kept]))
    assert a_book(tmp_path, clock).find("key", "c") is None


def test_an_order_about_a_session_leaves_those_without_one(tmp_path: Path) -> None:
    book = a_book(tmp_path, ManualClock())
    book.remember("key", a_grant())
    book.forget(key="another")
    assert book.find("key", "c") is not None
