"""What waits for one reader of a session: a viewer's response or the remux worker. Event loop; no I/O.

Bounded in bytes and in media time. A reader that falls behind loses everything that waits and goes on at the
next key frame. In front of a key frame it gets those configurations that it was not sent yet; in front of the first
also the FLV header, which says what tracks there are and so cannot be written before they are known.
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
    version: int = 0
    """Of a configuration: another number for each content. 0: it is none."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a player must have before a key frame."""

    header: bytes
    configs: tuple[MediaTag, ...]


class Reader:
    """A bounded queue of tags. Invariant: the header comes first, and no tag before the configurations it needs."""

    def __init__(
        self, viewer_id: str, max_bytes: int, max_ms: int, wake: Callable[[], None], *, address: str = ""
    ) -> None:
        self.viewer_id = viewer_id
        """Empty: the remux worker."""
        self.address = address
        self._max_bytes = max_bytes
        self._max_ms = max_ms
        self._wake = wake
        self._head: deque[bytes] = deque()
        self._tags: deque[MediaTag] = deque()
        self._waiting_bytes = 0
        self._is_skipping = True
        self._sent: dict[TagKind, int] = {}
        self.header = b""
        """The FLV header that it was given; empty before the first picture."""
        self.end_code = ""
        """Why nothing more will come; empty while it may."""
        self.is_cut = False
        """What is under way is not to arrive any more."""
        self.skips = 0
        self.tags_skipped = 0

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._head or self._tags)

    @property
    def waiting_bytes(self) -> int:
        return self._waiting_bytes + sum(map(len, self._head))

    def prime(self, setup: Setup, group: Sequence[MediaTag]) -> None:
        """At the start: the running group of pictures; not counted, as it is owed."""
        self.header = setup.header
        self._head.append(setup.header)
        self._head += [tag.data for tag in (*setup.configs, *group)]
        self._sent = {config.kind: config.version for config in setup.configs}
        self._is_skipping = False
        self._wake()

    def push(self, tag: MediaTag, setup: Setup | None = None) -> None:
        """Add the newest tag. ``setup``: what holds for it, with every key frame."""
        if self.end_code:
            return
        if not self._is_skipping and self._is_over(tag):
            self._skip()
        if self._is_skipping and not tag.is_key:
            self.tags_skipped += not tag.version
            return
        self._is_skipping = False
        if setup is not None:
            self._prepare(setup)
        self._append(tag)
        self._wake()

    def end(self, code: str) -> None:
        """Nothing more comes; what waits is still taken."""
        if not self.end_code:
            self.end_code = code
            self._wake()

    def cut(self, code: str) -> None:
        """Nothing more comes, and what waits does not either."""
        self.end_code, self.is_cut = code, True
        self._head.clear()
        self._tags.clear()
        self._waiting_bytes = 0
        self._wake()

    def take(self, enough_bytes: int = 1 << 62) -> bytes:
        """What waits, joined: whole tags, up to the one that makes it ``enough_bytes``."""
        parts: list[bytes] = []
        size_bytes = 0
        while self.is_waiting and size_bytes < enough_bytes:
            if self._head:
                parts.append(self._head.popleft())
            else:
                parts.append(self._tags.popleft().data)
                self._waiting_bytes -= len(parts[-1])
            size_bytes += len(parts[-1])
        return b"".join(parts)

    def _prepare(self, setup: Setup) -> None:
        if not self.header:
            self.header = setup.header
            self._head.append(setup.header)
        for config in setup.configs:
            if self._sent.get(config.kind) != config.version:
                self._append(config)

    def _append(self, tag: MediaTag) -> None:
        self._tags.append(tag)
        self._waiting_bytes += len(tag.data)
        if tag.version:
            self._sent[tag.kind] = tag.version

    def _is_over(self, tag: MediaTag) -> bool:
        if not self._tags:
            return False
        if self._waiting_bytes + len(tag.data) > self._max_bytes:
            return True
        return tag.timestamp_ms - self._tags[0].timestamp_ms > self._max_ms

    def _skip(self) -> None:
        self.skips += 1
        self.tags_skipped += len(self._tags)
        for tag in self._tags:
            if tag.version:
                self._sent.pop(tag.kind, None)
        self._tags.clear()
        self._waiting_bytes = 0
        self._is_skipping = True
