"""No order of calls by anyone, with any role, device or moment, leads to a stream key without the whole way to air.

The machine plays what people, operators, the ingest and time do against the real rules on a real database. Whether a
key was due is reckoned here once more, from what is written down and in other words than the gate's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy import select

from app.contract.applications import ApplicationSubmit, DraftSave
from app.contract.hooks import PublishAsk, PublishFact
from app.contract.identity import FaceAsk, IdentitySubmit
from app.contract.rest import Category, KeyRequest, Role, SessionCreate
from app.contract.schedule import Plan
from app.domain.application import ApplicationKind, ApplicationState
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceMethod, FaceState
from app.domain.measures import ConductCategory, MeasureKind
from app.domain.session import GRACE_PERIOD_S, SessionState
from server import blocklist
from server.accounts import tokens
from server.applications import acts as applications
from server.applications import review
from server.blocklist import BlockKind
from server.config import Lifetimes
from server.demo_documents import accept_current
from server.documents.publishing import DraftWish, add_version, day_of
from server.errors import Refusal
from server.gate import Person
from server.identity import acts as identities
from server.identity import face, suspension
from server.measures import record, take, telling
from server.measures.take import MeasureWish, ReportWish
from server.providers.identity_authority import AuthorityAnswer, Verdict
from server.schedule import plans
from server.sessions import acts, publishing
from server.store.identity_models import FaceCheckRow, IdentityRow
from server.store.measure_models import MeasureRow
from server.store.models import DeviceRow, KeyRow, SessionRow
from server.store.store import Tx
from server.store.way_models import ApplicationRow, BlocklistRow, InboxRow
from tests.contract.server.applicants import form, number_for
from tests.unit.server.gate_stage import FORBIDDING, PHONES, GateStage
from tests.unit.server.played import played

TAG = "abcdef01"
WHO = st.integers(0, 5)
"""Two people on two devices each, and two operators; the last may lack the second factor."""
OPERATOR = st.integers(4, 5)
PERSON = st.integers(0, 1)
NOT_ASKED = AuthorityAnswer(Verdict.NOT_ASKED, "local")


class GateMachine(GateStage):
    """What is refused is refused whole; what was tried in vain is written down."""

    # ---- what is done ----------------------------------------------------------------------------

    @initialize(is_far=st.booleans())
    def begin(self, is_far: bool) -> None:
        """Half of the plays begin with an anchor on the way to air: what is taken away must be missed too."""
        if is_far:
            self.go_the_way(0)
            self.open_on_the_spot(0, Category.JOB_SEARCH)
            self.plan(0, 2, Category.JOB_SEARCH)

    @rule(who=st.integers(0, 3))
    def accept(self, who: int) -> None:
        self.act(lambda tx: accept_current(tx, self.person(who).account_id))

    @rule()
    def publish(self) -> None:
        def work(tx: Tx) -> None:
            wish = DraftWish(DocumentKind.LIVE_AGREEMENT, "直播协议", "## 一、总则\n", (), True, day_of(tx.now_ms))
            add_version(tx, wish, self.operators[0].id, "test")

        self.act(work)

    @rule(who=WHO, number=PERSON, name=st.sampled_from(["张三", "李四"]))
    def check_name(self, who: int, number: int, name: str) -> None:
        person = self.person(who)
        wish = IdentitySubmit(name=name, number=number_for(PHONES[number]))
        begun = self.act(lambda tx: identities.begin(tx, person, self.cipher, wish, None))
        if isinstance(begun, identities.Wanted):
            self.act(lambda tx: identities.finish(tx, person, self.cipher, begun, NOT_ASKED, None))

    @rule(who=WHO, scope=st.sampled_from(["job_search", "other"]))
    def apply(self, who: int, scope: str) -> None:
        person = self.person(who)
        kind = ApplicationKind.SCOPE_CHANGE if Role.ANCHOR in person.roles else ApplicationKind.FIRST
        begun = self.act(lambda tx: applications.begin(tx, person, self.cipher, kind))
        if isinstance(begun, Refusal):
            return
        save = DraftSave(base_revision=begun.revision, form=form(scopes=[scope]))
        self.act(lambda tx: applications.save_draft(tx, person, self.cipher, save))
        wish = ApplicationSubmit(revision=begun.revision + 1)
        self.act(lambda tx: applications.submit(tx, person, self.cipher, self.checker, wish))

    @rule(who=WHO, is_approved=st.booleans())
    def decide(self, who: int, is_approved: bool) -> None:
        operator = self.person(who)
        waiting = [ApplicationState.SUBMITTED.value, ApplicationState.IN_REVIEW.value]
        row = self.db.scalar(select(ApplicationRow).where(ApplicationRow.state.in_(waiting)).limit(1))
        if row is None:
            return
        self.act(lambda tx: review.assign(tx, operator, row.id, self.operators[0].id))
        if is_approved:
            self.act(lambda tx: review.approve(tx, operator, self.cipher, row.id, row.revision))
        else:
            self.act(lambda tx: review.reject(tx, operator, row.id, row.revision, "理由"))

    @rule(who=WHO)
    def ask_face(self, who: int) -> None:
        person = self.person(who)
        self.act(lambda tx: face.ask(tx, person, self.cipher, FaceAsk(method=FaceMethod.LIVE_CALL), None))

    @rule(who=WHO, step=st.sampled_from(["appoint", "note", "propose", "confirm", "send_back", "refuse"]))
    def move_face(self, who: int, step: str) -> None:
        operator, cipher = self.person(who), self.cipher
        pending = [state.value for state in FaceState if state.is_pending]
        row = self.db.scalar(select(FaceCheckRow).where(FaceCheckRow.state.in_(pending)).limit(1))
        if row is None:
            return
        at, method, seen = self.now + timedelta(hours=1), FaceMethod.LIVE_CALL, "本人持证，与证件一致，已核对"
        works: dict[str, Any] = {
            "appoint": lambda tx: face.appoint(tx, operator, row.id, row.revision, at, method),
            "note": lambda tx: face.note(tx, operator, cipher, row.id, row.revision, method, seen),
            "propose": lambda tx: face.propose(tx, operator, cipher, row.id, row.revision),
            "confirm": lambda tx: face.confirm(tx, operator, cipher, row.id, row.revision),
            "send_back": lambda tx: face.send_back(tx, operator, cipher, row.id, row.revision, seen),
            "refuse": lambda tx: face.refuse(tx, operator, row.id, row.revision, "看不清"),
        }
        proposer = row.proposed_by
        outcome = self.act(works[step])
        if step == "confirm" and not isinstance(outcome, Refusal):
            assert operator.account_id not in (proposer, row.account_id), "the second look is another one's"

    @rule(who=PERSON)
    def go_the_way(self, who: int) -> None:
        """All that is right, in its order, so that what comes after it is played too; measures are taken back."""
        self.has_factor = True
        while (row := self.db.scalar(select(BlocklistRow).where(BlocklistRow.removed_ms.is_(None)))) is not None:
            self.act(lambda tx, one=row.id: blocklist.remove(tx, self.person(4), one, "理由"))
        self.act(lambda tx: suspension.lift(tx, self.person(4), self.accounts[who].id, "理由"))
        self.end_measures(self.person(4), self.accounts[who].id)
        for device in (who, who + 2):
            if self.db.get_one(DeviceRow, self.devices[device]).ended_ms is not None:
                self.sign_out_and_in(device)
        self.accept(who)
        self.check_name(who, who, "张三")
        self.apply(who, "job_search")
        self.decide(4, True)
        self.ask_face(who)
        for operator, step in ((4, "appoint"), (4, "note"), (4, "propose"), (5, "confirm")):
            self.move_face(operator, step)

    @rule(who=PERSON, what=st.integers(0, 6))
    def lack_one_thing(self, who: int, what: int) -> None:
        """Everything is there but one: what the gate does not ask for it lets through now."""
        self.go_the_way(who)
        self.open_on_the_spot(who, Category.JOB_SEARCH)
        account_id, operator = self.accounts[who].id, self.person(4)
        match what:
            case 0:
                self.publish()
            case 1:
                self.check_name(who, who, "李四")
            case 2:
                self.order_face(4, who)
            case 3:
                self.suspend(4, who, False, None)
            case 4:
                self.block(4, who, BlockKind.PHONE, False)
            case 5:
                self.block(4, who, BlockKind.ID_NUMBER, False)
            case _:
                self.act(lambda tx: identities.withdraw(tx, operator, account_id, "理由"))

    @rule(who=WHO, whom=PERSON, is_lifted=st.booleans(), hours=st.none() | st.just(1))
    def suspend(self, who: int, whom: int, is_lifted: bool, hours: int | None) -> None:
        operator, account_id = self.person(who), self.accounts[whom].id
        until = self.now + timedelta(hours=hours) if hours is not None else None
        if is_lifted:
            self.act(lambda tx: suspension.lift(tx, operator, account_id, "理由"))
        else:
            self.act(lambda tx: suspension.suspend(tx, operator, account_id, "理由", until))

    @rule(
        who=WHO, whom=PERSON, kind=st.sampled_from(MeasureKind), hours=st.none() | st.just(1),
        is_later=st.none() | st.booleans(), pick=st.integers(0, 20),
    )  # fmt: skip
    def take_measure(
        self, who: int, whom: int, kind: MeasureKind, hours: int | None, is_later: bool | None, pick: int
    ) -> None:
        """Of anybody's sessions one is named: what is refused or renamed is the person's own, or nothing is."""
        operator = self.person(who)
        until_ms = self.tx().now_ms + hours * 3_600_000 if hours is not None else None
        sessions = list(self.db.scalars(select(SessionRow.id).order_by(SessionRow.created_ms)))
        session_id = sessions[pick % len(sessions)] if sessions else ""
        wish = MeasureWish(
            self.accounts[whom].id, kind, ConductCategory.PLATFORM, "理由", until_ms=until_ms,
            session_id="" if kind is MeasureKind.CUT_OFF else session_id, pieces=(f"title:{session_id}",),
            report=ReportWish("网信办"), is_told_later=is_later,
        )  # fmt: skip
        outcome = self.act(lambda tx: take.take(tx, operator, self.cipher, wish, None))
        assert isinstance(outcome, Refusal) or Role.OPERATOR in operator.roles

    @rule(who=WHO, whom=PERSON)
    def tell_measures(self, who: int, whom: int) -> None:
        operator, account_id = self.person(who), self.accounts[whom].id
        for one in list(self.db.scalars(select(MeasureRow.id).where(MeasureRow.account_id == account_id))):
            self.act(lambda tx, measure_id=one: telling.tell_now(tx, operator, measure_id))

    @rule(who=WHO, whom=PERSON)
    def lift_measures(self, who: int, whom: int) -> None:
        self.end_measures(self.person(who), self.accounts[whom].id)

    def end_measures(self, operator: Person, account_id: str) -> None:
        for one in list(self.db.scalars(select(MeasureRow.id).where(MeasureRow.account_id == account_id))):
            self.act(lambda tx, measure_id=one: take.lift(tx, operator, self.cipher, measure_id, "理由"))

    @rule(who=WHO, whom=PERSON, kind=st.sampled_from([BlockKind.PHONE, BlockKind.ID_NUMBER]), is_off=st.booleans())
    def block(self, who: int, whom: int, kind: BlockKind, is_off: bool) -> None:
        operator = self.person(who)
        value = PHONES[whom] if kind is BlockKind.PHONE else number_for(PHONES[whom])
        if is_off:
            row = self.db.scalar(select(BlocklistRow).where(BlocklistRow.removed_ms.is_(None)).limit(1))
            if row is not None:
                self.act(lambda tx: blocklist.remove(tx, operator, row.id, "理由"))
        else:
            self.act(lambda tx: blocklist.add(tx, operator, self.cipher, kind, value, "理由"))

    @rule(who=WHO, whom=PERSON)
    def order_face(self, who: int, whom: int) -> None:
        operator, account_id = self.person(who), self.accounts[whom].id
        self.act(lambda tx: face.order_new(tx, operator, account_id, "理由"))

    @rule(who=WHO, category=st.sampled_from([Category.JOB_SEARCH, Category.OTHER]))
    def open_on_the_spot(self, who: int, category: Category) -> None:
        person = self.person(who)
        wish = SessionCreate(title="简历怎么写", category=category)
        self.act(lambda tx: acts.open_session(tx, person, self.cipher, self.checker, wish, None))

    @rule(who=WHO, hours=st.integers(0, 3), category=st.sampled_from([Category.JOB_SEARCH, Category.OTHER]))
    def plan(self, who: int, hours: int, category: Category) -> None:
        person = self.person(who)
        wish = Plan(title="简历怎么写", category=category, starts_at=self.now + timedelta(hours=hours), length_min=30)
        self.act(lambda tx: plans.plan(tx, person, self.cipher, self.checker, wish, None))

    @rule(who=WHO, data=st.data(), take_over=st.booleans())
    def ask_for_key(self, who: int, data: st.DataObject, take_over: bool) -> None:
        sessions = list(self.db.scalars(select(SessionRow.id).order_by(SessionRow.created_ms)))
        if not sessions:
            return
        person, session_id = self.person(who), data.draw(st.sampled_from(sessions))
        self.now += timedelta(milliseconds=1)
        is_due = self.may_have_key(person, self.db.get_one(SessionRow, session_id))
        wish = KeyRequest(take_over=take_over)
        outcome = self.act(lambda tx: acts.issue_stream_key(tx, person, self.cipher, session_id, wish, TAG))
        if isinstance(outcome, Refusal):
            # Only two sessions at once, or another device, keep back a key that is due.
            assert not is_due or outcome.code in {"session_busy", "live_elsewhere"}, outcome.code
        else:
            assert is_due
            self.keys.append((outcome.key, outcome.key_id))

    @rule(data=st.data())
    def connect(self, data: st.DataObject) -> None:
        if not self.keys:
            return
        key, key_id = data.draw(st.sampled_from(self.keys))
        name = f"c{self.counted()[1]}.{self.now.timestamp()}"
        ask = PublishAsk(app="live", key=key, connection_id=name)
        grant = self.act(lambda tx: publishing.authorize(tx, ask, TAG, 1000))
        is_dead = self.db.get_one(KeyRow, key_id).dead_ms is not None
        assert isinstance(grant, Refusal) == is_dead
        if not isinstance(grant, Refusal):
            fact = PublishFact(key_id=grant.key_id, session_id=grant.session_id, connection_id=name)
            self.act(lambda tx: publishing.started(tx, fact))

    @rule(who=WHO, data=st.data(), is_cut_off=st.booleans())
    def end(self, who: int, data: st.DataObject, is_cut_off: bool) -> None:
        sessions = list(self.db.scalars(select(SessionRow.id).order_by(SessionRow.created_ms)))
        if not sessions:
            return
        person, session_id = self.person(who), data.draw(st.sampled_from(sessions))
        row = self.db.get_one(SessionRow, session_id)
        if is_cut_off:
            outcome = self.act(lambda tx: acts.cut_off(tx, person, session_id, "理由"))
            assert isinstance(outcome, Refusal) or Role.OPERATOR in person.roles
        else:
            outcome = self.act(lambda tx: acts.end(tx, person, session_id))
            assert isinstance(outcome, Refusal) or row.anchor_id == person.account_id

    @rule(who=st.integers(0, 3))
    def sign_out_and_in(self, who: int) -> None:
        def work(tx: Tx) -> None:
            tokens.end_device(tx, tx.db.get_one(DeviceRow, self.devices[who]))
            account = self.accounts[who % 2]
            self.devices[who] = tokens.start_device(tx, self.cipher, account, "d", None, Lifetimes()).device_id

        old = self.devices[who]
        self.act(work)
        living = select(KeyRow.id).where(KeyRow.device_id == old, KeyRow.dead_ms.is_(None))
        assert self.db.scalar(living.limit(1)) is None, "a key dies with its sign-in"

    @rule()
    def lose_the_factor(self) -> None:
        self.has_factor = not self.has_factor

    @rule(seconds=st.sampled_from([1, 90, GRACE_PERIOD_S, 3600, 86_400]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for session_id in list(self.db.scalars(select(SessionRow.id))):
            self.act(lambda tx, one=session_id: acts.run_out_grace(tx, one))

    # ---- what always holds -----------------------------------------------------------------------

    @invariant()
    def whoever_asks_for_a_key_gets_it_when_it_is_due_and_never_else(self) -> None:
        """Every person on every device, for every session, at every moment; nothing of it is kept."""
        sessions = list(self.db.scalars(select(SessionRow).order_by(SessionRow.created_ms.desc()).limit(3)))
        for session in sessions:
            for who in range(6):
                person = self.person(who)
                is_due = self.may_have_key(person, session)
                wish, session_id = KeyRequest(take_over=True), session.id
                nested = self.db.begin_nested()
                try:
                    acts.issue_stream_key(self.tx(), person, self.cipher, session_id, wish, TAG)
                    is_given = True
                except Refusal as refusal:
                    # That is asked last, and says nothing of the person.
                    is_given = refusal.code == "session_busy"
                nested.rollback()
                assert is_given == is_due, (who, session.state)

    @invariant()
    def a_key_lives_with_its_session_alone(self) -> None:
        for key in self.db.scalars(select(KeyRow).where(KeyRow.dead_ms.is_(None))):
            assert self.db.get_one(SessionRow, key.session_id).state != SessionState.ENDED
            assert self.db.get_one(DeviceRow, key.device_id).ended_ms is None

    @invariant()
    def a_suspended_anchor_is_not_on_air(self) -> None:
        now_ms = self.tx().now_ms
        for row in self.db.scalars(select(MeasureRow)):
            is_over = row.until_ms is not None and row.until_ms <= now_ms
            if row.kind in FORBIDDING and row.ended_ms is None and not is_over:
                assert acts.find_busy(self.db, row.account_id) is None

    @invariant()
    def what_is_refused_never_begins(self) -> None:
        running = select(MeasureRow).where(MeasureRow.kind == "refusal", MeasureRow.ended_ms.is_(None))
        for row in self.db.scalars(running):
            session = self.db.get_one(SessionRow, row.session_id)
            assert (session.state, session.started_ms) == (SessionState.ENDED, None)

    @invariant()
    def who_is_reclaimed_is_nobody_and_who_is_not_has_a_name(self) -> None:
        running = select(MeasureRow.account_id).where(MeasureRow.kind == "reclaiming", MeasureRow.ended_ms.is_(None))
        reclaimed = set(self.db.scalars(running))
        for number, account in enumerate(self.accounts):
            is_out = account.id in reclaimed
            assert (account.nickname == f"人{PHONES[number][-1]}") is not is_out

    @invariant()
    def whoever_does_not_know_of_a_measure_reads_nothing_of_it(self) -> None:
        untold = set(self.db.scalars(select(MeasureRow.id).where(MeasureRow.told_ms.is_(None))))
        linked = set(self.db.scalars(select(InboxRow.link_id).where(InboxRow.place == "measures")))
        assert not untold & linked
        for who in (0, 1):
            found = record.mine(self.db, self.cipher, self.person(who), self.tx().now_ms)
            assert not untold & {one.id for one in found}

    @invariant()
    def a_number_belongs_to_one(self) -> None:
        hashes = list(self.db.scalars(select(IdentityRow.number_hash).where(IdentityRow.ended_ms.is_(None))))
        assert len(hashes) == len(set(hashes))
        owners = list(self.db.scalars(select(IdentityRow.account_id).where(IdentityRow.ended_ms.is_(None))))
        assert len(owners) == len(set(owners))

    @invariant()
    def an_anchor_has_one_session_at_a_time(self) -> None:
        busy = [state.value for state in SessionState if state not in (SessionState.SCHEDULED, SessionState.ENDED)]
        anchors = list(self.db.scalars(select(SessionRow.anchor_id).where(SessionRow.state.in_(busy))))
        assert len(anchors) == len(set(anchors))


TestGateMachine = pytest.mark.timeout(180)(played(GateMachine, 5, 10))
TestGateMachineAtLength = pytest.mark.slow(played(GateMachine, 20, 25))
