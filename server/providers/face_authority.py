"""Who can say whether a face is that of a name and a number: an interface, and the built-in one that asks nobody.

It is asked only once the service found a living person in the clip. The built-in authority leaves the comparison to an
operator, and says so. A service of one's own adds an adapter to a register here; the rest of the program only reads the
answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

DEADLINE_S = 20.0
"""How long an answer is waited for; after that an operator compares."""


class FaceVerdict(StrEnum):
    CONFIRMED = "confirmed"
    """A register has this face with this name and number."""
    MISMATCH = "mismatch"
    """A register has another one."""
    NOT_ASKED = "not_asked"
    """No register was asked, or it could not be reached: an operator compares."""


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    verdict: FaceVerdict
    authority: str
    """Its code."""


@dataclass(frozen=True, slots=True)
class FaceAsked:
    """``picture``: JPEG of the best frame that the service itself took out of the clip."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    picture: bytes = field(repr=False)


class FaceAuthority(Protocol):
    """Asked on the event loop, outside of any write."""

    code: str
    is_match_by_operator: bool
    """Whether an operator has to compare, as no register is asked."""

    async def compare(self, asked: FaceAsked) -> FaceAnswer:
        """Raises PlatformError when it cannot be reached. Nothing of it is kept or logged."""


class OperatorsCompare:
    """Asks nobody, and says so."""

    code = "operator"
    is_match_by_operator = True

    async def compare(self, asked: FaceAsked) -> FaceAnswer:
        return FaceAnswer(FaceVerdict.NOT_ASKED, self.code)
