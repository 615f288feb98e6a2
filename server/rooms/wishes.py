"""The rules that a wish asks for, and how the record says what was changed. Pure."""

from __future__ import annotations

from dataclasses import asdict

from app.contract.errors import ErrorCode
from app.contract.room import ModerationWish, Rules
from app.domain.room.rules import RoomRules
from server.errors import Refusal


def rules_in(wish: ModerationWish, before: RoomRules) -> RoomRules:
    """Raises Refusal (input_invalid) without rules, or with a slow mode that is not offered."""
    if wish.rules is None:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": "rules"})
    try:
        return RoomRules(**wish.rules.model_dump(), is_shielded=before.is_shielded)
    except ValueError as error:
        raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": str(error)}) from error


def rules_to_wire(rules: RoomRules) -> Rules:
    fields = asdict(rules)
    fields.pop("is_shielded")
    return Rules(**fields)


def rules_text(before: RoomRules, after: RoomRules) -> str:
    """What was changed, as ``name=value`` with blanks between: the screen puts it into words."""
    old, new = asdict(before), asdict(after)
    return " ".join(f"{name}={_plain(value)}" for name, value in new.items() if old[name] != value)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
