"""The process that finds the points of faces: pictures on its standard input, their points on its standard output.

A picture is HEADER and then height · width · 3 bytes of BGR. The first line of output says whether there is a finder
(``Hello``); then each picture is answered by ANSWER, the 478 · 3 points of the widest face as float32 where there is
one, and four float32 for the outline of each further face. It is told nothing else, has no launch line, keeps no log
and no picture, and ends with its standard input.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from collections.abc import Callable
from typing import BinaryIO

import cv2
import msgspec
import numpy as np

from app.liveness.analysis import Found, Mesh
from app.liveness.face import MESH_POINTS, Box, Pose
from app.liveness.mesh import MediapipeMesh, MeshMissingError
from capture.meters.face_child import Hello

HEADER = struct.Struct("<HH")
"""Width and height in pixels."""
ANSWER = struct.Struct("<?B3f")
"""Whether there is a face, how many further ones are told, and how points lie at rest: yaw, pitch, roll in degrees."""
POINTS_BYTES, BOX_BYTES = MESH_POINTS * 3 * 4, 4 * 4
MOST_OTHERS = 8
LARGEST_PX = 1280


def run_mesh() -> int:
    """Until standard input ends; 0 then, 1 without a finder."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    cv2.setNumThreads(1)
    return serve(sys.stdin.buffer, answers, MediapipeMesh)


def serve(pictures: BinaryIO, answers: BinaryIO, make: Callable[[], Mesh]) -> int:
    """The same over any pair of streams."""
    try:
        mesh = make()
    except MeshMissingError as cause:
        _say(answers, Hello(is_available=False, reason=str(cause)[:200]))
        return 1
    # The first picture costs what none does afterwards.
    mesh.find(np.zeros((480, 640, 3), np.uint8))
    _say(answers, Hello(is_available=True))
    try:
        while len(header := pictures.read(HEADER.size)) == HEADER.size:
            width_px, height_px = HEADER.unpack(header)
            pixels = pictures.read(width_px * height_px * 3)
            if len(pixels) < width_px * height_px * 3:
                break
            answers.write(packed(mesh.find(np.frombuffer(pixels, np.uint8).reshape(height_px, width_px, 3))))
    finally:
        mesh.close()
    return 0


def packed(found: Found) -> bytes:
    """An answer."""
    others = list(found.others)[:MOST_OTHERS]
    points = b"" if found.points is None else np.asarray(found.points, "<f4").tobytes()
    boxes = np.array([(one.left_px, one.top_px, one.width_px, one.height_px) for one in others], "<f4").tobytes()
    rest = found.rest
    head = ANSWER.pack(found.points is not None, len(others), rest.yaw_deg, rest.pitch_deg, rest.roll_deg)
    return head + points + boxes


def read_answer(answers: BinaryIO, scale: float) -> Found:
    """The next one, in pixels ``scale`` times as many. Raises OSError at the end of the stream."""
    has_points, count, *rest = ANSWER.unpack(_exactly(answers, ANSWER.size))
    if count > MOST_OTHERS:
        raise OSError(f"an answer of {count} faces")
    points = None
    if has_points:
        points = np.frombuffer(_exactly(answers, POINTS_BYTES), "<f4").reshape(MESH_POINTS, 3) * np.float32(scale)
    boxes = np.frombuffer(_exactly(answers, BOX_BYTES * count), "<f4").reshape(count, 4) * np.float32(scale)
    return Found(points, tuple(Box(*(float(value) for value in box)) for box in boxes), Pose(*rest))


def _exactly(answers: BinaryIO, count: int) -> bytes:
    data = answers.read(count) if count else b""
    if len(data) < count:
        raise OSError("no answer")
    return data


def _say(answers: BinaryIO, hello: Hello) -> None:
    answers.write(msgspec.json.encode(hello) + b"\n")
    answers.flush()
