"""Which hardware encoders of this machine really encode: found by trial. Any worker thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import av
import av.logging
import msgspec
from av.codec import codecs_available

from app.ports.engine import Output
from capture.encode.video import HARDWARE, SOFTWARE, EncoderError, VideoEncoder
from capture.frames import I420

_LOG = logging.getLogger(__name__)
_TRIAL_S = 2.0
_WITHOUT_DEMANDS = frozenset({"h264_amf"})
"""Drivers of AMD differ in whether they make a key frame when one is asked for."""


def probe_encoders(output: Output, candidates: Sequence[str] = HARDWARE) -> tuple[str, ...]:
    """Encoders that encoded two seconds, best first; libx264 is always the last. 60 ms for one that is absent."""
    found = [name for name in candidates if name in codecs_available and works(output, name)]
    return (*found, SOFTWARE)


def works(output: Output, name: str, make: Callable[[Output, str], VideoEncoder] = VideoEncoder) -> bool:
    """Whether an encoder makes a packet of every picture, the first a key frame, and others where they belong.

    That is: one on demand, in the middle of a group of pictures that is longer than the trial. From an encoder that may
    not know demands, regular ones are enough: viewers then wait for the next of them.
    """
    count = max(2, round(_TRIAL_S * output.rate_fps))
    has_demands = name not in _WITHOUT_DEMANDS
    trial = msgspec.structs.replace(output, gop_s=2 * _TRIAL_S if has_demands else _TRIAL_S / 2)
    picture = I420(output.width_px, output.height_px)
    picture.fill_black()
    # FFmpeg tells the reason for every missing driver; that is noise here.
    level = av.logging.get_level()
    av.logging.set_level(av.logging.PANIC)
    try:
        encoder = make(trial, name)
        packets = []
        for slot in range(count):
            picture.y[:, : 2 + slot % 64] = 16 + slot % 200
            if slot == count // 2 and has_demands:
                encoder.request_keyframe()
            packets += encoder.encode(slot, picture.frame())
        packets += encoder.flush()
    except EncoderError as error:
        _LOG.info("encoder %s is not to be had: %s", name, error.__cause__)
        return False
    finally:
        av.logging.set_level(level)
    middle_ms = round(count // 2 * 1000 / output.rate_fps)
    keys_ms = [packet.pts_ms for packet in packets if packet.is_keyframe]
    is_good = len(packets) == count and keys_ms[:1] == [0] and middle_ms in keys_ms
    _LOG.info("encoder %s: %d of %d pictures, key frames at %s ms", name, len(packets), count, keys_ms)
    return is_good
