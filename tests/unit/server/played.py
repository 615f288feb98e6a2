"""A state machine of hypothesis as a test of so many plays: few among the fast ones, many as a long proof."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine


def played(machine: type[RuleBasedStateMachine], max_examples: int, steps: int) -> Any:
    """The machine as a class of tests."""
    made = type("Played", (machine.TestCase,), {})
    made.settings = settings(  # type: ignore[attr-defined]
        max_examples=max_examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    return made
