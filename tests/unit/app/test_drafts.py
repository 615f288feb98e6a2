"""Drafts on the disk: nobody else reads them, a broken one is set aside, an old one goes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.contract.applications import ApplicationForm
from app.drafts import KEPT_DAYS, MAX_FILE_BYTES, DraftFiles
from app.errors import StorageError
from app.ports.drafts import KeptDraft
from app.runtime.clock import SystemClock
from app.secrets import FileSecrets

FORM = ApplicationForm(introduction="只给平台看的话", contact_phone="13900001234")
DRAFT = KeptDraft(FORM, "p1", 3, is_unsaved=True, sent=("ab", "cd"))


def files(folder: Path) -> DraftFiles:
    return DraftFiles(folder / "drafts", FileSecrets(folder / "secrets.json"), SystemClock())


def only(folder: Path) -> Path:
    [path] = (folder / "drafts").iterdir()
    return path


def test_what_is_kept_is_read_again_by_the_next_start(tmp_path: Path) -> None:
    assert files(tmp_path).load("me") is None
    files(tmp_path).keep("me", DRAFT)
    assert files(tmp_path).load("me") == DRAFT
    assert files(tmp_path).load("somebody else") is None
    files(tmp_path).forget("me")
    files(tmp_path).forget("me")
    assert files(tmp_path).load("me") is None


def test_nobody_reads_it_from_the_disk(tmp_path: Path) -> None:
    files(tmp_path).keep("https://live.example:a1", DRAFT)
    path = only(tmp_path)
    data = path.read_bytes()
    assert not any(word.encode() in data for word in ("只给平台", "13900001234", "p1", "introduction"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "example" not in path.name
    assert "13900001234" not in repr(DRAFT)


def test_the_file_of_one_person_is_not_opened_for_another(tmp_path: Path) -> None:
    files(tmp_path).keep("me", DRAFT)
    mine = only(tmp_path).read_bytes()
    files(tmp_path).forget("me")
    files(tmp_path).keep("other", DRAFT)
    only(tmp_path).write_bytes(mine)
    assert files(tmp_path).load("other") is None


@pytest.mark.parametrize("harm", ["cut", "turned", "empty", "text", "huge", "other key"])
def test_a_broken_one_is_set_aside(tmp_path: Path, harm: str) -> None:
    files(tmp_path).keep("me", DRAFT)
    path = only(tmp_path)
    data = path.read_bytes()
    broken = {
        "cut": data[:-1],
        "turned": data[:-1] + bytes([data[-1] ^ 1]),
        "empty": b"",
        "text": b"{}",
        "huge": data + b"\0" * MAX_FILE_BYTES,
        "other key": data,
    }
    path.write_bytes(broken[harm])
    if harm == "other key":
        (tmp_path / "secrets.json").unlink()
    assert files(tmp_path).load("me") is None
    assert only(tmp_path).suffix == ".broken"
    files(tmp_path).keep("me", DRAFT)
    assert files(tmp_path).load("me") == DRAFT


def test_secrets_that_cannot_be_read_now_cost_nothing(tmp_path: Path) -> None:
    files(tmp_path).keep("me", DRAFT)
    before = only(tmp_path).read_bytes()
    secrets = tmp_path / "secrets.json"
    os.replace(secrets, tmp_path / "kept.json")
    secrets.mkdir()
    for call in (lambda: files(tmp_path).load("me"), lambda: files(tmp_path).keep("me", DRAFT)):
        with pytest.raises(StorageError):
            call()
    assert only(tmp_path).read_bytes() == before
    secrets.rmdir()
    os.replace(tmp_path / "kept.json", secrets)
    assert files(tmp_path).load("me") == DRAFT


def test_a_folder_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("in the way")
    with pytest.raises(StorageError) as told:
        files(tmp_path).keep("me", DRAFT)
    assert told.value.code == "storage_failed"
    assert told.value.detail["reason"]


def test_what_was_not_touched_for_half_a_year_goes(tmp_path: Path) -> None:
    files(tmp_path).keep("me", DRAFT)
    files(tmp_path).keep("other", DRAFT)
    path = next(path for path in (tmp_path / "drafts").iterdir())
    old_s = SystemClock().utc().timestamp() - (KEPT_DAYS * 24 * 3600 + 60)
    os.utime(path, (old_s, old_s))
    found = [files(tmp_path).load(owner) for owner in ("me", "other")]
    assert found.count(None) == 1
    assert not path.exists()
