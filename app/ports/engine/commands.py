"""Commands to the engine."""

from __future__ import annotations

from app.domain.liveness import Abort, Action, LivenessPath, OrderKind
from app.ports.engine.values import (
    AudioSource,
    CameraSettings,
    MeterRate,
    Output,
    PictureMends,
    SoundMends,
    Tagged,
    Target,
    VideoSource,
)


class Command(Tagged, frozen=True, kw_only=True):
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


class SetPictureMends(Command, frozen=True, kw_only=True):
    mends: PictureMends


class ShowCard(Command, frozen=True, kw_only=True):
    """A card with what somebody asks, in the lower third of the programme, in place of the one that is there.

    It stays until ``HideCard``, over whatever the source shows.
    """

    name: str
    text: str

    def __repr__(self) -> str:
        return f"ShowCard(request_id={self.request_id})"


class HideCard(Command, frozen=True, kw_only=True):
    """Take the card away; harmless without one."""


class SetCameraControls(Command, frozen=True, kw_only=True):
    """For a camera, whether it is open or not: set whenever it opens, and at once while it runs."""

    device_id: str
    settings: CameraSettings


class SetSoundMends(Command, frozen=True, kw_only=True):
    mends: SoundMends


class SetMeterRate(Command, frozen=True, kw_only=True):
    """How often ``QualityMeasured`` comes. While publishing it is never less than LIVE."""

    rate: MeterRate


class MeasureAgain(Command, frozen=True, kw_only=True):
    """Forget what was measured and begin anew."""


class TakeSample(Command, frozen=True, kw_only=True):
    """Keep the next seconds of sound, as viewers would hear it, in memory; ``SampleChanged`` tells how it goes."""

    seconds: float = 5.0


class PlaySample(Command, frozen=True, kw_only=True):
    """Play what was kept over the system's loudspeaker. Refused with ``sample_missing`` when nothing was."""


class StopSample(Command, frozen=True, kw_only=True):
    """Neither keep nor play any longer; what was kept whole stays."""


class MeasureComputer(Command, frozen=True, kw_only=True):
    """Some seconds of trial encoding at each size; refused with ``output_busy`` while publishing or recording."""

    recording_dir: str = ""
    """Where recordings would go; empty when none are to be made."""


class StartProbe(Command, frozen=True, kw_only=True):
    """Send media to each target in turn and measure; a probe that runs is given up for it, and tells nothing more.

    Refused with ``output_busy`` while publishing, and with ``ingest_address_invalid`` or ``tls_failed`` for a target
    that cannot be tried at all. Publishing ends it.
    """

    targets: tuple[Target, ...]
    seconds_each: float = 10.0
    """4 … 30 of media; connecting comes on top."""


class CancelProbe(Command, frozen=True, kw_only=True):
    """End the probe within a second; harmless without one."""


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


class CutClip(Command, frozen=True, kw_only=True):
    """The last seconds of the recording that runs, or ran last, as a file of its own; ``ClipCut`` tells how it went.

    The recording goes on undisturbed. It begins with a key frame, up to 2 s earlier; with fewer seconds where it would
    be too large. The file is the engine's and lies there until ``DropClip``, the next start, or four further ones.
    """

    clip_id: str
    """Up to 32 of 0-9 and a-f."""
    seconds: float = 30.0
    max_bytes: int = 32_000_000


class DropClip(Command, frozen=True, kw_only=True):
    """Remove it; harmless without it."""

    clip_id: str


class PrepareLiveness(Command, frozen=True, kw_only=True):
    """A face check may begin soon: load the landmarker, and keep it for a minute. Harmless without one."""


class BeginLiveness(Command, frozen=True, kw_only=True):
    """Begin an attempt with the camera that is set; one that runs is given up. ``LivenessChanged`` tells how it goes.

    Refused with ``liveness_camera_needed`` when the source is no camera, ``liveness_unavailable`` without a landmarker
    on this machine, ``output_busy`` while publishing.
    """

    session_id: str
    nonce: bytes
    """32 bytes."""
    path: LivenessPath
    policy_version: str
    min_fps: float
    min_size_px: int
    seal_key: bytes
    """X25519, 32 bytes: who may open the package."""

    def __repr__(self) -> str:
        return f"BeginLiveness(request_id={self.request_id}, session_id={self.session_id!r})"


class OrderLiveness(Command, frozen=True, kw_only=True):
    """What the service asks for next, in answer to ``LivenessSaid`` of that number."""

    number: int
    kind: OrderKind
    action: Action | None = None
    colours: tuple[tuple[int, int, int], ...] = ()


class FlashBegan(Command, frozen=True, kw_only=True):
    """The first grey is on the screen since ``at_ms`` (monotonic clock of the machine, as ``Stats.at_ms``)."""

    at_ms: int


class AbortLiveness(Command, frozen=True, kw_only=True):
    """Give it up and forget all of it; harmless without one."""

    reason: Abort


class ReadLiveness(Command, frozen=True, kw_only=True):
    """Bytes of the sealed package, from ``offset`` on: ``LivenessPart`` brings them."""

    offset: int
    max_bytes: int


class DropLiveness(Command, frozen=True, kw_only=True):
    """The package is where it belongs: forget it."""


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
    | SetPictureMends
    | ShowCard
    | HideCard
    | SetCameraControls
    | SetSoundMends
    | SetMeterRate
    | MeasureAgain
    | TakeSample
    | PlaySample
    | StopSample
    | MeasureComputer
    | StartProbe
    | CancelProbe
    | SetOutput
    | SetPreview
    | StartPublish
    | StopPublish
    | StartRecording
    | StopRecording
    | CutClip
    | DropClip
    | PrepareLiveness
    | BeginLiveness
    | OrderLiveness
    | FlashBegan
    | AbortLiveness
    | ReadLiveness
    | DropLiveness
    | ListDevices
    | ProbeEncoders
    | GetSnapshot
    | Detach
    | Shutdown
)
