"""The application and images through the client against the real service."""

from __future__ import annotations

import io
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Picture

from app.client.platform import HttpPlatform
from app.contract.applications import ApplicationForm, DraftSave
from app.domain.application import ApplicationKind, ApplicationState, FormField
from app.domain.images import ImagePurpose, ImageState
from app.errors import AppError
from app.usecases.form_check import faults_of
from tests.contract.client.kit import Rig, play
from tests.contract.client.test_way import accepting
from tests.contract.server.applicants import form, number_for, picture

NEW_PHONE = "13900000066"
FORM = ApplicationForm.model_validate(form())


async def code_of_refusal(work: Coroutine[Any, Any, Any]) -> tuple[str, dict[str, object]]:
    with pytest.raises(AppError) as refused:
        await work
    return refused.value.code, refused.value.detail


def test_a_draft_is_saved_by_its_revision_and_sent_once(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in(phone=NEW_PHONE)
        assert await platform.application() is None
        begun = await platform.begin_application(ApplicationKind.FIRST)
        assert begun == await platform.begin_application(ApplicationKind.FIRST)
        saved = await platform.save_draft(DraftSave(base_revision=begun.revision, form=FORM))
        assert (saved.form, saved.revision) == (FORM, begun.revision + 1)
        code, _ = await code_of_refusal(platform.save_draft(DraftSave(base_revision=begun.revision, form=FORM)))
        assert code == "draft_conflict"
        code, _ = await code_of_refusal(platform.submit_application(saved.revision, "k1"))
        assert code == "agreement_missing"
        current = next(one.current for one in await platform.documents() if one.kind == "live_agreement")
        assert current is not None
        await platform.accept(current.kind, current.number, accepting(current))
        code, _ = await code_of_refusal(platform.submit_application(saved.revision, "k1b"))
        assert code == "identity_missing"
        checked = await platform.check_identity("张小明", number_for(NEW_PHONE), "k-identity")
        assert (checked.name_masked, checked.is_register_asked) == ("张**", False)
        sent = await platform.submit_application(saved.revision, "k2")
        assert sent.state is ApplicationState.SUBMITTED
        assert sent == await platform.submit_application(saved.revision, "k2")
        assert [one.id for one in await platform.applications()] == [sent.id]
        code, _ = await code_of_refusal(platform.save_draft(DraftSave(base_revision=sent.revision, form=FORM)))
        assert code == "application_locked"
        await platform.close()

    play(tmp_path, scene)


SENDABLE: list[dict[str, Any]] = [
    {}, {"contact_phone": "+86 137-0013-7000"}, {"contact_phone": "１３７００１３７０００"},
]  # fmt: skip
FAULTY: list[dict[str, Any]] = [
    {"scopes": []}, {"introduction": "太短"}, {"introduction": "长" * 501}, {"introduction": " " * 30},
    {"contact_phone": "138"}, {"declarations": ["truthful"]}, {"scopes": [], "contact_phone": ""},
    {"applicant": "organisation"}, {"applicant": "organisation", "organisation_name": "名" * 81, "credit_code": "1"},
]  # fmt: skip


async def ready(rig: Rig, phone: str) -> HttpPlatform:
    """Signed in, the agreement accepted, the name checked, an application begun."""
    platform = await Rig(rig.config, rig.service).signed_in(phone=phone)
    current = next(one.current for one in await platform.documents() if one.kind == "live_agreement")
    assert current is not None
    await platform.accept(current.kind, current.number, accepting(current))
    await platform.check_identity("张小明", number_for(phone), f"identity-{phone}")
    await platform.begin_application(ApplicationKind.FIRST)
    return platform


@pytest.mark.slow
def test_what_is_missing_is_the_same_here_and_there(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        for number, changes in enumerate(SENDABLE):
            typed = ApplicationForm.model_validate(form(**changes))
            platform = await ready(rig, f"1390000020{number}")
            saved = await platform.save_draft(DraftSave(base_revision=0, form=typed))
            assert faults_of(typed) == {}
            assert (await platform.submit_application(saved.revision, "k")).state is ApplicationState.SUBMITTED
            await platform.close()
        platform = await ready(rig, NEW_PHONE)
        for revision, changes in enumerate(FAULTY):
            typed = ApplicationForm.model_validate(form(**changes))
            saved = await platform.save_draft(DraftSave(base_revision=revision, form=typed))
            code, detail = await code_of_refusal(platform.submit_application(saved.revision, f"k{revision}"))
            assert code == "application_incomplete"
            # A code that is there and wrong is looked at when all else is right.
            named = {FormField(name) for name in str(detail["fields"]).split(",")}
            assert named | ({FormField.CREDIT_CODE} if typed.credit_code else set()) == set(faults_of(typed))
        await platform.close()

    play(tmp_path, scene)


def test_offending_words_are_told_at_their_code_points(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in(phone=NEW_PHONE)
        text = "😀讲简历，加我微信 abc12345 详聊"
        found = await platform.check_text(FormField.INTRODUCTION, text)
        assert any(one.label == "contact" and "微信" in text[one.start : one.end] for one in found)
        assert await platform.check_text(FormField.INTRODUCTION, "讲简历和面试") == []
        await platform.close()

    play(tmp_path, scene)


def test_a_picture_goes_there_and_comes_back_encoded_anew(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in(phone=NEW_PHONE)
        for kind in ("JPEG", "PNG", "WEBP"):
            image = await platform.put_image(ImagePurpose.AVATAR, picture(kind=kind))
            assert (image.purpose, image.state) == (ImagePurpose.AVATAR, ImageState.PENDING)
            assert await platform.images() == [image]
            data = await platform.image_bytes(image.id)
            with Picture.open(io.BytesIO(data)) as shown:
                assert (shown.format, shown.size) == ("JPEG", (image.width_px, image.height_px))
        await platform.remove_image(ImagePurpose.AVATAR)
        assert await platform.images() == []
        assert (await code_of_refusal(platform.remove_image(ImagePurpose.AVATAR)))[0] == "not_found"
        assert (await code_of_refusal(platform.image_bytes("../me")))[0] == "not_found"
        await platform.close()

    play(tmp_path, scene)


NO_PICTURES = {
    b"GIF89a" + b"\0" * 100: "image_invalid",
    b"\xff\xd8\xff" + b"\0" * 100: "image_invalid",
    b"RIFF\0\0\0\0WEBP" + b"\0" * 100: "image_invalid",
    picture((16, 16)): "image_too_small",
    b"\x89PNG\r\n\x1a\n" + b"\0" * (7 * 1024 * 1024): "too_large",
}


def test_what_is_no_picture_is_refused_with_its_reason(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> None:
        platform = await rig.signed_in(phone=NEW_PHONE)
        for data, told in NO_PICTURES.items():
            assert (await code_of_refusal(platform.put_image(ImagePurpose.COVER, data)))[0] == told
        await platform.close()

    play(tmp_path, scene)
