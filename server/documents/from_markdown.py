"""The parts of a Markdown file. Pure.

markdown-it-py as CommonMark, without HTML: what looks like tags is text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.domain.documents.model import Span
from app.errors import InputError
from server.documents.rough import Role, Rough

MAX_NESTING = 60
"""Deeper lists and quotes than anybody writes; each level is some calls of the parser inside one another."""


def read_markdown(text: str) -> list[Rough]:
    """In reading order. Raises InputError (too_deep)."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")
    tokens = parser.parse(text)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        # The parser passes over what is nested deeper, without a word.
        raise InputError("document_invalid", detail={"reason": "too_deep"})
    return list(_parts(tokens))


def _parts(tokens: Sequence[Token]) -> Iterator[Rough]:
    lists: list[str] = []
    """For each list that is open its kind: "ol" or "ul"."""
    number = ""
    role, depth = Role.PARAGRAPH, 0
    row: list[Span] = []
    is_in_table = False
    for token in tokens:
        match token.type:
            case "heading_open":
                role, depth = Role.HEADING, int(token.tag[1])
            case "heading_close":
                role, depth = Role.PARAGRAPH, 0
            case "ordered_list_open" | "bullet_list_open":
                lists.append("ol" if token.type == "ordered_list_open" else "ul")
            case "ordered_list_close" | "bullet_list_close":
                lists.pop()
            case "list_item_open":
                number = token.info if lists and lists[-1] == "ol" else ""
            case "table_open":
                is_in_table = True
            case "table_close":
                is_in_table = False
            case "tr_open":
                row = []
            case "tr_close":
                yield Rough(Role.PARAGRAPH, tuple(row), finding="table")
            case "inline" if is_in_table:
                row += [*([Span("；")] if row else []), *_spans(token.children or [])]
            case "inline":
                spans = tuple(_spans(token.children or []))
                finding = "image" if any(child.type == "image" for child in token.children or []) else ""
                if role is Role.HEADING:
                    yield Rough(role, spans, depth, finding=finding)
                elif number:
                    # What else stands in the item is a paragraph of its own.
                    yield Rough(Role.ITEM, spans, lists.count("ol") - 1, number, finding)
                    number = ""
                else:
                    yield Rough(Role.PARAGRAPH, spans, finding=finding)
            case "fence" | "code_block":
                for line in token.content.splitlines():
                    yield Rough(Role.PARAGRAPH, (Span(line),))
            case _:
                pass


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    strong = 0
    before = ""
    address = ""
    for token in tokens:
        text = ""
        match token.type:
            case "strong_open":
                strong += 1
            case "strong_close":
                strong -= 1
            case "softbreak" | "hardbreak":
                # Chinese is written without spaces; a break between other words is one.
                text = "" if _is_wide(before[-1:]) else " "
            case "link_open":
                address = str(token.attrs.get("href", ""))
            case "link_close":
                text = f"（{address}）" if address and address != before else ""
                address = ""
            case "text" | "code_inline" | "html_inline":
                text = token.content
            case _:
                pass
        if text:
            before = text
            yield Span(text, strong > 0)


def _is_wide(sign: str) -> bool:
    return sign >= "\u2e80"
