"""Times of a recording: the first key frame is 0, and time never goes back within a stream. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from capture.packets import EncodedPacket, StreamFormat

_MOST_EARLY = 128
"""Frames of sound (2.7 s) kept until the key frame: sound leaves its encoder before the picture of its time."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A packet and its times in the file, in milliseconds."""

    packet: EncodedPacket
    pts_ms: int
    dts_ms: int


class Timeline:
    """One for a file. A recording without pictures begins with the first sound."""

    def __init__(self, stream: StreamFormat) -> None:
        self._has = {"video": bool(stream.avc_config), "audio": bool(stream.aac_config)}
        self._base_ms: int | None = None
        self._early: deque[EncodedPacket] = deque(maxlen=_MOST_EARLY)
        self._last_ms: dict[str, int] = {}
        self.misplaced_packets = 0
        """Those that came with a time at or before the one before them."""

    def place(self, packet: EncodedPacket) -> list[Placed]:
        """What can be written now: nothing before the first key frame, then it and the sound that waited."""
        if not self._has[packet.kind]:
            return []
        if self._base_ms is not None:
            return self._settle(packet, self._base_ms)
        if self._has["video"] and not packet.is_keyframe:
            if not packet.is_video:
                self._early.append(packet)
            return []
        base_ms = self._base_ms = packet.dts_ms
        ready = self._settle(packet, base_ms)
        for sound in self._early:
            ready += self._settle(sound, base_ms)
        self._early.clear()
        return ready

    def _settle(self, packet: EncodedPacket, base_ms: int) -> list[Placed]:
        dts_ms = packet.dts_ms - base_ms
        if dts_ms < 0 and not packet.is_video:
            return []
        if dts_ms <= self._last_ms.get(packet.kind, -1):
            self.misplaced_packets += 1
            return []
        self._last_ms[packet.kind] = dts_ms
        return [Placed(packet, packet.pts_ms - base_ms, dts_ms)]
