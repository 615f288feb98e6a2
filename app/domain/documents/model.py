"""What a document is made of. Pure; frozen values.

A document is a flat list of blocks in reading order. Chapters (一、总则) and clause titles (实名认证) head what follows
them; items are numbered and may be nested; all else is a paragraph. Its one written form, which is hashed, stored and
sent, is the Markdown of ``canonical``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DocumentKind(StrEnum):
    """协议与规则 (system terms)."""

    LIVE_AGREEMENT = "live_agreement"
    USER_AGREEMENT = "user_agreement"
    PRIVACY_POLICY = "privacy_policy"
    LIVE_PRIVACY_NOTICE = "live_privacy_notice"
    VIOLATION_RULES = "violation_rules"
    COMMON_VIOLATIONS = "common_violations"


class BlockKind(StrEnum):
    CHAPTER = "chapter"
    CLAUSE = "clause"
    """The title of a clause."""
    ITEM = "item"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text; emphasised is bold and underlined: it limits liability or weighs on rights."""

    text: str
    is_emphasised: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """``number`` is an item's own ("1", "2"), empty for all else; ``level`` is how deep an item is nested, from 0.

    A chapter's number is part of its text, as it is written: 一、总则.
    """

    kind: BlockKind
    spans: tuple[Span, ...]
    number: str = ""
    level: int = 0

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Document:
    blocks: tuple[Block, ...]
