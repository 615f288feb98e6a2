"""The loudspeaker over PortAudio's functions: what is played, what is refused, and that streams are counted."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.errors import DeviceError
from capture.audio.loudspeaker import Loudspeaker
from capture.audio.rings import Sound
from capture.devices.microphones import PortAudioHost
from tests.unit.capture.test_sample import tone


class PortAudioError(Exception):
    """As of sounddevice: message, number."""


class CallbackStop(Exception):
    """As of sounddevice."""


class Library:
    """What of sounddevice is used, with one loudspeaker by script. ``refusals``: what opening at a rate raises."""

    PortAudioError, CallbackStop = PortAudioError, CallbackStop

    def __init__(self, channels: int = 2, rate_hz: int = 48_000, refusals: dict[int, int] | None = None) -> None:
        self.device: dict[str, Any] | None = {
            "index": 3, "max_output_channels": channels, "default_samplerate": float(rate_hz),
        }  # fmt: skip
        self.refusals = refusals or {}
        self.streams: list[Stream] = []
        self.initialised = 0
        self.start_fails = False

    def _terminate(self) -> None:
        assert all(stream.is_closed for stream in self.streams), "an open stream would be torn away"

    def _initialize(self) -> None:
        self.initialised += 1

    def query_devices(self, kind: str = "") -> Any:
        if self.device is None:
            raise PortAudioError(f"no {kind} device", -9996)
        return self.device

    def OutputStream(self, **wishes: Any) -> Stream:
        if number := self.refusals.get(wishes["samplerate"]):
            raise PortAudioError("refused", number)
        stream = Stream(self, wishes)
        self.streams.append(stream)
        return stream


class Stream:
    def __init__(self, library: Library, wishes: dict[str, Any]) -> None:
        self.library, self.wishes = library, wishes
        self.is_closed = self.is_aborted = False
        self.played: list[np.ndarray] = []

    def start(self) -> None:
        if self.library.start_fails:
            raise PortAudioError("cannot start", -9985)

    def abort(self) -> None:
        self.is_aborted = True
        raise PortAudioError("the device is gone", -9999)

    def close(self) -> None:
        self.is_closed = True

    def turn(self, frames: int = 500) -> bool:
        """One callback; whether more may come."""
        out = np.full((frames, self.wishes["channels"]), np.nan, np.float32)
        try:
            self.wishes["callback"](out, frames, SimpleNamespace(), None)
        except CallbackStop:
            self.wishes["finished_callback"]()
            return False
        finally:
            self.played.append(out)
        return True


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library()
    monkeypatch.setitem(sys.modules, "sounddevice", library)  # type: ignore[arg-type]
    return library


def open_speaker(sound: Sound) -> tuple[Any, list[bool]]:
    ended: list[bool] = []
    return Loudspeaker(PortAudioHost()).open(sound, ended.append), ended


def test_all_is_played_once_and_the_rest_of_the_last_block_is_silent(library: Library) -> None:
    sound = tone(0.03)
    opened, ended = open_speaker(sound)
    [stream] = library.streams
    while stream.turn():
        assert ended == []
    assert ended == [True]
    played = np.concatenate(stream.played)
    np.testing.assert_array_equal(played[: sound.shape[1]], sound.T)
    assert not played[sound.shape[1] :].any()
    assert np.isfinite(played).all()
    opened.close()
    assert stream.is_aborted
    assert stream.is_closed


def test_a_mono_loudspeaker_gets_both_sides(library: Library) -> None:
    library.device["max_output_channels"] = 1  # type: ignore[index]
    sound = tone(0.02)
    sound[1] = 0.0
    open_speaker(sound)
    [stream] = library.streams
    while stream.turn():
        pass
    np.testing.assert_allclose(np.concatenate(stream.played)[: sound.shape[1], 0], sound[0] / 2, atol=1e-7)


def test_a_loudspeaker_of_another_rate_gets_its_own(library: Library) -> None:
    library.device["default_samplerate"] = 44_100.0  # type: ignore[index]
    library.refusals = {48_000: -9997}
    open_speaker(tone(1.0))
    [stream] = library.streams
    assert stream.wishes["samplerate"] == 44_100
    while stream.turn(441):
        pass
    played = np.concatenate(stream.played)
    [places] = np.nonzero(played[:, 0])
    assert places[-1] == pytest.approx(44_100, abs=100)


def test_a_stream_that_ends_early_says_so(library: Library) -> None:
    opened, ended = open_speaker(tone(1.0))
    [stream] = library.streams
    stream.turn()
    stream.wishes["finished_callback"]()
    assert ended == [False]
    opened.close()


@pytest.mark.parametrize(
    ("refusals", "code"),
    [
        ({48_000: -9985, 44_100: -9985}, "speaker_in_use"),
        ({48_000: -9997, 44_100: -9985}, "speaker_in_use"),
        ({48_000: -9996, 44_100: -9996}, "no_speaker"),
        ({48_000: -9999, 44_100: -9999}, "no_speaker"),
    ],
)
def test_taken_is_told_apart_from_missing(library: Library, refusals: dict[int, int], code: str) -> None:
    library.device["default_samplerate"] = 44_100.0  # type: ignore[index]
    library.refusals = refusals
    with pytest.raises(DeviceError, match=code):
        open_speaker(tone(0.1))


def test_without_a_loudspeaker_or_without_portaudio_there_is_none(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.device = None
    with pytest.raises(DeviceError, match="no_speaker"):
        open_speaker(tone(0.1))

    def missing(_: str) -> Any:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(DeviceError, match="no_speaker"):
        open_speaker(tone(0.1))


def test_portaudio_is_made_anew_only_while_nothing_plays_and_a_failed_start_holds_nothing(library: Library) -> None:
    host = PortAudioHost()
    speaker = Loudspeaker(host)
    first = speaker.open(tone(0.1), lambda _: None)
    assert library.initialised == 1
    second = speaker.open(tone(0.1), lambda _: None)
    assert library.initialised == 1
    first.close()
    host.hold(lambda _: None)
    assert library.initialised == 1, "one is open still"
    host.release()
    second.close()
    library.start_fails = True
    with pytest.raises(DeviceError, match="speaker_in_use"):
        speaker.open(tone(0.1), lambda _: None)
    assert all(stream.is_closed for stream in library.streams)
    library.start_fails = False
    speaker.open(tone(0.1), lambda _: None).close()
    assert library.initialised == 3
