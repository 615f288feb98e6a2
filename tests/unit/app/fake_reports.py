"""Reports and their clips at a fake platform, by the rules of the wire. Part of ``FakePlatform``."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.contract.reports import Clip, Report, ReportWish
from app.domain.reports import ReportState, TargetKind
from app.errors import PlatformError, StorageError

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


class FakeReports(ABC):
    def __init__(self) -> None:
        self.reports: dict[str, Report] = {}
        """By idempotency key, the oldest first."""
        self.reported: set[tuple[TargetKind, str]] = set()
        self.clips: dict[str, tuple[str, bytes]] = {}
        """Of each report the idempotency key and the file."""
        self.files: dict[str, bytes] = {}
        """What lies at a path, beside the disk."""
        self._report_numbers = itertools.count(1)

    @abstractmethod
    def _check(self, name: str) -> None: ...

    @abstractmethod
    async def _held(self, name: str) -> None: ...

    def decide(self, report_id: str, state: ReportState, answer: str = "") -> None:
        """An operator does."""
        self._become(report_id, state=state, answer=answer, handled_at=AT)

    def _become(self, report_id: str, **changes: object) -> Report:
        key, found = self._find(report_id)
        self.reports[key] = found.model_copy(update=changes)
        return self.reports[key]

    def _find(self, report_id: str) -> tuple[str, Report]:
        known = next(((key, one) for key, one in self.reports.items() if one.id == report_id), None)
        if known is None:
            raise PlatformError("not_found", retryable=False)
        return known

    async def report(self, session_id: str, wish: ReportWish, idempotency_key: str) -> Report:
        self._check("report")
        if idempotency_key not in self.reports:
            target = (wish.target.kind, wish.target.id)
            if target in self.reported:
                raise PlatformError("already_reported", retryable=False)
            self.reported.add(target)
            self.reports[idempotency_key] = Report(
                id=f"r{next(self._report_numbers)}", session_id=session_id, session_title="简历",
                target_kind=wish.target.kind, target_name="小苗", category=wish.category, text=wish.text,
                state=ReportState.OPEN, at=AT,
            )  # fmt: skip
        await self._held("report")
        return self.reports[idempotency_key]

    async def my_reports(self) -> list[Report]:
        self._check("my_reports")
        await self._held("my_reports")
        return list(reversed(self.reports.values()))

    async def withdraw_report(self, report_id: str) -> Report:
        self._check("withdraw_report")
        _, found = self._find(report_id)
        if found.state not in (ReportState.OPEN, ReportState.WITHDRAWN):
            raise PlatformError("state_conflict", retryable=False)
        made = self._become(report_id, state=ReportState.WITHDRAWN, handled_at=found.handled_at or AT)
        await self._held("withdraw_report")
        return made

    async def add_clip(self, report_id: str, path: str, idempotency_key: str, on_sent: Callable[[int], None]) -> Clip:
        data = self.files.get(path)
        if data is None:
            try:
                data = Path(path).read_bytes()
            except OSError as cause:
                raise StorageError("clip_unavailable") from cause
        self._check("add_clip")
        _, found = self._find(report_id)
        known = self.clips.get(report_id)
        if known is not None and known != (idempotency_key, data):
            code = "idempotency_mismatch" if known[0] == idempotency_key else "clip_exists"
            raise PlatformError(code, retryable=False)
        if known is None and found.state.is_final:
            raise PlatformError("state_conflict", retryable=False)
        if not data[4:8] == b"ftyp":
            raise PlatformError("clip_invalid", retryable=False)
        on_sent(len(data) // 2)
        await asyncio.sleep(0)
        on_sent(len(data))
        self.clips[report_id] = (idempotency_key, data)
        self._become(report_id, has_clip=True)
        await self._held("add_clip")
        return Clip(
            report_id=report_id, duration_ms=2000, width_px=160, height_px=90, has_sound=True, size_bytes=len(data)
        )
