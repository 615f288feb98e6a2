"""This machine, measured before going on air: load, a trial of the encoder, disk, power. A worker's thread, 5–8 s."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.domain.quality.measures import ComputerMeasures
from app.errors import StorageError
from app.ports.engine import EncodeTrial, Output
from app.runtime.clock import Clock
from capture.encode.probe import probe_encoders
from capture.encode.trial import Costs, outputs_to_try, try_encoding
from capture.encode.video import SOFTWARE
from capture.meters.power import Power, read_power
from capture.outputs import AUTO
from capture.record.disk import free_bytes
from capture.record.finisher import FLOOR_FREE_BYTES

_LOG = logging.getLogger(__name__)

BUSY_S = 1.2
"""How long the load is watched before the trial: a moment's peak is no load."""
MOST_S = 8.0
_LAST_START_S = 5.6
"""No further size is begun after so long: making pictures and opening takes some 0.4 s, the trial 1.6 s at most."""


@dataclass(frozen=True)
class Senses:
    """What is asked of the system; replaced in tests."""

    busy_percent: Callable[[], float] = lambda: psutil.cpu_percent(None)
    """Of all cores since this thread asked last."""
    power: Callable[[], Power] = read_power
    free_bytes: Callable[[str], int] = free_bytes
    costs: Costs = field(default_factory=Costs)
    encoders: Callable[[Output], tuple[str, ...]] = probe_encoders
    try_encoding: Callable[..., EncodeTrial | None] = try_encoding


def measure_computer(
    output: Output, recording_dir: str, clock: Clock, stop: threading.Event, senses: Senses | None = None
) -> tuple[ComputerMeasures, tuple[EncodeTrial, ...]]:
    """Everything but the clock, which is the service's to tell; at most 8 s, and soon over when ``stop`` is set.

    ``output.encoder`` "auto" is looked for by trial: give the one that is known already where there is one.
    ``recording_dir``: empty when nothing is to be recorded. What was stopped or could not be measured is None.

    The first trial is of ``output`` itself, the others of the sizes in capture.encode.trial. A size that there was no
    time for is missing: those before took so long that it is too much for this machine.
    """
    senses = senses or Senses()
    began_s = clock.monotonic_s()
    busy_ratio, idle_cpu_ratio = _watch(clock, stop, senses)
    encoder = output.encoder
    if encoder == AUTO and not stop.is_set():
        encoder = senses.encoders(output)[0]
    trials: list[EncodeTrial] = []
    for wanted in outputs_to_try(output):
        # As on air: where the chosen encoder does not take it, libx264 does.
        for name in dict.fromkeys((encoder, SOFTWARE)):
            if stop.is_set() or clock.monotonic_s() - began_s > _LAST_START_S:
                break
            trial = senses.try_encoding(wanted, name, clock, stop, idle_cpu_ratio=idle_cpu_ratio, costs=senses.costs)
            if trial is not None:
                trials.append(trial)
                encoder = name if wanted is output else encoder
                break
    chosen = next((trial.encode_ratio for trial in trials if _is_of(trial, output)), None)
    free, minutes = _room(output, recording_dir, senses)
    power = senses.power()
    measures = ComputerMeasures(
        encoder="" if encoder == AUTO else encoder,
        encode_ratio=chosen,
        busy_ratio=busy_ratio,
        free_disk_bytes=free,
        disk_minutes=minutes,
        is_on_battery=power.is_on_battery,
        battery_ratio=power.battery_ratio,
        is_power_saving=power.is_power_saving,
    )
    return measures, tuple(trials)


def _watch(clock: Clock, stop: threading.Event, senses: Senses) -> tuple[float, float]:
    """Part of all cores that is in use, and processor seconds a second of this process, before anything is tried."""
    senses.busy_percent()
    began_s, began_cpu_s = clock.monotonic_s(), senses.costs.cpu_s()
    clock.wait(stop, BUSY_S)
    passed_s = max(1e-3, clock.monotonic_s() - began_s)
    cpu_s = senses.costs.cpu_s() - began_cpu_s
    return max(0.0, min(1.0, senses.busy_percent() / 100)), cpu_s / passed_s


def _is_of(trial: EncodeTrial, output: Output) -> bool:
    return (trial.width_px, trial.height_px, trial.rate_fps) == (output.width_px, output.height_px, output.rate_fps)


def _room(output: Output, recording_dir: str, senses: Senses) -> tuple[int | None, float | None]:
    """Bytes that are free, and minutes until a recording ends by itself.

    A folder that is not there yet counts as the one it will lie in.
    """
    if not recording_dir:
        return None, None
    place = Path(recording_dir)
    while not place.is_dir() and place != place.parent:
        place = place.parent
    try:
        free = senses.free_bytes(str(place))
    except StorageError as error:
        _LOG.info("the room for recordings is not known: %s", error.code)
        return None, None
    usable_bytes = max(0, free - FLOOR_FREE_BYTES)
    return free, usable_bytes * 8 / ((output.video_kbps + output.audio_kbps) * 1000) / 60
