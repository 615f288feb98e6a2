"""Viewer tokens: what is accepted, and that anything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InputError
from server.media_token import MediaClaim, require_secret, sign, verify

SECRET = "s" * 32
NOW = 1_800_000_000


def test_a_signed_token_is_read_back() -> None:
    token = sign(SECRET, "session-1", "viewer-9", NOW + 60)
    assert verify(SECRET, token, NOW) == MediaClaim("session-1", "viewer-9", NOW + 60)


@pytest.mark.parametrize("offset_s", [0, -1, -3600, 61, 3600])
def test_a_token_that_is_over_or_lives_too_long_is_refused(offset_s: int) -> None:
    assert verify(SECRET, sign(SECRET, "s", "v", NOW + offset_s), NOW) is None


def test_another_secret_is_refused() -> None:
    assert verify("other", sign(SECRET, "s", "v", NOW + 30), NOW) is None


def test_every_changed_character_is_refused() -> None:
    token = sign(SECRET, "session", "viewer", NOW + 30)
    for place, character in enumerate(token):
        for other in ("A", "B", "."):
            if other != character:
                assert verify(SECRET, token[:place] + other + token[place + 1 :], NOW) is None


def test_the_token_tells_nothing_of_the_secret() -> None:
    assert SECRET not in sign(SECRET, "s", "v", NOW + 30)


@given(st.text())
def test_any_text_is_refused_without_an_exception(text: str) -> None:
    assert verify(SECRET, text, NOW) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_ids_of_any_letters_survive(session_id: str, viewer_id: str) -> None:
    token = sign(SECRET, session_id, viewer_id, NOW + 30)
    if len(token) <= 512:
        assert verify(SECRET, token, NOW) == MediaClaim(session_id, viewer_id, NOW + 30)


@pytest.mark.parametrize("secret", ["", "short", "s" * 31])
def test_a_secret_that_could_be_guessed_is_not_taken(secret: str) -> None:
    with pytest.raises(InputError) as refused:
        require_secret("media_secret", secret)
    assert (refused.value.code, refused.value.detail["field"]) == ("secret_too_short", "media_secret")


def test_a_secret_that_is_long_enough_is_taken() -> None:
    require_secret("media_secret", SECRET)
