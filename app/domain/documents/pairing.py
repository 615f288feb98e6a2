"""Which block of a new version was which of the old one. Pure.

Equal blocks are found first: those that are there once on either side, then their neighbours, then the rest in order.
What is left is paired by the two neighbouring characters that it shares (Sørensen–Dice), near its place first and then
anywhere. Pairs that cross others are moves: the lightest set of them is taken, by the length of text. The work grows
with the number of blocks, whatever they say.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.domain.documents.model import Block, BlockKind

NEAR_RATIO = 0.45
HEADING_NEAR_RATIO = 0.3
FAR_RATIO = 0.6
FAR_MIN_CHARS = 10
SAME_FAR_MIN_CHARS = 4
"""A short line that is elsewhere again was written anew rather than moved."""
NEAR_BLOCKS = 3
RARE_FEATURES = 12
RARE_BLOCKS = 6
MAX_FEATURES = 2000
_HEADINGS = {BlockKind.CHAPTER, BlockKind.CLAUSE}


@dataclass(slots=True)
class Pairs:
    """``new_of`` and ``old_of`` are each other's inverse; ``moved`` are the old places of those that cross the rest."""

    new_of: dict[int, int] = field(default_factory=dict)
    old_of: dict[int, int] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)

    def add(self, old_at: int, new_at: int) -> None:
        self.new_of[old_at] = new_at
        self.old_of[new_at] = old_at

    def remove(self, old_at: int) -> None:
        del self.old_of[self.new_of.pop(old_at)]

    def in_order(self) -> list[tuple[int, int]]:
        return sorted((old_at, new_at) for old_at, new_at in self.new_of.items() if old_at not in self.moved)


def same_key(block: Block) -> str:
    """Equal for blocks that say the same in the same way, whatever the number of an item: others may precede it now."""
    return f"{block.kind}{block.level}" + "".join(f"\0{span.is_emphasised:d}{span.text}" for span in block.spans)


def pair(old: Sequence[Block], new: Sequence[Block]) -> Pairs:
    """Pair the blocks of two versions; none is in two pairs."""
    old_keys, new_keys = [same_key(block) for block in old], [same_key(block) for block in new]
    pairs = Pairs()
    weights = [len(block.text) + 1 for block in old]
    _pair_equal(old_keys, new_keys, weights, pairs)
    if len(pairs.new_of) < min(len(old), len(new)):
        likeness = _Likeness(old, new)
        pairs.moved = _crossing(pairs, weights)
        _pair_neighbours(likeness, pairs)
        _pair_near(likeness, pairs)
        _pair_far(likeness, pairs)
    pairs.moved = _crossing(pairs, weights)
    _drop_slight_moves(old, new, old_keys, new_keys, pairs)
    return pairs


def gaps(pairs: Pairs, old_count: int, new_count: int) -> Iterator[tuple[range, range]]:
    """The places between the pairs that are in order, first to last."""
    ends = [(-1, -1), *pairs.in_order(), (old_count, new_count)]
    for (old_begin, new_begin), (old_end, new_end) in pairwise(ends):
        yield range(old_begin + 1, old_end), range(new_begin + 1, new_end)


def _pair_equal(old: Sequence[str], new: Sequence[str], weights: Sequence[int], pairs: Pairs) -> None:
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        pairs.add(head, head)
        head += 1
    tail = 1
    while tail <= min(len(old), len(new)) - head and old[-tail] == new[-tail]:
        pairs.add(len(old) - tail, len(new) - tail)
        tail += 1
    old_counts, new_counts = Counter(old), Counter(new)
    new_places = {key: place for place, key in enumerate(new) if new_counts[key] == 1}
    for place, key in enumerate(old):
        if place not in pairs.new_of and old_counts[key] == 1 and key in new_places:
            pairs.add(place, new_places[key])
    for step in (1, -1):
        for start, partner in sorted(pairs.new_of.items(), reverse=step < 0):
            at, to = start + step, partner + step
            while _is_free(at, to, len(old), len(new), pairs) and old[at] == new[to]:
                pairs.add(at, to)
                at, to = at + step, to + step
    pairs.moved = _crossing(pairs, weights)
    for old_gap, new_gap in list(gaps(pairs, len(old), len(new))):
        places = defaultdict(list)
        for place in new_gap:
            if place not in pairs.old_of:
                places[new[place]].append(place)
        last = -1
        for place in old_gap if places else ():
            found = places.get(old[place], ())
            at = bisect_right(found, last)
            if place not in pairs.new_of and at < len(found):
                last = found[at]
                pairs.add(place, last)


def _is_free(old_at: int, new_at: int, old_count: int, new_count: int, pairs: Pairs) -> bool:
    is_inside = 0 <= old_at < old_count and 0 <= new_at < new_count
    return is_inside and old_at not in pairs.new_of and new_at not in pairs.old_of


def _crossing(pairs: Pairs, block_weights: Sequence[int]) -> set[int]:
    """The old places of the lightest pairs without which all others are in order (heaviest increasing subsequence)."""
    placed = sorted(pairs.new_of.items())
    if all(one[1] < other[1] for one, other in pairwise(placed)):
        return set()
    # What moved together is weighed together.
    runs: list[list[tuple[int, int]]] = []
    for at in placed:
        if runs and (runs[-1][-1][0] + 1, runs[-1][-1][1] + 1) == at:
            runs[-1].append(at)
        else:
            runs.append([at])
    weights = [sum(block_weights[place] for place, _ in run) for run in runs]
    ranks = {begin: rank for rank, begin in enumerate(sorted(run[0][1] for run in runs), 1)}
    best: list[tuple[int, int]] = [(0, -1)] * (len(runs) + 1)  # a Fenwick tree of maxima
    before: list[int] = []
    for number, run in enumerate(runs):
        rank = ranks[run[0][1]]
        weight, last = max(_prefix(best, rank - 1), default=(0, -1))
        before.append(last)
        while rank < len(best):
            best[rank] = max(best[rank], (weight + weights[number], number))
            rank += rank & -rank
    kept, number = set(), max(_prefix(best, len(runs)))[1]
    while number >= 0:
        kept.add(number)
        number = before[number]
    return {place for number, run in enumerate(runs) if number not in kept for place, _ in run}


