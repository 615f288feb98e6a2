"""Words of the face check by camera (活体检测): what is asked for, told, and decided. Pure; shared by all sides.

What the person is told to do is ``Action`` and ``Prompt``; what ends an attempt is ``Abort``; why the service could not
say yes is ``Retry``. The words are the screen's: ``liveness.action.<value>``, ``liveness.prompt.<value>`` and so on.

Sides: "left" and "right" are the person's own. The preview is mirrored, so the person's left is the left of the screen.
"""

from __future__ import annotations

from enum import StrEnum


class LivenessPath(StrEnum):
    """How much of it a person does. What is reduced always ends in manual review."""

    FULL = "full"
    NO_FLASH = "no_flash"
    """Sensitive to flashes: no colours are shown."""
    NO_ACTIONS = "no_actions"
    """Cannot do the actions: looks into the camera while the colours are shown."""


class Action(StrEnum):
    """What may be asked for; left and right are the person's own."""

    BLINK = "blink"
    MOUTH_OPEN = "mouth_open"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    NOD = "nod"


class Stage(StrEnum):
    """How far an action has come."""

    WAITING = "waiting"
    """Nothing of it is seen."""
    UNDERWAY = "underway"
    RETURNING = "returning"
    """It was done; the person is not back yet."""
    DONE = "done"
    WRONG = "wrong"
    """The other side."""


class Prompt(StrEnum):
    """What is told while the person gets into place, the most important first."""

    NO_FACE = "no_face"
    SECOND_FACE = "second_face"
    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"
    OFF_CENTRE = "off_centre"
    TOO_DARK = "too_dark"
    DIM = "dim"
    TOO_BRIGHT = "too_bright"
    UNEVEN = "uneven"
    BLURRED = "blurred"
    MOUTH_COVERED = "mouth_covered"
    EYES_COVERED = "eyes_covered"
    TILTED = "tilted"


class Phase(StrEnum):
    """Of one attempt."""

    ALIGN = "align"
    WAIT = "wait"
    """In place, and the next order is on its way."""
    ACTION = "action"
    FLASH = "flash"
    RECENTRE = "recentre"
    FINISHED = "finished"
    ABORTED = "aborted"


class Abort(StrEnum):
    """Why an attempt came to nothing before it was sealed."""

    SECOND_FACE = "second_face"
    FACE_LOST = "face_lost"
    JUMPED = "jumped"
    FRAMES_MISSING = "frames_missing"
    WRONG_SIDE = "wrong_side"
    ACTION_TOO_LATE = "action_too_late"
    TOO_LONG = "too_long"
    MOVED_IN_FLASH = "moved_in_flash"
    CAMERA_CHANGED = "camera_changed"
    FOCUS_LOST = "focus_lost"
    GIVEN_UP = "given_up"


class Retry(StrEnum):
    """Why the service, having looked at the evidence itself, asks for it once more."""

    UNCLEAR = "unclear"
    """Too dark, blurred, far away or covered for most of it."""
    ACTION_MISSED = "action_missed"
    """An action is not found in the clip, or not in its time."""
    INTERRUPTED = "interrupted"
    """The clip breaks off: another face, none, a jump, a gap."""
    NO_DEPTH = "no_depth"
    """A turning face that stays flat."""
    NO_LIGHT = "no_light"
    """The colours of the screen are not found on the face."""
    STALE = "stale"
    """The clip is not of this challenge, or was not made while it ran."""
    DAMAGED = "damaged"
    """The package cannot be opened, or does not fit together."""

    @property
    def family(self) -> RetryFamily:
        """Three of one family, and an operator looks."""
        return _FAMILIES[self]


class RetryFamily(StrEnum):
    PICTURE = "picture"
    ACTION = "action"
    PRESENCE = "presence"
    """Whether it is a person who is there now."""


_FAMILIES = {
    Retry.UNCLEAR: RetryFamily.PICTURE,
    Retry.ACTION_MISSED: RetryFamily.ACTION,
    Retry.INTERRUPTED: RetryFamily.ACTION,
    Retry.NO_DEPTH: RetryFamily.PRESENCE,
    Retry.NO_LIGHT: RetryFamily.PRESENCE,
    Retry.STALE: RetryFamily.PRESENCE,
    Retry.DAMAGED: RetryFamily.PRESENCE,
}


class Finding(StrEnum):
    """What an operator is shown in words, each with a ``Grade``."""

    ACTIONS = "actions"
    DEPTH = "depth"
    LIGHT = "light"
    CONTINUITY = "continuity"
    DEVICE = "device"


class Grade(StrEnum):
    FITS = "fits"
    WEAK = "weak"
    AGAINST = "against"
    NOT_LOOKED_AT = "not_looked_at"


class LivenessState(StrEnum):
    """Of one session, at the service.

    =========  ==========================================================================================
    issued     uploading, aborted (the program or the person), expired
    uploading  judging, expired
    judging    live (then the authority, or an operator, says who it is), retry, review (an operator looks)
    =========  ==========================================================================================

    All others are final.
    """

    ISSUED = "issued"
    UPLOADING = "uploading"
    JUDGING = "judging"
    LIVE = "live"
    RETRY = "retry"
    REVIEW = "review"
    ABORTED = "aborted"
    EXPIRED = "expired"

    @property
    def is_open(self) -> bool:
        return self in (LivenessState.ISSUED, LivenessState.UPLOADING, LivenessState.JUDGING)


class OrderKind(StrEnum):
    """What comes next; the service says it, one at a time."""

    ACTION = "action"
    FLASH = "flash"
    SEAL = "seal"
