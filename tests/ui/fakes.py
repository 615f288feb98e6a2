"""A desk that follows a script, and states of every kind. Used by the tests of the screen and by the screenshots."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.contract.rest import Account, Category, Device, PlatformInfo, Role, Session, SessionFigures
from app.domain.application import ApplicationState
from app.domain.health import Grade, HealthReport
from app.domain.session import SessionState
from app.ports.engine import (
    Camera,
    CameraSource,
    DevicesListed,
    Microphone,
    MicSource,
    Monitor,
    PreviewReady,
    PublishChanged,
    PublishStatus,
    RecordChanged,
    RecordStatus,
    SourceChanged,
    SourceStatus,
    Stats,
)
from app.settings import Settings
from app.usecases.state import (
    AccountPhase,
    AccountState,
    AudienceState,
    BroadcastPhase,
    BroadcastState,
    ChatLine,
    DeskState,
    EngineState,
    FiguresPhase,
    LogEntry,
    MessageStatus,
    PlatformPhase,
    PlatformState,
    RoomState,
    Summary,
)
from app.usecases.wishes import Wish

T = TypeVar("T")
NOON_MS = 1_790_000_000_000
STARTED_S = 1000.0
FIGURES = SessionFigures(
    onlookers=3021, viewers_peak=1406, viewers_average=866.4, watch_ms=2_197_983_000, watch_each_ms=727_568,
    on_air_ms=2_537_000,
)  # fmt: skip


class FakeDesk:
    """Keeps wishes; ``push`` gives a state to whoever subscribed, in the thread of the caller."""

    def __init__(self, state: DeskState) -> None:
        self._state = state
        self.wishes: list[Wish] = []
        self._callbacks: list[Callable[[DeskState], None]] = []

    @property
    def state(self) -> DeskState:
        return self._state

    @property
    def subscribers(self) -> int:
        return len(self._callbacks)

    def wish(self, wish: Wish) -> None:
        self.wishes.append(wish)

    def subscribe(self, callback: Callable[[DeskState], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def push(self, state: DeskState) -> None:
        self._state = state
        for callback in list(self._callbacks):
            callback(state)


def change(value: T, **changes: Any) -> T:
    """A copy of a frozen dataclass with some parts changed."""
    changed: T = dataclasses.replace(value, **changes)  # type: ignore[type-var]
    return changed


def platform(*, is_embedded: bool = True, **changes: Any) -> PlatformState:
    info = PlatformInfo(
        name="本机演示平台" if is_embedded else "职播平台",
        name_en="Demo platform" if is_embedded else "Career Live",
        is_demo=is_embedded,
        api_version=1,
        server_time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    url = "http://127.0.0.1:8080" if is_embedded else "https://live.example.com"
    return change(PlatformState(PlatformPhase.READY, url, info, is_embedded), **changes)


def account(**changes: Any) -> AccountState:
    who = Account(id="a1", nickname="林老师", phone_masked="138****8000", roles=[Role.ANCHOR])
    return change(AccountState(AccountPhase.SIGNED_IN, who, "13800138000"), **changes)


def session(title: str = "应届生简历逐行修改", **changes: Any) -> Session:
    values: dict[str, Any] = {
        "id": "s1",
        "title": title,
        "category": Category.JOB_SEARCH,
        "anchor_id": "a1",
        "anchor_name": "林老师",
        "state": SessionState.LIVE,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "grace_period_s": 180,
        "viewer_url": "http://127.0.0.1:8080/live/s1",
    }
    return Session(**{**values, **changes})


DEVICES = DevicesListed(
    cameras=(
        Camera(device_id="cam-1", name="罗技 C922 网络摄像头"),
        Camera(device_id="cam-2", name="FaceTime HD"),
    ),
    microphones=(
        Microphone(device_id="mic-1", name="Blue Yeti", is_default=True),
        Microphone(device_id="mic-2", name="内建麦克风"),
    ),
    monitors=(Monitor(monitor=1, width_px=1920, height_px=1080), Monitor(monitor=2, width_px=2560, height_px=1440)),
)


def stats(second: int = 0, **changes: Any) -> Stats:
    values: dict[str, Any] = {
        "at_ms": second * 1000,
        "programme_fps": 30.0,
        "frames_sent": 30 * second,
        "video_kbps": 2480.0,
        "sent_kbps": 2510.0,
        "target_kbps": 2500,
        "backlog_ms": 20.0,
        "machine_cpu_ratio": 0.23,
        "loudness_lufs": -18.4,
        "peak_db": -8.0,
        "free_disk_bytes": 182_000_000_000,
        "recorded_bytes": 412_000_000,
    }
    return Stats(**{**values, **changes})


def engine(preview: PreviewReady | None = None, **changes: Any) -> EngineState:
    base = EngineState(
        is_attached=True,
        preview=preview,
        video=CameraSource(device_id="cam-1"),
        audio=MicSource(device_id="mic-1"),
        video_status=SourceChanged(is_video=True, status=SourceStatus.LIVE, width_px=1280, height_px=720),
        audio_status=SourceChanged(is_video=False, status=SourceStatus.LIVE),
        devices=DEVICES,
        encoders=("libx264",),
        stats=stats(0, sent_kbps=0.0, video_kbps=0.0, target_kbps=0),
        record=RecordChanged(status=RecordStatus.IDLE),
    )
    return change(base, **changes)


def off_air(preview: PreviewReady | None = None, **changes: Any) -> DeskState:
    base = DeskState(
        settings=Settings(recording_dir="/home/lin/Videos/anchordesk"),
        platform=platform(),
        account=account(),
        engine=engine(preview),
        default_title="应届生简历逐行修改",
        default_category=Category.JOB_SEARCH,
    )
    return change(base, **changes)


CHAT = (
    ("屿上有风", False, "项目经历没有数据怎么办？"),
    ("小苗不急", False, "实习两段都很短，要都写吗"),
    ("林老师", True, "两段都写，短的那段只留一句结果"),
    ("晚一点睡", False, "数字比形容词更可信，记下了"),
    ("一叶舟", False, "老师能看下我的第二页吗"),
)


def chat_line(number: int, author: str, is_anchor: bool, text: str, **changes: Any) -> ChatLine:
    line = ChatLine(f"m{number}", author, is_anchor, text, NOON_MS + number * 20_000, seq=number + 1)
    return change(line, **changes)


def chat(count: int = 5) -> tuple[ChatLine, ...]:
    return tuple(chat_line(number, *CHAT[number % len(CHAT)]) for number in range(count))


def room(lines: tuple[ChatLine, ...] = (), **changes: Any) -> RoomState:
    return change(RoomState(is_followed=True, is_connected=True, lines=lines), **changes)


def on_air(preview: PreviewReady | None = None, **changes: Any) -> DeskState:
    base = off_air(preview)
    history = tuple(stats(second) for second in range(1, 240))
    good = HealthReport(Grade.GOOD, "health.good", "", "", Grade.GOOD, Grade.GOOD, Grade.GOOD)
    base = change(
        base,
        broadcast=BroadcastState(
            BroadcastPhase.ON_AIR,
            session(),
            started_monotonic_s=STARTED_S,
            viewers=1284,
            messages=3902,
            peak=1406,
            onlookers=3021,
        ),
        room=room(chat()),
        health=good,
        engine=change(
            base.engine,
            stats=history[-1],
            history=history,
            publish=PublishChanged(target="main", status=PublishStatus.ON_AIR),
            record=RecordChanged(
                status=RecordStatus.RECORDING,
                path="/home/lin/Videos/anchordesk/2026-09-21 20-40 应届生简历逐行修改.mkv",
            ),
        ),
        account=account(other_codes=(("139****0001", "482913"), ("137****2208", "015577"))),
        log=(LogEntry(NOON_MS, "health.good"),),
    )
    return change(base, **changes)


def slow_network(preview: PreviewReady | None = None) -> DeskState:
    history = []
    dropped = 0
    for second in range(1, 280):
        if second < 118:
            history.append(stats(second, sent_kbps=2500 + 40 * (second % 3), frames_dropped=dropped))
        elif second < 130:
            dropped += 2 if second in (124, 126) else 0
            level = 2500 - 130 * (second - 117)
            history.append(stats(second, sent_kbps=level, backlog_ms=90 * (second - 117), frames_dropped=dropped))
        else:
            history.append(
                stats(
                    second,
                    sent_kbps=1050 + 2.5 * (second - 130),
                    backlog_ms=max(60.0, 900 - 60 * (second - 130)),
                    frames_dropped=dropped,
                )
            )
    report = HealthReport(
        Grade.WARN, "health.network_slow", "health.network_slow.cause", "health.network_slow.advice",
        Grade.GOOD, Grade.WARN, Grade.GOOD, {"sent_kbps": 1420, "retry_s": 0},
    )  # fmt: skip
    base = on_air(preview)
    log = (
        LogEntry(NOON_MS, "health.good"),
        LogEntry(NOON_MS + 2000, "health.network_slow"),
        LogEntry(NOON_MS + 4000, "error.ingest_closed"),
    )
    return change(base, health=report, log=log, engine=change(base.engine, history=tuple(history), stats=history[-1]))


def ended(preview: PreviewReady | None = None, audience: AudienceState | None = None) -> DeskState:
    summary = Summary(2537.0, 76_110, 2, "/home/lin/Videos/anchordesk/2026-09-21 20-40.mp4")
    audience = audience or AudienceState(FiguresPhase.TOLD, FIGURES, 3902)
    broadcast = BroadcastState(BroadcastPhase.ENDED, session(), STARTED_S, 0, 3902, summary=summary, audience=audience)
    return change(off_air(preview), broadcast=broadcast, room=room(chat(), is_followed=False, is_connected=False))


def my_devices() -> tuple[Device, ...]:
    when = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)
    return tuple(
        Device(id=f"d{number}", name=name, is_this=number == 0, first_seen=when, last_seen=when)
        for number, name in enumerate(("DESKTOP-LIN", "MacBook Pro", "工作室备用机"))
    )


def failed_chat() -> tuple[ChatLine, ...]:
    return (
        *chat(2),
        chat_line(7, "林老师", True, "我先看第一页", status=MessageStatus.SENDING, request_id="r7"),
        chat_line(8, "林老师", True, "大家把问题发在评论里", status=MessageStatus.FAILED, request_id="r8"),
    )


def writing(**changes: Any) -> DeskState:
    """Somebody who is writing the application."""
    from tests.ui import way_fakes

    return way_fakes.on_the_way(off_air(), ApplicationState.DRAFT, **changes)
