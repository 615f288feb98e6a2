"""How Chinese characters sound, without tones. The dictionary is loaded with the first checker."""

from __future__ import annotations

import os
from functools import lru_cache

_FIRST_CODE = 0xE000  # private use: never content of a text
_CACHED_CHARS = 32768
_HEARD_ALIKE = (("ing", "in"), ("eng", "en"))


class Sounds:
    """A code for each syllable, so that a sound is a string as writing is. Only reads; any thread.

    -ing and -eng count as -in and -en: many speakers, and all who hide 微信 in 卫星, do not tell them apart.
    """

    def __init__(self) -> None:
        # Characters only: the dictionary of phrases would cost another 0.1 s and 45 MB, and one character is never
        # a phrase.
        os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
        from pypinyin.contrib.tone_convert import to_normal
        from pypinyin.pinyin_dict import pinyin_dict

        self._readings: dict[int, str] = pinyin_dict
        self._codes: dict[str, str] = {}
        # The toned readings are few (1,400); normalising each of 42,000 characters would take 0.4 s.
        self._plain = {r: str(to_normal(r)) for r in {r.split(",")[0] for r in pinyin_dict.values()}}
        for reading in sorted(set(self._plain.values())):
            self._codes.setdefault(self._alike(reading), chr(_FIRST_CODE + len(self._codes)))
        self.syllable = lru_cache(_CACHED_CHARS)(self._syllable)
        self.code = lru_cache(_CACHED_CHARS)(self._code)

    def coded(self, text: str) -> str:
        """As long as the text: its syllables' codes; what is not Chinese stays."""
        return "".join([self.code(char) for char in text])

    def _code(self, char: str) -> str:
        syllable = self.syllable(char)
        return self._codes[self._alike(syllable)] if syllable else char

    def _syllable(self, char: str) -> str:
        """Such as ``xin``; empty for what is not Chinese."""
        return self._first(ord(char)) if ord(char) in self._readings else ""

    def _first(self, code: int) -> str:
        return self._plain[self._readings[code].split(",")[0]]

    def _alike(self, syllable: str) -> str:
        for ending, heard in _HEARD_ALIKE:
            if syllable.endswith(ending):
                return syllable.removesuffix(ending) + heard
        return syllable
