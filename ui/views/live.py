"""The live page: header, preview, health, controls, tiles, and the chat at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.wishes import SizePreview
from ui.keys import Keys
from ui.presenters.chat import ChatView
from ui.presenters.health import HealthView
from ui.presenters.live import LiveView, PreviewView
from ui.presenters.questions import QuestionsView
from ui.presenters.room_side import SideView
from ui.views.advice import AdviceLine
from ui.views.base import View
from ui.views.controls import ControlsRow
from ui.views.health_card import FOLDED_PX, HealthCard
from ui.views.live_header import HEADER_PX, LiveHeader
from ui.views.rail import RAIL_PX
from ui.views.room.panel import RoomPanel, RoomWindow
from ui.views.room.questions import QuestionsStrip
from ui.views.tiles import FOLDED_PX as TILES_FOLDED_PX
from ui.views.tiles import MAX_PX as TILES_MAX_PX
from ui.views.tiles import MIN_PX as TILES_MIN_PX
from ui.views.tiles import Tiles
from ui.widgets.basics import Button, box, column, label, row
from ui.widgets.frames import FrameFeed, Preview

CHAT_PX, CHAT_NARROW_PX = 372, 300
ROOMY_PX = 900
NARROW_PX = 1160
CHIPS = 3
BANNER_PX = 600
MARGIN_PX, GAP_PX, CONTROLS_PX = 14, 12, 34


class PreviewArea(QWidget):
    """The preview with its chips at the top left and, where there is no picture, the reason with its one button."""

    acted = Signal(str)

    def __init__(self, feed: FrameFeed) -> None:
        super().__init__()
        self._feed = feed
        self._view: PreviewView | None = None
        layout = column(self)
        self.preview = Preview("live.preview", feed)
        layout.addWidget(self.preview)
        self._chips: list[QLabel] = []
        for number in range(CHIPS):
            chip = label(f"live.chip.{number}")
            chip.setProperty("kind", "chip")
            chip.setParent(self)
            chip.hide()
            self._chips.append(chip)
        self.banner = box("live.banner", kind="banner")
        self.banner.setParent(self)
        inner = row(self.banner, margins=(14, 8, 14, 8), gap=12)
        self.message = label("live.preview_message", wraps=True)
        self.action = Button("live.preview_action", kind="small")
        self.action.clicked.connect(self._act)
        inner.addWidget(self.message, 1)
        inner.addWidget(self.action)
        self.banner.hide()

    def draw(self, view: PreviewView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self._feed.attach(view.ready)
        self.preview.setAccessibleDescription(" ".join(view.chips))
        for number, chip in enumerate(self._chips):
            chip.setText(view.chips[number] if number < len(view.chips) else "")
        told = view.told
        self.banner.setVisible(told is not None)
        if told is not None:
            self.message.setText(told.text)
            self.action.setText(told.action_label)
            self.action.setAccessibleName(told.action_label)
            self.action.setVisible(bool(told.action_label))
            is_alone = not told.action_label
            self.message.setAlignment(Qt.AlignmentFlag.AlignCenter if is_alone else Qt.AlignmentFlag.AlignVCenter)
        self._place()

    def _act(self) -> None:
        if self._view is not None and self._view.told is not None:
            self.acted.emit(self._view.told.action)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        area = self.preview.picture_rect()
        left = area.left() + 12
        texts = self._view.chips if self._view is not None else ()
        for number, chip in enumerate(self._chips):
            width = chip.sizeHint().width()
            # one that does not fit is left out: half a figure says something else
            chip.setVisible(number < len(texts) and left + width <= area.right() - 12)
            chip.setGeometry(left, area.top() + 12, width, 24)
            left += width + 8
        layout = self.banner.layout()
        if layout is None or self.banner.isHidden():
            return
        text_px = self.message.fontMetrics().horizontalAdvance(self.message.text()) + 1
        button_px = 0 if self.action.isHidden() else self.action.sizeHint().width() + layout.spacing()
        margins = layout.contentsMargins()
        width = min(area.width() - 24, BANNER_PX, text_px + button_px + margins.left() + margins.right())
        height = layout.totalHeightForWidth(width)
        has_picture = self._view is not None and self._view.ready is not None
        top = area.bottom() - height - 16 if has_picture else area.center().y() - height // 2
        self.banner.setGeometry(area.left() + (area.width() - width) // 2, top, width, height)


class LivePage(View):
    """Draws LiveView, HealthView, ChatView, SideView and QuestionsView.

    ``room_detached``: the room got a window of its own, or came back; it wants to be dressed.
    """

    room_detached = Signal()

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__("live", ground="bg")
        outer = column(self)
        self.header = LiveHeader(clock)
        outer.addWidget(self.header)
        body = row()
        outer.addLayout(body, 1)
        left = column(margins=(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX), gap=GAP_PX)
        body.addLayout(left, 1)
        self.room = RoomPanel()
        self.room.detach_asked.connect(self._turn_detached)
        self.window_of_room: RoomWindow | None = None
        """While the room has one of its own."""
        self.chat = self.room.chat
        body.addWidget(self.room)
        self._body = body
        self.area = PreviewArea(feed)
        self.advice = AdviceLine()
        self.health = HealthCard()
        self.controls = ControlsRow(feed)
        self.questions = QuestionsStrip()
        self.tiles = Tiles()
        self._left: QVBoxLayout = left
        left.addWidget(self.area, 10)
        left.addWidget(self.advice)
        left.addWidget(self.health)
        left.addWidget(self.controls)
        left.addWidget(self.questions)
        left.addWidget(self.tiles)
        self.area.preview.size_wished.connect(lambda width, height: self.wished.emit(SizePreview(width, height)))
        for view in (self.room, self.controls, self.advice, self.questions):
            view.wished.connect(self.wished)
        for part in (self.header, self.area, self.health, self.room):
            part.acted.connect(self.acted)
        self._parts: tuple[View, ...] = (
            self.header,
            self.advice,
            self.health,
            self.controls,
            self.tiles,
            self.questions,
            self.room,
        )

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        for part in self._parts:
            part.retranslate(tr)

    def show_keys(self, keys: Keys) -> None:
        self.controls.show_keys(keys)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW_PX - RAIL_PX
        chat_px = CHAT_NARROW_PX if is_narrow else CHAT_PX
        self.controls.set_narrow(is_narrow)
        self._side_px = chat_px
        if self.window_of_room is None:
            self.room.setFixedWidth(chat_px)
        self._size_tiles()

    # ---- the room in a window of its own ---------------------------------------------------------

    @property
    def own_windows(self) -> tuple[QWidget, ...]:
        """What belongs to this page and stands beside the window."""
        return (self.window_of_room,) if self.window_of_room is not None else ()

    def _turn_detached(self) -> None:
        if self.window_of_room is None:
            self._detach()
        else:
            self.attach_room()

    def _detach(self) -> None:
        self._body.removeWidget(self.room)
        made = self.window_of_room = RoomWindow(self.room)
        made.setWindowTitle(self.room.title)
        made.left.connect(self.attach_room)
        self._size_tiles()
        self.room_detached.emit()
        self.room.show()
        made.show()

    def attach_room(self) -> None:
        """Back beside the picture; nothing where it is there."""
        made, self.window_of_room = self.window_of_room, None
        if made is None:
            return
        self._body.addWidget(self.room)
        self.room.setFixedWidth(self._side_px)
        self.room.show()
        made.left.disconnect()
        made.hide()
        made.deleteLater()
        self.room_detached.emit()
        self._size_tiles()

    def _size_tiles(self) -> None:
        if self.tiles.is_folded:
            self.tiles.setFixedHeight(TILES_FOLDED_PX)
            return
        ideal_px = (self.width() - (self.room.width() if self.window_of_room is None else 0) - 2 * MARGIN_PX) * 9 // 16
        rest_px = self.height() - HEADER_PX - 2 * MARGIN_PX - ideal_px - FOLDED_PX - CONTROLS_PX - 3 * GAP_PX
        self.tiles.setFixedHeight(max(TILES_MIN_PX, min(TILES_MAX_PX, rest_px)))

    def draw(
        self,
        view: LiveView,
        health: HealthView,
        chat: ChatView,
        side: SideView,
        questions: QuestionsView,
        *,
        is_health_open: bool,
    ) -> None:
        """Show this state."""
        self.header.draw(view.header)
        self.area.draw(view.preview)
        self.advice.draw(view.advice)
        self.controls.draw(view.controls)
        self.tiles.draw(view.tiles)
        self.questions.draw(questions)
        # the detail of health needs the room that questions have, where there is little
        has_room = not is_health_open or self.height() >= ROOMY_PX
        self.questions.setVisible(bool(questions.cards) and has_room)
        is_folded = is_health_open or bool(questions.cards)
        if self.tiles.is_folded is not is_folded:
            self.tiles.fold(is_folded)
            self._size_tiles()
        self._left.setStretchFactor(self.health, 12 if is_health_open else 0)
        self.health.draw(health, is_open=is_health_open)
        self.room.draw(chat, side)
