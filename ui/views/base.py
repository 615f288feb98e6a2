"""What every page and sheet is: it knows its fixed texts by id and can say them again in another language."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.i18n import Translator
from ui.widgets.basics import Button


class Texts:
    """Setters and the message ids that belong to them."""

    def __init__(self) -> None:
        self._bound: list[tuple[Callable[[str], object], str, str]] = []

    def bind(self, setter: Callable[[str], object], message_id: str, *, keys: str = "") -> None:
        """``keys``: a shortcut, shown behind the text (tooltips)."""
        self._bound.append((setter, message_id, keys))

    def say(self, tr: Translator) -> None:
        """Set all texts in the language of ``tr``."""
        for setter, message_id, keys in self._bound:
            text = tr.text(message_id)
            setter(tr.text("tip.with_keys", text=text, keys=keys) if keys else text)


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

    def named(self, widget: QWidget, message_id: str, *, tip: str = "", keys: str = "") -> None:
        """Give a control its accessible name and a tooltip that shows its shortcut."""
        self.texts.bind(widget.setAccessibleName, message_id)
        if tip or keys:
            self.texts.bind(widget.setToolTip, tip or message_id, keys=keys)

    def button(
        self,
        name: str,
        message_id: str,
        *,
        kind: str = "",
        icon_name: str = "",
        icon_px: int = 18,
        tip: str = "",
        keys: str = "",
    ) -> Button:
        """A button with a fixed text; of the kind ``icon`` the text is only its name and tooltip."""
        made = Button(name, kind=kind, icon_name=icon_name, icon_px=icon_px)
        if kind == "icon":
            self.named(made, message_id, tip=message_id, keys=keys)
        else:
            self.texts.bind(made.setText, message_id)
            self.named(made, message_id, tip=tip, keys=keys)
        return made
