"""Makes the text of a written PDF what was written, so that it can be searched and copied. Worker thread.

Qt names each glyph of a PDF by the first character that the font has it for: 一 becomes the radical ⼀ (U+2F00), 页 the
radical ⻚. The names stand in the file uncompressed, four hexadecimal digits each, and are put right where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtGui import QFont, QRawFont

_RADICALS = range(0x2E80, 0x2FE0)
_NAMES = re.compile(rb"begincmap.*?endcmap", re.DOTALL)
_LIST = re.compile(rb"\[[^\]]*\]")
_NAME = re.compile(rb"<([0-9A-F]{4})>")
PLAIN_FEATURES = ("liga", "clig", "calt", "ccmp", "locl", "rlig", "pnum")
"""Substitutions of a font whose glyphs belong to no character: without them each one has its name."""


def plain(font: QFont) -> QFont:
    """The font without such substitutions."""
    made = QFont(font)
    for name in PLAIN_FEATURES:
        made.setFeature(QFont.Tag(name), 0)
    return made


def mend(path: Path, text: str, fonts: Iterable[QFont]) -> None:
    """Name the glyphs of ``text`` by its own characters. Raises OSError."""
    twins = _twins(text, fonts)
    if not twins:
        return

    def rename(name: re.Match[bytes]) -> bytes:
        return b"<%04X>" % twins.get(int(name[1], 16), int(name[1], 16))

    def mend_list(names: re.Match[bytes]) -> bytes:
        return _NAME.sub(rename, names[0])

    content = path.read_bytes()
    # As long as before: places in the file are counted in bytes.
    path.write_bytes(_NAMES.sub(lambda block: _LIST.sub(mend_list, block[0]), content))


def _twins(text: str, fonts: Iterable[QFont]) -> dict[int, int]:
    """For each radical the character of the text that looks the same."""
    found: dict[int, int] = {}
    signs = sorted({sign for sign in text if "\u4e00" <= sign <= "\u9fff"})
    for font in fonts:
        raw = QRawFont.fromFont(font)
        glyphs = {raw.glyphIndexesForString(sign)[0]: ord(sign) for sign in signs}
        for code in _RADICALS:
            glyph = raw.glyphIndexesForString(chr(code))[0]
            if glyph and glyph in glyphs:
                found[code] = glyphs[glyph]
    return found
