"""Measures: what each forbids and for how long, and the one appeal; against a simple model in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.measures import (
    APPEAL_DAYS,
    DAY_MS,
    TERMS,
    AppealBar,
    AppealState,
    Ban,
    ConductCategory,
    Measure,
    MeasureKind,
    MeasureState,
    Term,
    appeal_until_ms,
    appealed,
    binding,
    decided,
    forbids,
    in_force,
    is_term_right,
    is_told_later,
    lifted,
    may_decide,
    may_tell_later,
    offered,
    told,
    why_no_appeal,
)

NOW_MS = 1_800_000_000_000
ONCE = {MeasureKind.WARNING, MeasureKind.CUT_OFF, MeasureKind.AUTHORITIES}
LASTING = [kind for kind in MeasureKind if kind not in ONCE]


def measure(kind: MeasureKind, **more: object) -> Measure:
    return replace(Measure("m", "a", kind, NOW_MS, NOW_MS), **more)  # type: ignore[arg-type]


def test_there_are_nine_rules() -> None:
    assert [one.value for one in ConductCategory] == list(range(1, 10))


def test_who_does_not_broadcast_cannot_be_kept_from_it() -> None:
    assert set(offered(is_anchor=True)) == set(MeasureKind) == set(TERMS)
    assert set(offered(is_anchor=True)) - set(offered(is_anchor=False)) == {
        MeasureKind.LIMIT_BROADCAST, MeasureKind.SUSPENSION, MeasureKind.CUT_OFF, MeasureKind.REFUSAL,
    }  # fmt: skip


@pytest.mark.parametrize("kind", MeasureKind)
def test_terms(kind: MeasureKind) -> None:
    ends, never = is_term_right(kind, NOW_MS + 1, NOW_MS), is_term_right(kind, None, NOW_MS)
    assert (ends, never) == {
        Term.NONE: (False, True), Term.OPTIONAL: (True, True), Term.REQUIRED: (True, False),
    }[TERMS[kind]]  # fmt: skip
    assert not is_term_right(kind, NOW_MS, NOW_MS), "it would be over before it began"


def test_what_each_forbids() -> None:
    assert {kind: set(forbids(kind)) for kind in MeasureKind if forbids(kind)} == {
        MeasureKind.LIMIT_CHAT: {Ban.CHAT},
        MeasureKind.LIMIT_BROADCAST: {Ban.BROADCAST},
        MeasureKind.LIMIT_GUESTS: {Ban.GUESTS},
        MeasureKind.LIMIT_GIFTS: {Ban.GIFTS},
        MeasureKind.SUSPENSION: {Ban.BROADCAST, Ban.GUESTS},
        MeasureKind.CLOSING: set(Ban),
        MeasureKind.RECLAIMING: set(Ban),
    }


def test_it_ends_at_its_moment_and_not_before() -> None:
    one = measure(MeasureKind.LIMIT_CHAT, until_ms=NOW_MS + 10)
    assert one.state(NOW_MS + 9) is MeasureState.IN_FORCE
    assert one.state(NOW_MS + 10) is MeasureState.EXPIRED
    assert in_force([one], "a", NOW_MS) == [one]
    assert in_force([one], "b", NOW_MS) == []
    assert lifted(one, NOW_MS + 5).state(NOW_MS + 5) is MeasureState.LIFTED
    with pytest.raises(ValueError, match="expired"):
        lifted(one, NOW_MS + 10)


def test_of_several_the_one_that_lasts_longest_counts() -> None:
    short = measure(MeasureKind.LIMIT_BROADCAST, id="short", until_ms=NOW_MS + 10)
    longer = measure(MeasureKind.SUSPENSION, id="longer", until_ms=NOW_MS + 20)
    for_good = measure(MeasureKind.CLOSING, id="good")
    assert binding([short, longer], "a", Ban.BROADCAST, NOW_MS) == longer
    assert binding([for_good, short, longer], "a", Ban.BROADCAST, NOW_MS) == for_good
    assert binding([short, longer], "a", Ban.GUESTS, NOW_MS) == longer
    assert binding([short, longer], "a", Ban.CHAT, NOW_MS) is None
    assert binding([longer], "b", Ban.BROADCAST, NOW_MS) is None


@pytest.mark.parametrize("kind", sorted(ONCE))
def test_what_happens_once_is_appealed_and_never_lifted(kind: MeasureKind) -> None:
    one = measure(kind)
    assert one.state(NOW_MS) is MeasureState.DONE
    with pytest.raises(ValueError, match="done"):
        lifted(one, NOW_MS)
    back = decided(appealed(one, NOW_MS), is_reversed=True, now_ms=NOW_MS)
    assert back.state(NOW_MS) is MeasureState.REVERSED


def test_an_appeal_is_made_once_and_in_time() -> None:
    one = measure(MeasureKind.SUSPENSION, until_ms=NOW_MS + 1)
    last_ms = NOW_MS + APPEAL_DAYS * DAY_MS - 1
    assert appeal_until_ms(one) == last_ms + 1
    assert why_no_appeal(one, last_ms) is None, "also when it is over"
    assert why_no_appeal(one, last_ms + 1) is AppealBar.TOO_LATE
    made = appealed(one, last_ms)
    assert made.appeal is AppealState.OPEN
    assert made.state(NOW_MS) is MeasureState.IN_FORCE, "it holds until it is decided"
    for again in (made, decided(made, is_reversed=False, now_ms=last_ms)):
        assert why_no_appeal(again, NOW_MS) is AppealBar.APPEALED
        with pytest.raises(ValueError, match="appealed"):
            appealed(again, NOW_MS)
    with pytest.raises(ValueError, match="too_late"):
        appealed(one, last_ms + 1)


def test_a_decision_needs_an_open_appeal_and_is_final() -> None:
    one = measure(MeasureKind.LIMIT_CHAT)
    with pytest.raises(ValueError, match="none"):
        decided(one, is_reversed=True, now_ms=NOW_MS)
    upheld = decided(appealed(one, NOW_MS), is_reversed=False, now_ms=NOW_MS)
    assert (upheld.appeal, upheld.state(NOW_MS)) == (AppealState.UPHELD, MeasureState.IN_FORCE)
    with pytest.raises(ValueError, match="upheld"):
        decided(upheld, is_reversed=True, now_ms=NOW_MS)
    ended = lifted(appealed(one, NOW_MS), NOW_MS + 1)
    assert decided(ended, is_reversed=True, now_ms=NOW_MS + 5).ended_ms == NOW_MS + 1, "when it ended stays"
    with pytest.raises(ValueError, match="reversed"):
        lifted(decided(appealed(one, NOW_MS), is_reversed=True, now_ms=NOW_MS), NOW_MS)


def test_the_notice_may_follow_but_for_what_is_seen_or_said_at_once() -> None:
    assert {kind for kind in MeasureKind if not may_tell_later(kind)} == {
        MeasureKind.WARNING, MeasureKind.CORRECTION, MeasureKind.CUT_OFF, MeasureKind.REFUSAL,
    }  # fmt: skip
    assert [kind for kind in MeasureKind if is_told_later(kind)] == [MeasureKind.AUTHORITIES]
    assert all(may_tell_later(kind) for kind in MeasureKind if is_told_later(kind))


def test_what_was_not_told_holds_and_the_time_to_appeal_counts_from_when_it_was() -> None:
    one = measure(MeasureKind.LIMIT_GIFTS, told_ms=None)
    assert binding([one], "a", Ban.GIFTS, NOW_MS) == one
    assert appeal_until_ms(one) is None
    assert why_no_appeal(one, NOW_MS + 99 * DAY_MS) is AppealBar.NOT_TOLD
    with pytest.raises(ValueError, match="not_told"):
        appealed(one, NOW_MS)
    later_ms = NOW_MS + 20 * DAY_MS
    known = told(one, later_ms)
    assert appeal_until_ms(known) == later_ms + APPEAL_DAYS * DAY_MS
    assert why_no_appeal(known, later_ms + APPEAL_DAYS * DAY_MS - 1) is None
    assert why_no_appeal(known, later_ms + APPEAL_DAYS * DAY_MS) is AppealBar.TOO_LATE
    with pytest.raises(ValueError, match="told"):
        told(known, later_ms)


def test_nobody_judges_what_they_did_where_another_can() -> None:
    assert not may_decide("me", "me", has_another=True)
    assert may_decide("me", "me", has_another=False)
    assert may_decide("other", "me", has_another=True)


@dataclass
class Told:
    """A measure as somebody would keep it on paper."""

    kind: MeasureKind
    until_ms: int | None
    told_ms: int | None
    is_struck: bool = False
    appeal: str = "none"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["take", "take_untold"]), st.sampled_from(LASTING), st.none() | st.integers(1, 40)),
        st.tuples(st.sampled_from(["lift", "appeal", "uphold", "reverse", "tell"]), st.integers(0, 5), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 20) | st.just(APPEAL_DAYS * DAY_MS), st.none()),
    ),
    max_size=30,
)


@given(STEPS)
def test_any_order_of_measures_ends_and_appeals_forbids_what_the_paper_says(
    steps: list[tuple[str, object, object]],
) -> None:
    now_ms, kept, paper = NOW_MS, list[Measure](), list[Told]()
    for step, which, length in steps:
        if step in ("take", "take_untold"):
            assert isinstance(which, MeasureKind)
            until_ms = now_ms + length if isinstance(length, int) else None
            told_ms = now_ms if step == "take" else None
            kept.append(Measure(f"m{len(kept)}", "a", which, now_ms, told_ms, until_ms))
            paper.append(Told(which, until_ms, told_ms))
        elif step == "wait":
            assert isinstance(which, int)
            now_ms += which
        elif isinstance(which, int) and which < len(kept):
            line, before = paper[which], kept[which]
            is_running = not line.is_struck and (line.until_ms is None or line.until_ms > now_ms)
            is_in_time = line.told_ms is not None and now_ms < line.told_ms + APPEAL_DAYS * DAY_MS
            may = {
                "lift": is_running,
                "tell": line.told_ms is None,
                "appeal": line.appeal == "none" and is_in_time,
                "uphold": line.appeal == "open",
                "reverse": line.appeal == "open",
            }[step]
            try:
                match step:
                    case "lift":
                        kept[which] = lifted(before, now_ms)
                    case "appeal":
                        kept[which] = appealed(before, now_ms)
                    case "tell":
                        kept[which] = told(before, now_ms)
                    case _:
                        kept[which] = decided(before, is_reversed=step == "reverse", now_ms=now_ms)
            except ValueError:
                assert not may
                continue
            assert may
            line.is_struck |= step in ("lift", "reverse")
            line.told_ms = now_ms if step == "tell" else line.told_ms
            line.appeal = {"appeal": "open", "uphold": "upheld", "reverse": "reversed"}.get(step, line.appeal)
        for ban in Ban:
            ends = [
                line.until_ms
                for line in paper
                if ban in forbids(line.kind) and not line.is_struck
                and (line.until_ms is None or line.until_ms > now_ms)
            ]  # fmt: skip
            found = binding(kept, "a", ban, now_ms)
            assert (found is not None) == bool(ends)
            if found is not None:
                assert found.until_ms == (None if None in ends else max(end for end in ends if end is not None))
