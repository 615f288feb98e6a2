"""How often a person may fail before the camera: a lock after many failures in a short time. Pure.

What counts as a failure: the service asked for it once more; or the attempt came to nothing after the first order was
given, be it that nothing was heard any more. Not what is the machine's doing (``NO_FAILURE``), a package that did not
arrive in its time, and what the service itself could not judge. An attempt is spent of the day with the first order in
any case: a program that names a fault of the machine gets new orders no more often than the day allows.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.liveness import Abort, Retry

FAILURES = 5
WITHIN_MS = 3 * 60_000
LOCK_MS = 30 * 60_000
LOOKED_AT_MS = WITHIN_MS + LOCK_MS
"""Failures that are older say nothing any more."""
SAME_FAMILY = 3
NO_FAILURE = frozenset({Abort.FRAMES_MISSING, Abort.CAMERA_CHANGED, Abort.FOCUS_LOST})


def locked_until_ms(failures_ms: Sequence[int], now_ms: int) -> int | None:
    """By the moments of the failures, in order; None when there is no lock now."""
    until_ms = None
    for first_ms, last_ms in zip(failures_ms, failures_ms[FAILURES - 1 :], strict=False):
        if last_ms - first_ms <= WITHIN_MS:
            until_ms = last_ms + LOCK_MS
    return until_ms if until_ms is not None and until_ms > now_ms else None


def is_failed_abort(reason: Abort, *, was_ordered: bool) -> bool:
    """Whether an attempt that ended so counts as a failure."""
    return was_ordered and reason not in NO_FAILURE


def is_for_operators(retry: Retry, earlier: Sequence[Retry]) -> bool:
    """Whether this is the third of its family since an operator looked last."""
    return sum(one.family is retry.family for one in earlier) + 1 >= SAME_FAMILY
