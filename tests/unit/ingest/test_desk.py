"""Which sessions the desk keeps, and what it says of those that go; the clock is the test's."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.contract.errors import ErrorCode
from app.runtime.clock import ManualClock
from server.ingest.desk import PublishDesk
from server.ingest.grants import GrantBook
from server.ingest.limits import IngestLimits
from server.ingest.viewer import Reader

LIMITS = IngestLimits(sessions=2, idle_session_s=60)


class Kept:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.closed: list[str] = []
        grants = GrantBook(folder / "grants.json", "hook", self.clock, 600)
        self.desk = PublishDesk(LIMITS, self.clock, grants, lambda _: None, self.closed.append)

    def join(self, session_id: str, viewer_id: str) -> Reader:
        hub = self.desk.hub_of(session_id)
        assert hub is not None
        reader = Reader(viewer_id, 1000, 1000, lambda: None)
        hub.join(reader)
        return reader

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            self.desk.tick()


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_a_session_with_nobody_but_its_worker_is_forgotten(kept: Kept) -> None:
    worker = kept.join("s1", "")
    kept.join("s2", "somebody")
    kept.wait(70)
    assert kept.closed == ["s1"]
    assert worker.end_code == ErrorCode.NOT_FOUND
    assert kept.desk.session_ids == {"s2"}


def test_a_close_order_reaches_the_files_of_a_session_without_a_place(kept: Kept) -> None:
    kept.desk.close_session("s1", ErrorCode.SESSION_ENDED)
    assert kept.closed == ["s1"]
    assert kept.desk.is_closed("s1")


def test_there_is_room_for_so_many_sessions(kept: Kept) -> None:
    kept.join("s1", "a")
    kept.join("s2", "b")
    assert kept.desk.hub_of("s3") is None
    kept.desk.close_session("s1", ErrorCode.SESSION_ENDED)
    assert kept.desk.hub_of("s3") is not None
    assert kept.desk.hub_of("s1") is None


def test_all_responses_of_a_removed_viewer_are_cut(kept: Kept) -> None:
    removed, other = kept.join("s1", "removed"), kept.join("s1", "other")
    assert kept.desk.drop_viewer("s1", "removed") == 1
    assert (removed.is_cut, removed.end_code) == (True, ErrorCode.FORBIDDEN)
    assert not other.end_code
    assert kept.desk.drop_viewer("nowhere", "removed") == 0
