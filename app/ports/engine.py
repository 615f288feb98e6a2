"""Commands to the engine and events from it: msgspec structs over the local channel (app.runtime.channel).

Every command carries ``request_id``; the engine answers each with one ``CommandDone``. Events are pushed to
whichever window is attached; a window that attaches gets one ``Snapshot`` first. The stream key is never
in a repr.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class _Tagged(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    pass


# ---- sources -------------------------------------------------------------------------------------


class CameraSource(_Tagged, frozen=True, kw_only=True):
    """A camera. ``device_id`` comes from ``DevicesListed``; size and rate are wishes, the nearest is taken."""

    device_id: str
    width_px: int = 1280
    height_px: int = 720
    rate_fps: int = 30


class ScreenSource(_Tagged, frozen=True, kw_only=True):
    """A whole monitor; ``monitor`` counts from 1."""

    monitor: int = 1


class FileSource(_Tagged, frozen=True, kw_only=True):
    """A media file, looped; its sound can be chosen by ``FileSound``. ``has_counter``: see capture/sources/counter."""

    path: str
    has_counter: bool = False


class DemoSource(_Tagged, frozen=True, kw_only=True):
    """A rendered moving scene with a burnt-in frame counter and clock (see capture/sources/demo)."""

    has_counter: bool = True


class NoVideo(_Tagged, frozen=True, kw_only=True):
    """The still card."""


class MicSource(_Tagged, frozen=True, kw_only=True):
    device_id: str


class FileSound(_Tagged, frozen=True, kw_only=True):
    """Sound of a media file, looped; the same path as the FileSource plays in step with it."""

    path: str


class DemoSound(_Tagged, frozen=True, kw_only=True):
    """Speech made by espeak-ng beforehand (a wav file), looped; a tone scale when the file is missing."""

    path: str = ""


class NoSound(_Tagged, frozen=True, kw_only=True):
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


class Command(_Tagged, frozen=True, kw_only=True):
    request_id: int = 0


class SetVideo(Command, frozen=True, kw_only=True):
    source: VideoSource


class SetAudio(Command, frozen=True, kw_only=True):
    source: AudioSource


class SetMute(Command, frozen=True, kw_only=True):
    is_muted: bool


class SetCameraOff(Command, frozen=True, kw_only=True):
    """True shows the still card instead of the picture; the device stays open."""

    is_off: bool


class SetGain(Command, frozen=True, kw_only=True):
    gain_db: float


class SetOutput(Command, frozen=True, kw_only=True):
    """Refused while publishing or recording with code ``output_busy``, except a change of video_kbps alone."""

    output: Output


class SetPreview(Command, frozen=True, kw_only=True):
    """Size of the preview in device pixels; 0 × 0 stops it."""

    width_px: int
    height_px: int
    is_mirrored: bool = True


class StartPublish(Command, frozen=True, kw_only=True):
    targets: tuple[Target, ...]


class StopPublish(Command, frozen=True, kw_only=True):
    pass


class StartRecording(Command, frozen=True, kw_only=True):
    """Writes ``<directory>/<name>.mkv`` with flush per packet, remuxed to .mp4 when stopped."""

    directory: str
    name: str


class StopRecording(Command, frozen=True, kw_only=True):
    pass


class ListDevices(Command, frozen=True, kw_only=True):
    pass


class ProbeEncoders(Command, frozen=True, kw_only=True):
    pass


class GetSnapshot(Command, frozen=True, kw_only=True):
    pass


class Detach(Command, frozen=True, kw_only=True):
    """The window leaves on purpose: the engine stays on air for ``keep_s``."""

    keep_s: float = 120.0


class Shutdown(Command, frozen=True, kw_only=True):
    """Stop publishing and recording cleanly, then exit."""


AnyCommand = (
    SetVideo
    | SetAudio
    | SetMute
    | SetCameraOff
    | SetGain
    | SetOutput
    | SetPreview
    | StartPublish
    | StopPublish
    | StartRecording
    | StopRecording
    | ListDevices
    | ProbeEncoders
    | GetSnapshot
    | Detach
    | Shutdown
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


class Event(_Tagged, frozen=True, kw_only=True):
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
    microphone_lost, file_missing, file_unreadable, screen_unavailable"""
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


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    name: str


class Microphone(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    name: str
    is_default: bool = False


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    monitor: int
    width_px: int
    height_px: int


class DevicesListed(Event, frozen=True, kw_only=True):
    cameras: tuple[Camera, ...] = ()
    microphones: tuple[Microphone, ...] = ()
    monitors: tuple[Monitor, ...] = ()


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
    | DevicesListed
    | EncodersProbed
    | PreviewReady
    | Stats
    | Snapshot
)
