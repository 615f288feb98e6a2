"""Accounts, mail addresses and domains, however they are spaced. Pure; any thread."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.conduct.folding import Gap, Stream
from server.conduct.lexicon import Hit
from server.conduct.packs import Tables

_JOINERS = re.compile(r"[_\-.－＿．]{1,2}")
_DOTS = re.compile(r"[.。．·•｡,，・‧∙⋅]")
_AT = re.compile(r"[@＠#]")
_MIN_HANDLE, _MIN_DIGIT_HANDLE, _MAX_HANDLE = 5, 6, 40
_MAX_DOT_GAP_CHARS = 5


@dataclass(frozen=True, slots=True)
class _Piece:
    """Letters and digits without a gap."""

    start: int
    end: int
    text: str


class Addresses:
    """Invariant: only reads after it was made."""

    def __init__(self, tables: Tables) -> None:
        self._tops = frozenset(tables.top_domains)
        self._dots = tuple(sorted(tables.domain_dots, key=len, reverse=True))
        self._ats = tuple(sorted(tables.at_signs, key=len, reverse=True))
        self._names = frozenset(tables.domain_names)

    def hits(self, stream: Stream) -> dict[str, list[Hit]]:
        """``#handle`` (with a digit or _ or -), ``#name`` (letters only), ``#email`` and ``#domain``."""
        pieces = _pieces(stream)
        domains = self._domains(stream, pieces)
        emails = self._emails(stream, pieces, domains)
        sites = [hit for hit in domains if not stream.text[hit[0]].isdigit() or not stream.text[hit[0] + 1].isdigit()]
        return {**_accounts(stream, pieces), "#domain": sites, "#email": emails}

    def _domains(self, stream: Stream, pieces: list[_Piece]) -> list[Hit]:
        found: list[Hit] = []
        for index, piece in enumerate(pieces):
            if piece.text not in self._tops or not self._has_dot(stream, piece.start):
                continue
            first = self._left_of_dot(stream, piece.start)
            if first < 0:
                continue
            start = _name_start(stream, pieces, index, first)
            while start > 0 and self._has_dot(stream, start) and (left := self._left_of_dot(stream, start)) >= 0:
                start = _name_start(stream, pieces, index, left)
            name = stream.text[start : piece.end]
            if start < piece.start and name not in self._names:
                found.append((start, piece.end))
        return found

    def _emails(self, stream: Stream, pieces: list[_Piece], domains: list[Hit]) -> list[Hit]:
        found: list[Hit] = []
        for start, end in domains:
            left = self._left_of_at(stream, start)
            if left < 0:
                continue
            first = left
            while first > 0 and stream.text[first - 1].isascii() and len(stream.gap_text(first)) <= 2:
                first -= 1
            found.append((first, end))
        return found

    def _has_dot(self, stream: Stream, start: int) -> bool:
        """Whether a dot, or a word for it, stands before."""
        if start == 0:
            return False
        gap = stream.gap_text(start)
        if 0 < len(gap) <= _MAX_DOT_GAP_CHARS and _DOTS.search(gap):
            return not re.fullmatch(r"\S\s+", gap)  # "Hello. Me": a sentence, not an address
        return any(stream.text.endswith(dot, 0, start) for dot in self._dots)

    def _left_of_dot(self, stream: Stream, start: int) -> int:
        """The last character of what stands before the dot; -1 when it is no name."""
        at = start - 1
        gap = stream.gap_text(start)
        if not _DOTS.search(gap):
            for dot in self._dots:
                if stream.text.endswith(dot, 0, start):
                    at = start - len(dot) - 1
                    break
        return at if at >= 0 and stream.text[at].isascii() and stream.text[at].isalnum() else -1

    def _left_of_at(self, stream: Stream, start: int) -> int:
        if start == 0:
            return -1
        if _AT.search(stream.gap_text(start)):
            at = start - 1
        else:
            for word in self._ats:
                if stream.text.endswith(word, 0, start):
                    at = start - len(word) - 1
                    break
            else:
                return -1
        return at if at >= 0 and stream.text[at].isascii() else -1


def _name_start(stream: Stream, pieces: list[_Piece], before: int, last: int) -> int:
    """Where the name that ends with character ``last`` begins: its words may be joined by - and _."""
    start = last
    for piece in reversed(pieces[:before]):
        if piece.start <= start < piece.end:
            start = piece.start
            if start == 0 or not stream.text[start - 1].isascii() or stream.gap_text(start) not in ("-", "_"):
                break
            start -= 1
    return start


def _pieces(stream: Stream) -> list[_Piece]:
    """Runs of ASCII letters and digits; single letters with gaps between (w w w) are one run."""
    found: list[_Piece] = []
    for match in re.finditer(r"[a-z0-9]+", stream.text):
        start = match.start()
        for index in range(match.start() + 1, match.end() + 1):
            if index == match.end() or stream.gaps[index]:
                found.append(_Piece(start, index, stream.text[start:index]))
                start = index
    joined: list[_Piece] = []
    for piece in found:
        if (
            joined
            and piece.end - piece.start == 1
            and joined[-1].end == piece.start
            and stream.gaps[piece.start] == Gap.LIGHT
            and not _DOTS.search(stream.gap_text(piece.start))
            and joined[-1].end - joined[-1].start < _MAX_HANDLE
            and _is_spaced(stream, joined[-1])
        ):
            last = joined.pop()
            piece = _Piece(last.start, piece.end, last.text + piece.text)  # noqa: PLW2901
        joined.append(piece)
    return joined


def _is_spaced(stream: Stream, piece: _Piece) -> bool:
    return all(stream.gaps[index] for index in range(piece.start + 1, piece.end))


def _accounts(stream: Stream, pieces: list[_Piece]) -> dict[str, list[Hit]]:
    handles: list[Hit] = []
    names: list[Hit] = []
    index = 0
    while index < len(pieces):
        start, end = pieces[index].start, pieces[index].end
        index += 1
        while index < len(pieces) and pieces[index].start == end and _JOINERS.fullmatch(stream.gap_text(end)):
            end = pieces[index].end
            index += 1
        text = stream.text[start:end]
        is_joined = any(stream.gap_text(at) in ("_", "-") for at in range(start + 1, end) if stream.gaps[at])
        least = _MIN_DIGIT_HANDLE if text.isdigit() else _MIN_HANDLE
        if least <= end - start <= _MAX_HANDLE:
            (handles if is_joined or not text.isalpha() else names).append((start, end))
    return {"#handle": handles, "#name": names}
