"""``python -m bench.liveness_sim.measure_portraits``: where eyes and mouths lie, into portraits.json.

Run once for each picture that is added; the simulator reads the file and needs no finder of faces.
"""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np

from app.liveness.face import LEFT_EYE_OUTER, RIGHT_EYE_OUTER, Points, pose_of
from app.liveness.mesh import MediapipeMesh
from bench.liveness_sim.portraits import POINTS_FILE, picture_of

MIDDLES = {
    "astronaut": (225, 120, 125), "people/sample3-a": (690, 480, 275),
    "people/sample6-b": (371, 640, 272), "people/sample6-c": (1581, 423, 275), "people/sample5-a": (478, 1040, 282),
}  # fmt: skip
"""Middle and half side of a square around each face, in pixels."""
SIDE_PX = 480
LINES = {
    "eye_right_upper": (33, 246, 161, 160, 159, 158, 157, 173, 133),
    "eye_right_lower": (33, 7, 163, 144, 145, 153, 154, 155, 133),
    "eye_left_upper": (362, 398, 384, 385, 386, 387, 388, 466, 263),
    "eye_left_lower": (362, 382, 381, 380, 374, 373, 390, 249, 263),
    "lip_upper": (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    "lip_lower": (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    "nose": (168, 6, 1, 2),
    "brows": (105, 334),
    "edges": (234, 454, 10, 152),
}


def main() -> int:
    mesh = MediapipeMesh(has_memory=False)
    found: dict[str, dict[str, list[list[float]]]] = {}
    for name, (x, y, half) in MIDDLES.items():
        whole = picture_of(name)
        if whole is None:
            print(f"{name}: no such picture", file=sys.stderr)
            continue
        scale = SIDE_PX / (2 * half)
        points = _points(mesh, whole, (x, y), scale)
        level = np.degrees(np.arctan2(*(points[LEFT_EYE_OUTER] - points[RIGHT_EYE_OUTER])[1::-1]))
        found[name] = {line: np.round(points[list(which), :2], 1).tolist() for line, which in LINES.items()}
        found[name]["tilt"] = [[round(float(level), 2), round(pose_of(points).yaw_deg, 1)]]
    mesh.close()
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(lines)}" for name, lines in found.items())
    POINTS_FILE.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
    return 0


def _points(mesh: MediapipeMesh, whole: np.ndarray, middle: tuple[int, int], scale: float) -> Points:
    to = np.array([[scale, 0, SIDE_PX / 2 - middle[0] * scale], [0, scale, SIDE_PX / 2 - middle[1] * scale]])
    square = cv2.warpAffine(whole, to, (SIDE_PX, SIDE_PX), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    points = mesh.find(np.asarray(square, np.uint8)).points
    if points is None:
        raise ValueError("no face")
    points = points.copy()
    points[:, :2] = (points[:, :2] - to[:, 2]) / scale
    return points


if __name__ == "__main__":
    sys.exit(main())
