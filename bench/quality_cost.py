"""What the meters cost while on air: CPU of their thread and of the finder of faces, of one core.

The engine runs in this process, publishing 720p30 to a sink that is not counted, so that the meter's thread can be told
from the others by its number. A person in front of a camera is played from a file, so that there are a face and speech.
What compositor and mixer do for the meters (a reference in a queue) is measured apart and added.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from app.ports import engine as port
from app.runtime.clock import SystemClock
from bench.engine import ROOT
from bench.quality_person import person_clip
from capture.devices.microphones import PortAudioHost
from capture.engine import Engine
from capture.frames import I420
from capture.liveness.liveness import Liveness
from capture.liveness.mesh_process import MeshProcess
from capture.liveness.tap import CameraTap
from capture.meters.face_process import FaceProcess
from capture.quality import Quality
from capture.record.recorder import Recorder
from capture.sources.make import SourceDevices
from tools.desktop import clean_environment, stop_process

_WARM_S, _MEASURED_S, _QUICK_S = 8.0, 40.0, 12.0
_LIVE_WAIT_S = 20.0


def figures(quick: bool, clip: Path | None) -> dict[str, float | None]:
    """``cpu_share``: CPU seconds of measuring for each second on air. None where the system tells no thread's time."""
    sink = subprocess.Popen(
        [sys.executable, "-m", "bench.sink"],
        cwd=ROOT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        port_number = int(sink.stdout.readline()) if sink.stdout is not None else 0
        measured_s = _QUICK_S if quick else _MEASURED_S
        return {"cpu_share": _share(clip or person_clip(), port_number, measured_s)}
    finally:
        stop_process(sink)


def _share(clip: Path, port_number: int, measured_s: float) -> float | None:
    events: queue.Queue[port.AnyEvent] = queue.Queue()
    clock = SystemClock()
    faces = FaceProcess(clock)
    quality = Quality(clock, events.put, PortAudioHost(), faces)
    engine = Engine(
        "adbenchq",
        clock,
        events.put,
        lambda call: call(),
        SourceDevices(PortAudioHost()),
        _no_recorder,
        quality,
        Liveness(clock, events.put, CameraTap(), None, MeshProcess(clock)),
    )
    engine.start()
    try:
        source = str(clip)
        for command in (
            port.SetVideo(source=port.FileSource(path=source)),
            port.SetAudio(source=port.FileSound(path=source)),
            port.StartPublish(targets=(port.Target(url=f"rtmp://127.0.0.1:{port_number}/live", key="bench"),)),
        ):
            done = engine.carry_out(command)
            if done.code:
                raise RuntimeError(f"{type(command).__name__}: {done.code}")
        _wait_for(events, lambda event: isinstance(event, port.QualityMeasured) and event.sound is not None)
        time.sleep(_WARM_S)
        before_s, began_s = _cpu_s(), time.monotonic()
        if before_s is None:
            return None
        time.sleep(measured_s)
        after_s = _cpu_s()
        passed_s = time.monotonic() - began_s
        return None if after_s is None else round((after_s - before_s) / passed_s + _offering_share(quality), 4)
    finally:
        engine.close()


def _cpu_s() -> float | None:
    """Of the meter's thread and of the children of this process that look for faces."""
    meter = next((thread.native_id for thread in threading.enumerate() if thread.name == "meter"), None)
    own = psutil.Process()
    try:
        times = [one.user_time + one.system_time for one in own.threads() if one.id == meter]
        for child in own.children(recursive=True):
            if "faces" in child.cmdline():
                spent = child.cpu_times()
                times.append(spent.user + spent.system)
    except (psutil.Error, AttributeError):
        return None
    return sum(times) if times else None


def _offering_share(quality: Quality) -> float:
    """CPU of compositor and mixer for a second of offers: 30 pictures and 50 blocks."""
    frame, block = I420(1280, 720).frame(), np.zeros((2, 960), np.float32)
    began_s = time.thread_time()
    for _ in range(20):
        for number in range(50):
            quality.heard(block, block, block)
            if number < 30:
                quality.show(frame, 0.0)
    return (time.thread_time() - began_s) / 20


def _wait_for(events: queue.Queue[port.AnyEvent], is_it: Callable[[port.AnyEvent], bool]) -> None:
    deadline_s = time.monotonic() + _LIVE_WAIT_S
    while time.monotonic() < deadline_s:
        try:
            if is_it(events.get(timeout=1.0)):
                return
        except queue.Empty:
            continue
    raise RuntimeError("the meters measured nothing")


def _no_recorder(*_: object) -> Recorder:
    raise RuntimeError("nothing is recorded here")
