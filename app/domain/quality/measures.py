"""What the meters measured, as the judgement takes it. Values that could not be measured are None.

Made in the engine (capture/meters) and by the use cases, sent over the local channel as they are.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FaceBox:
    """The largest face, from the hairline to the chin; parts of the picture's width and height, 0 … 1, not mirrored."""

    left_ratio: float
    top_ratio: float
    width_ratio: float
    height_ratio: float


@dataclass(frozen=True)
class PictureMeasures:
    """Of the programme's picture as it will be encoded, over the last seconds. Luma: 0 black … 255 white."""

    width_px: int
    height_px: int
    observed_s: float = 0.0
    """How long this picture has been watched; the slow measures need some seconds."""
    luma: float = 0.0
    """Mean of the whole picture."""
    luma_spread: float = 0.0
    """Standard deviation of luma over the picture: a lens cap has none."""
    faces: int | None = None
    """How many were found; None where faces are not looked for."""
    face: FaceBox | None = None
    face_luma: float | None = None
    backlight_stops: float | None = None
    """log2 of the linear light of what surrounds the face over the face's; positive: the face is the darker."""
    clipped_ratio: float = 0.0
    """Part of the picture that is burnt out."""
    face_clipped_ratio: float | None = None
    crushed_ratio: float = 0.0
    """Part of the picture without any drawing in the shadows."""
    cast_blue: float = 0.0
    """Mean Cb of what should be grey, less 128: negative is yellowish, positive bluish."""
    cast_red: float = 0.0
    """Mean Cr of what should be grey, less 128: negative is greenish, positive reddish."""
    sharpness: float | None = None
    """0 smeared … 1 as sharp as the size can show; of the face where there is one."""
    noise: float | None = None
    """Standard deviation of what flickers from picture to picture in smooth places, steps of luma."""
    flicker_ratio: float | None = None
    """Depth of the bands or pulses that a lamp on the mains makes, of the mean luma."""
    frozen_s: float = 0.0
    """How long the same picture has been standing."""
    delivered_fps: float | None = None
    """New pictures a second, not repeats."""
    wanted_fps: float = 30.0
    jitter_ms: float | None = None
    """Standard deviation of the time between new pictures."""
    detail_ratio: float | None = None
    """The finest detail there is, of the finest the size could hold: an enlarged 320 × 180 shows 0.25 of 1280 × 720."""


@dataclass(frozen=True)
class SoundMeasures:
    """Of the microphone after the chosen mends and gain, before mute and limiter, over the last seconds."""

    observed_s: float = 0.0
    peak_db: float = -90.0
    """Highest sample, dBFS."""
    true_peak_db: float = -90.0
    """Between the samples too: BS.1770, annex 2; dBTP."""
    momentary_lufs: float = -70.0
    short_term_lufs: float = -70.0
    integrated_lufs: float | None = None
    """EBU R128, gated; None before there was anything to count."""
    speech_s: float = 0.0
    """How much of what was heard was speech."""
    is_speaking: bool = False
    """Somebody speaks right now."""
    speech_db: float | None = None
    """Level of speech less the noise under it, RMS, dBFS."""
    noise_db: float | None = None
    """Level between the words, RMS, dBFS."""
    snr_db: float | None = None
    hum_db: float | None = None
    """How far the lines at 50 or 60 Hz and their multiples stand out of the noise beside them."""
    hum_hz: float | None = None
    clipped_per_s: float = 0.0
    """Runs of samples cut flat, a second of speech; of the microphone as it comes in."""
    reverberation_s: float | None = None
    """Time in which the sound of the room falls by 60 dB, estimated from how words end."""
    is_silent: bool = False
    """No sound at all comes from the device, not even its noise: switched off, muted in hardware, or the wrong one."""
    side_db: float | None = None
    """Left over right; None for one channel, or where nothing is heard."""
    dropouts_per_min: float = 0.0
    """Gaps and jumps in the sound: blocks lost by the driver or cut out of the signal."""


@dataclass(frozen=True)
class IngestMeasures:
    """One address of the platform, tried with a probe key."""

    name: str
    is_reachable: bool
    code: str = ""
    """Why not: the publisher's code."""
    connect_ms: float = 0.0
    """From the first packet to the acceptance of the stream."""
    throughput_kbps: float = 0.0
    """What could be held to the end."""
    is_at_least: bool = False
    """The line was not full at the highest rate that was tried: it may carry more."""
    jitter_ms: float = 0.0
    """Standard deviation of the time that 100 ms of media took to be acknowledged."""


@dataclass(frozen=True)
class NetworkMeasures:
    """All addresses; ``best`` is the index of the one to take, None when none is reachable."""

    ingests: tuple[IngestMeasures, ...] = ()
    best: int | None = None


@dataclass(frozen=True)
class ComputerMeasures:
    """This machine."""

    encoder: str = ""
    encode_ratio: float | None = None
    """CPU time of one second of the programme, of the time there is: 1 means it only just keeps up."""
    busy_ratio: float = 0.0
    """Of all cores, by everything that runs, without the programme's encoder."""
    free_disk_bytes: int | None = None
    """Where recordings go; None when none is to be made."""
    disk_minutes: float | None = None
    """How long a recording at the chosen rate has room."""
    is_on_battery: bool | None = None
    battery_ratio: float | None = None
    is_power_saving: bool | None = None
    clock_off_s: float | None = None
    """This machine's clock less the platform's."""
