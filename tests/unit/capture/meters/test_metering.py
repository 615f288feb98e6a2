"""When is fed, when is looked, what is dropped: the metering without its thread."""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
import pytest

from app.domain.quality.measures import FaceBox, PictureMeasures, SoundMeasures
from app.ports.engine import MeterRate, QualityMeasured
from app.runtime.clock import ManualClock
from capture.audio.rings import Sound
from capture.frames import I420
from capture.meters.metering import FACE_S, LOOK_S, MUTED_LOOK_S, SPELL_S, Metering

BLOCK: Sound = np.zeros((2, 960), np.float32)
FACE = FaceBox(0.4, 0.2, 0.2, 0.4)


class Pictures:
    def __init__(self) -> None:
        self.fed: list[float] = []
        self.faces: Sequence[FaceBox] | None = ()
        self.resets = self.looks = 0

    def feed(self, frame: av.VideoFrame, at_s: float) -> None:
        self.fed.append(at_s)

    def look(self, faces: Sequence[FaceBox] | None) -> PictureMeasures:
        self.faces = faces
        self.looks += 1
        return PictureMeasures(1280, 720)

    def small(self) -> np.ndarray | None:
        return np.zeros((90, 160, 3), np.uint8) if self.fed else None

    def reset(self) -> None:
        self.resets += 1
        self.fed.clear()


class Sounds:
    def __init__(self) -> None:
        self.fed = self.lost = self.resets = 0
        self.is_sparse = False

    def feed(self, raw: Sound | None, voiced: Sound) -> None:
        self.fed += 1

    def look(self) -> SoundMeasures:
        return SoundMeasures(observed_s=self.fed * 0.02)

    def note_lost(self, blocks: int) -> None:
        self.lost += blocks

    def set_sparse(self, is_sparse: bool) -> None:
        self.is_sparse = is_sparse

    def reset(self) -> None:
        self.resets += 1


class Faces:
    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.starts = self.closes = 0
        self.offers: list[float] = []
        self.answer: tuple[float, tuple[FaceBox, ...]] | None = None

    def start(self) -> None:
        self.starts += 1

    def offer(self, rgb: np.ndarray) -> bool:
        self.offers.append(self._clock.monotonic_s())
        return True

    def latest(self) -> tuple[float, tuple[FaceBox, ...]] | None:
        return self.answer

    def close(self) -> None:
        self.closes += 1


class Rig:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.pictures, self.sounds, self.faces = Pictures(), Sounds(), Faces(self.clock)
        self.told: list[QualityMeasured] = []
        self.metering = Metering(self.clock, self.told.append, self.pictures, self.sounds, self.faces)
        self.frame = I420(64, 36)
        self.frame.fill_black()
        self.metering.set_picture(True)
        self.metering.set_sound(True)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            for _ in range(3):
                self.metering.offer_picture(self.frame.frame(), self.clock.monotonic_s())
            for _ in range(5):
                self.metering.offer_sound(BLOCK, BLOCK)
            self.clock.advance(0.1)
            self.metering.step()


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_nothing_is_measured_while_nobody_needs_it(rig: Rig) -> None:
    rig.run(3.0)
    assert (rig.told, rig.pictures.fed, rig.sounds.fed, rig.faces.starts) == ([], [], 0, 0)


def test_the_page_is_told_three_times_a_second_and_a_broadcast_seldom(rig: Rig) -> None:
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.run(5.0)
    assert len(rig.told) == pytest.approx(5.0 / LOOK_S[MeterRate.PREFLIGHT], abs=1)
    assert len(rig.pictures.fed) == 150 and rig.sounds.fed == 250
    rig.told.clear()
    rig.metering.set_rate(MeterRate.OFF)
    assert not rig.sounds.is_sparse
    rig.metering.set_publishing(True)
    rig.run(10.0)
    assert rig.sounds.is_sparse
    assert len(rig.told) == pytest.approx(10.0 / LOOK_S[MeterRate.LIVE], abs=1)


def test_on_air_only_the_pictures_before_a_look_are_fed(rig: Rig) -> None:
    rig.metering.set_publishing(True)
    rig.run(2 * LOOK_S[MeterRate.LIVE])
    rig.pictures.fed.clear()
    rig.run(5 * LOOK_S[MeterRate.LIVE])
    assert len(rig.pictures.fed) == pytest.approx(5 * SPELL_S * 30, rel=0.1)
    steps = np.diff(rig.pictures.fed)
    assert (steps > 1.0).sum() == pytest.approx(5, abs=1), "in spells, not thinned out"


def test_who_is_muted_on_air_is_listened_to_more_often_than_looked_at(rig: Rig) -> None:
    rig.metering.set_publishing(True)
    rig.metering.set_muted(True)
    rig.run(20.0)
    assert len(rig.told) == pytest.approx(20.0 / MUTED_LOOK_S, abs=2)
    assert rig.pictures.looks == pytest.approx(20.0 / LOOK_S[MeterRate.LIVE], abs=1)
    assert rig.told[-1].picture is not None


def test_another_source_on_air_is_looked_at_after_one_spell(rig: Rig) -> None:
    rig.metering.set_publishing(True)
    rig.run(LOOK_S[MeterRate.LIVE] + 0.5)
    rig.metering.set_picture(True)
    before = rig.pictures.looks
    rig.run(SPELL_S + 0.3)
    assert rig.pictures.looks == before + 1
    assert len(rig.pictures.fed) > 30


def test_faces_are_looked_for_seldom_on_air_and_started_once(rig: Rig) -> None:
    rig.metering.set_publishing(True)
    rig.run(10.0)
    assert len(rig.faces.offers) == pytest.approx(10.0 / FACE_S[MeterRate.LIVE], abs=1)
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.run(2.0)
    assert rig.faces.starts == 1


def test_an_answer_counts_for_some_seconds_only(rig: Rig) -> None:
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.faces.answer = (rig.clock.monotonic_s(), (FACE,))
    rig.run(1.0)
    assert rig.pictures.faces == (FACE,)
    rig.run(2 * FACE_S[MeterRate.LIVE] + 1)
    assert rig.pictures.faces is None


def test_another_source_begins_anew_and_none_is_not_measured(rig: Rig) -> None:
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.run(1.0)
    before = rig.pictures.resets, rig.sounds.resets
    rig.metering.set_picture(True)
    rig.run(1.0)
    assert (rig.pictures.resets, rig.sounds.resets) == (before[0] + 1, before[1])
    rig.metering.set_picture(False)
    rig.metering.set_sound(False)
    rig.run(1.0)
    assert (rig.told[-1].picture, rig.told[-1].sound) == (None, None)


def test_a_mend_forgets_only_what_it_changed(rig: Rig) -> None:
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.run(1.0)
    before = rig.pictures.resets, rig.sounds.resets
    rig.metering.forget(is_picture=True, is_sound=False)
    rig.run(0.2)
    assert (rig.pictures.resets, rig.sounds.resets) == (before[0] + 1, before[1])


def test_what_is_not_fetched_in_time_is_dropped_oldest_first(rig: Rig) -> None:
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.metering.step()
    for number in range(100):
        rig.metering.offer_picture(rig.frame.frame(), float(number))
    rig.metering.step()
    assert rig.pictures.fed == [float(number) for number in range(68, 100)]


def test_lost_blocks_and_mute_are_passed_on(rig: Rig) -> None:
    rig.metering.set_rate(MeterRate.PREFLIGHT)
    rig.metering.step()
    rig.metering.note_lost(3)
    rig.metering.set_muted(True)
    rig.run(0.5)
    assert rig.sounds.lost == 3 and rig.told[-1].is_muted
