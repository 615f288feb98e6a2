"""The bounded queue between the encoders and one publisher. Pure; the publisher holds a lock around it.

Bounded by time. When it is full, pictures go, never sound: all frames before the newest queued key frame are dropped
(what is left can be decoded at once), and where that does not help, every frame that is no key frame, and those that
come until the next key frame. Key frames, and then sound, go only when nothing at all has left for twice the time.
"""

from __future__ import annotations

from collections import deque

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
        return self._packets[-1].dts_ms - self._packets[0].dts_ms if self._packets else 0

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
        if self.span_ms > self._max_ms:
            self._make_room()

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

    def _keep(self, packets: list[EncodedPacket], kept: list[bool]) -> None:
        for packet, is_kept in zip(packets, kept, strict=True):
            if not is_kept:
                self._count(packet)
                self.bytes -= len(packet.payload)
        self._packets = deque(packet for packet, is_kept in zip(packets, kept, strict=True) if is_kept)

    def _make_room(self) -> None:
        packets = list(self._packets)
        newest_key = max((index for index, p in enumerate(packets) if p.is_keyframe), default=-1)
        has_old_frames = any(p.is_video and not p.is_keyframe for p in packets[: max(0, newest_key)])
        if has_old_frames:
            self._keep(packets, [not p.is_video or p.is_keyframe or i > newest_key for i, p in enumerate(packets)])
        elif any(p.is_video and not p.is_keyframe for p in packets):
            self._keep(packets, [not p.is_video or p.is_keyframe for p in packets])
            self._is_skipping = True
            self.wants_keyframe = True
        while self.span_ms > 2 * self._max_ms:
            oldest = self._packets.popleft()
            self.bytes -= len(oldest.payload)
            self._count(oldest)
            if oldest.is_video and not any(p.is_keyframe for p in self._packets):
                self._is_skipping = True
                self.wants_keyframe = True
