"""Writes ready packets as Matroska, so that the file plays wherever it ends. The recorder's thread owns it."""

from __future__ import annotations

import io
import logging
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from app.errors import StorageError
from app.rtmp import flv
from app.rtmp.events import TagKind
from capture.packets import EncodedPacket, StreamFormat
from capture.record.disk import RecordingFile, storage_error
from capture.record.timeline import Timeline

_LOG = logging.getLogger(__name__)

TAG_RATE = "ANCHORDESK_RATE_FPS"
"""By this tag a recording is known as ours; its value is the programme's rate."""
_BUFFER_BYTES = 1_000_000
"""A cluster goes out in one write, so that a kill seldom cuts one in two."""
_MS = Fraction(1, 1000)
_OPTIONS = {
    "flush_packets": "1",
    # libav holds a cluster in memory until it is full: this much is lost with the process.
    "cluster_time_limit": "500",
    # In microseconds. Without it pictures wait ten seconds for sound that has stopped.
    "max_interleave_delta": "200000",
}


class MatroskaWriter:
    """Header first, then packets, then ``close`` or ``abandon``. Each raises StorageError."""

    def __init__(self, file: RecordingFile, stream: StreamFormat) -> None:
        self._file = file
        self._timeline = Timeline(stream)
        self._good_bytes = 0
        self.packets = 0
        """Written so far."""
        try:
            self._output: OutputContainer = av.open(
                file, "w", format="matroska", container_options=_OPTIONS, buffer_size=_BUFFER_BYTES
            )
            self._streams = _add_streams(self._output, stream)
            self._output.metadata[TAG_RATE] = str(stream.rate_fps)
            self._output.start_encoding()
        except (av.FFmpegError, OSError, ValueError) as cause:
            raise self._error(cause) from cause
        self._good_bytes = file.size_bytes

    @property
    def misplaced_packets(self) -> int:
        """Those left out because their time went back."""
        return self._timeline.misplaced_packets

    def write(self, packet: EncodedPacket) -> None:
        """One packet, at its time since the first key frame."""
        for placed in self._timeline.place(packet):
            out = av.Packet(placed.packet.payload)
            out.time_base = _MS
            out.pts, out.dts = placed.pts_ms, placed.dts_ms
            out.is_keyframe = placed.packet.is_keyframe or not placed.packet.is_video
            out.stream = self._streams[placed.packet.kind]
            try:
                self._output.mux_one(out)
            except (av.FFmpegError, OSError, ValueError) as cause:
                raise self._error(cause) from cause
            self._good_bytes = self._file.size_bytes
            self.packets += 1

    def close(self) -> None:
        """The index and the length; without them it plays too."""
        try:
            self._output.close()
        except (av.FFmpegError, OSError) as cause:
            raise self._error(cause) from cause
        self._good_bytes = self._file.size_bytes

    def abandon(self) -> None:
        """After an error: the file ends behind the last whole cluster."""
        self._file.abandon(self._good_bytes)
        try:
            self._output.close()
        except (av.FFmpegError, OSError) as cause:
            _LOG.info("the recording was left without its index: %s", cause)

    def _error(self, cause: Exception) -> StorageError:
        if self._file.error is not None:
            return storage_error(self._file.error)
        if isinstance(cause, OSError) and not isinstance(cause, av.FFmpegError):
            return storage_error(cause)
        _LOG.error("libav cannot write the recording: %s", cause)
        return StorageError()


def _add_streams(output: OutputContainer, stream: StreamFormat) -> dict[str, Stream]:
    """libav takes parameters of packets that it did not encode from an input only: an FLV of headers serves as one."""
    streams: dict[str, Stream] = {}
    with _headers(stream) as headers:
        for one in headers.streams:
            if isinstance(one, VideoStream):
                video = output.add_stream_from_template(one)
                video.codec_context.width, video.codec_context.height = stream.width_px, stream.height_px
                video.codec_context.framerate = Fraction(stream.rate_fps)
                streams["video"] = video
            elif isinstance(one, AudioStream):
                audio = output.add_stream_from_template(one)
                audio.codec_context.sample_rate = stream.sample_rate_hz
                audio.codec_context.layout = "mono" if stream.channels == 1 else "stereo"
                streams["audio"] = audio
        return streams


def _headers(stream: StreamFormat) -> InputContainer:
    parts = [flv.file_header(bool(stream.avc_config), bool(stream.aac_config))]
    if stream.avc_config:
        payload = flv.video_tag(stream.avc_config, True, flv.VideoPacket.SEQUENCE_START)
        parts.append(flv.tag(TagKind.VIDEO, 0, payload))
    if stream.aac_config:
        parts.append(flv.tag(TagKind.AUDIO, 0, flv.audio_tag(stream.aac_config, is_config=True)))
    return av.open(io.BytesIO(b"".join(parts)), "r", format="flv")
