"""The workers' shared log is turned over before it fills the disk."""

from __future__ import annotations

from pathlib import Path

from app.logs import KEPT_FILES
from server.ingest.logs import turn_over


def test_a_large_log_becomes_an_older_one_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "remux.log"
    turn_over(path, max_bytes=5)
    for number in range(KEPT_FILES + 2):
        path.write_text(f"line {number}\n")
        turn_over(path, max_bytes=5)
    assert not path.exists()
    kept = {older.name: older.read_text() for older in tmp_path.iterdir()}
    assert kept == {f"remux.log.{age}": f"line {KEPT_FILES + 2 - age}\n" for age in range(1, KEPT_FILES + 1)}


def test_a_small_log_stays(tmp_path: Path) -> None:
    path = tmp_path / "remux.log"
    path.write_text("line\n")
    turn_over(path, max_bytes=5)
    assert path.read_text() == "line\n"
    assert list(tmp_path.iterdir()) == [path]
