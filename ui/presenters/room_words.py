"""Acts of moderation: as wishes, and in words. Pure."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from app.contract.room import ActionKind, ModerationWish, RoomAction
from app.domain.room.restrictions import OFFERED, Kind, Length
from app.i18n import Translator
from app.usecases.room_wishes import Moderate
from app.usecases.wishes import Wish
from ui.presenters.sources import Choice


def act(kind: ActionKind, **fields: Any) -> Moderate:
    """The wish for one act; each call is an act of its own. Fields as in contract.room.ModerationWish."""
    return Moderate(ModerationWish(action=kind, **fields), uuid.uuid4().hex)


def length_text(length: Length, tr: Translator) -> str:
    """10 分钟."""
    return tr.text(f"room.length.{length.value}")


def clock(moment: datetime) -> str:
    """Hours and minutes of this computer."""
    return moment.astimezone().strftime("%H:%M")


def clock_ms(at_ms: int) -> str:
    """The same of a moment in ms since 1970."""
    return datetime.fromtimestamp(at_ms / 1000).strftime("%H:%M")


def action_sentence(action: RoomAction, me_id: str, tr: Translator) -> str:
    """你 禁言 小苗 10 分钟."""
    who = tr.text("room.you") if action.actor_id == me_id else action.actor_name
    if action.actor_id != me_id and action.actor_role == "moderator":
        who = tr.text("room.who_moderator", name=who)
    name = action.target_name or tr.text("chat.nobody")
    length = length_text(action.length, tr) if action.length is not None else ""
    return tr.text(f"room.act.{action.kind.value}", who=who, name=name, length=length).strip()


def action_detail(action: RoomAction, tr: Translator) -> str:
    """What is known of it beside: reason, until when, what it was about, whether it was taken back."""
    parts = []
    if action.excerpt:
        parts.append(action.excerpt)
    if action.reason:
        parts.append(action.reason)
    if action.undone_at is not None:
        parts.append(tr.text("room.undone_at", time=clock(action.undone_at)))
    elif action.until is not None:
        parts.append(tr.text("room.until", time=clock(action.until)))
    return tr.text("room.dot").join(parts)


def mute_choices(account_id: str, tr: Translator) -> tuple[Choice, ...]:
    """Every length on offer."""
    return _lengths(ActionKind.MUTE, Kind.MUTE, account_id, tr)


def remove_choices(account_id: str, tr: Translator) -> tuple[Choice, ...]:
    """For this session, or for good."""
    return _lengths(ActionKind.REMOVE, Kind.REMOVE, account_id, tr)


def _lengths(kind: ActionKind, restriction: Kind, account_id: str, tr: Translator) -> tuple[Choice, ...]:
    return tuple(
        choice(f"{kind.value}.{length.value}", tr.text(f"room.do.{kind.value}_for", length=length_text(length, tr)),
               act(kind, account_id=account_id, length=length))
        for length in OFFERED[restriction]
    )  # fmt: skip


def choice(id: str, label: str, wish: Wish) -> Choice:
    """An entry of a menu that does one thing."""
    return Choice(id, label, wish=wish)
