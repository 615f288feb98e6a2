"""Which session is to begin: one that was planned, the one that an earlier try made, or a new one. I/O loop."""

from __future__ import annotations

from app.contract.rest import Category, Session, StreamTarget
from app.domain.session import EndReason, SessionState
from app.errors import AppError, PlatformError
from app.ports.engine import NoSound, NoVideo, SourceStatus
from app.ports.platform import Platform
from app.usecases.quality_state import QualityDesk
from app.usecases.request_key import RequestKey
from app.usecases.state import BroadcastPhase, BroadcastState, EngineState
from app.usecases.trouble import Trouble
from app.usecases.wishes import GoLive

ENDED_BY = {EndReason.MISSED: "missed", EndReason.CALLED_OFF: "called_off"}
"""Codes of why a session cannot begin any more, or did not."""
_GONE = (SourceStatus.LOST, SourceStatus.FAILED)


class SessionStart:
    """A repeat after a lost answer finds the same session; another wish does not."""

    def __init__(self) -> None:
        self._key = RequestKey()
        self._made_id = ""
        """The last one on the spot that was prepared here."""

    async def find(self, platform: Platform, wish: GoLive) -> Session:
        """Raises AppError: what the service says; ``spot_overlap`` when a planned session has its time now."""
        if wish.session_id:
            return await self._planned(platform, wish.session_id)
        title = wish.title.strip()
        session = await platform.current_session()
        if session is not None and session.state is SessionState.LIVE:
            return session  # on another device: it can be taken over, and nothing else can begin before it ends
        if session is not None and _is_meant(session, title, wish.category):
            self._made_id = session.id
            return session
        if session is not None and session.id == self._made_id and session.state is SessionState.PREPARING:
            # Made by an earlier try that never came on air, under another title.
            await platform.end_session(session.id)
        session = await self._make(platform, title, wish.category)
        if session.state is SessionState.ENDED:
            # What an earlier try had made, without an answer, is over meanwhile.
            session = await self._make(platform, title, wish.category)
        self._made_id = session.id
        return session

    async def _make(self, platform: Platform, title: str, category: Category) -> Session:
        """A new one; or what the same wish made, when its answer was lost. Raises AppError."""
        try:
            session = await platform.create_session(title, category, self._key.of(f"{title}\0{category.value}"))
        except AppError as error:
            if error.code == "schedule_overlap":
                raise PlatformError("spot_overlap", retryable=False, detail=error.detail) from error
            raise
        self._key.forget()
        return session

    @staticmethod
    async def _planned(platform: Platform, session_id: str) -> Session:
        session = await platform.session_of(session_id)
        if session.state is SessionState.ENDED:
            code = ENDED_BY.get(session.end_reason, "session_ended") if session.end_reason else "session_ended"
            raise PlatformError(code, retryable=False)
        return session


def _is_planned_still(session: Session) -> bool:
    return session.starts_at is not None and not session.state.is_on_air


def _is_meant(session: Session, title: str, category: Category) -> bool:
    """Whether a wish for one on the spot may go on with it: what is planned begins only when it is asked for."""
    return not _is_planned_still(session) and (session.title, session.category) == (title, category)


def stays(session: Session, here: BroadcastState, *, has_key: bool) -> bool:
    """Whether it is not ended when going live is given up: it was planned and has not begun, or another device has it.

    ``here``: how far this device is with it; ``has_key``: it was handed the key.
    """
    is_preparing = here.phase is BroadcastPhase.PREPARING and not here.started_monotonic_s
    if session.state is SessionState.LIVE:
        return is_preparing and not has_key
    return _is_planned_still(session) and (is_preparing or here.phase is BroadcastPhase.OFF)


def fault_of(engine: EngineState) -> Trouble | None:
    """The only faults on this side that keep a person from going on air: no picture, no sound."""
    if not engine.is_attached:
        return None
    if isinstance(engine.video, NoVideo) or (engine.video_status and engine.video_status.status in _GONE):
        return Trouble("no_picture_to_send", {}, "choose_camera")
    if isinstance(engine.audio, NoSound) or (engine.audio_status and engine.audio_status.status in _GONE):
        return Trouble("no_sound_to_send", {}, "choose_microphone")
    return None


def better_url(target: StreamTarget, quality: QualityDesk) -> str:
    """Of the addresses that the service offers the one that the probe found best; without a probe the first."""
    network = quality.probe.network
    if network is None or network.best is None:
        return target.url
    name = network.ingests[network.best].name
    return next((ingest.url for ingest in target.ingests if ingest.name == name), target.url)
