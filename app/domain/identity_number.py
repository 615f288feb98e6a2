"""The resident identity number (公民身份号码) by GB 11643-1999, and the name that goes with it. Pure.

Eighteen characters: region (6 digits, GB/T 2260), birth date (8), order (3), check character by ISO/IEC 7064 MOD 11-2.
Of the region the first two digits are looked at: a number keeps the code of a county long after the county is gone,
so that a list of today's counties would turn away people whose number is right.

A repr shows no number: it may stand in a trace.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

LENGTH = 18
ADULT_YEARS = 18
OLDEST_YEARS = 130
MIN_NAME_CHARS, MAX_NAME_CHARS = 2, 30
_WEIGHTS = tuple(pow(2, LENGTH - 1 - place, 11) for place in range(LENGTH - 1))
_CHECK_CHARACTERS = "10X98765432"
REGIONS = frozenset(
    {
        "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
        "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
        "71", "81", "82", "83",
    }
)  # fmt: skip
"""Province-level codes of GB/T 2260; 81, 82 and 83 stand on residence permits of Hong Kong, Macao and Taiwan people."""
_BLANKS = re.compile(r"[\s\-\u2010-\u2015]+")
_NAME_SIGNS = frozenset("·'- ")
_DOTS = str.maketrans({"•": "·", "・": "·", "．": "·", "‧": "·", "∙": "·", "。": "·", ".": "·"})


class NumberFault(StrEnum):
    """What is wrong with a number; ``identity.fault.<value>`` says it."""

    MISSING = "missing"
    LENGTH = "length"
    CHARACTERS = "characters"
    REGION = "region"
    BIRTH_DATE = "birth_date"
    CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """One whose parts are right. Whether somebody has it, only a register knows."""

    text: str = field(repr=False)
    birth_date: date = field(repr=False)

    @property
    def masked(self) -> str:
        """1101************3X: neither region nor birth date can be read from it."""
        return masked_number(self.text)


def cleaned_number(text: str) -> str:
    """As it stands on the card: half width, capital X, without blanks and hyphens."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_character(body: str) -> str:
    """The last character for the first seventeen digits. ValueError where they are none."""
    if len(body) != LENGTH - 1 or not (body.isascii() and body.isdigit()):
        raise ValueError("seventeen digits of the number")
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def parse(number: str, today: date | None) -> IdentityNumber | NumberFault:
    """The parts of a cleaned number, or the first that is wrong.

    ``today`` in Asia/Shanghai; None: any day of the calendar will do as birth date.
    """
    if not number:
        return NumberFault.MISSING
    if len(number) != LENGTH:
        return NumberFault.LENGTH
    body, last = number[:-1], number[-1]
    if not (body.isascii() and body.isdigit() and last in _CHECK_CHARACTERS):
        return NumberFault.CHARACTERS
    if number[:2] not in REGIONS:
        return NumberFault.REGION
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return NumberFault.BIRTH_DATE
    if today is not None and not 0 <= age_on(born, today) <= OLDEST_YEARS:
        return NumberFault.BIRTH_DATE
    if check_character(body) != last:
        return NumberFault.CHECKSUM
    return IdentityNumber(number, born)


def age_on(born: date, day: date) -> int:
    """Full years on a day. Who was born on 29 February is a year older on 1 March in a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_adult_on(born: date, day: date) -> bool:
    """Whether the person is 18 on that day: from the eighteenth birthday on."""
    return age_on(born, day) >= ADULT_YEARS


def masked_number(number: str) -> str:
    """4401************12"""
    return f"{number[:4]}{'*' * (LENGTH - 6)}{number[-2:]}" if len(number) == LENGTH else "*" * len(number)


def cleaned_name(text: str) -> str:
    """One form of a name: half width, one kind of dot between the parts of a name, no blanks around or between."""
    plain = unicodedata.normalize("NFKC", text).strip().translate(_DOTS)
    plain = re.sub(r"\s*·\s*", "·", plain)
    is_latin = any(sign.isascii() and sign.isalpha() for sign in plain)
    return re.sub(r"\s+", " " if is_latin else "", plain)


def is_name(name: str) -> bool:
    """Whether a cleaned name can be one: letters of any script, and the signs that join its parts."""
    if not MIN_NAME_CHARS <= len(name) <= MAX_NAME_CHARS:
        return False
    if not (name[0].isalpha() and name[-1].isalpha()):
        return False
    return all(sign.isalpha() or sign in _NAME_SIGNS or unicodedata.category(sign) == "Mn" for sign in name)


def masked_name(name: str) -> str:
    """张**: the first sign, as it is called in the street."""
    return f"{name[:1]}{'*' * min(max(len(name) - 1, 1), 3)}" if name else ""
