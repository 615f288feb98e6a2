"""The picture's meter: every picture of the programme is fed, now and then it is looked at. Pure; one thread.

It keeps three of the pictures (they do not change) and some numbers of each of the last seconds. Measured on a core at
2.1 GHz: see docs/quality-model.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from app.domain.quality.measures import FaceBox, PictureMeasures
from capture.frames import Array
from capture.meters.picture_detail import detail_ratio, noise_of, repeat_of, sharpness_of, spread_within
from capture.meters.picture_light import light_of
from capture.meters.picture_sight import TILE_PX, Reduced, busiest_places, luma_plane, reduced, smaller, tiles
from capture.meters.picture_time import Flicker, Pace, sample

SMALL_WIDTH_PX = 480
"""A face of a thirteenth of the height is still twenty pixels tall."""
_EARLIER_S = 0.5
_FACE_STAYS_S = 1.5
"""A finder misses a turned or blurred face for a moment."""
_RIVAL_RATIO = 0.8
_MOST_TILES = 10
_KEPT_LOOKS = 5
"""The median of so many looks: one picture in the midst of a gesture is smeared."""


class PictureMeter:
    """``feed`` all pictures, ``look`` at most some times a second, ``reset`` when another source begins."""

    def __init__(self, wanted_fps: float | None = None) -> None:
        """``wanted_fps``: the programme's rate; None: as pictures are fed."""
        self._wanted_fps = wanted_fps
        self._scaler = VideoReformatter()
        self.reset()

    def reset(self) -> None:
        """Nothing is known; the next picture is the first."""
        self._pace, self._flicker = Pace(), Flicker()
        self._first_s: float | None = None
        self._now_s = 0.0
        self._now: av.VideoFrame | None = None
        self._before: av.VideoFrame | None = None
        self._older: deque[tuple[float, av.VideoFrame]] = deque()
        self._reduced: tuple[av.VideoFrame, Reduced] | None = None
        self._face: FaceBox | None = None
        self._face_s = float("-inf")
        self._spreads: deque[float] = deque(maxlen=_KEPT_LOOKS)
        self._details: deque[float] = deque(maxlen=_KEPT_LOOKS)
        self._noises: deque[float] = deque(maxlen=_KEPT_LOOKS)

    def feed(self, frame: av.VideoFrame, at_s: float) -> None:
        """A picture of the programme (I420, BT.709 limited) at a time of the monotonic clock."""
        if self._now is not None and (frame.width, frame.height) != (self._now.width, self._now.height):
            self.reset()
        if self._first_s is None:
            self._first_s = at_s
        self._now_s = at_s
        luma = luma_plane(frame)
        grid = sample(luma)
        if not self._pace.feed(luma, grid, at_s):
            return
        self._flicker.feed(grid, at_s)
        self._before, self._now = self._now, frame
        if not self._older or at_s - self._older[-1][0] >= _EARLIER_S / 2:
            self._older.append((at_s, frame))
            while len(self._older) > 1 and self._older[1][0] <= at_s - _EARLIER_S:
                self._older.popleft()

    def small(self) -> Array | None:
        """The newest picture as RGB, H × W × 3, at most 480 wide; None before there is one."""
        if self._now is None:
            return None
        width_px = min(SMALL_WIDTH_PX, self._now.width)
        height_px = max(2, round(self._now.height * width_px / self._now.width))
        scaled = self._scaler.reformat(
            self._now, width_px, height_px, "rgb24",
            src_colorspace=Colorspace.ITU709, src_color_range=ColorRange.MPEG, dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.AREA,
        )  # fmt: skip
        return np.asarray(scaled.to_ndarray())

    def look(self, faces: Sequence[FaceBox] | None) -> PictureMeasures:
        """Of the last seconds; ``faces``: those that were found last, None where none are looked for."""
        frame = self._now
        if frame is None or self._first_s is None:
            return PictureMeasures(0, 0)
        face = self._same_face(faces)
        light = light_of(self._reduce(frame), face)
        noise = self._look_closely(frame, face)
        wanted_fps = self._wanted_fps or self._pace.wanted_fps or 30.0
        return PictureMeasures(
            width_px=frame.width,
            height_px=frame.height,
            observed_s=self._now_s - self._first_s,
            luma=light.luma,
            luma_spread=light.luma_spread,
            faces=None if faces is None else max(len(faces), int(face is not None)),
            face=face,
            face_luma=light.face_luma,
            backlight_stops=light.backlight_stops,
            clipped_ratio=light.clipped_ratio,
            face_clipped_ratio=light.face_clipped_ratio,
            crushed_ratio=light.crushed_ratio,
            cast_blue=light.cast_blue,
            cast_red=light.cast_red,
            sharpness=sharpness_of(float(np.median(self._spreads)), frame.height) if self._spreads else None,
            noise=noise,
            flicker_ratio=self._flicker.ratio,
            frozen_s=self._pace.frozen_s,
            delivered_fps=self._pace.delivered_fps,
            wanted_fps=wanted_fps,
            jitter_ms=self._pace.jitter_ms,
            detail_ratio=float(np.median(self._details)) if self._details else None,
        )

    def _reduce(self, frame: av.VideoFrame) -> Reduced:
        if self._reduced is None or self._reduced[0] is not frame:
            self._reduced = (frame, reduced(frame))
        return self._reduced[1]

    def _same_face(self, faces: Sequence[FaceBox] | None) -> FaceBox | None:
        if faces:
            self._face, self._face_s = _same(faces, self._face), self._now_s
        elif faces is None or self._now_s - self._face_s > _FACE_STAYS_S:
            self._face = None
        return self._face

    def _look_closely(self, frame: av.VideoFrame, face: FaceBox | None) -> float | None:
        """Sharpness and detail are added to those of the last looks; the noise of them."""
        luma = luma_plane(frame)
        before = luma_plane(self._before) if self._before is not None else None
        earlier = luma_plane(self._older[0][1]) if self._older and self._older[0][1] is not frame else None
        noise = noise_of(luma, before, earlier)
        if noise is not None:
            self._noises.append(noise)
        if min(luma.shape) >= TILE_PX:
            part = max(1, luma.shape[1] // 640)
            guide = smaller(luma, part)
            best = tiles(luma, busiest_places(luma, guide, _MOST_TILES))
            detail = detail_ratio(best, noise or 0.0)
            if detail is not None:
                self._details.append(min(detail, 1 / repeat_of(luma)))
            spread_px = spread_within(luma, guide, face, noise or 0.0)
            if spread_px is not None:
                self._spreads.append(spread_px)
        return float(np.median(self._noises)) if self._noises else None


def _same(faces: Sequence[FaceBox], before: FaceBox | None) -> FaceBox:
    """The largest; of two about as large, the one that it has been."""
    if before is None:
        return faces[0]
    rivals = [face for face in faces if face.height_ratio > _RIVAL_RATIO * faces[0].height_ratio]
    return min(rivals, key=lambda face: abs(_middle(face) - _middle(before)))


def _middle(face: FaceBox) -> float:
    return face.left_ratio + face.width_ratio / 2
