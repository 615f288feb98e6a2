"""The bench's line has the worst of its parts, and null where nothing was judged."""

from __future__ import annotations

from bench.quality import joined
from bench.quality_outcome import Outcome


def test_the_worst_counts() -> None:
    picture = Outcome({"dark": 1.0, "blur": 0.9}, 1, 50, {"dark": -1.0, "blur": -0.97})
    sound = Outcome({"snd-hum": 0.96}, 2, 50, {"snd-hum": -0.99}, {"snr_error_db": 1.2, "loudness_error_lu": None})
    assert joined((picture, sound)) == {
        "detection_min": 0.9,
        "false_alarm_max": 0.04,
        "spearman_worst": -0.97,
        "snr_error_db": 1.2,
        "loudness_error_lu": None,
    }


def test_what_could_not_be_judged_is_null() -> None:
    nothing = Outcome({}, 0, 0, {})
    assert joined((nothing,)) == {"detection_min": None, "false_alarm_max": None, "spearman_worst": None}
