"""FLV: the file's framing, and the bodies of video and audio tags (which are also the bodies of RTMP messages). Pure.

Enhanced RTMP bodies (FourCC: hvc1, av01, vp09, avc1, Opus …) are parsed; we write only H.264 and AAC in the old form,
which every server takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from app.rtmp.codecs import (
    aac_config,
    annexb_to_avcc,
    avc_config,
    avc_config_from_annexb,
    avcc_units,
    parse_aac_config,
    parse_avc_config,
    split_annexb,
)
from app.rtmp.errors import invalid, too_large
from app.rtmp.events import TagKind

__all__ = [
    "AudioTag", "FlvDemuxer", "FlvTag", "VideoPacket", "VideoTag", "aac_config", "annexb_to_avcc", "audio_tag",
    "avc_config", "avc_config_from_annexb", "avcc_units", "file_header", "parse_aac_config", "parse_audio",
    "parse_avc_config", "parse_video", "split_annexb", "tag", "video_tag",
]  # fmt: skip

HEADER_BYTES = 13
TAG_HEADER_BYTES = 11


class VideoPacket(IntEnum):
    """What a video tag carries; the numbers are those of enhanced RTMP."""

    SEQUENCE_START = 0
    FRAMES = 1
    SEQUENCE_END = 2
    FRAMES_WITHOUT_OFFSET = 3
    METADATA = 4
    MPEG2TS_SEQUENCE_START = 5
    MULTITRACK = 6
    MOD_EX = 7
    COMMAND = -1
    """Not of that list: a message to players that classic FLV, too, sends as a video tag. No picture."""


@dataclass(frozen=True, slots=True)
class FlvTag:
    """One tag of a file."""

    kind: TagKind
    timestamp_ms: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VideoTag:
    """A video tag's body, taken apart. ``codec`` is a FourCC ("avc1", "hvc1", "av01", "vp09", …)."""

    codec: str
    is_keyframe: bool
    packet_type: VideoPacket
    composition_ms: int
    body: bytes = field(repr=False)
    is_enhanced: bool = False

    @property
    def is_config(self) -> bool:
        """Whether ``body`` is the decoder's configuration (avcC, hvcC, av1C …)."""
        return self.packet_type in (VideoPacket.SEQUENCE_START, VideoPacket.MPEG2TS_SEQUENCE_START)


@dataclass(frozen=True, slots=True)
class AudioTag:
    """An audio tag's body, taken apart. ``codec`` is a FourCC ("mp4a", "Opus", ".mp3", …)."""

    codec: str
    is_config: bool
    body: bytes = field(repr=False)
    is_enhanced: bool = False
    is_end: bool = False


def file_header(has_video: bool, has_audio: bool) -> bytes:
    """The 13 bytes before the first tag (the first "previous tag size" included)."""
    return b"FLV\x01" + bytes((int(has_video) | int(has_audio) << 2,)) + b"\x00\x00\x00\x09" + bytes(4)


def tag(kind: TagKind, timestamp_ms: int, payload: bytes) -> bytes:
    """A whole tag with the "previous tag size" behind it. ``timestamp_ms`` is cut to 32 bits."""
    size = len(payload)
    if size > 0xFFFFFF:
        raise ValueError("an FLV tag has at most 16 MB")
    moment = (timestamp_ms & 0xFFFFFFFF).to_bytes(4, "big")
    head = bytes((kind,)) + size.to_bytes(3, "big") + moment[1:] + moment[:1] + b"\x00\x00\x00"
    return b"".join((head, payload, (size + TAG_HEADER_BYTES).to_bytes(4, "big")))


class FlvDemuxer:
    """A file in any pieces to tags. Script, audio and video tags only; others are skipped."""

    def __init__(self, max_tag_bytes: int = 16 * 1024 * 1024) -> None:
        self._max_tag_bytes = max_tag_bytes
        self._buffer = bytearray()
        self._has_header = False
        self.has_video = False
        self.has_audio = False

    def feed(self, data: bytes) -> list[FlvTag]:
        """Tags that ``data`` completed. Raises RtmpError when it is no FLV."""
        self._buffer += data
        if not self._has_header and not self._header():
            return []
        tags: list[FlvTag] = []
        offset = 0
        while len(self._buffer) - offset >= TAG_HEADER_BYTES:
            size = int.from_bytes(self._buffer[offset + 1 : offset + 4], "big")
            if size > self._max_tag_bytes:
                raise too_large("an FLV tag is too long")
            end = offset + TAG_HEADER_BYTES + size + 4
            if len(self._buffer) < end:
                break
            kind = self._buffer[offset] & 0x1F
            if kind in (TagKind.AUDIO, TagKind.VIDEO, TagKind.DATA):
                low = int.from_bytes(self._buffer[offset + 4 : offset + 7], "big")
                body = bytes(self._buffer[offset + TAG_HEADER_BYTES : end - 4])
                tags.append(FlvTag(TagKind(kind), low | self._buffer[offset + 7] << 24, body))
            offset = end
        del self._buffer[:offset]
        return tags

    def _header(self) -> bool:
        if not b"FLV\x01".startswith(self._buffer[:4]):
            raise invalid("this is no FLV")
        if len(self._buffer) < HEADER_BYTES:
            return False
        size = int.from_bytes(self._buffer[5:9], "big")
        if not 9 <= size <= 1024:
            raise invalid("this is no FLV")
        if len(self._buffer) < size + 4:
            return False
        self.has_video = bool(self._buffer[4] & 1)
        self.has_audio = bool(self._buffer[4] & 4)
        del self._buffer[: size + 4]
        self._has_header = True
        return True


