"""The check of fully covered files sees what was not visited."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_coverage

REPORT = {
    "files": {
        "a.py": {"missing_lines": [], "missing_branches": []},
        "b.py": {"missing_lines": [3, 9], "missing_branches": [[4, 6], [7, -1]]},
    }
}


def test_lines_and_branches_that_were_not_visited_are_named() -> None:
    assert check_coverage.findings(REPORT, ["a.py"]) == []
    assert check_coverage.findings(REPORT, ["a.py", "b.py", "c.py"]) == [
        "b.py: not visited: 3, 9, 4→6, 7→exit",
        "c.py: no test imports it",
    ]


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "part" / "deep").mkdir(parents=True)
    (tmp_path / "part" / "__init__.py").touch()
    (tmp_path / "part" / "deep" / "b.py").write_text("b = 1\n")
    (tmp_path / "a.py").write_text("a = 1\n")
    assert check_coverage.listed("# all\npart\n\na.py  # one\n", tmp_path) == ["part/deep/b.py", "a.py"]
    with pytest.raises(ValueError, match=r"gone\.py"):
        check_coverage.listed("gone.py\n", tmp_path)


def test_the_list_holds_the_rules_and_the_protocol() -> None:
    files = check_coverage.listed(check_coverage.LIST.read_text(encoding="utf-8"))
    assert {"app/domain/session.py", "app/domain/backoff.py", "app/rtmp/chunks.py", "app/rtmp/server.py"} <= set(files)
