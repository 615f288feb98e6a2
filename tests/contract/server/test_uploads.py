"""Pictures sent over HTTP: bombs, wrong types, odd files and names are refused or harmless."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from tests.contract.server.applicants import Applicant, applicant, picture
from tests.contract.server.kit import Desk, error_code

pytestmark = pytest.mark.slow


@pytest.fixture
def person(desk: Desk) -> Applicant:
    return applicant(desk, has_accepted=False)


def png_of(width_px: int, height_px: int, data: bytes) -> bytes:
    """A PNG that says this size, whatever its data is."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_picture_is_kept_re_encoded_and_without_what_came_along(person: Applicant) -> None:
    exif = Image.Exif()
    exif[0x010E] = "机密：拍摄于家中"
    sent = picture((900, 900), "JPEG", exif=exif.tobytes(), comment=b"secret comment")
    reply = person.upload("avatar", sent, "image/jpeg")
    assert reply.status_code == 200
    kept = person.image(reply.json()["id"])
    assert kept.headers["content-type"] == "image/jpeg"
    assert b"secret comment" not in kept.content
    assert "机密".encode() not in kept.content
    assert Image.open(io.BytesIO(kept.content)).getexif() == {}


NO_PICTURES: tuple[tuple[bytes, str], ...] = (
    (b"", "image/png"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/png"),
    (b"<html><script>alert(1)</script>", "image/jpeg"),
    (b"GIF89a" + bytes(200), "image/gif"),
    (b"\x89PNG\r\n\x1a\n" + bytes(2000), "image/png"),
    (picture()[:-200], "image/png"),
    (png_of(0, 0, b""), "image/png"),
    (picture((800, 800), "BMP"), "image/png"),
    (picture((800, 800), "TIFF"), "image/jpeg"),
    (picture(), "text/html"),
    (picture(), "application/octet-stream"),
    (picture(), ""),
)
BOMBS = (
    png_of(60_000, 60_000, zlib.compress(bytes(1000))),
    png_of(16_000, 16_000, zlib.compress(bytes(100_000))),
)


def test_what_is_no_picture_is_refused(person: Applicant) -> None:
    for data, content_type in NO_PICTURES:
        reply = person.upload("avatar", data, content_type)
        assert (reply.status_code, error_code(reply)) == (422, "image_invalid"), (data[:20], content_type)
    assert person.signed.get("/me/images").json() == []


def test_what_would_fill_the_memory_is_not_opened(person: Applicant) -> None:
    for data in BOMBS:
        reply = person.upload("avatar", data)
        assert (reply.status_code, error_code(reply)) == (413, "too_large")
    assert person.signed.get("/me/images").json() == []


def test_a_picture_that_is_too_small_says_so(person: Applicant) -> None:
    assert error_code(person.upload("cover", picture((64, 64)))) == "image_too_small"


def test_more_than_a_picture_takes_is_refused_unread(desk: Desk, person: Applicant) -> None:
    reply = person.upload("avatar", bytes(7 * 1024 * 1024))
    assert (reply.status_code, error_code(reply)) == (413, "too_large")
    # Without a sign-in nobody is let to send as much as a picture.
    headers = {"Content-Type": "image/png"}
    reply = desk.client.put("/api/v1/me/images/avatar", content=bytes(200_000), headers=headers)
    assert reply.status_code in {401, 413}


def test_a_purpose_that_there_is_not_and_an_id_of_another_file_are_refused(person: Applicant) -> None:
    for purpose in ("passport", "..%2F..%2Fetc", "avatar%00", "<script>"):
        assert person.upload(purpose).status_code in {404, 422}
    for image_id in ("../field.key", "..%2Ffield.key", "a" * 65, "%00", "0" * 16):
        assert person.image(image_id).status_code in {404, 422}


def test_ten_megabytes_of_text_are_refused_everywhere(person: Applicant) -> None:
    text = "字" * (10 * 1024 * 1024 // 3)
    wishes: tuple[tuple[str, str, Any], ...] = (
        ("PUT", "/me/application/draft", {"base_revision": 0, "form": {"introduction": text}}),
        ("POST", "/me/text-check", {"field": "introduction", "text": text}),
        ("PATCH", "/me", {"nickname": text}),
        ("POST", "/auth/code", {"phone": text}),
    )
    for method, path, body in wishes:
        reply = person.signed.client.request(method, f"/api/v1{path}", json=body, headers=person.signed.headers)
        assert reply.status_code == 413, path
