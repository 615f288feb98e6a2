"""What the viewer pages are given of the service: reading only. Event loop; made by the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.contract.rest import PlatformInfo, Session


@dataclass(frozen=True, slots=True)
class ComplaintTerms:
    """What the page to complain of an infringement tells of its files."""

    proof_bytes: int
    """The most that one may have."""
    proof_px: int
    """The least width and height."""
    loose_days: int
    """How long one is kept that no complaint names."""
    complaint_days: int
    """How long all of it is kept after the decision."""


class PageServices(Protocol):
    """Raises Refusal (internal) when the database fails."""

    @property
    def media_origin(self) -> str:
        """Scheme, host and port that players fetch media from: for the page's content security policy."""

    def platform_info(self) -> PlatformInfo:
        """Name, and whether this is a demo platform, which every page says."""

    @property
    def complaint_terms(self) -> ComplaintTerms:
        """Limits and terms of this platform."""

    async def list_live(self) -> list[Session]:
        """On air, the newest first."""

    async def get_session(self, session_id: str) -> Session | None:
        """None when there is none."""
