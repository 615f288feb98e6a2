"""The states of the page 违规与申诉 that ``tools.screenshots`` draws."""

from __future__ import annotations

from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase, MeasuresState
from tests.ui import measure_fakes
from tools.screen_stage import Stage
from ui.shell import MainWindow

WIDE_PX = (1280, 800)


def measures_screens(stage: Stage) -> None:
    """Measures and appeals: all kinds, typing, sending, empty, loading, failed."""

    def open_page(window: MainWindow) -> None:
        window.show_desk_page("measures")

    def typing(window: MainWindow) -> None:
        open_page(window)
        card = window.pages.measures.cards["me5"]
        card.begin.click()
        card.text.setPlainText("那条广告是观众发的，我当场删除并禁言了对方，有操作记录为证。")

    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("measures", measure_fakes.opened(), theme=theme, language=language, do=open_page)
    for theme, language, size_px in (("light", "zh", WIDE_PX), ("dark", "en", WIDE_PX), ("light", "en", (1024, 680))):
        name = "measures-kinds-narrow" if size_px != WIDE_PX else "measures-kinds"
        kinds = measure_fakes.opened(measure_fakes.new_kinds())
        stage.shoot(name, kinds, theme=theme, language=language, size_px=size_px, do=open_page)
    stage.shoot("measures-typing", measure_fakes.opened(), theme="light", do=typing)
    sending = measure_fakes.opened(measure_fakes.with_(sending="me5"))
    stage.shoot("measures-sending", measure_fakes.opened(), theme="light", do=typing, then=sending)
    stage.shoot("measures-narrow", measure_fakes.opened(), size_px=(1024, 680), language="en", do=typing)
    for name, found in (
        ("empty", MeasuresState(LoadPhase.READY)),
        ("loading", MeasuresState(LoadPhase.LOADING)),
        ("failed", MeasuresState(LoadPhase.FAILED, trouble=Trouble("platform_unreachable", action="retry"))),
    ):
        stage.shoot(f"measures-{name}", measure_fakes.opened(found), theme="light", do=open_page)
