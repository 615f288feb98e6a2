"""What the viewer pages are given of the service: reading only. Event loop; made by the composition root."""

from __future__ import annotations

from typing import Protocol

from app.contract.rest import PlatformInfo, Session


class PageServices(Protocol):
    """Raises Refusal (internal) when the database fails."""

    @property
    def media_origin(self) -> str:
        """Scheme, host and port that players fetch media from: for the page's content security policy."""

    def platform_info(self) -> PlatformInfo:
        """Name, and whether this is a demo platform, which every page says."""

    async def list_live(self) -> list[Session]:
        """On air, the newest first."""

    async def get_session(self, session_id: str) -> Session | None:
        """None when there is none."""
