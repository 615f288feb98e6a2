"""Text that people typed, made safe to keep and to show. Pure."""

from __future__ import annotations

import unicodedata

from app.contract.errors import ErrorCode
from server.errors import Refusal

_KEPT_FORMAT = {"\u200d", "\ufe0f"}  # joins of emoji
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def plain_text(text: str) -> str:
    """NFC, one line, without control, direction and private characters, blanks collapsed. May be empty.

    Direction overrides would let a message rewrite how its neighbours read; NUL is refused by PostgreSQL.
    """
    spaced = "".join(" " if char in "\t\r\n\u2028\u2029" else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(c for c in spaced if c in _KEPT_FORMAT or unicodedata.category(c) not in _DROPPED)
    return " ".join(kept.split())


def plain_block(text: str) -> str:
    """``plain_text`` of each line, at most one empty line in a row, none at the ends."""
    lines: list[str] = []
    for line in (
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n").split("\n")
    ):
        plain = plain_text(line)
        if plain or (lines and lines[-1]):
            lines.append(plain)
    return "\n".join(lines).strip("\n")


def checked_line(text: str, max_chars: int, field: str) -> str:
    """``plain_text`` that says something and is no longer than ``max_chars``. Raises Refusal (input_invalid).

    Measured afterwards: normalising can make a text longer, and a column of the database takes so much.
    """
    line = plain_text(text)
    if not 1 <= len(line) <= max_chars:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": field})
    return line


def checked_block(text: str, max_chars: int, field: str, min_chars: int = 1) -> str:
    """``plain_block`` as ``checked_line``. With ``min_chars`` 0 it may be empty."""
    block = plain_block(text)
    if not min_chars <= len(block) <= max_chars:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": field})
    return block
