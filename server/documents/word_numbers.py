"""The numbers that Word shows before paragraphs: not in the text, but counted by its list definitions. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_HAN = "零一二三四五六七八九"
_CHINESE = frozenset({
    "chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting",
    "taiwaneseCountingThousand", "ideographTraditional", "koreanCounting", "japaneseLegal", "chineseLegalSimplified",
})  # fmt: skip
MAX_STEPS = 64
"""Styles that are based on one another, in a file that somebody made to turn in circles."""


@dataclass(frozen=True, slots=True)
class Level:
    format: str = "decimal"
    text: str = "%1."
    start: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether its label is a number of its own: 1. or （1）"""
        return (
            self.format == "decimal"
            and len(_PLACE.findall(self.text)) == 1
            and not re.search(r"[\u4e00-\u9fff]", self.text)
        )


@dataclass(slots=True)
class Numbers:
    """Counts the lists of one file, in the order of its paragraphs."""

    levels: dict[tuple[str, int], Level] = field(default_factory=dict)
    """By abstract list and level, from 0."""
    abstract_of: dict[str, str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    """A list that begins anew, by its id and level."""
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Any) -> Numbers:
        """``root``: the numbering part, or None when there is none."""
        made = cls()
        if root is None:
            return made
        for abstract in root.iter(f"{_W}abstractNum"):
            name = abstract.get(f"{_W}abstractNumId", "")
            for level in abstract.iter(f"{_W}lvl"):
                at = _whole(level.get(f"{_W}ilvl"), 0)
                made.levels[name, at] = Level(
                    _value(level, "numFmt") or "decimal",
                    _value(level, "lvlText") or "",
                    _whole(_value(level, "start"), 1),
                )
        for num in root.iter(f"{_W}num"):
            name = num.get(f"{_W}numId", "")
            made.abstract_of[name] = _value(num, "abstractNumId") or ""
            for override in num.iter(f"{_W}lvlOverride"):
                start = _value(override, "startOverride")
                if start is not None:
                    made.starts[name, _whole(override.get(f"{_W}ilvl"), 0)] = _whole(start, 1)
        return made

    def next(self, num_id: str, at: int) -> tuple[str, Level, int] | None:
        """Label, level and number of the next paragraph of this list; None when it is none, or has a bullet."""
        abstract = self.abstract_of.get(num_id)
        level = self.levels.get((abstract or "", at))
        if abstract is None or level is None:
            return None
        restart = self.starts.get((num_id, at))
        if restart is not None and (num_id, at) not in self._begun:
            self._counts[abstract, at] = restart
        else:
            self._counts[abstract, at] = self._counts.get((abstract, at), level.start - 1) + 1
        self._begun.add((num_id, at))
        for deeper in range(at + 1, 9):
            self._counts.pop((abstract, deeper), None)
        if level.format in {"bullet", "none"}:
            return None
        label = _PLACE.sub(lambda found: self._shown(abstract, int(found[1]) - 1), level.text)
        return label.strip(), level, self._counts[abstract, at]

    def items_above(self, num_id: str, at: int) -> int:
        """How many of the levels above number items too."""
        abstract = self.abstract_of.get(num_id, "")
        above = (self.levels.get((abstract, one)) for one in range(at))
        return sum(level is not None and level.is_plain for level in above)

    def _shown(self, abstract: str, at: int) -> str:
        level = self.levels.get((abstract, at), Level())
        return shown(self._counts.get((abstract, at), level.start), level.format)


def shown(number: int, style: str) -> str:
    """A number as the format writes it."""
    if style in _CHINESE and 0 < number < 100:
        tens, ones = divmod(number, 10)
        head = "" if tens == 0 else "十" if tens == 1 else f"{_HAN[tens]}十"
        return head + (_HAN[ones] if ones else "")
    if style in {"lowerLetter", "upperLetter"} and 0 < number <= 26:
        return chr((97 if style == "lowerLetter" else 65) + number - 1)
    if style == "decimalEnclosedCircle" and 0 < number <= 20:
        return chr(0x2460 + number - 1)
    if style in {"lowerRoman", "upperRoman"} and 0 < number < 40:
        text = "x" * (number // 10) + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[number % 10]
        return text if style == "lowerRoman" else text.upper()
    return str(number)


def _value(parent: Any, name: str) -> str | None:
    found = parent.find(f"{_W}{name}")
    value: str | None = found.get(f"{_W}val") if found is not None else None
    return value


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 4 else otherwise