_VIDEO_CODECS = {2: "flv1", 3: "scr1", 4: "vp6f", 5: "vp6a", 6: "scr2", 7: "avc1", 12: "hvc1", 13: "av01"}
_AUDIO_CODECS = {
    0: "lpcm", 1: "adpc", 2: ".mp3", 3: "lpcm", 4: "nell", 5: "nell", 6: "nell",
    7: "alaw", 8: "ulaw", 10: "mp4a", 11: "spex", 13: "Opus", 14: ".mp3",
}  # fmt: skip
_COMMAND = 5
"""Not a picture: one byte that tells a player of the beginning or end of a seek (FLV specification, E.4.3)."""
_WITH_PACKET_TYPE = (7, 12, 13)
_WITH_OFFSET = ("avc1", "hvc1", "vvc1")


def parse_video(payload: bytes) -> VideoTag:
    """Take a video tag's body apart. Raises RtmpError."""
    if not payload:
        raise invalid("an empty video tag")
    frame_type = payload[0] >> 4 & 7
    is_keyframe = frame_type in (1, 4)
    if payload[0] & 0x80:
        return _parse_enhanced_video(payload, is_keyframe)
    number = payload[0] & 0x0F
    codec = _VIDEO_CODECS.get(number)
    if codec is None:
        raise invalid("a video codec that nobody knows")
    if frame_type == _COMMAND:
        return VideoTag(codec, False, VideoPacket.COMMAND, 0, payload[1:])
    if number not in _WITH_PACKET_TYPE:
        return VideoTag(codec, is_keyframe, VideoPacket.FRAMES, 0, payload[1:])
    if len(payload) < 5 or payload[1] > VideoPacket.SEQUENCE_END:
        raise invalid("a video tag is cut short or unknown")
    return VideoTag(codec, is_keyframe, VideoPacket(payload[1]), _signed_24(payload[2:5]), payload[5:])


def _parse_enhanced_video(payload: bytes, is_keyframe: bool) -> VideoTag:
    number, offset = _skip_mod_ex(payload, VideoPacket.MOD_EX)
    if number > VideoPacket.MULTITRACK:
        raise invalid("a video packet type that nobody knows")
    packet_type = VideoPacket(number)
    if payload[0] >> 4 & 7 == _COMMAND and packet_type is not VideoPacket.METADATA:
        return VideoTag("", False, VideoPacket.COMMAND, 0, payload[offset:], True)
    if packet_type is VideoPacket.MULTITRACK:
        return VideoTag("", is_keyframe, packet_type, 0, payload[offset:], True)
    codec = _four_cc(payload, offset)
    offset += 4
    composition_ms = 0
    if packet_type is VideoPacket.FRAMES and codec in _WITH_OFFSET:
        if len(payload) < offset + 3:
            raise invalid("a video tag is cut short")
        composition_ms = _signed_24(payload[offset : offset + 3])
        offset += 3
    return VideoTag(codec, is_keyframe, packet_type, composition_ms, payload[offset:], True)


_EX_HEADER = 9
_AUDIO_MULTITRACK = 5
_AUDIO_MOD_EX = 7


def parse_audio(payload: bytes) -> AudioTag:
    """Take an audio tag's body apart. Raises RtmpError."""
    if not payload:
        raise invalid("an empty audio tag")
    number = payload[0] >> 4
    if number == _EX_HEADER:
        packet_type, offset = _skip_mod_ex(payload, _AUDIO_MOD_EX)
        if packet_type == _AUDIO_MULTITRACK:
            return AudioTag("", False, payload[offset:], True)
        codec = _four_cc(payload, offset)
        return AudioTag(codec, packet_type == 0, payload[offset + 4 :], True, packet_type == 2)
    known = _AUDIO_CODECS.get(number)
    if known is None:
        raise invalid("an audio codec that nobody knows")
    if known != "mp4a":
        return AudioTag(known, False, payload[1:])
    if len(payload) < 2 or payload[1] > 1:
        raise invalid("an audio tag is cut short or unknown")
    return AudioTag(known, payload[1] == 0, payload[2:])


def _skip_mod_ex(payload: bytes, mod_ex: int) -> tuple[int, int]:
    """The packet type behind any modifiers, and where what follows begins."""
    packet_type = payload[0] & 0x0F
    offset = 1
    while packet_type == mod_ex:
        if len(payload) < offset + 2:
            raise invalid("a tag is cut short")
        size = payload[offset] + 1
        offset += 1
        if size == 256:
            size = int.from_bytes(payload[offset : offset + 2], "big") + 1
            offset += 2
        offset += size
        if len(payload) <= offset:
            raise invalid("a tag is cut short")
        packet_type = payload[offset] & 0x0F
        offset += 1
    return packet_type, offset


def _four_cc(payload: bytes, offset: int) -> str:
    name = payload[offset : offset + 4]
    if len(name) < 4 or not all(0x20 <= byte < 0x7F for byte in name):
        raise invalid("a tag without a codec's name")
    return name.decode("ascii")


def _signed_24(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)


def video_tag(
    body: bytes,
    is_keyframe: bool,
    packet_type: VideoPacket = VideoPacket.FRAMES,
    composition_ms: int = 0,
) -> bytes:
    """The body of an H.264 tag: ``body`` is avcC for SEQUENCE_START, length-prefixed units for FRAMES."""
    head = bytes((0x17 if is_keyframe else 0x27, packet_type)) + composition_ms.to_bytes(3, "big", signed=True)
    return head + body


def audio_tag(body: bytes, is_config: bool = False) -> bytes:
    """The body of an AAC tag: ``body`` is the AudioSpecificConfig, or one raw frame."""
    # Rate, size and channels in this byte are fixed for AAC by the FLV specification.
    return (b"\xaf\x00" if is_config else b"\xaf\x01") + body
