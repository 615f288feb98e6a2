"""The last seconds of a recording as an MP4 of its own, copied without encoding. Blocks; the engine's worker.

A recording that is being written has no index yet, and libav would read all of it to find its end. So the end is read
as bytes, at most what a clip may have and one group of pictures more, and put behind the file's own head: a whole
Matroska file of the last clusters. The recording's file is open for reading meanwhile, a few milliseconds, no longer.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
from av.container import InputContainer

from app.errors import StorageError
from capture.record.disk import RecordingFile, storage_error
from capture.record.matroska import TAG_RATE
from capture.record.remux import VIDEO_HZ, Track, index_bytes, packets_of

UNAVAILABLE = "clip_unavailable"
OVER_S = 2.0
"""So much longer it may be, to begin with a key frame."""
_HEAD_BYTES = 256 * 1024
"""What stands before the first cluster: ours has about a kilobyte."""
_WINDOWS_BYTES = (8_000_000, 20_000_000)
"""Tried one after the other, before the most that a clip needs."""
_GROUP_BYTES = 8_000_000
_EBML, _SEGMENT, _CLUSTER, _TIME = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xe7"
_CHECKSUM, _CHECKSUM_BYTES = b"\xbf\x84", 6
"""An element that may stand before a cluster's time, and all of it."""
_SEEK_S = 10
"""Further back than the clip begins: the key frame before may be so far."""


@dataclass(frozen=True, slots=True)
class MadeClip:
    """What was made. ``is_shortened``: fewer seconds than there are, since more would be too large."""

    duration_ms: int
    size_bytes: int
    is_shortened: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """What there is at the end of a recording, by the source's time in ms."""

    keys: tuple[tuple[int, int, int], ...]
    """Of each key frame its time, and bytes and packets from there on; the earliest first."""
    end_ms: int
    first_ms: int
    kinds: frozenset[str]
    rate_fps: int


_Open = Callable[[], InputContainer]


def cut_clip(path: str, into: str, *, seconds: float, max_bytes: int, tick: Callable[[], None]) -> MadeClip:
    """Write the last ``seconds`` of the recording at ``path`` to the new file ``into``, of ``max_bytes`` at most.

    It begins with a key frame, at most 2 s earlier; with fewer seconds where it would be too large. ``tick`` is called
    for each packet read. Raises StorageError: clip_unavailable where nothing can be cut, and what a disk says.
    """
    try:
        for opened in _ends_of(path, seconds, max_bytes):
            part = _survey(opened, seconds, tick)
            if part.end_ms - part.first_ms >= seconds * 1000:
                break
        return _write(opened, into, part, seconds, max_bytes, tick)
    except (av.FFmpegError, ValueError) as cause:
        raise StorageError(UNAVAILABLE) from cause
    except OSError as cause:
        raise storage_error(cause) from cause


def _ends_of(path: str, seconds: float, max_bytes: int) -> list[_Open]:
    """Ways to open the end of the recording, each with more of it."""
    if not path.endswith(".mkv"):
        return [lambda: _near_end(path, seconds)]
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(min(size, _HEAD_BYTES))
        begin = _first_cluster(head)
        most = min(size - begin, max_bytes + _GROUP_BYTES)
        file.seek(size - most)
        tail = file.read(most)
    if size - begin > most:
        tail = tail[_cluster_in(tail, 0) :]
    windows = [one for one in _WINDOWS_BYTES if one < len(tail)]
    return [_opener(head[:begin], tail, len(tail) - one) for one in windows] + [_opener(head[:begin], tail, 0)]


def _opener(head: bytes, tail: bytes, start: int) -> _Open:
    def make() -> InputContainer:
        whole = head + tail[_cluster_in(tail, start) if start else 0 :]
        return av.open(io.BytesIO(whole), "r", format="matroska")

    return make


def _near_end(path: str, seconds: float) -> InputContainer:
    source = av.open(path, "r", format="mp4")
    try:
        start_us = (source.duration or 0) - int((seconds + OVER_S + _SEEK_S) * 1_000_000)
        if start_us > 0:
            source.seek(start_us)
    except Exception:
        source.close()
        raise
    return source


