"""Whether what a person wrote may be shown, and which words of it may not.

Introduction, nickname, signature, session title, the name of an organisation and chat go through it. What is looked
for is data: ``resources/rules`` (see ``packs``). One checker serves all threads; making one takes about 0.3 s, so
the service makes it once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from server.conduct.addresses import Addresses
from server.conduct.folding import Folder, Stream
from server.conduct.lexicon import Lexicon
from server.conduct.matching import RuleMatcher
from server.conduct.numbers import Numbers
from server.conduct.packs import LINKS_CLASS, Label, Place, Rules, read_rules
from server.conduct.prices import price_hits
from server.conduct.sounds import Sounds

__all__ = ["RULES_FOLDER", "Checker", "Finding", "Label", "Place", "strongest"]

RULES_FOLDER = Path(__file__).resolve().parents[2] / "resources" / "rules"
_STRENGTH = (Label.PROHIBITED, Label.IMPERSONATION, Label.RECRUIT, Label.ADVERT, Label.CONTACT)
_UNSEEN = "\u200b"
_ASIDE_REACH_CHARS = 20
_ASIDE = re.compile(r"[(（\[【<《{「『][^()（）\[\]【】<>《》{}「」『』]{1,4}[)）\]】>》}」』]")


@dataclass(frozen=True, slots=True)
class Finding:
    """Offending words: code points ``start`` to ``end`` (exclusive) of the text as it was given."""

    start: int
    end: int
    label: Label
    category: int
    """Conduct category, 1 to 9."""
    rule_id: str


def strongest(findings: tuple[Finding, ...]) -> Label | None:
    """The label that stands for a whole text: what it is about outweighs the contact that it names."""
    return min((finding.label for finding in findings), key=_STRENGTH.index, default=None)


class Checker:
    """Invariant: only reads after it was made; safe for threads."""

    def __init__(self, rules: Rules) -> None:
        sounds = Sounds()
        self._folder = Folder(rules.tables)
        self._sounds = sounds
        self._lexicon = Lexicon(rules.classes, self._folder, sounds, rules.tables.splits)
        self._numbers = Numbers(rules.tables, sounds)
        self._addresses = Addresses(rules.tables)
        links = {self._folder.word(word) for word in rules.classes[LINKS_CLASS].words}
        self._matchers = [RuleMatcher(rule, links) for rule in rules.rules]

    @classmethod
    def from_folder(cls, folder: Path) -> Checker:
        """By the rules of a folder. Raises StorageError (rules_unreadable)."""
        return cls(read_rules(folder))

    def check(self, text: str, place: Place) -> tuple[Finding, ...]:
        """What offends, sorted by place, without overlaps of one label. Never raises; time grows with the length.

        2,000 characters take a few milliseconds; callers refuse longer texts than their field takes.
        """
        stream = self._folder.fold(text)
        found = self._found(stream, place)
        for start, end in _around_asides(text):
            # An aside put into a word to part it, 微（小）信: read that part without asides too.
            part = _ASIDE.sub(lambda aside: _UNSEEN * len(aside[0]), text[start:end])
            found += [
                Finding(start + one.start, start + one.end, one.label, one.category, one.rule_id)
                for one in self._found(self._folder.fold(part), place)
            ]
        return _merged(stream, found)

    def has_any(self, text: str, words: Iterable[str]) -> bool:
        """Whether one of somebody's own words is in it, however it is written: folded, parted by spaces and signs, or
        (two Chinese characters and more) in others that sound the same."""
        stream = self._folder.fold(text)
        heard = ""
        for word in words:
            wanted = self._folder.fold(word).text
            if not wanted:
                continue
            if wanted in stream.text:
                return True
            if len(wanted) > 1 and all(_is_chinese(char) for char in wanted):
                heard = heard or self._sounds.coded(stream.text)
                if self._sounds.coded(wanted) in heard:
                    return True
        return False

    def _found(self, stream: Stream, place: Place) -> list[Finding]:
        hits = self._lexicon.hits(stream) | self._numbers.hits(stream) | self._addresses.hits(stream)
        hits |= price_hits(stream)
        present = {name for name, some in hits.items() if some}
        found: set[Finding] = set()
        for matcher in self._matchers:
            if not matcher.may_match(present):
                continue
            rule = matcher.rule
            for chain in matcher.matches(stream, hits, place):
                for start, end in chain:
                    found.add(Finding(stream.starts[start], stream.ends[end - 1], rule.label, rule.category, rule.id))
        return sorted(found, key=lambda one: (one.start, -one.end, one.rule_id))


def _is_chinese(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def _around_asides(text: str) -> list[tuple[int, int]]:
    """The parts of a text in which an aside may part a word, without overlaps."""
    parts: list[tuple[int, int]] = []
    for aside in _ASIDE.finditer(text):
        start, end = max(0, aside.start() - _ASIDE_REACH_CHARS), min(len(text), aside.end() + _ASIDE_REACH_CHARS)
        if parts and start <= parts[-1][1]:
            start = parts.pop()[0]
        parts.append((start, end))
    return parts


def _merged(stream: Stream, found: list[Finding]) -> tuple[Finding, ...]:
    """Those of one label that overlap or have no content between them made one, named after the first rule."""
    content = [False] * (len(stream.raw) + 1)
    for start in stream.starts:
        content[start] = True
    merged: list[Finding] = []
    for label in Label:
        open_one: Finding | None = None
        for one in sorted((f for f in found if f.label is label), key=lambda f: (f.start, -f.end, f.rule_id)):
            if open_one is not None and (one.start <= open_one.end or not any(content[open_one.end : one.start])):
                end = max(open_one.end, one.end)
                open_one = Finding(open_one.start, end, label, open_one.category, open_one.rule_id)
                continue
            if open_one is not None:
                merged.append(open_one)
            open_one = one
        if open_one is not None:
            merged.append(open_one)
    return tuple(sorted(merged, key=lambda f: (f.start, f.end, _STRENGTH.index(f.label))))
