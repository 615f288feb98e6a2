"""What the way to the platform costs, which address is the better one, and which format it carries. Pure;
docs/quality-model.md.

Points of the curves are (figure, share of the group's score).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.quality.computer import EASY_ENCODE_RATIO
from app.domain.quality.measures import IngestMeasures, NetworkMeasures
from app.domain.quality.model import BAD_SHARE, FOUND_SHARE, MOST_SHARE, Curve, Defect, Finding, Group

USED_RATIO = 0.7
"""So much of what was held may be planned with, sound included. YouTube's help asks broadcasters to leave 20 % of the
uplink free; a probe lasts ten seconds and a broadcast two hours, so a little less is taken."""
UPLINK_CURVE = Curve(
    (1 / USED_RATIO, 0.0), (1.15, FOUND_SHARE), (1.0, BAD_SHARE), (0.7, 0.75), (0.4, 0.93), (0.1, 0.98)
)
"""By throughput over what the programme needs. At 1 the queue no longer empties: pictures are late after each key frame
and left out with any hindrance; at 0.7 about every third picture is left out."""

STEADY_JITTER_MS = 50.0
JITTER_CURVE = Curve((STEADY_JITTER_MS, 0.0), (150.0, FOUND_SHARE), (400.0, BAD_SHARE), (1000.0, 0.7), (3000.0, 0.9))
"""By the standard deviation of what 100 ms of media need to arrive. ITU-T Y.1541 bounds the variation of delay at 50 ms
for real-time services. Players hold about a second and run dry now and then at 400 ms (2.5 times the deviation); from
800 ms on the publisher's queue of two seconds overflows as often."""

PROMPT_ANSWER_MS = 1500.0
ANSWER_CURVE = Curve((PROMPT_ANSWER_MS, 0.0), (2500.0, FOUND_SHARE), (5000.0, BAD_SHARE), (10_000.0, 0.6))
"""By the time from the first packet to the acceptance of the stream. It takes six to nine round trips (TCP, TLS, RTMP's
handshake and commands) and the look at the key: 1.5 s at 160 ms each, as across the world. Each interruption lasts that
much longer for viewers, and after 5 s a connection is given up."""


def judge_network(m: NetworkMeasures, wanted_kbps: int) -> tuple[Finding, ...]:
    """Findings for the address that will be taken; ``wanted_kbps`` is picture and sound together.

    ``values``: throughput_kbps and wanted_kbps, jitter_ms, connect_ms. Without an address that takes a stream there is
    nothing else to say.
    """
    best = best_of(m)
    if best is None:
        return (Finding(Defect.NO_INGEST, Group.NETWORK, MOST_SHARE),)
    ratio = best.throughput_kbps / max(1, wanted_kbps)
    uplink = {"throughput_kbps": best.throughput_kbps, "wanted_kbps": float(wanted_kbps)}
    return (
        Finding(Defect.NO_INGEST, Group.NETWORK, 0.0),
        # The probe ends at the highest rate that is proposed: who wants more is told nothing that was not measured.
        Finding(Defect.SLOW_UPLINK, Group.NETWORK, 0.0 if best.is_at_least else UPLINK_CURVE.share(ratio), uplink),
        Finding(
            Defect.UNSTEADY_UPLINK, Group.NETWORK, JITTER_CURVE.share(best.jitter_ms), {"jitter_ms": best.jitter_ms}
        ),
        Finding(
            Defect.SLOW_ANSWER, Group.NETWORK, ANSWER_CURVE.share(best.connect_ms), {"connect_ms": best.connect_ms}
        ),
    )  # fmt: skip


# ---- the better address --------------------------------------------------------------------------

ALIKE_RATIO = 0.9
"""Throughputs this near to the highest are alike: two probes of one line differ by as much."""


def choose_ingest(ingests: Sequence[IngestMeasures]) -> int | None:
    """The index of the one to take: of those that hold about the most, the steadiest; then the quicker, then the first.

    None when none takes a stream.
    """
    reachable = [index for index, one in enumerate(ingests) if one.is_reachable]
    if not reachable:
        return None
    most_kbps = max(ingests[index].throughput_kbps for index in reachable)
    alike = [index for index in reachable if ingests[index].throughput_kbps >= ALIKE_RATIO * most_kbps]
    # What costs nothing is no reason to leave the platform's own order.
    return min(
        alike,
        key=lambda index: (
            JITTER_CURVE.share(ingests[index].jitter_ms) + ANSWER_CURVE.share(ingests[index].connect_ms), index
        ),
    )  # fmt: skip


def best_of(m: NetworkMeasures) -> IngestMeasures | None:
    """The measures of the one to take."""
    return None if m.best is None else m.ingests[m.best]


