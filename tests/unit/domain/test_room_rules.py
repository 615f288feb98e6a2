"""Restrictions, the shield and who may act on whom."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.room.restrictions import Kind, Length, in_force, lifted, restricted
from app.domain.room.roles import RoomRole, may_act_on, may_undo
from app.domain.room.rules import Policy, RoomRules, shielded, unshielded

RULES = st.builds(
    RoomRules,
    slow_s=st.sampled_from([0, 3, 30, 60, 120]),
    followers_only=st.booleans(),
    is_paused=st.booleans(),
    contacts=st.sampled_from(Policy),
    words=st.sampled_from(Policy),
    allows_guests=st.booleans(),
)


def test_of_several_the_one_that_lasts_longest_counts() -> None:
    lengths = (Length.MINUTE, Length.DAY, Length.SESSION, Length.FOREVER)
    made = [restricted(f"r{n}", "a", Kind.MUTE, length, "s", 0) for n, length in enumerate(lengths)]
    found = [in_force(made[: n + 1], "a", Kind.MUTE, "s", 1000) for n in range(len(made))]
    assert [one.id for one in found if one is not None] == ["r0", "r1", "r2", "r3"]
    assert in_force(made[:3], "a", Kind.MUTE, "other", 1000) == made[1], "what is bound to a session stays there"
    assert in_force(made[:2], "a", Kind.MUTE, "s", 24 * 3_600_000) is None
    assert in_force([lifted(one) for one in made], "a", Kind.MUTE, "s", 0) is None
    assert in_force(made, "b", Kind.MUTE, "s", 0) is None
    assert in_force(made, "a", Kind.REMOVE, "s", 0) is None


@pytest.mark.parametrize("length", [Length.MINUTE, Length.TEN_MINUTES, Length.DAY])
def test_nobody_is_sent_out_for_a_term(length: Length) -> None:
    with pytest.raises(ValueError, match="not offered"):
        restricted("r", "a", Kind.REMOVE, length, "s", 0)


@pytest.mark.parametrize("slow_s", [-1, 1, 2, 121])
def test_slow_mode_has_bounds(slow_s: int) -> None:
    with pytest.raises(ValueError, match="slow_s"):
        RoomRules(slow_s=slow_s)


@given(RULES)
def test_the_shield_is_never_laxer_and_comes_off_whole(rules: RoomRules) -> None:
    up = shielded(rules)
    assert up.slow_s >= rules.slow_s
    assert up.followers_only
    assert not up.allows_guests
    assert up.is_paused is rules.is_paused
    assert Policy.ALLOW not in (up.contacts, up.words)
    assert shielded(up) == up
    assert unshielded(up, rules) == rules


@given(RULES, st.sampled_from([0, 3, 60]), st.booleans())
def test_what_was_changed_behind_the_shield_stays(rules: RoomRules, slow_s: int, is_paused: bool) -> None:
    changed = replace(shielded(rules), slow_s=slow_s, is_paused=is_paused)
    down = unshielded(changed, rules)
    assert down.slow_s == (rules.slow_s if slow_s == shielded(rules).slow_s else slow_s)
    assert down.is_paused is is_paused
    assert not down.is_shielded


@given(st.sampled_from(RoomRole), st.sampled_from(RoomRole))
def test_only_who_stands_below_is_acted_on(actor: RoomRole, target: RoomRole) -> None:
    assert may_act_on(actor, target) is (actor >= RoomRole.MODERATOR and actor > target)
    assert may_undo(actor, target, is_own=True) is (actor >= RoomRole.MODERATOR)


def test_a_role_has_a_word_on_the_wire() -> None:
    assert [role.wire for role in RoomRole] == ["viewer", "guest", "moderator", "owner", "operator"]
