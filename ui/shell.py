"""The window: rail, pages, sheets and notices. It gets states from the bridge, draws what is seen, and hands wishes on.

GUI thread. A state that comes costs what changed: pages that are not seen are not drawn until they are.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.state import AccountPhase, BroadcastPhase, DeskState
from app.usecases.wishes import GoLive, HideCamera, Leave, MuteMicrophone, Wish
from ui.bridge import Bridge
from ui.keys import KeyAction, Keys, keys_of, may_act
from ui.ports import DeskPort
from ui.presenters.chat import ChatPresenter
from ui.presenters.common import BUSY_PHASES, ON_AIR_PHASES, Place, action_target, platform_name
from ui.presenters.dialogs import (
    is_asked_before_closing,
    present_go_live,
    present_notices,
    standing_troubles,
    trouble_key,
)
from ui.presenters.entry import Page, page_of, present_first_start, present_sign_in
from ui.presenters.health import DetailFold, present_health
from ui.presenters.live import present_live
from ui.presenters.settings import bitrate_wish, encoder_wish, present_settings, quality_wish
from ui.shortcuts import Shortcuts
from ui.theme.apply import apply_tokens
from ui.theme.tokens import Tokens, tokens_for
from ui.views.base import View
from ui.views.first_start import FirstStartPage
from ui.views.live import LivePage
from ui.views.notices import Notices
from ui.views.rail import Rail
from ui.views.settings import SettingsPage
from ui.views.settings_media import OutputSection
from ui.views.sign_in import SignInPage
from ui.widgets.basics import column, row
from ui.widgets.frames import FrameFeed
from ui.window_sheets import Sheets

SIZE_PX = (1280, 800)
LEAST_PX = (960, 600)
LEAVE_WAIT_MS, LEAVE_IDLE_MS = 12_000, 1_500
_ANNOUNCED = {
    BroadcastPhase.ON_AIR: "say.on_air",
    BroadcastPhase.INTERRUPTED: "say.interrupted",
    BroadcastPhase.ENDED: "say.ended",
}


_SECTIONS = {Place.FOLDER: "output", Place.SETTINGS: "output", Place.KEYS: "keys"}


class MainWindow(QWidget):
    """``left``: the person closed the program and it may go now. ``first_picture_shown``: the preview has a frame."""

    left = Signal()
    first_picture_shown = Signal()

    def __init__(self, desk: DeskPort, clock: Clock, *, log_dir: str = "") -> None:
        super().__init__()
        self.setObjectName("window")
        self._desk = desk
        self._clock = clock
        self.state = desk.state
        self.tr_ = Translator(self.state.settings.language)
        self.page = Page.FIRST_START
        self.desk_page = "live"
        self.feed = FrameFeed()
        self.fold = DetailFold()
        self._chat = ChatPresenter()
        self._is_sign_in_wanted = False
        self._keys: Keys = {}
        self._may_close = False
        self._put_away: set[str] = set()
        self._themes: dict[QWidget, Tokens] = {}
        self._build(log_dir)
        self._leave_timer = QTimer(self)
        self._leave_timer.setSingleShot(True)
        self._leave_timer.timeout.connect(self._finish_leaving)
        self._retranslate()
        self.bridge = Bridge(desk, self)
        self.bridge.state_changed.connect(self.show_state)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._scheme_changed)
        self.resize(*SIZE_PX)
        self.setMinimumSize(*LEAST_PX)
        self.show_state(self.state)
        self._focus_page()

    # ---- building --------------------------------------------------------------------------------

    def _build(self, log_dir: str) -> None:
        self.pages = QStackedWidget()
        column(self).addWidget(self.pages)
        self.first_start = FirstStartPage()
        self.sign_in = SignInPage()
        self.desk_view = QWidget()
        across = row(self.desk_view)
        self.rail = Rail()
        self.rail.page_asked.connect(self.show_desk_page)
        self.stack = QStackedWidget()
        self.live = LivePage(self.feed, self._clock)
        self.settings = SettingsPage(self.feed)
        self.stack.addWidget(self.live)
        self.stack.addWidget(self.settings)
        across.addWidget(self.rail)
        across.addWidget(self.stack, 1)
        for page in (self.first_start, self.sign_in, self.desk_view):
            self.pages.addWidget(page)
        self.sheets = Sheets(self, log_dir)
        self.notices = Notices(self)
        self._views: tuple[View, ...] = (
            self.first_start, self.sign_in, self.rail, self.live, self.settings, *self.sheets.all,
        )  # fmt: skip
        for view in self._views:
            view.wished.connect(self.wish)
            view.acted.connect(self.act)
        self.notices.wished.connect(self.wish)
        self.notices.acted.connect(self.act)
        self.notices.put_away.connect(self._put_trouble_away)
        self.live.health.fold_asked.connect(self._toggle_fold)
        self.live.controls.main_asked.connect(self._main_asked)
        self.live.area.preview.first_frame_shown.connect(self.first_picture_shown)
        self.sheets.closing.chosen.connect(lambda choice: self._leave(ends=choice == "end"))
        self.sheets.summary.read.connect(self._summary_read)
        for sheet in self.sheets.all:
            sheet.gone.connect(self._focus_page)
        self.shortcuts = Shortcuts(self)
        self.shortcuts.asked.connect(self._key_asked)
        output = self.settings.findChild(OutputSection)
        if output is not None:
            output.quality_asked.connect(lambda value: self.wish(quality_wish(self.state, value)))
            output.bitrate_asked.connect(lambda value: self.wish(bitrate_wish(self.state, value)))
            output.encoder_asked.connect(lambda value: self.wish(encoder_wish(self.state, value)))

    # ---- states ----------------------------------------------------------------------------------

    @Slot(object)
    def show_state(self, state: DeskState) -> None:
        """Draw ``state``."""
        before, self.state = self.state, state
        if state.settings.language != self.tr_.language:
            self.tr_ = Translator(state.settings.language)
            self._retranslate()
        self._follow_keys(state)
        if state.account.phase is AccountPhase.SIGNED_IN:
            self._is_sign_in_wanted = False
        self._show_page(page_of(state, is_sign_in_wanted=self._is_sign_in_wanted))
        self._dress()
        self._draw_page()
        self.sheets.draw(state, self.tr_, is_leaving=self._leave_timer.isActive(), page=self.page)
        self._draw_notices()
        self.rail.buttons["live"].show_on_air(state.broadcast.phase in ON_AIR_PHASES, self.tr_.text("phase.on_air"))
        self._announce(before, state)
        name = platform_name(state, self.tr_) if state.platform.is_embedded else ""
        title = self.tr_.text("brand.name")
        self.setWindowTitle(self.tr_.text("window.title", program=title, platform=name) if name else title)
        if state.raise_count != before.raise_count:
            self.come_to_front()
        if state.is_leaving and (self._leave_timer.isActive() or not before.is_leaving):
            self._finish_leaving()

    def _show_page(self, page: Page) -> None:
        self.page = page
        shown = {Page.FIRST_START: self.first_start, Page.SIGN_IN: self.sign_in, Page.DESK: self.desk_view}[page]
        if self.pages.currentWidget() is not shown:
            self.pages.setCurrentWidget(shown)
            if page is Page.DESK:
                self.show_desk_page("live")
            else:
                self._dress()
                self._draw_page()
                self._focus_page()

    def _follow_keys(self, state: DeskState) -> None:
        keys = keys_of(state.settings.shortcuts)
        if keys != self._keys:
            self._keys = keys
            self.shortcuts.follow(keys)
            for view in (self.rail, self.live, self.settings):
                view.show_keys(keys)

    def _focus_page(self) -> None:
        sheet = self.sheets.open_one
        if sheet is not None:
            sheet.focus_first()
        elif self.page is Page.FIRST_START:
            self.first_start.focus_first()
        elif self.page is Page.SIGN_IN:
            self.sign_in.focus_first()
        elif self.desk_page == "settings":
            self.settings.focus_first()
        else:
            is_on_air = self.state.broadcast.phase in ON_AIR_PHASES
            (self.live.chat.input if is_on_air else self.live.controls.main).setFocus()

    def show_desk_page(self, name: str) -> None:
        """Open a page of the rail; the broadcast goes on."""
        self.desk_page = name
        self.stack.setCurrentWidget(self.live if name == "live" else self.settings)
        self.rail.show_page(name)
        self._dress()
        self._draw_page()
        self._draw_notices()
        self._focus_page()

    def _draw_page(self) -> None:
        state, tr = self.state, self.tr_
        if self.page is Page.FIRST_START:
            self.first_start.draw(present_first_start(state, tr))
        elif self.page is Page.SIGN_IN:
            self.sign_in.draw(present_sign_in(state, tr))
        else:
            is_open = self.fold.follow(state)
            if self.desk_page == "live":
                health = present_health(state, tr, is_detailed=is_open)
                chat = self._chat.present(state, tr)
                self.live.draw(present_live(state, tr), health, chat, is_health_open=is_open)
            else:
                self.feed.attach(state.engine.preview)
                self.settings.draw(present_settings(state, tr))

    def _draw_notices(self) -> None:
        standing = standing_troubles(self.state)
        self._put_away &= set(standing)
        hidden = {*self._put_away, self.sheets.told_trouble(self.state)}
        told = {key: trouble for key, trouble in standing.items() if key not in hidden}
        if self.page is not Page.DESK:
            told = {}  # the entry pages have a place of their own for these
        self.notices.draw(present_notices(self.state, self.tr_, told), is_low=self.desk_page == "settings")

    def _put_trouble_away(self, key: str) -> None:
        self._put_away.add(key)
        self._draw_notices()

    def _summary_read(self) -> None:
        if self.state.broadcast.trouble is not None:
            self._put_trouble_away(trouble_key(self.state.broadcast.trouble))

    def _retranslate(self) -> None:
        for view in self._views:
            view.retranslate(self.tr_)
        self.notices.retranslate(self.tr_)

    def _scheme_changed(self) -> None:
        self._dress()

    def _dress(self) -> None:
        settings = self.state.settings
        is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        reading = tokens_for(settings.theme, is_system_dark=is_dark)
        live = tokens_for(settings.live_theme, is_system_dark=is_dark)
        seen = live if self.page is Page.DESK and self.desk_page == "live" else reading
        for root, tokens in (
            (self.first_start, reading), (self.sign_in, reading), (self.settings, reading), (self.live, live),
            (self.rail, seen), (self.notices, seen), *((sheet, seen) for sheet in self.sheets.all),
        ):  # fmt: skip
            if self._themes.get(root) is not tokens:
                self._themes[root] = tokens
                apply_tokens(root, tokens)

    def _announce(self, before: DeskState, state: DeskState) -> None:
        spoken: list[str] = []
        if state.broadcast.phase is not before.broadcast.phase and state.broadcast.phase in _ANNOUNCED:
            spoken.append(_ANNOUNCED[state.broadcast.phase])
        if state.engine.is_muted != before.engine.is_muted:
            spoken.append("say.muted" if state.engine.is_muted else "say.unmuted")
        for message_id in spoken:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.tr_.text(message_id)))

    # ---- wishes ----------------------------------------------------------------------------------

    def wish(self, wish: Wish) -> None:
        """Hand a wish to the desk."""
        if isinstance(wish, GoLive):
            self.sheets.forget_summary(self.state)
        self._desk.wish(wish)

    def act(self, action: str) -> None:
        """Do what the button of a trouble says."""
        if action == "back":
            self._is_sign_in_wanted = False
            self.show_state(self.state)
            return
        target = action_target(action, self.state)
        if isinstance(target, Place):
            self._go(target)
        elif target is not None:
            self.wish(target)

    def _go(self, place: Place) -> None:
        if place is Place.SIGN_IN:
            self._is_sign_in_wanted = True
            self.show_state(self.state)
            return
        if place is Place.HELP:
            self.sheets.draw_help(self.state, self.tr_, self.page)
            self.sheets.help.open(self.sheets.help.done)
            return
        if self.page is not Page.DESK:
            return
        section = _SECTIONS.get(place)
        if section is not None:
            self.show_desk_page("settings")
            self.settings.show_section(section)
            return
        self.show_desk_page("live")
        if place is Place.VIDEO_MENU:
            self.live.controls.open_video_menu()
        elif place is Place.AUDIO_MENU:
            self.live.controls.open_audio_menu()
        else:
            self.sheets.go_live.start(present_go_live(self.state, self.tr_))
            self._draw_notices()

    def _main_asked(self) -> None:
        if self.state.broadcast.phase is BroadcastPhase.ENDING:
            return
        if self.state.broadcast.phase in BUSY_PHASES:
            self.sheets.ending.start()
        else:
            self._go(Place.GO_LIVE)

    @Slot(object)
    def _key_asked(self, action: KeyAction) -> None:
        state = self.state
        if not may_act(action, state, self.page, is_sheet_open=self.sheets.open_one is not None):
            return
        match action:
            case KeyAction.MUTE:
                self.wish(MuteMicrophone(not state.engine.is_muted))
            case KeyAction.CAMERA:
                self.wish(HideCamera(not state.engine.is_camera_off))
            case KeyAction.GO_LIVE:
                self._main_asked()
            case KeyAction.SOURCE:
                self._go(Place.VIDEO_MENU)
            case KeyAction.HELP:
                self._go(Place.HELP)
            case _:
                self.show_desk_page(action.removeprefix("page_"))

    def _toggle_fold(self) -> None:
        self.fold.toggle()
        self._draw_page()

    # ---- leaving ---------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        if self._leave_timer.isActive():
            return
        if is_asked_before_closing(self.state):
            self.sheets.closing.start()
        else:
            self._leave(ends=True)

    def _leave(self, *, ends: bool) -> None:
        is_on = self.state.broadcast.phase in BUSY_PHASES
        self.wish(Leave(end_broadcast=ends))
        if ends and is_on:
            self.sheets.closing.show_busy()
        # the desk says is_leaving when all is told to those who must know; the timer is for a desk that is stuck
        self._leave_timer.start(LEAVE_WAIT_MS if is_on else LEAVE_IDLE_MS)

    def _finish_leaving(self) -> None:
        if not self._may_close:
            self._may_close = True
            self._leave_timer.stop()
            self.close()
            self.left.emit()

    def come_to_front(self) -> None:
        """Show the window above the others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def shut(self) -> None:
        """Let go of everything that the window holds; it cannot be used afterwards."""
        self._may_close = True
        self._leave_timer.stop()
        self.bridge.close()
        QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._scheme_changed)
        self.close()
        self.feed.close()
