"""What the measures of a picture cost. Pure.

Sources of the thresholds, and which are our own choice, tuned on rendered material and photographs (``python -m bench
quality``):

- light on a face: below 60 is too dark and above 200 too bright, as in guidance for face capture. How face and whole
  are weighed: own choice;
- backlight: a face two stops below what surrounds it is a silhouette to a camera (zone III beside zone V); skin
  reflects 6 … 45 % and a white wall 80 %, so a contrast alone is none while the face is well lit;
- flicker: IEC TR 61547-1, a modulation of one or two per cent at 10 Hz is at the threshold of sight;
- rate and standing pictures: ITU-T P.1203.1 and P.910; from half the rate downwards quality falls steeply;
- noise: ISO 15739 calls a signal to noise ratio of 40 excellent and 10 just acceptable; a luma of 128 gives 3 and 13;
- framing: eyes about a third from the top (the rule of thirds); head sizes from a medium shot (0.15) to a close-up
  (0.6);
- sharpness, detail, colour, clipping: own choice.
"""

from __future__ import annotations

import math

from app.domain.quality.measures import FaceBox, PictureMeasures
from app.domain.quality.model import MOST_SHARE, Curve, Defect, Finding, Group

# The first, flat part of many curves costs a point at most: it lets a picture that is better than good be told from a
# good one.
FACE_WEIGHT = 0.6
"""Of a picture's exposure, the part that the face decides."""
EYE_LINE_RATIO = 0.38
"""From the hairline down to the eyes, of the face's height."""

DARK = Curve((125, 0), (75, 0.01), (68, 0.05), (48, 0.4), (27, 0.8), (8, 0.95))
BRIGHT = Curve((130, 0), (192, 0.01), (200, 0.05), (225, 0.5), (250, 0.9))
FACE_BRIGHT = Curve((160, 0), (202, 0.01), (212, 0.05), (235, 0.4), (252, 0.8))
BLACK = Curve((22, 0), (16, 0.05), (8, 0.8), (3, 0.98))
"""Over luma and its spread: what is black has neither."""
BACKLIT_STOPS = Curve((0.0, 0), (1.2, 0.01), (1.8, 0.1), (3.0, 0.55), (5.0, 0.9))
BACKLIT_FACE = Curve((140, 0), (105, 0.05), (85, 0.5), (62, 1.0))
"""Part of it that counts, by how dark the face is."""
CLIPPED = Curve((0.0, 0), (0.12, 0.01), (0.18, 0.05), (0.4, 0.4), (0.8, 0.9))
FACE_CLIPPED = Curve((0.0, 0), (0.05, 0.01), (0.1, 0.05), (0.4, 0.5), (1.0, 0.9))
CRUSHED = Curve((0.5, 0), (0.7, 0.05), (0.95, 0.3))
TINT = Curve((0.1, 0), (0.8, 0.01), (1.0, 0.05), (2.0, 0.35), (4.0, 0.75), (9.0, 0.95))
TINT_WARM_COLD, TINT_GREEN_RED = 10.0, 7.5
"""A cast of one unit along the line of daylight and lamps, which eyes forgive, and across it."""
BLUR = Curve((0.95, 0), (0.46, 0.015), (0.4, 0.05), (0.2, 0.4), (0.05, 0.9))
NOISE = Curve((1.0, 0), (3.4, 0.02), (4.3, 0.05), (10.0, 0.3), (25.0, 0.85))
FLICKER = Curve((0.01, 0), (0.015, 0.05), (0.06, 0.35), (0.2, 0.75), (0.5, 0.95))
FROZEN = Curve((0.4, 0), (1.2, 0.01), (1.5, 0.05), (3.0, 0.4), (10.0, 0.98))
LOW_RATE = Curve((0.8, 0), (0.7, 0.05), (0.5, 0.25), (0.2, 0.75), (0.0, 0.95))
"""Over new pictures a second, of what the programme wants (30 at most)."""
MOST_WANTED_FPS = 30.0
UNEVEN_RATE = Curve((20, 0), (28, 0.05), (60, 0.3), (200, 0.7))
LOW_RESOLUTION = Curve((0.95, 0), (0.48, 0.015), (0.44, 0.05), (0.3, 0.35), (0.15, 0.75))
NO_FACE = Curve((0, 0), (1, 0.6))
OFF_CENTRE = Curve((0.03, 0), (0.14, 0.01), (0.18, 0.05), (0.3, 0.3), (0.5, 0.55))
"""The face's middle from the picture's, of its width."""
LOW_IN_PICTURE = Curve((0.55, 0), (0.6, 0.05), (0.8, 0.5), (1.0, 0.8))
"""The eyes, from the top, of the height: with so much air above, somebody has slid out of the picture."""
FAR = Curve((0.34, 0), (0.18, 0.025), (0.15, 0.05), (0.1, 0.3), (0.04, 0.55))
CLOSE = Curve((0.3, 0), (0.47, 0.02), (0.55, 0.05), (0.75, 0.3), (1.1, 0.55))
HEADROOM = Curve((-0.04, 0), (-0.1, 0.05), (-0.35, 0.4))
"""Of the face's height: room between its hairline and the upper edge; hair takes 0.2, which may be cut a little."""


