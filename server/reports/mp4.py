"""A strict look into an MP4 file that a stranger sent: boxes only, nothing is decoded. Any thread; bounded by its size.

Taken is what a clip of a recording is: one file with its index, one H.264 picture, at most one AAC sound, nothing that
leads out of the file. ISO/IEC 14496-12 names the boxes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAX_BOXES = 4096
"""In the whole file; ours has some sixty."""
MAX_SAMPLES = 20_000
"""Of one track: half a minute of 240 pictures a second is 7,200."""
MIN_SIDE_PX, MAX_SIDE_PX = 16, 4096
_PICTURES, _SOUNDS = frozenset({b"avc1", b"avc3"}), frozenset({b"mp4a"})
_OUTER = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip"})
_IN_FILE = 1
"""Flag of a data entry: the media lies in this very file."""


class NotTaken(Exception):
    """It is no such file. The message names the place, never what stands there."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the index says."""

    duration_ms: int
    width_px: int
    height_px: int
    has_sound: bool


class _Box(NamedTuple):
    kind: bytes
    start: int
    """Of its content."""
    end: int


class _Track(NamedTuple):
    kind: bytes
    duration_ms: int
    width_px: int
    height_px: int


class _File:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._boxes = 0

    def facts(self, max_ms: int) -> Facts:
        outer = self._inside(_Box(b"", 0, len(self._data)))
        if not outer or outer[0].kind != b"ftyp" or any(box.kind not in _OUTER for box in outer):
            raise NotTaken("file")
        self._one(outer, b"ftyp")
        media = [box for box in outer if box.kind == b"mdat"]
        inner = self._inside(self._one(outer, b"moov"))
        self._one(inner, b"mvhd")
        if any(box.kind == b"mvex" for box in inner):
            raise NotTaken("fragments")
        tracks = [self._track(box, media) for box in inner if box.kind == b"trak"]
        pictures = [track for track in tracks if track.kind == b"vide"]
        if len(pictures) != 1 or len(tracks) > 2 or len({track.kind for track in tracks}) != len(tracks):
            raise NotTaken("tracks")
        if not all(0 < track.duration_ms <= max_ms for track in tracks):
            raise NotTaken("duration")
        [picture] = pictures
        return Facts(picture.duration_ms, picture.width_px, picture.height_px, len(tracks) == 2)

    def _track(self, trak: _Box, media: list[_Box]) -> _Track:
        mdia = self._inside(self._one(self._inside(trak), b"mdia"))
        kind = self._bytes(self._one(mdia, b"hdlr"), 8, 4)
        minf = self._inside(self._one(mdia, b"minf"))
        self._require_own_data(self._inside(self._one(minf, b"dinf")))
        table = self._inside(self._one(minf, b"stbl"))
        width_px, height_px = self._format(self._one(table, b"stsd"), kind)
        scale_hz, duration = self._duration(self._one(mdia, b"mdhd"))
        sizes = self._sizes(self._one(table, b"stsz"))
        times = self._one(table, b"stts")
        runs = self._number(times, 4)
        if not 0 < runs <= len(sizes):
            raise NotTaken("stts")
        if sum(self._number(times, 8 + 8 * at) for at in range(runs)) != len(sizes):
            raise NotTaken("stts")
        total = sum(self._number(times, 8 + 8 * at) * self._number(times, 12 + 8 * at) for at in range(runs))
        if sum(sizes) > sum(box.end - box.start for box in media):
            raise NotTaken("stsz")
        self._require_inside(table, media)
        return _Track(kind, max(duration, total) * 1000 // scale_hz, width_px, height_px)

    def _format(self, stsd: _Box, kind: bytes) -> tuple[int, int]:
        """Width and height of a picture in px, 0 of a sound."""
        if self._number(stsd, 4) != 1:
            raise NotTaken("stsd")
        entry = self._inside(_Box(b"", stsd.start + 8, stsd.end))
        if len(entry) != 1 or entry[0].kind not in {b"vide": _PICTURES, b"soun": _SOUNDS}.get(kind, ()):
            raise NotTaken("stsd")
        if kind == b"soun":
            return 0, 0
        width_px, height_px = struct.unpack(">HH", self._bytes(entry[0], 24, 4))
        if not all(MIN_SIDE_PX <= side_px <= MAX_SIDE_PX for side_px in (width_px, height_px)):
            raise NotTaken("size")
        return width_px, height_px

    def _duration(self, mdhd: _Box) -> tuple[int, int]:
        """Units a second, and how many of them it lasts."""
        version = self._bytes(mdhd, 0, 1)[0]
        if version == 0:
            scale_hz, duration = struct.unpack(">II", self._bytes(mdhd, 12, 8))
        elif version == 1:
            scale_hz, duration = struct.unpack(">IQ", self._bytes(mdhd, 20, 12))
        else:
            raise NotTaken("mdhd")
        if not scale_hz:
            raise NotTaken("mdhd")
        return scale_hz, duration

    def _sizes(self, stsz: _Box) -> list[int]:
        """In bytes, of each sample."""
        same, count = self._number(stsz, 4), self._number(stsz, 8)
        if not 0 < count <= MAX_SAMPLES:
            raise NotTaken("stsz")
        return [same] * count if same else list(struct.unpack(f">{count}I", self._bytes(stsz, 12, 4 * count)))

    def _require_inside(self, table: list[_Box], media: list[_Box]) -> None:
        """Every chunk begins in the file's own media."""
        is_long = any(box.kind == b"co64" for box in table)
        chunks = self._one(table, b"co64" if is_long else b"stco")
        count, size = self._number(chunks, 4), 8 if is_long else 4
        if not 0 < count <= MAX_SAMPLES:
            raise NotTaken("chunks")
        starts = struct.unpack(f">{count}{'Q' if is_long else 'I'}", self._bytes(chunks, 8, size * count))
        if not all(any(box.start <= at < box.end for box in media) for at in starts):
            raise NotTaken("chunks")

    def _require_own_data(self, dinf: list[_Box]) -> None:
        dref = self._one(dinf, b"dref")
        entries = self._inside(_Box(b"", dref.start + 8, dref.end))
        if len(entries) != 1 or self._number(dref, 4) != 1 or entries[0].kind != b"url ":
            raise NotTaken("dref")
        if self._number(entries[0], 0) != _IN_FILE:
            raise NotTaken("dref")

    # ---- boxes -----------------------------------------------------------------------------------

    def _inside(self, parent: _Box) -> list[_Box]:
        return list(self._walk(parent))

    def _walk(self, parent: _Box) -> Iterator[_Box]:
        at = parent.start
        while at < parent.end:
            self._boxes += 1
            if self._boxes > MAX_BOXES or parent.end - at < 8:
                raise NotTaken("box")
            size, kind = struct.unpack_from(">I4s", self._data, at)
            head = 8
            if size == 1:
                if parent.end - at < 16:
                    raise NotTaken("box")
                [size], head = struct.unpack_from(">Q", self._data, at + 8), 16
            if not head <= size <= parent.end - at:
                raise NotTaken("box")
            yield _Box(kind, at + head, at + size)
            at += size

    def _one(self, boxes: list[_Box], kind: bytes) -> _Box:
        found = [box for box in boxes if box.kind == kind]
        if len(found) != 1:
            raise NotTaken(kind.decode("ascii"))
        return found[0]

    def _bytes(self, box: _Box, at: int, size: int) -> bytes:
        if box.start + at + size > box.end:
            raise NotTaken("short")
        return self._data[box.start + at : box.start + at + size]

    def _number(self, box: _Box, at: int) -> int:
        [number] = struct.unpack(">I", self._bytes(box, at, 4))
        return int(number)


def facts_of(data: bytes, max_ms: int) -> Facts:
    """Raises NotTaken for what is no clip of at most ``max_ms``."""
    return _File(data).facts(max_ms)
