"""Colours that the screen shows, and whether a face answers them. Pure.

A face in front of a screen takes on a little of its colour. What is shown is drawn by chance and told at the start of
the flash only, so whoever plays back an older clip, or feeds one in, shows the answer to another question. Paper
answers as well: this says that the picture is of now, not that it is of a living head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.flash import BEFORE_MS, EACH_MS, GREY, WHOLE_MS, Colour, shown_at
from app.liveness.policy import POLICY, Policy


@dataclass(frozen=True, slots=True)
class Skin:
    """Mean colour of the skin in one frame; ``rgb`` 0 … 255, linear enough where nothing is clipped."""

    at_ms: float
    rgb: tuple[float, float, float]
    dark_rgb: tuple[float, float, float] | None = None
    """Mean of the darkest tenth of the picture, of the same frame."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``correlation`` −1 … 1 at the lag that fits best; ``is_judged`` False: too few frames, or skin without light.

    ``stepped``: how much of all changes any colours at all could explain that changed when these did, 0 … 1; ``share``:
    of that, how much these do. In little light noise lowers both; where another sequence is in the picture, only the
    share is low.
    """

    correlation: float
    lag_ms: float
    is_judged: bool
    share: float = 0.0
    stepped: float = 0.0
    glass_ratio: float | None = None
    """0: the darkest parts of the picture throw the screen's light back as dark things do; 1: it lies over them as over
    the skin. None: they are too bright to tell."""

    def is_mirrored(self, policy: Policy = POLICY) -> bool:
        """The colours lie over the whole picture, as on glass, and are not what things throw back."""
        return self.glass_ratio is not None and self.glass_ratio > policy.flash.mirrored_ratio

    def may_be_mirrored(self, policy: Policy = POLICY) -> bool:
        """It cannot be excluded."""
        return self.glass_ratio is None or self.glass_ratio > policy.flash.glass_ratio

    def follows(self, policy: Policy = POLICY) -> bool:
        """These colours, and no others."""
        rules = policy.flash
        clear = min(1.0, max(0.0, (self.stepped - rules.clear_from_ratio) / (1 - rules.clear_from_ratio)))
        least_share = rules.least_share + (rules.clear_share - rules.least_share) * clear
        return self.is_judged and self.correlation >= rules.least_correlation and self.share >= least_share


def answer_of(skin: Sequence[Skin], colours: Sequence[Colour], began_ms: float, policy: Policy = POLICY) -> Answer:
    """How well the skin follows these colours, of which the first grey was shown at ``began_ms``.

    Chroma is that of opponent colours of the logarithms, so that brightness of room and skin fall out; what moves
    slowly, as the camera's white balance does, is taken out by a line through each; each frame counts alike.
    """
    rules = policy.flash
    within = [one for one in skin if began_ms <= one.at_ms <= began_ms + WHOLE_MS + rules.most_lag_ms]
    least = rules.least_fps * WHOLE_MS / 1000
    if len(within) < least or min(min(one.rgb) for one in within) < rules.least_value:
        return Answer(0.0, 0.0, is_judged=False)
    times_ms = np.array([one.at_ms - began_ms for one in within])
    seen = _levelled(_chroma(np.array([one.rgb for one in within])), times_ms)
    screen = _chroma(np.array([GREY, *colours, GREY], float))
    best = Answer(-1.0, 0.0, is_judged=True)
    for lag_ms in np.arange(0.0, rules.most_lag_ms + 1, rules.lag_step_ms):
        steps = np.floor((times_ms - lag_ms - BEFORE_MS) / EACH_MS).astype(int) + 1
        found = _correlation(seen, _levelled(screen[np.clip(steps, 0, len(screen) - 1)], times_ms))
        if found > best.correlation:
            best = Answer(found, float(lag_ms), is_judged=True)
    steps = np.floor((times_ms - best.lag_ms - BEFORE_MS) / EACH_MS).astype(int) + 1
    share, stepped = _share(seen, screen, np.clip(steps, 0, len(screen) - 1), times_ms)
    return replace(best, share=share, stepped=stepped, glass_ratio=_glass_ratio(within, colours, began_ms, best.lag_ms))


def _glass_ratio(within: Sequence[Skin], colours: Sequence[Colour], began_ms: float, lag_ms: float) -> float | None:
    """In linear light, each channel against the screen's own. What is thrown back is a part of the light that is there:
    dark things have so much less of it than skin. What glass mirrors lies over both alike."""
    both = [(one.at_ms, one.rgb, one.dark_rgb) for one in within if one.dark_rgb is not None]
    if len(both) < len(within) or not both:
        return None
    times_ms = np.array([at_ms for at_ms, _, _ in both])
    shown = _linear(np.array([shown_at(colours, at_ms - lag_ms - began_ms) for at_ms in times_ms], float))
    screen = _levelled(shown, times_ms)
    skin, dark = (_linear(np.array(values)) for values in ([rgb for _, rgb, _ in both], [rgb for *_, rgb in both]))
    on_skin = (_levelled(skin, times_ms) * screen).sum(axis=0)
    on_dark = (_levelled(dark, times_ms) * screen).sum(axis=0)
    thrown = on_skin * dark.mean(axis=0) / skin.mean(axis=0)
    between = float((on_skin - thrown).sum())
    if between <= _LEAST_CONTRAST * float(np.abs(on_skin).sum()):
        return None
    return float((on_dark - thrown).sum()) / between


_LEAST_CONTRAST = 0.2
"""Where the darkest parts are nearly as bright as skin, the one cannot be told from the other."""


def _linear(coded: NDArray[Any]) -> NDArray[Any]:
    """Light, 0 … 1, of sRGB values; near enough by its exponent."""
    result: NDArray[Any] = (np.clip(coded, 0, 255) / 255) ** 2.2
    return result


def _chroma(rgb: NDArray[Any]) -> NDArray[Any]:
    """N × 2: red against green, and blue against both."""
    red, green, blue = np.log(np.maximum(rgb, 1.0)).T
    return np.stack((red - green, blue - (red + green) / 2), axis=1)


def _levelled(values: NDArray[Any], times_ms: NDArray[Any]) -> NDArray[Any]:
    """Without mean and slope."""
    basis = np.stack((np.ones_like(times_ms), times_ms - times_ms.mean()), axis=1)
    fitted, *_ = np.linalg.lstsq(basis, values, rcond=None)
    result: NDArray[Any] = values - basis @ fitted
    return result


def _share(
    seen: NDArray[Any], screen: NDArray[Any], steps: NDArray[Any], times_ms: NDArray[Any]
) -> tuple[float, float]:
    """What these colours explain, over what the best ones for these steps would; and that."""
    shown = _levelled(screen[steps], times_ms)
    spread, shown_spread = seen.std(axis=0), shown.std(axis=0)
    if not spread.all() or not shown_spread.all():
        return 0.0, 0.0
    levels = [seen[steps == step] for step in range(len(screen))]
    means = np.array([level.mean(axis=0) if len(level) else np.zeros(2) for level in levels])
    weights = shown_spread / shown_spread.sum()
    by_these = np.maximum((seen * shown).mean(axis=0) / (spread * shown_spread), 0.0) ** 2
    by_any = 1 - ((seen - means[steps]) ** 2).mean(axis=0) / spread**2
    stepped = float((weights * by_any).sum())
    return float((weights * by_these).sum()) / max(stepped, 1e-6), stepped


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Of both channels together: each is brought to the spread that it has in what was shown."""
    spread_one, spread_other = one.std(axis=0), other.std(axis=0)
    if not spread_one.all() or not spread_other.all():
        return 0.0
    scores = (one * other).mean(axis=0) / (spread_one * spread_other)
    weights = spread_other / spread_other.sum()
    return float((scores * weights).sum())
