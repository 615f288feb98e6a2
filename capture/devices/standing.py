"""What has become of a device that was opened. Values only."""

from __future__ import annotations

from enum import Enum


class Standing(Enum):
    """Whether an open stream is still of what was asked for."""

    HERE = "here"
    MOVED = "moved"
    """The system prefers another now, or has moved the stream away from what was chosen: open it again."""
    GONE = "gone"
    """The microphone was taken away, and the sound server has put another in its place."""
