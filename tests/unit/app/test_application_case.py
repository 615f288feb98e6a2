"""The application from its sending to its answer: what is missing, what is refused, words, images."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.contract.applications import MAX_IMAGE_BYTES, FieldReason
from app.contract.rest import Category
from app.domain.application import ApplicantKind, ApplicationKind, ApplicationState, FormField
from app.domain.images import ImagePurpose
from app.errors import PlatformError
from app.usecases import wishes as w
from app.usecases.form_check import WORDS_FAULT, fault_id
from app.usecases.way_state import SaveStatus
from tests.unit.app.application_kit import AWAY, FULL, begun, code, desk, on_disk, on_service, said
from tests.unit.app.fake_way import JPEG
from tests.unit.app.rig import Rig, pass_s, play_timed, settle


def test_what_is_complete_is_saved_and_sent_and_nothing_is_left_here() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        assert rig.platform.mine.applications[-1].state is ApplicationState.SUBMITTED
        assert on_service(rig) == FULL
        assert (desk(rig).is_submitting, code(rig), desk(rig).save) == (False, "", SaveStatus.SAVED)
        assert desk(rig).earlier[0].state is ApplicationState.SUBMITTED
        assert rig.desk.state.onboarding.onboarding is not None
        await pass_s(1)
        assert rig.drafts.kept == {}

    play_timed(scene)


def test_what_is_missing_is_said_field_by_field_before_anything_is_sent() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.do(said("太短"), w.SubmitApplication())
        assert (code(rig), desk(rig).faults) == (
            "application_incomplete", {FormField.INTRODUCTION: fault_id(FormField.INTRODUCTION)},
        )  # fmt: skip
        assert "submit_application" not in rig.platform.calls
        await rig.do(w.EditApplication(FULL))
        assert desk(rig).faults == {}, "it was mended"

    play_timed(scene)


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        keys: list[str] = []
        real = rig.platform.submit_application

        async def submit(revision: int, key: str) -> object:
            keys.append(key)
            await real(revision, key)
            if len(keys) < 5:
                raise PlatformError("platform_timeout")
            return rig.platform.mine.applications[-1]

        rig.platform.submit_application = submit  # type: ignore[method-assign, assignment]
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        await pass_s(10)
        assert (code(rig), desk(rig).is_submitting, len(keys)) == ("platform_timeout", False, 3)
        await rig.do(w.SubmitApplication())
        await pass_s(10)
        assert (code(rig), len(keys), len(set(keys))) == ("", 5, 1)
        assert [step.state for step in rig.platform.mine.applications[-1].history] == [ApplicationState.SUBMITTED]

    play_timed(scene)


def test_what_is_typed_while_it_is_being_sent_is_kept_here() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.hold["submit_application"] = asyncio.Event()
        await rig.do(w.EditApplication(FULL), w.SubmitApplication(), said("还想补一句"))
        rig.platform.fail["save_draft"] = AWAY
        rig.platform.hold.pop("submit_application").set()
        await pass_s(2)
        assert (desk(rig).form, on_service(rig)) == (FULL, FULL)
        assert (on_disk(rig).form.introduction, on_disk(rig).is_unsaved) == ("还想补一句", True)

    play_timed(scene)


def test_a_service_that_contradicts_itself_is_asked_slower_and_slower() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = PlatformError("draft_conflict", retryable=False)
        await rig.do(said("甲"))
        await pass_s(60)
        assert 3 < rig.platform.calls.count("save_draft") < 10
        assert (desk(rig).save, desk(rig).conflict) == (SaveStatus.KEPT_HERE, None)

    play_timed(scene)


def test_what_is_typed_while_it_is_being_saved_is_saved_too() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.hold["save_draft"] = asyncio.Event()
        await rig.do(said("甲"))
        await pass_s(1.2)
        await rig.do(said("甲乙"))
        rig.platform.hold.pop("save_draft").set()
        await settle()
        assert desk(rig).save is SaveStatus.SAVING
        await pass_s(2)
        assert (desk(rig).save, on_service(rig).introduction) == (SaveStatus.SAVED, "甲乙")

    play_timed(scene)


def test_what_was_sent_although_no_answer_came_is_sent_again_after_a_return() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.lose.add("submit_application")
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        await pass_s(10)
        assert code(rig) == "platform_timeout"
        rig.platform.lose.clear()
        await rig.changed("application")
        assert desk(rig).application == rig.platform.mine.applications[-1]
        rig.platform.step(ApplicationState.IN_REVIEW)
        rig.platform.step(ApplicationState.RETURNED, "请再确认一次")
        await rig.changed("application")
        # Nothing is mended: it is the same revision, and yet another sending.
        await rig.do(w.SubmitApplication())
        assert rig.platform.mine.applications[-1].state is ApplicationState.SUBMITTED

    play_timed(scene)


def test_without_the_service_nothing_is_sent_and_the_draft_stays() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["save_draft"] = AWAY
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        assert (code(rig), desk(rig).is_submitting, desk(rig).save) == (
            "platform_unreachable", False, SaveStatus.KEPT_HERE,
        )  # fmt: skip
        rig.platform.fail.clear()
        await rig.do(w.SubmitApplication())
        assert rig.platform.mine.applications[-1].state is ApplicationState.SUBMITTED

    play_timed(scene)


def test_a_conflict_is_decided_before_anything_is_sent() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.save_elsewhere(FULL.model_copy(update={"contact_phone": "13900000001"}))
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        assert (code(rig), desk(rig).is_submitting) == ("draft_conflict", False)
        assert desk(rig).conflict is not None
        await rig.do(w.KeepDraft(True), w.SubmitApplication())
        assert on_service(rig) == FULL
        assert desk(rig).application is not None
        assert desk(rig).application.state is ApplicationState.SUBMITTED

    play_timed(scene)


@pytest.mark.parametrize(("refused", "faults"), [
    (PlatformError("application_incomplete", retryable=False, detail={"field": "contact_phone"}),
     {FormField.CONTACT_PHONE: fault_id(FormField.CONTACT_PHONE)}),
    (PlatformError("credit_code_invalid", retryable=False), {FormField.CREDIT_CODE: fault_id(FormField.CREDIT_CODE)}),
    (PlatformError("blocklisted", retryable=False), {}),
    (PlatformError("agreement_outdated", retryable=False), {}),
    (PlatformError("image_invalid", retryable=False, detail={"field": "licence"}),
     {FormField.LICENCE: fault_id(FormField.LICENCE)}),
])  # fmt: skip
def test_a_refusal_is_said_at_its_field(refused: PlatformError, faults: dict[FormField, str]) -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["submit_application"] = refused
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        assert (code(rig), desk(rig).faults, desk(rig).is_submitting) == (refused.code, faults, False)

    play_timed(scene)


def test_words_that_may_not_be_said_are_marked() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.offending["加我微信"] = "contact"
        text = FULL.introduction + "加我微信"
        await rig.do(said(text), w.SubmitApplication())
        await pass_s(1)
        assert (code(rig), desk(rig).faults) == ("text_refused", {FormField.INTRODUCTION: WORDS_FAULT})
        [found] = desk(rig).findings[FormField.INTRODUCTION]
        assert (text[found.start : found.end], found.label) == ("加我微信", "contact")

    play_timed(scene)


def test_returned_mended_and_approved_and_then_another_scope() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.do(w.EditApplication(FULL), w.SubmitApplication())
        rig.platform.step(ApplicationState.IN_REVIEW)
        reason = FieldReason(field=FormField.INTRODUCTION, reason="请写具体")
        rig.platform.step(ApplicationState.RETURNED, "请补充", reason)
        await rig.changed("application")
        assert desk(rig).application is not None
        assert desk(rig).application.reasons == [reason]
        mended = FULL.model_copy(update={"introduction": FULL.introduction + "在两家公司负责校招。"})
        await rig.do(w.EditApplication(mended), w.SubmitApplication())
        rig.platform.step(ApplicationState.IN_REVIEW)
        rig.platform.step(ApplicationState.APPROVED)
        await rig.changed("account")
        await rig.changed("application")
        assert rig.desk.state.account.account is not None
        assert rig.desk.state.account.account.scopes == [Category.JOB_SEARCH]
        await rig.do(w.BeginApplication(ApplicationKind.SCOPE_CHANGE))
        await pass_s(2)
        assert desk(rig).form == mended.model_copy(update={"declarations": []})
        assert desk(rig).application is not None
        assert desk(rig).application.kind is ApplicationKind.SCOPE_CHANGE

    play_timed(scene)


# ---- words -----------------------------------------------------------------------------------------


def test_words_are_looked_at_when_the_typing_pauses_and_an_old_answer_marks_nothing() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.offending["微信"] = "contact"
        for text in ("加", "加微", "加微信"):
            await rig.do(said(text))
            await pass_s(0.3)
        await pass_s(0.4)
        assert rig.platform.checked == ["加微信"]
        [found] = desk(rig).findings[FormField.INTRODUCTION]
        assert (found.start, found.end) == (1, 3)
        # The marks keep to their words until the next answer, which is not that for an older text.
        rig.platform.hold["check_text-我加微信"] = asyncio.Event()
        await rig.do(said("我加微信"))
        [found] = desk(rig).findings[FormField.INTRODUCTION]
        assert (found.start, found.end) == (2, 4)
        await pass_s(0.7)
        await rig.do(said("我"))
        rig.platform.hold.pop("check_text-我加微信").set()
        await pass_s(1)
        assert desk(rig).findings == {}

    play_timed(scene)


def test_the_name_of_an_organisation_is_looked_at_when_one_applies() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        form = FULL.model_copy(update={"organisation_name": "某某公司"})
        await rig.do(w.EditApplication(form))
        await pass_s(1)
        assert "某某公司" not in rig.platform.checked
        await rig.do(w.EditApplication(form.model_copy(update={"applicant": ApplicantKind.ORGANISATION})))
        await pass_s(1)
        assert "某某公司" in rig.platform.checked

    play_timed(scene)


def test_words_that_could_not_be_looked_at_are_looked_at_later() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.offending["微信"] = "contact"
        rig.platform.fail["check_text"] = AWAY
        await rig.do(said("微信"))
        await pass_s(1)
        assert (desk(rig).findings, code(rig)) == ({}, "")
        rig.platform.fail.clear()
        await pass_s(6)
        assert FormField.INTRODUCTION in desk(rig).findings

    play_timed(scene)


# ---- images ----------------------------------------------------------------------------------------


def test_the_pictures_themselves_are_fetched_and_what_fails_is_asked_for_the_next_time() -> None:
    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.platform.put_image(ImagePurpose.LICENCE, JPEG)
        rig.platform.fail["image_bytes"] = PlatformError("service_unreachable", retryable=True)
        await rig.do(w.LoadApplication())
        assert (len(desk(rig).images), desk(rig).pictures) == (1, {})
        rig.platform.fail.clear()
        await rig.do(w.LoadApplication())
        assert desk(rig).pictures == {desk(rig).images[0].id: JPEG}
        assert "pictures" not in repr(desk(rig))

    play_timed(scene)


def test_a_licence_belongs_to_the_form_even_when_the_screen_does_not_know_yet(tmp_path: Path) -> None:
    path = tmp_path / "执照.jpg"
    path.write_bytes(JPEG)

    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.hold["put_image"] = asyncio.Event()
        await rig.do(w.UploadImage(ImagePurpose.LICENCE, str(path)))
        assert desk(rig).uploading is ImagePurpose.LICENCE
        rig.platform.hold.pop("put_image").set()
        await settle()
        assert (desk(rig).uploading, [image.id for image in desk(rig).images]) == (None, ["i1"])
        await rig.do(w.EditApplication(FULL))
        assert desk(rig).form.licence_image_id == "i1"
        await rig.do(w.EditApplication(FULL.model_copy(update={"licence_image_id": "someone-elses"})))
        assert desk(rig).form.licence_image_id == "i1"
        await pass_s(2)
        assert on_service(rig).licence_image_id == "i1"
        await rig.do(w.RemoveImage(ImagePurpose.LICENCE))
        assert (desk(rig).images, desk(rig).form.licence_image_id) == ((), "")
        await rig.do(w.UploadImage(ImagePurpose.COVER, str(path)))
        assert [image.purpose for image in desk(rig).images] == [ImagePurpose.COVER]

    play_timed(scene)


@pytest.mark.parametrize(("data", "told"), [
    (b"GIF89a", "image_invalid"),
    (JPEG[:3] + b"\0" * MAX_IMAGE_BYTES, "image_too_large"),
    (None, "image_unreadable"),
])  # fmt: skip
def test_a_file_that_is_no_picture_of_ours_is_refused_with_a_reason(
    tmp_path: Path, data: bytes | None, told: str
) -> None:
    path = tmp_path / "file.jpg"
    if data is not None:
        path.write_bytes(data)

    async def scene(rig: Rig) -> None:
        await begun(rig)
        await rig.do(w.UploadImage(ImagePurpose.AVATAR, str(path)))
        assert (code(rig), desk(rig).uploading, rig.platform.uploaded) == (told, None, [])

    play_timed(scene)


def test_the_services_limit_is_said_as_ours(tmp_path: Path) -> None:
    path = tmp_path / "file.jpg"
    path.write_bytes(JPEG)

    async def scene(rig: Rig) -> None:
        await begun(rig)
        rig.platform.fail["put_image"] = PlatformError("too_large", retryable=False)
        await rig.do(w.UploadImage(ImagePurpose.AVATAR, str(path)))
        assert code(rig) == "image_too_large"
        rig.platform.fail["remove_image"] = PlatformError("not_found", retryable=False)
        await rig.do(w.RemoveImage(ImagePurpose.AVATAR))
        assert code(rig) == "", "it is away all the same"

    play_timed(scene)
