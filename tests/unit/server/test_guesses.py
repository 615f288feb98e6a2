"""Nobody locks the operator out, and nobody guesses for long."""

from __future__ import annotations

import pytest

from app.runtime.clock import ManualClock
from server.accounts.guesses import OperatorGuesses
from server.config import Limits
from server.errors import Refusal
from server.limits import Buckets

LIMITS = Limits(operator_burst=3, operator_per_s=0.01, operator_all_burst=5, operator_all_per_s=0.001)


def wrong_until_refused(guesses: OperatorGuesses, address: str, name: str = "operator") -> int:
    for number in range(100):
        try:
            guesses.begin(address, name)
        except Refusal:
            return number
    raise AssertionError("never refused")


def test_each_address_has_its_own_tries() -> None:
    guesses = OperatorGuesses(ManualClock(), LIMITS)
    assert wrong_until_refused(guesses, "a") == 3
    assert wrong_until_refused(guesses, "a", "Operator") == 0, "the same name"
    guesses.was_right(guesses.begin("b", "operator"))


def test_right_passwords_do_not_count() -> None:
    guesses = OperatorGuesses(ManualClock(), LIMITS)
    for _ in range(50):
        guesses.was_right(guesses.begin("a", "operator"))
    assert wrong_until_refused(guesses, "a") == 3


def test_many_addresses_together_are_bounded_but_lock_nobody_out() -> None:
    clock = ManualClock()
    guesses = OperatorGuesses(clock, LIMITS)
    tries = [wrong_until_refused(guesses, f"bot{number}") for number in range(20)]
    assert tries == [3, 2] + [1] * 18
    for _ in range(10):
        guesses.was_right(guesses.begin("desk", "operator"))
    guesses.begin("other", "somebody")
    clock.advance(2 / LIMITS.operator_all_per_s)
    assert wrong_until_refused(guesses, "late") == 2


def test_what_is_given_back_is_no_more_than_was_there() -> None:
    buckets = Buckets(ManualClock(), 2, 1.0)
    buckets.give_back("a")
    assert buckets.is_untouched("a")
    assert buckets.take("a") == 0.0
    assert not buckets.is_untouched("a")
    for _ in range(3):
        buckets.give_back("a")
    assert [buckets.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_a_refusal_says_when() -> None:
    guesses = OperatorGuesses(ManualClock(), LIMITS)
    wrong_until_refused(guesses, "a")
    with pytest.raises(Refusal) as refused:
        guesses.begin("a", "operator")
    assert refused.value.retry_after_s == pytest.approx(100.0)
