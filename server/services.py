"""Everything the routes need, built once; and what the service does by itself. Event loop; owned by the app.

Three tasks run while it is open: ``service-tick`` (once a second: figures of the rooms, grace periods that
ran out, the schedule, housekeeping), ``service-reconcile`` (asks the ingest for its connections) and
``service-liveness`` (judges face checks by camera, one at a time, in a process of its own).
"""

from __future__ import annotations

import asyncio
import secrets
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import httpx2
import structlog
from sqlalchemy import select, text

from app.contract.errors import ErrorCode
from app.contract.rest import Health, PlatformInfo, Session
from app.errors import AppError
from app.logs import turn_over_old
from app.runtime.clock import Clock, utc_ms
from server import field_keys, first_operator
from server.accounts.guesses import OperatorGuesses
from server.audit import audit_attempt
from server.carrying import Carrier
from server.collecting import Collecting
from server.conduct.checker import Checker
from server.conduct_gate import shipped_checker
from server.config import VERSION, ServiceConfig
from server.demo_data import add_demo_people
from server.effects import Effect
from server.errors import Refusal
from server.first_operator import FirstOperator
from server.forgetting import forget
from server.gate import Person, Subject, missing
from server.gate_acts import Act
from server.images.desk import ImageDesk
from server.liveness.desk import LivenessDesk
from server.liveness.judging import Judging
from server.liveness.keys import keys_for
from server.measures import telling
from server.measures.views import public_view
from server.page_services import ComplaintTerms
from server.providers.code_sender import CodeSender, DemoCodeSender, MissingCodeSender
from server.providers.face_authority import FaceAuthority, OperatorsCompare
from server.providers.identity_authority import IdentityAuthority, LocalAuthority
from server.providers.ingest import IngestControl
from server.rates import Rates
from server.reports.clips import ClipDesk
from server.reports.proofs import LEAST_PX, ProofDesk
from server.resealing import reseal_some
from server.rooms import counts
from server.rooms.connection import RoomServices
from server.rooms.counting import Counting
from server.rooms.hub import Hub
from server.rooms.posting import Posting
from server.schedule import clockwork
from server.sessions import acts, publishing
from server.sessions.keys import TAG_CHARS
from server.sessions.views import SessionView, on_air, to_wire
from server.starting import require_folder
from server.store.engine import make_engines
from server.store.migrate import migrate
from server.store.models import PlatformRow
from server.store.store import Store, Tx

TICK_S = 1.0
SCHEDULE_S = 5.0
HOUSEKEEPING_S = 600.0
log = structlog.get_logger("service")


