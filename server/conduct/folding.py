"""Writing, folded to what is meant, with the way back to where it stood. Pure; any thread.

Full width, case, accents, circles, look-alike letters, traditional characters and emoji that are read as words are
folded away; spaces, symbols and what cannot be seen drop out and leave a gap of a kind.
"""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

from server.conduct.packs import Tables


class Gap(enum.IntEnum):
    """What stood before a character."""

    NONE = 0
    LIGHT = 1
    """Spaces, symbols, emoji: what is put into a word to hide it."""
    COMMA = 2
    SENTENCE = 3


_COMMAS = frozenset(",，、;；")
_SENTENCE_ENDS = frozenset("。！？!?\n\r\u2028\u2029\u0085")
_UNSEEN = frozenset({"Mn", "Me", "Mc", "Cf", "Cc", "Cs", "Co", "Cn"})
_MONEY = frozenset("¥￥")
_HEARTS = frozenset("❤♥♡")
_AFTER_HEART = frozenset("信芯xX")
_PLUS = frozenset("+＋﹢⁺")
_PLUS_TARGETS = frozenset("vwq微薇威卫徽维我扣企群好")
_IN_CONTEXT = _PLUS | _MONEY | _HEARTS
_CACHED_CHARS = 65536


@dataclass(frozen=True, slots=True)
class Stream:
    """Invariant: all but ``raw`` have one entry for each character of ``text``.

    ``text`` has letters, digits and Chinese characters only. ``starts`` and ``ends`` are code points of ``raw``;
    ``gaps`` is what stood before the character; ``sentences`` counts sentence ends
    before it, ``clauses`` commas too.
    """

    raw: str
    text: str
    starts: list[int]
    ends: list[int]
    gaps: list[Gap]
    sentences: list[int]
    clauses: list[int]

    def gap_text(self, index: int) -> str:
        """What was written between character ``index - 1`` and ``index``; both must exist."""
        return self.raw[self.ends[index - 1] : self.starts[index]]


class Folder:
    """Invariant: only reads after it was made; its cache is safe for threads."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._simplify = OpenCC("t2s")
        self._folded = lru_cache(_CACHED_CHARS)(self._fold)

    def fold(self, text: str) -> Stream:
        """The stream of a text; characters that are no content become gaps."""
        chars: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        gaps: list[Gap] = []
        sentences: list[int] = []
        clauses: list[int] = []
        gap, sentence, clause = Gap.NONE, 0, 0
        for index, char in enumerate(text):
            content, kind = self._folded(char)
            if char in _IN_CONTEXT:
                content = self._in_context(text, index, content)
            if not content:
                gap = max(gap, kind)
                sentence += kind is Gap.SENTENCE
                clause += kind >= Gap.COMMA
                continue
            for one in content:
                chars.append(one)
                starts.append(index)
                ends.append(index + 1)
                gaps.append(gap)
                sentences.append(sentence)
                clauses.append(clause)
                gap = Gap.NONE
        return Stream(text, "".join(chars), starts, ends, gaps, sentences, clauses)

    def word(self, word: str) -> str:
        """A word of a rule, folded as texts are."""
        return "".join(self._folded(char)[0] for char in word)

    def _in_context(self, text: str, index: int, content: str) -> str:
        """What + ¥ and a heart mean depends on what follows: +V, ¥99, 微❤ but 微❤信 and 138❤0013."""
        char = text[index]
        following = text[index + 1 : index + 3]
        if char in _HEARTS:
            after = following.lstrip("\ufe0f")[:1]
            return "" if after in _AFTER_HEART or after.isdigit() else content
        if char in _MONEY:
            return "元" if following.lstrip()[:1].isdigit() else ""
        return "加" if self._is_asking_plus(text, index) else ""

    def _is_asking_plus(self, text: str, index: int) -> bool:
        """Whether a + is read 加: +V, +我; not C++, A+, 5+ 年."""
        before = text[index - 1] if index else " "
        if before in _PLUS or (before.isascii() and before.isalnum()):
            return False
        for char in text[index + 1 : index + 6]:
            content = self._folded(char)[0]
            if content:
                return content[0] in _PLUS_TARGETS
            if char in _PLUS:
                return False
        return False

    def _fold(self, char: str) -> tuple[str, Gap]:
        if char in self._tables.pictures:
            return self._tables.pictures[char], Gap.LIGHT
        if char in _SENTENCE_ENDS:
            return "", Gap.SENTENCE
        if char in _COMMAS:
            return "", Gap.COMMA
        code = ord(char)
        if 0x1F1E6 <= code <= 0x1F1FF:  # regional letters
            return chr(code - 0x1F1E6 + ord("a")), Gap.NONE
        for first in (0x1F150, 0x1F170):  # white letters in black circles and squares
            if first <= code < first + 26:
                return chr(code - first + ord("a")), Gap.NONE
        content = ""
        for one in unicodedata.normalize("NFKD", char):
            low = one.lower()
            low = self._tables.lookalikes.get(low, low)
            digit = unicodedata.digit(low, None) if not low.isalpha() else None
            if digit is not None:
                content += str(digit)
            elif low and all(c.isalpha() or unicodedata.category(c) == "Nl" for c in low):
                content += self._simplify.convert(low) if low > "\u2e7f" else low
        if content:
            return content, Gap.NONE
        return "", Gap.NONE if unicodedata.category(char) in _UNSEEN else Gap.LIGHT
