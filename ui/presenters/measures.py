"""Measures against the person in words (违规与申诉), and what can be said to each. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.measures import Measure
from app.domain.measures import AppealState, MeasureKind, MeasureState
from app.i18n import Translator
from app.usecases.state import AccountPhase, DeskState
from app.usecases.way_state import LoadPhase
from ui.presenters.china_times import moment_text
from ui.presenters.common import TroubleView, trouble_view

_TONES = {MeasureState.IN_FORCE: "warn", MeasureState.DONE: "neutral"}


@dataclass(frozen=True)
class MeasureRow:
    id: str
    title: str
    state: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    """Name and value: 依据, 原因, 证据, 删除内容, 部门, 时间, 告知, 期限, 场次."""
    appeal: tuple[tuple[str, str], ...]
    """What was said, and what was answered."""
    appeal_state: str
    """申诉处理中; empty where there is none."""
    can_appeal: bool
    appeal_until: str
    """可以申诉到 …; empty where there is nothing to say any more."""
    is_sending: bool


@dataclass(frozen=True)
class MeasuresView:
    rows: tuple[MeasureRow, ...]
    empty_text: str
    can_retry: bool
    sent_number: int
    trouble: TroubleView | None


def present_measures(state: DeskState, tr: Translator) -> MeasuresView:
    """The page of this state."""
    found = state.measures
    is_in = state.account.phase is AccountPhase.SIGNED_IN
    rows = tuple(_row(one, tr, sending=found.sending) for one in found.measures) if is_in else ()
    empty = ""
    if not is_in:
        empty = tr.text("page.signed_out")
    elif not rows:
        if found.phase is LoadPhase.FAILED:
            empty = tr.text("measures.failed")
        else:
            empty = tr.text("measures.none" if found.phase is LoadPhase.READY else "measures.loading")
    return MeasuresView(
        rows=rows,
        empty_text=empty,
        can_retry=found.phase is LoadPhase.FAILED and is_in,
        sent_number=found.sent_number,
        trouble=trouble_view(found.act_trouble or found.trouble, tr) if is_in else None,
    )


def _row(one: Measure, tr: Translator, *, sending: str) -> MeasureRow:
    facts = []
    if one.category is not None:
        facts.append((tr.text("measures.rule"), tr.text(f"conduct.{int(one.category)}")))
    facts.append((tr.text("measures.reason"), one.reason))
    if one.session_title:
        facts.append((tr.text("measures.session"), one.session_title))
    if one.evidence:
        facts.append((tr.text("measures.evidence"), "\n".join(one.evidence)))
    if one.pieces:
        facts.append((tr.text("measures.pieces"), _pieces(one, tr)))
    if one.report is not None:
        facts.append((tr.text("measures.authority"), one.report.authority))
        if one.report.reference:
            facts.append((tr.text("measures.reference"), one.report.reference))
        facts.append((tr.text("measures.reported"), moment_text(one.report.reported_at, None, tr)))
    facts.append((tr.text("measures.since"), moment_text(one.since, None, tr)))
    if one.told_at != one.since:
        facts.append((tr.text("measures.told"), moment_text(one.told_at, None, tr)))
    term = _term(one, tr)
    if term:
        facts.append((tr.text("measures.term"), term))
    if one.ended_at is not None:
        ended = moment_text(one.ended_at, None, tr)
        facts.append((tr.text("measures.ended"), f"{ended} {one.end_reason}".strip()))
    said = one.appeal
    appeal = []
    if said.state is not AppealState.NONE:
        appeal.append((tr.text("measures.my_words"), said.text or tr.text("measures.erased")))
    if said.decision:
        appeal.append((tr.text("measures.decision"), said.decision))
    return MeasureRow(
        id=one.id,
        title=tr.text(f"measure.{one.kind.value}"),
        state=tr.text(f"measure.state.{one.state.value}"),
        tone=_TONES.get(one.state, "good"),
        facts=tuple(facts),
        appeal=tuple(appeal),
        appeal_state=tr.text(f"appeal.{said.state.value}") if said.state is not AppealState.NONE else "",
        can_appeal=one.may_appeal,
        appeal_until=tr.text("measures.until", at=moment_text(one.appeal_until, None, tr)) if one.may_appeal else "",
        is_sending=sending == one.id,
    )


def _pieces(one: Measure, tr: Translator) -> str:
    """One a line; what was deleted on schedule meanwhile is said to be."""
    erased = tr.text("measures.erased")
    lines = [tr.text(f"measures.piece.{piece.kind.value}", text=piece.text or erased) for piece in one.pieces]
    if one.pieces_count > len(one.pieces):
        lines.append(tr.text("measures.more_pieces", count=one.pieces_count))
    return "\n".join(lines)


def _term(one: Measure, tr: Translator) -> str:
    if one.state is MeasureState.DONE:
        return ""
    if one.until is None:
        return tr.text("measures.until_lifted")
    message = "measures.deadline" if one.kind is MeasureKind.CORRECTION else "measures.ends"
    return tr.text(message, at=moment_text(one.until, None, tr))
