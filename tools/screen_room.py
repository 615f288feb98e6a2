"""The states of the room at the side of the live page that ``tools.screenshots`` draws."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ports.engine import PreviewReady
from app.usecases.moderation_state import ModerationDesk
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase
from tests.ui import fakes, room_fakes
from tests.ui.fakes import change
from tests.ui.room_fakes import busy_desk, card, desk, my_room, on_air
from tools.screen_stage import Do, Stage
from ui.shell import MainWindow

NARROW_PX = (1024, 680)


def tab(name: str) -> Do:
    return lambda window: window.live.room.tabs[name].click()


def hover(window: MainWindow, row: int = 1) -> None:
    """The mouse rests on a message."""
    chat = window.live.chat
    area = chat.list.visualRect(chat.model.index(row))
    place = QPointF(area.center().x() - 60, area.bottom() - 6)
    none, move = Qt.MouseButton.NoButton, QEvent.Type.MouseMove
    viewport = chat.list.viewport()
    moved = QMouseEvent(move, place, viewport.mapToGlobal(place), none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(viewport, moved)


def answer(window: MainWindow) -> None:
    hover(window)
    window.live.chat.row_actions.buttons["reply"].click()


def search(window: MainWindow, words: str) -> None:
    window.live.room.finder.click()
    window.live.chat.search.setText(words)


def keyboard(window: MainWindow) -> None:
    window.live.chat.list.setFocus()
    QTest.keyClick(window.live.chat.list, Qt.Key.Key_Up)


def room_screens(stage: Stage) -> None:
    """Chat, audience, card, record, rules: normal, busy, empty, loading, failed, narrow, both themes and languages."""
    seen = stage.preview()
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            stage.shoot("room-chat", on_air(seen), theme=theme, language=language, do=hover)
            stage.shoot("room-busy", on_air(seen, busy_desk()), theme=theme, language=language)
            for name in ("audience", "record"):
                stage.shoot(f"room-{name}", on_air(seen), theme=theme, language=language, do=tab(name))
            stage.shoot("room-card", on_air(seen, carded()), theme=theme, language=language)
            stage.shoot("room-rules", on_air(seen), theme=theme, language=language,
                        do=lambda window: window.live.room.rules_button.click())  # fmt: skip
            refused = busy_desk(trouble=Trouble("platform_unreachable"))
            stage.shoot("room-refused-rules", on_air(seen, refused), theme=theme, language=language,
                        do=lambda window: window.live.room.rules_button.click())  # fmt: skip
    stage.shoot("room-keyboard", on_air(seen), do=keyboard)
    stage.shoot("room-answer", on_air(seen), do=answer)
    stage.shoot("room-found", on_air(seen), do=lambda window: search(window, "数字"))
    stage.shoot("room-none-found", on_air(seen), do=lambda window: search(window, "没有这个词"))
    stage.shoot("room-refused", on_air(seen, desk(trouble=Trouble("forbidden"))))
    stage.shoot("room-narrow", on_air(seen, busy_desk()), size_px=NARROW_PX, do=hover)
    stage.shoot("room-narrow", on_air(seen, busy_desk()), size_px=NARROW_PX, language="en", do=hover)
    stage.shoot("room-card-narrow", on_air(seen, carded()), size_px=NARROW_PX, language="en")
    stage.shoot("room-card-loading", on_air(seen, desk(person_id="v4", person_phase=LoadPhase.LOADING)))
    stage.shoot("room-card-failed", on_air(seen, desk(person_id="v4", person_phase=LoadPhase.FAILED)))
    removed = card(is_removed=True, is_muted=False, is_present=False)
    stage.shoot("room-card-removed", on_air(seen, desk(person_id="v4", person=removed, person_phase=LoadPhase.READY)))
    moderator = card(role="moderator", is_muted=False, name="木头人", is_following=True)
    stage.shoot("room-card-moderator", on_air(seen, desk(person_id="v3", person=moderator)))
    empty = ModerationDesk(session_id="s1", room=my_room(words=[]))
    for name in ("audience", "record"):
        stage.shoot(f"room-{name}-loading", on_air(seen, empty), do=tab(name))
        ready = {f"{name}_phase": LoadPhase.FAILED}
        stage.shoot(f"room-{name}-failed", on_air(seen, change(empty, **ready)), do=tab(name))
        ready = {f"{name}_phase": LoadPhase.READY}
        stage.shoot(f"room-{name}-empty", on_air(seen, change(empty, **ready)), do=tab(name))
        stage.shoot(f"room-{name}-before", fakes.off_air(seen), do=tab(name))
    question_screens(stage, seen)
    stage.shoot("room-record-shield", on_air(seen, busy_desk()), do=tab("record"))


def question_screens(stage: Stage, seen: PreviewReady) -> None:
    """Few, many, narrow, refused, with the health detail open."""
    for theme in ("dark", "light"):
        for language in ("zh", "en"):
            state = on_air(seen, questions=room_fakes.questions())
            stage.shoot("room-questions", state, theme=theme, language=language)
    one = on_air(seen, questions=room_fakes.questions(1, trouble=Trouble("forbidden")))
    stage.shoot("room-questions-one", one)
    many = on_air(seen, questions=room_fakes.questions(19))
    stage.shoot("room-questions-narrow", many, size_px=NARROW_PX, language="en")
    stage.shoot("room-questions-detail", many, do=lambda window: window.live.health.fold.click())
    stage.shoot("room-questions-large", many, size_px=(1920, 1080), do=lambda window: window.live.health.fold.click())


def carded() -> ModerationDesk:
    return desk(person_id="v4", person=card(), person_phase=LoadPhase.READY)
