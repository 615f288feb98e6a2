"""Settings of the keyboard shortcuts: one line each; a key that cannot be had is refused where it was pressed."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QLabel

from app.i18n import Translator
from ui.keys import DEFAULTS, KeyAction, KeyFault, change_keys, reset_keys
from ui.presenters.settings import SettingsView
from ui.theme.apply import set_look
from ui.views.settings_rows import SettingsSection
from ui.widgets.basics import Button, label, row

FIELD_PX = 200
_PORTABLE = QKeySequence.SequenceFormat.PortableText


class KeysSection(SettingsSection):
    def __init__(self) -> None:
        super().__init__("keys")
        self._view: SettingsView | None = None
        note = label("settings.keys_note", tone="2", wraps=True)
        self.texts.bind(note.setText, "settings.keys_note")
        self.section.add_wide(note)
        self.fields: dict[KeyAction, QKeySequenceEdit] = {}
        self.faults: dict[KeyAction, QLabel] = {}
        self.clears: dict[KeyAction, Button] = {}
        for action in DEFAULTS:
            field = QKeySequenceEdit()
            field.setObjectName(f"settings.key.{action}")
            field.setMaximumSequenceLength(1)
            field.setFixedWidth(FIELD_PX)
            self.named(field, f"keys.{action}")
            field.editingFinished.connect(lambda changed=action: self._took(changed))
            fault = label(f"settings.key_fault.{action}", type_="12", tone="bad", wraps=True)
            fault.hide()
            clear = self.button(
                f"settings.key_clear.{action}", "keys.clear", kind="icon", icon_name="close", icon_px=14
            )
            clear.clicked.connect(lambda _=False, cleared=action: self._clear(cleared))
            across = row(gap=8)
            across.addWidget(field)
            across.addWidget(clear)
            across.addStretch(1)
            self.section.add(f"keys.{action}", across, line=fault)
            self.fields[action], self.faults[action], self.clears[action] = field, fault, clear
        self.reset = self.button("settings.keys_reset", "settings.keys_reset", icon_name="refresh")
        self.reset.clicked.connect(self._reset)
        buttons = row()
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        self.section.add("", buttons)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        for action, clear in self.clears.items():
            clear.setAccessibleName(tr.text("keys.clear_named", name=tr.text(f"keys.{action}")))

    def draw(self, view: SettingsView) -> None:
        is_new = self._view is None or view.keys != self._view.keys
        self._view = view
        if is_new:
            for line in view.keys:
                self._show(line.action, line.keys)
                self._tell(line.action, "")
        for line in view.keys:
            self.clears[line.action].setEnabled(bool(line.keys))
        self.reset.setEnabled(bool(view.shortcuts))

    def _show(self, action: KeyAction, keys: str) -> None:
        with QSignalBlocker(self.fields[action]):
            self.fields[action].setKeySequence(QKeySequence.fromString(keys, _PORTABLE))

    def _tell(self, action: KeyAction, text: str) -> None:
        self.faults[action].setText(text)
        self.faults[action].setVisible(bool(text))
        set_look(self.fields[action], invalid="true" if text else "false")

    def _took(self, action: KeyAction) -> None:
        if self._view is None:
            return
        typed = self.fields[action].keySequence().toString(_PORTABLE)
        done = change_keys(self._view.shortcuts, action, typed)
        self._tell(action, "")
        if isinstance(done, KeyFault):
            other = self._tr.text(f"keys.{done.taken_by}") if done.taken_by is not None else ""
            self._tell(action, self._tr.text(done.message_id, other=other))
            self._show(action, next(line.keys for line in self._view.keys if line.action is action))
        elif done is not None:
            self.wished.emit(done)

    def _clear(self, action: KeyAction) -> None:
        self._show(action, "")
        self._took(action)

    def _reset(self) -> None:
        for action in DEFAULTS:
            self._tell(action, "")
        self.wished.emit(reset_keys())
