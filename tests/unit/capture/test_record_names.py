"""Names of recordings on every system."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capture.record.names import MAX_NAME_BYTES, clean_name, numbered


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("2026-11-24 12-00-00", "2026-11-24 12-00-00"),
        ("求职直播 第1场", "求职直播 第1场"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\x", "C__x"),
        ("a/b", "a_b"),
        ("what?*", "what__"),
        ("", "recording"),
        ("..", "recording"),
        (".hidden", "hidden"),
        ("end. . ", "end"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("LPT¹", "_LPT¹"),
        ("COM10", "COM10"),
        ("new\nline\0", "newline"),
        ("safe\u202e4pm.exe", "safe4pm.exe"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_names(given_name: str, clean: str) -> None:
    assert clean_name(given_name) == clean


@given(st.text(max_size=300))
@example("播" * 200)
@example("a" * (MAX_NAME_BYTES - 1) + " b")
def test_any_name_is_one_good_component(name: str) -> None:
    clean = clean_name(name)
    assert 0 < len(clean.encode()) <= MAX_NAME_BYTES + 1
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind("folder") / f"{clean}.mkv"
        assert path.parent == kind("folder")
        assert path.name == f"{clean}.mkv"
    assert not PureWindowsPath(f"{clean}.mkv").is_reserved()
    assert clean[-1] not in ". "
    assert clean_name(clean) == clean


def test_numbers_begin_with_two_and_end() -> None:
    assert list(islice(numbered("show"), 3)) == ["show", "show-2", "show-3"]
    assert len(list(numbered("show"))) < 2000
