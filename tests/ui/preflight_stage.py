"""Opens the preflight over a scripted desk."""

from __future__ import annotations

from collections.abc import Callable

from app.usecases.quality_state import QualityDesk
from app.usecases.state import DeskState
from app.usecases.wishes import Wish
from tests.ui import fakes, quality_fakes
from tests.ui.conftest import Stage
from tests.ui.fakes import change
from ui.views.preflight.page import PreflightPage

Open = Callable[..., Stage]


def checked(quality: QualityDesk, base: DeskState | None = None) -> DeskState:
    return change(base or fakes.off_air(), quality=quality)


def opened(
    open_window: Open, quality: QualityDesk | None = None, base: DeskState | None = None, **window: object
) -> tuple[Stage, PreflightPage]:
    stage = open_window(checked(quality or quality_fakes.some_bad(), base), **window)
    stage.window.act("open_preflight")
    stage.fill()
    return stage, stage.window.pages.preflight


def last(stage: Stage) -> Wish:
    return stage.desk.wishes[-1]
