"""Texts of the program in Chinese and English, by message id. Pure after the first load; any thread.

The two files lie in ``resources/i18n`` as flat JSON: ``{"id": "text with {placeholder}"}``; ``resources/emoji.json``
has the emoji that people may pick. A placeholder without a value becomes a dash, so that a refusal without detail still
reads as a sentence.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
RESOURCES_DIR = Path(__file__).resolve().parent.parent / "resources"


@dataclass(frozen=True, slots=True)
class Emoji:
    """One that people may pick: a single character, as a message's length is counted."""

    text: str
    name: str
    """For who does not see it."""


class _Values(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "–"


@lru_cache(maxsize=len(LANGUAGES))
def load_texts(language: str) -> Mapping[str, str]:
    """All texts of ``language``. Raises OSError when the installation is damaged."""
    data = (RESOURCES_DIR / "i18n" / f"{language}.json").read_bytes()
    texts: dict[str, str] = json.loads(data)
    return texts


@lru_cache(maxsize=len(LANGUAGES))
def load_emoji(language: str) -> tuple[Emoji, ...]:
    """Those that the window and the viewer page offer, in their order, named in ``language``. Raises OSError."""
    listed: list[dict[str, str]] = json.loads((RESOURCES_DIR / "emoji.json").read_bytes())
    return tuple(Emoji(one["text"], one[language]) for one in listed)


def placeholders(text: str) -> frozenset[str]:
    """Names of the placeholders in ``text``."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


class Translator:
    """Turns message ids into sentences of one language; an unknown language reads as Chinese."""

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self._texts = load_texts(self.language)

    def has(self, message_id: str) -> bool:
        """Whether there is a text for ``message_id``."""
        return message_id in self._texts

    def text(self, message_id: str, **values: object) -> str:
        """The sentence; the id itself when there is none, so that a gap is seen and not a crash."""
        template = self._texts.get(message_id)
        if template is None:
            return message_id
        return template.format_map(_Values(values)) if "{" in template else template
