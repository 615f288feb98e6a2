"""The gate: every combination of who asks, what is known of them and what they ask for has one right answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.errors import ErrorCode
from app.contract.rest import Category, Role
from app.domain.face_check import FaceStanding
from app.domain.onboarding import AgreementStanding
from app.domain.session import SessionState
from server.errors import Refusal
from server.gate import Act, Person, Standing, Subject, Suspension, may_join_as_guest, missing, require

NOW_MS = 1_800_000_000_000
OPERATOR_ACTS = (
    Act.CUT_OFF, Act.PUBLISH_DOCUMENT, Act.REVIEW_APPLICATION, Act.REVIEW_IMAGE, Act.MANAGE_BLOCKLIST,
    Act.MANAGE_OPERATORS, Act.READ_IDENTITY, Act.READ_AUDIT, Act.REVIEW_FACE, Act.SUSPEND, Act.MANAGE_ACTIVITIES,
)  # fmt: skip
STANDINGS = st.builds(
    Standing,
    agreement=st.sampled_from(list(AgreementStanding)),
    scopes=st.frozensets(st.sampled_from(list(Category))),
    has_identity=st.booleans(),
    face=st.sampled_from(list(FaceStanding)),
    is_blocklisted=st.booleans(),
    suspension=st.none() | st.builds(Suspension, st.none() | st.just(NOW_MS + 1)),
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
    id=st.just("s"),
)


def whole_way(person: Person, standing: Standing, category: Category) -> bool:
    """What the system page asks for before a broadcast, said once more in other words."""
    return (
        Role.ANCHOR in person.roles
        and standing.suspension is None
        and not standing.is_blocklisted
        and standing.agreement is AgreementStanding.ACCEPTED
        and standing.has_identity
        and standing.face is FaceStanding.VERIFIED
        and category in standing.scopes
    )


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
        standing.suspension is None if subject.was_live else whole_way(person, standing, subject.category) and is_open
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
        and standing.suspension is None
        and not standing.is_blocklisted
    )
    assert (may_join_as_guest(person, subject, standing) is None) == may
    assert may_join_as_guest(None, subject, standing) is ErrorCode.NOT_SIGNED_IN
    assert may_join_as_guest(person, subject, None) is not None


@given(person=PEOPLE, subject=SUBJECTS, standing=STANDINGS)
def test_operators_need_their_second_factor_and_nothing_else_helps(
    person: Person, subject: Subject, standing: Standing
) -> None:
    for act in OPERATOR_ACTS:
        may = Role.OPERATOR in person.roles and person.has_second_factor
        assert (missing(act, person, subject, standing=standing) is None) == may


@given(subject=SUBJECTS, standing=STANDINGS, act=st.sampled_from(list(Act)))
def test_nobody_may_do_anything_without_signing_in(subject: Subject, standing: Standing, act: Act) -> None:
    assert missing(act, None, subject, standing=standing) is ErrorCode.NOT_SIGNED_IN


@given(person=PEOPLE, subject=SUBJECTS)
def test_chat_ends_with_the_session(person: Person, subject: Subject) -> None:
    assert (missing(Act.CHAT, person, subject) is None) == (subject.state is not SessionState.ENDED)
    assert missing(Act.CHAT, person) is ErrorCode.SESSION_ENDED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"suspension": Suspension(None)}, ErrorCode.SUSPENDED),
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


def test_a_suspension_says_until_when() -> None:
    anchor = Person("me", "d", frozenset({Role.ANCHOR}))
    standing = Standing(AgreementStanding.ACCEPTED, suspension=Suspension(NOW_MS + 1))
    with pytest.raises(Refusal) as refused:
        require(Act.OPEN_SESSION, anchor, standing=standing, category=Category.OTHER)
    assert refused.value.wire_detail == {"until_ms": NOW_MS + 1}
