"""Texts of the pages and the choice of their language. Pure after the first load; any thread."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from server.messages import language_of

LANGUAGES = ("zh", "en")
COOKIE = "ad_lang"
HTML_NAMES = {"zh": "zh-CN", "en": "en"}
_FOLDER = Path(__file__).parent / "texts"
_FOR_SCRIPTS = "page."
"""Texts with this prefix are the server's alone; all others go to the scripts too."""


@lru_cache(maxsize=8)
def load_texts(language: str, folder: Path = _FOLDER) -> Mapping[str, str]:
    """All texts of ``language``, by id. Raises OSError when the installation is damaged."""
    texts: dict[str, str] = json.loads((folder / f"{language}.json").read_bytes())
    return texts


@lru_cache(maxsize=len(LANGUAGES))
def texts_for_scripts(language: str) -> Mapping[str, str]:
    """What the scripts of a page say."""
    return {key: text for key, text in load_texts(language).items() if not key.startswith(_FOR_SCRIPTS)}


def choose_language(asked: str | None, remembered: str | None, accept_language: str) -> str:
    """``zh`` or ``en``: what the address asks for, else what was chosen before, else the browser's preference."""
    for wish in (asked, remembered):
        if wish in LANGUAGES:
            return wish
    return language_of(accept_language)


class Texts:
    """Sentences of one language, for templates."""

    def __init__(self, language: str, folder: Path = _FOLDER) -> None:
        self.language = language
        self._texts = load_texts(language, folder)

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._texts

    def __call__(self, message_id: str, **values: object) -> str:
        """The text. Raises KeyError for an unknown id or a placeholder without a value: both are our mistakes."""
        return self._texts[message_id].format(**values)
