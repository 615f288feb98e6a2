"""One encoding for all who want packets: what becomes of it when an encoder or a taker fails. Its thread's work is
called from here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.ports.engine import Output
from app.runtime.clock import ManualClock
from capture.encode.audio import AudioEncoder
from capture.encode.encoding import Encoding
from capture.encode.video import EncoderError
from capture.frames import I420
from capture.packets import EncodedPacket

OUTPUT = Output(width_px=128, height_px=128, rate_fps=25, video_kbps=200)
QUIET = np.zeros((2, 960), np.float32)


class Desk:
    def __init__(self) -> None:
        self.failures = 0
        self.packets: list[EncodedPacket] = []
        self.encoding = Encoding(OUTPUT, "libx264", ManualClock(), self._failed)
        self.encoding.add(self.packets.append)
        self._slot = self._at = 0

    def _failed(self) -> None:
        self.failures += 1

    def show(self, count: int = 1) -> None:
        """Pictures, encoded in this thread."""
        picture = I420(128, 128)
        picture.fill_black()
        for _ in range(count):
            self.encoding.offer_picture(self._slot, picture.frame())
            self._slot += 1

        self.encoding._next = _only(self.encoding._next, count)  # type: ignore[method-assign]
        try:
            self.encoding._run()
        finally:
            del self.encoding._next

    def play(self, blocks: int) -> None:
        for _ in range(blocks):
            self.encoding.offer_sound(self._at, QUIET)
            self._at += 960

    def heard(self) -> int:
        return sum(not packet.is_video for packet in self.packets)


def _only(take: Callable[[], object], count: int) -> Callable[[], object]:
    left = iter(range(count))
    return lambda: take() if next(left, None) is not None else None


@pytest.mark.parametrize("error", [EncoderError(), ArithmeticError(), MemoryError()])
def test_whatever_the_encoder_fails_with_is_reported_once(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    desk = Desk()
    desk.show()
    assert len(desk.packets) == 1

    def fail(*_: object) -> list[EncodedPacket]:
        raise error

    monkeypatch.setattr(desk.encoding._video, "encode", fail)
    desk.show()
    assert desk.failures == 1
    assert desk.encoding.has_failed
    desk.play(10)
    assert desk.failures == 1
    assert len(desk.packets) == 1, "nothing comes after a failure"


def test_one_taker_that_fails_costs_the_others_nothing() -> None:
    desk = Desk()

    def wild(packet: EncodedPacket) -> None:
        raise ArithmeticError

    desk.encoding.remove(desk.packets.append)
    desk.encoding.add(wild)
    desk.encoding.add(desk.packets.append)
    desk.show(3)
    desk.play(10)
    assert sum(packet.is_video for packet in desk.packets) == 3
    assert desk.heard() > 5
    assert desk.failures == 0


def test_a_sound_encoder_that_fails_is_replaced_by_a_new_one() -> None:
    desk = Desk()
    desk.play(10)
    before = desk.heard()
    old = desk.encoding._audio

    def fail(*_: object) -> list[EncodedPacket]:
        raise EncoderError

    old.encode = fail  # type: ignore[method-assign]
    desk.play(10)
    assert desk.encoding._audio is not old
    assert desk.encoding._audio.aac_config == old.aac_config
    assert desk.heard() >= before + 7
    assert desk.failures == 0


def test_a_sound_encoder_whose_successor_fails_too_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.play(10)
    before = desk.heard()

    def fail(*_: object) -> list[EncodedPacket]:
        raise EncoderError

    monkeypatch.setattr(AudioEncoder, "encode", fail)
    desk.play(5)
    assert desk.failures == 1
    assert desk.heard() == before


def test_a_bit_rate_that_cannot_be_had_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()

    def fail(video_kbps: int) -> None:
        raise EncoderError

    monkeypatch.setattr(desk.encoding._video, "set_bitrate", fail)
    desk.encoding.set_bitrate(900)
    desk.show(2)
    assert len(desk.packets) == 2
    assert desk.failures == 0
