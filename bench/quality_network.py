"""How near the probe of the network comes to what a line carries.

The engine's probe, in a process of its own, sends over a line that ``tc tbf`` limits (bench.shaped) to a receiver at
its far end. What it found is compared with the limit's share for what TCP carries: the frames' headers are no media.
"""

from __future__ import annotations

import queue
import subprocess
import sys

import msgspec

from app.domain.quality.measures import IngestMeasures
from app.ports.engine import AnyEvent, ProbeDone, StartProbe, Target
from app.runtime.clock import SystemClock
from bench.engine import ROOT
from bench.shaped import PAYLOAD_RATIO, Line, NoNamespaces, shaped
from capture.publish.probing import Probing
from tools.desktop import clean_environment, stop_process

LIMITS_KBPS = (1000, 2000, 3500, 6000)
QUICK_LIMITS_KBPS = (2000, 6000)
SECONDS = 10.0
_PATIENCE_S = 30.0


def figures(quick: bool) -> dict[str, float | None]:
    """``throughput_error_ratio``: the largest of all limits; None where no such line can be made."""
    errors: list[float] = []
    for limit_kbps in QUICK_LIMITS_KBPS if quick else LIMITS_KBPS:
        try:
            with shaped(limit_kbps) as line:
                found = _probe(line)
        except NoNamespaces as why:
            sys.stderr.write(f"the network is not judged: no namespace can be made here ({why})\n")
            return {"throughput_error_ratio": None}
        carried_kbps = limit_kbps * PAYLOAD_RATIO
        # One that was not measured at all is wrong by the whole.
        error = abs(found.throughput_kbps / carried_kbps - 1)
        sys.stderr.write(
            f"network: {found.throughput_kbps:.0f} of {carried_kbps:.0f} kbit/s, jitter {found.jitter_ms:.0f} ms, "
            f"connected in {found.connect_ms:.0f} ms{f', {found.code}' if found.code else ''}\n"
        )
        errors.append(error)
    return {"throughput_error_ratio": round(max(errors), 4)}


def _probe(line: Line) -> IngestMeasures:
    sink = subprocess.Popen(
        [*line.far, sys.executable, "-m", "bench.sink", line.far_address],
        cwd=ROOT, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        # It would complain of the reset that ends a probe.
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = int(sink.stdout.readline()) if sink.stdout is not None else 0
        probe = subprocess.run(
            [*line.near, sys.executable, "-m", "bench.quality_network", f"rtmp://{line.far_address}:{port}/live"],
            cwd=ROOT, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True,
            timeout=SECONDS + _PATIENCE_S,
        )  # fmt: skip
        return msgspec.json.decode(probe.stdout, type=IngestMeasures)
    finally:
        stop_process(sink)


def probe(url: str) -> IngestMeasures:
    """What the engine's probe finds of one address."""
    done: queue.Queue[ProbeDone] = queue.Queue()

    def emit(event: AnyEvent) -> None:
        if isinstance(event, ProbeDone):
            done.put(event)

    probing = Probing(SystemClock(), emit)
    probing.start(StartProbe(targets=(Target(url=url, key="probe"),), seconds_each=SECONDS))
    try:
        return done.get(timeout=SECONDS + _PATIENCE_S).network.ingests[0]
    finally:
        probing.close()


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(probe(sys.argv[1])))
