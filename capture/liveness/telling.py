"""What the screen is told of an attempt: at once when something changes, else ten times a second. Liveness thread."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.liveness import Action, Phase, Prompt
from app.liveness.analysis import Seen
from app.liveness.attempt import Attempt, Status
from app.ports import engine as port

_EVERY_MS = 100.0


class Telling:
    """One attempt. ``code``: why there is no picture, told with whatever is told next."""

    def __init__(self, session_id: str, emit: Callable[[port.AnyEvent], object]) -> None:
        self._session_id, self._emit = session_id, emit
        self.code = ""
        self._told: object = None
        self._told_ms = 0.0

    def tell(self, status: Status, attempt: Attempt | None, now_ms: float, seen: Seen | None = None) -> None:
        """Where it stands; ``seen`` is the frame that this comes from."""
        is_acting = attempt is not None and status.phase is Phase.ACTION
        action = attempt.action if attempt is not None and is_acting else None
        stage = status.progress.stage if status.progress is not None and is_acting else None
        point = (status.phase, status.advice.prompt, action, stage, status.abort, self.code)
        if point == self._told and now_ms - self._told_ms < _EVERY_MS:
            return
        self._told, self._told_ms = point, now_ms
        has_face = seen is not None and seen.frame.look.has_face
        self._emit(
            port.LivenessChanged(
                session_id=self._session_id,
                phase=status.phase,
                prompt=status.advice.prompt,
                holding=_holding(status, attempt),
                action=action,
                stage=stage,
                share_ratio=_share(status, attempt, seen, action),
                left_ms=max(0, round(status.left_ms)),
                off_x_ratio=seen.frame.look.off_x_ratio if seen is not None and has_face else 0.0,
                off_y_ratio=seen.frame.look.off_y_ratio if seen is not None and has_face else 0.0,
                abort=status.abort,
                code=self.code,
            )
        )


def _holding(status: Status, attempt: Attempt | None) -> tuple[Prompt, ...]:
    is_guided = attempt is not None and status.phase in (Phase.ALIGN, Phase.WAIT, Phase.RECENTRE)
    return attempt.guide.holding if attempt is not None and is_guided else ()


def _share(status: Status, attempt: Attempt | None, seen: Seen | None, action: Action | None) -> float:
    if status.progress is not None and action is not None:
        return min(1.0, max(0.0, status.progress.share))
    if status.phase is Phase.ALIGN and attempt is not None and seen is not None:
        return attempt.guide.in_place_ratio(seen.frame.at_ms)
    return 0.0