def _prefix(tree: Sequence[tuple[int, int]], rank: int) -> Iterator[tuple[int, int]]:
    while rank:
        yield tree[rank]
        rank -= rank & -rank


class _Likeness:
    """How much two blocks share, from 0 to 1; what a block is made of is found once."""

    def __init__(self, old: Sequence[Block], new: Sequence[Block]) -> None:
        self.old, self.new = old, new
        self._old_features: dict[int, frozenset[str]] = {}
        self._new_features: dict[int, frozenset[str]] = {}

    def of(self, old_at: int, new_at: int) -> float:
        one, other = self.old_features(old_at), self.new_features(new_at)
        return 2 * len(one & other) / (len(one) + len(other))

    def is_near(self, old_at: int, new_at: int) -> bool:
        one, other = self.old[old_at].kind, self.new[new_at].kind
        if one in _HEADINGS or other in _HEADINGS:
            return one == other and self.of(old_at, new_at) >= HEADING_NEAR_RATIO
        return self.of(old_at, new_at) >= NEAR_RATIO

    def old_features(self, at: int) -> frozenset[str]:
        if at not in self._old_features:
            self._old_features[at] = _features(self.old[at].text)
        return self._old_features[at]

    def new_features(self, at: int) -> frozenset[str]:
        if at not in self._new_features:
            self._new_features[at] = _features(self.new[at].text)
        return self._new_features[at]


def _features(text: str) -> frozenset[str]:
    """Each two neighbouring characters, once; of a very long text those of its begin."""
    begin = text[:MAX_FEATURES]
    return frozenset([*map("".join, pairwise(begin)), begin[:1] or "\0"])


def _pair_neighbours(likeness: _Likeness, pairs: Pairs) -> None:
    """What was changed slightly inside something that moved goes with it."""
    for start in sorted(pairs.moved):
        for step in (1, -1):
            place, partner = start + step, pairs.new_of[start] + step
            while _is_free(place, partner, len(likeness.old), len(likeness.new), pairs) and likeness.is_near(
                place, partner
            ):
                pairs.add(place, partner)
                place, partner = place + step, partner + step


def _pair_near(likeness: _Likeness, pairs: Pairs) -> None:
    """In each gap the next ones that are alike, at most ``NEAR_BLOCKS`` apart."""
    offsets = sorted(
        ((one, other) for one in range(NEAR_BLOCKS + 1) for other in range(NEAR_BLOCKS + 1)),
        key=lambda both: (sum(both), abs(both[0] - both[1])),
    )
    for old_gap, new_gap in list(gaps(pairs, len(likeness.old), len(likeness.new))):
        olds = [place for place in old_gap if place not in pairs.new_of]
        news = [place for place in new_gap if place not in pairs.old_of]
        one = other = 0
        while one < len(olds) and other < len(news):
            for skip_old, skip_new in offsets:
                if (
                    one + skip_old < len(olds)
                    and other + skip_new < len(news)
                    and likeness.is_near(olds[one + skip_old], news[other + skip_new])
                ):
                    one, other = one + skip_old, other + skip_new
                    pairs.add(olds[one], news[other])
                    break
            one, other = one + 1, other + 1


def _pair_far(likeness: _Likeness, pairs: Pairs) -> None:
    """Blocks that share what few have, wherever they are; the most alike first."""
    olds = [place for place in range(len(likeness.old)) if place not in pairs.new_of]
    news = [place for place in range(len(likeness.new)) if place not in pairs.old_of]
    places = defaultdict(list)
    for place in news if olds else ():
        if len(likeness.new[place].text) >= FAR_MIN_CHARS:
            for feature in likeness.new_features(place):
                places[feature].append(place)
    candidates = []
    for place in olds if places else ():
        if len(likeness.old[place].text) < FAR_MIN_CHARS:
            continue
        known = sorted((len(places[feature]), feature) for feature in likeness.old_features(place) if feature in places)
        votes = Counter(
            other for count, feature in known[:RARE_FEATURES] if count <= RARE_BLOCKS for other in places[feature]
        )
        for other, _ in votes.most_common(2):
            ratio = likeness.of(place, other)
            if ratio >= FAR_RATIO and likeness.is_near(place, other):
                candidates.append((-ratio, abs(place - other), place, other))
    for _, _, place, other in sorted(candidates):
        if place not in pairs.new_of and other not in pairs.old_of:
            pairs.add(place, other)


def _drop_slight_moves(
    old: Sequence[Block], new: Sequence[Block], old_keys: Sequence[str], new_keys: Sequence[str], pairs: Pairs
) -> None:
    for place in sorted(pairs.moved):
        partner = pairs.new_of[place]
        is_same = old_keys[place] == new_keys[partner]
        least = SAME_FAR_MIN_CHARS if is_same else FAR_MIN_CHARS
        chars = min(len(old[place].text), len(new[partner].text))
        is_alone = not any(
            place + step in pairs.moved and pairs.new_of[place + step] == partner + step for step in (-1, 1)
        )
        if chars < least and is_alone and old[place].kind not in _HEADINGS:
            pairs.remove(place)
            pairs.moved.discard(place)
