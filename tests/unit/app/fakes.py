"""Stand-ins for engine, supervisor and platform that follow what a test tells them; no I/O, no threads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.contract import events
from app.contract.inbox import PERSONAL_ROOM
from app.contract.rest import (
    Account,
    Category,
    CodeSent,
    DemoCode,
    Device,
    IngestAddress,
    PlatformInfo,
    ProbeTarget,
    Session,
    SessionFigures,
    StreamTarget,
)
from app.domain.session import EndReason, SessionState
from app.errors import PlatformError, StorageError
from app.ports import engine as port
from app.ports.drafts import KeptDraft
from app.ports.supervision import SupervisorEvent, WindowWish
from app.settings import Settings
from tests.unit.app.fake_liveness import FakeLiveness
from tests.unit.app.fake_measures import FakeMeasures
from tests.unit.app.fake_reports import FakeReports
from tests.unit.app.fake_rooms import FakeRooms
from tests.unit.app.fake_schedule import overlap_detail
from tests.unit.app.fake_way import ANCHOR, NOW, FakeWay

__all__ = ["ANCHOR", "NOW"]

FIGURES = SessionFigures(
    onlookers=3021, viewers_peak=1406, viewers_average=866.4, watch_ms=2_197_983_000, watch_each_ms=727_568,
    on_air_ms=2_537_000,
)  # fmt: skip
"""What a service may have counted."""


class FakeSettings:
    """A settings file in memory; ``is_full`` makes it refuse to be written."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.kept = settings or Settings()
        self.is_full = False

    def load(self) -> Settings:
        return self.kept

    def save(self, settings: Settings) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.kept = settings


