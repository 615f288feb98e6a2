"""One session's media in memory: configurations, the running group of pictures, and its readers. Event loop; no I/O.

======================  =======================================================================
state                   goes on when
======================  =======================================================================
waiting (for a picture) a publisher began: everything but configurations is held back until the
                        first key frame whose configuration is known; then readers that were
                        promised other tracks end, and join again. Sound that the metadata
                        announces may be configured up to ``PROMISE_MS`` later
running                 tags are forwarded as they come, until the publisher leaves (waiting
                        again; readers stay), or the session is closed
closed                  final: readers end
======================  =======================================================================
"""

from __future__ import annotations

import contextlib

from app.errors import StreamError
from app.rtmp import RtmpError, TagKind, amf0
from app.rtmp.flv import VideoPacket, file_header, parse_audio, parse_video, tag
from server.ingest.timeline import Timeline
from server.ingest.viewer import MediaTag, Reader, Setup

_VIDEO_CODECS = frozenset({"avc1", "hvc1", "av01", "vp09"})
_AUDIO_CODECS = frozenset({"mp4a", "Opus", ".mp3"})
_METADATA = b"\x02\x00\x0aonMetaData"
MAX_CONFIG_BYTES = 64 * 1024
PROMISE_MS = 2000
"""nginx configures the sound with its first frame only, somewhat behind the first picture."""
TRACKS_CHANGED = "tracks_changed"
"""Why a reader ended that is to join again: sound came or went, and a player cannot take that up."""


class MediaInvalid(StreamError):
    """The media cannot be passed on; the publisher is to be told."""

    default_code = "media_invalid"
    default_retryable = False

    def __init__(self, description: str) -> None:
        super().__init__(detail={"description": description})
        self.description = description


