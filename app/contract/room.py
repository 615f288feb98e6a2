"""Moderation of a room over REST: what may be asked for, and the record of what was done.

An act is ``POST /sessions/{id}/moderation`` with an Idempotency-Key, and is undone by
``POST /sessions/{id}/moderation/{action_id}/undo``. What it changes goes out over the event socket (contract.events).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from app.contract.rest import ChatMessage
from app.contract.wire import Wire
from app.domain.room.restrictions import Length
from app.domain.room.rules import MOST_SLOW_S, Policy

MAX_REASON_CHARS = 200
MAX_WORD_CHARS = 20
MAX_WORDS = 200
MAX_PAGE = 200
Id = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,64}$")]


class ActionKind(StrEnum):
    DELETE_MESSAGE = "delete_message"
    MUTE = "mute"
    UNMUTE = "unmute"
    REMOVE = "remove"
    """Their messages of this session are hidden at once, and stay so."""
    READMIT = "readmit"
    PIN = "pin"
    UNPIN = "unpin"
    SET_RULES = "set_rules"
    SHIELD_ON = "shield_on"
    SHIELD_OFF = "shield_off"
    RELEASE_HELD = "release_held"
    REFUSE_HELD = "refuse_held"
    APPOINT = "appoint"
    DISMISS = "dismiss"
    ADD_WORD = "add_word"
    REMOVE_WORD = "remove_word"
    # of contract.questions: in the record, but neither wished for nor undone here
    SHOW_QUESTION = "show_question"
    HIDE_QUESTION = "hide_question"
    ANSWER_QUESTION = "answer_question"
    DELETE_QUESTION = "delete_question"


QUESTION_ACTS = (
    ActionKind.SHOW_QUESTION, ActionKind.HIDE_QUESTION, ActionKind.ANSWER_QUESTION, ActionKind.DELETE_QUESTION,
)  # fmt: skip


class Rules(Wire):
    """How the chat goes; see app.domain.room.rules."""

    slow_s: Annotated[int, Field(ge=0, le=MOST_SLOW_S)] = 0
    followers_only: bool = False
    is_paused: bool = False
    contacts: Policy = Policy.HOLD
    words: Policy = Policy.HOLD
    allows_guests: bool = True


class ModerationWish(Wire):
    """Which fields an action needs: ``message_id`` (delete_message, pin), ``account_id`` (mute, unmute, remove,
    readmit, appoint, dismiss), ``length`` (mute, remove), ``held_id``, ``word``, ``rules``."""

    action: ActionKind
    message_id: Id | None = None
    account_id: Id | None = None
    held_id: Id | None = None
    length: Length | None = None
    rules: Rules | None = None
    word: Annotated[str, Field(max_length=MAX_WORD_CHARS * 4)] | None = None
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS * 4)] = ""


class RoomAction(Wire):
    """One line of the record. ``until`` None with a length: for the session, or for good."""

    id: str
    session_id: str
    at: datetime
    kind: ActionKind
    actor_id: str
    actor_name: str
    actor_role: str
    target_id: str | None
    target_name: str
    excerpt: str
    reason: str
    length: Length | None
    until: datetime | None
    undone_at: datetime | None
    is_undoable: bool


class HeldMessage(Wire):
    id: str
    author_id: str
    author_name: str
    text: str
    why: str
    sent_at: datetime


class MyRoom(Wire):
    """How I stand in a room. ``words`` and ``shield`` are told to moderators only."""

    role: str
    is_following: bool
    is_muted: bool
    muted_until: datetime | None
    muted_reason: str
    rules: Rules
    is_shielded: bool
    pinned: ChatMessage | None
    words: list[str] = []


class PersonCard(Wire):
    """One person in a room, for who moderates it."""

    account_id: str
    name: str
    role: str
    is_following: bool
    is_new: bool
    """Never wrote in a room of this anchor before this session."""
    is_present: bool
    muted_until: datetime | None
    is_muted: bool
    is_removed: bool
    messages: list[ChatMessage]
    """What they said in this session, newest first; hidden ones too, with ``is_hidden``."""
    actions: list[RoomAction]


class AudienceMember(Wire):
    account_id: str
    name: str
    role: str
    is_following: bool
    is_muted: bool
    is_new: bool
    messages: int
    muted_until: datetime | None = None
    """None with ``is_muted``: for the session, or for good."""


class Audience(Wire):
    """Who is signed in and in the room now; visitors are counted only."""

    people: list[AudienceMember]
    visitors: int
    total: int
