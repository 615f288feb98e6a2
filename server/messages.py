"""The sentences of refusals, Chinese and English: what happened, what it means, one thing to do.

They lie in ``texts``, by code. Pure after the first load; any thread.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from app.contract.errors import ErrorCode

_FOLDER = Path(__file__).parent / "texts"


def language_of(accept_language: str) -> str:
    """``en`` or ``zh`` (the default), by the header's order of preference with its q-values."""
    best, best_q_ratio = "zh", 0.0
    for part in accept_language.split(",")[:16]:
        tag, _, parameter = part.strip().partition(";")
        try:
            q_ratio = float(parameter.strip().removeprefix("q=")) if parameter.strip().startswith("q=") else 1.0
        except ValueError:
            continue
        primary = tag.split("-")[0].strip().lower()
        if primary in {"zh", "en"} and q_ratio > best_q_ratio:
            best, best_q_ratio = primary, q_ratio
    return best


def sentence(code: ErrorCode, accept_language: str) -> str:
    """The sentence of ``code`` in the language that the header prefers."""
    return sentences(language_of(accept_language))[code.value]


@lru_cache(maxsize=2)
def sentences(language: str) -> Mapping[str, str]:
    """All of ``zh`` or ``en``. Raises OSError when the installation is damaged."""
    texts: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_bytes())
    return texts
