"""The audience, one person's card, the record and the rules, as who moderates the room sees them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.contract.room import ActionKind, AudienceMember, PersonCard, RoomAction, Rules
from app.domain.room.rules import LEAST_SLOW_S, MOST_SLOW_S, Policy
from app.i18n import Translator
from app.usecases.moderation_state import ModerationDesk, RecordFile
from app.usecases.room_wishes import Moderate
from app.usecases.state import DeskState
from app.usecases.way_state import LoadPhase
from ui.presenters.chat import MODERATING
from ui.presenters.common import count_text, error_sentence
from ui.presenters.room_words import act, action_detail, action_sentence, clock

SLOW_CHOICES_S = (0, LEAST_SLOW_S, 5, 10, 30, 60, MOST_SLOW_S)
RECORD_FILTERS: dict[str, tuple[ActionKind, ...]] = {
    "all": (),
    "mute": (ActionKind.MUTE, ActionKind.UNMUTE),
    "remove": (ActionKind.REMOVE, ActionKind.READMIT),
    "message": (ActionKind.DELETE_MESSAGE, ActionKind.PIN, ActionKind.UNPIN),
    "held": (ActionKind.RELEASE_HELD, ActionKind.REFUSE_HELD),
    "rules": (
        ActionKind.SET_RULES, ActionKind.SHIELD_ON, ActionKind.SHIELD_OFF, ActionKind.ADD_WORD, ActionKind.REMOVE_WORD,
    ),
    "role": (ActionKind.APPOINT, ActionKind.DISMISS),
    "question": (
        ActionKind.SHOW_QUESTION, ActionKind.HIDE_QUESTION, ActionKind.ANSWER_QUESTION, ActionKind.DELETE_QUESTION,
    ),
}  # fmt: skip
_SECTIONS = ("moderator", "muted", "viewer")


@dataclass(frozen=True)
class PersonRow:
    """Somebody in the room, or (without an ``account_id``) the title of a group."""

    key: str
    account_id: str
    name: str
    initial: str = ""
    colour: int = 0
    pill: str = ""
    note: str = ""
    """At the right: 新来, 已关注, 3 条."""

    @property
    def said(self) -> str:
        return " ".join(filter(None, (self.name, self.pill, self.note)))


@dataclass(frozen=True)
class AudienceView:
    rows: tuple[PersonRow, ...]
    empty_text: str
    visitors: str
    """另有 3 位未登录."""
    figures: str = ""
    """围观 3,021 人 · 最高在线 1,406 人"""


@dataclass(frozen=True)
class ActRow:
    """Something that was done, and can be taken back; or said, and can be deleted: ``target_id`` empty where not."""

    key: str
    time: str
    text: str
    detail: str
    target_id: str

    @property
    def said(self) -> str:
        return " ".join(filter(None, (self.time, self.text, self.detail)))


@dataclass(frozen=True)
class CardView:
    """``empty_text`` stands in place of everything else while there is nothing else."""

    account_id: str
    name: str
    initial: str
    colour: int
    facts: str
    """房管 · 已关注 · 第一次来."""
    standing: str
    """禁言至 20:52; empty when nothing holds."""
    can_act: bool
    is_muted: bool
    is_removed: bool
    is_moderator: bool
    can_appoint: bool
    said: tuple[ActRow, ...]
    acts: tuple[ActRow, ...]
    empty_text: str = ""


@dataclass(frozen=True)
class RecordView:
    rows: tuple[ActRow, ...]
    empty_text: str
    filter: str
    is_shielded: bool
    can_moderate: bool
    saved: str
    """Path of a record that was written, or could not be; empty while there is none."""
    saved_reason: str
    saved_number: int
    """Grows with each that is asked for; 0: none was."""


@dataclass(frozen=True)
class RulesView:
    rules: Rules
    is_shielded: bool
    words: tuple[str, ...]
    can_change: bool


@dataclass(frozen=True)
class SideView:
    """``tabs``: the count beside the audience."""

    audience_count: str
    audience: AudienceView
    card: CardView | None
    record: RecordView
    rules: RulesView


class SidePresenter:
    """Keeps what it made while nothing of it changes: the record may have 200 lines."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._view: SideView | None = None

    def present(self, state: DeskState, tr: Translator) -> SideView:
        """The view for this state."""
        # compared by identity: a state that did not change is the same object
        told = state.broadcast
        figures = (told.viewers, told.peak, told.onlookers)
        made_for = (state.moderation, *figures, state.room.is_followed, state.account, tr.language)
        if self._view is None or any(a is not b for a, b in zip(made_for, self._made_for, strict=True)):
            self._view = present_side(state, tr)
            self._made_for = made_for
        return self._view


