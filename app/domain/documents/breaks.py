"""Where a paragraph ends in a text of hard-wrapped lines. Pure.

For each two neighbouring lines a sum of log likelihood ratios says how much more likely the second begins a paragraph
than goes on with the first: above 0 it begins one. How a sentence ends and begins is known beforehand; what the width
of the line, the empty lines and the indent say is learned from the text itself, from the pairs that the rest makes sure
of. So a file with an empty line after each line, or none, or a wrap at any width, is read by the same rule.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.documents.lines import Line, is_document_title

ROUNDS = 4
MAX_LEARNED = 4.0
MAX_TOO_SHORT = 6.0
MAX_INDENT = 8
UNFINISHED = 2.5
UNSEEN = 0.05
MAX_USUAL = 1.5
MIN_WRAPPED_RATIO = 0.25
MIN_WRAPPED_LINES = 6
NOT_WRAPPED = 3.0
"""Where lines are whole paragraphs, one that ends without a full stop is a title or an entry of a list."""

_SENTENCE_END = re.compile(r"[。！？!?…][”’」』）)》】\"]*$")
_COLON_END, _LIST_END = re.compile(r"[：:][”’）)]*$"), re.compile(r"[；;][”’）)]*$")
_OPEN_END = re.compile(r"[，、,（(《“‘「【\[<＜/／\-—+&@]$")
_CLOSING_START = re.compile(r"[，。；：、！？）)》”’」』】\],;:!?%％℃/／]|\.(?!\d)")
_OPEN_WORD_END = re.compile(
    r"(?:[第在从被把对于和与或及以是之其至按将须不未无就但而若如该此每各]|根据|依据|按照|点击|以及|或者|并且|如果|因为|应当|"
    r"不得|需要|超过|低于|包括|共计|合计|总计|例如|由|的)$"
)
_UNFINISHED = re.compile(r".*[，。；].*[^，。；：！？!?;:”’」』）)》】\s]", re.DOTALL)
_BOUND_START = re.compile(
    r"的|了(?!解)|和(?!解)|与(?!.{0,6}：)|及(?!时)|以及|或(?!有)|等(?![级待额])|之|将|被|所(?!有)|者(?!$)|而|并(?!非)|于|至|地(?![址区方点])|内(?![容部])"
)
_NEW_START = re.compile(
    r"本协议|本政策|本规则|本条|本平台|您|你|我们|平台|用户|主播|甲方|乙方|如(?!下|上|何|有$)|若|为了?(?!准)|除|任何|在|根据|当(?!地)|因|凡|经|未经|对于?|"
    r"关于|双方|一旦|自|由(?!于)|违反|请|以下|下列|每|发生|出现|附件|注[:：]|特别|联系|客服|地址|电话|邮箱|版本|生效|更新|发布"
)
_GOING_ON = re.compile(
    r"但|其中|同时|否则|此外|该|前述|上述|因此|由此|另外|且|即|其(?!他)|此类|这些|若因此|届时|相关|对此"
)
_LABEL_ALONE, _DATE_END = re.compile(r"[^，。；：:]{2,10}[:：]"), re.compile(r"\d日$|\d{4}[-./]\d{1,2}[-./]\d{1,2}$")
_LABEL = re.compile(r"[^，。；：:]{2,12}[:：]\S")
_HAN_END, _HAN_START = re.compile(r"[\u4e00-\u9fff]$"), re.compile(r"[\u4e00-\u9fff]")
_LATIN_ALONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .%+-]{0,20}")
_WORD_END, _WORD_START = re.compile(r"[A-Za-z0-9]$"), re.compile(r"[A-Za-z0-9]")


@dataclass(slots=True)
class _Pair:
    """What is known of a line and the one after it."""

    language: float
    widths: tuple[int, ...]
    gap: int
    indent: int
    is_marked: bool
    is_bare: bool
    """The second has no mark and the first is no title: it tells something about paragraphs."""
    is_after_page: bool
    ends_open: bool
    """The first ends inside a sentence."""
    goes_on: bool = False
    """As it was last judged, among those that tell something."""


def score_breaks(
    lines: Sequence[Line], is_marked: Sequence[bool], is_title: Sequence[bool]
) -> tuple[list[float], list[float]]:
    """For each line, how likely it begins a paragraph, and how likely if its mark is none.

    ``is_marked`` lines begin with what looks like a number or a title of their own, ``is_title`` ones are wholly one.
    """
    known = _Known(lines)
    pairs = [
        _Pair(
            _language(first.text, second.text, is_marked[place + 1]) + known.across(first.text, second.text),
            _widths(first),
            min(second.gap, 3),
            min(second.indent, 9),
            is_marked[place + 1],
            not (is_marked[place + 1] or is_title[place]),
            second.is_after_page,
            not ends_clause(first.text),
        )
        for place, (first, second) in enumerate(pairwise(lines))
    ]
    add_brackets(lines, pairs)
    return _learn(pairs)


class _Known:
    """The two and three Chinese characters that stand beside one another inside lines.

    Where a line's end cuts a word, the document often has the word whole elsewhere.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._seen: set[str] = set()
        for line in lines:
            for size in (2, 3):
                self._seen.update(map("".join, zip(*(line.text[at:] for at in range(size)), strict=False)))

    def across(self, first: str, second: str) -> float:
        if not (_HAN_END.search(first) and _HAN_START.match(second)):
            return 0.0
        if first[-1] + second[0] not in self._seen:
            return 0.3
        is_long = first[-2:] + second[0] in self._seen or first[-1] + second[:2] in self._seen
        return -3.0 if is_long else -1.0