class SessionHub:
    """Forwards one publisher's tags to any number of readers."""

    def __init__(self, session_id: str, gop_bytes: int) -> None:
        self.session_id = session_id
        self._gop_bytes = gop_bytes
        self._timeline = Timeline()
        self._configs: dict[TagKind, MediaTag] = {}
        self._payloads: dict[TagKind, bytes] = {}
        self._configured: set[TagKind] = set()
        self._promise_ends_ms: int | None = None
        self._versions = 0
        self._group: list[MediaTag] = []
        self._group_bytes = 0
        self._is_running = False
        self._readers: dict[Reader, None] = {}
        self.end_code = ""
        self.frames = 0
        self.key_frames = 0

    @property
    def is_running(self) -> bool:
        """Whether a picture has come since the publisher began."""
        return self._is_running

    @property
    def readers(self) -> tuple[Reader, ...]:
        return tuple(self._readers)

    @property
    def viewers(self) -> tuple[Reader, ...]:
        """The readers that are people; the remux worker is none."""
        return tuple(reader for reader in self._readers if reader.viewer_id)

    @property
    def last_ms(self) -> int | None:
        """The session's newest timestamp."""
        return self._timeline.last_ms

    @property
    def seams(self) -> int:
        """How often media of another connection, or of a broken clock, was joined to what came before."""
        return self._timeline.seams

    # ---- the publisher --------------------------------------------------------------------------

    def begin(self) -> None:
        """Another connection publishes from now on."""
        self._timeline.begin()
        self._is_running = False
        self._configured.clear()

    def leave(self) -> None:
        """The publisher is gone; readers wait. Those who join meanwhile wait for its return."""
        self._is_running = False
        self._drop_group()

    def publish(self, kind: TagKind, timestamp_ms: int, payload: bytes) -> bool:
        """Take one tag. True when it is the first picture of this publisher. Raises MediaInvalid, RtmpError."""
        if self.end_code or not payload:
            return False
        if kind is TagKind.VIDEO:
            return self._video(timestamp_ms, payload)
        if kind is TagKind.AUDIO:
            self._audio(timestamp_ms, payload)
        elif payload.startswith(_METADATA):
            self._config(kind, timestamp_ms, payload)
        return False

    def _video(self, timestamp_ms: int, payload: bytes) -> bool:
        video = parse_video(payload)
        if video.packet_type is VideoPacket.SEQUENCE_START:
            if video.codec not in _VIDEO_CODECS:
                raise MediaInvalid(f"video codec {video.codec}")
            self._config(TagKind.VIDEO, timestamp_ms, payload)
            return False
        if video.packet_type not in (VideoPacket.FRAMES, VideoPacket.FRAMES_WITHOUT_OFFSET):
            return False
        if video.codec not in _VIDEO_CODECS:
            raise MediaInvalid(f"video codec {video.codec}")
        is_first = not self._is_running
        if is_first and not (video.is_keyframe and TagKind.VIDEO in self._configs):
            return False
        if is_first:
            self._forget_absent()
        self._is_running = True
        self.frames += 1
        self.key_frames += video.is_keyframe
        moment_ms = self._timeline.map(TagKind.VIDEO, timestamp_ms)
        if self._promise_ends_ms is not None and moment_ms > self._promise_ends_ms:
            self._promise_ends_ms = None
            self._end_misled()
        self._forward(self._tag(TagKind.VIDEO, moment_ms, payload, is_key=video.is_keyframe))
        return is_first

    def _audio(self, timestamp_ms: int, payload: bytes) -> None:
        audio = parse_audio(payload)
        if audio.codec not in _AUDIO_CODECS:
            raise MediaInvalid(f"audio codec {audio.codec}")
        if audio.is_config:
            self._config(TagKind.AUDIO, timestamp_ms, payload)
        elif self._is_running and not audio.is_end:
            moment_ms = self._timeline.map(TagKind.AUDIO, timestamp_ms)
            self._forward(self._tag(TagKind.AUDIO, moment_ms, payload))

    def _config(self, kind: TagKind, timestamp_ms: int, payload: bytes) -> None:
        if len(payload) > MAX_CONFIG_BYTES:
            raise MediaInvalid("the configuration is too long")
        self._configured.add(kind)
        # A returning encoder repeats what the players have: sent again it would make them set up anew.
        if self._payloads.get(kind) == payload:
            return
        last_ms = self._timeline.last_ms or 0
        moment_ms = self._timeline.map(kind, timestamp_ms) if self._is_running else last_ms
        self._versions += 1
        config = self._tag(kind, moment_ms, payload, version=self._versions)
        self._configs[kind], self._payloads[kind] = config, payload
        if kind is TagKind.VIDEO:
            # What was cached needs the former configuration. Sent in front of the next picture, a key frame.
            self._drop_group()
        elif self._is_running:
            self._end_misled()
            for reader in self._readers:
                reader.push(config)

    def _forget_absent(self) -> None:
        """A picture came first without sound or metadata of its own: those of the publisher before do not hold."""
        for kind in (TagKind.DATA, TagKind.AUDIO):
            if kind not in self._configured and kind in self._configs:
                del self._configs[kind], self._payloads[kind]
        is_promised = _announces_sound(self._payloads.get(TagKind.DATA, b""))
        self._promise_ends_ms = (self._timeline.last_ms or 0) + PROMISE_MS if is_promised else None
        self._end_misled()

    def _end_misled(self) -> None:
        """A player waits for a track that it was promised, and has no place for one that it was not."""
        header = self._header()
        for reader in self.readers:
            if reader.header and reader.header != header:
                reader.end(TRACKS_CHANGED)
                self.part(reader)

    def _header(self) -> bytes:
        has_audio = TagKind.AUDIO in self._configs or self._promise_ends_ms is not None
        return file_header(has_video=True, has_audio=has_audio)

    @staticmethod
    def _tag(kind: TagKind, moment_ms: int, payload: bytes, *, is_key: bool = False, version: int = 0) -> MediaTag:
        return MediaTag(kind, moment_ms, tag(kind, moment_ms, payload), is_key, version)

    def _forward(self, media: MediaTag) -> None:
        if media.is_key:
            self._drop_group()
        if media.is_key or self._group:
            self._group.append(media)
            self._group_bytes += len(media.data)
            if self._group_bytes > self._gop_bytes:
                self._drop_group()
        setup = self._setup_at(media.timestamp_ms) if media.is_key else None
        for reader in self._readers:
            reader.push(media, setup)

    def _drop_group(self) -> None:
        self._group = []
        self._group_bytes = 0

    # ---- readers --------------------------------------------------------------------------------

    def _setup_at(self, moment_ms: int) -> Setup:
        """Header, metadata and configurations in the order of sending, stamped with ``moment_ms``."""
        order = (TagKind.DATA, TagKind.VIDEO, TagKind.AUDIO)
        configs = tuple(
            self._tag(kind, moment_ms, self._payloads[kind], version=self._configs[kind].version)
            for kind in order
            if kind in self._configs
        )
        return Setup(self._header(), configs)

    def join(self, reader: Reader) -> None:
        """Give a reader everything it needs to show a picture at once, and all that follows."""
        if self.end_code:
            reader.end(self.end_code)
            return
        if self._group:
            reader.prime(self._setup_at(self._group[0].timestamp_ms), self._group)
        self._readers[reader] = None

    def part(self, reader: Reader) -> None:
        """The reader is gone."""
        self._readers.pop(reader, None)

    def close(self, code: str) -> None:
        """The session has ended: readers get what waits, and then the end."""
        self.end_code = self.end_code or code
        for reader in self.readers:
            reader.end(code)
        self._readers.clear()
        self._drop_group()


def _announces_sound(metadata: bytes) -> bool:
    """What onMetaData says; False where it says nothing that can be read."""
    with contextlib.suppress(RtmpError):
        for value in amf0.decode(metadata):
            if isinstance(value, dict):
                return bool(value.get("hasAudio") or value.get("audiocodecid"))
    return False
