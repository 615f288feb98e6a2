"""Every code that the service may answer with has a status and a sentence in both languages."""

from __future__ import annotations

import pytest

from app.contract.errors import ErrorCode
from server.errors import Refusal, sentence


@pytest.mark.parametrize("code", list(ErrorCode))
def test_each_refusal_has_its_status_and_its_words(code: ErrorCode) -> None:
    assert 400 <= Refusal(code).status < 600
    zh, en = sentence(code, "zh-CN"), sentence(code, "en")
    assert zh
    assert en
    assert zh != en
