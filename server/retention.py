"""How long things are kept: the one place that says it. Values only; server.forgetting deletes."""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """Terms in days, from the moment that each line names."""

    face_evidence_days: int = 30
    """What an operator saw and noted at a face check: after its decision."""
    former_identity_days: int = 30
    """A name and number that were corrected or withdrawn: after that."""
    identity_attempts_days: int = 30
    """That somebody tried a name and number, and how it ended."""
    chat_days: int = 60
    """What was said in a room: after the end of the session."""
    media_days: int = 60
    """The file of an image that was replaced or taken away: after that."""
    logs_days: int = 60
    """Lines of the service's log: after they were written."""
    drafts_days: int = 180
    """An application that was never sent: after it was touched last."""
    inbox_days: int = 180
    """A message to a person: after it was told."""
    tokens_days: int = 30
    """A sign-in that is not used: after it was used last."""
    probes_days: int = 1
    """That the way to the ingest was measured: after it."""
    repeats_days: int = 1
    """By which key a write was asked for, so that a repeat is known: after the write."""


DEFAULT = Retention()
