"""The unified social credit code: known ones, and that no slip of the hand goes unnoticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.credit_code import CHARACTERS, LENGTH, check_character, cleaned, is_valid

KNOWN = (
    "91350100M000100Y43",  # the example of GB 32100-2015
    "91110000600037341L",
    "91440300708461136T",
    "91330100799655058B",
)
DIGITS = "0123456789"
bodies = st.builds(
    lambda head, region, tail: head + region + tail,
    st.text(CHARACTERS, min_size=2, max_size=2),
    st.text(DIGITS, min_size=6, max_size=6),
    st.text(CHARACTERS, min_size=9, max_size=9),
)
codes = bodies.map(lambda body: body + check_character(body))


@pytest.mark.parametrize("code", KNOWN)
def test_known_codes_are_right(code: str) -> None:
    assert is_valid(code)


@pytest.mark.parametrize(
    "code", ["", "9135", KNOWN[0][:-1], KNOWN[0] + "0", "91350100I000100Y43", "9135010xM000100Y43"]
)
def test_what_cannot_be_a_code_is_none(code: str) -> None:
    assert not is_valid(code)


def test_the_region_is_of_digits() -> None:
    body = "91A50100M000100Y4"
    assert not is_valid(body + check_character(body))


@pytest.mark.parametrize(
    "text", ["９１３５０１００ｍ０００１００ｙ４３", " 9135-0100 m000 100y43\n", "91350100‐M000100Y43"]
)
def test_a_code_is_read_however_it_is_typed(text: str) -> None:
    assert cleaned(text) == KNOWN[0]


@pytest.mark.parametrize("body", ["", "1" * 16, "1" * 18, "I" * 17])
def test_a_check_character_is_for_seventeen_of_its_characters(body: str) -> None:
    with pytest.raises(ValueError, match="seventeen"):
        check_character(body)


@given(codes)
def test_a_made_code_is_right(code: str) -> None:
    assert is_valid(code)
    assert cleaned(code.lower()) == code


@given(codes, st.integers(0, LENGTH - 1), st.sampled_from(CHARACTERS))
def test_one_wrong_character_is_noticed(code: str, place: int, character: str) -> None:
    wrong = code[:place] + character + code[place + 1 :]
    assert is_valid(wrong) == (wrong == code)


@given(codes, st.integers(0, LENGTH - 2))
def test_two_neighbours_that_changed_places_are_noticed(code: str, place: int) -> None:
    wrong = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_valid(wrong) == (wrong == code)
