"""What changed inside a block, word by word: a character of Chinese, a whole word or number of the rest. Pure.

Shortest edit scripts are found as in Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), and then made
readable: chance agreements between two changes are given up, and an insertion slides to where a sentence or a phrase
begins. The work is bounded by a ``Budget``; beyond it phrases take the place of words, and the whole text of phrases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

BLOCK_STEPS = 30_000
DOCUMENT_STEPS = 300_000
"""About 10 ms and 60 ms of one slow core."""
MIN_EQUAL_RATIO = 0.2
MAX_SLIDE_SIGNS = 200
MAX_CHANCE_SIGNS = 6
"""A longer agreement is shown, however much was changed around it."""

_TOKEN = re.compile(r"[^\W\d_\u2e80-\U0003ffff]+(?:['’-][^\W\d_\u2e80-\U0003ffff]+)*|\d+(?:[.,:]\d+)*|\s+|.", re.DOTALL)
_PHRASE = re.compile(r"[^，。；：、！？,;:!?]*[，。；：、！？,;:!?]?")
_BREAKS = {**dict.fromkeys("。！？；!?;", 3), **dict.fromkeys("，：、,:", 2), **dict.fromkeys("”）》】)", 1), " ": 1}
_OPENINGS = dict.fromkeys("“（《【(", 1)


class RunKind(StrEnum):
    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Run:
    """EQUAL and DELETE in order make the old text, EQUAL and INSERT the new one."""

    kind: RunKind
    text: str


@dataclass(slots=True)
class Budget:
    """Steps left for a whole comparison."""

    steps: int = DOCUMENT_STEPS

    def take(self, wanted: int) -> int:
        taken = min(wanted, self.steps)
        self.steps -= taken
        return taken


@dataclass(slots=True)
class _Piece:
    """Either what both have, or what the one has instead of the other's."""

    equal: str = ""
    deleted: str = ""
    inserted: str = ""


def word_runs(old: str, new: str, budget: Budget | None = None) -> tuple[Run, ...]:
    """How ``old`` became ``new``: no empty runs, no two neighbours of one kind, a deletion before its insertion."""
    if old == new:
        return (Run(RunKind.EQUAL, old),) if old else ()
    budget = budget or Budget()
    pieces = _readable(_pieces(old, new, budget))
    equal = sum(len(piece.equal) for piece in pieces)
    if 2 * equal < MIN_EQUAL_RATIO * (len(old) + len(new)):
        pieces = [_Piece(deleted=old, inserted=new)]
    runs = []
    for piece in pieces:
        for kind, text in (
            (RunKind.EQUAL, piece.equal),
            (RunKind.DELETE, piece.deleted),
            (RunKind.INSERT, piece.inserted),
        ):
            if text:
                runs.append(Run(kind, text))
    return tuple(runs)


def _pieces(old: str, new: str, budget: Budget) -> list[_Piece]:
    old_tokens, new_tokens = _TOKEN.findall(old), _TOKEN.findall(new)
    head = _common(old_tokens, new_tokens)
    old_rest, new_rest = old_tokens[head:], new_tokens[head:]
    tail = _common(old_rest[::-1], new_rest[::-1])
    old_core, new_core = old_rest[: len(old_rest) - tail], new_rest[: len(new_rest) - tail]
    pieces = _script(old_core, new_core, budget)
    if pieces is None:
        old_phrases, new_phrases = _PHRASE.findall("".join(old_core)), _PHRASE.findall("".join(new_core))
        pieces = _script(old_phrases, new_phrases, budget)
    if pieces is None:
        pieces = [_Piece(deleted="".join(old_core), inserted="".join(new_core))]
    same_tail = "".join(old_rest[len(old_rest) - tail :])
    return [_Piece("".join(old_tokens[:head])), *pieces, _Piece(same_tail)]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        count += 1
    return count


def _script(old: Sequence[str], new: Sequence[str], budget: Budget) -> list[_Piece] | None:
    """The shortest script; None when it takes more steps than there are left."""
    if not old or not new:
        return [_Piece(deleted="".join(old), inserted="".join(new))]
    granted = budget.take(BLOCK_STEPS)
    trace, steps = _search(old, new, granted)
    budget.steps += granted - min(steps, granted)
    return None if trace is None else _walk_back(old, new, trace)


def _search(old: Sequence[str], new: Sequence[str], granted: int) -> tuple[list[dict[int, int]] | None, int]:
    """For each number of edits, the furthest old place on each diagonal (old place − new place) one edit before.

    None when more steps would be needed than were ``granted``; and how many were made.
    """
    reach, trace, steps, edits = {1: 0}, [], 0, 0
    while steps < granted:
        trace.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            at = _step(reach, diagonal, edits)
            begin = at
            while at < len(old) and at - diagonal < len(new) and old[at] == new[at - diagonal]:
                at += 1
            steps += at - begin + 1
            reach[diagonal] = at
            if at >= len(old) and at - diagonal >= len(new):
                return trace, steps
        edits += 1
    return None, steps


