"""The rules of the face check by camera: how often one may fail, what is asked for, which messages can be."""

from __future__ import annotations

import secrets
from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.liveness import Abort, Action, LivenessPath, OrderKind, Retry, RetryFamily
from app.errors import StorageError
from server import field_keys
from server.liveness import keys, limits, orders
from server.liveness.orders import AHEAD_MS, BEHIND_MS, TURNS, Heard, course_of, drawn, fault
from server.secrets import key_id

SECOND = 1000


class Door:
    """A plain model: remembers the failures since the last lock, and shuts for half an hour at the fifth in three
    minutes. Nobody fails behind a shut door."""

    def __init__(self) -> None:
        self.failures: list[int] = []
        self.shut_until_ms = 0

    def is_shut(self, now_ms: int) -> bool:
        return now_ms < self.shut_until_ms

    def fail(self, now_ms: int) -> None:
        self.failures = [one for one in self.failures if now_ms - one <= 180 * SECOND] + [now_ms]
        if len(self.failures) >= 5:
            self.shut_until_ms = now_ms + 1800 * SECOND


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 400 * SECOND), st.booleans()), max_size=60))
def test_the_lock_is_that_of_a_simple_model(steps: list[tuple[int, bool]]) -> None:
    door, failures, now_ms = Door(), list[int](), 1_800_000_000_000
    for wait_ms, is_failure in steps:
        now_ms += wait_ms
        recent = [one for one in failures if one > now_ms - limits.LOOKED_AT_MS]
        found = limits.locked_until_ms(recent, now_ms)
        assert (found is not None) == door.is_shut(now_ms)
        if found is not None:
            assert found == door.shut_until_ms
        elif is_failure:
            failures.append(now_ms)
            door.fail(now_ms)


def test_the_bounds_of_the_lock() -> None:
    exact = [0, 1, 2, 3, 180 * SECOND]
    assert limits.locked_until_ms(exact, 180 * SECOND) == 180 * SECOND + 1800 * SECOND
    assert limits.locked_until_ms([*exact[:4], 180 * SECOND + 1], 180 * SECOND + 1) is None
    assert limits.locked_until_ms(exact, 1980 * SECOND - 1) is not None
    assert limits.locked_until_ms(exact, 1980 * SECOND) is None
    assert limits.locked_until_ms(exact[:4], 5) is None


@pytest.mark.parametrize("reason", list(Abort))
def test_what_the_machine_does_is_no_failure_and_nothing_is_before_an_order(reason: Abort) -> None:
    of_the_machine = {Abort.FRAMES_MISSING, Abort.CAMERA_CHANGED, Abort.FOCUS_LOST}
    assert limits.is_failed_abort(reason, was_ordered=True) == (reason not in of_the_machine)
    assert not limits.is_failed_abort(reason, was_ordered=False)


@given(st.sampled_from(list(Retry)), st.lists(st.sampled_from(list(Retry)), max_size=8))
def test_the_third_of_a_family_is_for_operators(retry: Retry, earlier: list[Retry]) -> None:
    counted: Counter[RetryFamily] = Counter(one.family for one in earlier)
    assert limits.is_for_operators(retry, earlier) == (counted[retry.family] >= 2)


def test_actions_are_two_or_three_different_ones_with_a_turn_in_any_place() -> None:
    random = secrets.SystemRandom()
    made = [drawn(LivenessPath.FULL, random) for _ in range(2000)]
    assert {len(one) for one in made} == {2, 3}
    assert all(len(set(one)) == len(one) and set(one) & set(TURNS) for one in made)
    assert {action for one in made for action in one} == set(Action)
    firsts = Counter(one[0] for one in made)
    assert set(firsts) == set(Action), "no action always comes later"
    assert {next(at for at, action in enumerate(one) if action in TURNS) for one in made} == {0, 1, 2}
    assert len(set(made)) > 60
    assert drawn(LivenessPath.NO_ACTIONS, random) == ()


@pytest.mark.parametrize("path", list(LivenessPath))
def test_the_orders_of_a_course(path: LivenessPath) -> None:
    actions = () if path is LivenessPath.NO_ACTIONS else (Action.NOD, Action.TURN_LEFT)
    course = course_of(path, actions)
    made = [course.order(number) for number in range(course.last + 1)]
    expected: list[tuple[OrderKind, Action | None]] = [(OrderKind.ACTION, one) for one in actions]
    if path is not LivenessPath.NO_FLASH:
        expected.append((OrderKind.FLASH, None))
    assert made == [*expected, (OrderKind.SEAL, None)]


@settings(max_examples=300)
@given(
    st.integers(-20_000, 20_000),
    st.integers(1, 60_000),
    st.integers(-3, 50),
    st.integers(1, 5),
    st.integers(0, 1 << 40),
)
def test_a_message_can_be_when_the_clip_grew_about_as_fast_as_time(
    off_ms: int, wall_ms: int, units: int, clip_units: int, start_us: int
) -> None:
    first = Heard(0, clip_units, start_us, "a", 1_000_000)
    clip_ms = wall_ms + off_ms
    said = Heard(1, clip_units + units, start_us + clip_ms * 1000, "b", 1_000_000 + wall_ms)
    can_be = units > 0 and clip_ms > 0 and -BEHIND_MS <= off_ms <= AHEAD_MS
    assert (fault([first], said) is None) == can_be
    assert fault([], said) is None


def test_keys_are_made_once_and_follow_each_other(tmp_path: Path) -> None:
    first = keys.keys_for(tmp_path)
    path = tmp_path / keys.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.keys_for(tmp_path).seal_key() == first.seal_key()
    named = field_keys.rotate(tmp_path, keys.FILE)
    after = keys.keys_for(tmp_path)
    assert after.current_id == named != first.current_id
    assert after.seal_key() != first.seal_key()
    assert after.private_key(first.current_id) == first.private_key(first.current_id)
    public = X25519PrivateKey.from_private_bytes(after.private_key(named)).public_key().public_bytes_raw()
    assert public == after.seal_key()
    signature, key = after.sign(b"document", first.current_id)
    Ed25519PublicKey.from_public_bytes(key).verify(signature, b"document")
    assert (signature, key) == first.sign(b"document", first.current_id)
    assert repr(after) == "LivenessKeys"
    with pytest.raises(StorageError):
        first.private_key(named)


def test_the_two_keys_of_a_line_and_its_name_tell_nothing_of_each_other() -> None:
    key = b"k" * 32
    made = keys.LivenessKeys(key)
    _, signing = made.sign(b"x", key_id(key))
    assert len({key, signing, made.seal_key(), made.private_key(key_id(key))}) == 4


def test_without_actions_nothing_is_drawn_by_chance() -> None:
    assert orders.course_of(LivenessPath.NO_ACTIONS, ()).last == 1
