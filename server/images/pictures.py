"""From any file that claims to be a picture to a JPEG of our own, or a refusal. Pure; one worker thread at a time.

The real format decides, not what the sender calls it. What a picture claims to measure is looked at before anything is
decoded; only its pixels go on: no metadata, no second frame, nothing that was hung behind it.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field

from PIL import Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from app.contract.errors import ErrorCode
from app.domain.images import ImagePurpose
from server.errors import Refusal

MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 12_000
MAX_SCANS = 40
"""Of a progressive JPEG: each makes the decoder go over the whole picture, and costs the sender some bytes only. Real
ones have about ten."""
QUALITY = 88
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_START_OF_SCAN = b"\xff\xda"
_ORIENTATION = 0x0112
_WHITE = (255, 255, 255)
_T = Image.Transpose
_TURNS = {
    2: _T.FLIP_LEFT_RIGHT, 3: _T.ROTATE_180, 4: _T.FLIP_TOP_BOTTOM, 5: _T.TRANSPOSE, 6: _T.ROTATE_270,
    7: _T.TRANSVERSE, 8: _T.ROTATE_90,
}  # fmt: skip
"""By the orientation of EXIF; from 5 on width and height change places."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a purpose asks for. ``min_px``: width and height, or both the shorter side. ``ratio``: cropped to it."""

    min_px: tuple[int, int]
    max_px: tuple[int, int]
    ratio: float | None = None


SHAPES = {
    ImagePurpose.AVATAR: Shape((200, 200), (512, 512), 1.0),
    ImagePurpose.COVER: Shape((640, 360), (1280, 720), 16 / 9),
    ImagePurpose.LICENCE: Shape((600, 600), (2400, 2400)),
    ImagePurpose.AUTHORISATION: Shape((600, 600), (2400, 2400)),
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JPEG without metadata."""

    data: bytes = field(repr=False)
    width_px: int
    height_px: int


def re_encode(data: bytes, purpose: ImagePurpose) -> Encoded:
    """Raises Refusal: image_invalid, image_too_small (min_width_px, min_height_px), too_large (max_pixels)."""
    shape = SHAPES[purpose]
    try:
        with warnings.catch_warnings():
            # What a decoder thinks of a stranger's file is nothing to print.
            warnings.simplefilter("ignore")
            return _re_encode(data, shape)
    except Refusal:
        raise
    except Exception as error:  # decoders raise anything at all for a file that was made to break them
        raise Refusal(ErrorCode.IMAGE_INVALID) from error


def _re_encode(data: bytes, shape: Shape) -> Encoded:
    picture = _opened(data)
    _require_decodable(*picture.size)
    turn = _orientation(picture)
    is_turned = turn >= 5
    width, height = picture.size[::-1] if is_turned else picture.size
    least_width, least_height = shape.min_px
    if width < least_width or height < least_height:
        raise Refusal(ErrorCode.IMAGE_TOO_SMALL, detail={"min_width_px": least_width, "min_height_px": least_height})
    box, size = _fit(width, height, shape)
    if is_turned:  # a crop around the centre is the same for the picture as it lies
        box, size = (box[1], box[0], box[3], box[2]), size[::-1]
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        # Decoded at the half, quarter or eighth where that is still twice as large as wanted.
        before = picture.size
        picture.draft(picture.mode, (size[0] * 2, size[1] * 2))
        box = _scaled(box, picture.size[0] / before[0], picture.size[1] / before[1])
    small = _plain(picture).resize(size, Image.Resampling.LANCZOS, box, reducing_gap=3.0)
    flat = Image.new("RGB", small.size, _WHITE)
    flat.paste(small, mask=small.getchannel("A") if small.mode == "RGBA" else None)
    upright = flat.transpose(_TURNS[turn]) if turn in _TURNS else flat
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Encoded(out.getvalue(), *upright.size)


def _opened(data: bytes) -> Image.Image:
    """By what the file begins with. Only its head is read."""
    if data.startswith(_JPEG):
        if data.count(_START_OF_SCAN) > MAX_SCANS:
            raise Refusal(ErrorCode.IMAGE_INVALID)
        return JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    if data.startswith(_PNG):
        return PngImagePlugin.PngImageFile(io.BytesIO(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        # This decoder makes room for the whole picture as soon as it is opened.
        _require_decodable(*webp_size(data))
        return WebPImagePlugin.WebPImageFile(io.BytesIO(data))
    raise Refusal(ErrorCode.IMAGE_INVALID)


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height that the first chunk claims (RFC 9649). ValueError when it is none that has them."""
    kind, head = data[12:16], data[20:30]
    if len(head) == 10:
        if kind == b"VP8X":
            return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
        if kind == b"VP8L" and head[0] == 0x2F:
            bits = int.from_bytes(head[1:5], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
            return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    raise ValueError("no picture")


def _require_decodable(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Refusal(ErrorCode.IMAGE_INVALID)
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise Refusal(ErrorCode.TOO_LARGE, detail={"max_pixels": MAX_PIXELS, "max_side_px": MAX_SIDE_PX})


def _orientation(picture: Image.Image) -> int:
    """1 to 8; 1 when nothing usable is told."""
    try:
        told = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # the EXIF of a stranger's file may be anything; the picture is good without
        return 1
    return told if isinstance(told, int) and told in _TURNS else 1


def _fit(width: int, height: int, shape: Shape) -> tuple[tuple[float, float, float, float], tuple[int, int]]:
    """The part that is kept, and the size that it is brought to: never larger than it was."""
    if shape.ratio is None:
        scale = min(1.0, shape.max_px[0] / width, shape.max_px[1] / height)
        return (0, 0, width, height), (max(1, round(width * scale)), max(1, round(height * scale)))
    kept_width, kept_height = min(width, height * shape.ratio), min(height, width / shape.ratio)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    scale = min(1.0, shape.max_px[0] / kept_width)
    size = round(kept_width * scale), round(kept_height * scale)
    return (left, top, left + kept_width, top + kept_height), size


def _scaled(box: tuple[float, float, float, float], across: float, down: float) -> tuple[float, float, float, float]:
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def _plain(picture: Image.Image) -> Image.Image:
    """Decoded, as RGB or RGBA of eight bits. Raises what the decoder raises."""
    picture.load()
    if picture.mode.startswith("I"):  # sixteen bits of grey: converting would cut off instead of scaling
        return picture.point(lambda value: value / 256).convert("L").convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        return picture.convert("RGBA")
    # Not converted where it need not be: a copy of the largest picture takes 160 MB.
    return picture if picture.mode == "RGB" else picture.convert("RGB")
