"""Tells of messages on the desktop when they arrive, and leads to their page when one is clicked. GUI thread.

Linux: the desktop's own service, by a thread of ui.notify_bus. Windows and macOS: the tray icon of Qt. Where there is
neither, nothing is told: the message is in the list all the same. Only what stands in the message goes out.
"""

from __future__ import annotations

import sys
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from app.i18n import Translator
from app.usecases.state import DeskState
from ui.presenters.messages import MessageRow, arrival_words, message_row

KEPT = 50
"""So many notifications can still be clicked; older ones are gone from the screen long since."""
TRAY_MS = 10_000


class Desktop(Protocol):
    """Where notifications are shown. ``clicked`` carries the key of one."""

    @property
    def clicked(self) -> SignalInstance: ...
    def show(self, key: str, title: str, body: str, open_label: str) -> None: ...
    def close(self) -> None: ...


class TrayDesktop(QObject):
    """The tray icon's balloon; it knows only of the newest one that it was clicked."""

    clicked = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._icon: QSystemTrayIcon | None = None
        self._key = ""

    def show(self, key: str, title: str, body: str, open_label: str) -> None:
        if not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._icon is None:
            self._icon = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._icon.messageClicked.connect(lambda: self.clicked.emit(self._key))
            self._icon.show()
        self._key = key
        self._icon.showMessage(title, body, QApplication.windowIcon(), TRAY_MS)

    def close(self) -> None:
        if self._icon is not None:
            self._icon.hide()


def make_desktop(parent: QObject, platform: str = sys.platform) -> Desktop:
    """What this system offers."""
    if platform == "linux":
        from ui.notify_bus import BusDesktop

        return BusDesktop(parent)
    return TrayDesktop(parent)


class Notifier(QObject):
    """``opened`` carries the MessageRow that was clicked; None: several were told of in one."""

    opened = Signal(object)

    def __init__(self, parent: QObject | None = None, desktop: Desktop | None = None) -> None:
        super().__init__(parent)
        self._desktop = desktop if desktop is not None else make_desktop(self)
        self._desktop.clicked.connect(self._clicked)
        self._number = 0
        self._rows: dict[str, MessageRow | None] = {}
        self._count = 0

    def follow(self, state: DeskState, tr: Translator, *, is_list_seen: bool) -> None:
        """Tell of what came in; not of what the person has before their eyes (``is_list_seen``), nor unasked."""
        inbox = state.inbox
        has_come = inbox.arrived_number > self._number
        self._number = inbox.arrived_number
        if not has_come or not inbox.arrived or is_list_seen or not state.settings.is_notifying:
            return
        self._count += 1
        key = str(self._count)
        title, body = arrival_words(inbox.arrived, tr)
        self._rows[key] = message_row(inbox.arrived[0], tr) if len(inbox.arrived) == 1 else None
        while len(self._rows) > KEPT:
            del self._rows[next(iter(self._rows))]
        self._desktop.show(key, title, body, tr.text("notify.open"))

    def close(self) -> None:
        """Nothing is told or heard of any more."""
        self._desktop.close()

    def _clicked(self, key: str) -> None:
        if key in self._rows:
            self.opened.emit(self._rows.pop(key))
