"""Which colours the screen shows, and when. Pure: the service draws them, the window shows them, both judge by them.

They keep to WCAG 2.3.1: fewer than three changes a second, no saturated red.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Colour = tuple[int, int, int]
"""sRGB, 0 … 255."""
GREY: Colour = (160, 160, 160)
PALETTE: tuple[Colour, ...] = (
    (40, 90, 255),
    (40, 220, 90),
    (255, 215, 60),
    (60, 215, 235),
    (225, 120, 235),
    (255, 170, 120),
)
"""Blue, green, yellow, cyan, pink, apricot: bright, and far from each other in chroma."""
COLOURS = 8
BEFORE_MS, EACH_MS, AFTER_MS = 600.0, 400.0, 400.0
"""Grey, each colour (2.5 changes a second), grey."""
WHOLE_MS = BEFORE_MS + COLOURS * EACH_MS + AFTER_MS


def drawn(choose: Callable[[Sequence[Colour]], Colour]) -> tuple[Colour, ...]:
    """A sequence in which no colour follows itself. ``choose`` takes one of several, as ``secrets.choice`` does."""
    shown: list[Colour] = []
    for _ in range(COLOURS):
        shown.append(choose([one for one in PALETTE if not shown or one != shown[-1]]))
    return tuple(shown)


def shown_at(colours: Sequence[Colour], since_ms: float) -> Colour:
    """What is on the screen so long after the flash began."""
    index = int((since_ms - BEFORE_MS) // EACH_MS)
    return colours[index] if since_ms >= BEFORE_MS and index < len(colours) else GREY
