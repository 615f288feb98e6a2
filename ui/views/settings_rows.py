"""How a settings section is laid out: name and hint at the left, the control and its line at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import Translator
from app.usecases.wishes import ChangeSettings
from ui.presenters.settings import SettingsView
from ui.views.base import Texts, View
from ui.widgets.basics import column, label, row, rule

LABEL_PX, GAP_PX, FIELD_PX = 200, 20, 568
MARGINS = (36, 24, 36, 24)


class Section(QScrollArea):
    """One section; scrolls where the window is low."""

    def __init__(self, name: str, texts: Texts) -> None:
        super().__init__()
        self.setObjectName(f"settings.{name}")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._name, self._texts = name, texts
        inner = QWidget()
        across = row(inner, margins=MARGINS)
        body = QWidget()
        body.setMaximumWidth(LABEL_PX + GAP_PX + FIELD_PX)
        across.addWidget(body, 1)
        across.addStretch(0)
        self._rows: QVBoxLayout = column(body, gap=18)
        self._rows.addStretch(1)
        self.setWidget(inner)

    def add(
        self, message_id: str, control: QWidget | QHBoxLayout, *, hint_id: str = "", line: QLabel | None = None
    ) -> QWidget:
        """A row: its name, an optional hint below the name, the control and an optional line below it."""
        names = column(gap=2)
        name = label(f"settings.{message_id}.name", type_="13b", wraps=True)
        name.setMinimumHeight(34)
        name.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        if message_id:
            self._texts.bind(name.setText, message_id)
        names.addWidget(name)
        if hint_id:
            hint = label(f"settings.{message_id}.hint", type_="12", tone="3", wraps=True)
            self._texts.bind(hint.setText, hint_id)
            names.addWidget(hint)
        names.addStretch(1)
        holder = QWidget()
        holder.setFixedWidth(LABEL_PX)
        holder.setLayout(names)
        field = column(gap=4)
        if isinstance(control, QWidget):
            inner = row()
            inner.addWidget(control)
            if control.sizePolicy().horizontalPolicy().value == 0 or control.maximumWidth() < FIELD_PX:
                inner.addStretch(1)
            field.addLayout(inner)
        else:
            field.addLayout(control)
        if line is not None:
            field.addWidget(line)
        field.addStretch(1)
        whole = QWidget()
        across = row(whole, gap=GAP_PX)
        across.addWidget(holder)
        across.addLayout(field, 1)
        self._rows.insertWidget(self._rows.count() - 1, whole)
        return whole

    def add_rule(self) -> None:
        """A hairline between groups."""
        self._rows.insertWidget(self._rows.count() - 1, rule())

    def add_wide(self, widget: QWidget, stretch: int = 0) -> None:
        """A widget over the whole width."""
        self._rows.insertWidget(self._rows.count() - 1, widget, stretch)


class SettingsSection(View):
    """One section of the page."""

    def __init__(self, name: str) -> None:
        super().__init__(f"settings.page.{name}", ground="bg")
        self.section = Section(name, self.texts)
        column(self).addWidget(self.section)
        self._tr = Translator()

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: SettingsView) -> None:
        """Show this state."""
        raise TypeError(f"{type(self).__name__} draws nothing")

    def change(self, name: str, value: object) -> None:
        """Emit the change of one setting."""
        self.wished.emit(ChangeSettings({name: value}))
