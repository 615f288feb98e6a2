"""What a line may begin with: the number of a chapter, of an article, of an item, or a title in brackets. Pure.

``find_mark`` says what a line looks like; whether it is that, or a wrapped sentence that happens to begin so, is
decided by what the numbers around it count (``Numbering``) and by how the line before ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MAX_TITLE_CHARS = 30
MAX_ARTICLE_TITLE_CHARS = 20
MAX_BRACKET_CHARS = 30

_HAN = "零〇一二三四五六七八九十百"
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
_CIRCLED = {chr(0x2460 + at): at + 1 for at in range(20)} | {chr(0x2776 + at): at + 1 for at in range(10)}
_CHAPTER = re.compile(rf"([{_HAN}]{{1,4}})\s*[、．.]\s*(.*)", re.DOTALL)
_PART = re.compile(rf"第\s*([{_HAN}\d]{{1,4}})\s*([章编节条]|部分)\s*[:：、.．]?\s*(.*)", re.DOTALL)
_SECTION = re.compile(rf"[（(]\s*([{_HAN}]{{1,4}})\s*[）)]\s*[、.．]?\s*(.*)", re.DOTALL)
_BRACKETED = re.compile(r"(?:【([^【】]+)】|〖([^〖〗]+)〗|［([^［］]+)］)\s*[:：]?\s*(.*)", re.DOTALL)
_DECIMAL = re.compile(r"(\d{1,2}(?:[.．]\d{1,2}){0,3})[.．](\d{1,2})(?![\d.．%％])[.．、]?\s*(.*)", re.DOTALL)
_ITEMS = (
    ("plain", re.compile(r"(\d{1,3})\s*(?:[.．。](?!\s*\d)|[.．](?=\d{4}年)|、|[.．]\s(?=\d))\s*(.*)", re.DOTALL)),
    ("round", re.compile(r"[（(]\s*(\d{1,3})\s*[）)]\s*[、.．]?\s*(.*)", re.DOTALL)),
    ("half", re.compile(r"(\d{1,3})\s*[）)]\s*[、.．]?\s*(.*)", re.DOTALL)),
)
_LETTER = re.compile(r"[（(]?([a-zA-Z])[）).、．]\s*(?=[\u4e00-\u9fff])(.*)", re.DOTALL)
_BULLET = re.compile(r"[●•■◆▪◦○◇□▶➢✓\ue000-\uf8ff]\s*(.*)|[-*·]\s+(.*)", re.DOTALL)
_LONE = re.compile(
    rf"(?:[{_HAN}]{{1,3}}\s*[、．.]|第\s*[{_HAN}\d]{{1,4}}\s*[章编节条]|[（(]\s*(?:[{_HAN}]{{1,3}}|\d{{1,2}})\s*[）)]"
    r"|\d{1,2}\s*[.．、）)]|[①-⑳])"
)

# "二、三款", "第三条的规定", "2、3 项": a sentence that names numbers.
_NAMES_CHAPTERS = re.compile(rf"(?:[{_HAN}]+\s*[、和及至或])*[{_HAN}]+\s*[款项条章类种级者、]")
_NAMES_PARTS = re.compile(
    rf"[的之所、和及至或与款项）)，。；》]|规定|约定(?:的|[，。])|中(?!国|华|心|止)|第\s*[{_HAN}\d]+\s*[款项条]|[{_HAN}\d]+\s*[款项]"
)
_NAMES_SECTIONS = re.compile(r"[项款至、和或及点）)，。；]|[（(]")
_NAMES_ITEMS = re.compile(
    r"[\d、和及至或项款条%％‰倍万亿元个名位次份日天周年月时分秒小人级折张件场期页号岁种类米克吨GMKgmk，。；）)]"
)
_BEFORE_NAMES = re.compile(r"[第之其至和及、]$")
_AMOUNT = re.compile(r"\d[\d,.]*\s*(?:[万亿]|元|[%％‰倍]|小时|分钟|秒|天|日|个|年|月|次|人|名|岁|Mbps|GB|MB|kHz|GHz)")
_USED_AS_WORD = re.compile(
    r"[的、，。；和与及或→+>＞“【—–-]|之前|之后|以前|以后|以及|并(?!非)|是(?!否)|进行|予以|按钮|按键|页面|页(?=[中内上里])|功能|选项|栏|界面|"
    r"入口|图标|字样|键|模块|标签|频道|专区|菜单|列表|弹窗|提示框|开关|一词|可见|里|中(?!国|华|心|央|止|断|奖|介|途|小)|后(?!续|果|台|期)|"
    r"前(?!述|款|条|提|往|期|台)|处(?!理|罚|置|于|分)|等(?!级|待|候)|上(?!述|线|传|架|级|报|午|一|限|款)|下(?!列|述|架|载|午|一|限|款|单)|"
    r"内(?!容|部)|时(?!间|限|长|效|期)|就(?!业|职)|（?即(?!使|便|时|将)"
)


class MarkKind(StrEnum):
    CHAPTER = "chapter"
    PART = "part"
    ARTICLE = "article"
    SECTION = "section"
    BRACKETED = "bracketed"
    ITEM = "item"
    DECIMAL = "decimal"
    LETTER = "letter"
    BULLET = "bullet"


@dataclass(frozen=True, slots=True)
class Mark:
    """``style`` names the list that ``number`` counts in; ``rest`` is the text behind, ``title`` is in brackets."""

    kind: MarkKind
    style: str = ""
    number: int = 0
    rest: str = ""
    title: str = ""


_NAMES = {
    MarkKind.CHAPTER: _NAMES_CHAPTERS,
    MarkKind.PART: _NAMES_PARTS,
    MarkKind.ARTICLE: _NAMES_PARTS,
    MarkKind.SECTION: _NAMES_SECTIONS,
    MarkKind.DECIMAL: _NAMES_ITEMS,
}


def find_mark(text: str) -> Mark | None:
    """What a line looks like by its begin alone."""
    if match := _BRACKETED.match(text):
        title = (match[1] or match[2] or match[3]).strip()
        is_title = title and len(title) <= MAX_BRACKET_CHARS and not re.search(r"[。；]", title)
        return Mark(MarkKind.BRACKETED, rest=match[4], title=title) if is_title else None
    if match := _CHAPTER.match(text):
        number = han_number(match[1])
        return None if number is None else Mark(MarkKind.CHAPTER, "chapter", number, match[2])
    if match := _PART.match(text):
        number = int(match[1]) if match[1].isdecimal() else han_number(match[1])
        kind = MarkKind.ARTICLE if match[2] == "条" else MarkKind.PART
        return None if number is None else Mark(kind, match[2], number, match[3])
    if match := _SECTION.match(text):
        number = han_number(match[1])
        return None if number is None else Mark(MarkKind.SECTION, "section", number, match[2])
    if text[0] in _CIRCLED:
        return Mark(MarkKind.ITEM, "circled", _CIRCLED[text[0]], text[1:].lstrip(" 、.．"))
    for style, pattern in _ITEMS:
        if match := pattern.match(text):
            return Mark(MarkKind.ITEM, style, int(match[1]), match[2])
    if match := _DECIMAL.match(text):
        return Mark(MarkKind.DECIMAL, match[1].replace("．", "."), int(match[2]), match[3])
    if match := _LETTER.match(text):
        return Mark(MarkKind.LETTER, "letter", ord(match[1].lower()) - 96, match[2])
    if match := _BULLET.match(text):
        return Mark(MarkKind.BULLET, rest=(match[1] or match[2] or "").strip())
    return None


def is_lone(text: str) -> bool:
    """Whether a line is a number whose text stands on the next one."""
    return bool(_LONE.fullmatch(text))


def is_title_like(text: str, limit: int = MAX_TITLE_CHARS) -> bool:
    return 0 < len(text) <= limit and not re.search(r"[。；！？!?;]|[，、,]$", text)


def names_numbers(mark: Mark, before: str) -> bool:
    """Whether a number at the begin of a line rather belongs to the sentence that the line before left open."""
    if mark.kind is MarkKind.ITEM:
        return bool(_NAMES_ITEMS.match(mark.rest) or _BEFORE_NAMES.search(before)) and mark.style != "circled"
    pattern = _NAMES.get(mark.kind)
    is_named = pattern is not None and pattern.match(mark.rest)
    return bool(is_named or (mark.kind is not MarkKind.DECIMAL and _BEFORE_NAMES.search(before)))


def is_amount(mark: Mark) -> bool:
    """2. 5 万元: a number with a point, torn apart."""
    return mark.kind is MarkKind.ITEM and mark.style == "plain" and bool(_AMOUNT.match(mark.rest))


def is_used_as_word(mark: Mark) -> bool:
    """Whether the text behind brackets makes them part of a sentence: 【我的】页面."""
    return bool(_USED_AS_WORD.match(mark.rest))


def han_number(text: str) -> int | None:
    """一 … 九百九十九; None for what is no number."""
    if text in {"百", "零", "〇"}:
        return None
    total, digit = 0, 0
    for sign in text:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        elif digit:
            return None
        else:
            digit = _DIGITS[sign]
    return total + digit


class Fit(StrEnum):
    NEXT = "next"
    FIRST = "first"
    SKIPS = "skips"
    NONE = "none"


@dataclass(slots=True)
class Numbering:
    """Where the lists stand: ``open_lists`` from the outermost, each a style and its last number."""

    open_lists: list[tuple[str, int]] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)

    def fit(self, mark: Mark) -> Fit:
        last = self.last.get(mark.style, 0)
        if mark.number == last + 1 and last:
            return Fit.NEXT
        if mark.number == 1:
            return Fit.FIRST
        if mark.kind is MarkKind.ITEM and any(mark.number == number + 1 for _, number in self.open_lists):
            return Fit.NEXT
        return Fit.SKIPS if last and last < mark.number <= last + 2 else Fit.NONE

    def take(self, mark: Mark, is_after_item: bool = True) -> int:
        """Count a mark; how deep its list is nested, from 0."""
        self.last[mark.style] = mark.number
        if mark.kind is not MarkKind.ITEM:
            return 0
        if mark.style == "plain" and mark.number == 1 and not is_after_item:
            self.open_lists.clear()
        styles = [style for style, _ in self.open_lists]
        numbers = [number for _, number in self.open_lists]
        style = mark.style
        if style in styles:
            level = styles.index(style)
        elif mark.number > 1 and mark.number - 1 in numbers:
            # One list whose numbers are written now in this way, now in that.
            level = numbers.index(mark.number - 1)
            style = styles[level]
            self.last[style] = mark.number
        else:
            level = len(styles)
        del self.open_lists[level:]
        self.open_lists.append((style, mark.number))
        return level

    def begin_section(self) -> None:
        """A title was passed: lists inside one another are over, those that count on may do so."""
        self.open_lists.clear()
        for style in [style for style in self.last if style in {"round", "half", "circled", "letter", "section"}]:
            del self.last[style]


def continues(marks: Sequence[Mark | None], begin: int, style: str, number: int, sight: int) -> bool:
    """Whether the list goes on with ``number`` within the next lines."""
    return any(mark and mark.style == style and mark.number == number for mark in marks[begin : begin + sight])
