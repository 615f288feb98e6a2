"""The characters of a text file, whatever it was saved as. Pure."""

from __future__ import annotations

import codecs

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "之进着等部度家电力里如水化高自理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表"
    "這個為國來時們會對發動過說產種後學經進著裡現實體機當從業應開還"
    "，。、；：“”（）《》【】"
)
"""The commonest characters and marks of Chinese, simplified and traditional."""
_SAMPLE_BYTES = 256 * 1024


def decode(content: bytes) -> tuple[str, str]:
    """The text and the encoding that was guessed; empty where nothing had to be guessed.

    What cannot be read in any way is replaced by U+FFFD.
    """
    for bom, name in _BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(name, "replace"), ""
    try:
        return content.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        # A file that was cut off in the middle of its last character is UTF-8 all the same.
        if error.start >= len(content) - 3 and error.start > 0:
            return content.decode("utf-8", "ignore"), ""
    if guess := _two_bytes(content):
        return content.decode(guess, "replace"), guess
    best = max(("gb18030", "big5"), key=lambda name: _plausibility(content[:_SAMPLE_BYTES], name))
    return content.decode(best, "replace"), best


def _two_bytes(content: bytes) -> str:
    """UTF-16 without a mark: every second byte of its line ends and Latin characters is zero."""
    sample = content[:_SAMPLE_BYTES]
    if sample.count(b"\x00") < len(sample) // 200 + 1:
        return ""
    return "utf-16-le" if sample[1::2].count(0) >= sample[0::2].count(0) else "utf-16-be"


def _plausibility(content: bytes, name: str) -> float:
    text = content.decode(name, "replace")
    return (sum(sign in _COMMON for sign in text) - 10 * text.count("\ufffd")) / max(1, len(text))
