"""What a session came to, once it is over: the service's figures, asked for until they are told. I/O loop.

Nothing of it is reckoned here. Until the service answers the screen says that it has not.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from app.contract.rest import Session
from app.domain.session import SessionState
from app.errors import AppError
from app.ports.platform import Platform
from app.usecases.context import Context
from app.usecases.state import AudienceState, BroadcastPhase, FiguresPhase

ASK_AGAIN_S = 3.0


class Aftermath:
    """Fills ``BroadcastState.audience`` of the session that is shown as ended, and of no other."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def begin(self, answer: Session | None = None) -> None:
        """A session is shown as ended. ``answer``: the service's to our ending it."""
        session = self._context.state.broadcast.session
        if session is None:
            self._set(AudienceState(FiguresPhase.UNTOLD))
        elif answer is not None:
            self._told(answer)
        else:
            self._set(AudienceState(FiguresPhase.ASKED))
            self._context.spawn(self._ask(session.id), "ask-figures")

    async def _ask(self, session_id: str) -> None:
        while (platform := self._asked_for(session_id)) is not None:
            try:
                session = await platform.session_of(session_id)
            except AppError as error:
                if self._asked_for(session_id) is None:
                    return
                if not error.retryable:
                    self._set(AudienceState(FiguresPhase.UNTOLD))
                    return
                self._set(AudienceState(FiguresPhase.AWAY))
            else:
                if self._asked_for(session_id) is None:
                    return
                # Not ended there: it has not been told of the end yet, and more is to come.
                if session.state is SessionState.ENDED:
                    self._told(session)
                    return
            await asyncio.sleep(ASK_AGAIN_S)

    def _asked_for(self, session_id: str) -> Platform | None:
        shown = self._context.state.broadcast
        is_shown = shown.phase is BroadcastPhase.ENDED and shown.session is not None and shown.session.id == session_id
        return self._context.platform if is_shown else None

    def _told(self, session: Session) -> None:
        # One that was never on air has none.
        phase = FiguresPhase.TOLD if session.figures is not None else FiguresPhase.UNTOLD
        self._set(AudienceState(phase, session.figures, session.messages))

    def _set(self, audience: AudienceState) -> None:
        broadcast = self._context.state.broadcast
        if broadcast.audience != audience:
            self._context.change(broadcast=replace(broadcast, audience=audience))
