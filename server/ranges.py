"""A file that a player may ask for in pieces (RFC 9110, 14): one range of it, or all. Pure."""

from __future__ import annotations

import re

from fastapi import Response

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def ranged(data: bytes, asked: str, media_type: str, headers: dict[str, str]) -> Response:
    """``asked``: the Range header, empty without one. What is no single range is answered with the whole."""
    told = {**headers, "Accept-Ranges": "bytes"}
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return Response(data, media_type=media_type, headers=told)
    size = len(data)
    if found[1]:
        first, last = int(found[1]), min(int(found[2]) if found[2] else size - 1, size - 1)
    else:
        first, last = max(0, size - int(found[2])), size - 1
    if first > last:
        return Response(status_code=416, headers={**told, "Content-Range": f"bytes */{size}"})
    told["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(data[first : last + 1], status_code=206, media_type=media_type, headers=told)
