"""The form for name and number (实名). GUI thread.

What is typed stays in the two fields until it is sent, and leaves them when it was taken. The number is shown whole
only while its field has the keyboard; otherwise, and to a screen reader, it is masked.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.contract.identity import MAX_TYPED_CHARS
from app.i18n import Translator
from app.usecases.way_state import IdentityField
from app.usecases.wishes import CheckIdentity
from ui.presenters.identity import IdentityFormView, faults_before_sending, masked, name_fault, number_fault
from ui.views.base import View
from ui.views.prepare.fields import FieldBox, MarkedLine
from ui.views.sheets import Sheet
from ui.widgets.basics import box, column, label, row


class MaskedLine(QLineEdit):
    """A number that is masked while the keyboard is elsewhere. ``left``: the keyboard went."""

    left = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setMaxLength(MAX_TYPED_CHARS)
        # A keyboard that learns words does not learn this one.
        hints = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        self.setInputMethodHints(hints | Qt.InputMethodHint.ImhPreferLatin)
        # What is dropped while the keyboard is elsewhere would land between the stars.
        self.setAcceptDrops(False)
        self._typed = ""
        self._is_masked = False
        # The first comes before the second; the second alone when a screen reader writes.
        self.textEdited.connect(self._take)
        self.textChanged.connect(self._take)

    @property
    def typed(self) -> str:
        """What was typed, masked or not."""
        return self._typed

    def clear_typed(self) -> None:
        """Forget it."""
        self._is_masked = False
        # Unlike clear() this leaves nothing that could be undone.
        self.setText("")

    def _take(self, text: str) -> None:
        if self._is_masked:
            return
        self._typed = text
        if not self.hasFocus():
            self._mask()

    def _mask(self) -> None:
        if not self._is_masked and self._typed:
            self._is_masked = True
            self.setText(masked(self._typed))

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._is_masked:
            typed, self._is_masked = self._typed, False
            self.setText(typed)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # Its own menu, from which something is pasted, is no leaving; a sheet that comes over it is.
        if event.reason() is Qt.FocusReason.PopupFocusReason and QApplication.activePopupWidget() is not None:
            return
        self._mask()
        self.left.emit()


class IdentityCard(View):
    """Draws IdentityFormView. ``closed``: it is not corrected after all; ``confirm_asked``: ask before it is."""

    closed = Signal()
    confirm_asked = Signal()

    def __init__(self) -> None:
        super().__init__("identity")
        self._tr = Translator()
        self._view: IdentityFormView | None = None
        self._left: set[IdentityField] = set()
        """Fields that were left since something was typed into them."""
        self._is_told: set[IdentityField] = set()
        """Fields with a fault of the service that was not typed over yet."""
        outer = column(self, gap=20)
        self.warning = MarkedLine("identity.warning", "warn")
        outer.addWidget(self.warning)
        self.name = QLineEdit()
        self.name.setObjectName("identity.name.field")
        self.name.setMaxLength(MAX_TYPED_CHARS)
        self.name.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        self.number = MaskedLine("identity.number.field")
        self.fields: dict[IdentityField, FieldBox] = {}
        for field, line in ((IdentityField.NAME, self.name), (IdentityField.NUMBER, self.number)):
            line.setProperty("kind", "big")
            name_id = f"identity.{field.value}"
            self.named(line, name_id)
            hint_id = f"identity.{field.value}_hint"
            made = FieldBox(field, line, self.texts, name_id=name_id, form="identity", hint_id=hint_id)
            self.fields[field] = made
            line.textEdited.connect(lambda _, one=field: self._edited(one))
            line.returnPressed.connect(self._check)
            outer.addWidget(made)
        self.name.editingFinished.connect(lambda: self._leave(IdentityField.NAME))
        self.number.left.connect(lambda: self._leave(IdentityField.NUMBER))
        self.plain = box("identity.plain", kind="tile")
        inner = column(self.plain, margins=(14, 10, 14, 10))
        self.plain_text = label("identity.plain_text", type_="12", tone="2", wraps=True)
        self.texts.bind(self.plain_text.setText, "identity.plain")
        inner.addWidget(self.plain_text)
        outer.addWidget(self.plain)
        across = row(gap=10)
        self.check = self.button("identity.check", "identity.check", kind="primary")
        self.check.clicked.connect(self._check)
        self.stay = self.button("identity.stay", "identity.stay")
        self.stay.clicked.connect(self._stay)
        self.attempts = label("identity.attempts", type_="12", tone="2", wraps=True)
        across.addWidget(self.check)
        across.addWidget(self.stay)
        across.addWidget(self.attempts, 1)
        outer.addLayout(across)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr

    def draw(self, view: IdentityFormView) -> None:
        """Show this state."""
        before, self._view = self._view, view
        has_news = before is None or view.faults != before.faults
        if has_news:
            self._is_told = set(view.faults)
        self.warning.show_text(view.warning)
        self.check.setText(view.label)
        self.check.setAccessibleName(view.label)
        if self.check.hasFocus() and not view.can_check:
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)  # else the keyboard would go to another part
        self.check.setEnabled(view.can_check)
        self.stay.setVisible(view.is_correction)
        self.attempts.setText(view.attempts)
        for line in (self.name, self.number):
            line.setReadOnly(view.is_checking)
        self._draw_faults()
        focused = self.window().focusWidget()
        if has_news and view.faults and focused is not None and self.isAncestorOf(focused):
            self.fields[next(field for field in IdentityField if field in view.faults)].focus()

    def empty(self) -> None:
        """Forget what was typed."""
        self.name.setText("")
        self.number.clear_typed()
        self._left, self._is_told = set(), set()

    def _draw_faults(self) -> None:
        view = self._view
        if view is None:
            return
        for field, made in self.fields.items():
            told = view.faults.get(field, "") if field in self._is_told else ""
            made.show_fault(told or self._own_fault(field, view))

    def _own_fault(self, field: IdentityField, view: IdentityFormView) -> str:
        is_left = field in self._left
        if field is IdentityField.NAME:
            return name_fault(self.name.text(), self._tr) if is_left else ""
        return number_fault(self.number.typed, view.today, self._tr, is_left=is_left)

    def _edited(self, field: IdentityField) -> None:
        self._left.discard(field)
        self._is_told.discard(field)
        self._draw_faults()

    def _leave(self, field: IdentityField) -> None:
        self._left.add(field)
        self._draw_faults()

    def _check(self) -> None:
        view = self._view
        if view is None or not view.can_check:
            return
        self._left = set(IdentityField)
        faults = faults_before_sending(self.name.text(), self.number.typed, view.today, self._tr)
        self._draw_faults()
        for field, fault in faults.items():
            self.fields[field].show_fault(fault)
        if faults:
            self.fields[next(iter(faults))].focus()
        elif view.warning:
            self.confirm_asked.emit()
        else:
            self.send()

    def send(self) -> None:
        """Hand to the service what stands in the fields."""
        view = self._view
        if view is not None and view.can_check:
            self.wished.emit(CheckIdentity(self.name.text(), self.number.typed))

    def _stay(self) -> None:
        self.empty()
        self.closed.emit()

    def focus_first(self) -> None:
        """Give the keyboard to the first field."""
        self.name.setFocus()


class CorrectSheet(Sheet):
    """Asks once what correcting name and number costs. ``confirmed``: it is to be done."""

    confirmed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__("correct", parent)
        self.add_title("identity.correct_title")
        text = label("correct.text", tone="2", wraps=True)
        self.texts.bind(text.setText, "identity.correct_warning")
        self.inner.addWidget(text)
        buttons = self.add_buttons()
        self.stay = self.button("correct.stay", "action.cancel")
        self.stay.clicked.connect(self.close_sheet)
        self.closed.connect(self.close_sheet)
        self.correct = self.button("correct.correct", "identity.correct", kind="primary")
        self.correct.clicked.connect(self._confirm)
        buttons.addWidget(self.stay)
        buttons.addWidget(self.correct)

    def _confirm(self) -> None:
        self.close_sheet()
        self.confirmed.emit()
