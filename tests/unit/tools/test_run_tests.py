"""The two parts of a test run hold every test between them, and their verdict is the worse one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests import conftest
from tools import run_tests

ROOT = Path(__file__).resolve().parents[3]


def test_what_runs_together_is_there_and_the_rest_is_whatever_else_there_is() -> None:
    assert [path for path in run_tests.TOGETHER if not (ROOT / path).exists()] == []
    assert set(run_tests.alone()) == {"tests", *(f"--ignore={path}" for path in run_tests.TOGETHER)}


def test_tests_that_are_named_are_run_and_no_others() -> None:
    assert run_tests.parts(["-x", "tests/unit/test_pins.py::test_one"]) == ((),)
    assert run_tests.parts(["-k", "pins"]) == (run_tests.together(), run_tests.alone())


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ((0, 0), 0),
        ((0, run_tests.NOTHING_FOUND), 0),
        ((run_tests.NOTHING_FOUND, 0), 0),
        ((run_tests.NOTHING_FOUND, run_tests.NOTHING_FOUND), run_tests.NOTHING_FOUND),
        ((1, 0), 1),
        ((0, 2), 2),
        ((run_tests.NOTHING_FOUND, 1), 1),
        ((run_tests.TOOK_TOO_LONG,), run_tests.TOOK_TOO_LONG),
    ],
)
def test_nothing_that_failed_is_passed_over(statuses: tuple[int, ...], told: int) -> None:
    assert run_tests.verdict(statuses) == told


@pytest.mark.parametrize("which", ["fast", "slow"])
@pytest.mark.parametrize("is_soft", [False, True])
def test_a_test_is_left_for_want_of_time_only_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, which: str, *, is_soft: bool
) -> None:
    given: list[Mapping[str, str]] = []

    def run(command: Sequence[str], limit_s: float, environment: Mapping[str, str]) -> int:
        given.append(environment)
        assert limit_s <= 1000
        return 0

    assert conftest.UNTIL == run_tests.UNTIL
    monkeypatch.delenv(run_tests.UNTIL, raising=False)
    monkeypatch.setattr(run_tests, "_run", run)
    assert run_tests.main([which, "--limit-s", "1000", *(["--as-far-as-fits"] if is_soft else [])]) == 0
    assert [run_tests.UNTIL in one for one in given] == [is_soft, is_soft]
    if is_soft:
        left_s = float(given[0][run_tests.UNTIL]) - time.monotonic()
        assert 0 < left_s <= 1000 - run_tests.LONGEST_S
