"""Events from the engine."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import msgspec

from app.domain.liveness import Abort, Action, Phase, Prompt, Stage
from app.domain.quality.measures import ComputerMeasures, NetworkMeasures, PictureMeasures, SoundMeasures
from app.ports.engine.values import (
    AudioSource,
    CameraSettings,
    Output,
    Tagged,
    VideoSource,
)

# ---- events --------------------------------------------------------------------------------------


class SourceStatus(StrEnum):
    STARTING = "starting"
    LIVE = "live"
    LOST = "lost"
    """Vanished or frozen: the still card (or silence) is sent, and it is tried again every second."""
    FAILED = "failed"
    """Cannot be opened; ``code`` says why. It is tried again every 2 s."""
    OFF = "off"


class PublishStatus(StrEnum):
    IDLE = "idle"
    CONNECTING = "connecting"
    STARTING = "starting"
    """Accepted by the peer; not yet a second of progress."""
    ON_AIR = "on_air"
    RECONNECTING = "reconnecting"
    REFUSED = "refused"
    """Final: the peer said no for a reason that trying again cannot mend (dead key, replaced, cut off)."""


class RecordStatus(StrEnum):
    IDLE = "idle"
    RECORDING = "recording"
    FAILED = "failed"


class Event(Tagged, frozen=True, kw_only=True):
    pass


class CommandDone(Event, frozen=True, kw_only=True):
    request_id: int
    code: str = ""
    """Empty: done. Otherwise an error code (error.<code> is its sentence)."""
    detail: dict[str, str] = {}


class SourceChanged(Event, frozen=True, kw_only=True):
    is_video: bool
    status: SourceStatus
    code: str = ""
    """no_camera, camera_in_use, camera_forbidden, camera_lost, camera_frozen, no_microphone, microphone_in_use,
    microphone_forbidden, microphone_lost, file_missing, file_unreadable, screen_unavailable"""
    name: str = ""
    width_px: int = 0
    height_px: int = 0


class PublishChanged(Event, frozen=True, kw_only=True):
    target: str
    status: PublishStatus
    code: str = ""
    """ingest_unreachable, ingest_silent, ingest_closed, tls_failed, key_unknown, key_dead, key_foreign, replaced,
    encoder_failed"""
    attempt: int = 0
    retry_in_ms: int = 0


class RecordChanged(Event, frozen=True, kw_only=True):
    status: RecordStatus
    path: str = ""
    """The .mkv while it is written and when it failed; the .mp4 when it is done; empty when nothing was recorded."""
    code: str = ""
    """disk_full, folder_missing, folder_unwritable, storage_failed, encoder_failed"""
    is_finishing: bool = False
    """IDLE only: the .mp4 is being made; one more event with its path follows."""


class ClipCut(Event, frozen=True, kw_only=True):
    clip_id: str
    path: str = ""
    """Of an MP4 with its index in front; readable by this user only."""
    duration_ms: int = 0
    size_bytes: int = 0
    is_shortened: bool = False
    """With fewer seconds than were asked for and are there, since more would be too large."""
    code: str = ""
    """clip_unavailable, disk_full, folder_missing, folder_unwritable, storage_failed"""


class CameraFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A size that a camera can deliver."""

    width_px: int
    height_px: int
    rates_fps: tuple[float, ...] = ()
    """The highest first; empty where the camera does not tell."""
    fourcc: str = ""
    """How a picture is packed: MJPG, YUYV, NV12 …"""


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    """The same after replugging and restarting (capture.devices.cameras)."""
    name: str
    formats: tuple[CameraFormat, ...] = ()
    """Empty where they cannot be had without opening it."""
    is_virtual: bool = False
    """Its pictures are made by a program."""
    aliases: tuple[str, ...] = ()
    """Under what else it may be remembered."""


