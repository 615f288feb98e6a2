"""Tags as an encoder would send them, without a picture in them."""

from __future__ import annotations

from app.rtmp import TagKind
from app.rtmp.flv import FlvDemuxer, FlvTag, VideoPacket, audio_tag, file_header, parse_video, video_tag
from server.ingest.hub import SessionHub

VIDEO_CONFIG = video_tag(b"\x01\x42\x00\x1e\xff\xe1\x00\x00\x01\x00\x00", True, VideoPacket.SEQUENCE_START)
OTHER_VIDEO_CONFIG = video_tag(b"\x01\x4d\x00\x1f\xff\xe1\x00\x00\x01\x00\x00", True, VideoPacket.SEQUENCE_START)
AUDIO_CONFIG = audio_tag(b"\x11\x90", is_config=True)
SOUND = audio_tag(b"\x21\x10\x04")
METADATA = b"\x02\x00\x0aonMetaData\x08\x00\x00\x00\x00\x00\x00\x09"


FLV_HEADER = file_header(has_video=True, has_audio=True)


def picture(is_key: bool, size_bytes: int = 100) -> bytes:
    return video_tag(bytes(size_bytes), is_key)


def configure(hub: SessionHub, video_config: bytes = VIDEO_CONFIG) -> None:
    hub.publish(TagKind.DATA, 0, METADATA)
    hub.publish(TagKind.VIDEO, 0, video_config)
    hub.publish(TagKind.AUDIO, 0, AUDIO_CONFIG)


def play(hub: SessionHub, frames: int, *, from_ms: int = 0, gop: int = 5, size_bytes: int = 100) -> None:
    """``frames`` pictures with sound, 40 ms apart, a key frame every ``gop``."""
    for number in range(frames):
        hub.publish(TagKind.VIDEO, from_ms + number * 40, picture(number % gop == 0, size_bytes))
        hub.publish(TagKind.AUDIO, from_ms + number * 40 + 5, SOUND)


def tags_of(data: bytes) -> list[FlvTag]:
    return FlvDemuxer().feed(data)


def kinds(tags: list[FlvTag]) -> str:
    """M metadata, V video configuration, A sound configuration, K key frame, p picture, s sound."""
    return "".join(map(_kind, tags))


def _kind(tag: FlvTag) -> str:
    if tag.kind is TagKind.DATA:
        return "M"
    if tag.kind is TagKind.AUDIO:
        return "A" if tag.payload[1] == 0 else "s"
    video = parse_video(tag.payload)
    return "V" if video.is_config else "K" if video.is_keyframe else "p"