def present_side(state: DeskState, tr: Translator) -> SideView:
    """Everything beside the chat."""
    desk = state.moderation
    can_moderate = desk.room is not None and desk.room.role in MODERATING
    told, viewers = state.broadcast, state.broadcast.viewers
    figures = ""
    if can_moderate and state.room.is_followed and told.onlookers:
        counts = {"onlookers": count_text(told.onlookers), "peak": count_text(told.peak)}
        figures = tr.text("room.figures", **counts)
    return SideView(
        audience_count=count_text(viewers) if viewers and state.room.is_followed else "",
        audience=replace(_audience(desk, tr, can_moderate=can_moderate), figures=figures),
        card=_card(state, tr) if desk.person_id else None,
        record=_record(state, tr, can_moderate=can_moderate),
        rules=RulesView(
            rules=desk.room.rules if desk.room is not None else Rules(),
            is_shielded=desk.room is not None and desk.room.is_shielded,
            words=tuple(desk.room.words) if desk.room is not None else (),
            can_change=can_moderate,
        ),
    )


def matching(rows: tuple[PersonRow, ...], wanted: str) -> tuple[PersonRow, ...]:
    """Those whose name has these letters in it; titles only where somebody is left below them."""
    word = wanted.strip().casefold()
    if not word:
        return rows
    kept: list[PersonRow] = []
    title: PersonRow | None = None
    for one in rows:
        if not one.account_id:
            title = one
        elif word in one.name.casefold():
            if title is not None:
                kept.append(title)
                title = None
            kept.append(one)
    return tuple(kept)


def changed_rules(view: RulesView, **changes: object) -> Moderate:
    """The wish for other rules."""
    return act(ActionKind.SET_RULES, rules=Rules(**{**view.rules.model_dump(), **changes}))


def policy_values() -> tuple[str, ...]:
    """What may become of a message in which something was found."""
    return tuple(one.value for one in Policy)


def _empty(phase: LoadPhase, empty_id: str, tr: Translator, *, can_moderate: bool) -> str:
    if not can_moderate:
        return tr.text("room.before")
    if phase is LoadPhase.FAILED:
        return tr.text("room.failed")
    return tr.text(empty_id if phase is LoadPhase.READY else "room.loading")


def _audience(desk: ModerationDesk, tr: Translator, *, can_moderate: bool) -> AudienceView:
    found = desk.audience
    if found is None or not can_moderate:
        return AudienceView((), _empty(desk.audience_phase, "room.nobody", tr, can_moderate=can_moderate), "")
    groups: dict[str, list[PersonRow]] = {name: [] for name in _SECTIONS}
    for one in found.people:
        if one.role == "owner":
            continue
        group = "moderator" if one.role == "moderator" else "muted" if one.is_muted else "viewer"
        groups[group].append(_person_row(one, tr))
    rows: list[PersonRow] = []
    for name, people in groups.items():
        if people:
            rows.append(PersonRow(f"group.{name}", "", tr.text(f"room.group.{name}")))
            rows += people
    visitors = tr.text("room.visitors", count=found.visitors) if found.visitors else ""
    empty = "" if rows else tr.text("room.nobody")
    return AudienceView(tuple(rows), empty, visitors)


