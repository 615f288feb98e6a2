"""What a rule finds among the hits of a text. Pure; any thread."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Set

from server.conduct.folding import Gap, Stream
from server.conduct.lexicon import Hit
from server.conduct.packs import Between, Place, Rule

Hits = Mapping[str, list[Hit]]


class RuleMatcher:
    """One rule. Invariant: only reads; the work is bounded by hits times ``gap``."""

    def __init__(self, rule: Rule, links: Iterable[str]) -> None:
        self.rule = rule
        words = sorted(links, key=len, reverse=True)
        # Possessive, so that it never tries a second way: the text between is short anyhow.
        self._links = re.compile("(?:" + "|".join(re.escape(word) for word in words) + ")*+")
        self._parts = [part.split("|") for part in rule.parts]
        self._needed = [frozenset(part) for part in self._parts]
        self._orders = list(itertools.permutations(self._parts)) if rule.any_order else [tuple(self._parts)]

    def may_match(self, present: Set[str]) -> bool:
        """Whether each part has a hit at all; ``present``: the classes that have some. Nearly always it has not."""
        return not any(map(present.isdisjoint, self._needed))

    def matches(self, stream: Stream, hits: Hits, place: Place) -> Iterator[tuple[Hit, ...]]:
        """The hits of the parts, for each time that the rule holds; only of one that ``may_match``."""
        rule = self.rule
        if rule.places and place not in rule.places:
            return
        for order in self._orders:
            parts = [_merged(names, hits) for names in order]
            for first in parts[0]:
                if rule.at_start and first[0] > 0:
                    break
                for chain in self._chains(stream, parts, (first,)):
                    if self._holds(stream, hits, chain):
                        yield chain
                        break

    def _chains(self, stream: Stream, parts: list[list[Hit]], chain: tuple[Hit, ...]) -> Iterator[tuple[Hit, ...]]:
        if len(chain) == len(parts):
            yield chain
            return
        end = chain[-1][1]
        found = parts[len(chain)]
        for index in range(bisect_left(found, (end, 0)), len(found)):
            start = found[index][0]
            if start - end > self.rule.gap:
                return
            if not self.rule.crosses and stream.sentences[start] != stream.sentences[end - 1]:
                return
            if self.rule.between is Between.LINKS and not self._links.fullmatch(stream.text, end, start):
                continue
            if self.rule.joined and max(stream.gaps[end : start + 1]) >= Gap.COMMA:
                continue
            yield from self._chains(stream, parts, (*chain, found[index]))

    def _holds(self, stream: Stream, hits: Hits, chain: tuple[Hit, ...]) -> bool:
        rule = self.rule
        start, end = chain[0][0], chain[-1][1]
        if any(_is_near(hits, name, start - rule.reach, start, start, stream.clauses) for name in rule.unless_before):
            return False
        if any(_is_near(hits, name, end, end + rule.reach, end - 1, stream.sentences) for name in rule.unless_after):
            return False
        low, high = start - rule.reach, end + rule.reach
        if any(_is_near(hits, name, low, high, start, stream.sentences) for name in rule.unless_near):
            return False
        needed = [name for part in rule.needs_near for name in part.split("|")]
        return not needed or any(_is_near(hits, name, low, high, start, stream.sentences) for name in needed)


def _is_near(hits: Hits, name: str, low: int, high: int, anchor: int, spans: list[int]) -> bool:
    """Whether a hit of a class lies in these bounds and in the same span (sentence or clause) as ``anchor``."""
    found = hits.get(name, [])
    for index in range(bisect_left(found, (low, 0)), len(found)):
        start, end = found[index]
        if start >= high:
            return False
        if end <= high and spans[start] == spans[anchor]:
            return True
    return False


def _merged(names: list[str], hits: Hits) -> list[Hit]:
    if len(names) == 1:
        return hits.get(names[0], [])
    return sorted({hit for name in names for hit in hits.get(name, ())})
