"""How reports are handled: from any state only the lawful steps, and each way comes to an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.reports import (
    FINAL,
    PENDING,
    ProofKind,
    ReportState,
    are_proofs_whole,
    may_become,
)

STEPS = {
    ("open", "taken"), ("open", "withdrawn"), ("taken", "upheld"), ("taken", "dismissed"),
}  # fmt: skip


@given(state=st.sampled_from(ReportState), following=st.sampled_from(ReportState))
def test_only_the_lawful_steps_are_taken(state: ReportState, following: ReportState) -> None:
    assert may_become(state, following) == ((state.value, following.value) in STEPS)


@given(st.lists(st.sampled_from(ReportState), max_size=20))
def test_whatever_is_tried_it_ends_once_and_is_decided_only_after_it_was_taken(wishes: list[ReportState]) -> None:
    state, seen = ReportState.OPEN, [ReportState.OPEN]
    for wish in wishes:
        if may_become(state, wish):
            assert not state.is_final
            state = wish
            seen.append(state)
    assert len(seen) <= 3
    assert state.is_decided == (len(seen) == 3)
    if state.is_decided:
        assert seen[1] is ReportState.TAKEN
    if state is ReportState.WITHDRAWN:
        assert seen == [ReportState.OPEN, ReportState.WITHDRAWN]


def test_each_state_is_pending_or_final() -> None:
    assert set(PENDING) | set(FINAL) == set(ReportState)
    assert set(PENDING) == {ReportState.OPEN, ReportState.TAKEN}
    assert {state for state in ReportState if state.is_decided} < set(FINAL)


@given(st.lists(st.sampled_from(ProofKind)))
def test_a_complaint_needs_a_proof_of_each_kind(kinds: list[ProofKind]) -> None:
    assert are_proofs_whole(kinds) == all(kind in kinds for kind in ProofKind)
