"""The brand's ground beside the sign-in form, and the button that changes the language."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.i18n import LANGUAGES, Translator
from app.usecases.wishes import ChangeSettings
from ui.theme.tokens import DARK
from ui.views.base import Texts
from ui.widgets.basics import Button, column, row
from ui.widgets.marks import Logo


class LanguageButton(Button):
    """Names the language that is spoken and takes the next one."""

    wished = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__(name, kind="link", icon_name="globe", icon_px=14)
        self.setProperty("tone", "2")
        self._language = LANGUAGES[0]
        self.clicked.connect(self._change)

    def show_language(self, tr: Translator) -> None:
        """Name the other language, in itself."""
        self._language = LANGUAGES[(LANGUAGES.index(tr.language) + 1) % len(LANGUAGES)]
        self.setText(Translator(self._language).text("language.name"))

    def _change(self) -> None:
        self.wished.emit(ChangeSettings({"language": self._language}))


class BrandPanel(QWidget):
    """Logo, slogan and, at the foot, which service this is. Dark in both themes."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("brand")
        layout = column(self, margins=(56, 56, 28, 56))
        head = row(gap=12)
        logo = Logo(40)
        texts.bind(logo.set_mark, "brand.mark")
        head.addWidget(logo)
        head.addWidget(self._line("name", "brand.name", texts))
        head.addStretch(1)
        layout.addLayout(head)
        layout.addStretch(5)
        layout.addWidget(self._line("slogan", "brand.slogan", texts))
        layout.addSpacing(12)
        layout.addWidget(self._line("text", "brand.text", texts))
        layout.addStretch(6)
        self.foot = self._line("foot", "", texts)
        layout.addWidget(self.foot)

    def _line(self, look: str, message_id: str, texts: Texts) -> QLabel:
        made = QLabel()
        made.setObjectName(f"brand.{look}")
        made.setProperty("brand", look)
        made.setWordWrap(look in ("slogan", "text", "foot"))
        if message_id:
            texts.bind(made.setText, message_id)
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ground = QLinearGradient(QPointF(0, 0), QPointF(self.width() * 0.7, self.height()))
        ground.setColorAt(0, QColor(DARK.brand_ground_from))
        ground.setColorAt(1, QColor(DARK.brand_ground_to))
        painter.fillRect(self.rect(), ground)
        painter.end()
