"""The bounded queue between the encoders and one publisher. Pure; the publisher holds a lock around it.

Bounded by time. When the frames between key frames wait too long, they go: those before the newest queued key frame
(what is left can be decoded at once), and where there is none, all of them, and those that come until the next key
frame. Sound and key frames stay; the oldest of them go only when the whole queue spans twice the time.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from capture.packets import EncodedPacket

MAX_QUEUE_MS = 2000


class PacketQueue:
    """First in, first out. Invariant: after ``push`` it spans at most ``2 * max_ms``."""

    def __init__(self, max_ms: int = MAX_QUEUE_MS) -> None:
        self._max_ms = max_ms
        self._packets: deque[EncodedPacket] = deque()
        self._is_skipping = False
        self.bytes = 0
        self.dropped_frames = 0
        """Video frames that came in and will never leave."""
        self.dropped_sounds = 0
        self.wants_keyframe = False
        """Set when frames are skipped until a key frame comes: the publisher asks the encoder for one."""

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def span_ms(self) -> int:
        """From the oldest to the newest packet."""
        return max(0, self._packets[-1].dts_ms - self._packets[0].dts_ms) if self._packets else 0

    def push(self, packet: EncodedPacket) -> None:
        """Take one packet, dropping others when it is full."""
        if packet.is_video:
            if packet.is_keyframe:
                self._is_skipping = False
            elif self._is_skipping:
                self.dropped_frames += 1
                return
        self._packets.append(packet)
        self.bytes += len(packet.payload)
        if packet.is_video and not packet.is_keyframe:
            oldest = next(p for p in self._packets if _is_between(p))
            if packet.dts_ms - oldest.dts_ms > self._max_ms:
                self._drop_pictures()
        while self.span_ms > 2 * self._max_ms:
            self._drop_oldest()

    def pop(self) -> EncodedPacket | None:
        """The oldest packet."""
        if not self._packets:
            return None
        packet = self._packets.popleft()
        self.bytes -= len(packet.payload)
        return packet

    def clear(self, is_counted: bool) -> None:
        """Forget everything; ``is_counted`` when the frames were meant to be sent."""
        if is_counted:
            for packet in self._packets:
                self._count(packet)
        self._packets.clear()
        self.bytes = 0
        self._is_skipping = False

    def _count(self, packet: EncodedPacket) -> None:
        if packet.is_video:
            self.dropped_frames += 1
        else:
            self.dropped_sounds += 1

    def _drop_pictures(self) -> None:
        newest_key = max((index for index, p in enumerate(self._packets) if p.is_keyframe), default=-1)
        if any(_is_between(p) for p in islice(self._packets, max(0, newest_key))):
            self._drop_between(before=newest_key)
        else:
            self._drop_between(before=len(self._packets))
            self._skip()

    def _drop_oldest(self) -> None:
        oldest = self._packets.popleft()
        self.bytes -= len(oldest.payload)
        self._count(oldest)
        if oldest.is_video:
            # What was built on it cannot be decoded any more.
            next_key = next((index for index, p in enumerate(self._packets) if p.is_keyframe), None)
            self._drop_between(before=len(self._packets) if next_key is None else next_key)
            if next_key is None:
                self._skip()

    def _skip(self) -> None:
        self._is_skipping = True
        self.wants_keyframe = True

    def _drop_between(self, before: int) -> None:
        kept: deque[EncodedPacket] = deque()
        for index, packet in enumerate(self._packets):
            if index < before and _is_between(packet):
                self._count(packet)
                self.bytes -= len(packet.payload)
            else:
                kept.append(packet)
        self._packets = kept


def _is_between(packet: EncodedPacket) -> bool:
    """Whether it is a picture that builds on others."""
    return packet.is_video and not packet.is_keyframe
