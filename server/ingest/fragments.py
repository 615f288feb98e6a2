"""FLV tags to fragments of MP4 by PyAV, without re-encoding. The remux worker's main thread.

One ``Fragmenter`` serves one set of codec parameters. A fragment begins at each key frame and holds all tracks up to
the next; it comes out when that next key frame goes in.

MP4 wants times that rise within a track; a session's may stand still (two tags in one millisecond, an encoder whose
clock was set back). A picture is then put a millisecond behind the one before; sound that is behind is left out.
"""

from __future__ import annotations

import contextlib
import io
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from app.rtmp import RtmpError, TagKind
from app.rtmp.flv import AudioTag, FlvTag, VideoTag, file_header, parse_aac_config, parse_audio, tag

_MS = Fraction(1, 1000)
_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+frag_discont",
    "video_track_timescale": "90000",
    # Without it a picture waits ten seconds for sound that has stopped.
    "max_interleave_delta": "250000",
}
_BOX_HEADER_BYTES = 8
AAC_DRIFT_MS = 40
"""Sound is timed by counting samples, as FLV's whole milliseconds jitter; further off than this it is set anew."""


@dataclass(frozen=True)
class Fragment:
    """One group of pictures with its sound; times are the session's."""

    begins_ms: int
    ends_ms: int
    data: bytes = field(repr=False)


class _Sink:
    """What libavformat writes to; only appended to."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def write(self, data: bytes) -> int:
        self.buffer += data
        return len(data)

    def boxes(self) -> list[tuple[bytes, bytes]]:
        """Whole boxes (kind, bytes), taken out."""
        found: list[tuple[bytes, bytes]] = []
        offset = 0
        while len(self.buffer) - offset >= _BOX_HEADER_BYTES:
            size = int.from_bytes(self.buffer[offset : offset + 4], "big")
            if size < _BOX_HEADER_BYTES:
                raise ValueError("a box of more than 4 GB")
            if len(self.buffer) - offset < size:
                break
            found.append((bytes(self.buffer[offset + 4 : offset + 8]), bytes(self.buffer[offset : offset + size])))
            offset += size
        del self.buffer[:offset]
        return found


def _sound_of(configs: list[FlvTag]) -> tuple[int, int]:
    """Sample rate in Hz and samples of a frame, of AAC; 0 where that is not known."""
    for config in configs:
        if config.kind is TagKind.AUDIO and (audio := parse_audio(config.payload)).codec == "mp4a":
            with contextlib.suppress(RtmpError):
                # The frameLengthFlag of ISO/IEC 14496-3, 4.4.1: frames of 960 samples.
                return parse_aac_config(audio.body).sample_rate_hz, 960 if audio.body[1] & 0b100 else 1024
    return 0, 0


class Fragmenter:
    """Made at a key frame. Raises av.FFmpegError when the parameters cannot be put into MP4."""

    def __init__(self, configs: list[FlvTag], key_frame: FlvTag) -> None:
        head = [file_header(has_video=True, has_audio=len(configs) > 1)]
        head += [tag(one.kind, 0, one.payload) for one in (*configs, key_frame)]
        self._sink = _Sink()
        self._base_ms = key_frame.timestamp_ms
        self._cuts_ms: deque[int] = deque()
        self._pending = b""
        self._last_ms = self._base_ms - 1
        self._frame_ms = 33
        self._out = av.open(self._sink, "w", format="mp4", container_options=_OPTIONS)
        self._video: VideoStream | None = None
        self._audio: AudioStream | None = None
        self._rate_hz = self._frame_samples = 0
        self._next_sample: int | None = None
        with av.open(io.BytesIO(b"".join(head)), format="flv") as source:
            for stream in source.streams:
                if isinstance(stream, VideoStream) and self._video is None:
                    self._video = self._out.add_stream_from_template(stream)
                elif isinstance(stream, AudioStream) and self._audio is None:
                    self._audio = self._out.add_stream_from_template(stream)
                    self._rate_hz, self._frame_samples = _sound_of(configs)
                    self._rate_hz = self._rate_hz or stream.codec_context.sample_rate or 48000
                    # FLV says 44.1 kHz of every AAC, and libavformat believes it.
                    self._audio.codec_context.sample_rate = self._rate_hz
            self._out.start_encoding()
        if self._video is None:
            raise ValueError("no picture in the configuration")
        self.init = b"".join(data for _, data in self._sink.boxes())

    def video(self, moment_ms: int, video: VideoTag) -> list[Fragment]:
        """A picture; the fragments that it completed."""
        if self._video is None:
            return []
        decoded_ms = max(moment_ms, self._last_ms + 1)
        shown_ms = max(moment_ms + video.composition_ms, decoded_ms)
        packet = av.Packet(video.body)
        packet.time_base = _MS
        packet.dts = decoded_ms - self._base_ms
        packet.pts = shown_ms - self._base_ms
        packet.is_keyframe = video.is_keyframe
        packet.stream = self._video
        if self._last_ms >= self._base_ms and decoded_ms - self._last_ms < 1000:
            self._frame_ms = decoded_ms - self._last_ms
        self._last_ms = decoded_ms
        self._out.mux_one(packet)
        if video.is_keyframe:
            self._cuts_ms.append(decoded_ms)
        return self._collect()

    def audio(self, moment_ms: int, audio: AudioTag) -> list[Fragment]:
        """A frame of sound; what is before the first picture or behind the sound that came is left out."""
        if self._audio is None or moment_ms < self._base_ms:
            return []
        sample = (moment_ms - self._base_ms) * self._rate_hz // 1000
        if self._next_sample is not None:
            if self._frame_samples and abs(sample - self._next_sample) * 1000 <= AAC_DRIFT_MS * self._rate_hz:
                sample = self._next_sample
            elif sample < self._next_sample:
                return []
        self._next_sample = sample + max(1, self._frame_samples)
        packet = av.Packet(audio.body)
        packet.time_base = Fraction(1, self._rate_hz)
        packet.dts = packet.pts = sample
        packet.is_keyframe = True
        packet.stream = self._audio
        self._out.mux_one(packet)
        return self._collect()

    def close(self) -> list[Fragment]:
        """The last, open group of pictures."""
        self._out.close()
        return self._collect()

    def _collect(self) -> list[Fragment]:
        fragments: list[Fragment] = []
        for kind, data in self._sink.boxes():
            if kind == b"moof":
                self._pending = data
            elif kind == b"mdat" and self._pending and self._cuts_ms:
                begins_ms = self._cuts_ms.popleft()
                ends_ms = self._cuts_ms[0] if self._cuts_ms else self._last_ms + self._frame_ms
                fragments.append(Fragment(begins_ms, ends_ms, self._pending + data))
                self._pending = b""
        return fragments
