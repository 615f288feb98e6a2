"""What each defect of the sound costs. Pure; docs/quality-model.md.

Points of the curves are (figure, share of the group's score). Sources, and which are our own choice, tuned on speech
that was spoiled by known amounts (``python -m bench quality``):

- loudness: EBU R128 s2 (streaming) asks for −20 … −16 LUFS; how fast it costs more beyond: own choice
- noise: at 15 dB every part of speech is audible (ANSI S3.5, speech intelligibility index: 30 dB of range around its
  level); noise is heard long before, so it costs from 29 dB on: own choice
- reverberation: rooms for speech of this size have 0.4 … 0.6 s (DIN 18041)
- hum, clipping, gaps, sides, silence: own choice
"""

from __future__ import annotations

from app.domain.quality.measures import SoundMeasures
from app.domain.quality.model import BAD_SHARE, FOUND_SHARE, Curve, Defect, Finding, Group

TARGET_LOW_LUFS, TARGET_HIGH_LUFS, TARGET_LUFS = -20.0, -16.0, -18.0
QUIET = Curve((-20.0, 0.0), (-23.5, FOUND_SHARE), (-29.0, BAD_SHARE), (-36.0, 0.7), (-50.0, 0.95))
LOUD = Curve((-16.0, 0.0), (-14.0, FOUND_SHARE), (-10.0, BAD_SHARE), (-5.0, 0.6))
NOISY = Curve((36.0, 0.0), (29.0, FOUND_SHARE), (15.0, BAD_SHARE), (5.0, 0.7), (-5.0, 0.95))
"""Over the signal to noise ratio, dB."""
HUM = Curve((10.5, 0.0), (14.0, FOUND_SHARE), (24.0, BAD_SHARE), (45.0, 0.8))
"""Over how far the lines stand out, dB; a steady voice reaches 13 (measured)."""
CLIPPING = Curve((0.1, 0.0), (0.35, FOUND_SHARE), (10.0, BAD_SHARE), (100.0, 0.8), (1000.0, 0.97))
"""Over cut tops for each second of speech."""
REVERBERANT = Curve((0.55, 0.0), (0.64, FOUND_SHARE), (1.1, BAD_SHARE), (1.6, 0.7), (3.0, 0.8))
"""Over the estimate in seconds, which reads 0.45 at most without a room (measured: words end no faster)."""
ONE_SIDED = Curve((3.0, 0.0), (8.0, FOUND_SHARE), (20.0, BAD_SHARE), (60.0, 0.5))
"""Over the difference of the sides, dB."""
DROPOUT = Curve((5.0, 0.0), (8.0, FOUND_SHARE), (20.0, BAD_SHARE), (120.0, 0.85), (600.0, 0.97))
"""Over gaps a minute; one within the 20 s that are watched is no pattern yet."""
SILENT_SHARE = 0.9
SPEECH_S = 2.0
"""Loudness is judged of speech: of so much at least."""
MOST_TRUE_PEAK_DB, LIMITED_DB = -1.0, 6.0
"""Where the limiter holds the programme (EBU R128 s2: −1 dBTP), and how much of the loudest peaks it may take."""


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
    """By how much the gain is to be changed to reach the middle of the target, within what the limiter may take."""
    if m.integrated_lufs is None or m.speech_s < SPEECH_S:
        return 0.0
    return min(TARGET_LUFS - m.integrated_lufs, MOST_TRUE_PEAK_DB + LIMITED_DB - m.true_peak_db)
