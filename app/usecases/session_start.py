"""Which session is to begin: one that was planned, the one that an earlier try made, or a new one. I/O loop."""

from __future__ import annotations

from app.contract.rest import Session
from app.domain.session import EndReason, SessionState
from app.errors import AppError, PlatformError
from app.ports.platform import Platform
from app.usecases.request_key import RequestKey
from app.usecases.wishes import GoLive

ENDED_BY = {EndReason.MISSED: "missed", EndReason.CALLED_OFF: "called_off"}
"""Codes of why a session cannot begin any more, or did not."""


class SessionStart:
    """A repeat after a lost answer finds the same session; another wish does not."""

    def __init__(self) -> None:
        self._key = RequestKey()
        self._made_id = ""
        """The last one that was made on the spot here."""

    async def find(self, platform: Platform, wish: GoLive) -> Session:
        """Raises AppError: what the service says; ``spot_overlap`` when a planned session has its time now."""
        if wish.session_id:
            return await self._planned(platform, wish.session_id)
        title = wish.title.strip()
        session = await platform.current_session()
        if session is not None and session.state is SessionState.LIVE:
            return session  # on another device: it can be taken over, and nothing else can begin before it ends
        if session is not None and (session.title, session.category) == (title, wish.category):
            return session
        if session is not None and session.id == self._made_id and session.state is SessionState.PREPARING:
            # Made by an earlier try that never came on air, under another title.
            await platform.end_session(session.id)
        try:
            key = self._key.of(f"{title}\0{wish.category.value}")
            session = await platform.create_session(title, wish.category, key)
        except AppError as error:
            if error.code == "schedule_overlap":
                raise PlatformError("spot_overlap", retryable=False, detail=error.detail) from error
            raise
        self._key.forget()
        self._made_id = session.id
        return session

    @staticmethod
    async def _planned(platform: Platform, session_id: str) -> Session:
        session = await platform.session_of(session_id)
        if session.state is SessionState.ENDED:
            code = ENDED_BY.get(session.end_reason, "session_ended") if session.end_reason else "session_ended"
            raise PlatformError(code, retryable=False)
        return session
