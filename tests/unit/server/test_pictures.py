"""Any file becomes a plain JPEG of the right measure, or is refused before it costs much."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.domain.images import ImagePurpose
from server.errors import Refusal
from server.images.pictures import MAX_SCANS, SHAPES, re_encode, webp_size

AVATAR, COVER, LICENCE = ImagePurpose.AVATAR, ImagePurpose.COVER, ImagePurpose.LICENCE
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
FORMATS = ("JPEG", "PNG", "WEBP")


def encoded(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, kind, **how)
    return held.getvalue()


def picture(size: tuple[int, int], kind: str = "PNG", colour: Any = (200, 90, 40), **how: Any) -> bytes:
    return encoded(Image.new("RGB", size, colour), kind, **how)


def made(data: bytes, purpose: ImagePurpose = COVER) -> Image.Image:
    """Decoded again; as the row tells it."""
    result = re_encode(data, purpose)
    image = Image.open(io.BytesIO(result.data), formats=("JPEG",))
    image.load()
    assert image.size == (result.width_px, result.height_px)
    assert image.mode == "RGB"
    return image


def code_of(data: bytes, purpose: ImagePurpose = COVER) -> str:
    with pytest.raises(Refusal) as refused:
        re_encode(data, purpose)
    return refused.value.code


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int], by: int = 12) -> bool:
    found = image.getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(one - other) <= by for one, other in zip(found, colour, strict=True))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG_HEAD + head + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("purpose", "size", "expected"),
    [
        (AVATAR, (1600, 900), (512, 512)),
        (AVATAR, (300, 200), (200, 200)),
        (COVER, (4000, 3000), (1280, 720)),
        (COVER, (640, 1000), (640, 360)),
        (COVER, (2000, 360), (640, 360)),
        (LICENCE, (3000, 2000), (2400, 1600)),
        (LICENCE, (600, 900), (600, 900)),
        (ImagePurpose.AUTHORISATION, (1000, 4000), (600, 2400)),
    ],
)
def test_each_purpose_has_its_measure(
    kind: str, purpose: ImagePurpose, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert made(picture(size, kind), purpose).size == expected


@pytest.mark.parametrize(
    ("purpose", "size"),
    [(AVATAR, (199, 800)), (AVATAR, (800, 199)), (COVER, (639, 800)), (COVER, (800, 359)), (LICENCE, (599, 4000))],
)
def test_what_is_too_small_is_told_how_large_it_must_be(purpose: ImagePurpose, size: tuple[int, int]) -> None:
    with pytest.raises(Refusal) as refused:
        re_encode(picture(size), purpose)
    assert refused.value.code == "image_too_small"
    assert (refused.value.detail["min_width_px"], refused.value.detail["min_height_px"]) == SHAPES[purpose].min_px


def test_the_middle_is_kept() -> None:
    image = Image.new("RGB", (1200, 400), "red")
    ImageDraw.Draw(image).rectangle((400, 0, 799, 399), fill="blue")
    middle = made(encoded(image), AVATAR)
    assert middle.size == (400, 400)
    assert near(middle, (4, 200), (0, 0, 255), 40)
    assert near(middle, (395, 200), (0, 0, 255), 40)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_stands_upright(orientation: int, kind: str) -> None:
    """The four corners of the upright picture are where EXIF says, and the EXIF is gone."""
    upright = Image.new("RGB", (1280, 720), "white")
    draw = ImageDraw.Draw(upright)
    for place, colour in (((0, 0), "red"), ((1080, 0), "lime"), ((0, 520), "blue")):
        draw.rectangle((*place, place[0] + 199, place[1] + 199), fill=colour)
    turns = Image.Transpose
    laid = {
        2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE,
        6: turns.ROTATE_90, 7: turns.TRANSVERSE, 8: turns.ROTATE_270,
    }  # fmt: skip
    lying = upright.transpose(laid[orientation]) if orientation in laid else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "where I live: 31.2304, 121.4737"
    result = made(encoded(lying, kind, exif=exif.tobytes(), **({"quality": 95} if kind != "PNG" else {})))
    assert result.size == (1280, 720)
    for place, colour in (((50, 50), (255, 0, 0)), ((1230, 50), (0, 255, 0)), ((50, 670), (0, 0, 255))):
        assert near(result, place, colour, 40), (orientation, place, result.getpixel(place))
    assert not result.getexif()


def test_nothing_but_pixels_goes_on() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    given = picture(
        (800, 600), "JPEG", exif=exif.tobytes(), comment=b"SECRET", icc_profile=b"SECRET" * 40, dpi=(300, 300)
    )
    for data in (given + b"<script>SECRET</script>", given):
        result = re_encode(data, COVER).data
        assert b"SECRET" not in result
        assert set(Image.open(io.BytesIO(result)).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_is_read(mode: str) -> None:
    base = Image.new("RGB", (700, 700), (128, 128, 128))
    if mode == "I;16":
        data = encoded(Image.new("I;16", (700, 700), 128 * 256))
    elif mode == "CMYK":
        data = encoded(base.convert(mode), "JPEG")
    elif mode == "PA":
        grey = base.convert("P")
        data = encoded(grey, "PNG", transparency=bytes([255] * 256))
    else:
        data = encoded(base.convert(mode))
    result = made(data, AVATAR)
    if mode != "1":  # black and white is dithered
        assert near(result, (256, 256), (128, 128, 128))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_is_white(kind: str) -> None:
    image = Image.new("RGBA", (600, 600), (255, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 299, 599), fill=(0, 0, 255, 255))
    result = made(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {})), AVATAR)
    assert near(result, (400, 256), (255, 255, 255))
    assert near(result, (100, 256), (0, 0, 255), 40)


def test_one_colour_that_is_named_transparent_is_white() -> None:
    data = encoded(Image.new("RGB", (600, 600), (1, 2, 3)), transparency=(1, 2, 3))
    assert near(made(data, AVATAR), (100, 100), (255, 255, 255))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (600, 600), colour) for colour in ("red", "blue", "lime")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    assert near(made(data, AVATAR), (256, 256), (255, 0, 0), 40)


# ---- what is made to do harm -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        PNG_HEAD,
        b"RIFF\x00\x00\x00\x00WEBP",
        b"RIFF\xff\xff\xff\xffWEBPVP8X" + b"\x00" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"GIF89a<script>alert(1)</script>",
        encoded(Image.new("P", (800, 600)), "GIF"),
        encoded(Image.new("RGB", (800, 600)), "BMP"),
        encoded(Image.new("RGB", (800, 600)), "TIFF"),
        encoded(Image.new("RGBA", (256, 256)), "ICO"),
        b"\xff\xd8\xff<script>alert(1)</script>" * 50,
        PNG_HEAD + b"<script>alert(1)</script>" * 50,
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert code_of(data) == "image_invalid"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_cut_file_is_refused(kind: str) -> None:
    data = encoded(Image.effect_noise((900, 700), 50).convert("RGB"), kind)
    for part in (20, 60, 100, 400, len(data) // 2, len(data) - 200):
        assert code_of(data[:part]) == "image_invalid"


@pytest.mark.parametrize(
    "data",
    [
        png(50_000, 50_000, chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))),
        png(12_001, 1, chunk(b"IDAT", zlib.compress(b"\0" * 40_000))),
        png(8_000, 8_000, chunk(b"IDAT", zlib.compress(b"\0" * 1000))),
        png(2**31 - 1, 2**31 - 1),
        b"RIFF\x30\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00\x00\x00" + b"\xff\x3f\x00\xff\x3f\x00" + b"\0" * 40,
        b"RIFF\x30\x00\x00\x00WEBPVP8L\x20\x00\x00\x00\x2f\xff\xff\xff\x0f" + b"\0" * 40,
    ],
)
def test_a_bomb_is_refused_before_it_is_opened(data: bytes) -> None:
    assert code_of(data) == "too_large"


def test_a_jpeg_that_claims_to_be_huge_is_refused() -> None:
    data = bytearray(picture((800, 600), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    assert code_of(bytes(data)) == "too_large"


def test_text_in_a_png_that_swells_is_refused() -> None:
    swollen = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))
    rows = chunk(b"IDAT", zlib.compress(b"\0" * (700 * 2101)))
    assert code_of(png(700, 700, swollen, rows)) == "image_invalid"


def test_a_png_that_swells_beyond_its_picture_gives_only_the_picture() -> None:
    assert made(png(700, 700, chunk(b"IDAT", zlib.compress(b"\0" * 60_000_000)))).size == (700, 394)


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = picture((2000, 2000), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    assert code_of(data[:at] + data[at:-2] * (MAX_SCANS * 100) + b"\xff\xd9") == "image_invalid"


def test_exif_that_cannot_be_read_does_no_harm() -> None:
    data = picture((800, 600), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 50)
    assert made(data).size == (800, 450)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_a_picture_or_a_refusal(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(FORMATS))
    file = bytearray(encoded(Image.linear_gradient("L").resize((660, 400)).convert("RGB"), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        file[data.draw(st.integers(0, min(len(file) - 1, 2000)))] = data.draw(st.integers(0, 255))
    try:
        made(bytes(file))
    except Refusal as refusal:
        assert refusal.code in {"image_invalid", "image_too_small", "too_large"}  # noqa: PT017


@given(st.binary(max_size=60))
def test_the_size_of_a_webp_is_read_from_anything(tail: bytes) -> None:
    for kind in (b"VP8X", b"VP8L", b"VP8 ", b""):
        try:
            width, height = webp_size(b"RIFF\0\0\0\0WEBP" + kind + tail)
        except ValueError:
            continue
        assert 0 <= width <= 1 << 24
        assert 0 <= height <= 1 << 24


@pytest.mark.parametrize("how", [{}, {"lossless": True}, {"exif": Image.Exif().tobytes()}])
def test_the_size_of_a_webp_is_what_the_decoder_says(how: dict[str, Any]) -> None:
    assert webp_size(picture((801, 607), "WEBP", **how)) == (801, 607)
    animated = picture((801, 607), "WEBP", save_all=True, append_images=[Image.new("RGB", (801, 607))])
    assert webp_size(animated) == (801, 607)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_the_largest_picture_is_read(kind: str, mode: str) -> None:
    image = Image.new("RGB", (6500, 6100), (10, 120, 30))
    data = encoded(image.convert(mode) if kind == "PNG" else image, kind)
    assert near(made(data, LICENCE), (100, 100), (10, 120, 30))