def ends_sentence(text: str) -> bool:
    return bool(_SENTENCE_END.search(text))


def is_cut(first: str, second: str) -> bool:
    """Whether a word or an expression goes on in the next line, by the two alone."""
    is_latin = first[-1].isascii() and first[-1].isalpha() and second[0].isascii() and second[0].islower()
    return is_latin or bool(_CLOSING_START.match(second) or _BOUND_START.match(second))


def ends_clause(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_SENTENCE_END, _COLON_END, _LIST_END))


def is_unfinished(text: str) -> bool:
    """Whether it ends in the middle of a sentence: a title, or an entry of a list, has none before its end."""
    return bool(_UNFINISHED.fullmatch(text))


def width_cells(text: str) -> int:
    """Columns of a terminal: full-width signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def _widths(line: Line) -> tuple[int, ...]:
    """Nobody knows what the program that wrapped the text counted: signs or columns, with the indent or without.

    What is indented further than a paragraph is centred: a title, however far to the right it ends.
    """
    cells = width_cells(line.text)
    return (
        len(line.text),
        cells,
        len(line.text) + min(line.indent_signs, MAX_INDENT),
        cells + min(line.indent, MAX_INDENT),
    )


def _language(first: str, second: str, is_marked: bool) -> float:
    """What the end of one line and the begin of the next say by themselves."""
    if _CLOSING_START.match(second) and not second.startswith("/"):
        return -8.0
    if _SENTENCE_END.search(first):
        score = 2.5
    elif _COLON_END.search(first):
        score = 1.2 if not second.startswith(("http", "www.")) else -3.5
    elif _LIST_END.search(first):
        # What follows in a list has a mark.
        score = 1.8 if is_marked else -0.5
    elif _OPEN_END.search(first):
        return -4.5
    else:
        score = -2.5
        if _OPEN_WORD_END.search(first):
            score -= 2.5
        elif is_unfinished(first):
            score -= UNFINISHED
        if second.startswith(("http", "www.")):
            score -= 3.0
        if _LATIN_ALONE.fullmatch(first) or _LATIN_ALONE.fullmatch(second):
            # A change of script is where programs cut most.
            score -= 3.0
        if first[-1].isdecimal() and second[0].isdecimal():
            score -= 3.0
        elif _WORD_END.search(first) and _WORD_START.match(second):
            score -= 1.5
    if _BOUND_START.match(second):
        score -= 1.2
    elif _GOING_ON.match(second):
        score -= 0.9
    elif _NEW_START.match(second):
        score += 0.6
    if _LABEL_ALONE.fullmatch(first) and _WORD_START.match(second):
        score -= 5.0
    elif _LABEL.match(second) and (_LABEL.match(first) or score > 0):
        score += 3.5 if _LABEL.match(first) else 1.5
    elif is_document_title(first) or (_LABEL.match(first) and _DATE_END.search(first)):
        score += 2.5
    return score


def add_brackets(lines: Sequence[Line], pairs: Sequence[_Pair]) -> None:
    """A line that ends inside 《》 or （） goes on."""
    for line, pair in zip(lines, pairs, strict=False):
        for opening, closing in ("（）", "《》", "“”", "【】", "()"):
            if line.text.rfind(opening) > line.text.rfind(closing):
                pair.language -= 2.5


def _learn(pairs: Sequence[_Pair]) -> tuple[list[float], list[float]]:
    scores = [pair.language for pair in pairs]
    bare = [number for number, pair in enumerate(pairs) if pair.is_bare]
    open_ends = [number for number in bare if pairs[number].ends_open]
    metric, limit = _wrap(pairs, bare, open_ends)
    if metric is None:
        # Only what can be nothing else goes on in the next line.
        scores = [0.0, *(pair.language + NOT_WRAPPED for pair in pairs)]
        return scores, scores

    def width(pair: _Pair) -> int:
        return pair.widths[metric]

    for turn in range(ROUNDS):
        if not turn:
            # At first only what is sure: a short line with a full stop ends a paragraph, a long one without goes on.
            for number in bare:
                ratio = width(pairs[number]) / limit
                is_long = 0.5 < ratio < 1.5
                scores[number] = (-1.0 if is_long else math.nan) if pairs[number].ends_open else 1.0
                if not pairs[number].ends_open and ratio > 0.7:
                    scores[number] = math.nan
        wrapped = [number for number in bare if scores[number] < 0]
        for number, pair in enumerate(pairs):
            pair.goes_on = pair.is_bare and scores[number] < 0
        broken = [number for number in bare if scores[number] >= 0]
        parts: list[Callable[[_Pair], float]] = [_width_part([width(pairs[number]) for number in wrapped], width)]
        for feature in (_gap, _indent):
            parts.append(
                _part(
                    [feature(pairs[number]) for number in wrapped if not pairs[number].is_after_page],
                    [feature(pairs[number]) for number in broken if not pairs[number].is_after_page],
                    feature,
                )
            )
        # More lines go on than begin something, or fewer where the wrap is wide.
        usual = max(-MAX_USUAL, min(MAX_USUAL, math.log((len(broken) + 1) / (len(wrapped) + 1))))
        bases = [usual + pair.language + parts[0](pair) for pair in pairs]
        gaps = [0.0 if pair.is_after_page else parts[1](pair) for pair in pairs]
        as_bare = [base + gap + parts[2](pair) for base, gap, pair in zip(bases, gaps, pairs, strict=True)]
        # Lists and titles are set in a way of their own.
        as_marked = [base + max(0.0, gap) for base, gap in zip(bases, gaps, strict=True)]
        scores = [
            marked if pair.is_marked else bare for pair, bare, marked in zip(pairs, as_bare, as_marked, strict=True)
        ]
    return [0.0, *scores], [0.0, *as_bare]


def _gap(pair: _Pair) -> int:
    return pair.gap


def _indent(pair: _Pair) -> int:
    return pair.indent


def _wrap(pairs: Sequence[_Pair], bare: Sequence[int], open_ends: Sequence[int]) -> tuple[int | None, float]:
    """Which measure of width the wrapped lines agree in, and how wide they are; None when lines are not wrapped."""
    if len(open_ends) < max(3, MIN_WRAPPED_RATIO / 2 * len(bare)):
        return None, 0.0
    found = []
    for metric in range(4):
        widths = sorted(pairs[number].widths[metric] for number in open_ends)
        most = widths[len(widths) * 3 // 4]
        apart = sum(abs(width - most) for width in widths) / len(widths) / most
        found.append((apart, metric, float(most)))
    _, metric, limit = min(found)
    widths = [pairs[number].widths[metric] for number in open_ends]
    agreeing = sum(0.9 * limit <= width <= 1.1 * limit for width in widths) / len(widths)
    long = sum(pairs[number].widths[metric] > 1.5 * limit for number in bare) / len(bare)
    is_clear = agreeing >= 0.5 and len(open_ends) >= MIN_WRAPPED_LINES
    is_common = len(open_ends) >= MIN_WRAPPED_RATIO * len(bare) and long < 0.2
    return (metric if is_clear or is_common else None), limit


def _width_part(widths: Sequence[int], width: Callable[[_Pair], int]) -> Callable[[_Pair], float]:
    """Of a width: how it is spread over the lines that go on, against evenly over all there are."""
    counts = Counter(widths)
    top = max(widths, default=1)
    # A sign that did not fit, or that must not begin a line, moves the end by a column or two.
    smooth: dict[int, float] = {
        at: 0.6 * counts[at] + 0.15 * (counts[at - 1] + counts[at + 1]) + 0.05 * (counts[at - 2] + counts[at + 2])
        for at in range(top + 3)
    }
    total = len(widths) + UNSEEN

    def part(pair: _Pair) -> float:
        at = width(pair)
        # A line does not speak for itself.
        own = 1.0 if pair.goes_on else 0.0
        going_on = (max(0.0, smooth.get(at, 0.0) - 0.6 * own) + UNSEEN / (top + 1)) / (total - own)
        return max(-MAX_LEARNED, min(MAX_TOO_SHORT, math.log(1.0 / (top + 1) / going_on)))

    return part


def _part(wrapped: Sequence[int], broken: Sequence[int], feature: Callable[[_Pair], int]) -> Callable[[_Pair], float]:
    """Of something with few values, by how often each is met."""
    going_on, beginning = Counter(wrapped), Counter(broken)
    kinds = len(set(going_on) | set(beginning)) + 1

    def part(pair: _Pair) -> float:
        at = feature(pair)
        return _clipped(
            math.log((beginning[at] + 1) / (len(broken) + kinds))
            - math.log((going_on[at] + 1) / (len(wrapped) + kinds))
        )

    return part


def _clipped(value: float) -> float:
    return max(-MAX_LEARNED, min(MAX_LEARNED, value))
