"""FLV tags to HLS segments in a folder. The remux worker's main thread; killed and restarted by the ingest at will."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.rtmp import TagKind
from app.rtmp.flv import FlvTag, VideoPacket, parse_audio, parse_video
from app.runtime.clock import Clock
from server.ingest.fragments import Fragment, Fragmenter
from server.ingest.playlist import PlaylistWriter

MIN_SEGMENT_MS = 900
"""Shorter groups of pictures share a segment; the engine's are one second."""
MAX_DATE_ERROR_MS = 500
"""Further off than this, the dates in the list are set anew by the clock (a publisher was away)."""


class Remuxer:
    """Starts a new init segment whenever the codec parameters change, as a discontinuity."""

    def __init__(self, playlist: PlaylistWriter, clock: Clock) -> None:
        self._playlist = playlist
        self._clock = clock
        self.expects_sound = False
        """The FLV header says that there will be sound: a list does not begin without."""
        self._configs: dict[TagKind, FlvTag] = {}
        self._is_changed = False
        self._fragmenter: Fragmenter | None = None
        self._parts: list[Fragment] = []
        self._arrivals: dict[int, datetime] = {}
        self._next_date: datetime | None = None

    def tag(self, tag: FlvTag) -> None:
        """The next tag. Raises OSError (disk); av.FFmpegError, ValueError, RtmpError: this tag only is of no use."""
        if tag.kind is TagKind.VIDEO:
            self._video(tag)
        elif tag.kind is TagKind.AUDIO:
            audio = parse_audio(tag.payload)
            if audio.is_config:
                self._config(tag)
            elif self._fragmenter is not None and not self._is_changed:
                self._take(self._fragmenter.audio(tag.timestamp_ms, audio))

    def finish(self) -> None:
        """No more tags: write what is left."""
        fragmenter, self._fragmenter = self._fragmenter, None
        if fragmenter is not None:
            self._take(fragmenter.close())
        self._cut()

    def _video(self, tag: FlvTag) -> None:
        video = parse_video(tag.payload)
        if video.packet_type is VideoPacket.SEQUENCE_START:
            self._config(tag)
            return
        if video.packet_type not in (VideoPacket.FRAMES, VideoPacket.FRAMES_WITHOUT_OFFSET):
            return
        needed = {TagKind.VIDEO, TagKind.AUDIO} if self.expects_sound else {TagKind.VIDEO}
        if video.is_keyframe and needed <= self._configs.keys():
            self._arrivals[tag.timestamp_ms] = self._clock.utc()
            if self._fragmenter is None or self._is_changed:
                self._begin(tag)
        if self._fragmenter is not None and not (self._is_changed and not video.is_keyframe):
            self._take(self._fragmenter.video(tag.timestamp_ms, video))

    def _config(self, tag: FlvTag) -> None:
        known = self._configs.get(tag.kind)
        if known is None or known.payload != tag.payload:
            self._configs[tag.kind] = tag
            self._is_changed = True

    def _begin(self, key_frame: FlvTag) -> None:
        self.finish()
        self._arrivals = {key_frame.timestamp_ms: self._clock.utc()}
        order = (TagKind.VIDEO, TagKind.AUDIO)
        self._fragmenter = Fragmenter([self._configs[kind] for kind in order if kind in self._configs], key_frame)
        self._is_changed = False
        self._playlist.begin(self._fragmenter.init)

    def _take(self, fragments: Iterable[Fragment]) -> None:
        for fragment in fragments:
            self._parts.append(fragment)
            if fragment.ends_ms - self._parts[0].begins_ms >= MIN_SEGMENT_MS:
                self._cut()

    def _cut(self) -> None:
        if not self._parts:
            return
        begins_ms, ends_ms = self._parts[0].begins_ms, self._parts[-1].ends_ms
        duration_ms = max(1, ends_ms - begins_ms)
        arrival = self._arrivals.get(begins_ms, self._clock.utc())
        self._arrivals = {moment_ms: date for moment_ms, date in self._arrivals.items() if moment_ms >= ends_ms}
        date = self._next_date
        if date is None or abs(date - arrival) > timedelta(milliseconds=MAX_DATE_ERROR_MS):
            date = arrival
        self._next_date = date + timedelta(milliseconds=duration_ms)
        self._playlist.add(b"".join(part.data for part in self._parts), duration_ms, date)
        self._parts = []
