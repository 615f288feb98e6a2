"""What every page and sheet is: it knows its fixed texts by id and can say them again in another language."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.i18n import Translator
from ui.keys import DEFAULTS, KeyAction, Keys
from ui.shortcuts import shown_keys
from ui.widgets.basics import Button


class Texts:
    """Setters and the message ids that belong to them."""

    def __init__(self) -> None:
        self._bound: list[tuple[Callable[[str], object], str, KeyAction | None]] = []
        self._keys: Keys = DEFAULTS
        self._tr: Translator | None = None

    def bind(self, setter: Callable[[str], object], message_id: str, *, key: KeyAction | None = None) -> None:
        """``key``: its keys are shown behind the text (tooltips)."""
        self._bound.append((setter, message_id, key))

    def say(self, tr: Translator) -> None:
        """Set all texts in the language of ``tr``."""
        self._tr = tr
        for bound in self._bound:
            self._say_one(tr, *bound)

    def show_keys(self, keys: Keys) -> None:
        """Other keys are in force."""
        self._keys = keys
        for setter, message_id, key in self._bound:
            if key is not None and self._tr is not None:
                self._say_one(self._tr, setter, message_id, key)

    def _say_one(self, tr: Translator, setter: Callable[[str], object], message_id: str, key: KeyAction | None) -> None:
        text, keys = tr.text(message_id), self._keys[key] if key is not None else ""
        setter(tr.text("tip.with_keys", text=text, keys=shown_keys(keys)) if keys else text)


class View(QFrame):
    """A page, card or sheet. ``wished`` carries wishes for the desk, ``acted`` the action of a trouble's button."""

    wished = Signal(object)
    acted = Signal(str)

    def __init__(self, name: str, *, kind: str = "", ground: str = "") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        if kind:
            self.setProperty("kind", kind)
        if ground:
            self.setProperty("ground", ground)
        self.texts = Texts()

    def retranslate(self, tr: Translator) -> None:
        """Say the fixed texts; the next ``draw`` brings the others."""
        self.texts.say(tr)

    def named(self, widget: QWidget, message_id: str, *, tip: str = "", key: KeyAction | None = None) -> None:
        """Give a control its accessible name and a tooltip that shows its shortcut."""
        self.texts.bind(widget.setAccessibleName, message_id)
        self.tipped(widget, tip or (message_id if key is not None else ""), key=key)

    def tipped(self, widget: QWidget, message_id: str, *, key: KeyAction | None = None) -> None:
        """Give a control, whose name ``draw`` tells with its state, a tooltip that shows its shortcut."""
        if message_id:
            self.texts.bind(widget.setToolTip, message_id, key=key)

    def show_keys(self, keys: Keys) -> None:
        """Show these keys in the tooltips."""
        self.texts.show_keys(keys)

    def button(
        self,
        name: str,
        message_id: str,
        *,
        kind: str = "",
        icon_name: str = "",
        icon_px: int = 18,
        tip: str = "",
        key: KeyAction | None = None,
    ) -> Button:
        """A button with a fixed text; of the kind ``icon`` the text is only its name and tooltip."""
        made = Button(name, kind=kind, icon_name=icon_name, icon_px=icon_px)
        if kind == "icon":
            self.named(made, message_id, tip=message_id, key=key)
        else:
            self.texts.bind(made.setText, message_id)
            self.named(made, message_id, tip=tip, key=key)
        return made
