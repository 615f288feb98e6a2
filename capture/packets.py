"""Encoded media as encoders hand it to publisher and recorder. Values; any thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One frame. Times are milliseconds of the programme clock and never start again.

    ``payload``: video as NAL units with 4-byte lengths (no parameter sets), audio as one raw AAC frame.
    ``is_keyframe`` is False for audio.
    """

    kind: Literal["video", "audio"]
    pts_ms: int
    dts_ms: int
    is_keyframe: bool
    payload: bytes = field(repr=False)

    @property
    def is_video(self) -> bool:
        return self.kind == "video"


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What the encoders make. ``avc_config`` is avcC, ``aac_config`` an AudioSpecificConfig; empty: no such stream."""

    width_px: int
    height_px: int
    rate_fps: int
    video_kbps: int
    audio_kbps: int
    sample_rate_hz: int
    channels: int = 2
    avc_config: bytes = field(default=b"", repr=False)
    aac_config: bytes = field(default=b"", repr=False)

    @property
    def total_kbps(self) -> int:
        """Of the streams that there are; at least 1."""
        video_kbps = self.video_kbps if self.avc_config else 0
        audio_kbps = self.audio_kbps if self.aac_config else 0
        return max(1, video_kbps + audio_kbps)
