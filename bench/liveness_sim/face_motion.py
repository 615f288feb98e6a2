"""Eyelids that close and a mouth that opens, as a shift of the places from which a face takes its colour.

Works on the places of the pixels (millimetres of the portrait), after the form of the head is known: lids and lips move
over the surface. The lid brings the skin between eye and brow down and has lashes at its edge; the lower lip takes
the chin along; in between it is dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.liveness_sim.portraits import Portrait

Field = NDArray[Any]
MOUTH_LIGHTS = np.array([(0.012, 0.010, 0.022), (0.36, 0.42, 0.45), (0.05, 0.05, 0.16)], np.float32)
"""Of the inside, BGR, linear: dark, teeth, tongue."""
_LASH_MM, _LASH_LIGHT = 1.3, 0.30
_LID_MM = 9.0
"""Of skin above the eye that becomes its lid."""


@dataclass(frozen=True, slots=True)
class Face:
    """``lids``: 0 open … 1 shut; ``mouth_mm``: between the lips, more than in the portrait."""

    lids: float = 0.0
    mouth_mm: float = 0.0


OPEN = Face()
"""Eyes open, mouth as in the portrait."""


def moved(places: Field, face: Face, portrait: Portrait) -> Field | None:
    """H × W × 2 places, in place. Returns by how much each is darkened (1: not; below 0: the inside of the mouth,
    see MOUTH_LIGHTS), or None when nothing is."""
    shade: Field | None = None
    if face.lids > 0.01:
        shade = np.ones(places.shape[:2], np.float32)
        for side in ("right", "left"):
            _close(places, shade, face.lids, portrait.lines[f"eye_{side}_upper"], portrait.lines[f"eye_{side}_lower"])
    if face.mouth_mm > 0.2:
        if shade is None:
            shade = np.ones(places.shape[:2], np.float32)
        _open(places, shade, face.mouth_mm, portrait)
    return shade


def _close(places: Field, shade: Field, lids: float, upper: Field, lower: Field) -> None:
    x, y = places[..., 0], places[..., 1]
    # A little beyond the corners, where the lids meet.
    left, right = upper[0, 0] - 1.5, upper[-1, 0] + 1.5
    high = upper[:, 1].min() - _LID_MM
    rows, columns = np.nonzero((x > left) & (x < right) & (y > high) & (y < lower[:, 1].max() + 2))
    if not len(rows):
        return
    at_x, at_y = x[rows, columns], y[rows, columns]
    top = np.interp(at_x, upper[:, 0], upper[:, 1])
    bottom = np.interp(at_x, lower[:, 0], lower[:, 1]) + 0.8
    edge = top + lids * np.maximum(0.0, bottom - top)
    is_lid = at_y < edge
    start = top - _LID_MM
    share = np.clip((at_y - start) / np.maximum(edge - start, 1e-3), 0, 1)
    # The crease stays, so most of the stretch is near the edge.
    drawn = start + share * (top - 1.2 - start)
    places[rows[is_lid], columns[is_lid], 1] = drawn[is_lid]
    lashes = 1 - (1 - _LASH_LIGHT) * np.exp(-(((at_y - edge) / _LASH_MM) ** 2))
    shade[rows, columns] = np.where(edge - top > 0.5, lashes, 1.0)


def _open(places: Field, shade: Field, gap_mm: float, portrait: Portrait) -> None:
    upper, lower = portrait.lines["lip_upper"], portrait.lines["lip_lower"]
    chin_y = float(portrait.lines["edges"][3, 1])
    middle_x = float(upper[:, 0].mean())
    half = float(upper[-1, 0] - upper[0, 0]) / 2 * 0.98
    x, y = places[..., 0], places[..., 1]
    rows, columns = np.nonzero((np.abs(x - middle_x) < 2.2 * half) & (y > lower[:, 1].min() - 3))
    if not len(rows):
        return
    at_x, at_y = x[rows, columns], y[rows, columns]
    line = (np.interp(at_x, upper[:, 0], upper[:, 1]) + np.interp(at_x, lower[:, 0], lower[:, 1])) / 2
    off = (at_x - middle_x) / half
    lens = gap_mm * np.clip(1 - np.abs(off) ** 2.5, 0, None) ** 0.6
    jaw = gap_mm * 0.8 * np.clip(1 - np.abs(off / 2.2) ** 2, 0, 1)
    below = at_y - line
    share = np.clip((below - lens) / max(8.0, chin_y - float(lower[:, 1].mean())), 0, 1)
    drop = np.where(np.abs(off) < 1, lens + (jaw - lens) * share, jaw * np.clip(below / 20, 0, 1))
    is_inside = (below > 0) & (below < lens)
    is_below = (below > 0) & ~is_inside
    places[rows[is_below], columns[is_below], 1] -= np.minimum(drop, np.maximum(below, 0))[is_below]
    rim = np.minimum(below, lens - below) / 1.2
    # Negative: of the mouth; −1 is dark, −2 a tooth, −3 the tongue.
    is_tooth = is_inside & (below < 7) & (lens > 12) & (np.abs(off) < 0.75)
    is_tongue = is_inside & (below > 0.62 * lens) & (lens > 14) & (np.abs(off) < 0.7)
    kind = np.where(is_tooth, -2.0, np.where(is_tongue, -3.0, -1.0))
    shade[rows[is_inside], columns[is_inside]] = np.where(rim < 1, np.clip(1 - rim, 0, 1), kind)[is_inside]