# ---- size, rate, bit rate ------------------------------------------------------------------------

AUDIO_KBPS = 128
_STEP_KBPS = 50
LEAST_RATE_RATIO = 0.75
"""A size keeps its looks down to three quarters of its bit rate; below, the next smaller one looks better."""


@dataclass(frozen=True)
class Rung:
    width_px: int
    height_px: int
    rate_fps: int
    video_kbps: int

    @property
    def pixels_per_s(self) -> int:
        """What an encoder's time goes by."""
        return self.width_px * self.height_px * self.rate_fps


RUNGS = (
    Rung(640, 360, 15, 450),
    Rung(960, 540, 20, 900),
    Rung(960, 540, 30, 1200),
    Rung(1280, 720, 30, 2500),
    Rung(1920, 1080, 30, 4500),
)
"""From the least on: the formats that the settings offer, and two below them for weak lines and machines. With fewer
than 30 pictures a second lips no longer follow the words as they should, so the size goes first."""


class Limit(StrEnum):
    """What keeps the proposal from being a higher one."""

    NONE = "none"
    NETWORK = "network"
    COMPUTER = "computer"
    BOTH = "both"


@dataclass(frozen=True)
class Recommendation:
    width_px: int
    height_px: int
    rate_fps: int
    video_kbps: int
    reason: Limit

    @property
    def is_limited_by_network(self) -> bool:
        return self.reason in (Limit.NETWORK, Limit.BOTH)

    @property
    def is_limited_by_computer(self) -> bool:
        return self.reason in (Limit.COMPUTER, Limit.BOTH)


def recommend(network: NetworkMeasures, encode_ratios: Mapping[tuple[int, int, int], float]) -> Recommendation:
    """The highest rung that network and computer carry; the lowest when they carry none.

    ``encode_ratios``: (width, height, rate) → time that a second of it takes. A size that was not tried is reckoned
    from the nearest one that was, by pixels a second. What is not known (no address reachable, nothing tried) limits
    nothing.
    """
    best = best_of(network)
    allowed_kbps = None if best is None else int(best.throughput_kbps * USED_RATIO) - AUDIO_KBPS
    by_network = _by_network(allowed_kbps)
    by_computer = _by_computer(encode_ratios)
    top = (len(RUNGS) - 1, RUNGS[-1].video_kbps)
    chosen = min(by_network, by_computer)
    is_network = by_network == chosen and chosen < top
    is_computer = by_computer == chosen and chosen < top
    if is_network:
        reason = Limit.BOTH if is_computer else Limit.NETWORK
    else:
        reason = Limit.COMPUTER if is_computer else Limit.NONE
    rung = RUNGS[chosen[0]]
    return Recommendation(rung.width_px, rung.height_px, rung.rate_fps, chosen[1], reason)


def _by_network(allowed_kbps: int | None) -> tuple[int, int]:
    """The rung's index, and its bit rate: lessened in steps of 50 where the whole does not fit."""
    if allowed_kbps is None:
        return len(RUNGS) - 1, RUNGS[-1].video_kbps
    for index in range(len(RUNGS) - 1, -1, -1):
        rung = RUNGS[index]
        if allowed_kbps >= rung.video_kbps * LEAST_RATE_RATIO:
            return index, min(rung.video_kbps, max(_STEP_KBPS, allowed_kbps // _STEP_KBPS * _STEP_KBPS))
    least = RUNGS[0]
    return 0, max(round(least.video_kbps * LEAST_RATE_RATIO / _STEP_KBPS) * _STEP_KBPS, _STEP_KBPS)


def _by_computer(encode_ratios: Mapping[tuple[int, int, int], float]) -> tuple[int, int]:
    if not encode_ratios:
        return len(RUNGS) - 1, RUNGS[-1].video_kbps
    index = max((at for at, rung in enumerate(RUNGS) if _ratio(rung, encode_ratios) <= EASY_ENCODE_RATIO), default=0)
    return index, RUNGS[index].video_kbps


def _ratio(rung: Rung, encode_ratios: Mapping[tuple[int, int, int], float]) -> float:
    tried = encode_ratios.get((rung.width_px, rung.height_px, rung.rate_fps))
    if tried is not None:
        return tried
    nearest = min(encode_ratios, key=lambda one: (abs(_pixels_per_s(one) - rung.pixels_per_s), one))
    return encode_ratios[nearest] * rung.pixels_per_s / max(1, _pixels_per_s(nearest))


def _pixels_per_s(size: tuple[int, int, int]) -> int:
    width_px, height_px, rate_fps = size
    return width_px * height_px * rate_fps
