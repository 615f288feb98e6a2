"""The first question: connect to my platform, or try on this machine. Also the wait and the service that is away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.i18n import Translator
from app.usecases.wishes import TryHere
from ui.presenters.common import TroubleView
from ui.presenters.entry import FirstStartView, connect_wish
from ui.theme.apply import set_look
from ui.views.base import View
from ui.views.brand import LanguageButton
from ui.widgets.basics import Icon, box, column, label, row
from ui.widgets.marks import Logo, Toggle
from ui.widgets.trouble import TroubleLine

CARD_PX, CARD_HEIGHT_PX = 340, 272


class FirstStartPage(View):
    """Draws FirstStartView."""

    def __init__(self) -> None:
        super().__init__("first_start", ground="bg")
        self._view: FirstStartView | None = None
        self._tr = Translator()
        outer = column(self, margins=(28, 28, 28, 28))
        outer.addStretch(2)
        self._logo = Logo(48)
        self.texts.bind(self._logo.set_mark, "brand.mark")
        outer.addWidget(self._logo, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addSpacing(16)
        self.title = label("first_start.title", type_="title")
        outer.addWidget(self.title, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addSpacing(4)
        self.subtitle = label("first_start.subtitle", tone="2")
        outer.addWidget(self.subtitle, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addSpacing(28)
        outer.addWidget(self._make_cards(), 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addWidget(self._make_wait(), 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(3)
        self.language = LanguageButton("first_start.language")
        self.language.wished.connect(self.wished)
        self.named(self.language, "settings.language")
        outer.addWidget(self.language, 0, Qt.AlignmentFlag.AlignHCenter)

    def _make_cards(self) -> QWidget:
        self._cards = QWidget()
        layout = row(self._cards, gap=20)
        here = box("first_start.here", kind="card")
        connect = box("first_start.connect", kind="card")
        for card in (here, connect):
            card.setFixedSize(CARD_PX, CARD_HEIGHT_PX)
            layout.addWidget(card)
        inner = column(here, margins=(20, 20, 20, 20), gap=8)
        self._head(inner, "desktop", "first.here", "first.here_text")
        inner.addStretch(1)
        self.lan = Toggle("first_start.lan")
        self.named(self.lan, "first.lan", tip="first.lan_text")
        lan_name = label("first_start.lan_name")
        self.texts.bind(lan_name.setText, "first.lan")
        lan_row = row(gap=8)
        lan_row.addWidget(self.lan)
        lan_row.addWidget(lan_name, 1)
        inner.addLayout(lan_row)
        hint = label("first_start.lan_text", type_="12", tone="3", wraps=True)
        self.texts.bind(hint.setText, "first.lan_text")
        inner.addWidget(hint)
        inner.addSpacing(4)
        self.try_here = self.button("first_start.try_here", "first.try", kind="primary")
        self.try_here.clicked.connect(lambda: self.wished.emit(TryHere(on_lan=self.lan.isChecked())))
        inner.addWidget(self.try_here)

        inner = column(connect, margins=(20, 20, 20, 20), gap=8)
        self._head(inner, "globe", "first.connect", "first.connect_text")
        inner.addStretch(1)
        self.trouble = TroubleLine("first_start.trouble")
        self.trouble.acted.connect(self.acted)
        inner.addWidget(self.trouble)
        self.url = QLineEdit()
        self.url.setObjectName("first_start.url")
        self.texts.bind(self.url.setPlaceholderText, "first.url_hint")
        self.named(self.url, "first.url")
        self.url.returnPressed.connect(self._connect)
        inner.addWidget(self.url)
        inner.addSpacing(4)
        self.connect_button = self.button("first_start.go", "first.go")
        self.connect_button.clicked.connect(self._connect)
        inner.addWidget(self.connect_button)
        return self._cards

    def _head(self, layout: QVBoxLayout, icon_name: str, title_id: str, text_id: str) -> None:
        layout.addWidget(Icon(icon_name, tone="accent", size_px=24))
        title = label(f"{title_id}.title", type_="15b")
        self.texts.bind(title.setText, title_id)
        text = label(f"{title_id}.text", tone="2", wraps=True)
        self.texts.bind(text.setText, text_id)
        layout.addWidget(title)
        layout.addWidget(text)

    def _make_wait(self) -> QWidget:
        self._wait = box("first_start.wait", kind="card")
        self._wait.setFixedWidth(480)
        inner = column(self._wait, margins=(20, 20, 20, 20), gap=16)
        self.wait_text = label("first_start.wait_text", tone="2", wraps=True)
        inner.addWidget(self.wait_text)
        buttons = row(gap=8)
        self.retry = self.button("first_start.retry", "action.retry", kind="primary")
        self.retry.clicked.connect(lambda: self._emit("retry"))
        self.change = self.button("first_start.change", "first.change")
        self.change.clicked.connect(lambda: self._emit("change"))
        buttons.addStretch(1)
        buttons.addWidget(self.change)
        buttons.addWidget(self.retry)
        inner.addLayout(buttons)
        return self._wait

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._view = None
        self.language.show_language(tr)

    def draw(self, view: FirstStartView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.title.setText(view.title)
        self.subtitle.setText(self._tr.text("first.subtitle"))
        self.subtitle.setVisible(view.is_form_shown)
        self._cards.setVisible(view.is_form_shown)
        self._wait.setVisible(not view.is_form_shown)
        self.retry.setVisible(view.retry is not None)
        self.change.setVisible(view.change is not None)
        self.change.setText(self._tr.text("action.cancel" if view.is_busy else "first.change"))
        self.trouble.draw(view.trouble if view.is_form_shown else None)
        if not view.is_form_shown:
            self.wait_text.setText(view.busy_text or (view.trouble.text if view.trouble is not None else ""))
        if view.is_form_shown and view.url and not self.url.text():
            self.url.setText(view.url)

    def focus_first(self) -> None:
        """Give the keyboard to the answer that most people take."""
        if self._view is not None and not self._view.is_form_shown:
            (self.retry if self._view.retry is not None else self.change).setFocus()
        else:
            self.try_here.setFocus()

    def _connect(self) -> None:
        wish = connect_wish(self.url.text())
        set_look(self.url, invalid="false" if wish is not None else "true")
        if wish is None:
            self.trouble.draw(TroubleView(self._tr.text("first.url_missing")))
            self.url.setFocus()
        else:
            self.wished.emit(wish)

    def _emit(self, name: str) -> None:
        wish = getattr(self._view, name, None)
        if wish is not None:
            self.wished.emit(wish)
