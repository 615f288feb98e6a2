"""Whatever is changed in a clip, its chain is another one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.liveness.chain import LINK_BYTES, ClipChain, links_of

NONCE = bytes(range(32))
unit = st.tuples(st.integers(0, 10**10), st.binary(max_size=40))
clips = st.lists(unit, min_size=1, max_size=12)


@given(clips, clips)
def test_only_the_same_clip_has_the_same_chain(one: list[tuple[int, bytes]], other: list[tuple[int, bytes]]) -> None:
    assert (links_of("s", NONCE, one)[-1] == links_of("s", NONCE, other)[-1]) is (one == other)


@given(clips, st.data())
def test_a_change_shows_from_its_place_on(clip: list[tuple[int, bytes]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(clip) - 1))
    at_us, unit_bytes = clip[place]
    changed = [*clip[:place], (at_us, unit_bytes + b"x"), *clip[place + 1 :]]
    before, after = links_of("s", NONCE, clip), links_of("s", NONCE, changed)
    assert before[:place] == after[:place]
    assert all(one != two for one, two in zip(before[place:], after[place:], strict=True))


@given(st.text(max_size=6), st.binary(min_size=1, max_size=6), st.text(max_size=6), st.binary(min_size=1, max_size=6))
def test_it_begins_from_its_challenge(one: str, nonce: bytes, other: str, other_nonce: bytes) -> None:
    same = (one, nonce) == (other, other_nonce)
    assert (ClipChain(one, nonce).link == ClipChain(other, other_nonce).link) is same


def test_it_counts_and_tells_each_link() -> None:
    chain = ClipChain("s", NONCE)
    first = chain.add(0, b"a")
    assert (chain.count, chain.link, len(first)) == (1, first, LINK_BYTES)
    assert links_of("s", NONCE, [(0, b"a")]) == [first]


def test_without_a_nonce_there_is_no_chain() -> None:
    with pytest.raises(ValueError, match="nonce"):
        ClipChain("s", b"")
