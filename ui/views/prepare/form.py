"""The application's form. GUI thread.

The fields are filled only when the view says that they are others (``FormView.filled``): a state that comes while a
person types changes neither text nor cursor. What is typed goes out as the whole form at once.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.contract.applications import MAX_FORM_CHARS, ApplicationForm
from app.contract.rest import Category
from app.domain import credit_code
from app.domain.application import ApplicantKind, Declaration, FormField
from app.domain.images import ImagePurpose
from app.i18n import Translator
from app.usecases.wishes import EditApplication, KeepDraft, SubmitApplication
from ui.presenters.application_form import (
    FormView,
    applicant_choices,
    counter_text,
    credit_hint,
    declaration_choices,
    fields_of,
    is_too_long,
    phone_of,
    scope_choices,
)
from ui.presenters.common import TroubleView
from ui.theme.apply import set_look
from ui.views.base import View
from ui.views.images import ImageRow
from ui.views.prepare.fields import FieldBox
from ui.widgets.basics import box, column, label, row
from ui.widgets.checks import CheckLine, Chip
from ui.widgets.flow import Flow
from ui.widgets.marked_text import MarkedText
from ui.widgets.segmented import Segmented
from ui.widgets.thumbs import Thumbnails
from ui.widgets.trouble import TroubleLine

MAX_NAME_CHARS, MAX_CODE_CHARS, MAX_PHONE_CHARS = 200, 40, 20
TEXT_PX = 112
_UPLOADS = {ImagePurpose.LICENCE: FormField.LICENCE, ImagePurpose.AUTHORISATION: FormField.AUTHORISATION}


class FormCard(View):
    """Draws FormView. ``shown_asked`` carries a field that is to be brought into sight."""

    shown_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__("application")
        self._tr = Translator()
        self._view: FormView | None = None
        self._filled: tuple[str, int] | None = None
        self._returned = ("", 0)
        self._mended: set[FormField] = set()
        """Fields that were changed since the return: its reasons are not told any more."""
        self._is_filling = False
        self._is_submit_asked = False
        self.fields: dict[FormField, FieldBox] = {}
        self.thumbnails = Thumbnails(self)
        outer = column(self, gap=20)
        self._build_head()
        self._build_real_name()
        self._build_fields()
        for part in (self.conflict, self.banner, self.real_name_box, *self.fields.values()):
            outer.addWidget(part)
        self.trouble = TroubleLine("application.trouble")
        self.trouble.acted.connect(self.acted)
        outer.addWidget(self.trouble)
        self.buttons = QWidget()
        buttons = row(self.buttons, gap=10)
        self.submit = self.button("application.submit", "application.submit", kind="primary")
        self.submit.clicked.connect(self._submit)
        buttons.addWidget(self.submit)
        buttons.addStretch(1)
        outer.addWidget(self.buttons)
        outer.addStretch(1)

    def _build_head(self) -> None:
        self.conflict = box("application.conflict", kind="strip-warn")
        lines = column(self.conflict, margins=(14, 10, 14, 10), gap=8)
        self.conflict_text = label("application.conflict.text", wraps=True)
        choices = row(gap=8)
        self.keep_mine = self.button("application.keep_mine", "application.keep_mine", kind="small")
        self.keep_theirs = self.button("application.keep_theirs", "application.keep_theirs", kind="small")
        self.keep_mine.clicked.connect(lambda: self.wished.emit(KeepDraft(is_mine=True)))
        self.keep_theirs.clicked.connect(lambda: self.wished.emit(KeepDraft(is_mine=False)))
        choices.addWidget(self.keep_mine)
        choices.addWidget(self.keep_theirs)
        choices.addStretch(1)
        lines.addWidget(self.conflict_text)
        lines.addLayout(choices)
        self.banner = box("application.banner", kind="tile")
        said = column(self.banner, margins=(14, 10, 14, 10), gap=2)
        self.banner_title = label("application.banner.title", type_="13b", wraps=True)
        self.banner_text = label("application.banner.text", tone="2", wraps=True)
        said.addWidget(self.banner_title)
        said.addWidget(self.banner_text)

    def _build_real_name(self) -> None:
        self.real_name_box = QWidget()
        lines = column(self.real_name_box, gap=6)
        name = label("application.real_name.name")
        self.texts.bind(name.setText, "application.real_name")
        self.real_name = QLineEdit()
        self.real_name.setObjectName("application.real_name")
        self.real_name.setProperty("kind", "fixed")
        self.real_name.setEnabled(False)
        self.named(self.real_name, "application.real_name")
        hint = label("application.real_name.hint", type_="12", tone="2", wraps=True)
        self.texts.bind(hint.setText, "application.real_name_hint")
        for part in (name, self.real_name, hint):
            lines.addWidget(part)

    def _build_fields(self) -> None:
        self.applicant = Segmented("application.applicant", tuple(kind.value for kind in ApplicantKind))
        self.named(self.applicant, "application.applicant")
        self.applicant.chosen.connect(lambda _: self._edited(FormField.APPLICANT))
        self.organisation_name = self._line(FormField.ORGANISATION_NAME, MAX_NAME_CHARS)
        self.credit_code = self._line(FormField.CREDIT_CODE, MAX_CODE_CHARS)
        self.contact_phone = self._line(FormField.CONTACT_PHONE, MAX_PHONE_CHARS)
        self.introduction = MarkedText("application.introduction", MAX_FORM_CHARS)
        self.introduction.setFixedHeight(TEXT_PX)
        self.named(self.introduction, "application.introduction")
        self.introduction.edited.connect(lambda: self._edited(FormField.INTRODUCTION))
        self.scopes = QWidget()
        chips = Flow(self.scopes, 8)
        self.chips: dict[Category, Chip] = {}
        for scope in Category:
            chip = Chip(f"application.scope.{scope.value}")
            chip.clicked.connect(lambda _=False: self._edited(FormField.SCOPES))
            self.chips[scope] = chip
            chips.addWidget(chip)
        self.declarations = QWidget()
        lines = column(self.declarations, gap=8)
        self.checks: dict[Declaration, CheckLine] = {}
        for declaration in Declaration:
            check = CheckLine(f"application.declaration.{declaration.value}")
            check.toggled.connect(lambda _: self._edited(FormField.DECLARATIONS))
            self.checks[declaration] = check
            lines.addWidget(check)
        self.uploads: dict[ImagePurpose, ImageRow] = {}
        for purpose, field in _UPLOADS.items():
            upload = ImageRow(f"application.{field.value}", purpose, self.thumbnails, name_id=f"field.{field.value}")
            upload.wished.connect(self.wished)
            self.uploads[purpose] = upload
        self._add(FormField.APPLICANT, self.applicant)
        self._add(FormField.ORGANISATION_NAME, self.organisation_name)
        self._add(FormField.CREDIT_CODE, self.credit_code, hint_id="application.credit_hint")
        self._add(FormField.LICENCE, self.uploads[ImagePurpose.LICENCE])
        self._add(FormField.AUTHORISATION, self.uploads[ImagePurpose.AUTHORISATION])
        self._add(FormField.SCOPES, self.scopes, hint_id="application.scopes_hint")
        self._add(FormField.INTRODUCTION, self.introduction)
        self.texts.bind(self.introduction.setPlaceholderText, "application.introduction_hint")
        self.counter = label("application.counter", type_="12", tone="2")
        self.fields[FormField.INTRODUCTION].add_counter(self.counter)
        self._add(FormField.CONTACT_PHONE, self.contact_phone, hint_id="application.phone_hint")
        self._add(FormField.DECLARATIONS, self.declarations)
        self.fields[FormField.INTRODUCTION].fault.clicked.connect(self.introduction.go_to_mark)
        self.fields[FormField.ORGANISATION_NAME].fault.clicked.connect(self._select_name_mark)

    def _line(self, field: FormField, max_chars: int) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName(f"application.{field.value}")
        line.setMaxLength(max_chars)
        line.setProperty("kind", "big")
        self.named(line, f"application.{field.value}")
        line.textChanged.connect(lambda _: self._edited(field))
        return line

    def _add(self, field: FormField, control: QWidget, *, hint_id: str = "") -> None:
        stop: QWidget | None = None
        if field is FormField.SCOPES:
            stop = next(iter(self.chips.values()))
        elif field is FormField.DECLARATIONS:
            stop = next(iter(self.checks.values())).box
        elif isinstance(control, ImageRow):
            stop = control.choose
        name_id = f"application.{field.value}"
        self.fields[field] = FieldBox(field, control, self.texts, name_id=name_id, hint_id=hint_id, stop=stop)

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self.applicant.set_labels(applicant_choices(tr))
        for scope, text in scope_choices(tr):
            self.chips[scope].setText(text)
            self.chips[scope].setAccessibleName(text)
        for declaration, text in declaration_choices(tr):
            self.checks[declaration].set_text(text)
        for upload in self.uploads.values():
            upload.retranslate(tr)

    def draw(self, view: FormView, trouble: TroubleView | None) -> None:
        """Show this state; what a person types stays as it is."""
        self._view = view
        if view.returned != self._returned:
            self._returned = view.returned
            self._mended = set()
        if view.filled != self._filled:
            self._fill(view)
        self.conflict.setVisible(bool(view.conflict))
        self.conflict_text.setText(view.conflict)
        self.banner.setVisible(bool(view.banner))
        self.banner_title.setText(view.banner)
        self.banner_text.setText(view.banner_text)
        self.banner_text.setVisible(bool(view.banner_text))
        self.real_name.setText(view.real_name)
        self.real_name_box.setVisible(bool(view.real_name))
        self.trouble.draw(trouble)
        self.submit.setText(self._tr.text("application.submitting" if view.is_submitting else "application.submit"))
        self.submit.setEnabled(view.is_editable and not view.conflict)
        self.buttons.setVisible(view.is_editable or view.is_submitting)
        self._enable(view.is_editable)
        for purpose, upload in self.uploads.items():
            upload.draw(view.images[purpose], is_editable=view.is_editable)
        self.introduction.show_marks(view.form.introduction, view.findings.get(FormField.INTRODUCTION, ()))
        self._draw_words(view)
        self._seek_fault(view)

    def _draw_words(self, view: FormView) -> None:
        is_organisation = self.applicant.value() == ApplicantKind.ORGANISATION.value
        shown = fields_of(view, is_organisation)
        for field, made in self.fields.items():
            made.setVisible(field in shown)
            made.show_fault(view.faults.get(field, ""), is_link=bool(view.findings.get(field)))
            made.show_reason("" if field in self._mended else view.reasons.get(field, ""))
        self._draw_counter()
        text, tone = credit_hint(self.credit_code.text(), self._tr)
        code = self.fields[FormField.CREDIT_CODE]
        code.hint.setText(text)
        set_look(code.hint, tone=tone)
        code.hint.setVisible(view.is_editable and not view.faults.get(FormField.CREDIT_CODE))

    def _draw_counter(self) -> None:
        text = self.introduction.text
        self.counter.setText(counter_text(text))
        set_look(self.counter, tone="bad" if is_too_long(text) else "2")

    def _fill(self, view: FormView) -> None:
        form, self._filled, self._is_filling = view.form, view.filled, True
        self.applicant.show_value(form.applicant.value)
        for line, text in (
            (self.organisation_name, form.organisation_name),
            (self.credit_code, form.credit_code),
            (self.contact_phone, form.contact_phone),
        ):
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)
        self.introduction.fill(form.introduction)
        for scope, chip in self.chips.items():
            chip.setChecked(scope in form.scopes)
        for declaration, check in self.checks.items():
            check.box.setChecked(declaration in form.declarations)
        self._is_filling = False

    def _enable(self, is_editable: bool) -> None:
        for line in (self.organisation_name, self.credit_code, self.contact_phone):
            line.setReadOnly(not is_editable)
        self.introduction.setReadOnly(not is_editable)
        self.counter.setVisible(is_editable)
        for field in self.fields.values():
            field.show_editable(is_editable)
        for widget in (self.applicant, *self.chips.values(), *(check.box for check in self.checks.values())):
            widget.setEnabled(is_editable)

    def _seek_fault(self, view: FormView) -> None:
        if not self._is_submit_asked or view.is_submitting:
            return
        is_organisation = self.applicant.value() == ApplicantKind.ORGANISATION.value
        first = next((field for field in fields_of(view, is_organisation) if view.faults.get(field)), None)
        if first is not None:
            self._is_submit_asked = False
            self.fields[first].focus()
            self.shown_asked.emit(self.fields[first])

    # ---- typing ----------------------------------------------------------------------------------

    def _edited(self, field: FormField) -> None:
        view = self._view
        if self._is_filling or view is None or not view.is_editable:
            return
        self._is_submit_asked = False
        self._mended.add(field)
        self._draw_words(view)
        self.wished.emit(EditApplication(self.form_of(view.form)))

    def form_of(self, before: ApplicationForm) -> ApplicationForm:
        """What stands in the fields; what has no field here is as ``before``."""
        code = credit_code.cleaned(self.credit_code.text())
        return before.model_copy(
            update={
                "applicant": ApplicantKind(self.applicant.value() or before.applicant.value),
                "scopes": [scope for scope, chip in self.chips.items() if chip.isChecked()],
                "introduction": self.introduction.text,
                "contact_phone": phone_of(self.contact_phone.text()),
                "declarations": [one for one, check in self.checks.items() if check.box.isChecked()],
                "organisation_name": self.organisation_name.text(),
                "credit_code": code[:MAX_CODE_CHARS],
            }
        )

    def _select_name_mark(self) -> None:
        found = self._view.findings.get(FormField.ORGANISATION_NAME, ()) if self._view is not None else ()
        self.organisation_name.setFocus()
        if found:
            self.organisation_name.setSelection(found[0].start, found[0].end - found[0].start)

    def _submit(self) -> None:
        self._is_submit_asked = True
        self.wished.emit(SubmitApplication())
        if self._view is not None:
            self._seek_fault(self._view)

    def focus_first(self) -> None:
        """Give the keyboard to the first field that can be filled in."""
        self.fields[FormField.INTRODUCTION].focus()
