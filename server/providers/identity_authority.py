"""Who can say whether a name and a number belong together: an interface, and the built-in one that asks nobody.

The built-in authority says so: form, check character, birth date and age were looked at before, and no public register
was asked. A service of one's own adds an adapter to a register here; the rest of the program only reads the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

DEADLINE_S = 10.0
"""How long an answer is waited for; after that the authority counts as not to be reached."""


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    """A register has this number with this name."""
    MISMATCH = "mismatch"
    """A register has not."""
    NOT_ASKED = "not_asked"
    """No register was asked: nothing is known but what can be read from the number."""


@dataclass(frozen=True, slots=True)
class AuthorityAnswer:
    verdict: Verdict
    authority: str
    """Its code: ``identity.authority.<code>`` says it to the person."""


class IdentityAuthority(Protocol):
    """Asked on the event loop, outside of any write."""

    async def check(self, name: str, number: str) -> AuthorityAnswer:
        """Raises PlatformError when it cannot be reached. Neither value is kept or logged by it."""


class LocalAuthority:
    """Asks nobody, and says so."""

    code = "local"

    async def check(self, name: str, number: str) -> AuthorityAnswer:
        return AuthorityAnswer(Verdict.NOT_ASKED, self.code)
