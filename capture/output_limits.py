"""Which formats of the programme an encoder here can make. Pure."""

from __future__ import annotations

from app.errors import InputError
from app.ports import engine as port

MIN_RATE_FPS, MAX_RATE_FPS = 5, 60
MIN_SIDE_PX, MAX_SIDE_PX = 128, 3840
MIN_VIDEO_KBPS, MAX_VIDEO_KBPS = 100, 20_000
AUDIO_KBPS = (64, 96, 128, 160, 192, 256, 320)
MIN_GOP_S, MAX_GOP_S = 0.5, 10.0


def check_output(output: port.Output) -> None:
    """Raises InputError ``output_invalid`` for a format that no encoder here can make."""
    sides = (output.width_px, output.height_px)
    is_good = (
        all(MIN_SIDE_PX <= side <= MAX_SIDE_PX and side % 2 == 0 for side in sides)
        and MIN_RATE_FPS <= output.rate_fps <= MAX_RATE_FPS
        and MIN_VIDEO_KBPS <= output.video_kbps <= MAX_VIDEO_KBPS
        and output.audio_kbps in AUDIO_KBPS
        and MIN_GOP_S <= output.gop_s <= MAX_GOP_S
    )
    if not is_good:
        raise InputError("output_invalid")


def without_bitrate(output: port.Output) -> port.Output:
    """The same format with a bitrate that says nothing: that alone may change on air."""
    return port.Output(
        width_px=output.width_px,
        height_px=output.height_px,
        rate_fps=output.rate_fps,
        audio_kbps=output.audio_kbps,
        encoder=output.encoder,
        gop_s=output.gop_s,
    )
