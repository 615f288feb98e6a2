"""Encodes the programme once for everybody who wants packets: publishers and the recorder.

Pictures are encoded in a thread of their own behind a short queue (the oldest is dropped), sound in the mixer's
thread, since 20 ms of it take 0.3 ms. Sinks are called in these two threads and must not block.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import av

from app.ports.engine import Output
from app.runtime.clock import Clock
from capture.audio.rings import Sound
from capture.encode.audio import CHANNELS, AudioEncoder
from capture.encode.video import EncoderError, VideoEncoder
from capture.packets import EncodedPacket, StreamFormat
from capture.programme import SAMPLE_RATE_HZ

_LOG = logging.getLogger(__name__)
_MOST_WAITING = 4
_JOIN_S = 2.0

Sink = Callable[[EncodedPacket], None]


@dataclass(frozen=True, slots=True)
class EncodingFigures:
    """Totals since ``start``; ``encode_s`` is time inside the encoder."""

    encoded_frames: int = 0
    dropped_frames: int = 0
    video_bytes: int = 0
    encode_s: float = 0.0


class Encoding:
    """One run of the encoders. ``start`` and ``stop`` once each, from the control thread.

    ``on_failed`` is called once, in the encoding or the mixer's thread, when an encoder gives up; no more packets come
    then. A sound encoder is tried anew first: its successor makes the same headers.
    """

    def __init__(self, output: Output, encoder: str, clock: Clock, on_failed: Callable[[], None]) -> None:
        """Raises EncoderError."""
        self._clock = clock
        self._on_failed = on_failed
        self._video = VideoEncoder(output, encoder)
        self._audio_kbps = output.audio_kbps
        self._audio = AudioEncoder(output.audio_kbps)
        self._is_audio_proven = True
        self.encoder = encoder
        self.stream = StreamFormat(
            output.width_px,
            output.height_px,
            output.rate_fps,
            output.video_kbps,
            output.audio_kbps,
            SAMPLE_RATE_HZ,
            CHANNELS,
            self._video.avc_config,
            self._audio.aac_config,
        )
        self._condition = threading.Condition()
        # Under the condition:
        self._waiting: deque[tuple[int, av.VideoFrame]] = deque()
        self._video_kbps: int | None = None
        self._is_key_wanted = False
        self._is_closing = False
        self._has_failed = False
        self._dropped_frames = 0
        self._sinks: tuple[Sink, ...] = ()
        # Written by the encoding thread only:
        self._encoded_frames = 0
        self._video_bytes = 0
        self._encode_s = 0.0
        self._thread = threading.Thread(target=self._run, name="encode", daemon=True)

    def start(self) -> None:
        """Begin to encode."""
        self._thread.start()

    def add(self, sink: Sink) -> None:
        """Another taker of packets; a key frame comes soon."""
        with self._condition:
            self._sinks = (*self._sinks, sink)
            self._is_key_wanted = True

    def remove(self, sink: Sink) -> None:
        """One taker less."""
        with self._condition:
            self._sinks = tuple(other for other in self._sinks if other != sink)

    @property
    def has_failed(self) -> bool:
        """Whether it gave up. Any thread."""
        with self._condition:
            return self._has_failed

    def request_keyframe(self) -> None:
        """The next picture becomes a key frame. Any thread."""
        with self._condition:
            self._is_key_wanted = True

    def set_bitrate(self, video_kbps: int) -> None:
        """From the next picture on. Any thread."""
        with self._condition:
            self._video_kbps = video_kbps

    def offer_picture(self, slot: int, frame: av.VideoFrame) -> None:
        """Compositor's thread; never blocks."""
        with self._condition:
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                self._dropped_frames += 1
            self._waiting.append((slot, frame))
            self._condition.notify()

    def offer_sound(self, at: int, sound: Sound) -> None:
        """Mixer's thread; encodes at once."""
        if self.has_failed:
            return
        try:
            packets = self._encode_sound(at, sound)
        except Exception:
            _LOG.exception("no sound can be encoded any more")
            self._give_up()
            return
        self._hand_out(packets)

    def _encode_sound(self, at: int, sound: Sound) -> list[EncodedPacket]:
        try:
            packets = self._audio.encode(at, sound)
        except Exception:
            if not self._is_audio_proven:
                raise
            _LOG.exception("the sound encoder failed; a new one takes its place")
            self._is_audio_proven = False
            self._audio = AudioEncoder(self._audio_kbps)
            packets = self._audio.encode(at, sound)
        self._is_audio_proven = self._is_audio_proven or bool(packets)
        return packets

    def figures(self) -> EncodingFigures:
        """Any thread."""
        return EncodingFigures(self._encoded_frames, self._dropped_frames, self._video_bytes, self._encode_s)

    def stop(self) -> None:
        """End and join; pictures that still wait are dropped."""
        with self._condition:
            self._is_closing = True
            self._sinks = ()
            self._condition.notify()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            began_s = self._clock.monotonic_s()
            try:
                packets = self._encode(*work)
            except Exception:
                # Whatever it was: without a report the broadcast would stand still, and nobody would know.
                _LOG.exception("the encoder %s failed", self.encoder)
                self._give_up()
                return
            self._encode_s += self._clock.monotonic_s() - began_s
            self._encoded_frames += len(packets)
            self._video_bytes += sum(len(packet.payload) for packet in packets)
            self._hand_out(packets)

    def _next(self) -> tuple[int, av.VideoFrame] | None:
        with self._condition:
            while not self._waiting and not self._is_closing:
                self._condition.wait()
            return None if self._is_closing else self._waiting.popleft()

    def _encode(self, slot: int, frame: av.VideoFrame) -> list[EncodedPacket]:
        with self._condition:
            is_key_wanted, self._is_key_wanted = self._is_key_wanted, False
            video_kbps, self._video_kbps = self._video_kbps, None
        if is_key_wanted:
            self._video.request_keyframe()
        if video_kbps is not None:
            try:
                self._video.set_bitrate(video_kbps)
            except EncoderError:
                _LOG.warning("the bit rate stays: no other encoder could be opened")
        return self._video.encode(slot, frame)

    def _give_up(self) -> None:
        with self._condition:
            self._sinks = ()
            if self._has_failed or self._is_closing:
                return
            self._has_failed = True
        self._on_failed()

    def _hand_out(self, packets: list[EncodedPacket]) -> None:
        for packet in packets:
            for sink in self._sinks:
                try:
                    sink(packet)
                except Exception:
                    # One target that fails costs itself, not the others.
                    _LOG.exception("a packet was not taken")
