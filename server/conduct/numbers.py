"""Telephone numbers and other runs of digits, however they are written. Pure; any thread."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from server.conduct.folding import Stream
from server.conduct.lexicon import Hit
from server.conduct.packs import Tables
from server.conduct.sounds import Sounds

_MOBILE_DIGITS = 11
_MAX_LANDLINE_DIGITS = 12
_MOBILE = re.compile(r"1[3-9]\d{9}")
_SERVICE_GROUPS = ((10,), (3, 7), (3, 3, 4), (3, 4, 3), (4, 3, 3), (3, 1, 3, 3), (1,) * 10)
_AREA = re.compile(r"(010|02\d|0[3-9]\d\d)(\d{7,8})")
_SAME = "~"  # goes on with the word of the digit before
_DIGIT = re.compile("[0-9]")
_MAX_GAP_CHARS = 8
_MAX_RUN_DIGITS = 400
_MAX_LINKS = 3
_MIN_TRUE_DIGITS = 4
_MIN_WORD_LETTERS = 3
MIN_DIGITS, MAX_DIGITS = 5, 12
"""Lengths of what may be an account or a group."""


@dataclass(frozen=True, slots=True)
class Run:
    """Digits one after another. ``groups`` are the indexes at which one begins after a gap."""

    digits: str
    hits: list[Hit]
    groups: list[int]

    def hit(self, first: int, last: int) -> Hit:
        return self.hits[first][0], self.hits[last][1]


class Numbers:
    """Invariant: only reads after it was made."""

    def __init__(self, tables: Tables, sounds: Sounds) -> None:
        self._tables = tables
        self._sounds = sounds
        self._links = sorted(tables.digit_links, key=len, reverse=True)
        words = sorted(tables.digit_words, key=len, reverse=True)
        self._words = re.compile(f"(?:{'|'.join(map(re.escape, words))})")
        self._link_starts = {link[0] for link in self._links}

    def hits(self, stream: Stream) -> dict[str, list[Hit]]:
        """``#phone``, ``#landline`` and ``#digits`` (5 to 12)."""
        plain = [char if char.isascii() and char.isdigit() else "" for char in stream.text]
        spoken = [digit or self._tables.numerals.get(char, "") for digit, char in zip(plain, stream.text, strict=True)]
        phones: set[Hit] = set()
        landlines: set[Hit] = set()
        runs: set[Hit] = set()
        for values in (plain, spoken) if plain != spoken else (plain,):
            for run in self._runs(stream, values):
                phones |= set(_mobiles(run))
                landlines |= set(_landlines(run))
                runs |= set(_accounts(run))
        for values in (self._lookalike(stream, plain), self._heard(stream, spoken)):
            if sum(map(bool, values)) < _MOBILE_DIGITS:
                continue
            for run in self._runs(stream, values):
                phones |= set(_mobiles(run))
        return {"#phone": sorted(phones), "#landline": sorted(landlines), "#digits": sorted(runs)}

    def _runs(self, stream: Stream, values: list[str]) -> list[Run]:
        runs: list[Run] = []
        size = len(values)
        line = "".join([value or " " for value in values])
        index = 0
        while match := _DIGIT.search(line, index):
            index = match.start()
            digits: list[str] = []
            hits: list[Hit] = []
            groups: list[int] = []
            following: int | None = index
            while following is not None and len(digits) < _MAX_RUN_DIGITS:
                if not digits or stream.gaps[following] or following != index:
                    groups.append(len(digits))
                digits.append(values[following])
                index = following + 1
                while index < size and values[index] == _SAME:
                    index += 1
                hits.append((following, index))
                following = self._next(stream, values, index)
            if len(digits) >= MIN_DIGITS:
                runs.append(Run("".join(digits), hits, groups))
        return runs

    def _next(self, stream: Stream, values: list[str], index: int) -> int | None:
        """Where the number goes on, if it does."""
        if index >= len(values):
            return None
        if values[index]:
            return index if len(stream.gap_text(index)) <= _MAX_GAP_CHARS else None
        for _ in range(_MAX_LINKS):
            link = self._link_at(stream.text, index)
            index += len(link)
            if not link or index >= len(values):
                return None
            if values[index]:
                return index
        return None

    def _link_at(self, text: str, index: int) -> str:
        """The longest word for going on that stands there; empty when there is none."""
        if text[index] not in self._link_starts:
            return ""
        return next((link for link in self._links if text.startswith(link, index)), "")

    def _lookalike(self, stream: Stream, plain: list[str]) -> list[str]:
        """With letters as digits in pieces that are all digits and such letters, with enough true digits."""
        values = [""] * len(plain)
        letters = self._tables.digit_letters
        index, size = 0, len(plain)
        while index < size:
            start = index
            while index < size and (plain[index] or stream.text[index] in letters):
                index += 1
            if index == start:
                index += 1
            elif sum(1 for digit in plain[start:index] if digit) >= _MIN_TRUE_DIGITS:
                values[start:index] = [plain[i] or letters[stream.text[i]] for i in range(start, index)]
                for first, end in _words_in(stream, start, index):
                    # ISO 9001: a word of its own beside a number is no part of it.
                    values[first:end] = [""] * (end - first)
        return values

    def _heard(self, stream: Stream, spoken: list[str]) -> list[str]:
        sounds = self._tables.digit_sounds
        values = [
            digit or sounds.get(self._sounds.syllable(char), "")
            for digit, char in zip(spoken, stream.text, strict=True)
        ]
        for match in self._words.finditer(stream.text):
            values[match.start()] = self._tables.digit_words[match[0]]
            values[match.start() + 1 : match.end()] = [_SAME] * (len(match[0]) - 1)
        return values