class Microphone(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    """The same after replugging and restarting; ``default`` for whatever the system prefers."""
    name: str
    is_default: bool = False
    channels: int = 0
    """0 where it is not known; likewise the rate."""
    rate_hz: int = 0
    """Its own; others are converted."""
    aliases: tuple[str, ...] = ()


class CameraControls(Event, frozen=True, kw_only=True):
    """What an opened camera can do by itself and how it is set now: after opening, and after every change.

    ``present`` has None for what this camera lacks.
    """

    device_id: str
    present: CameraSettings
    kelvin_min: int = 0
    kelvin_max: int = 0
    power_lines_hz: tuple[int, ...] = ()
    """Which of 0, 50 and 60 it takes; one that chooses by itself has None as present."""


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    monitor: int
    width_px: int
    height_px: int


class DevicesListed(Event, frozen=True, kw_only=True):
    """In answer to ``ListDevices``, and by itself whenever a device comes or goes."""

    cameras: tuple[Camera, ...] = ()
    microphones: tuple[Microphone, ...] = ()
    monitors: tuple[Monitor, ...] = ()

    def camera(self, device_id: str) -> Camera | None:
        """The one of this id, or else the one that is remembered under it."""
        return _known(self.cameras, device_id)

    def microphone(self, device_id: str) -> Microphone | None:
        """The one of this id, or else the one that is remembered under it."""
        return _known(self.microphones, device_id)


_Device = TypeVar("_Device", Camera, Microphone)


def _known(devices: tuple[_Device, ...], device_id: str) -> _Device | None:
    exact = (device for device in devices if device.device_id == device_id)
    remembered = (device for device in devices if device_id in device.aliases)
    return next(exact, None) or next(remembered, None)


class EncodersProbed(Event, frozen=True, kw_only=True):
    """Encoders that encoded two seconds, best first; libx264 is always the last."""

    encoders: tuple[str, ...]


class PreviewReady(Event, frozen=True, kw_only=True):
    """The shared memory that holds preview and levels (app.runtime.shared_frames)."""

    name: str
    width_px: int
    height_px: int


class Stats(Event, frozen=True, kw_only=True):
    """Once a second; rates over the time since the one before, whole numbers are totals of what they count."""

    at_ms: int
    """Monotonic milliseconds of the engine."""
    programme_frames: int = 0
    """Composed since the programme's format was last changed; ``late_frames`` and ``late_blocks`` likewise."""
    programme_fps: float = 0.0
    late_frames: int = 0
    """Slots of the programme that were missed (the machine was too slow)."""
    late_blocks: int = 0
    """Blocks of 20 ms of its sound that were missed."""
    encoded_frames: int = 0
    """Since publishing or recording began, whichever was first."""
    frames_sent: int = 0
    """Since publishing began, of the target that got the most; 0 while nothing is published."""
    frames_dropped: int = 0
    """Since publishing began: before the encoder and on the way to the target that lost the most."""
    video_kbps: float = 0.0
    """What the encoder made."""
    sent_kbps: float = 0.0
    """What left over the network."""
    target_kbps: int = 0
    backlog_ms: float = 0.0
    """Own queue plus the kernel's, as time at the present rate."""
    backlog_bytes: int = 0
    rtt_ms: float = 0.0
    encode_ms: float = 0.0
    """Mean time of one encode call."""
    cpu_ratio: float = 0.0
    """CPU time of the engine over wall time: 1.0 is one core."""
    machine_cpu_ratio: float = 0.0
    """Of all cores together, 0 … 1."""
    loudness_lufs: float = -70.0
    peak_db: float = -90.0
    encoder: str = ""
    on_air_s: float = 0.0
    recorded_bytes: int = 0
    """Of the running recording; 0 without one."""
    free_disk_bytes: int = 0
    """Where it is recorded to, as found within the last seconds; 0 while nothing is."""


class QualityMeasured(Event, frozen=True, kw_only=True):
    """What the meters found over the last seconds; None for what has no live source."""

    picture: PictureMeasures | None = None
    sound: SoundMeasures | None = None
    is_muted: bool = False


class SampleStatus(StrEnum):
    NONE = "none"
    TAKING = "taking"
    READY = "ready"
    PLAYING = "playing"
    FAILED = "failed"


class SampleChanged(Event, frozen=True, kw_only=True):
    status: SampleStatus = SampleStatus.NONE
    code: str = ""
    """no_speaker, speaker_in_use, no_microphone (nothing to keep), sample_missing"""
    seconds: float = 0.0
    """How long the sample is."""


class EncodeTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One size that was tried with the encoder that would be taken."""

    width_px: int
    height_px: int
    rate_fps: int
    encode_ratio: float
    """Time one second of it takes, of the time there is: the larger of CPU time over all cores and wall time."""


class ComputerMeasured(Event, frozen=True, kw_only=True):
    computer: ComputerMeasures
    trials: tuple[EncodeTrial, ...] = ()


class ProbeProgress(Event, frozen=True, kw_only=True):
    """Some four times a second while a probe runs."""

    target: str
    passed_ratio: float
    """Of all targets together, 0 … 1; never falls."""
    kbps: float
    """What arrives now."""


class ProbeDone(Event, frozen=True, kw_only=True):
    """Once for each probe that was not given up for another; ``network`` has the targets that were tried to the end."""

    network: NetworkMeasures
    is_cancelled: bool = False


class LivenessChanged(Event, frozen=True, kw_only=True):
    """Some ten times a second while an attempt runs, and at once with each change of phase, action or prompt; the
    first when the landmarker is loaded and has looked at a picture, or there is none."""

    session_id: str
    phase: Phase
    prompt: Prompt | None = None
    holding: tuple[Prompt, ...] = ()
    """All that is not in order now, not only what is told: for the list beside the picture."""
    action: Action | None = None
    stage: Stage | None = None
    share_ratio: float = 0.0
    """Of the action, or of the time in place: for the arc."""
    left_ms: int = 0
    """Of the time for what is asked now; 0 without a limit."""
    off_x_ratio: float = 0.0
    """Where the face is, of the picture's width to the right of its middle (not mirrored): for the arrow."""
    off_y_ratio: float = 0.0
    abort: Abort | None = None
    code: str = ""
    """Why there is no picture: no_camera, camera_in_use, camera_forbidden, camera_lost, camera_frozen; or
    liveness_unavailable."""


class LivenessSaid(Event, frozen=True, kw_only=True):
    """The next progress message, to be carried to the service; the clip goes on meanwhile."""

    session_id: str
    number: int
    public_key: bytes = b""
    """With number 0."""
    link: bytes
    units: int
    at_us: int


class LivenessSealed(Event, frozen=True, kw_only=True):
    """The package is ready, and nothing else of the attempt is kept."""

    session_id: str
    size_bytes: int
    sha256: bytes


class LivenessPart(Event, frozen=True, kw_only=True):
    """Empty: there is no package (any longer)."""

    session_id: str
    offset: int
    data: bytes

    def __repr__(self) -> str:
        return f"LivenessPart(offset={self.offset}, {len(self.data)} bytes)"


class Snapshot(Event, frozen=True, kw_only=True):
    """Everything a newly attached window must know."""

    video: VideoSource
    audio: AudioSource
    is_muted: bool
    is_camera_off: bool
    output: Output
    video_status: SourceChanged
    audio_status: SourceChanged
    publish: tuple[PublishChanged, ...]
    record: RecordChanged
    preview: PreviewReady | None = None


AnyEvent = (
    CommandDone
    | SourceChanged
    | PublishChanged
    | RecordChanged
    | ClipCut
    | DevicesListed
    | EncodersProbed
    | PreviewReady
    | QualityMeasured
    | CameraControls
    | SampleChanged
    | ComputerMeasured
    | ProbeProgress
    | ProbeDone
    | LivenessChanged
    | LivenessSaid
    | LivenessSealed
    | LivenessPart
    | Stats
    | Snapshot
)