class Services:
    """Built in ``start``'s order, closed in reverse."""

    def __init__(
        self,
        config: ServiceConfig,
        clock: Clock,
        *,
        code_sender: CodeSender | None = None,
        authority: IdentityAuthority | None = None,
        face_authority: FaceAuthority | None = None,
        liveness_worker: Sequence[str] = (),
        ingest_transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Raises InputError and StorageError for what the configuration names and cannot be used."""
        require_folder(config.data_dir)
        self.config = config
        self.clock = clock
        limits = config.limits
        self._writer, self._reader = make_engines(config.url)
        self.cipher = field_keys.cipher_for(config.data_dir, config.field_keys)
        self.store = Store(self._writer, self._reader, clock)
        self.store.on_attempt = _write_down
        self.checker: Checker = shipped_checker()
        self.images = ImageDesk(config.data_dir / "images", self.cipher, self.store, clock)
        self.proofs = ProofDesk(config.data_dir / "proofs", self.cipher, self.store, self.images, clock)
        self.clips = ClipDesk(config.data_dir / "clips", self.cipher, self.store, clock)
        self.liveness_keys = keys_for(config.data_dir)
        self.face_authority: FaceAuthority = face_authority or OperatorsCompare()
        self.liveness = LivenessDesk(config.data_dir, self.cipher, self.store, clock)
        self.judging = Judging(
            self.liveness,
            self.store,
            self.cipher,
            self.liveness_keys,
            self.face_authority,
            clock,
            liveness_worker,
        )
        self.liveness.on_whole = self.judging.wake
        self.counting = Counting(clock, limits)
        self.hub = Hub(clock, limits, self.counting)
        self.collecting = Collecting()
        self.ingest = IngestControl(
            config.ingest_http_url,
            config.hook_secret,
            # On one machine both sides show the same certificate, which it made itself.
            (config.tls_certificate, config.ingest_ca_file),
            config.ingest_server_name,
            ingest_transport,
        )
        self.sender: CodeSender = code_sender or (DemoCodeSender(clock) if config.is_demo else MissingCodeSender())
        self.authority: IdentityAuthority = authority or LocalAuthority()
        self.operator_guesses = OperatorGuesses(clock, limits)
        self.rates = Rates(clock, limits)
        # A file is taken apart in a thread, one at a time: there are few cores.
        self.import_turn = asyncio.Semaphore(1)
        self.room = RoomServices(
            self.store, self.hub, clock, limits, self.rates.chat, self.checker, Posting(self.store)
        )
        self.base_url = config.public_url
        self.platform_tag = ""
        self.first_operator: FirstOperator | None = None
        self._carrier = Carrier(self.hub, self.ingest, clock, config.lifetimes.media_token_s)
        self._is_resealed = False
        self._started_s = clock.monotonic_s()
        self._ingest_heard_s = clock.monotonic_s()
        self._housekept_s = clock.monotonic_s()
        self._schedule_kept_s = clock.monotonic_s()
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Bring the database up to date and begin. Raises StorageError."""
        await asyncio.get_running_loop().run_in_executor(None, migrate, self._writer)
        self.store.start(self._deliver)
        self.platform_tag = (await self.store.write(_platform_id))[:TAG_CHARS]
        if self.config.is_demo:
            self.first_operator = await self.store.write(lambda tx: add_demo_people(tx, self.cipher))
        elif await self.store.read(first_operator.is_needed):
            await self._add_first_operator()
        self._carrier.deadlines_ms = await self.store.read(acts.waiting)
        self.counting.go_on(await self.store.read(counts.on_air))
        self._started_s = self._ingest_heard_s = self.clock.monotonic_s()
        self._tasks = [
            asyncio.create_task(self._tick_forever(), name="service-tick"),
            asyncio.create_task(self._reconcile_forever(), name="service-reconcile"),
            asyncio.create_task(self._judge_forever(), name="service-liveness"),
        ]
        if self.cipher.has_earlier:
            self._tasks.append(asyncio.create_task(self._reseal_until_done(), name="service-reseal"))
        log.info("service_started", version=VERSION, database=self._writer.dialect.name, is_demo=self.config.is_demo)

    async def _add_first_operator(self) -> None:
        first = await asyncio.to_thread(first_operator.note, self.config.data_dir)
        await self.store.write(lambda tx: first_operator.add(tx, first, self.config.name))
        log.info("first_operator_made", file=first_operator.FILE)

    async def forget_first_operator(self, name: str) -> None:
        """They have a second factor now: what they began with is written down nowhere any more."""
        await asyncio.to_thread(first_operator.forget, self.config.data_dir, name)

    async def close(self) -> None:
        self._stop.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._survive("counts", partial(self.counting.keep, self.store, is_last=True))
        self.hub.close()
        await self.ingest.close()
        self.images.close()
        self.store.close()
        log.info("service_stopped", writes=self.store.writes, commits=self.store.commits, too_slow=self.hub.too_slow)

    @property
    def media_origin(self) -> str:
        parts = urlsplit(self.config.ingest_public_http_url)
        return f"{parts.scheme}://{parts.netloc}"

    def platform_info(self) -> PlatformInfo:
        return PlatformInfo(
            name=self.config.name,
            name_en=self.config.name_en,
            is_demo=self.config.is_demo,
            api_version=1,
            server_time=self.clock.utc(),
            contact=self.config.contact,
            contact_en=self.config.contact_en,
            report_hotline=self.config.report_hotline,
        )

    def wire(self, view: SessionView, person: Person | None = None) -> Session:
        """As ``person`` may see it."""
        is_told = missing(Act.READ_FIGURES, person, Subject(view.anchor_id, view.state, id=view.id)) is None
        audience = (self.counting.audience(view.id) or view.audience) if is_told else None
        return to_wire(view, self.hub.viewers(view.id), self.base_url, audience)

    @property
    def complaint_terms(self) -> ComplaintTerms:
        kept = self.config.retention
        return ComplaintTerms(
            proof_bytes=self.config.limits.image_body_bytes,
            proof_px=LEAST_PX,
            loose_days=kept.loose_proofs_days,
            complaint_days=kept.complaints_days,
        )

    async def list_live(self, person: Person | None = None) -> list[Session]:
        return [self.wire(view, person) for view in await self.store.read(on_air)]

    async def get_session(self, session_id: str, person: Person | None = None) -> Session | None:
        try:
            view = await self.store.read(lambda db: public_view(db, acts.get(db, session_id)))
        except Refusal as refusal:
            if refusal.reason is ErrorCode.NOT_FOUND:
                return None
            raise
        return self.wire(view, person)

    async def health(self) -> Health:
        try:
            await self.store.read(lambda db: db.execute(text("SELECT 1")).scalar())
            database = "ok"
        except AppError:
            database = "failed"
        ingest = {True: "ok", False: "unreachable", None: "unknown"}[self.ingest.is_reachable]
        return Health(status="ok" if database == "ok" else "failed", database=database, ingest=ingest, version=VERSION)

    async def run_out_graces(self) -> None:
        """End the sessions whose publisher did not come back in time."""
        if self.clock.monotonic_s() - self._started_s < self.config.lifetimes.settle_s:
            return
        now_ms = self.clock.utc().timestamp() * 1000
        for session_id in [one for one, deadline_ms in self._carrier.deadlines_ms.items() if deadline_ms <= now_ms]:
            await self._survive("grace", partial(self.store.write, partial(acts.run_out_grace, session_id=session_id)))

    async def keep_schedule(self) -> None:
        """Remind of what begins soon; take off what never began, once the ingest could say whether it did."""
        if self.clock.monotonic_s() - self._started_s < self.config.lifetimes.settle_s:
            return
        now_ms = utc_ms(self.clock.utc())
        for session_id in await self.store.read(lambda db: clockwork.due(db, now_ms)):
            work = partial(clockwork.attend, session_id=session_id)
            await self._survive("schedule", partial(self.store.write, work))

    def ingest_heard(self) -> None:
        """The ingest has shown itself by its secret: it is not away, even if it cannot be asked."""
        self._ingest_heard_s = self.clock.monotonic_s()

    async def reconcile(self) -> None:
        """Compare with what the ingest really has; see ``publishing.reconcile``."""
        found = await self.ingest.connections()
        if found is None:
            silent_s = self.clock.monotonic_s() - self._ingest_heard_s
            if self.ingest.is_reachable is False and silent_s >= self.config.lifetimes.ingest_away_s:
                await self.store.write(publishing.lose_sight)
            return
        self.ingest_heard()
        for key_id in await self.store.write(lambda tx: publishing.reconcile(tx, found)):
            self._carrier.drop_key(key_id)
        kept = await self.ingest.sessions()
        for session_id in await self.store.read(lambda db: publishing.ended_of(db, kept)) if kept else ():
            self._carrier.close_at_ingest(session_id)

    async def housekeep(self) -> None:
        """Delete what can no longer be used."""
        terms = self.config.retention
        await self.store.write(lambda tx: forget(tx, terms))
        await self.images.housekeep(terms)
        await self.proofs.housekeep()
        await self.clips.housekeep()
        await self.liveness.housekeep()
        await asyncio.to_thread(turn_over_old, self.config.log_dir, self.clock.utc(), terms.logs_days)

    async def _reseal_until_done(self) -> None:
        """A database or a disk that failed once does not keep the earlier keys in use until the next start."""
        while True:
            await self._survive("reseal", self._reseal)
            if self._is_resealed or await self._is_stopped_within(HOUSEKEEPING_S):
                return

    async def _reseal(self) -> None:
        """After a change of the key: seal anew what an earlier one sealed, beside everything else."""
        fields = 0
        while (count := await self.store.write(lambda tx: reseal_some(tx, self.cipher))) > 0:
            fields += count
        files = await self.images.reseal() + await self.proofs.reseal() + await self.clips.reseal()
        files += await self.liveness.reseal()
        log.info("fields_resealed", fields=fields, files=files)
        self._is_resealed = True

    def _deliver(self, effects: list[Effect]) -> None:
        for effect in effects:
            try:
                self._carrier.carry_out(effect)
            except Exception as error:  # the effects that follow are other people's
                _log_bug("effect_failed", error, effect=type(effect).__name__)

    async def _tick_forever(self) -> None:
        while not await self._is_stopped_within(TICK_S):
            await self._survive("tick", self._tick)

    async def _tick(self) -> None:
        self.hub.tick()
        await self._survive("counts", partial(self.counting.keep, self.store))
        self.collecting.look(self.hub.sockets)
        await self.run_out_graces()
        if self.clock.monotonic_s() - self._schedule_kept_s >= SCHEDULE_S:
            self._schedule_kept_s = self.clock.monotonic_s()
            await self._survive("schedule", self.keep_schedule)
            await self._survive("liveness", self.liveness.sweep)
        if self.clock.monotonic_s() - self._housekept_s >= HOUSEKEEPING_S:
            self._housekept_s = self.clock.monotonic_s()
            await self.housekeep()

    async def _judge_forever(self) -> None:
        while True:
            await self._survive("judging", self.judging.run)
            if await self._is_stopped_within(TICK_S):
                return

    async def _reconcile_forever(self) -> None:
        if not self.config.ingest_http_url:
            return
        while not await self._is_stopped_within(self.config.lifetimes.reconcile_s):
            await self._survive("reconcile", self.reconcile)

    async def _survive(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        """What goes wrong once is logged and tried again the next time: it must not end what the service does."""
        try:
            await work()
        except AppError as error:
            log.error(f"{what}_failed", code=error.code)
        except Exception as error:
            _log_bug(f"{what}_failed", error)

    async def _is_stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._stop.wait()
        except TimeoutError:
            return False


def _log_bug(event: str, error: Exception, **particulars: str) -> None:
    # The message of a foreign exception may quote personal data; where it arose does not.
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error(event, kind=type(error).__name__, trace=trace, **particulars)


def _write_down(tx: Tx, refusal: Refusal) -> None:
    if refusal.attempt is not None:
        audit_attempt(tx, refusal.attempt, refusal.code)
    telling.tell_refused(tx, refusal)


def _platform_id(tx: Tx) -> str:
    row = tx.db.scalar(select(PlatformRow))
    if row is None:
        row = PlatformRow(id=secrets.token_hex(16), created_ms=tx.now_ms)
        tx.db.add(row)
    return row.id
