"""The report for support: what was measured, as plain text in the language of the screen. Pure.

It holds figures, formats and the names of the platform's nodes, and nothing that tells a person: no name of a device or
an account, no title, no path, no address and no key. Everything in it is put there one by one, so that a field that is
new somewhere else cannot slip in.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from app import __version__
from app.domain.quality.measures import ComputerMeasures, NetworkMeasures, PictureMeasures, SoundMeasures
from app.domain.quality.model import Finding, Group
from app.i18n import Translator
from app.ports.engine import (
    AudioSource,
    CameraSource,
    DemoSound,
    DemoSource,
    FileSound,
    FileSource,
    MicSource,
    Output,
    ScreenSource,
    SourceChanged,
    VideoSource,
)
from app.usecases.state import DeskState
from ui.presenters import quality_words as words
from ui.presenters.common import bytes_text, error_sentence, rate_text
from ui.presenters.preflight_rows import SPECS, output_text

_NAME = re.compile(r"[\w \-]{1,24}")
"""What a name from outside may look like. An address has dots, colons or slashes, and is not told."""


def system_name() -> str:
    """Linux 6.1, Windows 11, Darwin 23.4: no name of the machine."""
    return f"{platform.system()} {platform.release()}".strip()


def report_text(state: DeskState, tr: Translator, at: datetime, *, system: str = "") -> str:
    """All of it; ``at`` is when, in any zone. ``system``: what it runs on, by default this one."""
    desk = state.quality
    lines = [
        tr.text("quality.report.title"),
        tr.text("quality.report.at", time=at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")),
        tr.text("quality.report.program", version=__version__, system=system or system_name()),
        tr.text("quality.report.phase", phase=tr.text(f"quality.report.phase.{state.broadcast.phase.value}")),
        "",
        tr.text("quality.report.score", total=desk.score.total if desk.score.total is not None else "–"),
        words.groups_line(desk.score.groups, tr) or tr.text("quality.report.nothing"),
        "",
        *_formats(state, tr),
        *_picture(desk.picture, tr),
        *_sound(desk.sound, tr),
        *_network(desk.probe.network, tr),
        *_computer(desk.computer, tr),
    ]
    if desk.probe.trouble is not None:
        # the sentence without its details: they may name an address
        lines.append(tr.text("quality.report.network_failed", reason=error_sentence(desk.probe.trouble.code, {}, tr)))
    if desk.proposal is not None:
        fps = desk.proposal.rate_fps
        lines.append(tr.text("quality.report.proposal", output=output_text(desk.proposal), fps=fps))
    lines += ["", *_findings(state, tr)]
    return "\n".join(lines).rstrip() + "\n"


def _formats(state: DeskState, tr: Translator) -> Iterable[str]:
    engine = state.engine
    output: Output = engine.output
    yield tr.text(
        "quality.report.output", size=f"{output.width_px}x{output.height_px}@{output.rate_fps}",
        rate=rate_text(output.video_kbps), sound=rate_text(output.audio_kbps),
    )  # fmt: skip
    yield tr.text("quality.report.sources", picture=_kind(engine.video), sound=_kind(engine.audio))
    yield tr.text("quality.report.states", picture=_status(engine.video_status), sound=_status(engine.audio_status))


def _kind(source: VideoSource | AudioSource | None) -> str:
    """What kind of source; never which."""
    match source:
        case CameraSource():
            return "camera"
        case ScreenSource():
            return "screen"
        case MicSource():
            return "microphone"
        case FileSource() | FileSound():
            return "file"
        case DemoSource() | DemoSound():
            return "demo"
        case _:
            return "none"


def _status(status: SourceChanged | None) -> str:
    if status is None:
        return "–"
    size = f" {status.width_px}x{status.height_px}" if status.width_px else ""
    return f"{status.status.value}{size}{' ' + status.code if status.code else ''}"


def _picture(picture: PictureMeasures | None, tr: Translator) -> Iterable[str]:
    if picture is None:
        return
    face = picture.face
    yield _line("quality.report.picture", tr, {
        "size": f"{picture.width_px}x{picture.height_px}", "observed_s": picture.observed_s,
        "faces": picture.faces, "face_height": None if face is None else face.height_ratio,
        "luma": picture.luma, "luma_spread": picture.luma_spread, "face_luma": picture.face_luma,
        "backlight_stops": picture.backlight_stops, "clipped": picture.clipped_ratio,
        "face_clipped": picture.face_clipped_ratio, "crushed": picture.crushed_ratio,
        "cast_blue": picture.cast_blue, "cast_red": picture.cast_red, "sharpness": picture.sharpness,
        "detail": picture.detail_ratio, "noise": picture.noise, "flicker": picture.flicker_ratio,
        "frozen_s": picture.frozen_s, "fps": picture.delivered_fps, "wanted_fps": picture.wanted_fps,
        "jitter_ms": picture.jitter_ms,
    })  # fmt: skip


def _sound(sound: SoundMeasures | None, tr: Translator) -> Iterable[str]:
    if sound is None:
        return
    yield _line("quality.report.sound", tr, {
        "observed_s": sound.observed_s, "peak_db": sound.peak_db, "true_peak_db": sound.true_peak_db,
        "short_term_lufs": sound.short_term_lufs, "integrated_lufs": sound.integrated_lufs,
        "speech_s": sound.speech_s, "speech_db": sound.speech_db, "noise_db": sound.noise_db, "snr_db": sound.snr_db,
        "hum_db": sound.hum_db, "hum_hz": sound.hum_hz, "clipped_per_s": sound.clipped_per_s,
        "reverberation_s": sound.reverberation_s, "silent": float(sound.is_silent), "side_db": sound.side_db,
        "dropouts_per_min": sound.dropouts_per_min,
    })  # fmt: skip


def _network(network: NetworkMeasures | None, tr: Translator) -> Iterable[str]:
    if network is None:
        return
    for number, ingest in enumerate(network.ingests):
        mark = " *" if number == network.best else ""
        name = _plain(ingest.name) or f"#{number + 1}"
        if not ingest.is_reachable:
            yield tr.text("quality.report.ingest_away", name=name, code=_plain(ingest.code) or "–")
            continue
        yield tr.text(
            "quality.report.ingest", name=name + mark, rate=rate_text(ingest.throughput_kbps),
            connect=f"{ingest.connect_ms:.0f}", jitter=f"{ingest.jitter_ms:.0f}",
        )  # fmt: skip


def _plain(name: str) -> str:
    return name if _NAME.fullmatch(name) else ""


def _computer(computer: ComputerMeasures | None, tr: Translator) -> Iterable[str]:
    if computer is None:
        return
    free = computer.free_disk_bytes
    figures: dict[str, float | str | None] = {
        "encoder": _plain(computer.encoder), "encode_ratio": computer.encode_ratio,
        "busy_ratio": computer.busy_ratio, "free_disk": None if free is None else bytes_text(free),
        "disk_minutes": computer.disk_minutes,
        "on_battery": None if computer.is_on_battery is None else float(computer.is_on_battery),
        "battery_ratio": computer.battery_ratio,
        "power_saving": None if computer.is_power_saving is None else float(computer.is_power_saving),
        "clock_off_s": computer.clock_off_s,
    }  # fmt: skip
    yield _line("quality.report.computer", tr, figures)


def _line(title_id: str, tr: Translator, figures: dict[str, float | str | None]) -> str:
    """name=value of what is known; the names stay as they are in every language, for whoever reads many reports."""
    parts = (f"{name}={_figure(value)}" for name, value in figures.items() if value is not None and value != "")
    return f"{tr.text(title_id)}: {' '.join(parts)}"


def _figure(value: float | str) -> str:
    if isinstance(value, str):
        return value.replace(" ", "")
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _findings(state: DeskState, tr: Translator) -> Iterable[str]:
    desk = state.quality
    lost = {finding.defect: points for finding, points in desk.score.lost}
    names = {defect: tr.text(f"quality.row.{spec.id}") for spec in SPECS for defect in spec.defects}
    told = [one for group in Group for one in desk.findings.get(group, ()) if one.share > 0]
    if not told:
        yield tr.text("quality.report.no_findings")
        return
    yield tr.text("quality.report.findings")
    for one in sorted(told, key=lambda finding: -finding.share):
        name = names.get(one.defect, tr.text(f"quality.group.{one.group.value}"))
        yield f"- {name} ({one.defect.value}): {_costs(one, lost.get(one.defect, 0), tr)}"
    if desk.mended:
        yield tr.text("quality.report.mended", names=" ".join(sorted(one.value for one in desk.mended)))


def _costs(finding: Finding, points: int, tr: Translator) -> str:
    figures = " ".join(f"{name}={_figure(float(value))}" for name, value in sorted(finding.values.items()))
    costs = tr.text("quality.report.costs", share=f"{finding.share:.0%}", points=points)
    return f"{costs}; {figures}" if figures else costs