class FakeDrafts:
    """Drafts in memory; ``is_full`` keeps no more, ``is_locked`` tells none."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptDraft] = {}
        self.is_full = self.is_locked = False

    def load(self, owner: str) -> KeptDraft | None:
        if self.is_locked:
            raise StorageError("secrets_unreadable", retryable=True)
        return self.kept.get(owner)

    def keep(self, owner: str, draft: KeptDraft) -> None:
        if self.is_full:
            raise StorageError("storage_failed", detail={"reason": "No space left on device"})
        self.kept[owner] = draft

    def forget(self, owner: str) -> None:
        self.kept.pop(owner, None)


class FakeEngine:
    """Answers every command; publishes when told to. ``refuse`` maps a command type to an error code."""

    def __init__(self) -> None:
        self.commands: list[port.AnyCommand] = []
        self.refuse: dict[type, str] = {}
        self.package, self.package_of = b"", ""
        """Of the face check, and its session."""
        self.on_event: Callable[[port.AnyEvent], None] = lambda _: None
        self.on_link: Callable[[bool], None] = lambda _: None

    def start(self, on_event: Callable[[port.AnyEvent], None], on_link: Callable[[bool], None]) -> None:
        self.on_event, self.on_link = on_event, on_link

    async def ask(self, command: port.AnyCommand) -> port.CommandDone:
        self.commands.append(command)
        if isinstance(command, port.ReadLiveness):
            data = self.package[command.offset : command.offset + command.max_bytes]
            self.on_event(port.LivenessPart(session_id=self.package_of, offset=command.offset, data=data))
        return port.CommandDone(request_id=1, code=self.refuse.get(type(command), ""))

    async def close(self) -> None:
        self.on_link(False)

    def attach(self, publish: port.PublishStatus | None = None, *, is_muted: bool = False) -> None:
        """A new engine, or the way to it again: link up, then its snapshot."""
        self.on_link(True)
        off = {"status": port.SourceStatus.OFF}
        changed = (port.PublishChanged(target="main", status=publish),) if publish else ()
        self.on_event(
            port.Snapshot(
                video=port.NoVideo(),
                audio=port.NoSound(),
                is_muted=is_muted,
                is_camera_off=False,
                output=port.Output(),
                video_status=port.SourceChanged(is_video=True, **off),
                audio_status=port.SourceChanged(is_video=False, **off),
                publish=changed,
                record=port.RecordChanged(status=port.RecordStatus.IDLE),
            )
        )

    def publish(self, status: port.PublishStatus, code: str = "") -> None:
        self.on_event(port.PublishChanged(target="main", status=status, code=code))

    def sent(self, kind: type) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]


class FakeSupervision:
    def __init__(self) -> None:
        self.wishes: list[WindowWish] = []
        self.on_event: Callable[[SupervisorEvent], None] = lambda _: None

    def start(self, on_event: Callable[[SupervisorEvent], None]) -> None:
        self.on_event = on_event

    def send(self, wish: WindowWish) -> bool:
        self.wishes.append(wish)
        return True

    async def close(self) -> None:
        self.wishes.clear()


class FakeRoom:
    def __init__(self, on_event: Callable[[events.Envelope], None]) -> None:
        self.on_event = on_event
        self.sent: list[tuple[str, str]] = []
        self.replies: dict[str, str] = {}
        """The message that each answers, by request id."""
        self.is_closed = False

    def send_chat(self, request_id: str, text: str, reply_to: str = "") -> None:
        self.sent.append((request_id, text))
        if reply_to:
            self.replies[request_id] = reply_to

    async def close(self) -> None:
        self.is_closed = True


class FakePlatform(FakeWay, FakeRooms, FakeMeasures, FakeReports, FakeLiveness):
    """A platform by the rules of the wire; ``fail`` maps a method's name to the error it raises.

    ``hold`` maps one to the event that its answer waits for.
    """

    def __init__(self) -> None:
        FakeWay.__init__(self)
        FakeRooms.__init__(self)
        FakeMeasures.__init__(self)
        FakeReports.__init__(self)
        FakeLiveness.__init__(self)
        self.session: Session | None = None
        self.figures: SessionFigures | None = None
        self.comments = 0
        """What it counted in sessions that are over."""
        self.over: dict[str, Session] = {}
        self.is_signed_in = False
        self.keys = self.probe_keys = 0
        self.ingests: tuple[IngestAddress, ...] = (IngestAddress(name="h", url="rtmp://h/live"),)
        self.ended: list[str] = []
        self.room: FakeRoom | None = None
        self.on_link: Callable[[bool], None] = lambda _: None
        self.created: list[str] = []
        self.spots: dict[str, Session] = {}
        """What was made on the spot, by its idempotency key."""
        self.personal: FakeRoom | None = None
        """The person's own room, and what it is told."""
        self.on_personal_link: Callable[[bool], None] = lambda _: None
        self.on_personal_refused: Callable[[str], None] = lambda _: None
        self.is_personal_up = True

    async def info(self) -> PlatformInfo:
        self._check("info")
        return PlatformInfo(name="平台", name_en="Platform", is_demo=False, api_version=1, server_time=NOW)

    async def ask_code(self, phone: str) -> CodeSent:
        self._check("ask_code")
        return CodeSent(expires_in_s=300, retry_after_s=0, is_shown_in_window=True)

    async def sign_in(self, phone: str, code: str, device_name: str, device_id: str) -> tuple[Account, str]:
        self._check("sign_in")
        if code != "246810":
            raise PlatformError("code_wrong", retryable=False)
        self.is_signed_in = True
        return self.mine.account, "d1"

    async def restore(self) -> Account | None:
        self._check("restore")
        return self.mine.account if self.is_signed_in else None

    async def sign_out(self) -> None:
        self._check("sign_out")
        self.is_signed_in = False

    async def devices(self) -> list[Device]:
        return [Device(id="d1", name="PC", is_this=True, first_seen=NOW, last_seen=NOW)]

    async def end_device(self, device_id: str) -> None:
        self.ended.append(device_id)

    async def create_session(self, title: str, category: Category, idempotency_key: str) -> Session:
        self._check("create_session")
        if idempotency_key not in self.spots:
            self._require_free_now()
            self.created.append(idempotency_key)
            self.session = self.spots[idempotency_key] = Session(
                id=f"s{len(self.created)}", title=title, category=category, anchor_id="a1", anchor_name="林晓",
                state=SessionState.SCHEDULED, length_min=60, created_at=NOW, grace_period_s=180, viewer_url="http://h/s/s1",
            )  # fmt: skip
        made = self.spots[idempotency_key]
        if self.session is None or self.session.id != made.id:
            made = made.model_copy(update={"state": SessionState.ENDED})  # it is over, or gave way to another
        await self._held("create_session")
        return made

    def _require_free_now(self) -> None:
        busy = self.session
        if busy is not None and busy.state is not SessionState.SCHEDULED:
            detail = {"session_id": busy.id, "state": busy.state.value, "title": busy.title}
            raise PlatformError("session_busy", retryable=False, detail=detail)
        for one in self.mine.entries:
            ends_at = one.plan.starts_at + timedelta(minutes=one.plan.length_min)
            if one.session.state is SessionState.SCHEDULED and one.plan.starts_at <= self.server_now < ends_at:
                raise PlatformError("schedule_overlap", retryable=False, detail=overlap_detail(one))

    async def current_session(self) -> Session | None:
        self._check("current_session")
        found = self.session
        await self._held("current_session")
        return found

    async def session_of(self, session_id: str) -> Session:
        self._check("session")
        await self._held("session")
        if self.session is not None and self.session.id == session_id:
            return self.session
        if session_id in self.over:
            return self.over[session_id]
        found = [one.session for one in self.mine.entries if one.session.id == session_id]
        if not found:
            raise PlatformError("not_found", retryable=False)
        return found[0]

    async def stream_key(self, session_id: str, *, take_over: bool) -> StreamTarget:
        if not take_over:
            self._check("stream_key")
        if self.keys and self.room is not None:
            # As the service does: the key before is revoked, and told, before the answer is sent.
            self.room.on_event(
                events.envelope(events.KeyRevoked(key_id=f"id{self.keys}", cause="reissued"), "key.revoked")
            )
        self._prepare(session_id)
        self.keys += 1
        await self._held("stream_key")
        url = self.ingests[0].url
        return StreamTarget(url=url, key=f"k{self.keys}", key_id=f"id{self.keys}", ingests=list(self.ingests))

    async def probe_key(self) -> ProbeTarget:
        """One a device lives, and none without a sign-in."""
        if not self.is_signed_in:
            raise PlatformError("not_signed_in", retryable=False)
        self._check("probe_key")
        self.probe_keys += 1
        await self._held("probe_key")
        number = self.probe_keys
        return ProbeTarget(key=f"p{number}", key_id=f"pid{number}", expires_in_s=120, ingests=list(self.ingests))

    def _prepare(self, session_id: str) -> None:
        """The first key makes a session busy."""
        for one in [one for one in self.mine.entries if one.session.id == session_id]:
            self.session = one.session
        if self.session is not None and self.session.state is SessionState.SCHEDULED:
            self.session = self.session.model_copy(update={"state": SessionState.PREPARING})
        for one in [one for one in self.mine.entries if one.session.id == session_id]:
            self.put(one.model_copy(update={"session": self.session}))

    async def end_session(self, session_id: str) -> Session:
        self._check("end_session")
        self.ended.append(session_id)
        ended_by: dict[str, object] = {"state": SessionState.ENDED, "end_reason": EndReason.ANCHOR}
        ended_by |= {"figures": self.figures, "messages": self.comments}
        for one in [one for one in self.mine.entries if one.session.id == session_id]:
            ended = one.session.model_copy(update=ended_by)
            self.put(one.model_copy(update={"session": ended}))
            if self.session is None or self.session.id != session_id:
                return ended
        if self.session is None:
            raise PlatformError("session_ended", retryable=False)
        ended = self.over[session_id] = self.session.model_copy(update=ended_by)
        self.session = None
        return ended

    def cut_off(self) -> None:
        """An operator ends what is on air."""
        assert self.session is not None
        ended_by = {"state": SessionState.ENDED, "end_reason": EndReason.CUT_OFF}
        told = {"figures": self.figures, "messages": self.comments}
        self.over[self.session.id] = self.session.model_copy(update=ended_by | told)
        self.session = None

    async def demo_codes(self, local_token: str) -> list[DemoCode]:
        assert local_token == "local"
        return [
            DemoCode(phone_masked="138****8000", phone="13800138000", code="246810", expires_in_s=300),
            DemoCode(phone_masked="139****0001", phone="13900000001", code="135791", expires_in_s=300),
        ]

    def follow(
        self,
        room: str,
        on_event: Callable[[events.Envelope], None],
        on_link: Callable[[bool], None],
        on_refused: Callable[[str], None],
    ) -> FakeRoom:
        if room == PERSONAL_ROOM:
            self.personal = FakeRoom(on_event)
            self.on_personal_link, self.on_personal_refused = on_link, on_refused
            if self.is_personal_up:
                on_link(True)
            return self.personal
        self.room = FakeRoom(on_event)
        self.on_refused = on_refused
        self.on_link = on_link
        on_link(True)
        return self.room

    async def close(self) -> None:
        self.on_link = lambda _: None