def _person_row(one: AudienceMember, tr: Translator) -> PersonRow:
    name = one.name or tr.text("chat.nobody")
    pill = tr.text("room.role.moderator") if one.role == "moderator" else ""
    if one.is_muted:
        until = one.muted_until
        pill = tr.text("room.muted_to", time=clock(until)) if until is not None else tr.text("room.muted")
    notes = []
    if one.is_new:
        notes.append(tr.text("room.new"))
    if one.is_following:
        notes.append(tr.text("room.following"))
    if one.messages:
        notes.append(tr.text("room.messages", count=one.messages))
    return PersonRow(one.account_id, one.account_id, name, name[0].upper(), sum(name.encode()), pill,
                     tr.text("room.dot").join(notes))  # fmt: skip


def _card(state: DeskState, tr: Translator) -> CardView:
    desk = state.moderation
    found = desk.person
    if found is None:
        text = tr.text("room.failed" if desk.person_phase is LoadPhase.FAILED else "room.loading")
        return CardView(desk.person_id, "", "", 0, "", "", False, False, False, False, False, (), (), text)
    me = state.account.account
    role = desk.room.role if desk.room is not None else ""
    can_act = found.role in ("viewer", "guest") or (found.role == "moderator" and role in ("owner", "operator"))
    facts = []
    if found.role != "viewer":
        facts.append(tr.text(f"room.role.{found.role}"))
    facts.append(tr.text("room.following" if found.is_following else "room.not_following"))
    if found.is_new:
        facts.append(tr.text("room.first_time"))
    if not found.is_present:
        facts.append(tr.text("room.not_here"))
    name = found.name or tr.text("chat.nobody")
    gone = tr.text("room.deleted")
    said = tuple(
        ActRow(one.id, clock(one.sent_at), one.text, gone if one.is_hidden else "", "" if one.is_hidden else one.id)
        for one in found.messages
    )
    acts = tuple(act_row(one, me.id if me is not None else "", tr) for one in found.actions)
    return CardView(
        account_id=found.account_id,
        name=name,
        initial=name[0].upper(),
        colour=sum(name.encode()),
        facts=tr.text("room.dot").join(facts),
        standing=_standing(found, tr),
        can_act=can_act,
        is_muted=found.is_muted,
        is_removed=found.is_removed,
        is_moderator=found.role == "moderator",
        can_appoint=role == "owner" and found.role in ("viewer", "guest", "moderator"),
        said=said,
        acts=acts,
    )


def _standing(found: PersonCard, tr: Translator) -> str:
    if found.is_removed:
        return tr.text("room.removed")
    if not found.is_muted:
        return ""
    until: datetime | None = found.muted_until
    return tr.text("room.muted_until", time=clock(until)) if until is not None else tr.text("room.muted")


def act_row(one: RoomAction, me_id: str, tr: Translator) -> ActRow:
    """One line of the record."""
    return ActRow(
        one.id, clock(one.at), action_sentence(one, me_id, tr), action_detail(one, tr),
        one.id if one.is_undoable else "",
    )  # fmt: skip


def _why_not_saved(file: RecordFile | None, tr: Translator) -> str:
    if file is None or file.trouble is None:
        return file.reason if file is not None else ""
    return error_sentence(file.trouble.code, file.trouble.detail, tr)


def _record(state: DeskState, tr: Translator, *, can_moderate: bool) -> RecordView:
    desk, me = state.moderation, state.account.account
    rows = tuple(act_row(one, me.id if me is not None else "", tr) for one in desk.record) if can_moderate else ()
    empty = "" if rows else _empty(desk.record_phase, "room.no_record", tr, can_moderate=can_moderate)
    file = desk.file
    return RecordView(
        rows=rows,
        empty_text=empty,
        filter=next((name for name, kinds in RECORD_FILTERS.items() if kinds == desk.kinds), "all"),
        is_shielded=desk.room is not None and desk.room.is_shielded,
        can_moderate=can_moderate,
        saved=file.path if file is not None and file.is_done else "",
        saved_reason=_why_not_saved(file, tr),
        saved_number=file.number if file is not None else 0,
    )
