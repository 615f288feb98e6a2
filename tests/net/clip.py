"""A real H.264 and AAC clip as packets, made by ffmpeg, and a pacer that offers it as an encoder would."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.rtmp import flv
from app.rtmp.events import TagKind
from capture.packets import EncodedPacket, StreamFormat
from tests.net.rtmp_peers import clean_env


@dataclass(frozen=True)
class Clip:
    stream: StreamFormat
    packets: list[EncodedPacket]

    @property
    def frames(self) -> int:
        return sum(packet.is_video for packet in self.packets)


def make_clip(seconds: float, *, width_px: int = 320, height_px: int = 180, video_kbps: int = 300) -> Clip:
    """30 pictures a second, a key frame each second, 48 kHz stereo; what ffmpeg writes as FLV, taken apart."""
    made = subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={width_px}x{height_px}:rate=30", "-f", "lavfi",
         "-i", "sine=frequency=330:sample_rate=48000", "-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast",
         "-tune", "zerolatency", "-g", "30", "-b:v", f"{video_kbps}k", "-minrate", f"{video_kbps}k", "-maxrate",
         f"{video_kbps}k", "-bufsize", f"{video_kbps}k", "-x264-params", "nal-hrd=cbr", "-pix_fmt", "yuv420p",
         "-c:a", "aac", "-b:a", "96k", "-ac", "2", "-f", "flv", "-"],
        env=clean_env(), capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    avc = aac = b""
    packets: list[EncodedPacket] = []
    for tag in flv.FlvDemuxer().feed(made.stdout):
        if tag.kind is TagKind.VIDEO:
            video = flv.parse_video(tag.payload)
            if video.is_config:
                avc = video.body
            elif video.packet_type is flv.VideoPacket.FRAMES:
                at_ms = tag.timestamp_ms
                packets.append(
                    EncodedPacket("video", at_ms + video.composition_ms, at_ms, video.is_keyframe, video.body)
                )
        elif tag.kind is TagKind.AUDIO:
            audio = flv.parse_audio(tag.payload)
            if audio.is_config:
                aac = audio.body
            else:
                packets.append(EncodedPacket("audio", tag.timestamp_ms, tag.timestamp_ms, False, audio.body))
    stream = StreamFormat(
        width_px=width_px, height_px=height_px, rate_fps=30, video_kbps=video_kbps, audio_kbps=96,
        sample_rate_hz=48000, avc_config=avc, aac_config=aac,
    )  # fmt: skip
    return Clip(stream, packets)


def offer_in_real_time(clip: Clip, offer: Callable[[EncodedPacket], None], stop: threading.Event | None = None) -> None:
    """Offer the packets at their times, beginning now."""
    halt = stop or threading.Event()
    begun_s = time.monotonic()
    for packet in clip.packets:
        if halt.wait(max(0.0, begun_s + packet.dts_ms / 1000 - time.monotonic())):
            return
        offer(packet)
