"""Who may do what to whom in a room: operator > owner > moderator > guest > viewer. Pure."""

from __future__ import annotations

from enum import IntEnum


class RoomRole(IntEnum):
    VIEWER = 0
    GUEST = 1
    MODERATOR = 2
    OWNER = 3
    OPERATOR = 4

    @property
    def wire(self) -> str:
        return self.name.lower()


def may_moderate(role: RoomRole) -> bool:
    """Whether they moderate at all."""
    return role >= RoomRole.MODERATOR


def may_act_on(actor: RoomRole, target: RoomRole) -> bool:
    """Only on who stands below: no moderator on another, nobody on the owner but an operator, and on oneself never."""
    return may_moderate(actor) and actor > target


def may_undo(actor: RoomRole, doer: RoomRole, *, is_own: bool) -> bool:
    """One's own, and what somebody of no higher role did."""
    return may_moderate(actor) and (is_own or actor >= doer)
