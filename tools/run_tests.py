"""The tests in two parts: what only computes on all cores at once, then what measures real programs, alone.

``python -m tools.run_tests fast|slow --limit-s N [-- pytest's own arguments]``. A program that is timed, or shows a
picture 30 times a second, is disturbed by whatever runs beside it; the others are not. The limit holds for both parts
together. Exit status 0 only when everything passed and something ran.

With ``--as-far-as-fits`` no test is begun for which no time is left: those are named at the end and fail nothing.
Without it a run that is not done in time has failed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TOGETHER = (
    "tests/unit", "tests/ui", "tests/contract/app", "tests/contract/client", "tests/contract/server",
    "tests/e2e/test_pages.py", "tests/e2e/test_pages_complaint.py", "tests/e2e/test_pages_moderator.py",
    "tests/e2e/test_pages_questions.py", "tests/e2e/test_pages_report.py", "tests/e2e/test_pages_room.py",
    "tests/e2e/test_service.py",
)  # fmt: skip
EVERYTHING = "tests"
UNTIL = "ANCHORDESK_TESTS_UNTIL_S"
"""Of the environment: the monotonic second from which tests/conftest.py begins no further test."""
LONGEST_S = 160.0
"""What the longest of the long proofs may take, and the fixtures to end."""
NOTHING_FOUND = 5
TOOK_TOO_LONG = 124
LAST_WORDS_S = 30.0
"""What a run that took too long has to end its programs and to say what it was at."""


def main(arguments: Sequence[str]) -> int:
    """Run both parts; the first status that is not 0."""
    parser = argparse.ArgumentParser(prog="run_tests")
    parser.add_argument("which", choices=("fast", "slow"))
    parser.add_argument("--limit-s", type=float, required=True)
    parser.add_argument("--as-far-as-fits", action="store_true")
    own, passed = _split(arguments)
    options = parser.parse_args(own)
    deadline_s = time.monotonic() + options.limit_s
    mark = "not slow" if options.which == "fast" else "slow"
    environment = dict(os.environ)
    if options.as_far_as_fits:
        environment[UNTIL] = str(deadline_s - LONGEST_S)
    statuses = []
    for part in parts(passed):
        command = [sys.executable, "-m", "pytest", "-m", mark, "--durations=10", "-rs", *passed, *part]
        status = _run(command, deadline_s - time.monotonic(), environment)
        statuses.append(status)
        if status == TOOK_TOO_LONG:
            print(f"run_tests: not done within {options.limit_s:.0f} s", file=sys.stderr, flush=True)
            break
    return verdict(statuses)


def parts(passed: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Both; one run of what is named when tests are named."""
    is_named = any(Path(one.partition("::")[0]).exists() for one in passed if not one.startswith("-"))
    return ((),) if is_named else (together(), alone())


def verdict(statuses: Sequence[int]) -> int:
    """Of the parts: a failure first; finding nothing is one when all of them found nothing."""
    failed = [status for status in statuses if status not in (0, NOTHING_FOUND)]
    return failed[0] if failed else min(statuses)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    listed = list(arguments)
    at = listed.index("--") if "--" in listed else len(listed)
    return listed[:at], listed[at + 1 :]


def together() -> tuple[str, ...]:
    """What pytest is told for the part that takes all cores."""
    cores = os.cpu_count() or 1
    # A module's fixtures are made once when its tests stay together.
    return (*(("-n", str(min(cores, 8)), "--dist", "loadfile") if cores > 1 else ()), *TOGETHER)


def alone() -> tuple[str, ...]:
    """What pytest is told for the part that is not disturbed."""
    return (EVERYTHING, *(f"--ignore={path}" for path in TOGETHER))


def _run(command: Sequence[str], limit_s: float, environment: Mapping[str, str]) -> int:
    """The status, or TOOK_TOO_LONG; interrupted first, so that fixtures end what they started."""
    if limit_s <= 0:
        return TOOK_TOO_LONG
    child = subprocess.Popen(command, env=environment)
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        return TOOK_TOO_LONG
    except KeyboardInterrupt:
        # The terminal has told the child as well.
        child.wait()
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
