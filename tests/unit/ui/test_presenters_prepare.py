"""The way to air as it is told: which step, which words, what one can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.contract.inbox import Step
from app.domain.application import ApplicationKind, ApplicationState
from app.domain.onboarding import AgreementStanding, StepId, StepState
from app.i18n import Translator
from app.usecases.state import AccountState, DeskState
from app.usecases.way_state import LoadPhase, OnboardingState
from app.usecases.wishes import BeginApplication
from tests.ui import fakes, way_fakes
from tests.ui.way_fakes import on_the_way
from ui.presenters.prepare import Look, Middle, did_accept, is_complete, is_needed, present_prepare

ZH, EN = Translator("zh"), Translator("en")
States = ApplicationState


def state_of(state: ApplicationState | None = None, **changes: object) -> DeskState:
    return on_the_way(fakes.off_air(), state, **changes)  # type: ignore[arg-type]


def scope_change(state: ApplicationState) -> DeskState:
    approved, first = state_of(States.APPROVED), way_fakes.application(States.APPROVED)
    change = way_fakes.application(state, id="ap2", kind=ApplicationKind.SCOPE_CHANGE)
    return replace(approved, application=way_fakes.desk(change, earlier=(change, first)))


# ---- steps ---------------------------------------------------------------------------------------


def test_the_page_opens_at_the_step_that_stands_in_the_way() -> None:
    cases = {
        None: (StepId.APPLICATION, Middle.STATUS),
        States.DRAFT: (StepId.APPLICATION, Middle.FORM),
        States.RETURNED: (StepId.APPLICATION, Middle.FORM),
        States.REJECTED: (StepId.APPLICATION, Middle.STATUS),
        States.SUBMITTED: (StepId.REVIEW, Middle.STATUS),
        States.IN_REVIEW: (StepId.REVIEW, Middle.STATUS),
        States.APPROVED: (StepId.REVIEW, Middle.STATUS),
    }
    for state, (step, middle) in cases.items():
        view = present_prepare(state_of(state), ZH)
        assert [row.id for row in view.steps if row.is_chosen] == [step]
        assert view.middle is middle


def test_any_list_of_steps_is_drawn_in_its_order() -> None:
    state = state_of(States.SUBMITTED)
    onboarding = state.onboarding.onboarding
    assert onboarding is not None
    steps = [Step(id=StepId.REVIEW, state=StepState.DONE, note="no_such_note"), *onboarding.steps[:2]]
    changed = replace(
        state, onboarding=OnboardingState(LoadPhase.READY, onboarding.model_copy(update={"steps": steps}))
    )
    view = present_prepare(changed, ZH)
    assert [(row.number, row.id) for row in view.steps] == [
        (1, StepId.REVIEW),
        (2, StepId.AGREEMENT),
        (3, StepId.IDENTITY),
    ]
    assert view.steps[0].hint == ZH.text("step.review.hint")


def test_a_step_says_its_state_in_words() -> None:
    first, name, second, third, face, _ = present_prepare(state_of(States.SUBMITTED), ZH).steps
    assert name.hint == "姓名与身份证号已核对", "no room for its date: it stands beside the name"
    assert face.hint.startswith("已通过")
    assert first.hint == "2026-11-20 版"
    assert "已完成" in first.said
    assert second.hint.startswith("已提交 · 2026-11-20")
    assert (third.state, third.hint) == (StepState.WAITING, "等待分配顾问")
    assert "等待中" in third.said


def test_a_chosen_step_is_shown_whatever_stands_in_the_way() -> None:
    view = present_prepare(state_of(States.DRAFT), ZH, Look(StepId.AGREEMENT))
    assert view.status is not None
    assert view.status.title == ZH.text("prepare.agreement_accepted")
    assert (view.status.main, view.status.second) == (None, view.status.second)
    assert view.status.second is not None
    assert view.status.second.action == "read_agreement"
    assert view.about == ZH.text("prepare.about_agreement")


@pytest.mark.parametrize("standing", list(AgreementStanding))
def test_the_agreement_offers_the_reader_unless_there_is_none(standing: AgreementStanding) -> None:
    state = on_the_way(fakes.off_air(), None, standing)
    status = present_prepare(state, ZH, Look(StepId.AGREEMENT)).status
    assert status is not None
    actions = {offer.action for offer in (status.main, status.second) if offer is not None}
    assert actions == (set() if standing is AgreementStanding.UNPUBLISHED else {"read_agreement"})
    assert (status.tone == "good") is (standing is AgreementStanding.ACCEPTED)


def test_nothing_is_begun_before_the_agreement_was_accepted() -> None:
    state = on_the_way(fakes.off_air(), None, AgreementStanding.MISSING)
    status = present_prepare(state, ZH, Look(StepId.APPLICATION)).status
    assert status is not None
    assert status.main is None
    begun = present_prepare(state_of(), ZH).status
    assert begun is not None
    assert begun.main is not None
    assert begun.main.wish == BeginApplication(ApplicationKind.FIRST)


def test_rejected_can_be_begun_anew_with_its_own_kind() -> None:
    status = present_prepare(state_of(States.REJECTED), ZH).status
    assert status is not None
    assert status.main is not None
    assert status.main.wish == BeginApplication(ApplicationKind.FIRST)
    assert "名录" in status.note
    assert status.icon == "warn"
    change = present_prepare(scope_change(States.REJECTED), ZH, Look(StepId.APPLICATION)).status
    assert change is not None
    assert change.main is not None
    assert change.main.wish == BeginApplication(ApplicationKind.SCOPE_CHANGE)


def test_the_review_says_who_and_how_long_and_lets_one_read_what_was_sent() -> None:
    for state in (States.SUBMITTED, States.IN_REVIEW):
        status = present_prepare(state_of(state), ZH).status
        assert status is not None
        assert "1 至 3 个工作日" in status.text
        assert status.main is None
        assert status.second is not None
        assert status.second.action == "open_form"
        assert ("销售顾问", "王敏") in status.facts or state is States.SUBMITTED
    form = present_prepare(state_of(States.IN_REVIEW), ZH, Look(StepId.APPLICATION)).form
    assert form is not None
    assert not form.is_editable
    assert form.banner == ZH.text("application.locked")


def test_approved_leads_to_the_live_page_and_offers_another_scope() -> None:
    status = present_prepare(state_of(States.APPROVED), ZH).status
    assert status is not None
    assert status.main is not None
    assert status.second is not None
    assert (status.main.action, status.second.wish) == ("open_live", BeginApplication(ApplicationKind.SCOPE_CHANGE))
    offered = present_prepare(state_of(States.APPROVED), ZH, Look(offers_change=True)).status
    assert offered is not None
    assert offered.main == status.second


def test_an_anchor_without_an_application_is_no_applicant() -> None:
    state = replace(state_of(States.APPROVED), application=way_fakes.desk(None))
    status = present_prepare(state, ZH).status
    assert status is not None
    assert status.title == ZH.text("prepare.approved")
    assert status.main is not None
    assert status.main.action == "open_live"


# ---- whether it stands in the rail ---------------------------------------------------------------


def test_it_leaves_the_rail_when_all_is_done_and_comes_back() -> None:
    assert is_needed(state_of())
    assert is_needed(state_of(States.SUBMITTED))
    assert not is_needed(state_of(States.APPROVED))
    assert is_needed(on_the_way(fakes.off_air(), States.APPROVED, AgreementStanding.OUTDATED))
    assert is_needed(scope_change(States.DRAFT))
    assert is_needed(scope_change(States.IN_REVIEW))
    assert not is_needed(scope_change(States.APPROVED))
    assert not is_needed(fakes.off_air())
    assert is_complete(fakes.off_air())


def test_a_change_of_scope_opens_where_it_stands() -> None:
    view = present_prepare(scope_change(States.DRAFT), ZH)
    assert (view.middle, view.title) == (Middle.FORM, ZH.text("prepare.title_change"))
    assert present_prepare(scope_change(States.SUBMITTED), ZH).middle is Middle.STATUS


def test_an_acceptance_is_noticed_once() -> None:
    from app.domain.documents.model import DocumentKind
    from app.usecases.way_state import DocumentsState, OpenDocument

    def reading(**changes: bool) -> DeskState:
        opened = OpenDocument(DocumentKind.LIVE_AGREEMENT, LoadPhase.READY, **changes)  # type: ignore[arg-type]
        return replace(state_of(), documents=DocumentsState(LoadPhase.READY, opened=opened))

    accepting, done = reading(is_accepting=True, needs_acceptance=True), reading()
    assert did_accept(accepting, done)
    assert not did_accept(done, done)
    assert not did_accept(accepting, reading(needs_acceptance=True))


# ---- loading, failing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "text_id", "can_retry"),
    [(LoadPhase.IDLE, "prepare.loading", False), (LoadPhase.FAILED, "prepare.failed", True)],
)
def test_without_steps_it_says_why(phase: LoadPhase, text_id: str, can_retry: bool) -> None:
    view = present_prepare(replace(state_of(), onboarding=OnboardingState(phase)), ZH)
    assert (view.middle, view.empty_text, view.can_retry) == (Middle.NOTHING, ZH.text(text_id), can_retry)


def test_signed_out_shows_nothing_of_the_person() -> None:
    view = present_prepare(replace(state_of(States.DRAFT), account=AccountState()), ZH)
    assert (view.steps, view.form, view.empty_text) == ((), None, ZH.text("page.signed_out"))


def test_an_application_that_could_not_be_loaded_can_be_asked_for_again() -> None:
    failed = state_of(None, phase=LoadPhase.FAILED, trouble=way_fakes.OFFLINE)
    view = present_prepare(failed, ZH)
    assert view.can_retry
    assert view.trouble is not None
    assert view.trouble.action == "retry"


# ---- history -------------------------------------------------------------------------------------


def test_history_counts_submissions_and_tells_reasons() -> None:
    step, reasons = way_fakes.step, way_fakes.REASONS
    history = [
        step(States.DRAFT),
        step(States.SUBMITTED, 1),
        step(States.RETURNED, 20, "请补充", reasons),
        step(States.SUBMITTED, 30),
    ]
    found = way_fakes.application(States.SUBMITTED, history=history)
    state = replace(state_of(States.SUBMITTED), application=way_fakes.desk(found))
    rows = present_prepare(state, ZH).history
    assert [row.text for row in rows] == ["提交", "退回", "第 2 次提交"]
    assert "个人介绍：介绍过短" in rows[1].comment
    assert rows[1].comment.endswith("请补充")


def test_earlier_applications_are_listed_and_can_be_read() -> None:
    state = scope_change(States.DRAFT)
    rows = present_prepare(state, ZH).earlier
    assert [(row.id, row.text, row.comment) for row in rows] == [("ap1", "首次申请", "通过")]
    view = present_prepare(state, ZH, Look(earlier_id="ap1"))
    assert view.is_earlier
    assert view.form is not None
    assert not view.form.is_editable
    assert view.save[0] == ""
    assert not any(row.is_chosen for row in view.steps)
    assert not present_prepare(state, ZH, Look(earlier_id="gone")).is_earlier


def test_every_state_reads_in_both_languages() -> None:
    shown: set[str] = set()
    for state in (None, *States):
        for standing in AgreementStanding:
            made = on_the_way(fakes.off_air(), state, standing)
            for step in (None, *StepId):
                for tr in (ZH, EN):
                    shown.add(repr(present_prepare(made, tr, Look(step))))
    assert not any("prepare." in one or "application.step" in one or "step." in one.lower() for one in shown)
