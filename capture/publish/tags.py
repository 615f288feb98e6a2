"""Packets to RTMP tags: headers first, from a key frame on, timestamps that go on over reconnects. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.rtmp import amf0, flv
from app.rtmp.events import TagKind
from capture.packets import EncodedPacket, StreamFormat

_FLV_H264, _FLV_AAC = 7.0, 10.0


@dataclass(frozen=True, slots=True)
class Tag:
    kind: TagKind
    timestamp_ms: int
    payload: bytes = field(repr=False)


class TagMaker:
    """One for the life of a publisher; ``begin`` once for every connection."""

    def __init__(self, stream: StreamFormat) -> None:
        self._stream = stream
        self._base_ms: int | None = None
        self._is_waiting = True

    def begin(self) -> None:
        """A new connection: nothing goes out before its headers and a key frame."""
        self._is_waiting = True

    def metadata(self) -> dict[str, amf0.Value]:
        """onMetaData of the stream."""
        stream = self._stream
        about: dict[str, amf0.Value] = {"duration": 0.0, "encoder": "AnchorDesk"}
        if stream.avc_config:
            about |= {
                "width": float(stream.width_px),
                "height": float(stream.height_px),
                "framerate": float(stream.rate_fps),
                "videocodecid": _FLV_H264,
                "videodatarate": float(stream.video_kbps),
            }
        if stream.aac_config:
            about |= {
                "audiocodecid": _FLV_AAC,
                "audiodatarate": float(stream.audio_kbps),
                "audiosamplerate": float(stream.sample_rate_hz),
                "audiosamplesize": 16.0,
                "audiochannels": float(stream.channels),
                "stereo": stream.channels == 2,
            }
        return about

    def tags(self, packet: EncodedPacket) -> list[Tag]:
        """The tags of one packet: none before the key frame, with the headers in front of it."""
        made: list[Tag] = []
        if self._is_waiting:
            if self._stream.avc_config and not (packet.is_video and packet.is_keyframe):
                return made
            self._is_waiting = False
            if self._base_ms is None:
                self._base_ms = packet.dts_ms
            moment_ms = self._moment(packet)
            if self._stream.avc_config:
                config = flv.video_tag(self._stream.avc_config, True, flv.VideoPacket.SEQUENCE_START)
                made.append(Tag(TagKind.VIDEO, moment_ms, config))
            if self._stream.aac_config:
                made.append(Tag(TagKind.AUDIO, moment_ms, flv.audio_tag(self._stream.aac_config, is_config=True)))
        if packet.is_video:
            offset_ms = packet.pts_ms - packet.dts_ms
            body = flv.video_tag(packet.payload, packet.is_keyframe, composition_ms=offset_ms)
            made.append(Tag(TagKind.VIDEO, self._moment(packet), body))
        else:
            made.append(Tag(TagKind.AUDIO, self._moment(packet), flv.audio_tag(packet.payload)))
        return made

    def _moment(self, packet: EncodedPacket) -> int:
        # Sound made just before the first key frame may be older than the base.
        return max(0, packet.dts_ms - (self._base_ms or 0))
