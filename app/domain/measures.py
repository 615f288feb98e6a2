"""What the platform does about a violation (违规处理): kinds, terms, what each forbids, and one appeal (申诉). Pure.

Of several that forbid the same the one that lasts longest counts. A warning, a cut-off and a report to the authorities
happen once: nothing of them goes on, so they are neither lifted nor do they run out. The notice may follow a measure:
until it is told nothing of it is shown to its person, and the time to appeal has not begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

DAY_MS = 24 * 3600 * 1000
APPEAL_DAYS = 15


class ConductCategory(IntEnum):
    """The rules of conduct: which of them was broken."""

    ILLEGAL = 1
    """Against the law or public order."""
    STATE = 2
    """Security of the state; names and symbols of its bodies."""
    HARMFUL = 3
    INFRINGING = 4
    MINORS = 5
    UNFRIENDLY = 6
    UNPROFESSIONAL = 7
    PLATFORM = 8
    """Against the platform."""
    OFF_SCOPE = 9


class MeasureKind(StrEnum):
    WARNING = "warning"
    LIMIT_CHAT = "limit_chat"
    LIMIT_BROADCAST = "limit_broadcast"
    LIMIT_GUESTS = "limit_guests"
    """No link-mic, neither as a guest nor with guests."""
    LIMIT_GIFTS = "limit_gifts"
    """No gifts, neither given nor taken."""
    CORRECTION = "correction"
    """To be put right by a deadline."""
    SUSPENSION = "suspension"
    CLOSING = "closing"
    CUT_OFF = "cut_off"
    """A session on air was ended."""
    REFUSAL = "refusal"
    """A session that has not been on air is not published (拒绝发布): it is taken off and cannot begin."""
    DELETION = "deletion"
    """What somebody wrote or showed was deleted (删除内容)."""
    RECLAIMING = "reclaiming"
    """The account is closed, and its name and its standing as an anchor are taken back (收回账号)."""
    AUTHORITIES = "authorities"
    """It was reported to the authorities (报告主管部门)."""


class PieceKind(StrEnum):
    """What a deletion may take away."""

    MESSAGE = "message"
    QUESTION = "question"
    TITLE = "title"
    """Of a session; a neutral one stands there instead."""
    COVER = "cover"


class Ban(StrEnum):
    """What may be forbidden to a person."""

    CHAT = "chat"
    BROADCAST = "broadcast"
    GUESTS = "guests"
    GIFTS = "gifts"
    ACCOUNT = "account"
    """Everything that one does signed in, but for reading what was taken against oneself and appealing."""


class Term(StrEnum):
    """Whether a measure lasts until a moment."""

    NONE = "none"
    OPTIONAL = "optional"
    """Without one it lasts until it is lifted."""
    REQUIRED = "required"


class MeasureState(StrEnum):
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    LIFTED = "lifted"
    REVERSED = "reversed"
    DONE = "done"
    """It happened once; nothing of it goes on."""


class AppealState(StrEnum):
    NONE = "none"
    OPEN = "open"
    UPHELD = "upheld"
    """The measure was right, and stays."""
    REVERSED = "reversed"


class AppealBar(StrEnum):
    """Why there can be no appeal."""

    APPEALED = "appealed"
    """There was one: each measure has one at most."""
    TOO_LATE = "too_late"
    NOT_TOLD = "not_told"
    """The person does not know of it yet."""


TERMS = {
    MeasureKind.WARNING: Term.NONE,
    MeasureKind.LIMIT_CHAT: Term.OPTIONAL,
    MeasureKind.LIMIT_BROADCAST: Term.OPTIONAL,
    MeasureKind.LIMIT_GUESTS: Term.OPTIONAL,
    MeasureKind.LIMIT_GIFTS: Term.OPTIONAL,
    MeasureKind.CORRECTION: Term.REQUIRED,
    MeasureKind.SUSPENSION: Term.OPTIONAL,
    MeasureKind.CLOSING: Term.NONE,
    MeasureKind.CUT_OFF: Term.NONE,
    MeasureKind.REFUSAL: Term.NONE,
    MeasureKind.DELETION: Term.NONE,
    MeasureKind.RECLAIMING: Term.NONE,
    MeasureKind.AUTHORITIES: Term.NONE,
}
_FORBIDS = {
    MeasureKind.LIMIT_CHAT: frozenset({Ban.CHAT}),
    MeasureKind.LIMIT_BROADCAST: frozenset({Ban.BROADCAST}),
    MeasureKind.LIMIT_GUESTS: frozenset({Ban.GUESTS}),
    MeasureKind.LIMIT_GIFTS: frozenset({Ban.GIFTS}),
    MeasureKind.SUSPENSION: frozenset({Ban.BROADCAST, Ban.GUESTS}),
    MeasureKind.CLOSING: frozenset(Ban),
    MeasureKind.RECLAIMING: frozenset(Ban),
}
CLOSES = (MeasureKind.CLOSING, MeasureKind.RECLAIMING)
"""Under these the account is closed."""
HAPPENS_ONCE = (MeasureKind.WARNING, MeasureKind.CUT_OFF, MeasureKind.AUTHORITIES)
_OF_ANCHORS = frozenset({MeasureKind.LIMIT_BROADCAST, MeasureKind.SUSPENSION, MeasureKind.CUT_OFF, MeasureKind.REFUSAL})
_TOLD_AT_ONCE = frozenset({MeasureKind.WARNING, MeasureKind.CORRECTION, MeasureKind.CUT_OFF, MeasureKind.REFUSAL})
"""A warning is nothing but its telling, a correction runs from it; the other two the person sees happen."""


@dataclass(frozen=True, slots=True)
class Measure:
    """``told_ms``: when its person was told; None: not yet. ``until_ms`` None: until it is lifted. ``ended_ms``: when
    it was lifted or reversed."""

    id: str
    account_id: str
    kind: MeasureKind
    from_ms: int
    told_ms: int | None
    until_ms: int | None = None
    ended_ms: int | None = None
    appeal: AppealState = AppealState.NONE

    def state(self, now_ms: int) -> MeasureState:
        """A reversed one never counted, whatever else became of it."""
        if self.appeal is AppealState.REVERSED:
            return MeasureState.REVERSED
        if self.kind in HAPPENS_ONCE:
            return MeasureState.DONE
        if self.ended_ms is not None:
            return MeasureState.LIFTED
        is_over = self.until_ms is not None and self.until_ms <= now_ms
        return MeasureState.EXPIRED if is_over else MeasureState.IN_FORCE


def offered(*, is_anchor: bool) -> tuple[MeasureKind, ...]:
    """What may be taken against a person: who does not broadcast cannot be kept from it."""
    return tuple(kind for kind in MeasureKind if is_anchor or kind not in _OF_ANCHORS)


def is_term_right(kind: MeasureKind, until_ms: int | None, now_ms: int) -> bool:
    """Whether a measure of this kind may last until that moment; None: without an end."""
    if until_ms is None:
        return TERMS[kind] is not Term.REQUIRED
    return TERMS[kind] is not Term.NONE and until_ms > now_ms


def forbids(kind: MeasureKind) -> frozenset[Ban]:
    """What nobody may do while a measure of this kind is in force against them."""
    return _FORBIDS.get(kind, frozenset())


def may_tell_later(kind: MeasureKind) -> bool:
    """Whether the notice may follow a measure of this kind."""
    return kind not in _TOLD_AT_ONCE


def is_told_later(kind: MeasureKind) -> bool:
    """Whether it does where nobody chose."""
    return kind is MeasureKind.AUTHORITIES


def told(measure: Measure, now_ms: int) -> Measure:
    """Its person knows of it from now on. Raises ValueError when they do already."""
    if measure.told_ms is not None:
        raise ValueError("told")
    return replace(measure, told_ms=now_ms)


def in_force(measures: Iterable[Measure], account_id: str, now_ms: int) -> list[Measure]:
    """Those that hold against a person at this moment."""
    return [one for one in measures if one.account_id == account_id and one.state(now_ms) is MeasureState.IN_FORCE]


def binding(measures: Iterable[Measure], account_id: str, ban: Ban, now_ms: int) -> Measure | None:
    """The one that forbids it longest; None when none does."""
    return longest(one for one in in_force(measures, account_id, now_ms) if ban in forbids(one.kind))


def longest(measures: Iterable[Measure]) -> Measure | None:
    """The one that lasts longest; None of none."""
    return max(measures, key=lambda one: (one.until_ms is None, one.until_ms or 0, one.from_ms, one.id), default=None)


def lifted(measure: Measure, now_ms: int) -> Measure:
    """Ended before its time. Raises ValueError when it is not in force."""
    if measure.state(now_ms) is not MeasureState.IN_FORCE:
        raise ValueError(measure.state(now_ms).value)
    return replace(measure, ended_ms=now_ms)


def appeal_until_ms(measure: Measure) -> int | None:
    """The moment from which on it is too late, counted from when it was told; None: it was not."""
    return measure.told_ms + APPEAL_DAYS * DAY_MS if measure.told_ms is not None else None


def why_no_appeal(measure: Measure, now_ms: int) -> AppealBar | None:
    """What keeps the person from appealing; None when nothing does. One that is over may be appealed too."""
    if measure.appeal is not AppealState.NONE:
        return AppealBar.APPEALED
    until_ms = appeal_until_ms(measure)
    if until_ms is None:
        return AppealBar.NOT_TOLD
    return AppealBar.TOO_LATE if now_ms >= until_ms else None


def appealed(measure: Measure, now_ms: int) -> Measure:
    """It holds until it is decided. Raises ValueError when there can be no appeal."""
    bar = why_no_appeal(measure, now_ms)
    if bar is not None:
        raise ValueError(bar.value)
    return replace(measure, appeal=AppealState.OPEN)


def decided(measure: Measure, *, is_reversed: bool, now_ms: int) -> Measure:
    """A reversed one ends at once. Raises ValueError when no appeal is open."""
    if measure.appeal is not AppealState.OPEN:
        raise ValueError(measure.appeal.value)
    if not is_reversed:
        return replace(measure, appeal=AppealState.UPHELD)
    ended_ms = measure.ended_ms if measure.ended_ms is not None else now_ms
    return replace(measure, appeal=AppealState.REVERSED, ended_ms=ended_ms)


def may_decide(operator_id: str, taken_by: str, *, has_another: bool) -> bool:
    """Nobody judges what they did themselves where there is another operator who can."""
    return operator_id != taken_by or not has_another
