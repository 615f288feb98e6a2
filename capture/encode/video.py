"""H.264 encoding of programme pictures. One thread at a time; the encoder's own threads belong to FFmpeg."""

from __future__ import annotations

import logging
import os
from fractions import Fraction

import av
from av.codec.context import Flags, ThreadType
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from app.errors import DeviceError
from app.ports.engine import Output
from app.rtmp.flv import annexb_to_avcc, avc_config_from_annexb
from capture.packets import EncodedPacket

_LOG = logging.getLogger(__name__)

SOFTWARE = "libx264"
HARDWARE = ("h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox", "h264_mf")
"""Best first. VA-API is not among them: it wants its pictures uploaded, which PyAV cannot do for an encoder."""

_OPTIONS: dict[str, dict[str, str]] = {
    # No nal-hrd: with it a change of bit_rate is silently ignored. The level is fixed, so that an encoder made anew
    # for another bit rate makes the same headers.
    SOFTWARE: {"preset": "veryfast", "tune": "zerolatency", "profile": "high", "sc_threshold": "0"},
    "h264_nvenc": {"preset": "p4", "tune": "ll", "rc": "cbr", "zerolatency": "1", "forced-idr": "1", "profile": "high"},
    "h264_qsv": {"preset": "veryfast", "async_depth": "1", "low_power": "0", "forced_idr": "1", "profile": "high"},
    "h264_amf": {
        "usage": "lowlatency",
        "rc": "cbr",
        "quality": "balanced",
        "forced_idr": "1",
        "profile": "high",
    },
    "h264_videotoolbox": {"realtime": "1", "profile": "high"},
    "h264_mf": {"rate_control": "cbr", "scenario": "live_streaming"},
}
_PIXELS = {"h264_qsv": "nv12", "h264_mf": "nv12", "h264_amf": "nv12"}
_MOST_SLICES = 4
_PIXELS_A_SLICE_THREAD = 1280 * 720 * 30 / 2
"""Two threads for 720p30: one would need 20 of the 33 ms of a picture on a laptop, and more when pictures are hard."""


class EncoderError(DeviceError):
    """The encoder could not be opened or gave up; ``encoder_failed``."""

    default_code = "encoder_failed"


class VideoEncoder:
    """Open from the beginning; ``encode`` and ``flush`` raise EncoderError.

    ``avc_config`` is the avcC record. Slots are pts in units of 1 / rate_fps.
    """

    def __init__(self, output: Output, name: str = SOFTWARE) -> None:
        self.name = name
        self._output = output
        self._opened_kbps = output.video_kbps
        self._is_key_wanted = False
        self._context = _open(output, name)
        self.avc_config = self._config()

    def set_bitrate(self, video_kbps: int) -> None:
        """From the next picture on. More than the encoder was opened for takes a new one with the same headers."""
        if video_kbps <= self._opened_kbps:
            self._context.bit_rate = video_kbps * 1000
            return
        raised = VideoEncoder(_with_bitrate(self._output, video_kbps), self.name)
        if raised.avc_config != self.avc_config:
            # Viewers' decoders know the old headers: rather the old limit than a broken picture.
            _LOG.warning("the encoder %s changes its headers with the bit rate; it stays at its limit", self.name)
            self._context.bit_rate = self._opened_kbps * 1000
            return
        self._context, self._opened_kbps = raised._context, video_kbps
        self._is_key_wanted = True

    def request_keyframe(self) -> None:
        """The next picture becomes a key frame."""
        self._is_key_wanted = True

    def encode(self, slot: int, frame: av.VideoFrame) -> list[EncodedPacket]:
        """Packets that became ready; ``frame`` is yuv420p of the output's size and is read during the call only."""
        frame.pts = slot
        frame.time_base = Fraction(1, self._output.rate_fps)
        # A decoded picture remembers what it was in its file; the encoder would take that as an order.
        frame.pict_type = PictureType.I if self._is_key_wanted else PictureType.NONE
        self._is_key_wanted = False
        return self._pack(frame)

    def flush(self) -> list[EncodedPacket]:
        """The rest; nothing may be encoded afterwards."""
        return self._pack(None)

    def _pack(self, frame: av.VideoFrame | None) -> list[EncodedPacket]:
        try:
            packets = self._context.encode(frame)
        except (av.FFmpegError, OSError, ValueError) as cause:
            raise EncoderError from cause
        return [
            EncodedPacket(
                "video",
                self._moment_ms(packet.pts),
                self._moment_ms(packet.pts if packet.dts is None else packet.dts),
                packet.is_keyframe,
                annexb_to_avcc(bytes(packet)),
            )
            for packet in packets
            if packet.pts is not None
        ]

    def _moment_ms(self, slot: int | None) -> int:
        return round((slot or 0) * 1000 / self._output.rate_fps)

    def _config(self) -> bytes:
        try:
            return avc_config_from_annexb(self._context.extradata or b"")
        except ValueError as cause:
            raise EncoderError from cause


def _open(output: Output, name: str) -> VideoCodecContext:
    try:
        context = av.CodecContext.create(name, "w")
        if not isinstance(context, VideoCodecContext):
            raise EncoderError
        context.width, context.height = output.width_px, output.height_px
        context.framerate = Fraction(output.rate_fps)
        context.time_base = Fraction(1, output.rate_fps)
        context.pix_fmt = _PIXELS.get(name, "yuv420p")
        context.bit_rate = output.video_kbps * 1000
        context.gop_size = max(1, round(output.gop_s * output.rate_fps))
        context.max_b_frames = 0
        context.flags |= Flags.global_header
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        rate = f"{output.video_kbps}k"
        context.options = {**_OPTIONS.get(name, {}), "maxrate": rate, "bufsize": rate}
        if name == SOFTWARE:
            context.options = {**context.options, "level": _level(output)}
            context.thread_type = ThreadType.SLICE
            context.thread_count = threads(output, os.cpu_count() or 1)
        context.open()
    except (av.FFmpegError, OSError, ValueError) as cause:
        raise EncoderError from cause
    return context


def threads(output: Output, cores: int) -> int:
    """How many slices of a picture are encoded at once."""
    needed = output.width_px * output.height_px * output.rate_fps / _PIXELS_A_SLICE_THREAD
    return max(1, min(cores, _MOST_SLICES, round(needed)))


def _level(output: Output) -> str:
    """H.264 level (ITU-T H.264, table A-1) for size and rate, with room for any bit rate of live streaming."""
    macroblocks = -(-output.width_px // 16) * -(-output.height_px // 16)
    for level, most_a_second, most in (("3.1", 108_000, 3_600), ("4.0", 245_760, 8_192), ("4.2", 522_240, 8_704)):
        if macroblocks <= most and macroblocks * output.rate_fps <= most_a_second:
            return level
    return "5.2"


def _with_bitrate(output: Output, video_kbps: int) -> Output:
    return Output(
        width_px=output.width_px,
        height_px=output.height_px,
        rate_fps=output.rate_fps,
        video_kbps=video_kbps,
        audio_kbps=output.audio_kbps,
        encoder=output.encoder,
        gop_s=output.gop_s,
    )
