"""Turns any picture into the programme's: yuv420p, its size, BT.709 limited, kept in proportion. One thread an object.

swscale does it in one step (0.4 ms for 720p BGR) and is told the colour matrix both ways; cv2's I420
conversions know BT.601 only.
"""

from __future__ import annotations

import av
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from capture.frames import I420, Array, PictureFormat

_SD_BELOW_PX = 720


class Converter:
    """Made for one programme format; belongs to one source's thread."""

    def __init__(self, picture: PictureFormat) -> None:
        self._picture = picture
        self._scaler = VideoReformatter()

    def from_bgr(self, pixels: Array) -> av.VideoFrame:
        """A BGR picture (H × W × 3) as it comes from OpenCV."""
        return self.from_frame(av.VideoFrame.from_numpy_buffer(pixels, "bgr24"))

    def from_bgra(self, pixels: Array) -> av.VideoFrame:
        """A BGRA picture (H × W × 4) as it comes from the screen."""
        return self.from_frame(av.VideoFrame.from_numpy_buffer(pixels, "bgra"))

    def from_frame(self, frame: av.VideoFrame, turn_degrees: int = 0, pixel_ratio: float = 1.0) -> av.VideoFrame:
        """The frame itself when it already fits, else a new one, in the middle of black bars.

        ``turn_degrees``, counter-clockwise, is what the camera says about how it was held, a multiple of 90 in all that
        was seen; ``pixel_ratio`` is the width of a pixel over its height.
        """
        wanted = self._picture
        turns = round(turn_degrees / 90) % 4
        shown_width, shown_height = frame.width * pixel_ratio, float(frame.height)
        if turns % 2:
            shown_width, shown_height = shown_height, shown_width
        width_px, height_px = fit(shown_width, shown_height, wanted.width_px, wanted.height_px)
        scaled = self._scaled(frame, *((height_px, width_px) if turns % 2 else (width_px, height_px)))
        if turns:
            scaled = I420.copy_of(scaled).turned(turns).frame()
        if (width_px, height_px) == (wanted.width_px, wanted.height_px):
            return scaled
        canvas = I420(wanted.width_px, wanted.height_px)
        canvas.fill_black()
        left_px = (wanted.width_px - width_px) // 4 * 2
        canvas.put(scaled, left_px, (wanted.height_px - height_px) // 4 * 2)
        return canvas.frame()

    def _scaled(self, frame: av.VideoFrame, width_px: int, height_px: int) -> av.VideoFrame:
        is_rgb = frame.format.is_rgb
        matrix = Colorspace.ITU709 if is_rgb or _is_bt709(frame) else Colorspace.ITU601
        is_full = is_rgb or frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
        if (
            frame.format.name == "yuv420p"
            and (frame.width, frame.height) == (width_px, height_px)
            and matrix is Colorspace.ITU709
            and not is_full
        ):
            return frame
        return self._scaler.reformat(
            frame,
            width_px,
            height_px,
            "yuv420p",
            src_colorspace=matrix,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )


def fit(width_px: float, height_px: float, into_width_px: int, into_height_px: int) -> tuple[int, int]:
    """The largest even size of the same proportions inside another; a bar thinner than 2 px is not made."""
    scale = min(into_width_px / width_px, into_height_px / height_px)
    width, height = round(width_px * scale / 2) * 2, round(height_px * scale / 2) * 2
    if into_width_px - width <= 2:
        width = into_width_px
    if into_height_px - height <= 2:
        height = into_height_px
    return max(2, min(width, into_width_px)), max(2, min(height, into_height_px))


def _is_bt709(frame: av.VideoFrame) -> bool:
    """Untagged pictures are taken as BT.709 from 720 lines on, as players do."""
    if frame.colorspace == Colorspace.ITU709:
        return True
    is_tagged_601 = frame.colorspace in (Colorspace.ITU601, Colorspace.FCC, 6)
    return not is_tagged_601 and frame.height >= _SD_BELOW_PX