def judge_picture(m: PictureMeasures) -> tuple[Finding, ...]:
    """One finding for each defect that a picture can have; one that could not be measured costs nothing.

    Each share never falls while its measure gets worse, the others held.
    """
    return (
        _finding(Defect.BLACK, BLACK.share(max(m.luma, m.luma_spread)), luma=m.luma),
        _finding(Defect.FROZEN, FROZEN.share(m.frozen_s), seconds=m.frozen_s),
        _finding(Defect.NO_FACE, 0.0 if m.faces is None or m.face is not None else NO_FACE.share(float(m.faces == 0))),
        *_framing(m.face, m.faces or 0),
        *_light(m),
        _tint(m),
        _finding(Defect.BLUR, _of(BLUR, m.sharpness), sharpness=m.sharpness),
        _finding(Defect.NOISE, _of(NOISE, m.noise), noise=m.noise),
        _finding(Defect.FLICKER, _of(FLICKER, m.flicker_ratio), depth_ratio=m.flicker_ratio),
        _finding(Defect.LOW_RESOLUTION, _of(LOW_RESOLUTION, m.detail_ratio), **_resolution(m)),
        _rate(m),
        _finding(Defect.UNEVEN_RATE, _of(UNEVEN_RATE, m.jitter_ms), jitter_ms=m.jitter_ms),
    )


def exposure_of(m: PictureMeasures) -> float:
    """How bright it is, 0 … 255: the geometric mean of face and whole, the face weighing more."""
    if m.face_luma is None:
        return m.luma
    return math.exp(FACE_WEIGHT * math.log(max(m.face_luma, 1.0)) + (1 - FACE_WEIGHT) * math.log(max(m.luma, 1.0)))


def tint_of(m: PictureMeasures) -> float:
    """Size of the cast in units that eyes take for about equal; 1 is where it begins to disturb."""
    # Along the line on which daylight and lamps lie, blue against red, and across it.
    along, across = (m.cast_blue - m.cast_red) / math.sqrt(2), (m.cast_blue + m.cast_red) / math.sqrt(2)
    return math.hypot(along / TINT_WARM_COLD, across / TINT_GREEN_RED)


def _finding(defect: Defect, share: float, **values: float | None) -> Finding:
    told = {name: value for name, value in values.items() if value is not None}
    return Finding(defect, Group.PICTURE, min(MOST_SHARE, share), told)


def _of(curve: Curve, value: float | None) -> float:
    return 0.0 if value is None else curve.share(value)


def _light(m: PictureMeasures) -> tuple[Finding, ...]:
    exposure = exposure_of(m)
    backlit = 0.0
    if m.backlight_stops is not None and m.face_luma is not None:
        backlit = BACKLIT_STOPS.share(m.backlight_stops) * BACKLIT_FACE.share(m.face_luma)
    bright = max(BRIGHT.share(exposure), _of(FACE_BRIGHT, m.face_luma))
    burnt = max(CLIPPED.share(m.clipped_ratio), _of(FACE_CLIPPED, m.face_clipped_ratio))
    clipped = max(burnt, CRUSHED.share(m.crushed_ratio))
    return (
        _finding(Defect.DARK, DARK.share(exposure), luma=m.luma, face_luma=m.face_luma),
        _finding(Defect.BRIGHT, bright, luma=m.luma, face_luma=m.face_luma),
        _finding(Defect.BACKLIT, backlit, face_luma=m.face_luma, stops=m.backlight_stops),
        _finding(
            Defect.CLIPPED, clipped,
            clipped_ratio=m.clipped_ratio, face_clipped_ratio=m.face_clipped_ratio, crushed_ratio=m.crushed_ratio,
        ),
    )  # fmt: skip


def _tint(m: PictureMeasures) -> Finding:
    return _finding(Defect.TINT, TINT.share(tint_of(m)), blue=m.cast_blue, red=m.cast_red)


def _resolution(m: PictureMeasures) -> dict[str, float | None]:
    if m.detail_ratio is None:
        return {}
    return {"detail_ratio": m.detail_ratio, "width_px": float(round(m.width_px * m.detail_ratio)),
            "height_px": float(round(m.height_px * m.detail_ratio))}  # fmt: skip


def _rate(m: PictureMeasures) -> Finding:
    if m.delivered_fps is None or m.wanted_fps <= 0:
        return _finding(Defect.LOW_RATE, 0.0)
    share = LOW_RATE.share(m.delivered_fps / min(m.wanted_fps, MOST_WANTED_FPS))
    return _finding(Defect.LOW_RATE, share, fps=m.delivered_fps, wanted_fps=m.wanted_fps)


def _framing(face: FaceBox | None, faces: int) -> tuple[Finding, ...]:
    if face is None:
        return tuple(_finding(defect, 0.0) for defect in (Defect.OFF_CENTRE, Defect.FAR, Defect.CLOSE, Defect.HEADROOM))
    offset = face.left_ratio + face.width_ratio / 2 - 0.5
    eyes = face.top_ratio + EYE_LINE_RATIO * face.height_ratio
    room = face.top_ratio / face.height_ratio if face.height_ratio > 0 else 0.0
    # Of two people, neither sits in the middle.
    aside = OFF_CENTRE.share(abs(offset)) if faces <= 1 else 0.0
    off_centre = max(aside, LOW_IN_PICTURE.share(eyes))
    return (
        _finding(Defect.OFF_CENTRE, off_centre, offset_ratio=offset, eye_line_ratio=eyes),
        _finding(Defect.FAR, FAR.share(face.height_ratio), face_ratio=face.height_ratio),
        _finding(Defect.CLOSE, CLOSE.share(face.height_ratio), face_ratio=face.height_ratio),
        _finding(Defect.HEADROOM, HEADROOM.share(room), room_ratio=room),
    )
