"""The one written form of a document: a small Markdown, which is hashed, stored, sent, and mended by hand. Pure.

    ## 一、总则                 a chapter
    ### 实名认证               the title of a clause
    1. 填写的信息应当真实。      an item with its own number; each three spaces before it nest it one level deeper
    **主播须年满 18 周岁。**填写  any other line is a paragraph; ``**`` begins and ends what is emphasised

A block is one line, whatever its length, with one blank line between two. ``\\`` before a sign of ASCII takes away its
meaning: ``\\*``, ``\\\\``, ``\\# ``, ``1\\. ``. The text is NFC without control characters and ends with one newline.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator

from app.domain.documents.model import Block, BlockKind, Document, Span
from app.errors import InputError

MAX_LEVEL = 8
NUMBER = re.compile(r"[0-9]{1,3}")
_HEADINGS = {BlockKind.CHAPTER: "## ", BlockKind.CLAUSE: "### "}
_INDENT = "   "
_LINE = re.compile(r"(?P<indent> *)(?:(?P<number>[0-9]{1,3})\.(?= |$)|(?P<hashes>#+))?")
_LOOKS_MARKED = re.compile(r"#|[0-9]{1,3}(?=\.(?: |$))")
_SIGNS = re.compile(r"\*\*|\\[!-/:-@\[-`{-~]")
_TO_ESCAPE = re.compile(r"[\\*]")
_SPACES = re.compile(r"\s+")
_BREAKS = dict.fromkeys(map(ord, "\n\r\t\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029"), " ")
# Controls, what has no width, what turns the direction of reading, and halves of surrogate pairs.
_GONE = dict.fromkeys(
    (
        *range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
        *range(0x2060, 0x2070), *range(0xD800, 0xE000), 0xFEFF, *range(0xFFF9, 0xFFFC), 0xFFFE, 0xFFFF,
    )
)  # fmt: skip
_UNWANTED = {**_GONE, **_BREAKS}
_ANY_UNWANTED = re.compile(f"[{''.join(re.escape(chr(code)) for code in _UNWANTED if code != 10)}]")
_OTHER_SPACES = re.compile(r"[^\S\n ]")


def write(document: Document) -> str:
    """The canonical text; blocks without text are left out. ValueError for an item that cannot be written."""
    return "\n\n".join(_written(document.blocks)) + "\n"


def parse(text: str) -> Document:
    """Read what ``write`` wrote, or what a person made of it: ``write(parse(text))`` is canonical again.

    Blank lines and spaces at the ends of lines may be many or missing. InputError ``document_invalid`` with the
    ``line`` (from 1) and a ``reason`` where it cannot be told what is meant: ``emphasis_open`` (a ``**`` without its
    other one), ``heading_unknown`` (neither ``## `` nor ``### ``), ``block_empty`` (a mark with no text behind).
    """
    # Once for all lines: a tenth of the time of once for each.
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", _INDENT).replace("\u3000", _INDENT)
    if _ANY_UNWANTED.search(text):
        text = "\n".join(line.translate(_UNWANTED) for line in text.split("\n"))
    text = _OTHER_SPACES.sub(" ", unicodedata.normalize("NFC", text))
    blocks = []
    for number, line in enumerate(text.split("\n"), 1):
        if body := line.strip():
            blocks.append(_parsed(line, body, number))
    return Document(tuple(blocks))


def sha256(text: str) -> str:
    """Of the canonical text's UTF-8, in hexadecimal: the hash that a person accepts."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain_text(document: Document) -> str:
    """For the download as text: titles of clauses in 【】, no marks of emphasis."""
    lines = []
    for block in document.blocks:
        text = block.text
        if block.kind is BlockKind.CLAUSE:
            text = f"【{text}】"
        elif block.kind is BlockKind.ITEM:
            text = f"{_INDENT * block.level}{block.number}. {text}"
        lines.append(text)
    return "\n\n".join(lines) + "\n"


def clean_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """As they are written: NFC, runs of space one space and none at the ends or the inner edge of emphasis, joined."""
    joined: list[tuple[str, bool]] = []
    for span in spans:
        text = _clean(span.text)
        if text and joined and joined[-1][1] == span.is_emphasised:
            joined[-1] = (joined[-1][0] + text, span.is_emphasised)
        elif text:
            joined.append((text, span.is_emphasised))
    pieces: list[tuple[str, bool]] = []
    for raw, is_emphasised in joined:
        text = _clean(raw)  # two halves may have become one character
        inner = text.strip()
        if is_emphasised and inner != text:
            head, tail = " " * (text[0] == " "), " " * (text[-1] == " " and bool(inner))
            pieces += [(head, False), (inner, True), (tail, False)]
        else:
            pieces.append((text, is_emphasised))
    return tuple(Span(text, is_emphasised) for text, is_emphasised in _without_double_spaces(pieces))


def _clean(text: str) -> str:
    if _ANY_UNWANTED.search(text) or "\n" in text:
        text = text.translate(_UNWANTED)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


def _without_double_spaces(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    kept: list[tuple[str, bool]] = []
    ends_in_space = True
    for piece, is_emphasised in pieces:
        text = piece.lstrip() if ends_in_space else piece
        if not text:
            continue
        ends_in_space = text[-1] == " "
        if kept and kept[-1][1] == is_emphasised:
            kept[-1] = (kept[-1][0] + text, is_emphasised)
        else:
            kept.append((text, is_emphasised))
    if kept and ends_in_space:
        last = kept.pop()
        if text := last[0].rstrip():
            kept.append((text, last[1]))
    return kept


def _written(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        line = "".join(_span(span) for span in clean_spans(block.spans))
        if not line:
            continue
        if block.kind is BlockKind.ITEM:
            if not (NUMBER.fullmatch(block.number) and 0 <= block.level <= MAX_LEVEL):
                raise ValueError(f"item number {block.number!r}, level {block.level}")
            yield f"{_INDENT * block.level}{block.number}. {line}"
        elif block.kind is BlockKind.PARAGRAPH:
            if match := _LOOKS_MARKED.match(line):
                at = match.end() if line[0] != "#" else 0
                line = f"{line[:at]}\\{line[at:]}"
            yield line
        else:
            yield _HEADINGS[block.kind] + line


def _span(span: Span) -> str:
    text = _TO_ESCAPE.sub(r"\\\g<0>", span.text)
    return f"**{text}**" if span.is_emphasised else text


def _parsed(line: str, body: str, number: int) -> Block:
    match = _LINE.match(line)
    assert match is not None  # every part of it may be missing
    kind, item, level = BlockKind.PARAGRAPH, "", 0
    if item := match["number"] or "":
        # Someone's two or four spaces are one level too.
        kind, level = BlockKind.ITEM, min((len(match["indent"]) + 1) // len(_INDENT), MAX_LEVEL)
        body = body[len(item) + 1 :]
    elif hashes := match["hashes"]:
        if hashes not in {"##", "###"}:
            raise _invalid(number, "heading_unknown")
        kind = BlockKind.CHAPTER if hashes == "##" else BlockKind.CLAUSE
        body = body[len(hashes) :]
    if "*" in body or "\\" in body or "  " in body:
        spans = clean_spans(_spans(body, number))
    else:
        spans = (Span(body.lstrip()),) if body else ()
    if not spans:
        raise _invalid(number, "block_empty")
    return Block(kind, spans, item, level)


def _spans(body: str, number: int) -> Iterator[Span]:
    is_emphasised, at = False, 0
    for match in _SIGNS.finditer(body):
        yield Span(body[at : match.start()], is_emphasised)
        at = match.end()
        if match.group() == "**":
            is_emphasised = not is_emphasised
        else:
            yield Span(match.group()[1], is_emphasised)
    yield Span(body[at:], is_emphasised)
    if is_emphasised:
        raise _invalid(number, "emphasis_open")


def _invalid(number: int, reason: str) -> InputError:
    detail = {"line": number, "reason": reason}
    return InputError("document_invalid", message_id=f"error.document_{reason}", detail=detail)
