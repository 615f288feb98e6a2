"""A window over a room, and what its tests do there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.contract.room import ActionKind
from app.usecases.room_wishes import (
    Moderate,
)
from tests.ui.conftest import Stage
from tests.ui.room_fakes import on_air
from ui.views.room.chat import ChatPanel
from ui.views.room.panel import RoomPanel

Open = Callable[..., Stage]


def acts(stage: Stage) -> list[tuple[ActionKind, str]]:
    """What was done to whom, or to which message."""
    done = [one.wish for one in stage.wishes(Moderate)]  # type: ignore[attr-defined]
    return [(one.action, one.message_id or one.account_id or one.held_id or one.word or "") for one in done]


def hover(chat: ChatPanel, row: int) -> None:
    """The mouse comes over a message; -1: it leaves the list."""
    viewport = chat.list.viewport()
    if row < 0:
        QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
        return
    area = chat.list.visualRect(chat.model.index(row))
    place = QPointF(area.center().x() - 80, area.bottom() - 4)
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(
        QEvent.Type.MouseMove, place, viewport.mapToGlobal(place), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, moved)


def opened(open_window: Open, **changes: object) -> tuple[Stage, RoomPanel, ChatPanel]:
    stage = open_window(on_air(**changes))
    return stage, stage.window.live.room, stage.window.live.chat
