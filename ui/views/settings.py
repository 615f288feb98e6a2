"""The settings page: sections at the left, rows at the right. A change takes effect at once."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QLabel, QStackedWidget

from app.i18n import Translator
from app.usecases.wishes import LoadApplication, RefreshDevices
from ui.keys import Keys
from ui.presenters.settings import SettingsView
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.views.settings_account import AboutSection, AccountSection, NetworkSection
from ui.views.settings_keys import KeysSection
from ui.views.settings_media import CameraSection, GeneralSection, OutputSection, SoundSection
from ui.views.settings_rows import SettingsSection
from ui.widgets.basics import Button, Elided, box, column, label, row
from ui.widgets.frames import FrameFeed
from ui.widgets.marks import Pill

SECTIONS = ("general", "camera", "sound", "output", "network", "keys", "account", "about")
NAV_PX = 200


class SettingsPage(View):
    """Draws SettingsView."""

    def __init__(self, feed: FrameFeed) -> None:
        super().__init__("settings", ground="bg")
        outer = column(self)
        header = box("settings.header", ground="header")
        header.setFixedHeight(HEADER_PX)
        line = row(header, margins=(20, 0, 20, 0), gap=14)
        title = label("settings.title", type_="h1")
        self.texts.bind(title.setText, "settings.title")
        note: QLabel = Elided("settings.note", type_="12", tone="2")
        self.texts.bind(note.setText, "settings.note")
        note.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.platform = Pill("settings.platform")
        line.addWidget(title)
        line.addStretch(1)
        line.addWidget(note)
        line.addWidget(self.platform)
        outer.addWidget(header)
        body = row()
        outer.addLayout(body, 1)
        nav = box("settings.nav", ground="nav")
        nav.setFixedWidth(NAV_PX)
        entries = column(nav, margins=(12, 18, 12, 12), gap=2)
        self.stack = QStackedWidget()
        self.open_section = SECTIONS[0]
        self._group = QButtonGroup(self)
        self._nav: dict[str, Button] = {}
        self._account = AccountSection()
        self._sections: dict[str, SettingsSection] = {
            "general": GeneralSection(),
            "camera": CameraSection(),
            "sound": SoundSection(feed),
            "output": OutputSection(),
            "network": NetworkSection(),
            "keys": KeysSection(),
            "account": self._account,
            "about": AboutSection(),
        }
        for name in SECTIONS:
            button = self.button(f"settings.nav.{name}", f"settings.section.{name}", kind="nav")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, shown=name: self.show_section(shown))
            self._group.addButton(button)
            self._nav[name] = button
            entries.addWidget(button)
            section = self._sections[name]
            section.wished.connect(self.wished)
            section.acted.connect(self.acted)
            self.stack.addWidget(section)
        entries.addStretch(1)
        body.addWidget(nav)
        body.addWidget(self.stack, 1)
        self.show_section("general")

    def focus_first(self) -> None:
        """Give the keyboard to the section that is open."""
        self._nav[self.open_section].setFocus()

    def show_section(self, name: str) -> None:
        """Show a section; asks for what it shows."""
        self.open_section = name
        self._nav[name].setChecked(True)
        if self.isVisible():
            self._nav[name].setFocus()
        self.stack.setCurrentWidget(self._sections[name])
        if name == "account":
            self.wished.emit(LoadApplication())
            self.wished.emit(RefreshDevices())

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        for section in self._sections.values():
            section.retranslate(tr)

    def show_keys(self, keys: Keys) -> None:
        for section in self._sections.values():
            section.show_keys(keys)

    def shut(self) -> None:
        """Wait for what is being read."""
        self._account.thumbnails.close()

    def draw(self, view: SettingsView) -> None:
        """Show this state in the section that is open."""
        self.platform.show_text(view.platform)
        self.platform.setVisible(view.is_embedded)
        for section in self._sections.values():
            section.draw(view)
