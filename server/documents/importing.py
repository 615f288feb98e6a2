"""A file as the world writes it, made the text of a draft: .txt, .md, .html, .docx. Pure; called in a worker thread.

What it finds is for a person to look over: ``findings`` name the places where it was not sure.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from app.contract.documents import MAX_TEXT_BYTES
from app.contract.errors import ErrorCode
from app.domain.documents import canonical
from app.domain.documents.lines import is_document_title
from app.domain.documents.model import Block, BlockKind, Document
from app.domain.documents.plain import read_plain
from app.errors import InputError
from server.documents.decoding import decode
from server.documents.from_html import declared_encoding, read_html
from server.documents.from_markdown import read_markdown
from server.documents.from_word import read_word
from server.documents.rough import Finding, Made, line_of, make
from server.errors import Refusal
from server.text import plain_text

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_FINDINGS = 100
LONG_CHARS = 1500
"""A paragraph longer than this was perhaps two."""
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_FORMATS = {
    ".txt": "txt", ".text": "txt", ".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".docx": "docx",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """``text`` is canonical. ``title`` is the document's own, else the file's name."""

    text: str
    title: str
    findings: tuple[Finding, ...]
    format: str


def read_file(name: str, content: bytes) -> Imported:
    """Raises Refusal: too_large, or document_invalid with a ``reason``.

    Reasons: ``file_empty``, ``format_unknown``, ``doc_old_format`` (of Word before 2007, or locked with a password),
    ``pdf``, ``not_docx``, ``docx_broken``, ``docx_locked``, ``docx_too_large``, ``html_broken``,
    ``too_deep``, ``no_text``.
    """
    if len(content) > MAX_FILE_BYTES:
        raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_FILE_BYTES})
    if not content.strip():
        raise _refusal("file_empty")
    plain_name = plain_text(PureWindowsPath(PurePosixPath(name).name).name)
    kind = _format(plain_name, content)
    try:
        made, guessed = _read(kind, content)
        text = canonical.write(made.document)
        if canonical.write(canonical.parse(text)) != text:
            # What is stored, hashed and read back must be one and the same.
            text = canonical.write(canonical.parse(text))
    except InputError as error:
        raise _refusal(str(error.detail.get("reason", "no_text"))) from error
    if not made.document.blocks:
        raise _refusal("no_text")
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise Refusal(ErrorCode.TOO_LARGE, detail={"max_bytes": MAX_TEXT_BYTES})
    findings = [*_of_encoding(guessed, text), *made.findings, *_of_blocks(made.document.blocks)]
    title = plain_text(made.title) or plain_name.rpartition(".")[0] or plain_name
    return Imported(text, title, tuple(sorted(findings, key=lambda one: one.line)[:MAX_FINDINGS]), kind)


def _format(name: str, content: bytes) -> str:
    """By what the file is, then by what it is called."""
    if content.startswith(_OLE):
        raise _refusal("doc_old_format")
    if content[:1024].lstrip().startswith(b"%PDF-"):
        raise _refusal("pdf")
    if content.startswith(b"PK\x03\x04"):
        return "docx"
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else ""
    kind = _FORMATS.get(suffix, "")
    if not kind or (kind == "docx"):
        raise _refusal("docx_broken" if kind else "format_unknown")
    return kind


def _read(kind: str, content: bytes) -> tuple[Made, str]:
    if kind == "docx":
        return make(read_word(content)), ""
    text, guessed = decode(content)
    declared = declared_encoding(content) if kind == "html" and guessed else ""
    if declared:
        with contextlib.suppress(LookupError):
            text, guessed = content.decode(declared, "replace"), ""
    text = text.replace("\x00", "")
    if kind == "html":
        return make(read_html(text)), guessed
    if kind == "md":
        return make(read_markdown(text)), guessed
    first = next((line.strip() for line in text.splitlines()[:20] if line.strip()), "")
    document = read_plain(text)
    title = first if is_document_title(first) else ""
    if title and document.blocks and document.blocks[0].text == title:
        document = Document(document.blocks[1:])
    return Made(title, document, ()), guessed


def _of_encoding(guessed: str, text: str) -> list[Finding]:
    found = [Finding("encoding_guessed", params={"encoding": guessed.upper()})] if guessed else []
    return found + ([Finding("unreadable", params={"count": str(text.count("\ufffd"))})] if "\ufffd" in text else [])


def _of_blocks(blocks: tuple[Block, ...]) -> list[Finding]:
    """Items that do not count on, titles with nothing behind them, paragraphs of unusual length."""
    found: list[Finding] = []
    last: dict[int, int] = {}
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if block.kind is BlockKind.ITEM:
            number = int(block.number)
            expected = last.get(block.level, 0) + 1
            if number not in {expected, 1}:
                found.append(
                    Finding("number_skips", line_of(index), {"number": str(number), "expected": str(expected)})
                )
            last = {level: count for level, count in last.items() if level < block.level} | {block.level: number}
            continue
        if block.kind in {BlockKind.CHAPTER, BlockKind.CLAUSE}:
            last = {}
            is_bare = following is None or following.kind is BlockKind.CHAPTER or following.kind is block.kind
            if is_bare:
                found.append(Finding("title_bare", line_of(index), {"text": block.text[:40]}))
        elif len(block.text) > LONG_CHARS:
            found.append(Finding("paragraph_long", line_of(index), {"chars": str(len(block.text))}))
    return found


def _refusal(reason: str) -> Refusal:
    return Refusal(ErrorCode.DOCUMENT_INVALID, detail={"reason": reason})