def _survey(opened: _Open, seconds: float, tick: Callable[[], None]) -> _Part:
    keys: list[tuple[int, int, int]] = []
    kinds: set[str] = set()
    total = packets = end_ms = 0
    first_ms: int | None = None
    with opened() as source:
        rate_fps = int(source.metadata.get(TAG_RATE, "0")) or _rate(source)
        for packet in packets_of(source, tick):
            kinds.add(packet.stream.type)
            at_ms = _ms(packet.pts or 0, packet.time_base)
            if packet.stream.type == "video":
                first_ms = at_ms if first_ms is None else first_ms
                if packet.is_keyframe:
                    keys.append((at_ms, total, packets))
                end_ms = max(end_ms, at_ms + 1000 // (rate_fps or 30))
            total += packet.size
            packets += 1
    from_there = tuple((at_ms, total - before, packets - counted) for at_ms, before, counted in keys)
    return _Part(from_there, end_ms, first_ms or 0, frozenset(kinds), rate_fps)


def _rate(source: InputContainer) -> int:
    rate = source.streams.video[0].average_rate if source.streams.video else None
    return round(rate) if rate else 0


def _write(opened: _Open, into: str, part: _Part, seconds: float, max_bytes: int, tick: Callable[[], None]) -> MadeClip:
    wanted = [key for key in part.keys if part.end_ms - key[0] <= (seconds + OVER_S) * 1000]
    fitting = [key for key in wanted if key[1] + index_bytes(key[2]) <= max_bytes]
    if not fitting:
        raise StorageError(UNAVAILABLE)
    begin_ms, _, packets = fitting[0]
    file = RecordingFile(into)
    try:
        os.chmod(into, 0o600)
        options = {"video_track_timescale": str(VIDEO_HZ), "moov_size": str(index_bytes(packets))}
        with (
            opened() as source,
            av.open(file, "w", format="mp4", container_options=options) as output,
        ):
            streams = [one for one in (*source.streams.video, *source.streams.audio) if one.type in part.kinds]
            tracks = {one.index: Track(output, one, part.rate_fps) for one in streams}
            for packet in packets_of(source, tick):
                track = tracks[packet.stream.index]
                shift = round(Fraction(begin_ms, 1000) / packet.time_base)
                if (packet.pts or 0) < shift:
                    continue
                packet.pts = (packet.pts or 0) - shift
                packet.dts = packet.pts if packet.dts is None else packet.dts - shift
                output.mux_one(track.take(packet))
        size = file.size_bytes
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(into)
        raise
    finally:
        file.close()
    if size > max_bytes:
        os.unlink(into)
        raise StorageError(UNAVAILABLE)
    return MadeClip(part.end_ms - begin_ms, size, is_shortened=fitting[0] != wanted[0])


def _ms(time: int, base: Fraction) -> int:
    return round(time * base * 1000)


# ---- Matroska as bytes (RFC 9559) ----------------------------------------------------------------


def _first_cluster(head: bytes) -> int:
    """Where it begins. Raises StorageError where there is none yet."""
    at, limit = 0, len(head)
    if not head.startswith(_EBML):
        raise StorageError(UNAVAILABLE)
    while at < limit:
        kind = head[at : at + 4]
        if kind == _CLUSTER:
            return at
        id_length = _length_of(head, at)
        size, size_length = _size(head, at + id_length)
        at += id_length + size_length
        # One goes into the segment, and over everything else.
        at += 0 if kind == _SEGMENT else size
    raise StorageError(UNAVAILABLE)


def _cluster_in(tail: bytes, start: int) -> int:
    """The first from there on: its mark, its size, and its time as it always begins, behind a checksum or not."""
    at = start
    while (at := tail.find(_CLUSTER, at)) >= 0:
        _, length = _size(tail, at + 4)
        begin = at + 4 + length
        begin += _CHECKSUM_BYTES if tail.startswith(_CHECKSUM, begin) else 0
        if length and tail.startswith(_TIME, begin):
            return at
        at += 4
    raise StorageError(UNAVAILABLE)


def _length_of(data: bytes, at: int) -> int:
    """Of an element's number, in bytes. Raises StorageError where there is none."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if length > 4:
        raise StorageError(UNAVAILABLE)
    return length


def _size(data: bytes, at: int) -> tuple[int, int]:
    """An element's size, and how many bytes tell it; 0 where nothing does."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8:
        return 0, 0
    return int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1), length
