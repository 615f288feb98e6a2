"""Pages are exchanged without a jump: what was seen stays until the new page is painted over it, band by band."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QElapsedTimer, QObject, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ui.collecting import LOOK_MS, YOUNG, Collector
from ui.widgets.curtain import BAND_PX, LATEST_MS
from ui.widgets.edges import Edge
from ui.widgets.kept_button import KeptButton
from ui.widgets.pieces import Pieces
from ui.widgets.stack import PageStack


class Painted(QWidget):
    """Remembers how high the pieces were that it painted."""

    def __init__(self) -> None:
        super().__init__()
        self.heights: list[int] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        self.heights.append(event.rect().height())


def shown(qtbot: QtBot, *pages: QWidget, height_px: int = 5 * BAND_PX + 20) -> PageStack:
    stack = PageStack()
    for page in pages:
        stack.addWidget(page)
    qtbot.addWidget(stack)
    stack.resize(300, height_px)
    stack.show()
    qtbot.waitExposed(stack)
    qtbot.waitUntil(lambda: not stack.curtain.is_down)
    return stack


def test_a_page_is_painted_band_by_band_and_whole_in_the_end(qtbot: QtBot) -> None:
    first, second = Painted(), Painted()
    stack = shown(qtbot, first, second)
    stack.setCurrentWidget(second)
    assert stack.currentWidget() is second
    assert second.isVisible()
    assert first.isHidden()
    assert stack.curtain.is_down
    qtbot.waitUntil(lambda: not stack.curtain.is_down)
    qtbot.waitUntil(lambda: sum(second.heights) >= stack.height())
    assert max(second.heights) <= BAND_PX
    assert sum(second.heights) == stack.height(), "nothing twice, nothing left out"


def test_another_page_or_another_size_uncovers_at_once(qtbot: QtBot) -> None:
    first, second, third = Painted(), Painted(), Painted()
    stack = shown(qtbot, first, second, third)
    stack.setCurrentWidget(second)
    stack.setCurrentWidget(third)
    assert [page.isVisible() for page in (first, second, third)] == [False, False, True]
    stack.resize(310, 400)
    assert not stack.curtain.is_down
    assert third.size() == stack.size()
    stack.setCurrentWidget(first)
    assert first.size() == stack.size(), "also what was not seen when the size changed"
    stack.curtain.lift()


def test_nobody_sees_half_of_two_pages_for_long(qtbot: QtBot) -> None:
    first, second = Painted(), Painted()
    stack = shown(qtbot, first, second, height_px=40 * BAND_PX)
    stack.setCurrentWidget(second)
    clock = QElapsedTimer()
    clock.start()
    while not clock.hasExpired(LATEST_MS + 10):  # the event loop stands still for so long
        pass
    assert stack.curtain.is_down
    qtbot.waitUntil(lambda: sum(second.heights) >= stack.height())
    assert not stack.curtain.is_down
    assert max(second.heights) > BAND_PX


def test_a_hidden_stack_covers_nothing(qtbot: QtBot) -> None:
    first, second = Painted(), Painted()
    stack = shown(qtbot, first, second)
    stack.hide()
    stack.setCurrentWidget(second)
    assert not stack.curtain.is_down


def test_a_keyboard_in_the_page_that_goes_is_not_left_behind(qtbot: QtBot) -> None:
    first, second = QLineEdit(), QLineEdit()
    stack = shown(qtbot, first, second)
    stack.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    stack.setCurrentWidget(second)
    assert stack.focusWidget() is None
    second.setFocus()
    assert stack.focusWidget() is second
    stack.curtain.lift()


# ---- pieces --------------------------------------------------------------------------------------


def test_of_two_tasks_one_goes_on_with_each_turn(qtbot: QtBot) -> None:
    owner = QObject()
    pieces, did = Pieces(owner), list[str]()

    def work(name: str) -> Iterator[None]:
        for number in range(3):
            did.append(f"{name}{number}")
            yield

    pieces.begin("a", work("a"))
    pieces.begin("b", work("b"))
    assert did == []
    pieces.pause()
    qtbot.wait(20)
    assert did == []
    pieces.go_on()
    qtbot.waitUntil(lambda: not pieces.is_busy)
    assert did == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_a_task_that_begins_itself_anew_is_done_anew(qtbot: QtBot) -> None:
    owner = QObject()
    pieces, did = Pieces(owner), list[int]()

    def work(number: int) -> Iterator[None]:
        did.append(number)
        if number < 2:
            pieces.begin("a", work(number + 1))
        yield

    pieces.begin("a", work(0))
    qtbot.waitUntil(lambda: not pieces.is_busy)
    assert did == [0, 1, 2]
    pieces.begin("a", work(0))
    assert pieces.is_doing("a")
    pieces.drop("a")
    assert not pieces.is_busy
    pieces.stop()


# ---- what is painted once ------------------------------------------------------------------------


def test_a_kept_button_is_painted_anew_when_it_looks_another_way(qtbot: QtBot) -> None:
    button = KeptButton("a.button", kind="small")
    qtbot.addWidget(button)
    button.setText("好")
    button.resize(80, 26)
    button.show()
    looks = [button.grab().toImage()]
    for change in (
        lambda: button.setText("坏"), lambda: button.setEnabled(False), lambda: button.setDown(True),
        lambda: button.resize(90, 26), lambda: button.setStyleSheet("QPushButton { background: #123456; }"),
    ):  # fmt: skip
        change()
        looks.append(button.grab().toImage())
        assert looks[-1] != looks[-2]
    assert button.grab().toImage() == looks[-1]


@pytest.mark.parametrize("pixel_ratio", [1.0, 1.5, 2.0])
def test_an_edge_runs_around_all_of_the_area_and_nowhere_else(qapp: object, pixel_ratio: float) -> None:
    image = QImage(round(200 * pixel_ratio), round(120 * pixel_ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(pixel_ratio)
    image.fill(QColor("#000000"))
    edge, asked = Edge(8), list[str]()

    def draw(painter: QPainter, area: object) -> None:
        asked.append("drawn")
        painter.fillRect(0, 0, 1000, 2, QColor("#FFFFFF"))

    for _ in range(2):
        painter = QPainter(image)
        edge.paint(painter, QRect(0, 0, 200, 120), draw, "one", pixel_ratio)
        painter.end()
    assert asked == ["drawn"]
    top = [image.pixelColor(x, 0).lightness() for x in range(image.width())]
    assert min(top) == 255
    assert image.pixelColor(image.width() // 2, image.height() // 2).lightness() == 0


# ---- garbage -------------------------------------------------------------------------------------


class Knot:
    """Refers to itself: only a look for garbage frees it."""

    def __init__(self) -> None:
        self.me = self


def test_garbage_is_looked_for_by_turns_of_their_own(qtbot: QtBot) -> None:
    owner = QObject()
    collector = Collector(owner)
    collector.start()
    try:
        assert not gc.isenabled()
        gone = weakref.ref(Knot())
        kept = [[number] for number in range(2 * YOUNG)]
        assert gone() is not None
        qtbot.waitUntil(lambda: gone() is None, timeout=20 * LOOK_MS)
        assert len(kept) == 2 * YOUNG
    finally:
        collector.stop()
        gc.unfreeze()
    assert gc.isenabled()
