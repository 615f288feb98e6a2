"""What the sound's defects cost: nothing when all is well, never less when a figure gets worse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.quality.measures import SoundMeasures
from app.domain.quality.model import Defect, Group
from app.domain.quality.sound import (
    MOST_TRUE_PEAK_DB,
    TARGET_HIGH_LUFS,
    TARGET_LOW_LUFS,
    TARGET_LUFS,
    gain_to_target_db,
    judge_sound,
)

GOOD = SoundMeasures(
    observed_s=12.0, peak_db=-6.0, true_peak_db=-5.8, integrated_lufs=-18.0, speech_s=8.0, speech_db=-20.0,
    noise_db=-66.0, snr_db=46.0, hum_db=0.0, reverberation_s=0.35, side_db=0.0,
)  # fmt: skip
SOUND = {
    Defect.SILENT, Defect.QUIET, Defect.LOUD, Defect.CLIPPING, Defect.NOISY, Defect.HUM, Defect.REVERBERANT,
    Defect.ONE_SIDED, Defect.DROPOUT,
}  # fmt: skip


def share(measures: SoundMeasures, defect: Defect) -> float:
    return {one.defect: one.share for one in judge_sound(measures)}[defect]


def test_a_good_voice_loses_nothing_and_every_defect_is_looked_at_once() -> None:
    findings = judge_sound(GOOD)
    assert [one.defect for one in findings] == list(dict.fromkeys(one.defect for one in findings))
    assert {one.defect for one in findings} == SOUND
    assert all(one.share == 0 and one.group is Group.SOUND for one in findings)


def test_before_anything_was_heard_nothing_is_wrong() -> None:
    assert all(one.share == 0 for one in judge_sound(SoundMeasures()))


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ({"is_silent": True}, Defect.SILENT),
        ({"integrated_lufs": -27.0}, Defect.QUIET),
        ({"integrated_lufs": -10.0}, Defect.LOUD),
        ({"clipped_per_s": 20.0}, Defect.CLIPPING),
        ({"snr_db": 12.0}, Defect.NOISY),
        ({"hum_db": 25.0, "hum_hz": 50.0}, Defect.HUM),
        ({"reverberation_s": 1.2}, Defect.REVERBERANT),
        ({"side_db": -30.0}, Defect.ONE_SIDED),
        ({"side_db": 30.0}, Defect.ONE_SIDED),
        ({"dropouts_per_min": 30.0}, Defect.DROPOUT),
    ],
)
def test_each_defect_is_found_by_its_own_figure_alone(change: dict[str, object], defect: Defect) -> None:
    found = {one.defect for one in judge_sound(replace(GOOD, **change)) if one.is_found}  # type: ignore[arg-type]
    assert found == {defect}


def test_loudness_is_judged_of_speech_only() -> None:
    assert share(replace(GOOD, integrated_lufs=-60.0, speech_s=1.0), Defect.QUIET) == 0
    assert share(replace(GOOD, integrated_lufs=-60.0), Defect.QUIET) > 0.9


@pytest.mark.parametrize("lufs", [TARGET_LOW_LUFS, TARGET_LUFS, TARGET_HIGH_LUFS])
def test_the_target_band_costs_nothing(lufs: float) -> None:
    measures = replace(GOOD, integrated_lufs=lufs)
    assert share(measures, Defect.QUIET) == share(measures, Defect.LOUD) == 0


WORSE = {
    "integrated_lufs": (-60.0, -18.0, Defect.QUIET, False),
    "clipped_per_s": (0.0, 2000.0, Defect.CLIPPING, True),
    "snr_db": (-10.0, 60.0, Defect.NOISY, False),
    "hum_db": (0.0, 60.0, Defect.HUM, True),
    "reverberation_s": (0.0, 4.0, Defect.REVERBERANT, True),
    "side_db": (0.0, 60.0, Defect.ONE_SIDED, True),
    "dropouts_per_min": (0.0, 1000.0, Defect.DROPOUT, True),
}


@given(st.sampled_from(sorted(WORSE)), st.floats(0, 1), st.floats(0, 1))
def test_a_figure_that_gets_worse_never_costs_less(name: str, first: float, second: float) -> None:
    low, high, defect, is_more_worse = WORSE[name]
    better, worse = sorted((first, second), reverse=not is_more_worse)
    before, after = (
        share(replace(GOOD, **{name: low + part * (high - low)}), defect)
        for part in (better, worse)  # type: ignore[arg-type]
    )
    assert after >= before


@given(st.floats(-60, -5), st.floats(-50, 0))
def test_the_gain_leads_to_the_target_and_leaves_the_limiter_little(lufs: float, true_peak_db: float) -> None:
    gain_db = gain_to_target_db(replace(GOOD, integrated_lufs=lufs, true_peak_db=true_peak_db))
    assert lufs + gain_db <= TARGET_LUFS + 1e-9
    assert true_peak_db + gain_db <= MOST_TRUE_PEAK_DB + 6.0 + 1e-9


def test_without_speech_there_is_no_target() -> None:
    assert gain_to_target_db(replace(GOOD, speech_s=0.0)) == 0.0
    assert gain_to_target_db(replace(GOOD, integrated_lufs=None)) == 0.0
