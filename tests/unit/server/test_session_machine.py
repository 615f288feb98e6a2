"""Any order of what people, devices, the ingest and time do to a session keeps its rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session as Db

from app.contract.hooks import PublishAsk, PublisherFact, PublishFact
from app.contract.rest import Category, KeyRequest, Role, SessionCreate
from app.domain.documents.model import DocumentKind
from app.domain.session import GRACE_PERIOD_S, SessionState, may_follow
from server.accounts import people, tokens
from server.conduct_gate import shipped_checker
from server.config import Lifetimes
from server.demo_data import add_verified
from server.demo_documents import accept_current, publish_samples
from server.documents.publishing import DraftWish, add_version, day_of
from server.effects import Effect, FactPosted, GraceSet, KeyDied, ProbeKeyDied, SessionClosed
from server.errors import Refusal
from server.gate import Person
from server.rooms.chat import post_message
from server.secrets import FieldCipher
from server.sessions import acts, probe_keys, publishing
from server.store.base import Base
from server.store.models import DeviceRow, FactRow, KeyRow, ProbeKeyRow, PublicationRow, SessionRow
from server.store.store import Tx
from server.store.way_models import ScopeRow
from tests.unit.server.played import played

TAG = "abcdef01"
DEVICES = st.integers(0, 1)


class SessionMachine(RuleBasedStateMachine):
    """Two devices of one anchor, an operator, the ingest, and a clock, against the real rules on a real database."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = create_engine("sqlite://")
        Base.metadata.create_all(self.engine)
        self.db = Db(self.engine, expire_on_commit=False)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.cipher = FieldCipher(b"k" * 32)
        self.effects: list[Effect] = []
        self.states: dict[str, SessionState] = {}
        self.keys: list[tuple[str, str]] = []
        self.probes: list[tuple[str, str]] = []
        self.open_connections: dict[str, Any] = {}
        self.all_connections: dict[str, Any] = {}
        self.connections = 0
        self.messages = 0
        tx = self.tx()
        anchor = people.add_account(tx, self.cipher, "13800138000", "A")
        people.grant_role(tx, anchor.id, Role.ANCHOR, "test")
        tx.db.add(ScopeRow(account_id=anchor.id, category=Category.OTHER.value))
        add_verified(tx, self.cipher, anchor.id, "张三", "110000199003070028")
        publish_samples(tx)
        accept_current(tx, anchor.id)
        self.is_outdated = False
        operator = people.add_operator(tx, "op", "-", "O", "test")
        issued = [
            tokens.start_device(tx, self.cipher, anchor, f"d{number}", None, Lifetimes()).device_id
            for number in range(2)
        ]
        roles = frozenset({Role.VIEWER, Role.ANCHOR})
        self.anchors = [Person(anchor.id, device_id, roles) for device_id in issued]
        desk_id = tokens.start_device(tx, self.cipher, operator, "desk", None, Lifetimes()).device_id
        self.operator = Person(operator.id, desk_id, frozenset({Role.OPERATOR}), has_second_factor=True)
        self.db.commit()

    def teardown(self) -> None:
        self.db.close()
        self.engine.dispose()

    def tx(self) -> Tx:
        return Tx(self.db, self.now)

    def act(self, work: Any) -> Any:
        """As the store does it: refused means that nothing happened."""
        tx = self.tx()
        before = self.snapshot()
        try:
            value = work(tx)
        except Refusal as refusal:
            self.db.rollback()
            self.db.expire_all()
            assert self.snapshot() == before
            return refusal
        self.db.commit()
        self.effects.extend(tx.effects)
        for row in self.db.scalars(select(SessionRow)):
            earlier = self.states.get(row.id, SessionState.SCHEDULED)
            steps = [
                SessionState(effect.body["state"])
                for effect in tx.effects
                if isinstance(effect, FactPosted) and effect.kind == "session.changed" and effect.session_id == row.id
            ]
            for step in steps:
                assert may_follow(earlier, step), (earlier, step)
                earlier = step
            assert earlier == row.state, "every change was told"
            self.states[row.id] = earlier
        return value

    def snapshot(self) -> list[tuple[Any, ...]]:
        return [
            (row.id, row.state, row.last_seq) for row in self.db.scalars(select(SessionRow).order_by(SessionRow.id))
        ]

    def last_session(self) -> str:
        return str(self.db.scalar(select(SessionRow.id).order_by(SessionRow.created_ms.desc()).limit(1)))

    @rule()
    def open_one(self) -> None:
        wish = SessionCreate(title="t", category=Category.OTHER)
        has_open = any(state not in (SessionState.ENDED, SessionState.SCHEDULED) for state in self.states.values())
        self.now += timedelta(milliseconds=1)
        outcome = self.act(
            lambda tx: acts.open_session(tx, self.anchors[0], self.cipher, shipped_checker(), wish, None)
        )
        assert isinstance(outcome, Refusal) == (has_open or self.is_outdated)

    @rule()
    def publish_agreement(self) -> None:
        def work(tx: Tx) -> None:
            wish = DraftWish(DocumentKind.LIVE_AGREEMENT, "直播协议", "## 一、总则\n", (), True, day_of(tx.now_ms))
            add_version(tx, wish, self.operator.account_id, "test")

        before = self.snapshot()
        self.act(work)
        assert self.snapshot() == before, "nothing on air notices"
        self.is_outdated = True

    @rule()
    def accept_agreement(self) -> None:
        self.act(lambda tx: accept_current(tx, self.anchors[0].account_id))
        self.is_outdated = False

    @precondition(lambda self: self.states)
    @rule(device=DEVICES, take_over=st.booleans())
    def ask_for_key(self, device: int, take_over: bool) -> None:
        session_id = self.last_session()
        person = self.anchors[device]
        wish = KeyRequest(take_over=take_over)
        outcome = self.act(lambda tx: acts.issue_stream_key(tx, person, self.cipher, session_id, wish, TAG))
        if not isinstance(outcome, Refusal):
            self.keys.append((outcome.key, outcome.key_id))
            was_live = self.db.get_one(SessionRow, session_id).started_ms is not None
            assert was_live or not self.is_outdated, "a broadcast begins with the agreement accepted"
        elif self.states[session_id] in (SessionState.LIVE, SessionState.INTERRUPTED):
            assert outcome.code == "live_elsewhere", "a new agreement holds up nothing that is on air"

    @precondition(lambda self: any(state is not SessionState.ENDED for state in self.states.values()))
    @rule(device=DEVICES)
    def go_live(self, device: int) -> None:
        self.accept_agreement()
        self.ask_for_key(device, True)
        self.connect_with(self.keys[-1], True)
        assert self.states[self.last_session()] is SessionState.LIVE

    @rule(device=DEVICES)
    def measure(self, device: int) -> None:
        """With a key of its own, which can be used for nothing else."""
        before, rows = self.snapshot(), self.db.scalar(select(func.count()).select_from(PublicationRow))
        issued = self.act(lambda tx: probe_keys.issue(tx, self.anchors[device], TAG))
        ask = PublishAsk(app="live", key=issued.key, connection_id=f"probe-{issued.key_id}")
        grant = self.act(lambda tx: publishing.authorize(tx, ask, TAG, 1000))
        assert (grant.is_probe, grant.session_id) == (True, "")
        self.probes.append((issued.key, issued.key_id))
        for session_id in ("", *self.states):
            fact = PublishFact(key_id=issued.key_id, session_id=session_id, connection_id=ask.connection_id)
            assert self.act(lambda tx, one=fact: publishing.started(tx, one)).code == "key_unknown"
            self.act(lambda tx, one=fact: publishing.stopped(tx, one))
        assert self.snapshot() == before, "a probe changes no session"
        assert self.db.scalar(select(func.count()).select_from(PublicationRow)) == rows

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), is_started=st.booleans())
    def connect(self, data: st.DataObject, is_started: bool) -> None:
        self.connect_with(data.draw(st.sampled_from(self.keys)), is_started)

    def connect_with(self, pair: tuple[str, str], is_started: bool) -> None:
        key, key_id = pair
        self.connections += 1
        name = f"c{self.connections}"
        ask = PublishAsk(app="live", key=key, connection_id=name)
        grant = self.act(lambda tx: publishing.authorize(tx, ask, TAG, 1000))
        is_dead = self.db.get_one(KeyRow, key_id).dead_ms is not None
        assert isinstance(grant, Refusal) == is_dead
        if isinstance(grant, Refusal):
            return
        fact = PublishFact(key_id=grant.key_id, session_id=grant.session_id, connection_id=name)
        self.open_connections[name] = self.all_connections[name] = fact
        if is_started:
            self.act(lambda tx: publishing.started(tx, fact))
            assert self.states[grant.session_id] is SessionState.LIVE

    @precondition(lambda self: self.all_connections)
    @rule(data=st.data())
    def repeat_started(self, data: st.DataObject) -> None:
        fact = data.draw(st.sampled_from(sorted(self.all_connections.items())))[1]
        publication = self.db.get_one(PublicationRow, fact.connection_id)
        was_gone = publication.stopped_ms is not None and publication.stop_reason != publishing.ABSENT
        before = self.snapshot()
        self.act(lambda tx: publishing.started(tx, fact))
        assert not was_gone or self.snapshot() == before, "what has stopped does not start again"

    @precondition(lambda self: self.open_connections)
    @rule(data=st.data(), is_repeated=st.booleans())
    def disconnect(self, data: st.DataObject, is_repeated: bool) -> None:
        name, fact = data.draw(st.sampled_from(sorted(self.open_connections.items())))
        for _ in range(2 if is_repeated else 1):
            self.act(lambda tx: publishing.stopped(tx, fact))
        if not is_repeated:
            del self.open_connections[name]

    @rule(is_all=st.booleans(), has_started=st.booleans())
    def reconcile(self, is_all: bool, has_started: bool) -> None:
        found = [
            PublisherFact(**fact.model_dump(), has_started=has_started)
            for fact in self.open_connections.values()
            if is_all
        ]
        measuring = [
            PublisherFact(key_id=key_id, session_id="", connection_id=f"probe-{key_id}", has_started=True)
            for _, key_id in self.probes
        ]
        dropped = self.act(lambda tx: publishing.reconcile(tx, [*found, *measuring]))
        dead = {fact.key_id for fact in found if self.db.get_one(KeyRow, fact.key_id).dead_ms is not None}
        over = {key_id for _, key_id in self.probes if self.db.get_one(ProbeKeyRow, key_id).dead_ms is not None}
        assert set(dropped) == dead | over
        if has_started:
            for fact in found:
                assert fact.key_id in dead or self.states[fact.session_id] is SessionState.LIVE

    @rule()
    def lose_sight(self) -> None:
        self.act(publishing.lose_sight)

    @precondition(lambda self: self.states)
    @rule(device=DEVICES)
    def end(self, device: int) -> None:
        session_id = self.last_session()
        for _ in range(2):
            outcome = self.act(lambda tx: acts.end(tx, self.anchors[device], session_id))
            assert outcome.state is SessionState.ENDED

    @precondition(lambda self: self.states)
    @rule()
    def cut_off(self) -> None:
        session_id = self.last_session()
        self.act(lambda tx: acts.cut_off(tx, self.operator, session_id, "why"))
        assert self.states[session_id] is SessionState.ENDED

    @rule(device=DEVICES)
    def sign_out(self, device: int) -> None:
        def work(tx: Tx) -> None:
            row = tx.db.get_one(DeviceRow, self.anchors[device].device_id)
            tokens.end_device(tx, row)
            tx.db.flush()
            row.ended_ms = None

        self.act(work)
        for kind in (KeyRow, ProbeKeyRow):
            living = select(kind).where(kind.device_id == self.anchors[device].device_id, kind.dead_ms.is_(None))
            assert self.db.scalars(living).first() is None

    @precondition(lambda self: self.states)
    @rule()
    def write(self) -> None:
        self.messages += 1
        session_id = self.last_session()
        outcome = self.act(lambda tx: post_message(tx, session_id, self.anchors[0], f"m{self.messages}", "text"))
        assert isinstance(outcome, Refusal) == (self.states[session_id] is SessionState.ENDED)

    @rule(seconds=st.sampled_from([1, 6, 90, GRACE_PERIOD_S]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for session_id in list(self.states):
            self.act(lambda tx, one=session_id: acts.run_out_grace(tx, one))
            row = self.db.get_one(SessionRow, session_id)
            assert (row.end_reason == "grace_over") <= (row.state == SessionState.ENDED)
            if row.state == SessionState.INTERRUPTED:
                assert row.interrupted_ms is not None
                assert self.tx().now_ms - row.interrupted_ms < GRACE_PERIOD_S * 1000

    @invariant()
    def at_most_one_is_open(self) -> None:
        assert sum(state is not SessionState.ENDED for state in self.states.values()) <= 1

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        for row in self.db.scalars(select(SessionRow)):
            seqs = list(self.db.scalars(select(FactRow.seq).where(FactRow.session_id == row.id).order_by(FactRow.seq)))
            assert seqs == list(range(1, row.last_seq + 1))
        told = [(one.session_id, one.seq) for one in self.effects if isinstance(one, FactPosted)]
        assert len(told) == len(set(told)) == self.db.scalar(select(func.count()).select_from(FactRow))

    @invariant()
    def one_stream_key_lives(self) -> None:
        for session_id, state in self.states.items():
            living = list(
                self.db.scalars(select(KeyRow).where(KeyRow.session_id == session_id, KeyRow.dead_ms.is_(None)))
            )
            assert len(living) <= 1
            if state is SessionState.ENDED:
                assert living == []
            if state is SessionState.SCHEDULED:
                assert living == []
            if state is SessionState.PREPARING:
                assert len(living) == 1

    @precondition(lambda self: self.probes)
    @rule(data=st.data())
    def measure_again(self, data: st.DataObject) -> None:
        """With a key of before: good for two minutes, and until another was issued."""
        key, key_id = data.draw(st.sampled_from(self.probes))
        row = self.db.get_one(ProbeKeyRow, key_id)
        is_over = row.dead_ms is not None or self.tx().now_ms - row.created_ms >= probe_keys.LIFETIME_S * 1000
        ask = PublishAsk(app="live", key=key, connection_id="again")
        outcome = self.act(lambda tx: publishing.authorize(tx, ask, TAG, 1000))
        assert (outcome.code == "key_dead") if is_over else outcome.is_probe

    @invariant()
    def one_key_to_measure_with_lives_on_a_device(self) -> None:
        living = list(self.db.scalars(select(ProbeKeyRow.device_id).where(ProbeKeyRow.dead_ms.is_(None))))
        assert len(living) == len(set(living))
        dead = sorted(self.db.scalars(select(ProbeKeyRow.id).where(ProbeKeyRow.dead_ms.is_not(None))))
        assert sorted(one.key_id for one in self.effects if isinstance(one, ProbeKeyDied)) == dead

    @invariant()
    def live_means_that_somebody_publishes(self) -> None:
        for session_id, state in self.states.items():
            publishing_now = select(PublicationRow).where(
                PublicationRow.session_id == session_id,
                PublicationRow.started_ms.is_not(None),
                PublicationRow.stopped_ms.is_(None),
            )
            is_published = self.db.scalars(publishing_now).first() is not None
            if state in (SessionState.LIVE, SessionState.INTERRUPTED):
                assert is_published == (state is SessionState.LIVE)

    @invariant()
    def whatever_died_was_told_once(self) -> None:
        dead = sorted(self.db.scalars(select(KeyRow.id).where(KeyRow.dead_ms.is_not(None))))
        assert sorted(one.key_id for one in self.effects if isinstance(one, KeyDied)) == dead
        ended = sorted(one for one, state in self.states.items() if state is SessionState.ENDED)
        assert sorted(one.session_id for one in self.effects if isinstance(one, SessionClosed)) == ended

    @invariant()
    def deadlines_match_the_states(self) -> None:
        deadlines: dict[str, int | None] = {}
        for effect in self.effects:
            if isinstance(effect, GraceSet):
                deadlines[effect.session_id] = effect.deadline_ms
        kept = {session_id: deadline for session_id, deadline in deadlines.items() if deadline is not None}
        assert kept == acts.waiting(self.db)


TestSessionMachine = pytest.mark.timeout(180)(played(SessionMachine, 12, 25))
TestSessionMachineAtLength = pytest.mark.slow(played(SessionMachine, 40, 30))
