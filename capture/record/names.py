"""File names of recordings: good on Windows and Unix, never with a way out of the folder. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_NAME_BYTES = 180
"""File systems take 255; a number and ``.mp4.part`` are put behind it."""
_FALLBACK = "recording"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{number}" for port in ("COM", "LPT") for number in "123456789¹²³"}
)
# Control, format (they can turn the direction of a name round), surrogate and unassigned characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn"})
_MOST_NUMBERED = 1000


def clean_name(name: str) -> str:
    """One component of a path without an extension of its own: not empty, at most ``MAX_NAME_BYTES`` as UTF-8."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(letter for letter in text if unicodedata.category(letter) not in _HIDDEN)
    # Windows takes dots and spaces off the end, and Unix hides what begins with a dot.
    text = _FORBIDDEN.sub("_", text).strip(". ")
    text = text.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(". ")
    if text.partition(".")[0].rstrip().upper() in _DEVICES:
        text = f"_{text}"
    return text or _FALLBACK


def numbered(stem: str) -> Iterator[str]:
    """``stem``, ``stem-2``, ``stem-3`` …"""
    yield stem
    for number in range(2, _MOST_NUMBERED):
        yield f"{stem}-{number}"
