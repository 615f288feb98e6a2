"""The steps of the way to air, always as the service tells them. I/O loop."""

from __future__ import annotations

from dataclasses import replace

from app.errors import AppError
from app.usecases.context import Context
from app.usecases.scope import Reload, Scope
from app.usecases.way_state import LoadPhase, OnboardingState


class OnboardingCase:
    """``reload.ask()`` whenever something may have changed."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context, self._scope = context, scope
        self.reload = Reload(scope, self._load, "onboarding")

    def clear(self) -> None:
        self._context.change(onboarding=OnboardingState())

    async def _load(self) -> None:
        platform, state = self._scope.platform, self._context.state.onboarding
        if platform is None:
            return
        if state.onboarding is None:
            self._set(phase=LoadPhase.LOADING, trouble=None)
        try:
            found = await platform.onboarding()
        except AppError as error:
            failure = self._scope.failure(error, is_shown=state.onboarding is not None)
            if failure is not None:
                self._set(**failure)
            return
        self._set(phase=LoadPhase.READY, onboarding=found, trouble=None)

    def _set(self, **fields: object) -> None:
        self._context.change(onboarding=replace(self._context.state.onboarding, **fields))  # type: ignore[arg-type]
