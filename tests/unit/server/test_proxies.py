"""Whose address counts when proxies are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InputError
from server.proxies import TrustedProxies, household
from server.sockets import Shares

NAMED = TrustedProxies(("127.0.0.1", "10.0.0.0/8", "fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # a stranger's header
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),  # the left one was sent by the client itself
        ("127.0.0.1", ["1.2.3.4", "198.51.100.1, 10.1.1.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
        ("127.0.0.1", ["1.2.3.4, unknown, 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("::ffff:127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_right_most_stranger_asks(peer: str, forwarded: list[str], expected: str) -> None:
    assert NAMED.client_of(peer, forwarded) == expected


@given(st.lists(st.text()))
def test_any_header_gives_some_address(forwarded: list[str]) -> None:
    assert NAMED.client_of("127.0.0.1", forwarded)
    assert TrustedProxies().client_of("127.0.0.1", forwarded) == "127.0.0.1"


def test_a_household_shares_what_is_counted() -> None:
    assert household("2001:db8:1:2::7") == household("2001:db8:1:2:ffff::1") != household("2001:db8:1:3::7")
    assert household("198.51.100.1") == household("::ffff:198.51.100.1") != household("198.51.100.2")
    assert (household(""), household("testclient")) == ("", "testclient")


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(InputError) as refused:
        TrustedProxies(("proxy.example.org",))
    assert refused.value.code == "proxies_invalid"


def test_places_are_counted_by_household_and_given_back() -> None:
    shares = Shares(2, 5, NAMED)
    first, second, third = (f"2001:db8::{number}" for number in (1, 2, 3))
    assert [shares.take(one) for one in (first, second, third)] == [True, True, False]
    shares.give_back(second)
    assert shares.take(third)
    # A named proxy stands for many, but there is an end to all.
    assert [shares.take("fd00::1") for _ in range(4)] == [True, True, True, False]
    assert (shares.count, shares.refused) == (5, 2)
