"""A desk whose page 开播前检查 is open, and what its engine tells."""

from __future__ import annotations

from app.domain.quality.measures import (
    ComputerMeasures,
    FaceBox,
    IngestMeasures,
    NetworkMeasures,
    PictureMeasures,
    SoundMeasures,
)
from app.ports import engine as port
from app.settings import Settings
from app.usecases import wishes as w
from app.usecases.quality_state import QualityDesk
from tests.unit.app.rig import Rig, settle

GOOD_PICTURE = PictureMeasures(
    1280, 720, observed_s=10.0, luma=110.0, luma_spread=50.0, faces=1, face=FaceBox(0.42, 0.22, 0.16, 0.34),
    face_luma=130.0, backlight_stops=0.0, face_clipped_ratio=0.0, sharpness=0.9, noise=1.0, flicker_ratio=0.0,
    delivered_fps=30.0, jitter_ms=2.0, detail_ratio=1.0,
)  # fmt: skip
GOOD_SOUND = SoundMeasures(
    observed_s=10.0, peak_db=-6.0, true_peak_db=-6.0, momentary_lufs=-18.0, short_term_lufs=-18.0,
    integrated_lufs=-18.0, speech_s=8.0, speech_db=-20.0, noise_db=-65.0, snr_db=45.0, hum_db=0.0, reverberation_s=0.2,
)  # fmt: skip
TRIALS = tuple(
    port.EncodeTrial(width_px=width, height_px=height, rate_fps=30, encode_ratio=ratio)
    for width, height, ratio in ((960, 540, 0.1), (1280, 720, 0.2), (1920, 1080, 0.4))
)
FAST = IngestMeasures("main", True, connect_ms=60.0, throughput_kbps=9000.0, jitter_ms=6.0)
LIVE = port.SourceStatus.LIVE


def measured(
    rig: Rig, picture: PictureMeasures | None = GOOD_PICTURE, sound: SoundMeasures | None = GOOD_SOUND
) -> None:
    rig.engine.on_event(port.QualityMeasured(picture=picture, sound=sound))


def quality(rig: Rig) -> QualityDesk:
    return rig.desk.state.quality


async def watched(rig: Rig) -> None:
    """Signed in, sources live, the page open; the engine's trial and the probe wait for their answers."""
    rig.settings.kept = Settings(
        platform_url="http://127.0.0.1:1",
        video=port.CameraSource(device_id="cam"),
        audio=port.MicSource(device_id="mic"),
    )
    await rig.signed_in()
    live(rig)
    await rig.do(w.WatchQuality(True))


def live(rig: Rig) -> None:
    for is_video in (True, False):
        rig.engine.on_event(port.SourceChanged(is_video=is_video, status=LIVE))


async def computer_done(rig: Rig) -> None:
    rig.engine.on_event(
        port.ComputerMeasured(computer=ComputerMeasures(encoder="libx264", encode_ratio=0.2), trials=TRIALS)
    )
    await settle()


async def probe_done(rig: Rig, *ingests: IngestMeasures, best: int | None = 0) -> None:
    rig.engine.on_event(port.ProbeDone(network=NetworkMeasures(ingests or (FAST,), best)))
    await settle()
