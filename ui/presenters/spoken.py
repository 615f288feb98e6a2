"""What a screen reader is told at once when it happens. Pure."""

from __future__ import annotations

from app.usecases.state import BroadcastPhase, DeskState

_PHASES = {
    BroadcastPhase.ON_AIR: "say.on_air",
    BroadcastPhase.INTERRUPTED: "say.interrupted",
    BroadcastPhase.ENDED: "say.ended",
}


def spoken(before: DeskState, state: DeskState) -> list[str]:
    """Message ids of what is said between two states."""
    said: list[str] = []
    if state.broadcast.phase is not before.broadcast.phase and state.broadcast.phase in _PHASES:
        said.append(_PHASES[state.broadcast.phase])
    if state.engine.is_muted != before.engine.is_muted:
        said.append("say.muted" if state.engine.is_muted else "say.unmuted")
    return said
