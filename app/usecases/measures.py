"""Measures against the person, and their appeals. I/O loop."""

from __future__ import annotations

from dataclasses import replace

from app.contract.measures import MAX_APPEAL_CHARS
from app.errors import AppError
from app.usecases.context import Context
from app.usecases.request_key import RequestKey
from app.usecases.scope import Reload, Scope
from app.usecases.way_state import LoadPhase, MeasuresState
from app.usecases.wishes import Appeal

AWAY = "platform_unreachable"


class MeasuresCase:
    """Loaded when the page is opened, and after each change from then on."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context, self._scope = context, scope
        self.reload = Reload(scope, self._load, "measures")
        self._key = RequestKey()

    def clear(self) -> None:
        self._key.forget()
        self._context.change(measures=MeasuresState())

    def again(self) -> None:
        """Another way to the same platform: what was under way is not any more."""
        if self._context.state.measures.sending:
            self._set(sending="", act_trouble=self._context.trouble(AppError(AWAY, retryable=True)))

    async def _load(self) -> None:
        platform, state = self._scope.platform, self._context.state.measures
        if platform is None:
            return
        if state.phase in (LoadPhase.IDLE, LoadPhase.FAILED):
            self._set(phase=LoadPhase.LOADING, trouble=None)
        try:
            found = await platform.measures()
        except AppError as error:
            failed = self._scope.failure(error, is_shown=bool(state.measures))
            if failed is not None:
                self._set(**failed)
            return
        self._set(phase=LoadPhase.READY, measures=tuple(found), trouble=None)

    def appeal(self, wish: Appeal) -> None:
        text = wish.text.strip()[:MAX_APPEAL_CHARS]
        if not text or self._context.state.measures.sending:
            return
        if self._scope.platform is None:
            self._set(act_trouble=self._context.trouble(AppError(AWAY, retryable=True)))
        else:
            self._set(sending=wish.measure_id, act_trouble=None)
            self._scope.spawn(self._appeal(wish.measure_id, text), "appeal")

    async def _appeal(self, measure_id: str, text: str) -> None:
        platform = self._scope.platform
        if platform is None:
            self._set(sending="", act_trouble=self._context.trouble(AppError(AWAY, retryable=True)))
            return
        try:
            changed = await platform.appeal(measure_id, text, self._key.of(f"{measure_id}\n{text}"))
        except AppError as error:
            if not error.retryable:
                self._key.forget()
            self._set(sending="", act_trouble=self._context.trouble(error))
            self.reload.ask()
            return
        self._key.forget()
        state = self._context.state.measures
        kept = tuple(changed if one.id == measure_id else one for one in state.measures)
        self._set(sending="", measures=kept, sent_number=state.sent_number + 1)

    def _set(self, **fields: object) -> None:
        self._context.change(measures=replace(self._context.state.measures, **fields))  # type: ignore[arg-type]
