"""The sample to listen to: kept, played, stopped, refused; on a loudspeaker by script."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from app.errors import DeviceError, InputError
from app.ports.engine import SampleChanged, SampleStatus
from app.runtime.clock import ManualClock
from capture.audio.resampled import resampled, true_peak
from capture.audio.rings import Sound
from capture.audio.sample import CEILING, MOST_S, Sampler, audible
from capture.programme import BLOCK_SAMPLES, SAMPLE_RATE_HZ

BLOCKS_A_SECOND = SAMPLE_RATE_HZ // BLOCK_SAMPLES
TAKING, READY, PLAYING, FAILED, NONE = (
    SampleStatus.TAKING, SampleStatus.READY, SampleStatus.PLAYING, SampleStatus.FAILED, SampleStatus.NONE,
)  # fmt: skip


def tone(seconds: float, hz: float = 440.0, amplitude: float = 0.25) -> Sound:
    wave = amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ)
    return np.stack((wave, wave)).astype(np.float32)


class Speaker:
    """Plays: it ``ends`` at once, whole or (None) never; or it fails with a code."""

    def __init__(self, ends: bool | None = True, code: str = "", while_open: Callable[[], None] | None = None) -> None:
        self.ends, self.code, self.while_open = ends, code, while_open
        self.played: list[Sound] = []
        self.open_streams = 0

    def open(self, sound: Sound, on_end: Callable[[bool], None]) -> Speaker:
        if self.code == "unforeseen":
            raise ArithmeticError
        if self.code:
            raise DeviceError(self.code)
        self.played.append(sound)
        self.open_streams += 1
        if self.while_open is not None:
            self.while_open()
        if self.ends is not None:
            on_end(self.ends)
        return self

    def close(self) -> None:
        self.open_streams -= 1


class Stage:
    """A sampler whose threads run when they are told to."""

    def __init__(self, speaker: Speaker | None = None) -> None:
        self.speaker = speaker or Speaker()
        self.clock = ManualClock()
        self.told: list[SampleChanged] = []
        self.waiting: list[threading.Thread] = []
        self.sampler = Sampler(self.speaker, self.told.append, self.clock, self.waiting.append)

    @property
    def states(self) -> list[SampleStatus]:
        return [changed.status for changed in self.told]

    def hear(self, sound: Sound | None, seconds: float = 0.0) -> None:
        if sound is None:
            for _ in range(round(seconds * BLOCKS_A_SECOND)):
                self.sampler.feed(None)
        else:
            for at in range(0, sound.shape[1], BLOCK_SAMPLES):
                self.sampler.feed(sound[:, at : at + BLOCK_SAMPLES])

    def kept(self, seconds: float = 2.0) -> Stage:
        self.sampler.take(seconds)
        self.hear(tone(seconds))
        assert self.states[-1] is READY
        return self

    def run_players(self) -> None:
        while self.waiting:
            self.waiting.pop(0).run()


# ---- keeping -------------------------------------------------------------------------------------


def test_what_comes_is_kept_to_the_sample_and_played_as_it_was() -> None:
    stage = Stage()
    heard = tone(3.0)
    stage.hear(heard[:, : BLOCK_SAMPLES * 3])
    stage.sampler.take(2.0)
    stage.hear(heard)
    stage.sampler.play()
    stage.run_players()
    assert [(changed.status, changed.code, changed.seconds) for changed in stage.told] == [
        (TAKING, "", 2.0), (READY, "", 2.0), (PLAYING, "", 2.0), (READY, "", 2.0),
    ]  # fmt: skip
    [played] = stage.speaker.played
    assert played.dtype == np.float32
    # From the first block after it was asked for, but for the soft ends.
    np.testing.assert_array_equal(played[:, 480:-480], heard[:, 480 : 2 * SAMPLE_RATE_HZ - 480])
    assert stage.speaker.open_streams == 0


@pytest.mark.parametrize(("wanted_s", "kept_s"), [(0.0, 0.5), (2.345, 2.345), (900.0, MOST_S)])
def test_a_sample_has_bounds_and_need_not_be_whole_blocks(wanted_s: float, kept_s: float) -> None:
    stage = Stage()
    stage.sampler.take(wanted_s)
    stage.hear(tone(16.0))
    assert [(changed.status, changed.seconds) for changed in stage.told] == [
        (TAKING, pytest.approx(kept_s)),
        (READY, pytest.approx(kept_s)),
    ]


def test_blocks_that_are_used_again_do_not_change_what_was_kept() -> None:
    stage = Stage()
    block = np.full((2, BLOCK_SAMPLES), 0.1, np.float32)
    stage.sampler.take(0.5)
    for _ in range(25):
        stage.sampler.feed(block)
    block[:] = 0.9
    stage.sampler.play()
    stage.run_players()
    assert stage.speaker.played[0].max() < 0.11


def test_a_source_that_gives_nothing_leaves_nothing_to_keep() -> None:
    stage = Stage()
    stage.sampler.take(5.0)
    stage.hear(None, 0.98)
    assert stage.states == [TAKING]
    stage.hear(None, 1.0)
    assert [(changed.status, changed.code) for changed in stage.told[1:]] == [(FAILED, "no_microphone")]
    with pytest.raises(InputError, match="sample_missing"):
        stage.sampler.play()


def test_silence_is_something_and_a_gap_is_kept_as_silence() -> None:
    stage = Stage()
    stage.sampler.take(2.0)
    stage.hear(np.zeros((2, BLOCK_SAMPLES * 25), np.float32))
    stage.hear(None, 1.0)
    stage.hear(tone(0.5))
    assert stage.states == [TAKING, READY]
    stage.sampler.play()
    stage.run_players()
    played = stage.speaker.played[0]
    assert not played[:, : round(1.5 * SAMPLE_RATE_HZ)].any()
    assert played[:, round(1.5 * SAMPLE_RATE_HZ) :].any()


def test_taking_again_replaces_what_was_kept_only_when_it_is_whole() -> None:
    stage = Stage().kept(2.0)
    stage.sampler.take(3.0)
    stage.hear(tone(1.0))
    stage.sampler.stop()
    assert (stage.told[-1].status, stage.told[-1].seconds) == (READY, 2.0)
    stage.sampler.take(3.0)
    stage.hear(tone(3.0))
    assert (stage.told[-1].status, stage.told[-1].seconds) == (READY, 3.0)


def test_stopped_before_anything_was_whole_there_is_nothing() -> None:
    stage = Stage()
    stage.sampler.take(2.0)
    stage.hear(tone(1.0))
    stage.sampler.stop()
    assert (stage.told[-1].status, stage.told[-1].seconds) == (NONE, 0.0)
    stage.hear(tone(2.0))
    stage.sampler.stop()
    assert stage.states == [TAKING, NONE]


# ---- playing -------------------------------------------------------------------------------------


def test_playing_what_was_never_kept_is_refused() -> None:
    stage = Stage()
    with pytest.raises(InputError, match="sample_missing"):
        stage.sampler.play()
    stage.sampler.take(2.0)
    with pytest.raises(InputError, match="sample_missing"):
        stage.sampler.play()
    assert stage.waiting == []


@pytest.mark.parametrize(
    ("code", "told"),
    [("no_speaker", "no_speaker"), ("speaker_in_use", "speaker_in_use"), ("unforeseen", "no_speaker")],
)
def test_a_loudspeaker_that_cannot_be_had_is_told_and_can_be_tried_again(code: str, told: str) -> None:
    stage = Stage(Speaker(code=code)).kept()
    stage.sampler.play()
    stage.run_players()
    assert (stage.told[-1].status, stage.told[-1].code, stage.told[-1].seconds) == (FAILED, told, 2.0)
    stage.speaker.code = ""
    stage.sampler.play()
    stage.run_players()
    assert stage.states[-2:] == [PLAYING, READY]


def test_a_loudspeaker_that_stands_still_is_given_up_in_time() -> None:
    stage = Stage(Speaker(ends=None)).kept(2.0)
    began_s = stage.clock.monotonic_s()
    stage.sampler.play()
    stage.run_players()
    assert (stage.told[-1].status, stage.told[-1].code) == (FAILED, "no_speaker")
    assert 2.0 < stage.clock.monotonic_s() - began_s < 10.0
    assert stage.speaker.open_streams == 0


def test_a_loudspeaker_that_goes_away_is_told_at_once() -> None:
    stage = Stage(Speaker(ends=False)).kept(2.0)
    began_s = stage.clock.monotonic_s()
    stage.sampler.play()
    stage.run_players()
    assert (stage.told[-1].status, stage.told[-1].code) == (FAILED, "no_speaker")
    assert stage.clock.monotonic_s() == began_s


def test_stopped_while_it_plays_it_is_ready_at_once_and_the_stream_is_closed_without_a_word() -> None:
    stage = Stage(Speaker(ends=None)).kept()
    stage.speaker.while_open = stage.sampler.stop
    stage.sampler.play()
    began_s = stage.clock.monotonic_s()
    stage.run_players()
    assert stage.states[-2:] == [PLAYING, READY]
    assert stage.clock.monotonic_s() == began_s
    assert stage.speaker.open_streams == 0


def test_stopped_before_it_could_open_nothing_is_opened() -> None:
    stage = Stage().kept()
    stage.sampler.play()
    stage.sampler.stop()
    stage.run_players()
    assert stage.speaker.played == []
    assert stage.states[-2:] == [PLAYING, READY]


def test_it_is_played_once_however_often_it_is_asked_for() -> None:
    stage = Stage().kept()
    stage.sampler.play()
    stage.sampler.play()
    assert len(stage.waiting) == 1


def test_taking_ends_the_playing_and_playing_the_taking() -> None:
    stage = Stage(Speaker(ends=None)).kept()
    stage.sampler.play()
    stage.sampler.take(2.0)
    stage.run_players()
    assert stage.states[-2:] == [PLAYING, TAKING]
    assert stage.speaker.played == []
    stage.sampler.play()
    assert stage.states[-1] is PLAYING
    stage.hear(tone(3.0))
    assert stage.states[-1] is PLAYING
    stage.sampler.stop()
    stage.run_players()


def test_closed_it_forgets_and_says_nothing_more() -> None:
    stage = Stage(Speaker(ends=None)).kept()
    stage.sampler.play()
    count = len(stage.told)
    stage.sampler.close()
    stage.run_players()
    stage.hear(tone(3.0))
    assert len(stage.told) == count
    with pytest.raises(InputError):
        stage.sampler.play()


# ---- level ---------------------------------------------------------------------------------------


def test_a_peak_between_the_samples_counts() -> None:
    """A quarter of the rate, sampled 45° beside its peaks: no sample is above 0.71 of them."""
    wave = np.sin(2 * np.pi * np.arange(SAMPLE_RATE_HZ) / 4 + np.pi / 4) * 1.2
    # Softly begun and ended: a step rings.
    sound = (np.stack((wave, wave)) * np.hanning(len(wave))).astype(np.float32)
    assert np.abs(sound).max() < 0.86
    assert true_peak(sound) == pytest.approx(1.2, abs=0.03)
    assert true_peak(audible(sound)) == pytest.approx(CEILING, rel=0.03)


def test_what_is_quieter_stays_as_it_is_and_its_ends_do_not_crack() -> None:
    sound = np.full((2, SAMPLE_RATE_HZ), 0.3, np.float32)
    played = audible(sound)
    np.testing.assert_array_equal(played[:, 240:-240], sound[:, 240:-240])
    assert np.abs(np.diff(np.pad(played, ((0, 0), (1, 1))), axis=1)).max() < 0.01
    assert (sound == np.float32(0.3)).all(), "what was kept is not touched"


def test_another_rate_has_the_same_tone_and_length() -> None:
    sound = resampled(tone(1.0, 1000.0), 44_100)
    assert sound.shape == (2, pytest.approx(44_100, abs=50))
    assert sound.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(sound[0]))
    assert spectrum.argmax() * 44_100 / sound.shape[1] == pytest.approx(1000.0, abs=2)
