"""What waits for one reader of a session: a viewer's response or the remux worker. Event loop; no I/O.

Bounded in bytes and in media time. A reader that falls behind loses everything that waits and goes on at the
next key frame, with the configurations again when they have changed meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.rtmp import TagKind


@dataclass(frozen=True, slots=True)
class MediaTag:
    """One FLV tag as it is sent, made once for all readers."""

    kind: TagKind
    timestamp_ms: int
    data: bytes = field(repr=False)
    is_key: bool = False
    is_config: bool = False


class Reader:
    """A bounded queue of tags. ``generation`` counts changes of the configurations that the reader was sent."""

    def __init__(self, viewer_id: str, max_bytes: int, max_ms: int, wake: Callable[[], None]) -> None:
        self.viewer_id = viewer_id
        self._max_bytes = max_bytes
        self._max_ms = max_ms
        self._wake = wake
        self._head: list[bytes] = []
        self._tags: deque[MediaTag] = deque()
        self._waiting_bytes = 0
        self._is_skipping = True
        self._generation = -1
        self.end_code = ""
        """Why nothing more will come; empty while it may."""
        self.skips = 0
        self.tags_skipped = 0

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._head or self._tags)

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes + sum(map(len, self._head))

    def greet(self, header: bytes) -> None:
        """The FLV header: before everything else, and not counted."""
        self._head.append(header)
        self._wake()

    def prime(self, generation: int, configs: Sequence[MediaTag], group: Sequence[MediaTag]) -> None:
        """Configurations and the running group of pictures; not counted, as it is owed from the start."""
        self._head += [tag.data for tag in configs]
        self._head += [tag.data for tag in group]
        self._generation = generation
        self._is_skipping = not group
        self._wake()

    def push(self, tag: MediaTag, generation: int, configs: Sequence[MediaTag]) -> None:
        """Add the newest tag. ``configs``: those that hold for it, of ``generation``."""
        if self.end_code:
            return
        if not self._is_skipping and self._is_over(tag):
            self._skip()
        if self._is_skipping and not tag.is_key:
            self.tags_skipped += not tag.is_config
            return
        self._is_skipping = False
        if generation != self._generation:
            self._generation = generation
            for config in configs:
                if config is not tag:
                    self._append(config)
        self._append(tag)
        self._wake()

    def end(self, code: str) -> None:
        """Nothing more comes; what waits is still taken."""
        if not self.end_code:
            self.end_code = code
            self._wake()

    def take(self) -> bytes:
        """Everything that waits, joined."""
        data = b"".join((*self._head, *(tag.data for tag in self._tags)))
        self._head.clear()
        self._tags.clear()
        self._waiting_bytes = 0
        return data

    def _append(self, tag: MediaTag) -> None:
        self._tags.append(tag)
        self._waiting_bytes += len(tag.data)

    def _is_over(self, tag: MediaTag) -> bool:
        if not self._tags:
            return False
        if self._waiting_bytes + len(tag.data) > self._max_bytes:
            return True
        return tag.timestamp_ms - self._tags[0].timestamp_ms > self._max_ms

    def _skip(self) -> None:
        self.skips += 1
        self.tags_skipped += len(self._tags)
        if any(tag.is_config for tag in self._tags):
            self._generation = -1
        self._tags.clear()
        self._waiting_bytes = 0
        self._is_skipping = True
