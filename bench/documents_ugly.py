"""Makes of a clean document the text file that the world would have made of it; seeded, so a run can be repeated."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from bench.documents_score import Expected, Kind

CANNOT_BEGIN = set("，。；：、！？）》”】,.;:!?)%")
FOOTERS: tuple[Callable[[int, int], str], ...] = (
    lambda page, count: f"第 {page} 页 共 {count} 页",
    lambda page, count: f"- {page} -",
    lambda page, count: f"{page}/{count}",
    lambda page, count: f"{page}",
    lambda page, count: f"第{page}页",
    lambda page, count: f"— {page} —",
    lambda page, count: f"Page {page} of {count}",
)
STRAYS = (
    "返回顶部",
    "打印本页",
    "https://www.anchordesk.example/rules/2026/agreement.html?from=print",
    "[关闭窗口] [打印本页]",
    "上一篇 | 下一篇",
    "http://help.anchordesk.example/",
    "分享到：微信 微博",
    "当前位置：首页 > 帮助中心 > 协议与规则",
)


@dataclass(frozen=True)
class Taste:
    """How ugly, and in which ways. ``wrap`` is signs or columns, 0 for none; ``slack``: shorter by chance."""

    wrap: int = 0
    is_columns: bool = False
    slack: int = 0
    keeps_words: bool = False
    avoids_line_starts: bool = False
    gap_inside: int = 0
    gap_between: int = 0
    gap_noise: float = 0.0
    first_indent: str = ""
    is_indent_wrapped: bool = True
    chapter: str = "{number}、{title}"
    clause: str = "【{title}】"
    glued_clauses: float = 0.0
    item: str = "{number}. {text}"
    page_lines: int = 0
    footer: int = 0
    has_header: bool = False
    has_form_feed: bool = False
    stray_ratio: float = 0.0
    noise: float = 0.0
    torn: float = 0.0
    """How often a line is broken once more, anywhere."""
    spaced: float = 0.0
    """How often a space stands between two Chinese characters."""
    mixed_items: tuple[str, ...] = ()
    newline: str = "\n"
    begin: str = ""


def taste(chance: random.Random) -> Taste:
    """Any combination of defects."""
    wrap = chance.choice((0, 28, 33, 36, 40, 40, 42, 50))
    is_columns = chance.random() < 0.4
    gap_inside = chance.choice((0, 0, 1, 1, 2)) if wrap else 0
    indent = chance.choice(("", "", "　　", "    "))
    gap_between = chance.choice((gap_inside, gap_inside + 1)) if indent or chance.random() < 0.6 else gap_inside
    return Taste(
        wrap=wrap * (2 if is_columns else 1),
        is_columns=is_columns,
        slack=chance.choice((0, 0, 0, 4, 9)),
        keeps_words=chance.random() < 0.3,
        avoids_line_starts=chance.random() < 0.4,
        gap_inside=gap_inside,
        gap_between=gap_between if wrap else chance.choice((0, 1)),
        gap_noise=chance.choice((0.0, 0.0, 0.1)),
        first_indent=indent,
        is_indent_wrapped=chance.random() < 0.7,
        chapter=chance.choice(
            ("{number}、{title}", "{number}、 {title}", "　{number}、{title}", "{number}、\n{title}")
        ),
        clause=chance.choice(("【{title}】", "【{title}】", "【 {title} 】", "　　【{title}】")),
        glued_clauses=chance.choice((0.0, 0.0, 0.3, 1.0)),
        item=chance.choice(
            ("{number}. {text}", "{number}、{text}", "{number}．{text}", "（{number}）{text}", "({number}) {text}",
             "{number}）{text}", "{circled}{text}", "　　{number}. {text}")
        ),
        page_lines=chance.choice((0, 22, 30)),
        footer=chance.randrange(len(FOOTERS)),
        has_header=chance.random() < 0.5,
        has_form_feed=chance.random() < 0.4,
        stray_ratio=chance.choice((0.0, 0.02, 0.04)),
        noise=chance.choice((0.0, 0.0, 0.01)),
        torn=chance.choice((0.0, 0.0, 0.04)) if wrap else 0.0,
        spaced=chance.choice((0.0, 0.0, 0.01)),
        mixed_items=chance.choice(((), (), ("{number}. {text}", "{number}、{text}", "{number}．{text}"))),
        newline=chance.choice(("\n", "\n", "\r\n")),
        begin=chance.choice(("", "\ufeff")),
    )  # fmt: skip


def uglify(expected: Expected, how: Taste, chance: random.Random) -> str:
    """The text file."""
    rows: list[tuple[int, str]] = []
    blocks = list(expected.blocks)
    place = 0
    while place < len(blocks):
        block, place = blocks[place], place + 1
        text, indent = block.text, how.first_indent
        if block.kind is Kind.CHAPTER:
            number, _, title = text.partition("、")
            text = how.chapter.format(number=number, title=title) if title else text
            indent = ""
        elif block.kind is Kind.CLAUSE:
            text, indent = how.clause.format(title=text), ""
            if chance.random() < how.glued_clauses and place < len(blocks) and blocks[place].kind is Kind.PARAGRAPH:
                text, place = text.strip() + blocks[place].text, place + 1
        elif block.kind is Kind.ITEM:
            form = chance.choice(how.mixed_items) if how.mixed_items else how.item
            text = form.format(number=block.number, text=text, circled=chr(0x245F + int(block.number)))
            indent = "  " * block.level if block.level else ""
            if block.level:
                text = f"（{block.number}）{block.text}"
        lines = [
            line for part in text.split("\n") for line in _wrapped(part, indent if part == text else "", how, chance)
        ]
        for order, line in enumerate(lines):
            gap = how.gap_inside if order else max(how.gap_between, 0)
            if chance.random() < how.gap_noise:
                gap += chance.choice((1, 2))
            rows.append((gap if rows else 0, line))
    return how.begin + how.newline.join(_paged(rows, expected.blocks[0].text, how, chance)) + how.newline


def _paged(rows: list[tuple[int, str]], title: str, how: Taste, chance: random.Random) -> list[str]:
    count = len(rows) // how.page_lines + 1 if how.page_lines else 1
    made: list[str] = []
    for number, (gap, line) in enumerate(rows):
        made += [""] * gap
        if how.page_lines and number and number % how.page_lines == 0:
            made += [FOOTERS[how.footer](number // how.page_lines, count), ""]
            if how.has_form_feed:
                made.append("\f" + (title if how.has_header else ""))
            elif how.has_header:
                made += [title, ""]
        elif number > 3 and chance.random() < how.stray_ratio:
            made += [chance.choice(STRAYS)] + [""] * gap
        made.append(_noisy(line, how, chance))
    if how.page_lines:
        made += ["", FOOTERS[how.footer](count, count)]
    if how.stray_ratio:
        made += ["", "返回顶部 | 打印本页 | 关闭窗口"]
    return made


def _noisy(line: str, how: Taste, chance: random.Random) -> str:
    if not how.noise:
        return line
    made = []
    for sign in line:
        made.append("\xa0" if sign == " " and chance.random() < 0.5 else sign)
        if chance.random() < how.noise:
            made.append("\u200b")
    return "".join(made) + chance.choice(("", "", "  ", "\t"))


def _wrapped(text: str, indent: str, how: Taste, chance: random.Random) -> list[str]:
    if how.spaced:
        text = re.sub(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", lambda _: " " * (chance.random() < how.spaced), text)
    if not how.wrap:
        return [indent + text]
    lines, line, used = [], indent, _width(indent, how) if how.is_indent_wrapped else 0
    limit = how.wrap - (chance.randint(0, how.slack) if how.slack else 0)
    pieces = re.findall(r"[A-Za-z0-9@.:/_?=+-]+|.", text) if how.keeps_words else list(text)
    for piece in pieces:
        is_full = used + _width(piece, how) > limit
        if is_full and line.strip() and not (how.avoids_line_starts and piece in CANNOT_BEGIN and used <= limit + 2):
            lines.append(line)
            line, used = "", 0
            limit = how.wrap - (chance.randint(0, how.slack) if how.slack else 0)
            if piece == " ":
                continue
        line += piece
        used += _width(piece, how)
    return [part for whole in [*lines, line] for part in _torn(whole, how, chance)]


def _torn(line: str, how: Taste, chance: random.Random) -> list[str]:
    """Broken at a bracket, inside a word or number, or anywhere but at a mark at its begin."""
    if len(line.strip()) < 12 or chance.random() >= how.torn:
        return [line]
    places = [match.start() for match in re.finditer(r"【|(?<=[0-9A-Za-z])(?=[0-9A-Za-z])", line) if match.start() > 4]
    at = chance.choice(places) if places else chance.randrange(6, len(line) - 1)
    return [line[:at], line[at:]]


def _width(text: str, how: Taste) -> int:
    if not how.is_columns:
        return len(text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
