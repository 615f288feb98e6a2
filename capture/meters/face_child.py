"""The process that looks for faces: pictures on its standard input, an answer a line on its standard output.

A picture is HEADER and then height · width · 3 bytes of RGB. The first line says whether there is a finder (``Hello``);
each further one answers a picture, in order (``Answer``). It is told nothing else, so it has no launch line, keeps no
log, and ends with its standard input.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

import msgspec
import numpy as np

from app.domain.quality.measures import FaceBox
from capture.meters.faces import FaceFinder, FinderMissingError, MediapipeFinder

HEADER = struct.Struct("<HH")
"""Width and height in pixels."""
LARGEST_PX = 1024
_NICENESS = 5
"""The programme goes first."""


class Hello(msgspec.Struct, frozen=True):
    """The first line."""

    is_available: bool
    reason: str = ""


class Answer(msgspec.Struct, frozen=True):
    """The faces of one picture, largest first."""

    faces: tuple[FaceBox, ...]


def run_faces() -> int:
    """Until standard input ends; 0 then, 1 without a finder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    return serve(sys.stdin.buffer, answers, MediapipeFinder)


def serve(pictures: BinaryIO, answers: BinaryIO, make: Callable[[], FaceFinder]) -> int:
    """The same over any pair of streams."""
    try:
        finder = make()
    except FinderMissingError as cause:
        _say(answers, Hello(is_available=False, reason=str(cause)[:200]))
        return 1
    _say(answers, Hello(is_available=True))
    while len(header := pictures.read(HEADER.size)) == HEADER.size:
        width_px, height_px = HEADER.unpack(header)
        pixels = pictures.read(width_px * height_px * 3)
        if len(pixels) < width_px * height_px * 3:
            break
        rgb = np.frombuffer(pixels, np.uint8).reshape(height_px, width_px, 3)
        _say(answers, Answer(finder.find(rgb)))
    return 0


def _say(answers: BinaryIO, what: Hello | Answer) -> None:
    answers.write(msgspec.json.encode(what) + b"\n")
    answers.flush()
