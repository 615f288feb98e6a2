"""Emoji in the chat of the window: chosen by mouse or keyboard, put where one types."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from tests.ui.room_stage import Open, opened

# ---- one message -----------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("does not support (raise|grabbing|propagateSizeHints)")
def test_an_emoji_is_put_where_one_types(open_window: Open) -> None:
    _, _, chat = opened(open_window)
    QTest.keyClicks(chat.input, "ok")
    chat.emoji.click()
    menu = chat.findChild(QMenu, "chat.emoji_menu")
    assert menu is not None
    grid = menu.findChild(object, "chat.emoji_grid")  # type: ignore[call-overload]
    QTest.keyClick(grid.buttons[0], Qt.Key.Key_Right)
    assert grid.focusWidget() is grid.buttons[1]
    grid.buttons[1].click()
    assert chat.input.text() == f"ok{grid.buttons[1].text()}"
    assert not menu.isVisible()
