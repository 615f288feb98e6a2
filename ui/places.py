"""Where the button of a trouble, a step or a message leads inside the window. GUI thread; owned by the shell."""

from __future__ import annotations

from typing import Protocol

from app.contract.inbox import LinkPlace
from app.domain.documents.model import DocumentKind
from app.i18n import Translator
from app.usecases.state import DeskState
from app.usecases.wishes import ReadDocument, Wish
from ui.desk_pages import DeskPages
from ui.presenters.common import Place
from ui.presenters.entry import Page
from ui.presenters.go_live import present_go_live
from ui.window_sheets import Sheets

_SECTIONS = {Place.FOLDER: "output", Place.SETTINGS: "output", Place.KEYS: "keys", Place.ACCOUNT: "account"}
_LINKS = {
    LinkPlace.PREPARE: Place.PREPARE,
    LinkPlace.ACCOUNT: Place.ACCOUNT,
    LinkPlace.LIVE: Place.LIVE,
    LinkPlace.SCHEDULE: Place.SCHEDULE,
    LinkPlace.MEASURES: Place.MEASURES,
    LinkPlace.REPORTS: Place.REPORTS,
}


class Window(Protocol):
    """What of the window is needed to lead a person somewhere."""

    state: DeskState
    tr_: Translator
    page: Page
    pages: DeskPages
    sheets: Sheets

    def show_desk_page(self, name: str) -> None: ...
    def show_sign_in(self) -> None: ...
    def draw_notices(self) -> None: ...
    def wish(self, wish: Wish) -> None: ...


class Places:
    """Opens the page of a place, and there what is meant."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def go(self, place: Place) -> None:
        """Lead there; away from the desk there is only the help and the form to sign in."""
        window = self._window
        if place is Place.SIGN_IN:
            window.show_sign_in()
        elif place is Place.HELP:
            window.sheets.draw_help(window.state, window.tr_, window.page)
            window.sheets.help.open(window.sheets.help.done)
        elif window.page is Page.DESK:
            self._go_on_desk(place)

    def start_session(self, session_id: str) -> None:
        """Ask to begin this planned session, on the live page."""
        window = self._window
        if window.page is Page.DESK:
            window.show_desk_page("live")
            window.sheets.go_live.start(present_go_live(window.state, window.tr_, session_id))
            window.draw_notices()

    def follow(self, place: LinkPlace, link_id: str) -> None:
        """Lead where a message leads."""
        if place is LinkPlace.DOCUMENT:
            is_known = link_id in tuple(DocumentKind)
            self._read(DocumentKind(link_id) if is_known else DocumentKind.LIVE_AGREEMENT)
        elif place in _LINKS:
            if place is LinkPlace.SCHEDULE:
                self._window.pages.schedule.look_at_session(link_id)
            elif place is LinkPlace.MEASURES:
                self._window.pages.measures.look_at(link_id)
            elif place is LinkPlace.REPORTS:
                self._window.pages.reports.look_at(link_id)
            self.go(_LINKS[place])

    def _go_on_desk(self, place: Place) -> None:
        window = self._window
        section = _SECTIONS.get(place)
        if section is not None:
            window.show_desk_page("settings")
            window.pages.settings.show_section(section)
            return
        match place:
            case Place.READ_AGREEMENT:
                self._read(DocumentKind.LIVE_AGREEMENT)
            case Place.MESSAGES:
                window.show_desk_page("messages")
            case Place.SCHEDULE:
                window.show_desk_page("schedule")
            case Place.MEASURES:
                window.show_desk_page("measures")
            case Place.REPORTS:
                window.show_desk_page("reports")
            case Place.PREFLIGHT:
                window.show_desk_page("preflight")
            case Place.PREPARE | Place.CHANGE_SCOPE:
                window.pages.prepare.look_at_now(offers_change=place is Place.CHANGE_SCOPE)
                window.show_desk_page("prepare")
            case _:
                window.show_desk_page("live")
                if window.pages.name == "live":  # the page before may ask before it is left
                    self._on_live(place)

    def _on_live(self, place: Place) -> None:
        window = self._window
        match place:
            case Place.VIDEO_MENU:
                window.pages.live.controls.open_video_menu()
            case Place.AUDIO_MENU:
                window.pages.live.controls.open_audio_menu()
            case Place.LIVE:
                pass
            case _:
                window.sheets.go_live.start(present_go_live(window.state, window.tr_))
                window.draw_notices()

    def _read(self, kind: DocumentKind) -> None:
        self._window.wish(ReadDocument(kind))
        self._window.pages.expect_document()
        self._window.show_desk_page("documents")
