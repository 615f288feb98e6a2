"""States of the quality of picture, sound, network and computer, as the judgement makes them."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.quality.measures import (
    ComputerMeasures,
    FaceBox,
    IngestMeasures,
    NetworkMeasures,
    PictureMeasures,
    SoundMeasures,
)
from app.domain.quality.model import MOST_SHARE, Defect, Finding, Group, score
from app.usecases.quality_state import ProbePhase, ProbeState, Proposal, QualityDesk
from tests.ui.fakes import change

FACE = FaceBox(0.40, 0.31, 0.20, 0.45)
PICTURE = PictureMeasures(
    1280, 720, observed_s=12.0, luma=110.0, luma_spread=40.0, faces=1, face=FACE, face_luma=132.0, backlight_stops=0.2,
    sharpness=0.82, noise=0.9, flicker_ratio=0.003, delivered_fps=29.9, jitter_ms=2.0, detail_ratio=0.7,
)  # fmt: skip
SOUND = SoundMeasures(
    observed_s=12.0, peak_db=-9.2, true_peak_db=-8.7, momentary_lufs=-18.0, short_term_lufs=-18.4,
    integrated_lufs=-18.4, speech_s=8.0, speech_db=-20.0, noise_db=-58.0, snr_db=38.0, hum_db=1.0,
    reverberation_s=0.3, side_db=0.2,
)  # fmt: skip
NETWORK = NetworkMeasures(
    (
        IngestMeasures("上海一", True, connect_ms=24.0, throughput_kbps=8600.0, jitter_ms=6.0),
        IngestMeasures("北京二", True, connect_ms=61.0, throughput_kbps=5200.0, jitter_ms=19.0),
    ),
    0,
)
COMPUTER = ComputerMeasures(
    encoder="libx264", encode_ratio=0.35, busy_ratio=0.18, free_disk_bytes=182_000_000_000, disk_minutes=9_000.0,
    is_on_battery=False, battery_ratio=1.0, is_power_saving=False,
)  # fmt: skip
DEFECTS: Mapping[Group, tuple[Defect, ...]] = {
    Group.PICTURE: (
        Defect.NO_PICTURE, Defect.BLACK, Defect.FROZEN, Defect.NO_FACE, Defect.OFF_CENTRE, Defect.FAR, Defect.CLOSE,
        Defect.HEADROOM, Defect.DARK, Defect.BRIGHT, Defect.BACKLIT, Defect.CLIPPED, Defect.TINT, Defect.BLUR,
        Defect.NOISE, Defect.FLICKER, Defect.LOW_RESOLUTION, Defect.LOW_RATE, Defect.UNEVEN_RATE,
    ),
    Group.SOUND: (
        Defect.NO_SOUND, Defect.SILENT, Defect.QUIET, Defect.LOUD, Defect.CLIPPING, Defect.NOISY, Defect.HUM,
        Defect.REVERBERANT, Defect.ONE_SIDED, Defect.DROPOUT,
    ),
    Group.NETWORK: (Defect.NO_INGEST, Defect.SLOW_UPLINK, Defect.UNSTEADY_UPLINK, Defect.SLOW_ANSWER),
    Group.COMPUTER: (
        Defect.ENCODER_SLOW, Defect.BUSY, Defect.DISK_LOW, Defect.ON_BATTERY, Defect.POWER_SAVING, Defect.CLOCK_WRONG,
    ),
}  # fmt: skip
PROPOSAL = Proposal(1920, 1080, 30, 4500, is_limited_by_network=True, is_limited_by_computer=False, is_set=False)


def finding(defect: Defect, share: float, **values: float) -> Finding:
    """One that costs ``share`` of its group."""
    group = next(group for group, defects in DEFECTS.items() if defect in defects)
    return Finding(defect, group, share, values)


def desk(*bad: Finding, groups: tuple[Group, ...] = tuple(Group), **changes: object) -> QualityDesk:
    """All of ``groups`` were measured; what is not in ``bad`` costs nothing."""
    by_defect = {one.defect: one for one in bad}
    findings = {
        group: tuple(by_defect.get(defect, Finding(defect, group, 0.0, _VALUES.get(defect, {}))) for defect in defects)
        for group, defects in DEFECTS.items()
        if group in groups
    }
    base = QualityDesk(
        is_watching=True,
        picture=PICTURE if Group.PICTURE in groups else None,
        sound=SOUND if Group.SOUND in groups else None,
        computer=COMPUTER if Group.COMPUTER in groups else None,
        findings=findings,
        score=score(findings),
        probe=ProbeState(ProbePhase.DONE, 1.0, 0.0, NETWORK) if Group.NETWORK in groups else ProbeState(),
        is_settled=True,
    )
    return change(base, **changes)


_VALUES: Mapping[Defect, Mapping[str, float]] = {Defect.CLOCK_WRONG: {"clock_off_s": 0.3}}


def some_bad() -> QualityDesk:
    """Light from behind and noise of a fan, as in the design."""
    return desk(
        finding(Defect.BACKLIT, 0.22, backlight_stops=1.6),
        finding(Defect.NOISY, 0.11, snr_db=21.0),
        finding(Defect.UNSTEADY_UPLINK, 0.04, jitter_ms=6.0),
        picture=change(PICTURE, face_luma=78.0, backlight_stops=1.6),
        sound=change(SOUND, snr_db=21.0),
        mendable=frozenset({Defect.BACKLIT, Defect.NOISY}),
        proposal=PROPOSAL,
    )


def many_bad() -> QualityDesk:
    """Nearly everything is wrong, and some of it was mended."""
    return desk(
        finding(Defect.OFF_CENTRE, 0.25), finding(Defect.FAR, 0.12), finding(Defect.DARK, 0.4, face_luma=46.0),
        finding(Defect.BACKLIT, 0.2, backlight_stops=2.4), finding(Defect.TINT, 0.18), finding(Defect.BLUR, 0.33),
        finding(Defect.NOISE, 0.2), finding(Defect.FLICKER, 0.12), finding(Defect.LOW_RATE, 0.3),
        finding(Defect.QUIET, 0.35), finding(Defect.HUM, 0.2, hum_hz=50.0, hum_db=14.0),
        finding(Defect.CLIPPING, 0.3), finding(Defect.REVERBERANT, 0.2), finding(Defect.ONE_SIDED, 0.15),
        finding(Defect.DROPOUT, 0.2), finding(Defect.SLOW_UPLINK, 0.6), finding(Defect.ENCODER_SLOW, 0.4),
        finding(Defect.BUSY, 0.3), finding(Defect.DISK_LOW, 0.32, disk_minutes=9.0),
        finding(Defect.ON_BATTERY, 0.3, battery_ratio=0.21), finding(Defect.CLOCK_WRONG, 0.2, clock_off_s=140.0),
        picture=change(
            PICTURE, face=FaceBox(0.62, 0.4, 0.12, 0.16), face_luma=46.0, backlight_stops=2.4, cast_blue=-12.0,
            sharpness=0.21, noise=5.4, flicker_ratio=0.031, delivered_fps=14.8,
        ),
        sound=change(
            SOUND, peak_db=-0.1, true_peak_db=0.6, short_term_lufs=-31.2, integrated_lufs=-31.2, hum_hz=50.0,
            hum_db=14.0, clipped_per_s=2.4, reverberation_s=1.1, side_db=8.5, dropouts_per_min=4.0,
        ),
        computer=change(
            COMPUTER, encode_ratio=0.97, busy_ratio=0.86, free_disk_bytes=310_000_000, disk_minutes=9.0,
            is_on_battery=True, battery_ratio=0.21,
        ),
        mendable=frozenset({Defect.OFF_CENTRE, Defect.TINT, Defect.QUIET, Defect.HUM, Defect.SLOW_UPLINK}),
        mended=frozenset({Defect.DARK, Defect.BACKLIT, Defect.BRIGHT, Defect.ONE_SIDED}),
        proposal=change(PROPOSAL, height_px=540, width_px=960, video_kbps=1200, is_limited_by_computer=True),
    )  # fmt: skip


def measuring() -> QualityDesk:
    """The first seconds: what is quick is known."""
    return desk(
        groups=(Group.PICTURE, Group.SOUND),
        is_settled=False,
        is_measuring_computer=True,
        picture=change(PICTURE, observed_s=1.4),
        sound=change(SOUND, observed_s=1.4, integrated_lufs=None, snr_db=None, reverberation_s=None),
    )


def blocked(defect: Defect) -> QualityDesk:
    """No picture, no sound or no ingest."""
    lone = finding(defect, MOST_SHARE)
    if defect is Defect.NO_INGEST:
        return desk(lone, probe=ProbeState(ProbePhase.DONE, 1.0, 0.0, NetworkMeasures()))
    base = desk()
    findings = {**base.findings, lone.group: (lone,)}
    gone = {"picture": None} if defect is Defect.NO_PICTURE else {"sound": None}
    return change(base, findings=findings, score=score(findings), **gone)
