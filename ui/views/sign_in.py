"""Sign-in by phone and one-time code; on the demo platform the code is shown here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from app.i18n import Translator
from app.usecases.wishes import AskCode, ForgetPlatform
from ui.presenters.common import TroubleView
from ui.presenters.entry import SignInView, digits_of, phone_fault, sign_in_wish
from ui.theme.apply import set_look
from ui.views.base import View
from ui.views.brand import BrandPanel, LanguageButton
from ui.widgets.basics import box, column, label, row, rule
from ui.widgets.trouble import TroubleLine

FORM_PX = 340
FIELD_PX = 40


class SignInPage(View):
    """Draws SignInView. ``back_asked``: back to the broadcast that goes on behind."""

    def __init__(self) -> None:
        super().__init__("sign_in", ground="surface")
        self._view: SignInView | None = None
        self._tr = Translator()
        layout = row(self)
        self.brand = BrandPanel(self.texts)
        layout.addWidget(self.brand, 1)
        side = box("sign_in.side", ground="surface")
        layout.addWidget(side, 1)
        outer = column(side)
        outer.addStretch(1)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(self._make_form())
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(1)

    def _make_form(self) -> QWidget:
        form = QWidget()
        form.setFixedWidth(FORM_PX)
        layout = column(form)
        title = label("sign_in.title", type_="title")
        self.texts.bind(title.setText, "sign_in.title")
        subtitle = label("sign_in.subtitle", tone="2")
        self.texts.bind(subtitle.setText, "sign_in.subtitle")
        layout.addWidget(title)
        layout.addSpacing(2)
        layout.addWidget(subtitle)
        layout.addSpacing(16)
        self.phone = self._field("sign_in.phone", "sign_in.phone")
        layout.addWidget(self._framed(self.phone, prefix="+86"))
        layout.addSpacing(16)
        self.code = self._field("sign_in.code", "sign_in.code")
        self.code.setMaxLength(6)
        self.get_code = self.button("sign_in.get_code", "sign_in.get_code", kind="link")
        self.get_code.clicked.connect(self._ask_code)
        layout.addWidget(self._framed(self.code, after=self.get_code))
        layout.addSpacing(16)
        self.strip = box("sign_in.strip", kind="strip-warn")
        self.strip.setFixedHeight(FIELD_PX)
        inner = row(self.strip, margins=(12, 0, 12, 0), gap=8)
        self.strip_text = label("sign_in.strip_text", type_="12")
        self.strip_code = label("sign_in.strip_code", type_="15b")
        self.fill_code = self.button("sign_in.fill_code", "sign_in.fill_code", kind="link")
        self.fill_code.clicked.connect(lambda: self.code.setText(self.strip_code.text()))
        inner.addWidget(self.strip_text)
        inner.addWidget(self.strip_code)
        inner.addStretch(1)
        inner.addWidget(self.fill_code)
        layout.addWidget(self.strip)
        self._strip_gap = QWidget()
        self._strip_gap.setFixedHeight(16)
        layout.addWidget(self._strip_gap)
        self.trouble = TroubleLine("sign_in.trouble")
        self.trouble.setContentsMargins(0, 0, 0, 12)
        self.trouble.acted.connect(self.acted)
        layout.addWidget(self.trouble)
        self.submit = self.button("sign_in.submit", "sign_in.submit", kind="primary")
        self.submit.setProperty("size", "big")
        self.submit.clicked.connect(self._submit)
        layout.addWidget(self.submit)
        layout.addSpacing(20)
        layout.addWidget(rule())
        layout.addSpacing(12)
        foot = row()
        self.language = LanguageButton("sign_in.language")
        self.language.wished.connect(self.wished)
        self.named(self.language, "settings.language")
        self.change = self.button("sign_in.change", "sign_in.change", kind="link")
        self.change.setProperty("tone", "2")
        self.change.clicked.connect(lambda: self.wished.emit(ForgetPlatform()))
        self.back = self.button("sign_in.back", "sign_in.back", kind="link")
        self.back.clicked.connect(lambda: self.acted.emit("back"))
        foot.addWidget(self.language)
        foot.addStretch(1)
        foot.addWidget(self.change)
        foot.addWidget(self.back)
        layout.addLayout(foot)
        return form

    def _field(self, name: str, message_id: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setProperty("kind", "bare")
        self.texts.bind(field.setPlaceholderText, message_id)
        self.named(field, message_id)
        field.returnPressed.connect(self._submit)
        field.textEdited.connect(lambda _: self._clear_fault())
        return field

    def _framed(self, field: QLineEdit, *, prefix: str = "", after: QWidget | None = None) -> QFrame:
        frame = box(f"{field.objectName()}.frame", kind="field")
        frame.setFixedHeight(FIELD_PX)
        inner = row(frame, margins=(12, 0, 9, 0), gap=12)
        if prefix:
            country = label(f"{field.objectName()}.prefix")
            country.setText(prefix)
            inner.addWidget(country)
        inner.addWidget(field, 1)
        if after is not None:
            inner.addWidget(after)
        field.installEventFilter(self)
        frame.setFocusProxy(field)
        return frame

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut) and isinstance(watched, QLineEdit):
            frame = watched.parentWidget()
            if frame is not None:
                set_look(frame, focused="true" if event.type() == QEvent.Type.FocusIn else "false")
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.brand.setVisible(self.width() >= 2 * FORM_PX + 120)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._view = None
        self.language.show_language(tr)

    def draw(self, view: SignInView) -> None:
        """Show this state; what is being typed stays."""
        if view == self._view:
            return
        before = self._view
        self._view = view
        self.brand.foot.setText(view.foot)
        if not self.phone.text() and view.phone:
            self.phone.setText(view.phone)
        is_busy = view.is_signing_in or view.is_restoring
        self.phone.setEnabled(not is_busy)
        self.code.setEnabled(not is_busy)
        self.get_code.setText(view.resend_label)
        self.get_code.setAccessibleName(view.resend_label)
        self.get_code.setEnabled(view.can_resend)
        self.strip.setVisible(bool(view.strip))
        self._strip_gap.setVisible(bool(view.strip))
        self.strip_text.setText(view.strip)
        self.strip_code.setText(view.code)
        self.strip_code.setVisible(bool(view.code))
        self.fill_code.setVisible(bool(view.code) and not is_busy)
        self.submit.setEnabled(not is_busy)
        busy_id = "sign_in.restoring" if view.is_restoring else "sign_in.signing_in"
        self.submit.setText(self._tr.text(busy_id if is_busy else "sign_in.submit"))
        self.trouble.draw(view.trouble)
        self.change.setVisible(not view.is_back_shown)
        self.back.setVisible(view.is_back_shown)
        if view.has_code_been_sent and not (before is not None and before.has_code_been_sent):
            self.code.setFocus()

    def focus_first(self) -> None:
        """Give the keyboard to the field that comes next."""
        is_sent = self._view is not None and self._view.has_code_been_sent
        (self.code if is_sent else self.phone).setFocus()

    def _fault(self, message_id: str) -> None:
        self.trouble.draw(TroubleView(self._tr.text(message_id)))

    def _clear_fault(self) -> None:
        self.trouble.draw(None)

    def _ask_code(self) -> None:
        fault = phone_fault(self.phone.text())
        if fault:
            self._fault(fault)
            self.phone.setFocus()
        else:
            self._clear_fault()
            self.wished.emit(AskCode(digits_of(self.phone.text())))

    def _submit(self) -> None:
        if not self.submit.isEnabled():
            return
        wish = sign_in_wish(self.phone.text(), self.code.text())
        if isinstance(wish, str):
            self._fault(wish)
            (self.phone if wish == "error.phone_invalid" else self.code).setFocus()
        else:
            self._clear_fault()
            self.wished.emit(wish)
