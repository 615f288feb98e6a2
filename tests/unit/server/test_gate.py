"""The gate: every combination of who asks, what is known of them and what they ask for has one right answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.domain.face_check import FaceStanding
from app.domain.onboarding import AgreementStanding
from app.domain.room.restrictions import Kind, Restriction
from app.domain.room.roles import RoomRole
from app.domain.session import SessionState
from server.errors import Refusal
from server.gate import Allowance, Limit, Person, RoomStanding, Standing, Subject, may_join_as_guest, missing, require
from server.gate_acts import Act

NOW_MS = 1_800_000_000_000
OPERATOR_ACTS = (
    Act.CUT_OFF, Act.PUBLISH_DOCUMENT, Act.REVIEW_APPLICATION, Act.REVIEW_IMAGE, Act.MANAGE_BLOCKLIST,
    Act.MANAGE_OPERATORS, Act.READ_IDENTITY, Act.READ_AUDIT, Act.REVIEW_FACE, Act.SUSPEND, Act.MANAGE_ACTIVITIES,
    Act.TAKE_MEASURE, Act.DECIDE_APPEAL, Act.HANDLE_REPORT, Act.READ_COMPLAINT, Act.READ_REPORT_CLIP,
    Act.READ_FACE_EVIDENCE,
)  # fmt: skip
STANDINGS = st.builds(
    Standing,
    agreement=st.sampled_from(list(AgreementStanding)),
    scopes=st.frozensets(st.sampled_from(list(Category))),
    has_identity=st.booleans(),
    face=st.sampled_from(list(FaceStanding)),
    is_blocklisted=st.booleans(),
    suspension=st.none() | st.builds(Limit, st.none() | st.just(NOW_MS + 1)),
    broadcast_limit=st.none() | st.just(Limit(None, "违规", "m")),
    guest_limit=st.none() | st.just(Limit(NOW_MS + 1, "违规", "m")),
    gift_limit=st.none() | st.just(Limit(None, "违规", "m")),
    liveness=st.none()
    | st.builds(Allowance, st.none() | st.just(NOW_MS + 1_800_000), st.none() | st.just(NOW_MS + 3_600_000)),
    now_ms=st.just(NOW_MS),
)
PEOPLE = st.builds(Person, st.just("me"), st.just("d"), st.frozensets(st.sampled_from(list(Role))), st.booleans())
SUBJECTS = st.builds(
    Subject,
    anchor_id=st.sampled_from(["me", "other"]),
    state=st.sampled_from(list(SessionState)),
    was_live=st.booleans(),
    category=st.sampled_from(list(Category)),
    opens_ms=st.none() | st.sampled_from([NOW_MS - 1, NOW_MS, NOW_MS + 1]),
    allows_guests=st.booleans(),
    takes_gifts=st.booleans(),
    id=st.just("s"),
    refusal=st.none() | st.just(Limit(None, "违规", "m")),
)


def whole_way(person: Person, standing: Standing, category: Category) -> bool:
    """What the system page asks for before a broadcast, said once more in other words."""
    return (
        Role.ANCHOR in person.roles
        and standing.suspension is None
        and standing.broadcast_limit is None
        and not standing.is_blocklisted
        and standing.agreement is AgreementStanding.ACCEPTED
        and standing.has_identity
        and standing.face is FaceStanding.VERIFIED
        and category in standing.scopes
    )


@given(person=PEOPLE, standing=STANDINGS)
def test_before_the_camera_sits_who_has_a_name_and_attempts_left(person: Person, standing: Standing) -> None:
    code, allowance = missing(Act.CHECK_LIVENESS, person, standing=standing), standing.liveness
    may = (
        Role.ANCHOR in person.roles
        and standing.agreement is AgreementStanding.ACCEPTED
        and standing.has_identity
        and allowance == Allowance()
    )
    assert (code is None) == may
    if code in (ErrorCode.LIVENESS_LOCKED, ErrorCode.LIVENESS_ATTEMPTS_OVER) and allowance is not None:
        with pytest.raises(Refusal) as refused:
            require(Act.CHECK_LIVENESS, person, standing=standing)
        is_locked = code is ErrorCode.LIVENESS_LOCKED
        assert is_locked == (allowance.locked_until_ms is not None), "the lock is told first"
        assert refused.value.wire_detail["retry_after_s"] == (1800 if is_locked else 3600)


@given(person=PEOPLE, standing=STANDINGS, category=st.sampled_from(list(Category)))
def test_planning_and_making_one_on_the_spot_take_the_whole_way(
    person: Person, standing: Standing, category: Category
) -> None:
    for act in (Act.SCHEDULE, Act.OPEN_SESSION):
        is_free = missing(act, person, standing=standing, category=category) is None
        assert is_free == whole_way(person, standing, category)
        assert missing(act, person, category=category) is not None, "without knowing the standing nothing is allowed"


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS)
def test_a_key_takes_the_whole_way_until_it_was_live(person: Person, subject: Subject, standing: Standing) -> None:
    assert subject.category is not None
    is_own_anchor = subject.anchor_id == "me" and Role.ANCHOR in person.roles
    is_open = subject.opens_ms is None or subject.opens_ms <= NOW_MS
    may = is_own_anchor and (
        (standing.suspension is None and standing.broadcast_limit is None)
        if subject.was_live
        else whole_way(person, standing, subject.category) and is_open
    )
    assert (missing(Act.TAKE_KEY, person, subject, standing=standing) is None) == may
    assert missing(Act.TAKE_KEY, person, subject) is not None
    assert (missing(Act.RUN_SESSION, person, subject) is None) == is_own_anchor


@given(person=PEOPLE, standing=STANDINGS)
def test_each_step_needs_those_before_it(person: Person, standing: Standing) -> None:
    has_accepted = standing.agreement is AgreementStanding.ACCEPTED
    assert (missing(Act.CHECK_IDENTITY, person, standing=standing) is None) == has_accepted
    may_apply = has_accepted and standing.has_identity
    assert (missing(Act.APPLY, person, standing=standing) is None) == may_apply
    is_anchor = Role.ANCHOR in person.roles
    assert (missing(Act.ASK_FACE_CHECK, person, standing=standing) is None) == (may_apply and is_anchor)


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS)
def test_a_guest_is_known_of_age_and_under_no_measure(person: Person, subject: Subject, standing: Standing) -> None:
    may = (
        subject.state is not SessionState.ENDED
        and subject.anchor_id != "me"
        and subject.allows_guests
        and standing.agreement is AgreementStanding.ACCEPTED
        and standing.has_identity
        and standing.guest_limit is None
        and standing.suspension is None
        and not standing.is_blocklisted
    )
    assert (may_join_as_guest(person, subject, standing) is None) == may
    out = RoomStanding(removal=BOUND)
    assert may_join_as_guest(person, subject, standing, out) is not None
    assert may_join_as_guest(None, subject, standing) is ErrorCode.NOT_SIGNED_IN
    assert may_join_as_guest(person, subject, None) is not None


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS)
def test_operators_need_their_second_factor_and_nothing_else_helps(
    person: Person, subject: Subject, standing: Standing
) -> None:
    for act in OPERATOR_ACTS:
        may = Role.OPERATOR in person.roles and person.has_second_factor
        assert (missing(act, person, subject, standing=standing) is None) == may


@given(subject=SUBJECTS, standing=STANDINGS, act=st.sampled_from([one for one in Act if one is not Act.WATCH]))
def test_nobody_may_do_anything_without_signing_in(subject: Subject, standing: Standing, act: Act) -> None:
    assert missing(act, None, subject, standing=standing) is ErrorCode.NOT_SIGNED_IN


BOUND = Restriction("r", "me", Kind.MUTE, 0)
ROOMS = st.builds(
    RoomStanding,
    role=st.sampled_from(RoomRole),
    removal=st.sampled_from([None, BOUND]),
    mute=st.sampled_from([None, BOUND]),
    chat_limit=st.sampled_from([None, Limit(None)]),
    is_following=st.booleans(),
    followers_only=st.booleans(),
    is_paused=st.booleans(),
)


@given(person=PEOPLE, subject=SUBJECTS, room=ROOMS)
def test_who_may_write_in_a_room(person: Person, subject: Subject, room: RoomStanding) -> None:
    is_bound = room.removal is not None or room.mute is not None or room.chat_limit is not None
    is_welcome = room.role >= RoomRole.MODERATOR or not (
        room.is_paused or (room.followers_only and not room.is_following)
    )
    may = subject.state is not SessionState.ENDED and not is_bound and is_welcome
    assert (missing(Act.CHAT, person, subject, room=room) is None) == may
    assert missing(Act.CHAT, person, room=room) is ErrorCode.SESSION_ENDED
    assert missing(Act.CHAT, person, subject) is not None, "without knowing how they stand nothing is allowed"


@given(person=PEOPLE, subject=SUBJECTS, room=ROOMS)
def test_who_may_second_a_question(person: Person, subject: Subject, room: RoomStanding) -> None:
    is_over, is_out = subject.state is SessionState.ENDED, room.removal is not None
    may = not is_over and not is_out and not person.is_closed
    assert (missing(Act.SECOND, person, subject, room=room) is None) == may, "no speech: also who is muted"
    assert missing(Act.SECOND, person, room=room) is not None
    assert missing(Act.SECOND, person, subject) is not None


@given(person=PEOPLE, room=ROOMS, subject=SUBJECTS)
def test_whoever_may_be_in_a_room_may_report_what_is_in_it(
    person: Person, room: RoomStanding, subject: Subject
) -> None:
    """Muted, limited, the chat paused or the session over: none of it is in the way."""
    expected = ErrorCode.REMOVED_FROM_ROOM if room.removal is not None else None
    assert missing(Act.REPORT, person, subject, room=room) is expected
    assert missing(Act.REPORT, person, subject) is ErrorCode.FORBIDDEN, "without knowing how they stand"
    assert missing(Act.REPORT, None, subject, room=room) is ErrorCode.NOT_SIGNED_IN


@given(person=st.none() | PEOPLE, room=st.none() | ROOMS)
def test_everybody_may_watch_but_who_was_sent_out(person: Person | None, room: RoomStanding | None) -> None:
    is_out = room is not None and room.removal is not None
    assert missing(Act.WATCH, person, room=room) is (ErrorCode.REMOVED_FROM_ROOM if is_out else None)


@given(person=PEOPLE, room=st.none() | ROOMS, target=st.none() | st.sampled_from(RoomRole))
def test_who_moderates_acts_on_who_stands_below(
    person: Person, room: RoomStanding | None, target: RoomRole | None
) -> None:
    role = room.role if room is not None else RoomRole.VIEWER
    is_shown = role is not RoomRole.OPERATOR or person.has_second_factor
    is_out = role is RoomRole.MODERATOR and room is not None and room.removal is not None
    may = role >= RoomRole.MODERATOR and is_shown and not is_out and (target is None or role > target)
    assert (missing(Act.MODERATE, person, room=room, target=target) is None) == may
    assert (missing(Act.APPOINT, person, room=room) is None) == (role is RoomRole.OWNER)


def test_a_refusal_tells_until_when_and_why() -> None:
    person = Person("me", "d", frozenset())
    subject = Subject("anchor", SessionState.LIVE)
    mute = Restriction("r", "me", Kind.MUTE, 0, until_ms=5000)
    with pytest.raises(Refusal) as muted:
        require(Act.CHAT, person, subject, room=RoomStanding(mute=mute, mute_reason="刷屏"))
    assert muted.value.detail == {"until_ms": 5000, "is_lasting": False, "reason": "刷屏"}
    with pytest.raises(Refusal) as removed:
        require(Act.WATCH, person, subject, room=RoomStanding(removal=Restriction("r", "me", Kind.REMOVE, 0)))
    assert removed.value.detail == {"until_ms": None, "is_lasting": True}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"suspension": Limit(None)}, ErrorCode.SUSPENDED),
        ({"broadcast_limit": Limit(None)}, ErrorCode.LIMITED_BROADCAST),
        ({"is_blocklisted": True}, ErrorCode.BLOCKLISTED),
        ({"agreement": AgreementStanding.UNPUBLISHED}, ErrorCode.AGREEMENT_UNPUBLISHED),
        ({"agreement": AgreementStanding.MISSING}, ErrorCode.AGREEMENT_MISSING),
        ({"agreement": AgreementStanding.OUTDATED}, ErrorCode.AGREEMENT_OUTDATED),
        ({"has_identity": False}, ErrorCode.IDENTITY_MISSING),
        ({"face": FaceStanding.MISSING}, ErrorCode.FACE_MISSING),
        ({"face": FaceStanding.PENDING}, ErrorCode.FACE_PENDING),
        ({"face": FaceStanding.REFUSED}, ErrorCode.FACE_REFUSED),
        ({"face": FaceStanding.VOIDED}, ErrorCode.FACE_VOIDED),
        ({"scopes": frozenset()}, ErrorCode.OUT_OF_SCOPE),
    ],
)
def test_each_thing_that_is_missing_has_its_own_code(changed: dict[str, object], code: ErrorCode) -> None:
    whole: dict[str, object] = {
        "agreement": AgreementStanding.ACCEPTED,
        "scopes": frozenset({Category.OTHER}),
        "has_identity": True,
        "face": FaceStanding.VERIFIED,
    }
    anchor = Person("me", "d", frozenset({Role.ANCHOR}))
    standing = Standing(**{**whole, **changed})  # type: ignore[arg-type]
    assert missing(Act.OPEN_SESSION, anchor, standing=standing, category=Category.OTHER) is code
    subject = Subject("me", SessionState.SCHEDULED, category=Category.OTHER)
    assert missing(Act.TAKE_KEY, anchor, subject, standing=standing) is code


def test_who_tried_what_goes_with_the_refusal() -> None:
    viewer = Person("v", "d", frozenset({Role.VIEWER}))
    assert require(Act.USE_ACCOUNT, viewer) is viewer
    with pytest.raises(Refusal) as refused:
        require(Act.TAKE_KEY, viewer, Subject("other", SessionState.LIVE, id="s"))
    assert (refused.value.code, refused.value.status) == ("forbidden", 403)
    attempt = refused.value.attempt
    assert attempt is not None
    assert (attempt.actor_id, attempt.act, attempt.subject_id) == ("v", "take_key", "s")
    for harmless in (
        lambda: require(Act.CHAT, viewer, Subject("other", SessionState.ENDED, id="s")),
        lambda: require(Act.USE_ACCOUNT, None),
    ):
        with pytest.raises(Refusal) as refused:
            harmless()
        assert refused.value.attempt is None


def test_a_suspension_says_until_when_and_by_which_measure() -> None:
    anchor = Person("me", "d", frozenset({Role.ANCHOR}))
    standing = Standing(AgreementStanding.ACCEPTED, suspension=Limit(NOW_MS + 1, "刷屏", "m"))
    with pytest.raises(Refusal) as refused:
        require(Act.OPEN_SESSION, anchor, standing=standing, category=Category.OTHER)
    assert refused.value.wire_detail == {"until_ms": NOW_MS + 1, "reason": "刷屏", "measure_id": "m"}
    assert refused.value.measure_id == "m", "whoever is refused by it is told of it"


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS, room=ROOMS, act=st.sampled_from(Act))
def test_who_is_closed_out_reads_the_reason_and_appeals_and_does_nothing_else(
    person: Person, subject: Subject, standing: Standing, room: RoomStanding, act: Act
) -> None:
    closed = replace(person, is_closed=True)
    code = missing(act, closed, subject, standing=standing, room=room)
    if act is Act.WATCH:
        assert code is missing(act, None, subject, room=room), "like anybody who is not signed in"
    else:
        assert code is (None if act is Act.OWN_MEASURES else ErrorCode.ACCOUNT_CLOSED)
    assert missing(Act.OWN_MEASURES, person) is None


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS, room=ROOMS)
def test_gifts_go_to_others_who_are_on_air_and_neither_side_is_limited(
    person: Person, subject: Subject, standing: Standing, room: RoomStanding
) -> None:
    person = replace(person, is_closed=False)
    may = missing(Act.SEND_GIFT, person, subject, standing=standing, room=room) is None
    is_there = subject.state in (SessionState.LIVE, SessionState.INTERRUPTED) and room.removal is None
    assert may is (is_there and subject.anchor_id != "me" and standing.gift_limit is None and subject.takes_gifts)
    may_take = missing(Act.RECEIVE_GIFT, person, subject, standing=standing) is None
    assert may_take is (standing.gift_limit is None)
    assert missing(Act.SEND_GIFT, None, subject, room=room) is ErrorCode.NOT_SIGNED_IN
    assert missing(Act.RECEIVE_GIFT, person) is ErrorCode.LIMITED_GIFTS, "nothing without a standing"


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS)
def test_what_is_not_published_gets_no_key_whatever_else_is_there(
    person: Person, subject: Subject, standing: Standing
) -> None:
    owner = replace(person, account_id=subject.anchor_id, roles=frozenset({Role.ANCHOR}), is_closed=False)
    refused = replace(subject, refusal=Limit(None, "标题是广告", "m9"))
    with pytest.raises(Refusal) as found:
        require(Act.TAKE_KEY, owner, refused, standing=standing)
    assert (found.value.reason, found.value.measure_id) == (ErrorCode.PUBLISH_REFUSED, "m9")
    assert found.value.wire_detail == {"until_ms": None, "reason": "标题是广告", "measure_id": "m9"}
    assert missing(Act.RUN_SESSION, owner, refused) is None, "it may be ended"


def test_a_limit_says_until_when_why_and_by_which_measure() -> None:
    me = Person("me", "d", frozenset({Role.ANCHOR}))
    limit, told = Limit(NOW_MS + 1, "刷屏", "m"), {"until_ms": NOW_MS + 1, "reason": "刷屏", "measure_id": "m"}
    standing = Standing(AgreementStanding.ACCEPTED, broadcast_limit=limit, guest_limit=limit)
    other = Subject("other", SessionState.LIVE, allows_guests=True)
    for act, code in (
        (Act.OPEN_SESSION, ErrorCode.LIMITED_BROADCAST),
        (Act.JOIN_AS_GUEST, ErrorCode.LIMITED_GUESTS),
        (Act.CHAT, ErrorCode.LIMITED_CHAT),
    ):
        with pytest.raises(Refusal) as refused:
            require(act, me, other, standing=standing, room=RoomStanding(chat_limit=limit))
        assert (refused.value.reason, refused.value.wire_detail, refused.value.status) == (code, told, 403)
        assert (refused.value.attempt is None) == (act is Act.CHAT)
