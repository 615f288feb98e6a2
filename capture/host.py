"""The engine's process: its channel to the window, its control thread, what happens when the window is away.

Threads: the main thread waits for the end; ``engine-control`` carries out commands and makes the figures;
``engine-worker`` does what takes long (lists, trials); one watches standard input. Everything else belongs to the
parts. Nothing here knows Qt or the service.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
from collections.abc import Callable, Hashable
from pathlib import Path

import msgspec

from app.logs import start_logging, stop_logging
from app.ports import engine as port
from app.runtime.channel import Channel, ChannelListener
from app.runtime.clock import Clock, SystemClock
from app.runtime.launch import EngineLaunch
from app.runtime.shared_frames import remove_stale
from capture.away import WindowWatch
from capture.clips import Clips
from capture.devices.cameras import Cameras
from capture.devices.controls import CameraBook
from capture.devices.microphones import PortAudioHost
from capture.devices.watch import DeviceWatch
from capture.encode.probe import probe_encoders
from capture.engine import Engine
from capture.liveness.liveness import Liveness
from capture.liveness.mesh_process import MeshProcess
from capture.liveness.tap import CameraTap
from capture.meters.computer import measure_computer
from capture.meters.face_process import FaceProcess
from capture.packets import StreamFormat
from capture.quality import Quality
from capture.record.finisher import Finisher
from capture.record.recorder import Recorder
from capture.sources import socket_camera
from capture.sources.make import SourceDevices
from capture.sources.screen import list_monitors
from capture.worker import Worker

_LOG = logging.getLogger(__name__)
_STATS_S = 1.0
_MOST_COMMANDS = 256
_END_S = 8.0

Call = Callable[[], None]


class Host:
    """``start`` and ``close`` from the main thread; ``wait`` blocks until it has to end."""

    def __init__(self, launch: EngineLaunch, clock: Clock) -> None:
        self._clock = clock
        self._stop = threading.Event()
        self._calls: queue.Queue[Call] = queue.Queue(_MOST_COMMANDS)
        self._microphones = PortAudioHost()
        self._worker = Worker("engine-worker")
        self._channel: ChannelListener[port.AnyEvent, port.AnyCommand] = ChannelListener(
            launch.endpoint,
            bytes.fromhex(launch.key_hex),
            port.AnyCommand,
            on_attached=self._on_attached,
            on_message=self._on_command,
            on_detached=self._on_detached,
            name="engine-channel",
        )
        self._cameras, self._camera_book = Cameras(), CameraBook(self._channel.send)
        tap, self._test_camera = CameraTap(), launch.test_camera
        devices = SourceDevices(self._microphones, self._camera_book, tap, launch.test_camera)
        self._finisher = Finisher(clock)
        self._stop_trial = threading.Event()
        quality = Quality(clock, self._channel.send, self._microphones, FaceProcess(clock))
        liveness = Liveness(clock, self._channel.send, tap, self._camera_book, MeshProcess(clock), self._cameras)
        self._engine = Engine(
            launch.shared_name, clock, self._channel.send, self._post, devices, self._make_recorder, quality, liveness
        )
        self._devices = DeviceWatch(self._look, self._list_devices, self._channel.send, clock)
        self._clips = Clips(launch.data_dir, clock, lambda: self._engine.recording_path)
        self._watch = WindowWatch(clock, launch.window_grace_s)
        self._thread = threading.Thread(target=self._run, name="engine-control", daemon=True)

    def start(self) -> None:
        """Begin; the window may attach from now on."""
        self._clips.clear()
        self._worker.start()
        self._thread.start()
        self._devices.start()
        self._channel.start()

    def ask_to_end(self) -> None:
        """Any thread, signal handlers too."""
        self._stop.set()

    def wait(self) -> None:
        """Until somebody asks to end."""
        self._stop.wait()

    def close(self) -> None:
        """Broadcast and recording end in order, then the channel."""
        self._stop.set()
        self._stop_trial.set()
        self._thread.join(_END_S)
        self._devices.close()
        self._clips.close()
        self._worker.close()
        self._finisher.close()
        self._channel.close()

    # ---- channel's threads --------------------------------------------------------------------------

    def _on_attached(self, channel: Channel[port.AnyEvent, port.AnyCommand]) -> None:
        def greet() -> None:
            self._watch.attached()
            # Who attaches did not begin it.
            self._engine.window_gone()
            self._engine.set_ending(False)
            self._engine.tell_all(channel.send)
            self._camera_book.tell_again(channel.send)

        self._post(greet)

    def _on_detached(self) -> None:
        def lose() -> None:
            # The next window may have been greeted before this was said of the last.
            if not self._channel.is_attached:
                _LOG.info("the window is away")
                self._engine.window_gone()
                self._watch.lost()

        self._post(lose)

    def _on_command(self, command: port.AnyCommand) -> None:
        self._post(lambda: self._carry_out(command))

    def _post(self, call: Call) -> None:
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            # Only a peer that floods gets here; it misses its answers.
            _LOG.warning("too many commands wait; one was dropped")

    # ---- control thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        self._engine.start()
        due_s = self._clock.monotonic_s() + _STATS_S
        try:
            while not self._stop.is_set():
                try:
                    call = self._calls.get(timeout=min(0.2, max(0.0, due_s - self._clock.monotonic_s())))
                except queue.Empty:
                    pass
                else:
                    self._guard(call)
                now_s = self._clock.monotonic_s()
                if now_s >= due_s:
                    due_s = next_due_s(due_s, now_s, _STATS_S)
                    self._guard(self._second)
        finally:
            self._guard(self._engine.close)

    def _guard(self, call: Call) -> None:
        try:
            call()
        except Exception:
            # Our own mistake costs one command, not the broadcast.
            _LOG.exception("the engine's control thread failed")

    def _second(self) -> None:
        self._channel.send(self._engine.statistics())
        step = self._watch.step(self._engine.is_on)
        if step == "slate":
            _LOG.warning("no window came back: the slate is shown")
            self._engine.set_ending(True)
        elif step == "end":
            _LOG.warning("no window came back: the broadcast ends")
            self._engine.stop_outputs()
            self._engine.set_ending(False)

    def _carry_out(self, command: port.AnyCommand) -> None:
        match command:
            case port.ListDevices():
                self._later(command, self._devices.refresh)
            case port.SetCameraControls():
                self._camera_book.want(command.device_id, command.settings)
                self._done(command)
            case port.ProbeEncoders():
                self._later(command, self._probe)
            case port.MeasureComputer() if self._engine.is_on:
                self._done(command, "output_busy")
            case port.MeasureComputer():
                self._stop_trial.clear()
                self._later(command, lambda: self._measure_computer(command.recording_dir))
            case port.CutClip():
                self._later(command, lambda: self._clips.cut(command))
            case port.DropClip():
                self._clips.drop(command.clip_id)
                self._done(command)
            case port.GetSnapshot():
                self._engine.tell_all(self._channel.send)
                self._done(command)
            case port.Detach():
                self._watch.leaves(command.keep_s)
                self._done(command)
            case port.Shutdown():
                self._done(command)
                self.ask_to_end()
            case _:
                if isinstance(command, port.StartPublish | port.StartRecording):
                    # Nothing is tried beside a broadcast.
                    self._stop_trial.set()
                self._channel.send(self._engine.carry_out(command))

    def _done(self, command: port.AnyCommand, code: str = "") -> None:
        self._channel.send(port.CommandDone(request_id=command.request_id, code=code))

    def _make_recorder(
        self,
        directory: str,
        name: str,
        stream: StreamFormat,
        on_changed: Callable[[port.RecordChanged], None],
        clock: Clock,
    ) -> Recorder:
        # A folder that is recorded into may hold what a killed process left. Later, for the new file is locked by then.
        self._post(lambda: self._finisher.recover(directory))
        return Recorder(directory, name, stream, on_changed, clock, self._finisher)

    # ---- worker -------------------------------------------------------------------------------------

    def _later(self, command: port.AnyCommand, make: Callable[[], port.AnyEvent]) -> None:
        def work() -> None:
            try:
                self._channel.send(make())
            except Exception:
                _LOG.exception("%s failed", type(command).__name__)
                self._done(command, "bug")
            else:
                self._done(command)

        if not self._worker.submit(work):
            self._done(command, "rate_limited")

    def _look(self) -> Hashable:
        """Something cheap that changes when a device comes or goes. Thread of the watch."""
        return self._cameras.signature(), self._microphones.signature()

    def _list_devices(self) -> port.DevicesListed:
        cameras = (*self._cameras.all(), *((socket_camera.listed(),) if self._test_camera else ()))
        return port.DevicesListed(
            cameras=cameras, microphones=self._microphones.list_microphones(), monitors=list_monitors()
        )

    def _probe(self) -> port.EncodersProbed:
        return port.EncodersProbed(encoders=probe_encoders(self._engine.output))

    def _measure_computer(self, recording_dir: str) -> port.ComputerMeasured:
        output = self._engine.output
        encoder = self._engine.known_encoder or output.encoder
        wanted = msgspec.structs.replace(output, encoder=encoder)
        computer, trials = measure_computer(wanted, recording_dir, self._clock, self._stop_trial)
        return port.ComputerMeasured(computer=computer, trials=trials)


def next_due_s(due_s: float, now_s: float, period_s: float) -> float:
    """When something that was due comes next: in step, but never twice in a row for what was missed."""
    return due_s + period_s if due_s + period_s > now_s else now_s + period_s


def run_engine(launch: EngineLaunch) -> int:
    """The engine until it is asked to end (SIGTERM, Shutdown, or standard input ends); 0 then. Main thread."""
    handler = start_logging(Path(launch.log_dir), "engine")
    try:
        remove_stale(launch.shared_name)
        host = Host(launch, SystemClock())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: host.ask_to_end())
        threading.Thread(target=_watch_stdin, args=(host.ask_to_end,), name="engine-stdin", daemon=True).start()
        host.start()
        try:
            host.wait()
        finally:
            host.close()
        return 0
    finally:
        stop_logging(handler)


def _watch_stdin(on_end: Call) -> None:
    # Not sys.stdin: a thread that waits in its lock would trouble the interpreter's end.
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    on_end()
