"""AAC-LC encoding of the programme's sound. One thread at a time (the mixer's)."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from capture.audio.rings import Sound
from capture.encode.video import EncoderError
from capture.packets import EncodedPacket
from capture.programme import SAMPLE_RATE_HZ, audio_pts_ms

FRAME_SAMPLES = 1024
CHANNELS = 2


class AudioEncoder:
    """Takes blocks of any length, numbered by sample; ``aac_config`` is the AudioSpecificConfig."""

    def __init__(self, audio_kbps: int) -> None:
        """Raises EncoderError."""
        try:
            context = av.CodecContext.create("aac", "w")
            if not isinstance(context, AudioCodecContext):
                raise EncoderError
            context.sample_rate = SAMPLE_RATE_HZ
            context.format = "fltp"
            context.layout = "stereo"
            context.bit_rate = audio_kbps * 1000
            context.time_base = Fraction(1, SAMPLE_RATE_HZ)
            context.flags |= Flags.global_header
            context.open()
        except (av.FFmpegError, OSError, ValueError) as cause:
            raise EncoderError from cause
        self._context = context
        self.aac_config = context.extradata or b""
        self._left: Sound = np.zeros((CHANNELS, 0), np.float32)
        self._next = 0

    def encode(self, at: int, sound: Sound) -> list[EncodedPacket]:
        """Sound from sample ``at`` on; after a jump what was left over is dropped, for it has no neighbour."""
        if at != self._next:
            self._left = self._left[:, :0]
        whole = np.concatenate((self._left, sound), axis=1) if self._left.shape[1] else sound
        first = at - self._left.shape[1]
        self._next = at + sound.shape[1]
        packets: list[EncodedPacket] = []
        place = 0
        while whole.shape[1] - place >= FRAME_SAMPLES:
            packets += self._pack(first + place, whole[:, place : place + FRAME_SAMPLES])
            place += FRAME_SAMPLES
        self._left = whole[:, place:].copy()
        return packets

    def _pack(self, at: int, sound: Sound) -> list[EncodedPacket]:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), "fltp", "stereo")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = at
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        try:
            packets = self._context.encode(frame)
        except (av.FFmpegError, OSError, ValueError) as cause:
            raise EncoderError from cause
        # The encoder's delay is in its pts already: the first packet is that much earlier.
        made = [(audio_pts_ms(packet.pts or 0), bytes(packet)) for packet in packets]
        return [EncodedPacket("audio", pts_ms, pts_ms, False, payload) for pts_ms, payload in made]