def _words_in(stream: Stream, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Pieces of several different letters and no digit, with a gap before."""
    first = start
    for index in range(start + 1, end + 1):
        if index == end or stream.gaps[index]:
            piece = stream.text[first:index]
            if piece.isalpha() and len(set(piece)) >= _MIN_WORD_LETTERS and (first == 0 or stream.gaps[first]):
                yield first, index
            first = index


def _mobiles(run: Run) -> list[Hit]:
    """Eleven digits from the start of one group to the end of another, with +86 or without."""
    found: list[Hit] = []
    edges = {*run.groups, len(run.digits)}
    for start in run.groups:
        for prefix in ("", "86", "086", "0086", "0"):
            first = start + len(prefix)
            end = first + _MOBILE_DIGITS
            if end in edges and run.digits.startswith(prefix, start) and _MOBILE.fullmatch(run.digits, first, end):
                inner = [group - first for group in range(first + 1, end) if group in edges]
                if not _is_table(run.digits[first:end], [0, *inner]):
                    found.append(run.hit(start, end - 1))
                break
    return found


def _is_table(digits: str, groups: list[int]) -> bool:
    """Several figures and no number: round ones (1500, 1800, 200) or years (1998.09-2002.7)."""
    pieces = [digits[a:b] for a, b in zip(groups, [*groups[1:], len(digits)], strict=True)]
    if len(pieces) < 2:
        return False
    if all(len(piece) >= 3 and piece.endswith("00") for piece in pieces):
        return True
    return sum(1 for piece in pieces if re.fullmatch(r"(19[5-9]|20[0-4])\d", piece)) >= 2


def _landlines(run: Run) -> list[Hit]:
    found: list[Hit] = []
    edges = [*run.groups, len(run.digits)]
    for position, start in enumerate(run.groups):
        near = edges[position : position + _MAX_LANDLINE_DIGITS + 1]
        sizes = tuple(b - a for a, b in itertools.pairwise(near))
        for shape in _SERVICE_GROUPS:
            if run.digits.startswith(("400", "800"), start) and sizes[: len(shape)] == shape:
                found.append(run.hit(start, start + 9))
                break
        if run.digits[start : start + 1] != "0":
            continue
        for end in near[1:]:
            area = _AREA.fullmatch(run.digits, start, end)
            if area and (sizes[0] in (1, len(area[1])) or sizes[0] >= 10):
                found.append(run.hit(start, end - 1))
    return found


def _accounts(run: Run) -> list[Hit]:
    if MIN_DIGITS <= len(run.digits) <= MAX_DIGITS:
        return [run.hit(0, len(run.digits) - 1)]
    found = []
    for start, end in zip(run.groups, [*run.groups[1:], len(run.digits)], strict=True):
        if MIN_DIGITS <= end - start <= MAX_DIGITS:
            found.append(run.hit(start, end - 1))
    return found
