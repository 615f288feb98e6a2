"""How two versions of a document differ, for a reader: block by block in the new order, word by word inside. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.documents.model import Block, BlockKind, Document
from app.domain.documents.pairing import Pairs, gaps, pair, same_key
from app.domain.documents.words import Budget, Run, word_runs


class ChangeKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Entry:
    """One block to show. Old and new places are indices into the blocks of the two versions.

    SAME, CHANGED and MOVED have both, ADDED only the new and REMOVED only the old one. ``runs`` lead from the old text
    to the new one: of what is CHANGED, and of what is MOVED and was changed on the way; one EQUAL run says that only
    the emphasis, the kind or the depth was changed. An item's number is not compared: others may have come before it.
    """

    kind: ChangeKind
    old_index: int | None
    new_index: int | None
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """What happened to a clause, or to a chapter outside its clauses: a line of the list of changes.

    ADDED, REMOVED and MOVED are said of the title itself; a clause that keeps its title is CHANGED. ``title`` is empty
    for what precedes all titles. ``entry_index`` is the first of its ``entry_count`` changed entries.
    """

    kind: ChangeKind
    chapter: str
    title: str
    entry_index: int
    entry_count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``entries`` are in the order of the new version; what was removed stands where it was.

    The new places of all that have one are 0, 1, 2 … in this order. So are the old places, but for what is MOVED: it
    stands where it is now.
    """

    entries: tuple[Entry, ...]
    clauses: tuple[ClauseChange, ...]
    added_count: int = 0
    removed_count: int = 0
    changed_count: int = 0
    moved_count: int = 0

    @property
    def is_same(self) -> bool:
        return not self.clauses


def compare(old: Document, new: Document) -> Comparison:
    """Compare two versions. The work is bounded: texts that have nothing in common are told as a whole."""
    pairs = pair(old.blocks, new.blocks)
    entries = tuple(_entries(old.blocks, new.blocks, pairs))
    counts = dict.fromkeys(ChangeKind, 0)
    for entry in entries:
        counts[entry.kind] += 1
    return Comparison(
        entries,
        _clauses(old.blocks, new.blocks, pairs, entries),
        counts[ChangeKind.ADDED],
        counts[ChangeKind.REMOVED],
        counts[ChangeKind.CHANGED],
        counts[ChangeKind.MOVED],
    )


def _entries(old: Sequence[Block], new: Sequence[Block], pairs: Pairs) -> Iterator[Entry]:
    budget = Budget()

    def paired(kind: ChangeKind, old_at: int, new_at: int) -> Entry:
        one, other = old[old_at], new[new_at]
        if same_key(one) == same_key(other):
            return Entry(kind, old_at, new_at)
        runs = word_runs(one.text, other.text, budget)
        return Entry(ChangeKind.CHANGED if kind is ChangeKind.SAME else kind, old_at, new_at, runs)

    for old_gap, new_gap in gaps(pairs, len(old), len(new)):
        for place in old_gap:
            if place not in pairs.new_of:
                yield Entry(ChangeKind.REMOVED, place, None)
        for place in new_gap:
            if place in pairs.old_of:
                yield paired(ChangeKind.MOVED, pairs.old_of[place], place)
            else:
                yield Entry(ChangeKind.ADDED, None, place)
        if old_gap.stop < len(old) and new_gap.stop < len(new):
            yield paired(ChangeKind.SAME, old_gap.stop, new_gap.stop)


def _clauses(
    old: Sequence[Block], new: Sequence[Block], pairs: Pairs, entries: Sequence[Entry]
) -> tuple[ClauseChange, ...]:
    old_heads, new_heads = _heads(old), _heads(new)
    found: dict[tuple[bool, int], list[int]] = {}
    for number, entry in enumerate(entries):
        if entry.kind is ChangeKind.SAME:
            continue
        if entry.new_index is not None:
            head = (True, new_heads[entry.new_index][1])
        else:
            assert entry.old_index is not None
            place = old_heads[entry.old_index][1]
            partner = pairs.new_of.get(place, -1) if place >= 0 else -1
            head = (True, partner) if partner >= 0 or place < 0 else (False, place)
        found.setdefault(head, []).append(number)
    clauses = []
    for (is_new, place), numbers in found.items():
        blocks, heads = (new, new_heads) if is_new else (old, old_heads)
        kind = ChangeKind.CHANGED
        for number in numbers:
            entry = entries[number]
            if place >= 0 and place == (entry.new_index if is_new else entry.old_index):
                kind = entry.kind
        chapter = blocks[heads[place][0]].text if place >= 0 and heads[place][0] >= 0 else ""
        title = blocks[place].text if place >= 0 else ""
        clauses.append(ClauseChange(kind, chapter, title, numbers[0], len(numbers)))
    return tuple(clauses)


def _heads(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """For each block the places of its chapter and of its nearest title, −1 where there is none."""
    heads, chapter, title = [], -1, -1
    for place, block in enumerate(blocks):
        if block.kind is BlockKind.CHAPTER:
            chapter = title = place
        elif block.kind is BlockKind.CLAUSE:
            title = place
        heads.append((chapter, title))
    return heads
