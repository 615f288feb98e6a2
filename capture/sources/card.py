"""The still cards that stand in for a picture. Painted once by PIL, then kept; compositor's thread."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from capture.convert import Converter
from capture.frames import PictureFormat

_LOG = logging.getLogger(__name__)


class Card(StrEnum):
    """Which card."""

    BACK_SOON = "back_soon"
    CAMERA_OFF = "camera_off"
    ENDING = "ending"


_TEXT = {
    Card.BACK_SOON: ("画面马上回来", "Be right back"),
    Card.CAMERA_OFF: ("摄像头已关闭", "The camera is off"),
    Card.ENDING: ("直播即将结束", "The broadcast is about to end"),
}
_GROUND = (24, 28, 36)
_INK = (238, 241, 246)
_SOFT_INK = (150, 160, 176)
_ACCENT = (64, 132, 246)
_FONT_FILES = {
    "linux": (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    ),
    "win32": ("C:/Windows/Fonts/msyh.ttc", "C:/Windows/Fonts/simhei.ttf"),
    "darwin": ("/System/Library/Fonts/PingFang.ttc", "/System/Library/Fonts/STHeiti Medium.ttc"),
}


class Cards:
    """Cards of one programme format."""

    def __init__(self, picture: PictureFormat) -> None:
        self._picture = picture
        self._frames: dict[Card, av.VideoFrame] = {}

    def frame(self, card: Card) -> av.VideoFrame:
        """The card's picture; the same object every time. About 20 ms at the first call."""
        if card not in self._frames:
            pixels = _paint(card, self._picture.width_px, self._picture.height_px)
            self._frames[card] = Converter(self._picture).from_bgr(pixels)
        return self._frames[card]


def _paint(card: Card, width_px: int, height_px: int) -> np.ndarray:
    image = Image.new("RGB", (width_px, height_px), _GROUND)
    draw = ImageDraw.Draw(image)
    chinese, english = _TEXT[card]
    large, small = font(height_px // 11), font(height_px // 26)
    middle_px = width_px // 2
    bar_px, line_px = height_px // 12, max(2, height_px // 180)
    draw.rectangle(
        (middle_px - bar_px, int(height_px * 0.36), middle_px + bar_px, int(height_px * 0.36) + line_px), _ACCENT
    )
    if large is not None and small is not None:
        draw.text((middle_px, int(height_px * 0.47)), chinese, _INK, large, anchor="mm")
        draw.text((middle_px, int(height_px * 0.57)), english, _SOFT_INK, small, anchor="mm")
    else:
        draw.text(
            (middle_px, int(height_px * 0.5)), english, _INK, ImageFont.load_default(height_px // 14), anchor="mm"
        )
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def font(size_px: int, files: tuple[str, ...] = _FONT_FILES.get(sys.platform, ())) -> ImageFont.FreeTypeFont | None:
    """A font with Chinese glyphs; None when the system has none of those that are known, or cannot read it."""
    for name in files:
        try:
            # Index 2 of the Noto collections is Simplified Chinese.
            return ImageFont.truetype(name, size_px, index=2 if "NotoSansCJK" in name else 0)
        except OSError as error:
            if Path(name).exists():
                _LOG.warning("the font %s cannot be used: %s", name, error)
    return None
