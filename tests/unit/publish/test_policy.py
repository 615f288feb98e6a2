"""What a publisher decides, without threads or sockets."""

from __future__ import annotations

import pytest

from app.domain.backoff import Backoff
from app.ports.engine import PublishChanged, PublishStatus
from capture.publish.policy import PublishPolicy, Refusal, read_refusal


def policy() -> PublishPolicy:
    return PublishPolicy("main", random_ratio=lambda: 0.0)


def on_air(at_s: float = 100.0) -> PublishPolicy:
    made = policy()
    made.connecting()
    made.connected(at_s)
    made.accepted(at_s)
    made.moved(at_s, 1000, 0, 0)
    assert made.moved(at_s + 1.0, 1000, 0, 0) == PublishChanged(target="main", status=PublishStatus.ON_AIR)
    return made


def test_on_air_only_after_a_second_of_progress() -> None:
    made = policy()
    made.connecting()
    made.connected(10.0)
    assert made.accepted(10.0).status is PublishStatus.STARTING
    assert made.moved(11.5, 0, 0, 0) is None, "no media yet"
    assert made.moved(12.0, 500, 0, 0) is None
    assert made.moved(12.9, 500, 0, 0) is None
    changed = made.moved(13.0, 500, 0, 0)
    assert changed is not None
    assert changed.status is PublishStatus.ON_AIR
    assert made.moved(14.0, 500, 0, 0) is None, "told once"


def test_silence_before_acceptance_ends_at_five_seconds() -> None:
    made = policy()
    made.connecting()
    made.connected(10.0)
    assert made.overdue(14.9) is None
    assert made.overdue(15.0) == "ingest_silent"


def test_bytes_that_do_not_move_end_at_four_seconds() -> None:
    made = on_air(100.0)
    made.moved(102.0, 0, 50_000, 20_000)
    assert made.overdue(104.9) is None
    assert made.overdue(105.0) == "ingest_silent"


@pytest.mark.parametrize("kbps", [16, 300, 6000])
def test_what_only_fills_the_kernel_is_no_progress(kbps: int) -> None:
    """A peer that acknowledges nothing is left after four seconds, however long the kernel's buffer would take more."""
    made = on_air(100.0)
    step_bytes, kernel_bytes = kbps * 1000 // 8 // 10, 0
    for tenth in range(1, 80):
        now_s = 101.0 + tenth / 10
        kernel_bytes += step_bytes
        made.moved(now_s, step_bytes, 0, kernel_bytes)
        if made.overdue(now_s):
            break
    assert now_s == pytest.approx(105.0, abs=0.11)


def test_where_the_kernel_does_not_tell_what_it_takes_is_progress() -> None:
    made = on_air(100.0)
    for second in range(102, 120):
        made.moved(second, 1000, 5000, None)
        assert made.overdue(second) is None
    made.moved(120.0, 0, 5000, None)
    assert made.overdue(122.9) is None
    assert made.overdue(123.0) == "ingest_silent"


def test_shrinking_kernel_queue_is_progress() -> None:
    made = on_air(100.0)
    made.moved(102.0, 50_000, 10_000, 50_000)
    made.moved(104.0, 0, 10_000, 40_000)
    assert made.overdue(107.9) is None
    assert made.overdue(108.0) == "ingest_silent"


def test_slow_but_steady_progress_is_enough() -> None:
    made = on_air(100.0)
    made.moved(101.0, 100_000, 10_000, 100_000)
    for second in range(102, 200, 3):
        made.moved(second, 1000, 10_000, 100_000)
        assert made.overdue(second + 2.9) is None


def test_nothing_to_send_is_no_stall() -> None:
    made = on_air(100.0)
    made.moved(101.5, 0, 0, 0)
    assert made.overdue(1000.0) is None


def test_waits_grow_and_start_again_after_on_air() -> None:
    made = policy()
    waits = [made.failed("ingest_unreachable").retry_in_ms for _ in range(9)]
    assert waits == [500, 500, 500, 500, 1000, 2000, 4000, 5000, 5000]
    assert made.connecting().attempt == 9
    made.connected(1.0)
    made.accepted(1.0)
    made.moved(1.0, 1, 0, 0)
    made.moved(2.0, 1, 0, 0)
    changed = made.failed("ingest_closed")
    assert (changed.status, changed.attempt, changed.retry_in_ms) == (PublishStatus.RECONNECTING, 1, 500)


def test_accepted_and_closed_at_once_is_no_success() -> None:
    made = policy()
    for _ in range(3):
        made.connecting()
        made.connected(1.0)
        made.accepted(1.0)
        made.failed("ingest_closed")
    made.connecting()
    made.failed("ingest_closed")
    made.connecting()
    made.failed("ingest_closed")
    assert made.retry_in_s == 1.0


@pytest.mark.parametrize("code", ["key_unknown", "key_dead", "key_foreign", "replaced"])
@pytest.mark.parametrize("was_accepted", [True, False])
def test_our_codes_are_final(code: str, was_accepted: bool) -> None:
    assert read_refusal("NetStream.Publish.BadName", f"{code}: why", was_accepted) == Refusal(code, True)


@pytest.mark.parametrize(
    ("rtmp_code", "description", "was_accepted", "expected"),
    [
        ("NetStream.Publish.BadName", "Already publishing", False, Refusal("key_unknown", True)),
        ("NetStream.Publish.BadName", "Already publishing", True, Refusal("ingest_closed", False)),
        ("NetConnection.Connect.Rejected", "", False, Refusal("key_unknown", True)),
        ("NetConnection.Connect.InvalidApp", "", False, Refusal("key_unknown", True)),
        ("NetStream.Failed", "disk", False, Refusal("ingest_closed", False)),
        ("NetStream.Publish.BadName", "ingest_unavailable: no room", False, Refusal("ingest_unavailable", False)),
        ("NetStream.Publish.Denied", "media_invalid: no AVC", True, Refusal("media_invalid", False)),
    ],
)
def test_refusals_of_others(rtmp_code: str, description: str, was_accepted: bool, expected: Refusal) -> None:
    assert read_refusal(rtmp_code, description, was_accepted) == expected


def test_refused_is_told_with_its_code_and_stop_with_idle() -> None:
    made = policy()
    assert made.refused("NetStream.Publish.BadName", "key_dead: over") == PublishChanged(
        target="main", status=PublishStatus.REFUSED, code="key_dead"
    )
    assert made.stopped().status is PublishStatus.IDLE


def test_backoff_jitter_is_bounded_and_attempts_count_from_one() -> None:
    backoff = Backoff(steps_s=(1.0, 2.0), jitter_ratio=0.2)
    assert backoff.wait_s(1, 0.0) == 1.0
    assert backoff.wait_s(9, 1.0) == pytest.approx(2.4)
    with pytest.raises(ValueError, match="count from 1"):
        backoff.wait_s(0, 0.0)
