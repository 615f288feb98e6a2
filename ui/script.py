"""Works the window hands free: clicks by objectName, types, takes pictures. Commands come from any thread and run in
the GUI thread, one an event. Used by the demonstration, the end-to-end tests and the screenshots.

Commands, each a mapping with one key:
    {"screenshot": path}             the window as PNG; answers width_px and height_px
    {"click": name}                  a button, by objectName
    {"type": {"name", "text"}}       replace the text of a field, of one line or of many
    {"check": {"name", "is_on"}}     a box, a chip or a switch
    {"pick": {"name", "text"}}       take the first choice with this text in it
    {"choose": path}                 take this file in the file dialog that is open; to save, any path
    {"scroll": {"name", "pages"}}    so many pages down an area or a text; answers is_at_end
    {"row": {"name", "row"}}         make a row of a list the current one
    {"widget": name}                 answers text, is_enabled, is_checked of a visible widget
    {"press": {"name", "key"}}       a key such as "Return" or "Ctrl+D"
    {"page": name}                   an entry that the rail offers
    {"look": {}}                     answers page, phase, frames_seen, first_window_ms, first_preview_ms
    {"texts": {}}                    every text that is on screen now
    {"buttons": prefix}              names of the visible buttons whose names begin so, from the top
    {"list": name}                   answers rows: what a visible list says of each of its rows, first to last
    {"turns": {"is_on"}}             measure the event loop's turns, or (false) answer turns, p50_ms, p99_ms, max_ms
    {"close": {}}                    close the window as a person would
The answer is {"ok": true, …} or {"ok": false, "error": text}.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, Qt, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from shiboken6 import isValid

from ui.shell import MainWindow
from ui.turns import Turns
from ui.widgets.pieces import NEXT_TURN_MS

SCROLLED_RATIO = 0.9
Answer = Mapping[str, Any]
Reply = Callable[[Answer], None]
Submit = Callable[[Mapping[str, Any], Reply], None]


class Script(Protocol):
    """A driver: ``attach`` is given the way in when the window is up; it may be called from any thread."""

    def attach(self, submit: Submit) -> None: ...


class WindowDriver(QObject):
    """Lives in the GUI thread; ``submit`` may be called from any thread."""

    _asked = Signal(object, object)

    def __init__(self, window: MainWindow, figures: Callable[[], Mapping[str, float]]) -> None:
        super().__init__(window)
        self._window = window
        self._figures = figures
        self._turns: Turns | None = None
        self._waiting: deque[tuple[Mapping[str, Any], Reply]] = deque()
        self._is_clicking = False
        self._asked.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def submit(self, command: Mapping[str, Any], reply: Reply) -> None:
        """Run ``command`` in the GUI thread; ``reply`` gets the answer there and must not block."""
        self._asked.emit(dict(command), reply)

    @Slot(object, object)
    def _run(self, command: Mapping[str, Any], reply: Reply) -> None:
        if QThread.currentThread() is not self.thread():
            raise RuntimeError("a command must run in the GUI thread")
        self._waiting.append((command, reply))
        self._go_on()

    def _go_on(self) -> None:
        """One after the other, in the order they came."""
        while self._waiting and not self._is_clicking:
            command, reply = self._waiting.popleft()
            if "click" not in command:
                reply(self.run(command))
                continue
            try:
                button = self._button(command["click"])
            except LookupError as cause:
                reply({"ok": False, "error": str(cause)})
                continue
            # what looking for it costs is not the window's: a click is a turn of its own, as a person's is
            self._is_clicking = True
            QTimer.singleShot(NEXT_TURN_MS, self, partial(self._click, command["click"], button, reply))

    def _click(self, name: str, button: QAbstractButton, reply: Reply) -> None:
        self._is_clicking = False
        if isValid(button) and button.isVisible():
            button.click()
            reply({"ok": True})
        else:
            reply({"ok": False, "error": f"{name} is gone"})
        self._go_on()

    def run(self, command: Mapping[str, Any]) -> Answer:
        """Run one command now. GUI thread."""
        for name, argument in command.items():
            action = getattr(self, f"_do_{name}", None)
            if action is None:
                return {"ok": False, "error": f"unknown command {name}"}
            try:
                return {"ok": True, **action(argument)}
            except LookupError as cause:
                return {"ok": False, "error": str(cause)}
        return {"ok": False, "error": "empty command"}

    def _find(self, name: str) -> QWidget:
        found = self._window.findChildren(QWidget, name)
        for widget in found:
            if widget.isVisible():
                return widget
        raise LookupError(f"no visible widget is called {name}")

    def _do_screenshot(self, path: str) -> Answer:
        self._window.pages.curtain.lift()
        picture = self._window.grab()
        if not picture.save(str(path)):
            raise LookupError(f"cannot write {path}")
        return {"width_px": picture.width(), "height_px": picture.height()}

    def _do_click(self, name: str) -> Answer:
        self._button(name).click()
        return {}

    def _button(self, name: str) -> QAbstractButton:
        widget = self._find(name)
        if not isinstance(widget, QAbstractButton) or not widget.isEnabled():
            raise LookupError(f"{name} cannot be clicked now")
        return widget

    def _do_type(self, argument: Mapping[str, str]) -> Answer:
        widget = self._find(argument["name"])
        if not isinstance(widget, QLineEdit | QPlainTextEdit) or widget.isReadOnly() or not widget.isEnabled():
            raise LookupError(f"{argument['name']} takes no text")
        widget.setFocus()
        widget.selectAll()
        if isinstance(widget, QLineEdit):
            # Unlike setText it counts as typed.
            widget.insert(argument["text"])
        else:
            widget.insertPlainText(argument["text"])
        return {}

    def _do_check(self, argument: Mapping[str, Any]) -> Answer:
        widget = self._find(argument["name"])
        if not isinstance(widget, QAbstractButton) or not widget.isCheckable() or not widget.isEnabled():
            raise LookupError(f"{argument['name']} cannot be checked now")
        if widget.isChecked() is not bool(argument.get("is_on", True)):
            widget.click()
        return {}

    def _do_pick(self, argument: Mapping[str, str]) -> Answer:
        widget = self._find(argument["name"])
        if not isinstance(widget, QComboBox) or not widget.isEnabled():
            raise LookupError(f"{argument['name']} offers no choices now")
        place = widget.findText(argument["text"], Qt.MatchFlag.MatchContains)
        if place < 0:
            raise LookupError(f"{argument['name']} does not offer {argument['text']}")
        widget.setFocus()
        widget.setCurrentIndex(place)
        return {}

    def _do_choose(self, path: str) -> Answer:
        dialogs = [dialog for dialog in self._window.findChildren(QFileDialog) if dialog.isVisible()]
        if not dialogs:
            raise LookupError("no file dialog is open")
        is_saving = dialogs[-1].acceptMode() is QFileDialog.AcceptMode.AcceptSave
        if not is_saving and not Path(path).is_file():
            raise LookupError(f"there is no file {path}")
        # as the dialog's own button does, once it knows the folder
        dialogs[-1].fileSelected.emit(str(path))
        dialogs[-1].close()
        return {}

    def _do_scroll(self, argument: Mapping[str, Any]) -> Answer:
        widget = self._find(argument["name"])
        if not isinstance(widget, QAbstractScrollArea):
            raise LookupError(f"{argument['name']} cannot be scrolled")
        bar = widget.verticalScrollBar()
        # what was the last line stays in sight, as with the key
        step = max(1, round(bar.pageStep() * SCROLLED_RATIO))
        bar.setValue(bar.value() + step * int(argument.get("pages", 1)))
        return {"is_at_end": bar.value() >= bar.maximum()}

    def _do_row(self, argument: Mapping[str, Any]) -> Answer:
        widget = self._find(argument["name"])
        model = widget.model() if isinstance(widget, QAbstractItemView) else None
        if model is None or not isinstance(widget, QAbstractItemView) or int(argument["row"]) >= model.rowCount():
            raise LookupError(f"{argument['name']} has no such row")
        widget.setFocus()
        widget.setCurrentIndex(model.index(int(argument["row"]), 0))
        return {}

    def _do_buttons(self, prefix: str) -> Answer:
        seen = [
            one for one in self._window.findChildren(QAbstractButton)
            if one.isVisible() and one.objectName().startswith(prefix)
        ]  # fmt: skip
        seen.sort(key=lambda one: one.mapTo(self._window, one.rect().topLeft()).toTuple()[::-1])
        return {"names": [one.objectName() for one in seen]}

    def _do_widget(self, name: str) -> Answer:
        widget = self._find(name)
        is_checked = isinstance(widget, QAbstractButton) and widget.isChecked()
        return {"text": _text_of(widget), "is_enabled": widget.isEnabled(), "is_checked": is_checked}

    def _do_press(self, argument: Mapping[str, str]) -> Answer:
        widget = self._find(argument["name"])
        combination = QKeySequence.fromString(argument["key"])[0]  # type: ignore[index]  # missing in the stubs
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, combination.key(), combination.keyboardModifiers())
            QApplication.sendEvent(widget, event)
        return {}

    def _do_page(self, name: str) -> Answer:
        if name not in self._window.rail.buttons or not self._window.rail.offers(name):
            raise LookupError(f"no page is called {name}")
        self._window.rail.buttons[name].click()
        return {}

    def _do_look(self, _: object) -> Answer:
        window = self._window
        return {
            "page": window.page.value if window.page.value != "desk" else window.desk_page,
            "phase": window.state.broadcast.phase.value,
            "frames_seen": window.feed.frames_seen,
            **self._figures(),
        }

    def _do_texts(self, _: object) -> Answer:
        shown = (widget for widget in self._window.findChildren(QWidget) if widget.isVisible())
        return {"texts": [text for widget in shown if (text := _text_of(widget))]}

    def _do_list(self, name: str) -> Answer:
        widget = self._find(name)
        model = widget.model() if isinstance(widget, QAbstractItemView) else None
        if model is None:
            raise LookupError(f"{name} is no list")
        role = int(Qt.ItemDataRole.AccessibleTextRole)
        return {"rows": [str(model.index(row, 0).data(role)) for row in range(model.rowCount())]}

    def _do_turns(self, argument: Mapping[str, bool]) -> Answer:
        before, self._turns = self._turns, Turns(self._window) if argument["is_on"] else None
        return dict(before.stop()) if before is not None else {}

    def _do_close(self, _: object) -> Answer:
        self._window.close()
        return {}


def _text_of(widget: QWidget) -> str:
    """What stands on or in a widget."""
    if isinstance(widget, QPlainTextEdit):
        return widget.toPlainText()
    text = getattr(widget, "text", "")
    found = text() if callable(text) else text
    return found if isinstance(found, str) else ""


def attach(window: MainWindow, script: Script, figures: Callable[[], Mapping[str, float]]) -> WindowDriver:
    """Give ``script`` the way into ``window``."""
    driver = WindowDriver(window, figures)
    script.attach(driver.submit)
    return driver
