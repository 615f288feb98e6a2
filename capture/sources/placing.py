"""Where what a media file brings lies in the programme: one object a pass through the file. Pure; player's thread.

Pictures and sound are placed by the same origin, so they stay in step. Sound is counted on from sample to sample, for
the times in files are rounded; a step that rounding does not explain (a gap, a jump) is followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from capture.programme import SAMPLE_RATE_HZ, ProgrammeTime

_ROUNDING_S = 0.03
"""Times of FLV and Matroska are rounded to milliseconds, those of some cameras to a frame of sound (21 ms)."""


def first_s(streams: Iterable[Any], otherwise_us: int | None) -> float:
    """The file's own time at which its content begins: the earliest stream's."""
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in streams
        if stream.start_time is not None and stream.time_base is not None
    ]
    return min(starts, default=(otherwise_us or 0) / 1_000_000)


@dataclass(frozen=True, slots=True)
class Span:
    """A packet's times in its file: to be decoded, to be shown (None: the file does not say), and how long it lasts."""

    due_s: float | None
    shown_s: float | None
    length_s: float

    @classmethod
    def of(cls, packet: Any, otherwise_s: float) -> Span:
        """Of PyAV's packet; ``otherwise_s`` is the length when the file does not say it."""
        if packet.time_base is None:
            return cls(None, None, otherwise_s)
        due, shown = (None if at is None else float(at * packet.time_base) for at in (packet.dts, packet.pts))
        length_s = float(packet.duration * packet.time_base) if packet.duration else otherwise_s
        return cls(shown if due is None else due, shown, length_s)


@dataclass(slots=True)
class _Track:
    due_s: float = 0.0
    end_s: float = 0.0
    read: int = 0
    tried: int = 0
    decoded: int = 0


class Placing:
    """``origin_s`` is the moment of the programme's clock at which the content begins; seconds count from there."""

    def __init__(self, programme: ProgrammeTime, origin_s: float, start_s: float) -> None:
        self._programme = programme
        self._start_s = start_s
        self._tracks = {True: _Track(), False: _Track()}
        self._next_sample: int | None = None
        self._last_slot: int | None = None
        self.origin_s = origin_s

    @property
    def length_s(self) -> float:
        """How far the content reaches, as known so far."""
        return max(track.end_s for track in self._tracks.values())

    def tried(self, is_video: bool) -> None:
        """A packet was wanted in decoded form."""
        self._tracks[is_video].tried += 1

    @property
    def broken(self) -> frozenset[bool]:
        """Whether pictures (True), sound (False) were wanted all the time and never came. At the end of a pass."""
        return frozenset(
            is_video
            for is_video, track in self._tracks.items()
            if track.tried and track.tried == track.read and not track.decoded
        )

    @property
    def is_worthless(self) -> bool:
        """Whether the pass has brought nothing at all."""
        has_decoded = any(track.decoded for track in self._tracks.values())
        return self.length_s <= 0 or (bool(self.broken) and not has_decoded)

    def passed(self, is_video: bool, span: Span) -> float:
        """A packet was read, whether it is decoded or not: when it is due to be decoded."""
        track = self._tracks[is_video]
        due_s = track.due_s if span.due_s is None else span.due_s - self._start_s
        shown_s = due_s if span.shown_s is None else span.shown_s - self._start_s
        track.read += 1
        track.due_s = due_s + span.length_s
        track.end_s = max(track.end_s, shown_s + span.length_s)
        return due_s

    def picture_s(self, time_s: float | None, otherwise_s: float) -> float | None:
        """The moment of the clock of a decoded picture; None when the slot it falls into has one already.

        ``otherwise_s``, of the packet it came from, serves a file without times.
        """
        track = self._tracks[True]
        track.decoded += 1
        moment_s = self.origin_s + (otherwise_s if time_s is None else time_s - self._start_s)
        # A slot shows what lies within half a slot of it.
        slot = math.ceil((moment_s - self._programme.start_s) * self._programme.rate_fps - 0.5 - 1e-6)
        if self._last_slot is not None and slot <= self._last_slot:
            return None
        self._last_slot = slot
        return moment_s

    def restart_pictures(self) -> None:
        """What was placed is forgotten."""
        self._last_slot = None

    def sample(self, time_s: float | None, count: int) -> int:
        """The programme's number of the first of ``count`` decoded samples."""
        track = self._tracks[False]
        track.decoded += 1
        if time_s is not None:
            expected = self._programme.sample_at(self.origin_s + time_s - self._start_s)
            if self._next_sample is None or abs(expected - self._next_sample) > _ROUNDING_S * SAMPLE_RATE_HZ:
                self._next_sample = expected
        elif self._next_sample is None:
            self._next_sample = self._programme.sample_at(self.origin_s + track.end_s)
        at = self._next_sample
        self._next_sample += count
        return at

    def restart_sound(self) -> None:
        """The next sound does not follow the last one."""
        self._next_sample = None

    def shift(self, now_s: float, at_s: float) -> None:
        """What lies ``at_s`` after the origin comes now: all that follows comes later by the same time."""
        self.origin_s = self._programme.next_slot_s(now_s - at_s)
        self._next_sample = None

    def next_origin_s(self) -> float:
        """Where the next pass joins on: a slot of the programme."""
        return self._programme.next_slot_s(self.origin_s + self.length_s - 0.5 / self._programme.rate_fps)
