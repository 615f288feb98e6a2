"""What each defect of the sound costs. Pure; docs/quality-model.md.

Points of the curves are (figure, share of the group's score).
"""

from __future__ import annotations

from app.domain.quality.measures import SoundMeasures
from app.domain.quality.model import BAD_SHARE, FOUND_SHARE, Curve, Defect, Finding, Group

TARGET_LOW_LUFS, TARGET_HIGH_LUFS, TARGET_LUFS = -20.0, -16.0, -18.0
"""EBU R128 s2 (streaming): −20 … −16 LUFS for what is mostly speech."""
QUIET = Curve((-20.0, 0.0), (-22.0, FOUND_SHARE), (-28.0, BAD_SHARE), (-36.0, 0.7), (-50.0, 0.95))
LOUD = Curve((-16.0, 0.0), (-14.0, FOUND_SHARE), (-10.0, BAD_SHARE), (-5.0, 0.6))
NOISY = Curve((36.0, 0.0), (29.0, FOUND_SHARE), (15.0, BAD_SHARE), (5.0, 0.7), (-5.0, 0.95))
HUM = Curve((10.5, 0.0), (14.0, FOUND_SHARE), (24.0, BAD_SHARE), (45.0, 0.8))
CLIPPING = Curve((0.1, 0.0), (0.35, FOUND_SHARE), (10.0, BAD_SHARE), (100.0, 0.8), (1000.0, 0.97))
REVERBERANT = Curve((0.55, 0.0), (0.64, FOUND_SHARE), (1.1, BAD_SHARE), (1.6, 0.7), (3.0, 0.8))
ONE_SIDED = Curve((3.0, 0.0), (8.0, FOUND_SHARE), (20.0, BAD_SHARE), (60.0, 0.5))
DROPOUT = Curve((5.0, 0.0), (8.0, FOUND_SHARE), (20.0, BAD_SHARE), (120.0, 0.85), (600.0, 0.97))
SPEECH_S = 2.0
"""Loudness is judged of speech: of so much at least."""
SILENT_SHARE = 0.9
MOST_TRUE_PEAK_DB = -1.0


def judge_sound(m: SoundMeasures) -> tuple[Finding, ...]:
    """One finding for each possible defect."""
    lufs = m.integrated_lufs if m.speech_s >= SPEECH_S else None
    loudness = {} if lufs is None else {"lufs": lufs}

    def found(defect: Defect, share: float, **values: float | None) -> Finding:
        return Finding(defect, Group.SOUND, share, {name: value for name, value in values.items() if value is not None})

    return (
        found(Defect.SILENT, SILENT_SHARE if m.is_silent else 0.0),
        Finding(Defect.QUIET, Group.SOUND, 0.0 if lufs is None else QUIET.share(lufs), loudness),
        Finding(Defect.LOUD, Group.SOUND, 0.0 if lufs is None else LOUD.share(lufs), loudness),
        found(Defect.CLIPPING, CLIPPING.share(m.clipped_per_s), clipped_per_s=m.clipped_per_s),
        found(Defect.NOISY, 0.0 if m.snr_db is None else NOISY.share(m.snr_db), snr_db=m.snr_db),
        found(Defect.HUM, 0.0 if m.hum_db is None else HUM.share(m.hum_db), hum_db=m.hum_db, hum_hz=m.hum_hz),
        found(
            Defect.REVERBERANT,
            0.0 if m.reverberation_s is None else REVERBERANT.share(m.reverberation_s),
            reverberation_s=m.reverberation_s,
        ),
        found(Defect.ONE_SIDED, 0.0 if m.side_db is None else ONE_SIDED.share(abs(m.side_db)), side_db=m.side_db),
        found(Defect.DROPOUT, DROPOUT.share(m.dropouts_per_min), dropouts_per_min=m.dropouts_per_min),
    )


def gain_to_target_db(m: SoundMeasures) -> float:
    """By how much more or less gain the middle of the target is reached; the limiter may take 6 dB of the peaks."""
    if m.integrated_lufs is None or m.speech_s < SPEECH_S:
        return 0.0
    return min(TARGET_LUFS - m.integrated_lufs, MOST_TRUE_PEAK_DB + 6.0 - m.true_peak_db)
