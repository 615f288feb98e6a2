"""How long things are kept: the one place that says it. Values only; server.forgetting deletes.

No term of its own has by what the people in a room are told apart: it is forgotten with the end of the session.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """Terms in days, from the moment that each line names."""

    face_evidence_days: int = 30
    """What the camera saw at a face check, and what an operator saw and noted: after its decision. Without a check:
    after the session."""
    former_identity_days: int = 30
    """A name and number that were corrected or withdrawn: after that."""
    identity_attempts_days: int = 30
    """That somebody tried a name and number, and how it ended."""
    chat_days: int = 60
    """What was said in a room, and who was muted or sent out for it: after the end of the session, or of the mute."""
    media_days: int = 60
    """The file of an image that was replaced or taken away: after that."""
    logs_days: int = 60
    """Lines of the service's log: after they were written."""
    drafts_days: int = 180
    """An application that was never sent: after it was touched last."""
    inbox_days: int = 180
    """A message to a person: after it was told."""
    measures_days: int = 180
    """What was quoted for a measure, and what the person wrote against it: after it ended, or its person was told of
    what was taken away, and it was decided on. As long as a measure goes on, so does what it stands on."""
    reports_days: int = 180
    """The transcript of a report, what was written to it, and its clip: after it was decided or withdrawn."""
    complaints_days: int = 180
    """Who complained of an infringement, of what and by which proofs: after it was decided."""
    loose_proofs_days: int = 1
    """An image that was uploaded for a complaint and is named by none: after that."""
    tokens_days: int = 30
    """A sign-in that is not used: after it was used last."""
    probes_days: int = 1
    """That the way to the ingest was measured: after it."""
    repeats_days: int = 1
    """By which key a write was asked for, so that a repeat is known: after the write."""


DEFAULT = Retention()
