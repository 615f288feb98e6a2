"""Starts the window, the engine and, when wanted, the embedded platform; starts again what dies; ends them all.

One main thread works through a queue of happenings, so that children are started from the thread that lives as long as
the program (the death signal of Linux hangs on it). Holds nothing else: no Qt, no numpy, no media.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.ports.supervision import (
    ChildChanged,
    CloseWindow,
    OperatorTaken,
    PlatformFailed,
    PlatformStarted,
    Quit,
    RaiseWindow,
    StartEngine,
    StartPlatform,
    StopPlatform,
    SupervisorEvent,
    WindowWish,
)
from app.runtime import paths
from app.runtime.channel import Channel, ChannelError, ChannelListener, attach
from app.runtime.children import Child
from app.runtime.clock import Clock, SystemClock
from app.runtime.instance import InstanceLock
from app.runtime.launch import EngineLaunch, WindowLaunch, write_launch
from app.supervision.keeper import RestartPolicy
from app.supervision.platform import EmbeddedPlatform, take_operator

END_S = 5.0
TICK_S = 0.25
PLATFORM_ROLES = ("ingest", "service")
Happening = Callable[[], None]


class Supervisor:
    """All state belongs to the thread that calls ``run``; other threads only put happenings into the queue."""

    def __init__(
        self, data_dir: Path, clock: Clock, *, script: tuple[str, str] = ("", ""), test_camera: str = ""
    ) -> None:
        self._data_dir, self._clock, self._script, self._test_camera = data_dir, clock, script, test_camera
        self._log_dir = data_dir / "logs"
        self._run_dir = paths.runtime_dir(data_dir)
        self._lock = InstanceLock(data_dir / "instance.lock")
        self._happenings: queue.SimpleQueue[Happening] = queue.SimpleQueue()
        self._children: dict[str, Child] = {}
        self._policies: dict[str, RestartPolicy] = {}
        self._due: dict[str, float] = {}
        self._given_up: set[str] = set()
        self._platform: EmbeddedPlatform | None = None
        self._platform_request = 0
        self._operator = ("", "")
        """Name and password as the service said them, until the window has shown them."""
        self._is_ending = False
        self._exit_code = 0
        self._engine_key, self._window_key, self._knock_key = (secrets.token_bytes(32) for _ in range(3))
        self._window_starts = 0
        self._windowless_until_s: float | None = None
        self._listener: ChannelListener[SupervisorEvent, WindowWish] | None = None
        self._knocks: ChannelListener[RaiseWindow, RaiseWindow] | None = None

    def run(self) -> int:
        """Until the person quits or a signal comes; the exit code."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        if not self._lock.acquire():
            return self._knock()
        self._log_dir.mkdir(exist_ok=True)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._happenings.put(self._quit))
        try:
            self._listen()
            self._start("engine")
            self._start("window")
            while not self._is_ending:
                self._step()
        finally:
            self._end()
        return self._exit_code

    def _step(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._happenings.get(timeout=TICK_S)()
        now_s = self._clock.monotonic_s()
        if self._windowless_until_s is not None and now_s >= self._windowless_until_s:
            self._quit()
        for role in [role for role, due_s in self._due.items() if due_s <= now_s]:
            del self._due[role]
            if not self._is_ending:
                self._start(role)

    # ---- endpoints -------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._listener = ChannelListener(
            paths.endpoint(self._run_dir, "supervisor"),
            self._window_key,
            WindowWish,
            on_attached=lambda channel: self._happenings.put(lambda: self._greet(channel)),
            on_message=lambda wish: self._happenings.put(lambda: self._take(wish)),
            on_detached=lambda: None,
            name="supervisor",
        )
        self._listener.start()
        self._knocks = ChannelListener(
            paths.endpoint(self._run_dir, "knock"),
            self._knock_key,
            RaiseWindow,
            on_attached=lambda _: self._happenings.put(self._show_window),
            on_message=lambda _: None,
            on_detached=lambda: None,
            name="knock",
        )
        self._knocks.start()
        descriptor = os.open(self._run_dir / "knock.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._knock_key)

    def _knock(self) -> int:
        """A second start: show the window that is there already."""
        try:
            key = (self._run_dir / "knock.key").read_bytes()
            channel = attach(
                paths.endpoint(self._run_dir, "knock"),
                key,
                RaiseWindow,
                on_message=lambda _: None,
                on_closed=lambda: None,
                name="knock",
            )
        except (OSError, ChannelError):
            print("anchordesk: another one is running for this user, and does not answer", file=sys.stderr)  # noqa: T201
            return 1
        channel.close()
        return 0

    def _greet(self, channel: Channel[SupervisorEvent, WindowWish]) -> None:
        for role, child in self._children.items():
            channel.send(ChildChanged(role=role, is_up=child.is_running, restarts=self._policy(role).restarts))
        for role in self._given_up:
            channel.send(self._gone(role))
        if self._platform is not None and self._platform.ready >= set(PLATFORM_ROLES):
            channel.send(self._started(self._platform, 0))

    def _tell(self, event: SupervisorEvent) -> None:
        if self._listener is not None:
            self._listener.send(event)

    def _take(self, wish: WindowWish) -> None:
        match wish:
            case StartPlatform():
                self._start_platform(wish)
            case StopPlatform():
                self._stop_platform()
            case StartEngine():
                self._start_missing("engine")
            case OperatorTaken():
                self._operator = ("", "")
                take_operator(self._data_dir)
            case CloseWindow():
                self._windowless_until_s = self._clock.monotonic_s() + max(0.0, wish.keep_s)
            case Quit():
                self._quit()

    def _show_window(self) -> None:
        """Somebody started the program again."""
        if "window" in self._children or "window" in self._due:
            self._tell(RaiseWindow())
        else:
            self._start("window")

    def _quit(self) -> None:
        self._is_ending = True

    # ---- children --------------------------------------------------------------------------------

    def _policy(self, role: str) -> RestartPolicy:
        return self._policies.setdefault(role, RestartPolicy())

    def _start(self, role: str) -> None:
        line = self._launch_line(role)
        if line is None:
            return
        self._given_up.discard(role)
        platform = self._platform
        command = [sys.executable, "-m", "app", "--role", role, "--parent", str(os.getpid())]
        self._children[role] = Child(
            role,
            command,
            line,
            on_line=lambda text: self._happenings.put(lambda: self._heard(role, platform, text)),
            on_exit=lambda code: self._happenings.put(lambda: self._exited(role, code)),
        )
        self._tell(ChildChanged(role=role, is_up=True, restarts=self._policy(role).restarts))

    def _start_missing(self, *roles: str) -> None:
        """A person asks: start those that neither run nor are about to, as if they had never died."""
        for role in roles:
            if role not in self._children and role not in self._due:
                self._policies.pop(role, None)
                self._start(role)

    def _launch_line(self, role: str) -> bytes | None:
        data_dir, log_dir = str(self._data_dir), str(self._log_dir)
        engine_endpoint = paths.endpoint(self._run_dir, "engine")
        if role == "engine":
            return write_launch(
                EngineLaunch(
                    data_dir=data_dir,
                    log_dir=log_dir,
                    endpoint=engine_endpoint,
                    key_hex=self._engine_key.hex(),
                    shared_name=f"ad-{self._run_dir.name[-12:]}-",
                    test_camera=self._test_camera,
                )
            )
        if role == "window":
            self._window_starts += 1
            self._windowless_until_s = None
            return write_launch(
                WindowLaunch(
                    data_dir=data_dir,
                    log_dir=log_dir,
                    engine_endpoint=engine_endpoint,
                    engine_key_hex=self._engine_key.hex(),
                    supervisor_endpoint=paths.endpoint(self._run_dir, "supervisor"),
                    supervisor_key_hex=self._window_key.hex(),
                    is_restart=self._window_starts > 1,
                    script=self._script[0],
                    script_key_hex=self._script[1],
                )
            )
        if self._platform is None:
            return None
        return write_launch(self._platform.service() if role == "service" else self._platform.ingest())

    def _exited(self, role: str, code: int) -> None:
        child = self._children.get(role)
        if self._is_ending or child is None or child.is_running:
            return
        del self._children[role]
        if role in PLATFORM_ROLES and self._platform is not None:
            self._platform.ready.discard(role)
        if role == "window" and code == 0:
            # The window ends by itself only when the person left; a crash has another code.
            if self._windowless_until_s is None:
                self._quit()
            return
        wait_s = self._policy(role).died(self._clock.monotonic_s())
        if wait_s is None:
            self._give_up(role)
        else:
            self._due[role] = self._clock.monotonic_s() + wait_s
            self._tell(self._gone(role))

    def _give_up(self, role: str) -> None:
        if role == "window":
            self._exit_code = 1
            self._quit()
            return
        self._given_up.add(role)
        self._tell(self._gone(role))
        if role in PLATFORM_ROLES:
            self._tell(PlatformFailed(request_id=self._platform_request, code="part_given_up", detail=role))

    def _gone(self, role: str) -> ChildChanged:
        is_given_up = role in self._given_up
        return ChildChanged(role=role, is_up=False, restarts=self._policy(role).restarts, is_given_up=is_given_up)

    def _heard(self, role: str, platform: EmbeddedPlatform | None, line: bytes) -> None:
        """A line of a child's standard output: service and ingest say when they listen.

        ``platform`` is the one that the child was started for; what one of before still had to say is past.
        """
        try:
            said = msgspec.json.decode(line, type=dict[str, dict[str, str | int]])
        except msgspec.DecodeError:
            return
        if platform is None or platform is not self._platform or role not in PLATFORM_ROLES:
            return
        if "failed" in said:
            self._tell(PlatformFailed(request_id=self._platform_request, code=str(said["failed"].get("code", ""))))
        elif "ready" in said:
            ready = said["ready"]
            if "operator_password" in ready:
                self._operator = (str(ready["operator_name"]), str(ready["operator_password"]))
            platform.ready.add(role)
            if platform.ready >= set(PLATFORM_ROLES):
                self._tell(self._started(platform, self._platform_request))

    # ---- the embedded platform -------------------------------------------------------------------

    def _start_platform(self, wish: StartPlatform) -> None:
        self._platform_request = wish.request_id
        if self._platform is None or self._platform.on_lan != wish.on_lan:
            self._stop_platform()
            try:
                self._platform = EmbeddedPlatform(self._data_dir, self._log_dir, wish.on_lan)
            except OSError as cause:
                reason = cause.strerror or ""
                self._tell(PlatformFailed(request_id=wish.request_id, code="platform_start_failed", detail=reason))
                return
        if self._platform.ready >= set(PLATFORM_ROLES):
            self._tell(self._started(self._platform, wish.request_id))
        else:
            self._start_missing(*PLATFORM_ROLES)

    def _stop_platform(self) -> None:
        self._platform = None
        for role in PLATFORM_ROLES:
            self._due.pop(role, None)
            self._given_up.discard(role)
            child = self._children.pop(role, None)
            if child is not None:
                child.end(END_S)

    def _started(self, platform: EmbeddedPlatform, request_id: int) -> PlatformStarted:
        name, password = self._operator
        return PlatformStarted(
            request_id=request_id,
            base_url=platform.base_url,
            local_token=platform.local_token,
            operator_name=name,
            operator_password=password,
            ca_file=platform.ca_file,
            lan_urls=platform.lan_urls,
        )

    def _end(self) -> None:
        self._is_ending = True
        # The window first, so that nobody sees the others go; the engine ends its broadcast in order.
        for role in ("window", "engine", *PLATFORM_ROLES):
            child = self._children.pop(role, None)
            if child is not None:
                child.end(END_S)
        for listener in (self._listener, self._knocks):
            if listener is not None:
                listener.close()
        with contextlib.suppress(OSError):
            (self._run_dir / "knock.key").unlink()
        self._lock.release()


def run_supervisor(data_dir: Path | None, script_endpoint: str, script_key_file: Path | None, camera: str = "") -> int:
    """The program itself. ``script_*``: a driver of the window for hands-free runs, and ``camera`` who is before it."""
    key_hex = script_key_file.read_text().strip() if script_key_file is not None else ""
    supervisor = Supervisor(
        data_dir or paths.default_data_dir(),
        SystemClock(),
        script=(script_endpoint if key_hex else "", key_hex),
        # Only beside a driver: nobody else starts it with a camera of their own making.
        test_camera=camera if key_hex else "",
    )
    return supervisor.run()
