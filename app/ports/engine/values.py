"""What commands and events hold: sources, formats, targets, what is corrected."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Tagged(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    pass


# ---- sources -------------------------------------------------------------------------------------


class CameraSource(Tagged, frozen=True, kw_only=True):
    """A camera. ``device_id`` comes from ``DevicesListed``; size and rate are wishes, the nearest is taken.

    What older versions kept still opens: /dev/videoN, or a number.
    """

    device_id: str
    width_px: int = 1280
    height_px: int = 720
    rate_fps: int = 30


class ScreenSource(Tagged, frozen=True, kw_only=True):
    """A whole monitor; ``monitor`` counts from 1."""

    monitor: int = 1


class FileSource(Tagged, frozen=True, kw_only=True):
    """A media file, looped; its sound can be chosen by ``FileSound``. ``has_counter``: see capture/sources/counter."""

    path: str
    has_counter: bool = False


class DemoSource(Tagged, frozen=True, kw_only=True):
    """A rendered moving scene with a burnt-in frame counter and clock (see capture/sources/demo)."""

    has_counter: bool = True


class NoVideo(Tagged, frozen=True, kw_only=True):
    """The still card."""


class MicSource(Tagged, frozen=True, kw_only=True):
    """A microphone. ``default`` is whatever the system prefers, and follows it when that changes."""

    device_id: str


class FileSound(Tagged, frozen=True, kw_only=True):
    """Sound of a media file, looped; the same path as the FileSource plays in step with it."""

    path: str


class DemoSound(Tagged, frozen=True, kw_only=True):
    """Speech made by espeak-ng beforehand (a wav file), looped; a tone scale when the file is missing."""

    path: str = ""


class NoSound(Tagged, frozen=True, kw_only=True):
    pass


VideoSource = CameraSource | ScreenSource | FileSource | DemoSource | NoVideo
AudioSource = MicSource | FileSound | DemoSound | NoSound


# ---- commands ------------------------------------------------------------------------------------


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """The programme's format. ``encoder``: "auto", "libx264", or a hardware encoder that the probe found."""

    width_px: int = 1280
    height_px: int = 720
    rate_fps: int = 30
    video_kbps: int = 2500
    audio_kbps: int = 128
    encoder: str = "auto"
    gop_s: float = 1.0


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One ingest: ``url`` such as rtmp://host:1935/live, and the stream key.

    ``ca_file``: certificates (PEM) to trust instead of the system's, for a platform with a self-made one.
    """

    url: str
    key: str
    name: str = "main"
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"Target(name={self.name!r}, url={self.url!r})"


class PictureMends(msgspec.Struct, frozen=True, kw_only=True):
    """What is corrected in a camera's picture before it is composed. Nothing is changed by the defaults."""

    exposure_stops: float = 0.0
    """−3 … +3: light is multiplied by 2 to this power, with a shoulder that keeps bright parts."""
    cast_blue: float = 0.0
    """Taken from Cb, −40 … 40."""
    cast_red: float = 0.0
    """Taken from Cr, −40 … 40."""
    crop_left_ratio: float = 0.0
    crop_top_ratio: float = 0.0
    crop_size_ratio: float = 1.0
    """0.5 … 1 of width and height is kept and enlarged to the whole."""


class SoundMends(msgspec.Struct, frozen=True, kw_only=True):
    """What is corrected in the microphone's sound before the gain."""

    is_high_pass: bool = False
    """Takes away rumble, and hum of the mains with its multiples."""
    mains_hz: int = 50
    """Which mains: 50 or 60."""
    is_noise_suppressed: bool = False
    is_mono: bool = False
    """One signal on both sides."""


class CameraSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a camera itself is to do. None leaves it as it is; what was set before goes back to the camera's own."""

    power_line_hz: int | None = None
    """50 or 60: exposure in step with the lamps; 0: no care of them."""
    is_exposure_auto: bool | None = None
    exposure: float | None = None
    """0 … 1 of what the camera can, in stops; by itself it means an exposure that is not automatic."""
    gain: float | None = None
    """0 … 1 of what the camera can."""
    is_white_balance_auto: bool | None = None
    white_balance_kelvin: int | None = None
    """By itself it means a white balance that is not automatic."""
    may_slow_in_dark: bool | None = None
    """Whether it may take fewer pictures a second to catch more light."""
    brightness: float | None = None
    """0 … 1 of what the camera can."""
    is_focus_auto: bool | None = None


class MeterRate(StrEnum):
    OFF = "off"
    LIVE = "live"
    """Every three seconds (every second while muted), as little work as can be."""
    PREFLIGHT = "preflight"
    """Three times a second."""
