"""What this machine's state costs: its encoder, its load, its disk, its power, its clock. Pure; docs/quality-model.md.

Points of the curves are (figure, share of the group's score). A figure that is not known costs nothing and is not told.
"""

from __future__ import annotations

from app.domain.quality.measures import ComputerMeasures
from app.domain.quality.model import BAD_SHARE, FOUND_SHARE, Curve, Defect, Finding, Group

EASY_ENCODE_RATIO = 0.6
"""Up to here a size may be proposed: hard pictures (a moving crowd, a slide with small print) cost some half more than
what was tried, and at 1 pictures begin to be left out."""
ENCODER_CURVE = Curve((EASY_ENCODE_RATIO, 0.0), (0.8, 0.15), (0.9, BAD_SHARE), (1.0, 0.6), (1.5, 0.9), (3.0, 0.98))
"""By the time that one second of the programme takes. From 1 on it cannot keep up (OBS Studio: "Encoding overloaded!
Consider turning down video settings"), and viewers see it stutter."""

BUSY_CURVE = Curve((0.5, 0.0), (0.7, FOUND_SHARE), (0.85, BAD_SHARE), (1.0, 0.7))
"""By the part of all cores that is in use before anything is encoded. With one queue, time waited grows as ρ / (1 − ρ)
(M/M/1): at 0.5 work waits as long as it takes, at 0.7 over twice, at 0.85 nearly six times as long."""

DISK_EASY_MINUTES, DISK_FOUND_MINUTES, DISK_BAD_MINUTES = 120.0, 60.0, 10.0
DISK_CURVE = Curve(
    (DISK_EASY_MINUTES, 0.0), (DISK_FOUND_MINUTES, FOUND_SHARE), (DISK_BAD_MINUTES, BAD_SHARE), (0.0, 0.6)
)
"""By the minutes that a recording has room for. A session is planned for an hour or two; a full disk ends the recording
and leaves the broadcast as it is."""

BATTERY_CURVE = Curve((1.0, FOUND_SHARE), (0.5, 0.15), (0.2, BAD_SHARE), (0.05, 0.8), (0.0, 0.9))
"""On battery, by its charge. Encoding, camera and screen empty a laptop's in one to three hours. At 20 % Windows 10 and
11 turn on battery saver by themselves (learn.microsoft.com, "Battery Saver"); from about 5 % on systems sleep."""
UNKNOWN_CHARGE_RATIO = 0.5

POWER_SAVING_CURVE = Curve((0.0, 0.0), (1.0, 0.12))
"""Whether power is being saved. What it slows down is in the trial already; what remains is that clocks may fall
further as the machine warms up, and that the screen dims and programs in the background stop."""

CLOCK_CURVE = Curve((10.0, 0.0), (30.0, FOUND_SHARE), (300.0, BAD_SHARE), (86_400.0, 0.6))
"""By seconds off, in either direction. The platform's time is heard with a delay of some seconds: below ten nothing is
known. One-time passwords change every 30 s (RFC 6238, 5.2); with 5 minutes tickets and tokens are refused (RFC 4120,
RFC 7519, 4.1.4: leeway of "no more than a few minutes"), with a day certificates are not valid yet or any longer."""


def judge_computer(m: ComputerMeasures) -> tuple[Finding, ...]:
    """One finding for each figure that is known, also where it costs nothing.

    ``values`` are the figures themselves by the names of ``ComputerMeasures``; ``clock_off_s`` has its sign: positive
    when this machine is ahead.
    """
    found: list[Finding] = []

    def add(defect: Defect, share: float, **values: float) -> None:
        found.append(Finding(defect, Group.COMPUTER, share, values))

    if m.encode_ratio is not None:
        add(Defect.ENCODER_SLOW, ENCODER_CURVE.share(m.encode_ratio), encode_ratio=m.encode_ratio)
    add(Defect.BUSY, BUSY_CURVE.share(m.busy_ratio), busy_ratio=m.busy_ratio)
    if m.disk_minutes is not None:
        disk = {"disk_minutes": m.disk_minutes}
        if m.free_disk_bytes is not None:
            disk["free_disk_bytes"] = float(m.free_disk_bytes)
        add(Defect.DISK_LOW, DISK_CURVE.share(m.disk_minutes), **disk)
    if m.is_on_battery is not None:
        charge = {} if m.battery_ratio is None else {"battery_ratio": m.battery_ratio}
        add(Defect.ON_BATTERY, _battery_share(m) if m.is_on_battery else 0.0, **charge)
    if m.is_power_saving is not None:
        add(Defect.POWER_SAVING, POWER_SAVING_CURVE.share(float(m.is_power_saving)))
    if m.clock_off_s is not None:
        add(Defect.CLOCK_WRONG, CLOCK_CURVE.share(abs(m.clock_off_s)), clock_off_s=m.clock_off_s)
    return tuple(found)


def _battery_share(m: ComputerMeasures) -> float:
    return BATTERY_CURVE.share(UNKNOWN_CHARGE_RATIO if m.battery_ratio is None else m.battery_ratio)
