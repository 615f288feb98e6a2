"""Secrets in the keyring and in the file: what is kept last is what is found, also after the keyring failed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from app.errors import StorageError
from app.secrets import FileSecrets, KeyringSecrets


class Ring(KeyringBackend):
    """A keyring in memory; ``is_locked`` makes it raise."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def _check(self) -> None:
        if self.is_locked:
            raise KeyringError("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    one = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: one)
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keyring, name, getattr(one, name))
    return one


def started(folder: Path) -> KeyringSecrets:
    """As a program that starts."""
    return KeyringSecrets(FileSecrets(folder / "secrets.json"), scope="here")


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can be made; the open ones stay."""
    usual = os.open

    def refuse(path: object, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(28, "No space left on device")
        return usual(path, flags, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)


def test_the_keyring_keeps_them_and_no_file_does(tmp_path: Path, ring: Ring) -> None:
    started(tmp_path).set("token", "one")
    assert started(tmp_path).get("token") == "one"
    assert list(tmp_path.iterdir()) == []
    started(tmp_path).delete("token")
    assert (started(tmp_path).get("token"), ring.kept) == (None, {})
    started(tmp_path).delete("token")


def test_what_a_failing_keyring_refused_wins_over_what_it_still_has(tmp_path: Path, ring: Ring) -> None:
    started(tmp_path).set("token", "one")
    ring.is_locked = True
    started(tmp_path).set("token", "two")
    assert started(tmp_path).get("token") == "two"
    ring.is_locked = False
    assert started(tmp_path).get("token") == "two", "the keyring's is spent"
    started(tmp_path).set("token", "three")
    assert started(tmp_path).get("token") == "three"
    assert set(ring.kept.values()) == {"three"}
    assert list(tmp_path.iterdir()) == [], "the file is empty again"


def test_what_is_forgotten_does_not_come_back_from_a_keyring_that_failed(tmp_path: Path, ring: Ring) -> None:
    secrets = started(tmp_path)
    secrets.set("token", "one")
    ring.is_locked = True
    secrets.set("token", "two")
    ring.is_locked = False
    secrets.delete("token")
    assert started(tmp_path).get("token") is None


def test_a_newer_one_in_the_keyring_is_never_hidden_by_the_file(
    tmp_path: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.is_locked = True
    started(tmp_path).set("token", "one")
    ring.is_locked = False
    # The program dies between the keyring's write and the emptying of the file.
    monkeypatch.setattr(FileSecrets, "delete", lambda *_: pytest.fail("killed"))
    with pytest.raises(pytest.fail.Exception):
        started(tmp_path).set("token", "two")
    assert started(tmp_path).get("token") == "two"


def test_a_keyring_that_cannot_be_read_is_an_error_not_signed_out(tmp_path: Path, ring: Ring) -> None:
    started(tmp_path).set("token", "one")
    ring.is_locked = True
    with pytest.raises(StorageError) as told:
        started(tmp_path).get("token")
    assert (told.value.code, told.value.retryable) == ("secrets_unreadable", True)
    with pytest.raises(StorageError):
        started(tmp_path).delete("token")
    ring.is_locked = False
    assert started(tmp_path).get("token") == "one"


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secrets.json"
    secrets = FileSecrets(path)
    secrets.set("a", "1")
    secrets.set("b", "2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets.delete("a")
    assert (FileSecrets(path).get("a"), FileSecrets(path).get("b")) == (None, "2")
    secrets.delete("b")
    assert list(path.parent.iterdir()) == []


def test_a_full_disk_refuses_a_new_one_and_lets_the_last_be_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = FileSecrets(tmp_path / "secrets.json")
    secrets.set("token", "one")
    full_disk(monkeypatch)
    with pytest.raises(StorageError) as told:
        secrets.set("token", "two")
    assert told.value.code == "storage_failed"
    assert secrets.get("token") == "one"
    secrets.delete("token")
    assert secrets.get("token") is None


def test_a_broken_file_is_told_once_and_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_bytes(b'{"token": "o\xff')
    with pytest.raises(StorageError) as told:
        FileSecrets(path).get("token")
    assert told.value.code == "secrets_unreadable"
    assert (tmp_path / "secrets.broken").exists()
    assert FileSecrets(path).get("token") is None
    FileSecrets(path).set("token", "two")
    assert FileSecrets(path).get("token") == "two"


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.mkdir()
    with pytest.raises(StorageError) as told:
        FileSecrets(path).get("token")
    assert told.value.code == "secrets_unreadable"
