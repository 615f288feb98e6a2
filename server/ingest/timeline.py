"""The clock of a session's media: goes on without a step back or a gap, whoever publishes. Pure.

A publisher begins at any timestamp, may come back in the grace period with another, and a new encoder may
replace it. Players keep one buffer through all this, so what comes next is put right behind what came last.
"""

from __future__ import annotations

from app.rtmp import TagKind

SEAM_MS = 40
"""Distance of two publishers' media: about a frame, so that the player's buffer has no hole."""
MAX_STEP_FORWARD_MS = 3000
MAX_STEP_BACK_MS = 1000
"""A larger step is a broken clock of the encoder, not a pause in the media."""


class Timeline:
    """Maps a publisher's timestamps to the session's. Invariant: never goes back within a kind of tag."""

    def __init__(self) -> None:
        self._offset_ms: int | None = None
        self._last_ms: dict[TagKind, int] = {}
        self.seams = 0
        """How often the mapping was set anew, the first time not counted."""

    @property
    def last_ms(self) -> int | None:
        """The latest timestamp given out."""
        return max(self._last_ms.values(), default=None)

    def begin(self) -> None:
        """What comes next is from another connection."""
        self._offset_ms = None

    def map(self, kind: TagKind, timestamp_ms: int) -> int:
        """The session's timestamp of a publisher's tag, in ms from the session's first picture."""
        last_ms = self.last_ms
        if self._offset_ms is not None and last_ms is not None:
            step_ms = timestamp_ms + self._offset_ms - last_ms
            if not -MAX_STEP_BACK_MS <= step_ms <= MAX_STEP_FORWARD_MS:
                self._offset_ms = None
        if self._offset_ms is None:
            if last_ms is None:
                self._offset_ms = -timestamp_ms
            else:
                self._offset_ms = last_ms + SEAM_MS - timestamp_ms
                self.seams += 1
        mapped_ms = max(timestamp_ms + self._offset_ms, self._last_ms.get(kind, 0))
        self._last_ms[kind] = mapped_ms
        return mapped_ms
