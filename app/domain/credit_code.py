"""The unified social credit code (统一社会信用代码) of an organisation, by GB 32100-2015. Pure.

Eighteen characters: who registers (1), what it is (1), where (6 digits), which (9), check character (1). The weights
are the powers of 3 modulo 31; 31 is prime, so that any one wrong character and any two neighbours that changed places
are noticed.
"""

from __future__ import annotations

import unicodedata

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Without I, O, S, V and Z, which are read as something else."""
LENGTH = 18
_BASE = len(CHARACTERS)
_VALUES = {character: value for value, character in enumerate(CHARACTERS)}
_WEIGHTS = tuple(pow(3, place, _BASE) for place in range(LENGTH - 1))
_REGION = slice(2, 8)


def cleaned(text: str) -> str:
    """As it stands on the licence: half width, capitals, without blanks and hyphens."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(
        character for character in plain if not character.isspace() and character not in "-\u2010\u2011\u2013"
    )


def check_character(body: str) -> str:
    """The last character for the first seventeen. ValueError where they cannot be such."""
    if len(body) != LENGTH - 1 or any(character not in _VALUES for character in body):
        raise ValueError("seventeen characters of the code")
    total = sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return CHARACTERS[-total % _BASE]


def is_valid(code: str) -> bool:
    """Whether a cleaned code can be one: its characters, its region in digits, its check character."""
    if len(code) != LENGTH or any(character not in _VALUES for character in code):
        return False
    return code[_REGION].isdigit() and check_character(code[:-1]) == code[-1]
