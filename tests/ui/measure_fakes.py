"""States of the page 违规与申诉."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.contract.measures import Appeal, AuthorityReport, DeletedPiece
from app.domain.measures import AppealState, ConductCategory, MeasureKind, MeasureState, PieceKind
from app.usecases.state import DeskState
from app.usecases.way_state import LoadPhase, MeasuresState
from tests.ui import fakes
from tests.ui.fakes import change
from tests.unit.app.fake_measures import SINCE, a_measure


def measures() -> MeasuresState:
    pending = Appeal(state=AppealState.OPEN, text="那条广告是观众发的，我当场删除并禁言了对方。", at=SINCE)
    upheld = Appeal(
        state=AppealState.UPHELD, text="我没有念出公司名字。", at=SINCE, decided_at=SINCE + timedelta(days=2),
        decision="回放 12 分 30 秒可以听到，维持原处理。",
    )  # fmt: skip
    return MeasuresState(
        LoadPhase.READY,
        (
            a_measure(5, MeasureKind.LIMIT_BROADCAST, until=SINCE + timedelta(days=7)),
            a_measure(4, MeasureKind.CUT_OFF, appeal=pending, may_appeal=False, evidence=[]),
            a_measure(3, MeasureKind.CORRECTION, until=SINCE + timedelta(days=3), category=ConductCategory.OFF_SCOPE,
                      reason="直播内容与申请的“职场经验”不一致，请修改排期中的分类", session_title="", evidence=[]),
            a_measure(2, MeasureKind.WARNING, appeal=upheld, may_appeal=False),
            a_measure(1, MeasureKind.LIMIT_CHAT, state=MeasureState.REVERSED, ended_at=SINCE + timedelta(hours=5),
                      end_reason="申诉成立", may_appeal=False),
        ),
    )  # fmt: skip


def new_kinds() -> MeasuresState:
    """What was refused, deleted, reported and told late, reclaimed; with many pieces and long words."""
    late = SINCE + timedelta(days=9)
    pieces = [
        DeletedPiece(kind=PieceKind.TITLE, text="内推直通大厂，名额有限，加我微信"),
        DeletedPiece(kind=PieceKind.COVER),
        DeletedPiece(kind=PieceKind.MESSAGE, text="加我微信领内推名额，名额有限，先到先得，过期不候，" * 3, at=SINCE),
        DeletedPiece(kind=PieceKind.QUESTION, text="怎么联系您拿内推？", at=SINCE),
        DeletedPiece(kind=PieceKind.MESSAGE),
    ]
    report = AuthorityReport(authority="某市互联网信息办公室", reference="网信〔2026〕8 号", reported_at=SINCE)
    return MeasuresState(
        LoadPhase.READY,
        (
            a_measure(15, MeasureKind.DELETION, pieces=pieces, pieces_count=62, evidence=[]),
            a_measure(13, MeasureKind.RECLAIMING, session_title="", evidence=[], category=ConductCategory.ILLEGAL,
                      reason="账号被用来发布违法内容"),
            a_measure(14, MeasureKind.AUTHORITIES, told_at=late, report=report, session_title="",
                      appeal_until=late + timedelta(days=15), evidence=["回放 12 分 30 秒"]),
            a_measure(12, MeasureKind.REFUSAL, reason="标题是招聘广告", evidence=["标题：“内推直通大厂，名额有限”"]),
            a_measure(11, MeasureKind.LIMIT_GIFTS, until=SINCE + timedelta(days=30), session_title="", evidence=[],
                      reason="用礼物诱导观众线下交易"),
        ),
    )  # fmt: skip


def opened(found: MeasuresState | None = None, **changes: Any) -> DeskState:
    return fakes.off_air(measures=measures() if found is None else found, **changes)


def with_(**changes: Any) -> MeasuresState:
    made: MeasuresState = change(measures(), **changes)
    return made
