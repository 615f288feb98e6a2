"""What one click does for a defect. Pure: from what was measured to the values to set.

Software mends of the picture work on what the camera delivered before them, so each is worked out from the measurement
and what is in force already.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from app.domain.quality.measures import FaceBox
from app.domain.quality.model import Defect

TARGET_FACE_LUMA = 128.0
"""A face in the middle of the scale: light skin lies above, dark skin below it when well exposed."""
TARGET_BACKLIT_LUMA = 145.0
"""Against a bright ground a little more."""
MOST_STOPS = 3.0
TARGET_FACE_RATIO = 0.30
"""Height of the face of the picture's height after a cut."""
EYES_AT_RATIO = 0.42
"""Where the middle of the face lies after a cut, from the top: eyes near the upper third."""
LEAST_CUT_RATIO = 0.6
"""Less of the picture would show that it was enlarged."""
_GAMMA = 2.2


class Mend(StrEnum):
    EXPOSURE = "exposure"
    COLOUR = "colour"
    FRAME = "frame"
    POWER_LINE = "power_line"
    SLOW_IN_DARK = "slow_in_dark"
    GAIN = "gain"
    NOISE = "noise"
    HUM = "hum"
    MONO = "mono"
    PROPOSAL = "proposal"


MENDS = {
    Defect.DARK: Mend.EXPOSURE,
    Defect.BRIGHT: Mend.EXPOSURE,
    Defect.BACKLIT: Mend.EXPOSURE,
    Defect.TINT: Mend.COLOUR,
    Defect.OFF_CENTRE: Mend.FRAME,
    Defect.FAR: Mend.FRAME,
    Defect.HEADROOM: Mend.FRAME,
    Defect.FLICKER: Mend.POWER_LINE,
    Defect.NOISE: Mend.SLOW_IN_DARK,
    Defect.QUIET: Mend.GAIN,
    Defect.LOUD: Mend.GAIN,
    Defect.NOISY: Mend.NOISE,
    Defect.HUM: Mend.HUM,
    Defect.ONE_SIDED: Mend.MONO,
    Defect.SLOW_UPLINK: Mend.PROPOSAL,
    Defect.ENCODER_SLOW: Mend.PROPOSAL,
}
"""The one thing that mends or lessens a defect; what is not here takes a person's hands."""


def defects_of(mend: Mend) -> frozenset[Defect]:
    """What this mend is for."""
    return frozenset(defect for defect, own in MENDS.items() if own is mend)


@dataclass(frozen=True)
class Cut:
    """The part of the camera's picture that is shown: left, top and size of the whole's width and height."""

    left_ratio: float = 0.0
    top_ratio: float = 0.0
    size_ratio: float = 1.0


def exposure_stops(defect: Defect, face_luma: float, present_stops: float) -> float:
    """By how many stops to lift (negative: lower) all in all so that the face, luma 0 … 255, lies where it should.

    Inverts the curve of capture/compose/mending.py, on top of what is in force.
    """
    target = TARGET_BACKLIT_LUMA if defect is Defect.BACKLIT else TARGET_FACE_LUMA
    light, wanted = (min(0.98, max(0.002, luma / 255)) ** _GAMMA for luma in (face_luma, target))
    factor = wanted * (1 - light) / (light * (1 - wanted))
    return min(MOST_STOPS, max(-MOST_STOPS, present_stops + math.log2(factor)))


def cast_after(measured: float, present: float) -> float:
    """What to take from Cb or Cr all in all; ``measured`` is what is left with ``present`` in force."""
    return min(40.0, max(-40.0, present + measured))


def cut_to_frame(face: FaceBox, present: Cut) -> Cut:
    """The cut that puts the face where it belongs, as large as that allows; ``face`` as seen with ``present`` in force.

    Enlarges by 1/LEAST_CUT_RATIO at most. A face that already fills enough is only moved, with the least cut for it.
    """
    size = present.size_ratio
    width, height = face.width_ratio * size, face.height_ratio * size
    x = present.left_ratio + (face.left_ratio * size) + width / 2
    y = present.top_ratio + (face.top_ratio * size) + height / 2
    wanted = min(1.0, height / TARGET_FACE_RATIO)
    # The face can only come to the middle when the cut ends where the picture does.
    room = min(1.0, 2 * min(x, 1 - x))
    size = min(1.0, max(LEAST_CUT_RATIO, min(wanted, max(room, height / 0.45))))
    left = min(1 - size, max(0.0, x - size / 2))
    top = min(1 - size, max(0.0, y - size * EYES_AT_RATIO))
    return Cut(left, top, size)
