"""What the service counted in a session, in words. Pure."""

from __future__ import annotations

from app.contract.rest import SessionFigures
from app.i18n import Translator
from ui.presenters.common import clock_text, count_text

UNTOLD = "—"


def figure_lines(figures: SessionFigures | None, comments: int, tr: Translator) -> tuple[tuple[str, str], ...]:
    """Names and values, always the same in number; a dash for each while there are none."""
    values = (UNTOLD,) * 6
    if figures is not None:
        values = (
            count_text(figures.onlookers),
            count_text(figures.viewers_peak),
            f"{figures.viewers_average:,.1f}",
            count_text(comments),
            clock_text(figures.watch_ms / 1000),
            clock_text(figures.watch_each_ms / 1000),
        )
    names = ("onlookers", "peak", "average", "comments", "watch", "watch_each")
    return tuple((tr.text(f"figures.{name}"), value) for name, value in zip(names, values, strict=True))
