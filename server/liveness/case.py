"""What the worker that looks at a package is given, and what it answers. Values only.

The job is the first line of its standard input (JSON), with the private key: nowhere else. The answer is all of its
standard output (msgpack).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.domain.flash import Colour
from app.domain.liveness import Action, Finding, Grade, OrderKind, Retry
from app.liveness.package import Expected
from app.liveness.verdict import Verdict

MAX_JOB_BYTES = 256 * 1024
MAX_ANSWER_BYTES = 40_000_000
MAX_STILLS = 10


class Sent(msgspec.Struct, frozen=True):
    """An order, and the clip's time of the message that it answered."""

    kind: OrderKind
    after_us: int
    action: Action | None = None
    colours: tuple[Colour, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """``earliest_us``, ``latest_us``: between which the clip must lie by its own clock to have been made while the
    session ran."""

    parcel: str
    """Path of the sealed package."""
    private_key: bytes
    expected: Expected
    orders: tuple[Sent, ...]
    earliest_us: int
    latest_us: int

    def __repr__(self) -> str:
        return f"Job({self.expected.challenge.session_id})"


class SignSeen(msgspec.Struct, frozen=True):
    finding: Finding
    grade: Grade
    params: dict[str, str] = {}


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a judgement, sealed, until the evidence is deleted."""

    verdict: Verdict
    retry: Retry | None = None
    signs: tuple[SignSeen, ...] = ()
    figures: dict[str, float] = {}


class StillSeen(msgspec.Struct, frozen=True):
    label: Annotated[str, msgspec.Meta(max_length=40)]
    jpeg: bytes

    def __repr__(self) -> str:
        return f"StillSeen({self.label!r})"


class Failed(msgspec.Struct, frozen=True, tag=True):
    """A fault of the worker itself: what kind of exception, and where it arose. Its text may quote what it read."""

    kind: str
    trace: str


class Looked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer. ``what``: for the log, why a package was not looked into; it names no content."""

    findings: Findings
    stills: Annotated[tuple[StillSeen, ...], msgspec.Meta(max_length=MAX_STILLS)] = ()
    clip: bytes = b""
    """MP4."""
    what: str = ""

    def __repr__(self) -> str:
        return f"Looked({self.findings.verdict})"
