"""The live HLS list of a session and its files. Pure text, and a writer that the remux worker's main thread owns.

Every file is written beside its place and renamed, so that a reader never sees half of one. Numbers go on after the
writer was killed: the list itself is the state, and what follows it is marked as a discontinuity.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LIST_NAME = "index.m3u8"
SEGMENT_NAME = re.compile(r"init-\d{1,12}\.mp4|seg-\d{1,12}\.m4s")
WINDOW = 6
"""Segments in the list."""
KEPT_BEHIND = 8
"""Segments that stay on disk after they left the list, for players that are late."""
_END = "#EXT-X-ENDLIST"


@dataclass(frozen=True)
class Segment:
    """One line of the list."""

    number: int
    duration_ms: int
    begins: datetime
    init_name: str
    is_discontinuity: bool

    @property
    def name(self) -> str:
        return f"seg-{self.number}.m4s"


@dataclass(frozen=True)
class LiveList:
    """What a list says."""

    segments: tuple[Segment, ...] = ()
    discontinuity_sequence: int = 0
    target_s: int = 1
    is_ended: bool = False

    def text(self) -> str:
        """The list as a player reads it."""
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{self.target_s}",
            f"#EXT-X-MEDIA-SEQUENCE:{self.segments[0].number if self.segments else 0}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        init_name = ""
        for segment in self.segments:
            if segment.is_discontinuity:
                lines.append("#EXT-X-DISCONTINUITY")
            if segment.init_name != init_name:
                init_name = segment.init_name
                lines.append(f'#EXT-X-MAP:URI="{init_name}"')
            moment = segment.begins.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            lines += [
                f"#EXT-X-PROGRAM-DATE-TIME:{moment}",
                f"#EXTINF:{segment.duration_ms / 1000:.3f},",
                segment.name,
            ]
        if self.is_ended:
            lines.append(_END)
        return "\n".join(lines) + "\n"


def parse(text: str) -> LiveList:
    """Read a list that ``LiveList.text`` wrote; lines that it never writes are passed over. Raises ValueError."""
    segments: list[Segment] = []
    discontinuity_sequence, target_s, is_ended = 0, 1, False
    init_name, is_discontinuity, duration_ms = "", False, 0
    begins = datetime.fromtimestamp(0, UTC)
    for line in text.splitlines():
        name, _, value = line.partition(":")
        match name:
            case "#EXT-X-TARGETDURATION":
                target_s = int(value)
            case "#EXT-X-DISCONTINUITY-SEQUENCE":
                discontinuity_sequence = int(value)
            case "#EXT-X-DISCONTINUITY":
                is_discontinuity = True
            case "#EXT-X-MAP":
                init_name = value.removeprefix('URI="').removesuffix('"')
            case "#EXT-X-PROGRAM-DATE-TIME":
                begins = datetime.fromisoformat(value)
            case "#EXTINF":
                duration_ms = round(float(value.rstrip(",")) * 1000)
            case "#EXT-X-ENDLIST":
                is_ended = True
            case _ if line.startswith("seg-"):
                number = int(line.removeprefix("seg-").removesuffix(".m4s"))
                segments.append(Segment(number, duration_ms, begins, init_name, is_discontinuity))
                is_discontinuity = False
    return LiveList(tuple(segments), discontinuity_sequence, target_s, is_ended)


def with_token(text: str, token: str) -> str:
    """The list with ``token`` in the address of every file. ``token`` was verified: it holds URL characters only."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#EXT-X-MAP:"):
            lines.append(line.replace('.mp4"', f'.mp4?token={token}"'))
        elif line and not line.startswith("#"):
            lines.append(f"{line}?token={token}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` at once. Raises OSError."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def finish(directory: Path) -> bool:
    """Say in the list that nothing follows; whether there is a list. Raises OSError."""
    path = directory / LIST_NAME
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return False
    if _END not in text:
        write_whole(path, f"{text}{_END}\n".encode())
    return True


class PlaylistWriter:
    """Adds segments to a session's list. Takes up the list that is there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._segments: deque[Segment] = deque()
        self._discontinuity_sequence = 0
        self._target_s = 1
        self._next_number = 0
        self._init_name = ""
        self._is_discontinuity = False
        self._resume()

    @property
    def next_number(self) -> int:
        return self._next_number

    def begin(self, init: bytes) -> None:
        """Other codec parameters, or another run of the worker: what follows needs ``init``."""
        self._init_name = f"init-{self._next_number}.mp4"
        write_whole(self._directory / self._init_name, init)
        self._is_discontinuity = bool(self._segments)

    def add(self, data: bytes, duration_ms: int, begins: datetime) -> None:
        """The next segment. Raises OSError."""
        segment = Segment(self._next_number, duration_ms, begins, self._init_name, self._is_discontinuity)
        write_whole(self._directory / segment.name, data)
        self._next_number += 1
        self._is_discontinuity = False
        self._segments.append(segment)
        while len(self._segments) > WINDOW:
            self._discontinuity_sequence += self._segments.popleft().is_discontinuity
        # A list may not go back on its target; players wait that long between two looks at it.
        self._target_s = max(self._target_s, (duration_ms + 500) // 1000)
        write_whole(
            self._directory / LIST_NAME,
            LiveList(tuple(self._segments), self._discontinuity_sequence, self._target_s).text().encode(),
        )
        self._sweep()

    def _resume(self) -> None:
        try:
            found = parse((self._directory / LIST_NAME).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return
        self._segments.extend(found.segments)
        self._discontinuity_sequence = found.discontinuity_sequence
        self._target_s = found.target_s
        self._next_number = found.segments[-1].number + 1 if found.segments else 0

    def _sweep(self) -> None:
        """Delete what no player asks for any more, whoever wrote it."""
        oldest = self._segments[0].number - KEPT_BEHIND
        inits = {segment.init_name for segment in self._segments} | {self._init_name}
        for path in self._directory.iterdir():
            kind, _, rest = path.name.partition("-")
            number = rest.partition(".")[0]
            if not SEGMENT_NAME.fullmatch(path.name) or int(number) >= oldest:
                continue
            if kind == "seg" or path.name not in inits:
                path.unlink(missing_ok=True)
