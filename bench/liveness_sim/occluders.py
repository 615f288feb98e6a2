"""What people wear before their faces, painted on a portrait: a mask, sunglasses, hair over the eyes."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.liveness_sim.portraits import ABOVE_MM, HALF_WIDTH_MM, PX_PER_MM, Portrait, linear

Field = NDArray[Any]


class Occluder(StrEnum):
    BLUE_MASK = "blue_mask"
    WHITE_MASK = "white_mask"
    BLACK_MASK = "black_mask"
    SUNGLASSES = "sunglasses"


_MASKS: dict[Occluder, tuple[int, int, int]] = {
    Occluder.BLUE_MASK: (215, 180, 140),
    Occluder.WHITE_MASK: (225, 228, 230),
    Occluder.BLACK_MASK: (45, 42, 42),
}
"""sRGB, as BGR."""


def worn(portrait: Portrait, occluder: Occluder) -> Portrait:
    """The same face with it."""
    albedo = portrait.albedo.copy()
    if occluder is Occluder.SUNGLASSES:
        for side in ("right", "left"):
            eye = np.concatenate((portrait.lines[f"eye_{side}_upper"], portrait.lines[f"eye_{side}_lower"]))
            middle = eye.mean(axis=0) + np.array([0, 4])
            cv2.ellipse(albedo, _at(middle), (54, 44), 0, 0, 360, (0.012, 0.012, 0.012), -1, cv2.LINE_AA)
        cv2.line(
            albedo, _at(portrait.lines["eye_right_upper"][-1]), _at(portrait.lines["eye_left_upper"][0]),
            (0.012, 0.012, 0.012), 8, cv2.LINE_AA,
        )  # fmt: skip
    else:
        _mask(albedo, portrait, linear(np.array(_MASKS[occluder], np.uint8)))
    return replace(portrait, name=f"{portrait.name}-{occluder}", albedo=albedo)


def _mask(albedo: Field, portrait: Portrait, colour: Field) -> None:
    """From the bridge of the nose to under the chin, with folds."""
    nose, edges = portrait.lines["nose"], portrait.lines["edges"]
    top = nose[1] + (nose[2] - nose[1]) * 0.35
    chin = edges[3] + np.array([0, 14])
    outline = np.array(
        [
            edges[0], top, top, top, edges[1], edges[1], chin, chin, edges[0],
        ]
    )  # fmt: skip
    outline += np.array([(4, 10), (-26, 8), (0, 0), (26, 8), (-4, 10), (-14, 50), (28, 0), (-28, 0), (14, 50)])
    cover = np.zeros(albedo.shape[:2], np.float32)
    cv2.fillPoly(cover, [np.array([_at(one) for one in outline], np.int32)], 1.0, cv2.LINE_AA)
    rows = (np.arange(albedo.shape[0]) / PX_PER_MM - ABOVE_MM)[:, None]
    folds = 1 + 0.10 * np.sin(2 * np.pi * rows / 17)
    weave = np.random.default_rng(2).normal(1, 0.03, cover.shape)
    cloth = colour[None, None] * (folds * weave)[..., None]
    albedo[:] = albedo * (1 - cover[..., None]) + cloth * cover[..., None]


def _at(place: Field) -> tuple[int, int]:
    return round(float(place[0] + HALF_WIDTH_MM) * PX_PER_MM), round(float(place[1] + ABOVE_MM) * PX_PER_MM)
