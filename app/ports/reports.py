"""Reports (举报) as the platform takes them. Part of ``Platform``; coroutines as in ports.platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.contract.reports import Clip, Report, ReportWish


class ReportsPort(Protocol):
    """What I report, what goes with it, and how it stands."""

    async def report(self, session_id: str, wish: ReportWish, idempotency_key: str) -> Report:
        """Tell the platform of a message, a person or the session; also who does not moderate may.

        PlatformError ``already_reported`` while an earlier one of mine about the same is open.
        """

    async def my_reports(self) -> list[Report]:
        """The newest first."""

    async def withdraw_report(self, report_id: str) -> Report:
        """Repeatable; PlatformError ``state_conflict`` once an operator took it up."""

    async def add_clip(self, report_id: str, path: str, idempotency_key: str, on_sent: Callable[[int], None]) -> Clip:
        """Send the MP4 at ``path``; ``on_sent`` is told in the loop how many bytes went out so far.

        PlatformError as contract.reports.Clip says; StorageError ``clip_unavailable`` where the file is gone. A repeat
        with the same key is the same clip.
        """