def _step(reach: dict[int, int], diagonal: int, edits: int) -> int:
    """Where one more edit leads on a diagonal: an insertion keeps the old place, a deletion goes one on."""
    if _is_insertion(reach, diagonal, edits):
        return reach[diagonal + 1]
    return reach[diagonal - 1] + 1


def _is_insertion(reach: dict[int, int], diagonal: int, edits: int) -> bool:
    return diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])


def _walk_back(old: Sequence[str], new: Sequence[str], trace: list[dict[int, int]]) -> list[_Piece]:
    """The way that ``_search`` found, a piece for each step."""
    pieces: list[_Piece] = []
    old_at, new_at = len(old), len(new)
    for edits in range(len(trace) - 1, 0, -1):
        diagonal = old_at - new_at
        begin = _step(trace[edits], diagonal, edits)
        pieces.append(_Piece("".join(old[begin:old_at])))
        if _is_insertion(trace[edits], diagonal, edits):
            pieces.append(_Piece(inserted=new[begin - diagonal - 1]))
            old_at, new_at = begin, begin - diagonal - 1
        else:
            pieces.append(_Piece(deleted=old[begin - 1]))
            old_at, new_at = begin - 1, begin - diagonal
    pieces.append(_Piece("".join(old[:old_at])))
    return pieces[::-1]


def _readable(pieces: list[_Piece]) -> list[_Piece]:
    """Without agreements that are shorter than the changes around them, and changes moved to the ends of phrases."""
    kept: list[_Piece] = []
    for piece in _joined(pieces):
        kept.append(piece)
        while len(kept) >= 3 and not piece.equal and _is_chance(kept[-3], kept[-2].equal, kept[-1]):
            last, between = kept.pop(), kept.pop()
            kept[-1].deleted += between.equal + last.deleted
            kept[-1].inserted += between.equal + last.inserted
    for before, change, after in zip(kept, kept[1:], kept[2:], strict=False):
        if not change.equal and bool(change.deleted) != bool(change.inserted):
            _slide(before, change, after)
    return _joined(kept)


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Agreements and changes by turns, none of them empty."""
    made: list[_Piece] = []
    for piece in pieces:
        if not (piece.equal or piece.deleted or piece.inserted):
            continue
        if made and bool(made[-1].equal) == bool(piece.equal):
            made[-1].equal += piece.equal
            made[-1].deleted += piece.deleted
            made[-1].inserted += piece.inserted
        else:
            made.append(piece)
    return made


def _is_chance(before: _Piece, equal: str, after: _Piece) -> bool:
    weight = sum(sign.isalnum() for sign in equal)
    changed = min(max(len(change.deleted), len(change.inserted)) for change in (before, after))
    return weight <= min(changed, MAX_CHANCE_SIGNS)


def _slide(before: _Piece, change: _Piece, after: _Piece) -> None:
    """Move a mere insertion or deletion to where it reads best, as far as the text around it repeats it."""
    left, right = before.equal[-MAX_SLIDE_SIGNS:], after.equal[:MAX_SLIDE_SIGNS]
    far_left, far_right = before.equal[: -len(left)], after.equal[len(right) :]
    tokens, middle = _TOKEN.findall(left), _TOKEN.findall(change.deleted or change.inserted)
    begin, end = len(tokens), len(tokens) + len(middle)
    tokens += middle + _TOKEN.findall(right)
    # A word that the limit cut in two stays where it is.
    low, high = int(bool(far_left)), len(tokens) - int(bool(far_right))
    while begin > low and tokens[begin - 1] == tokens[end - 1]:
        begin, end = begin - 1, end - 1
    best = (_score(tokens, begin) + _score(tokens, end), begin)
    while end < high and tokens[begin] == tokens[end]:
        begin, end = begin + 1, end + 1
        best = max(best, (_score(tokens, begin) + _score(tokens, end), begin))
    begin, end = best[1], best[1] + len(middle)
    text = "".join(tokens[begin:end])
    before.equal, after.equal = far_left + "".join(tokens[:begin]), "".join(tokens[end:]) + far_right
    change.deleted, change.inserted = text if change.deleted else "", text if change.inserted else ""


def _score(tokens: Sequence[str], place: int) -> int:
    """How well a change may begin or end between two tokens."""
    if place in {0, len(tokens)}:
        return 3
    return max(_BREAKS.get(tokens[place - 1][-1], 0), _OPENINGS.get(tokens[place][0], 0))
