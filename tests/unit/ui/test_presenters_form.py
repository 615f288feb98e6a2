"""The form in words, its pictures, and what of it stands in the settings and the sheet to go live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.contract.rest import Category
from app.domain.application import ApplicationState, FormField
from app.domain.images import ImagePurpose, ImageState
from app.i18n import Translator
from app.usecases.state import AccountState, DeskState
from app.usecases.trouble import Trouble
from app.usecases.way_state import SaveStatus
from tests.ui import fakes, way_fakes
from tests.ui.way_fakes import on_the_way
from ui.presenters.application_form import (
    counter_text,
    credit_hint,
    finding_text,
    image_view,
    is_too_long,
    phone_of,
    present_form,
    save_text,
)
from ui.presenters.go_live import present_go_live
from ui.presenters.settings import present_settings

ZH = Translator("zh")
States = ApplicationState


def state_of(state: ApplicationState | None = None, **changes: object) -> DeskState:
    return on_the_way(fakes.off_air(), state, **changes)  # type: ignore[arg-type]


# ---- the form ------------------------------------------------------------------------------------


def test_offending_words_are_named_with_their_kind() -> None:
    finding = way_fakes.found_words()
    text = finding_text(way_fakes.OFFENDING, (finding, finding), ZH)
    assert text == "含有联系方式“微信 hr_888”，请修改后再提交"
    odd = finding.model_copy(update={"label": "no_such_label"})
    assert ZH.text("finding.prohibited") in finding_text(way_fakes.OFFENDING, (odd,), ZH)


def test_words_beyond_the_basic_plane_are_cut_where_they_are() -> None:
    text = "😀😀加微信"
    assert "“加微信”" in finding_text(text, (way_fakes.found_words(text, "加微信"),), ZH)


def test_findings_stand_under_their_field_in_place_of_a_plain_fault() -> None:
    desk = way_fakes.desk(
        way_fakes.application(),
        form=way_fakes.form(introduction=way_fakes.OFFENDING),
        faults={FormField.INTRODUCTION: "application.fault.words", FormField.SCOPES: "application.fault.scopes"},
        findings={FormField.INTRODUCTION: (way_fakes.found_words(),)},
    )
    view = present_form(desk, ZH)
    assert "微信 hr_888" in view.faults[FormField.INTRODUCTION]
    assert view.faults[FormField.SCOPES] == ZH.text("application.fault.scopes")


def test_a_return_tells_its_reasons_at_the_fields() -> None:
    view = present_form(way_fakes.desk(way_fakes.application(States.RETURNED)), ZH)
    assert view.is_editable
    assert view.banner == ZH.text("prepare.returned")
    assert set(view.reasons) == {FormField.INTRODUCTION, FormField.SCOPES}
    assert "介绍过短" in view.reasons[FormField.INTRODUCTION]


def test_nothing_personal_in_the_repr_of_a_form() -> None:
    view = present_form(way_fakes.desk(way_fakes.application()), ZH)
    assert "13800138000" not in repr(view)
    assert way_fakes.INTRODUCTION not in repr(view)


@pytest.mark.parametrize(
    ("save", "part", "tone"),
    [
        (SaveStatus.NOTHING, "", "neutral"),
        (SaveStatus.SAVING, "正在保存", "neutral"),
        (SaveStatus.SAVED, "草稿已保存", "neutral"),
        (SaveStatus.KEPT_HERE, "这台电脑", "warn"),
    ],
)
def test_how_the_draft_is_kept(save: SaveStatus, part: str, tone: str) -> None:
    words, found, _ = save_text(way_fakes.desk(way_fakes.application(), save=save), ZH)
    assert part in words
    assert found == tone
    assert bool(words) is bool(part)


def test_two_drafts_are_told_with_both_times() -> None:
    other = way_fakes.application(revision=9)
    view = present_form(way_fakes.desk(way_fakes.application(), conflict=other), ZH)
    assert view.conflict.count("2026-11-20") == 2
    alone = present_form(way_fakes.desk(way_fakes.application(), conflict=other, saved_at=None), ZH)
    assert alone.conflict.count("2026-11-20") == 1


def test_what_counts_of_an_introduction() -> None:
    assert counter_text("  三个字 ") == "3 / 500"
    assert counter_text("😀") == "1 / 500"
    assert not is_too_long("字" * 500 + "\n")
    assert is_too_long("字" * 501)


def test_a_credit_code_is_judged_as_it_is_typed() -> None:
    assert credit_hint("", ZH)[1] == "3"
    assert "4 / 18" in credit_hint("9131", ZH)[0]
    assert credit_hint("91350211M000100Y46", ZH)[1] == "good"
    assert credit_hint("９１３５０２１１ M000100Y46", ZH)[1] == "good"
    assert credit_hint("91350211M000100Y44", ZH) == (ZH.text("error.credit_code_invalid"), "bad")


def test_a_phone_is_sent_as_its_digits() -> None:
    assert phone_of("+86 138-0013-8000") == "13800138000"
    assert phone_of(" 138 ") == "138"


def test_pictures_say_how_they_stand() -> None:
    avatar = ImagePurpose.AVATAR

    def view(image: object = None, *, is_uploading: bool = False) -> tuple[str, str]:
        made = image_view(image, avatar, is_uploading=is_uploading, tr=ZH)  # type: ignore[arg-type]
        return made.status, made.tone

    assert view() == (ZH.text("image.avatar.hint"), "3")
    assert view(way_fakes.image(avatar)) == ("审核中", "2")
    assert view(way_fakes.image(avatar, ImageState.APPROVED)) == ("已通过", "good")
    assert view(way_fakes.image(avatar, ImageState.REFUSED, reason="太暗")) == ("未通过：太暗", "bad")
    assert view(way_fakes.image(avatar, ImageState.REFUSED))[0] == "未通过，请更换"
    assert view(is_uploading=True)[0] == "正在上传…"
    licence = image_view(way_fakes.image(ImagePurpose.LICENCE), ImagePurpose.LICENCE, is_uploading=False, tr=ZH)
    assert licence.status == ZH.text("image.uploaded")


# ---- settings and going live ---------------------------------------------------------------------


def test_settings_tell_scopes_and_pictures() -> None:
    state = state_of(States.APPROVED, images=(way_fakes.image(ImagePurpose.COVER),))
    view = present_settings(state, ZH)
    assert view.scopes == "求职指导、办公技能教学"
    assert view.can_change_scope
    assert [(one.purpose, bool(one.id)) for one in view.images] == [
        (ImagePurpose.AVATAR, False),
        (ImagePurpose.COVER, True),
    ]
    fresh = present_settings(state_of(), ZH)
    assert (fresh.scopes, fresh.can_change_scope) == (ZH.text("settings.scopes_none"), False)
    out = present_settings(replace(state, account=AccountState()), ZH)
    assert (out.images, out.can_change_scope) == ((), False)


def test_only_troubles_of_pictures_are_told_beside_them() -> None:
    def told(trouble: Trouble) -> bool:
        return present_settings(state_of(States.DRAFT, trouble=trouble), ZH).image_trouble is not None

    assert told(Trouble("image_too_large", {"limit_mb": 6}))
    assert not told(Trouble("application_incomplete"))


def test_only_approved_scopes_are_offered_for_a_broadcast() -> None:
    view = present_go_live(state_of(States.APPROVED), ZH)
    assert [category for category, _ in view.categories] == [Category.JOB_SEARCH, Category.OFFICE_SKILLS]
    state = replace(state_of(States.APPROVED), default_category=Category.OUTFIT)
    assert present_go_live(state, ZH).category is Category.JOB_SEARCH
    assert len(present_go_live(fakes.off_air(), ZH).categories) == len(Category)
