"""The window: rail, pages, sheets and notices. It gets states from the bridge, draws what is seen, and hands wishes on.

GUI thread. A state that comes costs what changed: pages that are not seen are not drawn until they are.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.state import AccountPhase, BroadcastPhase, DeskState, PlatformPhase
from app.usecases.wishes import GoLive, HideCamera, LoadApplication, MuteMicrophone, Wish
from ui.bridge import Bridge
from ui.desk_pages import DeskPages
from ui.dressing import Dresser
from ui.keys import KeyAction, Keys, keys_of, may_act
from ui.leaving import Leaving
from ui.notify import Notifier
from ui.places import Places
from ui.ports import DeskPort
from ui.presenters.common import BUSY_PHASES, Place, action_target, platform_name
from ui.presenters.dialogs import present_notices, standing_troubles, trouble_key
from ui.presenters.entry import Page, page_of, present_first_start, present_sign_in
from ui.presenters.identity import taken_name
from ui.presenters.messages import MessageRow
from ui.presenters.prepare import did_accept, is_needed, may_broadcast
from ui.presenters.settings import bitrate_wish, encoder_wish, quality_wish
from ui.presenters.spoken import spoken
from ui.shortcuts import Shortcuts
from ui.views.base import View
from ui.views.first_start import FirstStartPage
from ui.views.notices import Notices
from ui.views.rail import Rail
from ui.views.settings_media import OutputSection
from ui.views.sign_in import SignInPage
from ui.widgets.basics import column, row
from ui.widgets.frames import FrameFeed
from ui.window_sheets import Sheets

SIZE_PX = (1280, 800)
LEAST_PX = (960, 600)


class MainWindow(QWidget):
    """``left``: the person closed the program and it may go now. ``first_picture_shown``: the preview has a frame."""

    left = Signal()
    first_picture_shown = Signal()

    def __init__(self, desk: DeskPort, clock: Clock, *, log_dir: str = "", notifier: Notifier | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self._desk = desk
        self._clock = clock
        self.state = desk.state
        self.tr_ = Translator(self.state.settings.language)
        self.page = Page.FIRST_START
        self.feed = FrameFeed()
        self._is_sign_in_wanted = False
        self._is_entering = False
        """Signed in just now, and not yet led to the page where one begins."""
        self._keys: Keys = {}
        self._put_away: set[str] = set()
        self._dresser = Dresser(self)
        self._notifier = notifier
        self._build(log_dir)
        self._connect()
        self._retranslate()
        self.bridge = Bridge(desk, self)
        self.bridge.state_changed.connect(self.show_state)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._dress)
        self.resize(*SIZE_PX)
        self.setMinimumSize(*LEAST_PX)
        self._follow_account(None, self.state)
        self.show_state(self.state)
        self._focus_page()

    # ---- building --------------------------------------------------------------------------------

    def _build(self, log_dir: str) -> None:
        self.entry = QStackedWidget()
        column(self).addWidget(self.entry)
        self.first_start = FirstStartPage()
        self.sign_in = SignInPage()
        self.desk_view = QWidget()
        across = row(self.desk_view)
        self.rail = Rail()
        self.pages = DeskPages(self.feed, self._clock)
        across.addWidget(self.rail)
        across.addWidget(self.pages, 1)
        self._entries = {Page.FIRST_START: self.first_start, Page.SIGN_IN: self.sign_in, Page.DESK: self.desk_view}
        for page in self._entries.values():
            self.entry.addWidget(page)
        self.live, self.settings, self.schedule = self.pages.live, self.pages.settings, self.pages.schedule
        self.prepare, self.reader, self.messages = self.pages.prepare, self.pages.reader, self.pages.messages
        self.sheets = Sheets(self, log_dir)
        self.notices = Notices(self)
        self.leaving = Leaving(self, self.sheets.closing)
        self.places = Places(self)
        self.shortcuts = Shortcuts(self)
        self._views: tuple[View, ...] = (
            self.first_start, self.sign_in, self.rail, *self.pages.views, *self.sheets.all,
        )  # fmt: skip

    def _connect(self) -> None:
        asking: tuple[View | Notices, ...] = (*self._views, self.notices)
        for view in asking:
            view.wished.connect(self.wish)
            view.acted.connect(self.act)
        self.rail.page_asked.connect(self.show_desk_page)
        self.notices.put_away.connect(self._put_trouble_away)
        self.live.health.fold_asked.connect(self._toggle_fold)
        self.live.controls.main_asked.connect(self._main_asked)
        self.live.room_detached.connect(self._dress)
        self.live.room.report_asked.connect(lambda ask: self.sheets.start_report(self.state, self.tr_, ask))
        self.live.area.preview.first_frame_shown.connect(self.first_picture_shown)
        self.pages.left_for.connect(self._open_desk_page)
        self.prepare.redraw_asked.connect(self._draw_page)
        self.schedule.redraw_asked.connect(self._draw_page)
        self.schedule.edit_asked.connect(lambda found: self.pages.edit_plan(self.state, self.tr_, found))
        self.schedule.cancel_asked.connect(lambda found: self.sheets.ask_cancel(self.state, self.tr_, found))
        self.schedule.start_asked.connect(self.places.start_session)
        self.prepare.identity.confirm_asked.connect(lambda: self.sheets.correct.open(self.sheets.correct.stay))
        self.sheets.correct.confirmed.connect(self.prepare.identity.send)
        self.reader.decline_asked.connect(lambda: self.sheets.decline.open(self.sheets.decline.stay))
        self.messages.link_asked.connect(lambda found: self.places.follow(found.place, found.link_id))
        self.sheets.summary.read.connect(self._summary_read)
        for sheet in self.sheets.all:
            sheet.gone.connect(self._focus_page)
        self.leaving.wished.connect(self.wish)
        self.leaving.left.connect(self.left)
        self.shortcuts.asked.connect(self._key_asked)
        if self._notifier is not None:
            self._notifier.setParent(self)
            self._notifier.opened.connect(self._open_notified)
        output = self.settings.findChild(OutputSection)
        if output is not None:
            output.quality_asked.connect(lambda value: self.wish(quality_wish(self.state, value)))
            output.bitrate_asked.connect(lambda value: self.wish(bitrate_wish(self.state, value)))
            output.encoder_asked.connect(lambda value: self.wish(encoder_wish(self.state, value)))

    # ---- states ----------------------------------------------------------------------------------

    @property
    def desk_page(self) -> str:
        """Name of the page of the rail that is open."""
        return self.pages.name

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
        self._follow_account(before, state)
        self._lead_on(before, state)
        self.prepare.follow_name(taken_name(state))
        self._dress()
        self._draw_page()
        self.sheets.draw(state, self.tr_, is_leaving=self.leaving.is_under_way, page=self.page)
        self.draw_notices()
        self._draw_rail()
        if self._notifier is not None:
            self._notifier.follow(state, self.tr_, is_list_seen=self._is_seen("messages"))
        for message_id in spoken(before, state):
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.tr_.text(message_id)))
        name = platform_name(state, self.tr_) if state.platform.is_embedded else ""
        title = self.tr_.text("brand.name")
        self.setWindowTitle(self.tr_.text("window.title", program=title, platform=name) if name else title)
        if state.raise_count != before.raise_count:
            self.come_to_front()
        self.leaving.follow(before, state)

    def _show_page(self, page: Page) -> None:
        self.page = page
        shown = self._entries[page]
        if self.entry.currentWidget() is not shown:
            self.entry.setCurrentWidget(shown)
            if page is Page.DESK:
                self._open_desk_page("live")
            else:
                self.live.attach_room()
                self._dress()
                self._draw_page()
                self._focus_page()

    def _follow_account(self, before: DeskState | None, state: DeskState) -> None:
        """Signed in just now: what the rail needs is asked for, and the person is led to where they begin."""
        was_in = before is not None and before.account.phase is AccountPhase.SIGNED_IN
        is_in = state.account.phase is AccountPhase.SIGNED_IN
        if is_in and not was_in:
            self._is_entering = True
            for wish in dict.fromkeys((LoadApplication(), *(self.pages.asked(state) if before is not None else ()))):
                self.wish(wish)
        elif not is_in:
            self._is_entering = False
            self.schedule.forget()

    def _lead_on(self, before: DeskState, state: DeskState) -> None:
        """To 准备 when one begins there, or when the agreement was accepted; never away from a broadcast."""
        if self.page is not Page.DESK or state.broadcast.phase in BUSY_PHASES:
            self._is_entering = False
            return
        if self._is_entering and state.onboarding.onboarding is not None:
            self._is_entering = False
            if not may_broadcast(state) and self.desk_page == "live" and self.sheets.go_live.isHidden():
                self._open_desk_page("prepare")
        elif self.desk_page == "documents" and did_accept(before, state) and is_needed(state):
            self._open_desk_page("prepare")

    def _follow_keys(self, state: DeskState) -> None:
        keys = keys_of(state.settings.shortcuts)
        if keys != self._keys:
            self._keys = keys
            self.shortcuts.follow(keys)
            self.rail.show_keys(keys)
            self.pages.show_keys(keys)

    def _focus_page(self) -> None:
        sheet = self.sheets.open_one
        if sheet is not None:
            sheet.focus_first()
        elif self.page is Page.FIRST_START:
            self.first_start.focus_first()
        elif self.page is Page.SIGN_IN:
            self.sign_in.focus_first()
        else:
            self.pages.focus(self.state)

    def show_desk_page(self, name: str) -> None:
        """Open a page of the rail, as the person asks; the broadcast goes on."""
        self._is_entering = False
        if self.pages.may_open(name):
            self._open_desk_page(name)
        else:
            self._draw_rail()

    def _open_desk_page(self, name: str) -> None:
        is_other = name != self.desk_page
        self.pages.show_page(name)
        self._draw_rail()
        self._dress()
        self._draw_page()
        self.draw_notices()
        self._focus_page()
        if is_other:
            for wish in self.pages.asked(self.state):
                self.wish(wish)

    def _draw_page(self) -> None:
        for wish in self.pages.watched(is_desk=self.page is Page.DESK):
            self.wish(wish)
        if self.page is Page.FIRST_START:
            self.first_start.draw(present_first_start(self.state, self.tr_))
        elif self.page is Page.SIGN_IN:
            self.sign_in.draw(present_sign_in(self.state, self.tr_))
        else:
            self.pages.draw(self.state, self.tr_)

    def _draw_rail(self) -> None:
        self.rail.draw(self.state, self.tr_, page=self.desk_page, entry=self.pages.rail_name)

    def draw_notices(self) -> None:
        """Show what stands in the way and what has happened, but for what an open sheet tells."""
        standing = standing_troubles(self.state)
        self._put_away &= set(standing)
        hidden = {*self._put_away, self.sheets.told_trouble(self.state)}
        told = {key: trouble for key, trouble in standing.items() if key not in hidden}
        if self.page is not Page.DESK:
            told = {}  # the entry pages have a place of their own for these
        self.notices.draw(present_notices(self.state, self.tr_, told), low_px=self.pages.notices_low_px)

    def _put_trouble_away(self, key: str) -> None:
        self._put_away.add(key)
        self.draw_notices()

    def _summary_read(self) -> None:
        if self.state.broadcast.trouble is not None:
            self._put_trouble_away(trouble_key(self.state.broadcast.trouble))

    def _retranslate(self) -> None:
        for view in self._views:
            view.retranslate(self.tr_)
        self.notices.retranslate(self.tr_)

    def _dress(self) -> None:
        seen = self._entries[self.page] if self.page is not Page.DESK else self.pages.view
        around = (self.rail, self.notices, *self.sheets.all, *self.live.own_windows)
        self._dresser.dress(self.state.settings, seen, is_live=self.pages.is_live(seen), around=around)
        self._dresser.dress_ahead(self.state.settings, self.pages.preflight, is_live=True)

    def _is_seen(self, name: str) -> bool:
        is_shown = self.page is Page.DESK and self.desk_page == name
        return is_shown and self.isActiveWindow() and not self.isMinimized() and self.sheets.open_one is None

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
        asked = self.pages.asked(self.state) if self.sender() is self.pages.view else ()
        if action == "retry" and asked and self.state.platform.phase is not PlatformPhase.UNREACHABLE:
            for wish in asked:
                self.wish(wish)
            return
        target = action_target(action, self.state)
        if isinstance(target, Place):
            self.places.go(target)
        elif target is not None:
            self.wish(target)

    def show_sign_in(self) -> None:
        """Open the form, also over a broadcast."""
        self._is_sign_in_wanted = True
        self.show_state(self.state)

    @Slot(object)
    def _open_notified(self, message: MessageRow | None) -> None:
        """A notification was clicked: its page; without one of its own, the messages."""
        self.come_to_front()
        if self.page is not Page.DESK or self.sheets.open_one is not None:
            return
        if message is None or not message.link_label:
            self.show_desk_page("messages")
        else:
            self.messages.take(message)

    def _main_asked(self) -> None:
        if self.state.broadcast.phase is BroadcastPhase.ENDING:
            return
        if self.state.broadcast.phase in BUSY_PHASES:
            self.sheets.ending.start()
        else:
            self.places.go(Place.GO_LIVE)

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
                self.places.go(Place.VIDEO_MENU)
            case KeyAction.HELP:
                self.places.go(Place.HELP)
            case _:
                name = action.removeprefix("page_")
                if self.rail.offers(name):
                    self.show_desk_page(name)

    def _toggle_fold(self) -> None:
        self.pages.fold.toggle()
        self._draw_page()

    # ---- leaving ---------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        self.leaving.take(event, self.state)

    def come_to_front(self) -> None:
        """Show the window above the others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def shut(self) -> None:
        """Let go of everything that the window holds; it cannot be used afterwards."""
        self.leaving.stop()
        self._dresser.stop()
        self.bridge.close()
        QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._dress)
        self.pages.shut()
        if self._notifier is not None:
            self._notifier.close()
        self.close()
        self.feed.close()
