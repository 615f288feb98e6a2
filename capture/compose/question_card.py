"""The card with a question in the lower third of the programme. Drawn once by PIL, then blended into each picture.

Drawing takes some 100 ms and is done in the control thread. Blending touches the card's own place only; the
compositor's thread alone does it, and so may use the buffers that are kept with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from capture.compose.card_layout import CardLayout, laid_out
from capture.frames import I420, Array
from capture.sources.card import font

_GROUND, _INK, _NAME_INK, _ACCENT = (18, 22, 30), (248, 250, 252), (140, 186, 255), (64, 132, 246)
_GROUND_ALPHA = 0.86
_SMOOTH = 4
"""The round corners are drawn so many times larger."""
_Levels = npt.NDArray[np.uint16]
_Reals = npt.NDArray[np.float32]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class _Part:
    """Of one plane: what is kept of the picture in 256ths, and what is added."""

    kept: _Levels
    added: _Levels
    sums: _Levels

    def blend(self, plane: Array) -> None:
        np.multiply(plane, self.kept, out=self.sums)
        np.add(self.sums, self.added, out=self.sums)
        np.right_shift(self.sums, 8, out=self.sums)
        plane[:] = self.sums


class QuestionCard:
    """Made for one size of the programme."""

    def __init__(self, width_px: int, height_px: int, name: str, text: str) -> None:
        self.layout = laid_out(width_px, height_px, name, text, lambda size_px: partial(_width, _font(size_px)))
        self._parts = _parts(*_painted(self.layout))

    def paint(self, picture: I420) -> None:
        """Into the picture, in place. 0.08 to 0.18 ms at 720p."""
        place = self.layout
        for plane, own, part in zip((picture.y, picture.u, picture.v), self._parts, (1, 2, 2), strict=True):
            top, left = place.top_px // part, place.left_px // part
            own.blend(plane[top : top + place.height_px // part, left : left + place.width_px // part])


def _font(size_px: int) -> Font:
    return font(size_px) or ImageFont.load_default(size_px)


def _width(found: Font, text: str) -> float:
    return found.getlength(text)


def _painted(layout: CardLayout) -> tuple[_Reals, _Reals]:
    """Colours (H × W × 3) and how much they cover (H × W), both 0 … 1."""
    size = (layout.width_px, layout.height_px)
    image, ink = Image.new("RGB", size, _GROUND), Image.new("L", size, 0)
    bar_px = max(2, layout.text_px // 7)
    ImageDraw.Draw(image).rectangle((0, 0, bar_px - 1, layout.height_px), _ACCENT)
    ImageDraw.Draw(ink).rectangle((0, 0, bar_px - 1, layout.height_px), 255)
    for canvas, name_ink, text_ink in ((image, _NAME_INK, _INK), (ink, 255, 255)):
        draw, left_px = ImageDraw.Draw(canvas), layout.padding_px
        draw.text((left_px, layout.padding_px), layout.name, name_ink, _font(layout.name_px), anchor="la")
        for number, line in enumerate(layout.lines):
            top_px = layout.text_top_px + number * layout.line_px
            draw.text((left_px, top_px), line, text_ink, _font(layout.text_px), anchor="la")
    large = Image.new("L", (size[0] * _SMOOTH, size[1] * _SMOOTH), 0)
    corners = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(corners, layout.text_px * _SMOOTH // 2, 255)
    shape = np.asarray(large.resize(size, Image.Resampling.BOX), np.float32) / 255
    covered = np.asarray(ink, np.float32) / 255
    covers = shape * (_GROUND_ALPHA + (1 - _GROUND_ALPHA) * covered)
    return np.asarray(np.asarray(image) / 255, np.float32), np.asarray(covers, np.float32)


def _parts(colours: _Reals, covers: _Reals) -> tuple[_Part, _Part, _Part]:
    """BT.709, limited range (ITU-R BT.709-6, 3.2 to 3.5); colour at half the size, weighted by how much it covers."""
    red, green, blue = (colours[:, :, index] for index in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    quarters = _quarter(covers)
    weights = np.where(quarters > 0, quarters, 1)
    planes = [(16 + 219 * luma, covers)]
    for colour, most in ((blue, 1.8556), (red, 1.5748)):
        level = 128 + 224 * (colour - luma) / most
        planes.append((_quarter(level * covers) / weights, quarters))
    first, second, third = (_part(levels, cover) for levels, cover in planes)
    return first, second, third


def _part(levels: _Reals, covers: _Reals) -> _Part:
    kept = np.round(256 * (1 - covers)).astype(np.uint16)
    # half a step, so that cutting off rounds
    added = np.minimum(levels * (256 - kept) + 128, 65535 - 255 * kept.astype(np.float32))
    return _Part(kept, np.where(kept == 256, 0, added).astype(np.uint16), np.empty_like(kept))


def _quarter(plane: _Reals) -> _Reals:
    height, width = plane.shape
    means: _Reals = plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return means
