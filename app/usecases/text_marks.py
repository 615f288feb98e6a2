"""Offending words, marked while a person types: asked of the service when the typing pauses. I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from app.contract.applications import ApplicationForm, TextFinding
from app.domain.application import ApplicantKind, FormField
from app.errors import AppError
from app.usecases.context import Context
from app.usecases.form_check import VALUES
from app.usecases.scope import Scope

CHECK_S = 0.6
RETRY_S = 5.0
FIELDS = (FormField.INTRODUCTION, FormField.ORGANISATION_NAME)
Findings = tuple[TextFinding, ...]


class TextMarks:
    """An answer is shown only for the text that it was given for."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context, self._scope = context, scope
        self._checks: dict[FormField, asyncio.Task[None]] = {}

    def changed(self, before: ApplicationForm, after: ApplicationForm) -> None:
        """Marks keep to their words until the service has looked at the new text."""
        findings = dict(self._context.state.application.findings)
        for field in FIELDS:
            old, new = _text(before, field), _text(after, field)
            if old == new:
                continue
            findings[field] = moved(findings.get(field, ()), old, new)
            self._check_soon(field, CHECK_S)
        self._set(findings)

    def check(self, fields: Iterable[FormField] = FIELDS) -> None:
        """Look at what is there now."""
        for field in fields:
            if field in FIELDS:
                self._check_soon(field, 0.0)

    def _check_soon(self, field: FormField, wait_s: float) -> None:
        running = self._checks.get(field)
        if running is not None:
            running.cancel()
        self._checks[field] = self._scope.spawn(self._check(field, wait_s), f"text-check-{field.value}")

    async def _check(self, field: FormField, wait_s: float) -> None:
        found: Findings | None = None
        while found is None:
            await asyncio.sleep(wait_s)
            wait_s = RETRY_S
            text, platform = _text(self._context.state.application.form, field), self._scope.platform
            if platform is None:
                return
            try:
                found = tuple(await platform.check_text(field, text)) if text.strip() else ()
            except AppError as error:
                # Submitting checks again: nothing is to be told here but a lost sign-in.
                if self._context.trouble(error) is None or not error.retryable:
                    return
        if text == _text(self._context.state.application.form, field):
            right = tuple(one for one in found if 0 <= one.start < one.end <= len(text))
            self._set({**self._context.state.application.findings, field: right})

    def _set(self, findings: dict[FormField, Findings]) -> None:
        kept = {field: found for field, found in findings.items() if found}
        if kept != self._context.state.application.findings:
            self._context.change(application=replace(self._context.state.application, findings=kept))


def _text(form: ApplicationForm, field: FormField) -> str:
    """What is said of oneself; the name of an organisation only when one applies."""
    if field is FormField.ORGANISATION_NAME and form.applicant is not ApplicantKind.ORGANISATION:
        return ""
    return str(getattr(form, VALUES[field]))


def moved(findings: Findings, old: str, new: str) -> Findings:
    """Findings of ``old`` at their places in ``new``; those in or at the edge of what was changed are left out."""
    ahead = 0
    while ahead < min(len(old), len(new)) and old[ahead] == new[ahead]:
        ahead += 1
    behind = 0
    while behind < min(len(old), len(new)) - ahead and old[-1 - behind] == new[-1 - behind]:
        behind += 1
    shift = len(new) - len(old)
    kept = []
    for one in findings:
        if one.end <= ahead:
            kept.append(one)
        elif one.start >= len(old) - behind:
            kept.append(one.model_copy(update={"start": one.start + shift, "end": one.end + shift}))
    return tuple(kept)
