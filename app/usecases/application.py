"""The application (直播申请): loading, beginning, editing, sending. I/O loop; the draft itself is in draft.py."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace

from app.contract.applications import Application, ApplicationForm
from app.domain.application import ApplicationKind, FormField
from app.domain.images import ImagePurpose
from app.errors import AppError, PlatformError
from app.usecases.context import Context
from app.usecases.draft import DraftKeeper
from app.usecases.form_check import VALUES, WORDS_FAULT, changed_fields, fault_id, faults_of
from app.usecases.images import ImagesCase
from app.usecases.scope import Reload, Scope
from app.usecases.text_marks import TextMarks
from app.usecases.trouble import Trouble
from app.usecases.way_state import ApplicationDesk, LoadPhase, SaveStatus
from app.usecases.wishes import BeginApplication, EditApplication, KeepDraft

REPEATS = 3
REPEAT_S = 2.0
_IN_FORM = {ImagePurpose.LICENCE: "licence_image_id", ImagePurpose.AUTHORISATION: "authorisation_image_id"}
_FIELD_OF = {"credit_code_invalid": FormField.CREDIT_CODE}
_LOST = frozenset({"platform_timeout", "platform_unreachable"})


class ApplicationCase:
    """``on_submitted`` runs when the service has taken the application."""

    def __init__(self, context: Context, scope: Scope, on_submitted: Callable[[], None]) -> None:
        self._context, self._scope, self._on_submitted = context, scope, on_submitted
        self.reload = Reload(scope, self._load, "application")
        self.draft = DraftKeeper(context, scope, self.reload.ask)
        self.images = ImagesCase(context, scope, self._image_changed)
        self._marks = TextMarks(context, scope)
        self._load_trouble: Trouble | None = None
        """Goes with the next load that does not fail; any other stays until what it is about is tried again."""
        self._key, self._key_for = "", ("", -1)
        """Of the submission that was not answered yet, and which revision of which application it sends."""

    def clear(self) -> None:
        self._key, self._key_for = "", ("", -1)
        self.draft.clear()

    def again(self) -> None:
        """What was under way when the way to the service was lost can be wished anew."""
        if self._desk.is_submitting or self._desk.uploading is not None:
            self._set(is_submitting=False, uploading=None)

    @property
    def _desk(self) -> ApplicationDesk:
        return self._context.state.application

    # ---- loading ---------------------------------------------------------------------------------

    async def resume(self) -> None:
        """After a sign-in: what was typed here and did not reach the service is brought there."""
        if await self.draft.restore():
            self.reload.ask()

    async def _load(self) -> None:
        platform = self._scope.platform
        if platform is None:
            return
        if self._desk.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        await self.draft.restore()
        answers = self.draft.answers
        try:
            found, images, earlier = await asyncio.gather(
                platform.application(), platform.images(), platform.applications()
            )
        except AppError as error:
            is_shown = self._desk.application is not None or self._desk.phase is LoadPhase.READY
            failure = self._scope.failure(error, is_shown=is_shown)
            if failure is not None:
                self._load_trouble = failure["trouble"]
                self._set(**failure)
            return
        if answers != self.draft.answers:
            self.reload.ask()
            return
        self._set(phase=LoadPhase.READY, images=tuple(images), earlier=tuple(earlier))
        self.images.fetch()
        if self._desk.trouble is self._load_trouble:
            self._set(trouble=None)
        form = self._desk.form
        if found is None or not found.state.is_editable:
            self._key = ""  # whatever it was to send is sent
        self.draft.take(found)
        if self._desk.form != form:
            self._marks.check()

    # ---- editing ---------------------------------------------------------------------------------

    def begin(self, wish: BeginApplication) -> None:
        self._scope.spawn(self._begin(wish.kind), "application-begin")

    async def _begin(self, kind: ApplicationKind) -> None:
        """The service puts into it what was sent with the last one; what is declared is declared anew."""
        platform = self._scope.platform
        if platform is None:
            return
        try:
            begun = await platform.begin_application(kind)
        except AppError as error:
            trouble = self._context.trouble(error)
            if trouble is not None:
                self._set(trouble=trouble)
            return
        self._set(phase=LoadPhase.READY, trouble=None)
        self.draft.take(begun)
        self.reload.ask()

    def edit(self, wish: EditApplication) -> None:
        """The fields as they are; which images belong to the form is known here."""
        images = {name: self._image_id(wish.form, purpose) for purpose, name in _IN_FORM.items()}
        self._edit(wish.form.model_copy(update=images))

    def _image_id(self, form: ApplicationForm, purpose: ImagePurpose) -> str:
        """The screen may not have seen yet that an image came: what it says counts when it is an image of ours."""
        said = str(getattr(form, _IN_FORM[purpose]))
        is_ours = any(one.id == said and one.purpose is purpose for one in self._desk.images)
        return said if is_ours else str(getattr(self._desk.form, _IN_FORM[purpose]))

    def _edit(self, form: ApplicationForm) -> None:
        before = self._desk.form
        self.draft.edit(form)
        after = self._desk.form
        changed = changed_fields(before, after)
        if changed:
            faults = {field: fault for field, fault in self._desk.faults.items() if field not in changed}
            if faults != self._desk.faults:
                self._set(faults=faults)
            self._marks.changed(before, after)

    def _image_changed(self, purpose: ImagePurpose, image_id: str) -> None:
        if purpose in _IN_FORM:
            self._edit(self._desk.form.model_copy(update={_IN_FORM[purpose]: image_id}))

    def keep_draft(self, wish: KeepDraft) -> None:
        self.draft.decide(is_mine=wish.is_mine)
        self._set(trouble=None)
        self._marks.check()

    # ---- sending ---------------------------------------------------------------------------------

    def submit(self) -> None:
        """Send what stands in the fields, once it is complete and saved."""
        if self._desk.is_submitting or self._scope.platform is None:
            return
        faults = faults_of(self._desk.form)
        if faults:
            self._set(faults=faults, trouble=Trouble("application_incomplete"))
            return
        self._set(is_submitting=True, faults={}, trouble=None)
        self._scope.spawn(self._submit(), "application-submit")

    async def _submit(self) -> None:
        try:
            while self.draft.is_unsaved:
                await self.draft.push()
            application = await self._send()
        except AppError as error:
            self._refused(error)
            return
        self._key = ""
        self._set(is_submitting=False, faults={}, findings={}, trouble=None)
        self.draft.submitted(application)
        self._on_submitted()
        self.reload.ask()

    async def _send(self) -> Application:
        """A lost answer is asked for again with the same key. Raises AppError."""
        application, revision = self._desk.application, self.draft.base
        if application is None:
            raise PlatformError("not_found", retryable=False)
        if not self._key or self._key_for != (application.id, revision):
            self._key, self._key_for = uuid.uuid4().hex, (application.id, revision)
        for left in reversed(range(REPEATS)):
            platform = self._scope.platform
            if platform is None:
                break
            try:
                return await platform.submit_application(revision, self._key)
            except AppError as error:
                if error.code not in _LOST or not left:
                    raise
            await asyncio.sleep(REPEAT_S)
        raise PlatformError("platform_unreachable")

    def _refused(self, error: AppError) -> None:
        trouble = self._context.trouble(error)
        if trouble is None:
            return
        if error.code not in _LOST:
            self._key = ""
        fields = _fields(error)
        is_words = error.code == "text_refused"
        faults = {field: WORDS_FAULT if is_words else fault_id(field) for field in fields}
        save = SaveStatus.KEPT_HERE if self.draft.is_unsaved else self._desk.save
        self._set(is_submitting=False, faults=faults, trouble=trouble, save=save)
        if is_words:
            self._marks.check()
        if error.code in ("application_locked", "draft_conflict", "not_found") and self._desk.conflict is None:
            self.reload.ask()
        self.draft.go_on()

    def _set(self, **fields: object) -> None:
        self._context.change(application=replace(self._desk, **fields))  # type: ignore[arg-type]


def _fields(error: AppError) -> list[FormField]:
    """The fields that a refusal names, in the order of the form."""
    told = error.detail.get("fields") or error.detail.get("field") or _FIELD_OF.get(error.code, "")
    names = {name.strip() for name in str(told).split(",")}
    return [field for field in VALUES if field.value in names]
