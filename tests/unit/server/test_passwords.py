"""How operators' passwords are kept; loaded anew, as the service's tests use a cheaper hash."""

from __future__ import annotations

import importlib.util

from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from server.accounts import people


def test_a_password_is_hashed_by_argon2id_as_recommended() -> None:
    spec = importlib.util.spec_from_file_location("people_anew", people.__file__)
    assert spec is not None
    assert spec.loader is not None
    anew = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(anew)
    hashed = anew.hash_password("correct horse")
    assert extract_parameters(hashed) == RFC_9106_LOW_MEMORY
    assert anew.is_password_right(hashed, "correct horse")
    assert not anew.is_password_right(hashed, "correct house")
    assert not anew.is_password_right(None, "correct horse")
