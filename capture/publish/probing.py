"""The probe of all addresses, as one part of the engine: one after the other, in a thread of its own.

``start``, ``cancel`` and ``close`` come from the control thread; events are emitted in the probe's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from app.domain.quality.measures import IngestMeasures, NetworkMeasures
from app.domain.quality.network import choose_ingest
from app.errors import AppError, BugError, InputError
from app.ports.engine import AnyEvent, ProbeDone, ProbeProgress, StartProbe
from app.runtime.clock import Clock
from capture.publish.link import connector_for
from capture.publish.policy import Times
from capture.publish.probe import Probe, ProbeStopped
from capture.publish.probe_media import ProbeMedia

_LOG = logging.getLogger(__name__)

MIN_SECONDS, MAX_SECONDS = 4.0, 30.0
MAX_TARGETS = 8
_JOIN_S = 2.0
Emit = Callable[[AnyEvent], object]


class Probing:
    """At most one probe at a time; a newer one takes the place of an older, which tells nothing more."""

    def __init__(self, clock: Clock, emit: Emit, times: Times | None = None) -> None:
        self._clock, self._emit, self._times = clock, emit, times
        self._run: _Run | None = None

    @property
    def is_running(self) -> bool:
        """Any thread."""
        run = self._run
        return run is not None and run.thread.is_alive()

    def start(self, command: StartProbe) -> None:
        """Raises InputError for targets that cannot be tried; then a probe that runs goes on."""
        if not 0 < len(command.targets) <= MAX_TARGETS:
            raise InputError
        seconds = min(MAX_SECONDS, max(MIN_SECONDS, command.seconds_each))
        probes = [
            Probe(target, seconds, self._clock, connector_for(target.ca_file, self._clock), self._times)
            for target in command.targets
        ]
        self._end(is_told=False)
        self._run = _Run(probes, self._emit)
        self._run.thread.start()

    def cancel(self) -> None:
        """End it; what was found until now is told as cancelled. Harmless without one."""
        self._end(is_told=True)

    def close(self) -> None:
        """End it without a word."""
        self._end(is_told=False)

    def _end(self, *, is_told: bool) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.end(is_told=is_told)


class _Run:
    """One probe. ``thread`` is started by who made it."""

    def __init__(self, probes: list[Probe], emit: Emit) -> None:
        self._probes = probes
        self._emit = emit
        self._stop = threading.Event()
        self._is_quiet = False
        self.thread = threading.Thread(target=self._work, name="publish-probe", daemon=True)

    def end(self, *, is_told: bool) -> None:
        """Stop and join."""
        self._is_quiet = not is_told
        self._stop.set()
        self.thread.join(_JOIN_S)

    def _work(self) -> None:
        found: list[IngestMeasures] = []
        is_cancelled = False
        try:
            media = ProbeMedia()
            for index, probe in enumerate(self._probes):
                found.append(self._measure(index, probe, media))
        except ProbeStopped:
            is_cancelled = True
        except AppError as error:
            # No encoder at all.
            _LOG.warning("nothing can be measured: %s", error.code)
            found += self._untried(len(found), error.code)
        except Exception:
            _LOG.exception("the probe failed")
            found += self._untried(len(found), BugError.default_code)
        network = NetworkMeasures(ingests=tuple(found), best=choose_ingest(found))
        self._tell(ProbeDone(network=network, is_cancelled=is_cancelled))

    def _untried(self, begin: int, code: str) -> list[IngestMeasures]:
        return [IngestMeasures(name=one.name, is_reachable=False, code=code) for one in self._probes[begin:]]

    def _measure(self, index: int, probe: Probe, media: ProbeMedia) -> IngestMeasures:
        def on_progress(passed_ratio: float, kbps: float) -> None:
            whole = (index + passed_ratio) / len(self._probes)
            self._tell(ProbeProgress(target=probe.name, passed_ratio=whole, kbps=kbps))

        if self._stop.is_set():
            raise ProbeStopped
        self._tell(ProbeProgress(target=probe.name, passed_ratio=index / len(self._probes), kbps=0.0))
        measures = probe.run(media, self._stop, on_progress)
        _LOG.info(
            "probed %s: %s %.0f kbit/s, jitter %.0f ms, connected in %.0f ms",
            probe.name, measures.code or "well,", measures.throughput_kbps, measures.jitter_ms, measures.connect_ms,
        )  # fmt: skip
        return measures

    def _tell(self, event: ProbeProgress | ProbeDone) -> None:
        if not self._is_quiet:
            self._emit(event)
