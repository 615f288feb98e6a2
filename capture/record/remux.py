"""A finished Matroska recording to MP4 with its index in front. Blocks; the finisher's thread.

The index is not moved by libav (``faststart``): that happens inside one call that holds the GIL, a second for each
gigabyte. Instead the packets are counted first, and room for the index is left at the beginning.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from app.errors import StorageError
from capture.record.disk import RecordingFile, storage_error
from capture.record.matroska import TAG_RATE
from capture.record.names import numbered
from capture.record.snap import Snapper

_LOG = logging.getLogger(__name__)

PART = ".mp4.part"
_INDEX_BYTES = 16 * 1024
_INDEX_BYTES_A_PACKET = 44
"""Size, duration, offset, two for chunks, key frame and composition time of one packet: the most that MP4 writes."""
VIDEO_HZ = 90_000
_AAC_SAMPLES = 1024
_OPTIONS = {"video_track_timescale": str(VIDEO_HZ), "max_interleave_delta": "1000000"}


class CutShort(Exception):
    """It was told to stop; the Matroska file stays."""


@dataclass
class Survey:
    """What a recording holds that can be played."""

    rate_fps: int = 0
    packets: Counter[str] = field(default_factory=Counter)

    @property
    def index_bytes(self) -> int:
        """Enough for the index of an MP4 with these packets."""
        return index_bytes(self.packets.total())


def index_bytes(packets: int) -> int:
    """Enough for the index of an MP4 with so many."""
    return _INDEX_BYTES + _INDEX_BYTES_A_PACKET * packets


def rate_of(path: str) -> int:
    """Frames a second of a recording of ours; 0 for any other file, whatever it is."""
    try:
        with av.open(path, format="matroska") as source:
            return int(source.metadata.get(TAG_RATE, "0"))
    except (av.FFmpegError, OSError, ValueError):
        return 0


def remux(path: str, tick: Callable[[], None]) -> str:
    """Make the .mp4 beside ``path``, check it, give it its name; returns that. ``path`` itself is not touched.

    ``tick`` is called for each packet read and may raise CutShort. Raises StorageError.
    """
    part = os.path.splitext(path)[0] + PART
    try:
        survey = _survey(path, tick)
        if not survey.packets:
            raise StorageError(detail={"reason": "empty"})
        # What is left of an earlier attempt.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        try:
            _write(path, part, survey, tick)
            _verify(part, survey)
            return _publish(part, os.path.splitext(path)[0])
        finally:
            with contextlib.suppress(OSError):
                os.unlink(part)
    except OSError as cause:
        # av.FFmpegError comes as an OSError of its own where libav says so; its numbers are the system's.
        raise storage_error(cause) from cause
    except (av.FFmpegError, ValueError) as cause:
        _LOG.warning("the recording cannot be made an MP4: %s", cause)
        raise StorageError from cause


def packets_of(source: InputContainer, tick: Callable[[], None]) -> Iterator[Packet[Stream]]:
    """From the first key frame to where the file ends, or where what can be read of it does."""
    has_begun = not source.streams.video
    packets = source.demux(source.streams.video + source.streams.audio)
    while True:
        tick()
        try:
            packet = next(packets)
        except (StopIteration, av.error.InvalidDataError, av.error.EOFError):
            return
        has_begun = has_begun or (packet.stream.type == "video" and packet.is_keyframe)
        if has_begun and packet.pts is not None and packet.size and not packet.is_corrupt:
            yield packet


def _survey(path: str, tick: Callable[[], None]) -> Survey:
    with av.open(path, format="matroska") as source:
        survey = Survey(int(source.metadata.get(TAG_RATE, "0")))
        for packet in packets_of(source, tick):
            survey.packets[packet.stream.type] += 1
    return survey


def _write(path: str, part: str, survey: Survey, tick: Callable[[], None]) -> None:
    file = RecordingFile(part)
    try:
        options = {**_OPTIONS, "moov_size": str(survey.index_bytes)}
        with (
            av.open(path, format="matroska") as source,
            av.open(file, "w", format="mp4", container_options=options) as output,
        ):
            tracks = {
                stream.index: Track(output, stream, survey.rate_fps)
                for stream in source.streams.video + source.streams.audio
                if survey.packets[stream.type]
            }
            for packet in packets_of(source, tick):
                output.mux_one(tracks[packet.stream.index].take(packet))
        file.sync()
    finally:
        file.close()


class Track:
    """One stream on its way, with times set right that Matroska rounds to milliseconds."""

    def __init__(self, output: OutputContainer, stream: Stream, rate_fps: int) -> None:
        self._stream = output.add_stream_from_template(stream)
        if stream.type == "video":
            self._stream.time_base = Fraction(1, VIDEO_HZ)
            self._snapper = Snapper(VIDEO_HZ, Fraction(VIDEO_HZ, rate_fps or 30))
        else:
            rate_hz = (stream.codec_context.sample_rate if isinstance(stream, AudioStream) else 0) or 48_000
            self._stream.time_base = Fraction(1, rate_hz)
            self._snapper = Snapper(rate_hz, Fraction(_AAC_SAMPLES))

    def take(self, packet: Packet[Stream]) -> Packet[Stream]:
        """The same data for the output."""
        pts = packet.pts or 0
        dts = pts if packet.dts is None else packet.dts
        delay_s = (pts - dts) * packet.time_base
        moment = self._snapper.snap(dts * packet.time_base)
        packet.time_base = self._snapper.unit
        packet.dts = moment
        packet.pts = moment + round(delay_s / self._snapper.unit)
        packet.duration = round(self._snapper.step)
        packet.stream = self._stream
        return packet


def _verify(part: str, survey: Survey) -> None:
    """Raises StorageError unless every packet is there and the first and the last picture can be decoded."""
    with av.open(part, format="mp4") as made:
        there = Counter({stream.type: stream.frames for stream in made.streams})
        if there != survey.packets:
            raise StorageError(detail={"reason": "incomplete"})
        if made.streams.video:
            video = made.streams.video[0]
            _see(made, video)
            made.seek(int(video.duration or 0), stream=video)
            _see(made, video)
        if made.streams.audio:
            made.seek(0)
            _see(made, made.streams.audio[0])


def _see(made: InputContainer, stream: Stream) -> None:
    if next(made.decode(stream), None) is None:
        raise StorageError(detail={"reason": "unreadable"})


def _publish(part: str, stem: str) -> str:
    """Give the file its name without writing over another; the first of the numbered names that is free."""
    for name in numbered(stem):
        final = f"{name}.mp4"
        try:
            if sys.platform == "win32":
                os.rename(part, final)
            else:
                _link(part, final)
        except FileExistsError:
            continue
        return final
    raise StorageError("folder_unwritable")


def _link(part: str, final: str) -> None:
    try:
        # Unlike a rename this fails when the name is taken.
        os.link(part, final)
    except FileExistsError:
        raise
    except OSError:
        # FAT and some network disks know no links.
        if os.path.lexists(final):
            raise FileExistsError(final) from None
        os.rename(part, final)
