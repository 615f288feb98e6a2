"""Measures of a fake platform, by the rules of the wire. Part of ``FakePlatform``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any

from app.contract.measures import Appeal, Measure
from app.domain.measures import HAPPENS_ONCE, AppealState, ConductCategory, MeasureKind, MeasureState
from app.errors import PlatformError

SINCE = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def a_measure(number: int = 1, kind: MeasureKind = MeasureKind.WARNING, **changes: Any) -> Measure:
    made = Measure(
        id=f"me{number}", kind=kind, category=ConductCategory.UNPROFESSIONAL, reason="直播中多次发布兼职广告",
        evidence=["20:42 加我微信领内推名额"], session_id="s1", session_title="简历怎么写", since=SINCE, until=None,
        state=MeasureState.DONE if kind in HAPPENS_ONCE else MeasureState.IN_FORCE,
        may_appeal=True, appeal_until=SINCE + timedelta(days=15), appeal=Appeal(), told_at=SINCE,
    )  # fmt: skip
    return made.model_copy(update=changes)


class FakeMeasures(ABC):
    def __init__(self) -> None:
        self.taken: list[Measure] = []
        """The newest first."""
        self.appeals: dict[str, str] = {}
        """Measure by idempotency key."""

    @abstractmethod
    def _check(self, name: str) -> None: ...

    @abstractmethod
    async def _held(self, name: str) -> None: ...

    async def measures(self) -> list[Measure]:
        self._check("measures")
        found = list(self.taken)
        await self._held("measures")
        return found

    async def appeal(self, measure_id: str, text: str, idempotency_key: str) -> Measure:
        self._check("appeal")
        at = next((number for number, one in enumerate(self.taken) if one.id == measure_id), None)
        if at is None:
            raise PlatformError("not_found", retryable=False)
        if idempotency_key not in self.appeals:
            if not self.taken[at].may_appeal:
                raise PlatformError("already_appealed", retryable=False)
            self.appeals[idempotency_key] = measure_id
            said = Appeal(state=AppealState.OPEN, text=text, at=SINCE)
            self.taken[at] = self.taken[at].model_copy(update={"appeal": said, "may_appeal": False})
        found = self.taken[at]
        await self._held("appeal")
        return found
