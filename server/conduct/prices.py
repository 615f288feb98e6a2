"""Prices and discounts, in figures or in characters. Pure; any thread."""

from __future__ import annotations

import re

from server.conduct.folding import Gap, Stream
from server.conduct.lexicon import Hit

_AMOUNT = "[0-9零一二两三四五六七八九十百千万半几]"
_PRICE = re.compile(rf"{_AMOUNT}{{1,9}}多?(?:元|块|圆|rmb|米(?=一|每|包|起))|(?:元|rmb){_AMOUNT}{{1,9}}")
_DISCOUNT = re.compile(r"[0-9一二两三四五六七八九半]{1,2}折|立减[0-9一二两三四五六七八九十百千半]{1,6}|减[0-9]{2,4}元")
_NO_DISCOUNT = ("折腾", "折射", "折叠", "折服", "折损", "折旧", "折算", "折中", "折磨", "折线")


def price_hits(stream: Stream) -> dict[str, list[Hit]]:
    """``#price`` and ``#discount``."""
    return {
        "#price": [m.span() for m in _PRICE.finditer(stream.text) if not _is_torn(stream, m.span())],
        "#discount": [
            m.span()
            for m in _DISCOUNT.finditer(stream.text)
            if not _is_torn(stream, m.span()) and not stream.text.startswith(_NO_DISCOUNT, m.end() - 1)
        ],
    }


def _is_torn(stream: Stream, hit: Hit) -> bool:
    """Whether a sentence end lies inside."""
    return max(stream.gaps[hit[0] + 1 : hit[1]], default=Gap.NONE) >= Gap.SENTENCE
