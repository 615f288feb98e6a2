"""The bounded queue between the encoders and the recording's writer. Pure; the recorder holds a lock around it.

Bounded by bytes. When pictures do not fit, they are left out until a key frame comes and half of the queue is free
again, so that what is written can always be decoded. Sound has an eighth more room, and is left out beyond it.
"""

from __future__ import annotations

from collections import deque

from capture.packets import EncodedPacket


class RecordQueue:
    """First in, first out. Invariant: ``bytes`` is at most 9/8 of ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._packets: deque[EncodedPacket] = deque()
        self._is_skipping = False
        self.bytes = 0
        self.dropped_packets = 0

    def __len__(self) -> int:
        return len(self._packets)

    def push(self, packet: EncodedPacket) -> None:
        """Take one packet, or count it as dropped."""
        after_bytes = self.bytes + len(packet.payload)
        if packet.is_video:
            if self._is_skipping and packet.is_keyframe and after_bytes <= self._max_bytes // 2:
                self._is_skipping = False
            elif after_bytes > self._max_bytes:
                self._is_skipping = True
            is_taken = not self._is_skipping
        else:
            is_taken = after_bytes <= self._max_bytes + self._max_bytes // 8
        if is_taken:
            self._packets.append(packet)
            self.bytes = after_bytes
        else:
            self.dropped_packets += 1

    def pop(self) -> EncodedPacket | None:
        """The oldest packet."""
        if not self._packets:
            return None
        packet = self._packets.popleft()
        self.bytes -= len(packet.payload)
        return packet

    def drop_all(self) -> None:
        """Nobody will write them any more."""
        self.dropped_packets += len(self._packets)
        self._packets.clear()
        self.bytes = 0
