"""Each mend of the sound raises the score of voices that have its defect: spoken, spoiled, measured, mended."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.domain.quality.measures import SoundMeasures
from app.domain.quality.model import Defect
from app.domain.quality.sound import gain_to_target_db, judge_sound
from app.ports.engine import SoundMends
from bench import quality_material_sound as material
from capture.audio.chain import SoundChain
from capture.meters.sound import SoundMeter

pytestmark = pytest.mark.slow

BLOCK = 960
CASES = (
    ("noise", Defect.NOISY, (0.2, 0.6)),
    ("hum", Defect.HUM, (0.2, 0.6)),
    ("oneside", Defect.ONE_SIDED, (0.2, 0.8)),
    ("quiet", Defect.QUIET, (0.3, 0.8)),
    ("loud", Defect.LOUD, (0.4, 0.8)),
)


def measured(sound: material.Sound, mends: SoundMends, gain_db: float = 0.0) -> tuple[SoundMeasures, float]:
    """What the meter says after mends and gain, as the mixer applies them, and the score of the sound."""
    chain, meter = SoundChain(), SoundMeter()
    chain.set(mends)
    gain = np.float32(10 ** (gain_db / 20))
    for at in range(0, sound.shape[1] - BLOCK + 1, BLOCK):
        block = np.ascontiguousarray(sound[:, at : at + BLOCK])
        meter.feed(block, chain.process(block) * gain)
    found = meter.look()
    return found, 100 * math.prod(1 - one.share for one in judge_sound(found))


def mends_for(defect: Defect, measures: SoundMeasures) -> tuple[SoundMends, float]:
    """As the click on the page sets them."""
    match defect:
        case Defect.NOISY:
            return SoundMends(is_noise_suppressed=True), 0.0
        case Defect.HUM:
            return SoundMends(is_high_pass=True, mains_hz=60 if measures.hum_hz == 60 else 50), 0.0
        case Defect.ONE_SIDED:
            return SoundMends(is_mono=True), 0.0
    return SoundMends(), gain_to_target_db(measures)


@pytest.mark.parametrize(("folder", "defect", "amounts"), CASES, ids=[case[0] for case in CASES])
def test_the_mend_raises_the_score(folder: str, defect: Defect, amounts: tuple[float, ...]) -> None:
    for number, piece in enumerate(material.pieces(4, seed=31)):
        for amount in amounts:
            sound = material.spoiled(material.clean(piece), folder, amount, seed=number)
            before, score = measured(sound, SoundMends())
            share = {one.defect: one.share for one in judge_sound(before)}[defect]
            assert share >= 0.05, "the material has none of this defect"
            mends, gain_db = mends_for(defect, before)
            after, mended = measured(sound, mends, gain_db)
            assert mended > score + 1, (piece, amount, before, after)
            assert {one.defect: one.share for one in judge_sound(after)}[defect] < share
