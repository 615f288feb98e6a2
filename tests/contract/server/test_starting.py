"""A start that fails says which of the things it was given cannot be used, and each has a sentence."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.i18n import load_texts
from app.runtime.launch import ServiceLaunch
from server.main import run_service
from server.store.engine import make_engines
from server.store.migrate import migrate


def said(capsys: pytest.CaptureFixture[str], folder: Path, **changes: Any) -> str:
    """The code of the one line that a failed start prints."""
    launch = ServiceLaunch(
        **{
            "data_dir": str(folder / "data"),
            "log_dir": str(folder / "log"),
            "hook_secret": "h" * 32,
            "media_secret": "m" * 32,
            "ingest_http_url": "",
            "ingest_public_http_url": "http://127.0.0.1:9",
            "ingest_public_rtmp_url": "rtmp://127.0.0.1:9/live",
        }
        | changes
    )
    assert run_service(launch) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    code = str(json.loads(lines[0])["failed"]["code"])
    for language in ("zh", "en"):
        assert load_texts(language)[f"error.{code}"]
    return code


def test_what_the_configuration_names_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = tmp_path / "nothing.pem"
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate at all")
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"tls_certificate": str(nothing)}, "certificate_unreadable"),
        ({"tls_certificate": str(broken), "tls_key": str(broken)}, "certificate_unreadable"),
        ({"ingest_ca_file": str(nothing)}, "ingest_certificate_unreadable"),
        ({"ingest_ca_file": str(broken)}, "ingest_certificate_unreadable"),
        ({"trusted_proxies": ("proxy",)}, "proxies_invalid"),
        ({"hook_secret": "h" * 31}, "secret_too_short"),
        ({"media_secret": "m" * 31}, "secret_too_short"),
        ({"data_dir": str(in_the_way / "data")}, "data_folder_unwritable"),
        ({"log_dir": str(in_the_way)}, "data_folder_unwritable"),
        ({"database_url": "nonsense"}, "database_url_invalid"),
        ({"database_url": "oracle9://u@h/d"}, "database_url_invalid"),
        ({"database_url": "postgresql://u@h:port/d"}, "database_url_invalid"),
        ({"database_url": "postgresql://postgres@/none?host=/nowhere"}, "database_failed"),
        ({"host": "192.0.2.1"}, "address_unavailable"),
        ({"port": 70000}, "address_unavailable"),
    ]
    for number, (changes, code) in enumerate(cases):
        assert said(capsys, tmp_path / str(number), **changes) == code, changes
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert said(capsys, tmp_path / "taken", port=taken.getsockname()[1]) == "address_unavailable"


def test_what_lies_in_the_data_folder_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "field.key").write_bytes(b"short")
    assert said(capsys, tmp_path) == "field_key_broken"
    (folder / "field.key").unlink()
    (folder / "field.key").mkdir()
    assert said(capsys, tmp_path) == "field_key_unreadable"
    (folder / "field.key").rmdir()
    (folder / "platform.sqlite3").write_bytes(b"no database at all" * 1000)
    assert said(capsys, tmp_path) == "database_failed"
    (folder / "platform.sqlite3").unlink()
    writer, reader = make_engines(f"sqlite:///{folder / 'platform.sqlite3'}")
    migrate(writer)
    with writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    writer.dispose()
    reader.dispose()
    assert said(capsys, tmp_path) == "database_newer"


def test_a_bug_at_the_start_is_told_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("bug")

    for place in ("server.main.create_app", "server.services.migrate"):
        with monkeypatch.context() as patched:
            patched.setattr(place, broken)
            assert said(capsys, tmp_path) == "bug"
    assert "KeyError" in (tmp_path / "log" / "service.log").read_text()
