"""How what was measured and judged is called: figures with units, sentences of defects, words of scores. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.domain.quality.measures import IngestMeasures, NetworkMeasures, PictureMeasures, SoundMeasures
from app.domain.quality.mends import MENDS
from app.domain.quality.model import Defect, Finding, Grade, Group
from app.i18n import Translator
from app.usecases.quality_state import QualityDesk
from ui.presenters.common import bytes_text, rate_text

GOOD_SCORE, FAIR_SCORE = 80, 60
"""From here on a score is called good, respectively usable."""
TONES = {Grade.GOOD: "good", Grade.WARN: "warn", Grade.BAD: "bad"}
WORD_JOINER = "\u2060"
CAST_SEEN = 3.0
"""Steps of Cb or Cr from which a tint is named."""


def signed(value: float, digits: int = 1) -> str:
    """−18.4: with the sign for minus, and no minus before zero."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "" if float(text) == 0 else "−")


def _whole(value: float) -> str:
    return signed(value, 0)


def _share(value: float) -> str:
    return f"{value:.0%}"


def _fine_share(value: float) -> str:
    return f"{value:.1%}"


def _apart(value: float) -> str:
    return f"{abs(value):.1f}"


_FORMATS: Mapping[str, Callable[[float], str]] = {
    "luma": _whole, "face_luma": _whole, "backlight_stops": signed, "clipped_ratio": _share,
    "face_clipped_ratio": _share, "faces": _whole, "sharpness": _share, "detail_ratio": _share, "noise": signed,
    "flicker_ratio": _fine_share, "frozen_s": _whole, "delivered_fps": signed, "wanted_fps": _whole,
    "jitter_ms": _whole, "peak_db": signed, "true_peak_db": signed, "short_term_lufs": signed,
    "integrated_lufs": signed, "snr_db": _whole, "noise_db": _whole, "hum_db": _whole, "hum_hz": _whole,
    "clipped_per_s": signed, "reverberation_s": signed, "side_db": _apart, "dropouts_per_min": _whole,
    "connect_ms": _whole, "throughput_kbps": rate_text, "encode_ratio": _share, "busy_ratio": _share,
    "disk_minutes": _whole, "battery_ratio": _share, "clock_off_s": _apart,
    "free_disk_bytes": lambda size: bytes_text(round(size)),
}  # fmt: skip
"""Figures that a sentence may name, by the names of app.domain.quality.measures."""


_ALIASES = {"stops": "backlight_stops", "depth_ratio": "flicker_ratio", "fps": "delivered_fps", "seconds": "frozen_s"}
"""Figures of a finding that the measures call otherwise."""
ASIDE_RATIO, BURNT_RATIO, FACE_BURNT_RATIO = 0.18, 0.18, 0.1
"""From here on these are what was found; else it is another figure of the same defect."""


def best_ingest(network: NetworkMeasures | None) -> IngestMeasures | None:
    """The address that will be taken; None while none is reachable."""
    if network is None or network.best is None or not 0 <= network.best < len(network.ingests):
        return None
    return network.ingests[network.best]


def said_values(finding: Finding, desk: QualityDesk) -> dict[str, str]:
    """What a sentence about ``finding`` may name: the newest measures of its group, over them its own figures."""
    measures: object | None = {
        Group.PICTURE: desk.picture,
        Group.SOUND: desk.sound,
        Group.NETWORK: best_ingest(desk.probe.network),
        Group.COMPUTER: desk.computer,
    }[finding.group]
    own = {_ALIASES.get(name, name): value for name, value in finding.values.items()}
    known = {**(vars(measures) if measures is not None else {}), **own}
    if known.get("face_luma") is None:
        known["face_luma"] = known.get("luma")
    return {name: show(known[name]) for name, show in _FORMATS.items() if known.get(name) is not None}


def found_sentence(finding: Finding, desk: QualityDesk, tr: Translator) -> str:
    """What a defect means and what to do about it."""
    return tr.text(_most_exact("quality.found", finding, tr), **said_values(finding, desk))


def advice_sentence(finding: Finding, desk: QualityDesk, tr: Translator) -> str:
    """The same on air: what has changed."""
    return tr.text(_most_exact("advice", finding, tr), **said_values(finding, desk))


def first_words(finding: Finding, tr: Translator) -> str:
    """What to do first, as a part of a sentence."""
    return tr.text(_most_exact("quality.first", finding, tr))


def _most_exact(family: str, finding: Finding, tr: Translator) -> str:
    """Some defects have several causes, each with words of its own where the family has them."""
    known, values = f"{family}.{finding.defect.value}", finding.values
    cause = ""
    if finding.defect is Defect.OFF_CENTRE and abs(values.get("offset_ratio", 1.0)) < ASIDE_RATIO:
        cause = "low"
    elif finding.defect is Defect.CLIPPED and values.get("clipped_ratio", 1.0) < BURNT_RATIO:
        cause = "face" if values.get("face_clipped_ratio", 0.0) >= FACE_BURNT_RATIO else "shadows"
    exact = f"{known}.{cause}"
    return exact if cause and tr.has(exact) else known


def mend_label(defect: Defect, tr: Translator) -> str:
    """The button that mends it; empty where none does."""
    mend = MENDS.get(defect)
    return tr.text(f"mend.{mend.value}") if mend is not None else ""


def mended_sentence(defect: Defect, tr: Translator) -> str:
    """What was done about it."""
    mend = MENDS.get(defect)
    return tr.text(f"mend.done.{mend.value}") if mend is not None else ""


def score_tone(score: int) -> str:
    """good, warn or bad."""
    return "good" if score >= GOOD_SCORE else "warn" if score >= FAIR_SCORE else "bad"


def groups_line(groups: Mapping[Group, int], tr: Translator) -> str:
    """画面 74 · 声音 88, of what was measured."""
    return " · ".join(
        f"{tr.text(f'quality.group.{group.value}')} {groups[group]}" for group in Group if group in groups
    )


def breaking_at_dots(line: str) -> str:
    """The same line for where it may be too long: it breaks behind a dot only, never within a word or its figure."""
    parts = (WORD_JOINER.join(part.replace(" ", "\xa0")) for part in line.split(" · "))
    return "\xa0· ".join(parts)


# ---- the figure of a row -------------------------------------------------------------------------


def framing(desk: QualityDesk, tr: Translator) -> str:
    """占画面 31%, by the height of the face."""
    picture = desk.picture
    if picture is None or picture.faces is None:
        return ""
    if picture.face is None:
        return tr.text("quality.figure.no_face")
    share = tr.text("quality.figure.framing", share=_share(picture.face.height_ratio))
    return share if picture.faces < 2 else share + " · " + tr.text("quality.figure.faces", count=picture.faces)


def light(desk: QualityDesk, tr: Translator) -> str:
    """面部亮度 78 / 255; of the whole picture where no face is seen."""
    picture = desk.picture
    if picture is None:
        return ""
    if picture.face_luma is not None:
        return tr.text("quality.figure.face_luma", luma=_whole(picture.face_luma))
    return tr.text("quality.figure.luma", luma=_whole(picture.luma))


def colour(desk: QualityDesk, tr: Translator) -> str:
    """偏黄 8, or natural."""
    picture = desk.picture
    if picture is None:
        return ""
    is_blue = abs(picture.cast_blue) >= abs(picture.cast_red)
    cast = picture.cast_blue if is_blue else picture.cast_red
    if abs(cast) < CAST_SEEN:
        return tr.text("quality.figure.no_cast")
    hue = ("blue" if cast > 0 else "yellow") if is_blue else ("red" if cast > 0 else "green")
    return tr.text(f"quality.figure.cast_{hue}", steps=_whole(abs(cast)))


def sharpness(desk: QualityDesk, tr: Translator) -> str:
    """锐度 82%."""
    picture = desk.picture
    if picture is None or picture.sharpness is None:
        return ""
    return tr.text("quality.figure.sharpness", share=_share(picture.sharpness))


def picture_noise(desk: QualityDesk, tr: Translator) -> str:
    """1.2 级."""
    picture = desk.picture
    if picture is None or picture.noise is None:
        return ""
    return tr.text("quality.figure.picture_noise", steps=signed(picture.noise))


def motion(desk: QualityDesk, tr: Translator) -> str:
    """29.9 帧/秒."""
    picture = desk.picture
    if picture is None or picture.delivered_fps is None:
        return ""
    return tr.text("quality.figure.fps", fps=signed(picture.delivered_fps))


def flicker(desk: QualityDesk, tr: Translator) -> str:
    """深度 1.2%."""
    picture = desk.picture
    if picture is None or picture.flicker_ratio is None:
        return ""
    return tr.text("quality.figure.flicker", share=_fine_share(picture.flicker_ratio))


def loudness_of(sound: SoundMeasures) -> float:
    """Of all that was said so far, else of the last seconds; LUFS."""
    return sound.integrated_lufs if sound.integrated_lufs is not None else sound.short_term_lufs


def volume(desk: QualityDesk, tr: Translator) -> str:
    """−18.4 LUFS."""
    sound = desk.sound
    if sound is None or loudness_of(sound) <= -69:
        return ""
    return f"{signed(loudness_of(sound))} LUFS"


def noise(desk: QualityDesk, tr: Translator) -> str:
    """信噪比 21 dB."""
    sound = desk.sound
    if sound is None or sound.snr_db is None:
        return ""
    return tr.text("quality.figure.snr", level=_whole(sound.snr_db))


def hum(desk: QualityDesk, tr: Translator) -> str:
    """50 Hz · 高出 12 dB."""
    sound = desk.sound
    if sound is None or sound.hum_db is None:
        return ""
    if sound.hum_hz is None:
        return tr.text("quality.figure.no_hum")
    return tr.text("quality.figure.hum", hz=_whole(sound.hum_hz), level=_whole(sound.hum_db))


def clipping(desk: QualityDesk, tr: Translator) -> str:
    """0 次."""
    sound = desk.sound
    if sound is None:
        return ""
    if sound.clipped_per_s <= 0:
        return tr.text("quality.figure.no_clipping")
    return tr.text("quality.figure.clipping", count=signed(sound.clipped_per_s))


def reverberation(desk: QualityDesk, tr: Translator) -> str:
    """0.4 秒."""
    sound = desk.sound
    if sound is None or sound.reverberation_s is None:
        return ""
    return tr.text("quality.figure.reverberation", seconds=signed(sound.reverberation_s))


def sides(desk: QualityDesk, tr: Translator) -> str:
    """左右差 0.4 dB."""
    sound = desk.sound
    if sound is None or sound.side_db is None:
        return ""
    return tr.text("quality.figure.sides", level=_apart(sound.side_db))


def dropouts(desk: QualityDesk, tr: Translator) -> str:
    """每分钟 0 次."""
    sound = desk.sound
    return "" if sound is None else tr.text("quality.figure.dropouts", count=_whole(sound.dropouts_per_min))


def uplink(desk: QualityDesk, tr: Translator) -> str:
    """8.6 Mbps; 至少 where the line was not full."""
    ingest = best_ingest(desk.probe.network)
    if ingest is None:
        return ""
    rate = rate_text(ingest.throughput_kbps)
    return tr.text("quality.figure.at_least", rate=rate) if ingest.is_at_least else rate


def encoder(desk: QualityDesk, tr: Translator) -> str:
    """用去 35%."""
    computer = desk.computer
    if computer is None or computer.encode_ratio is None:
        return ""
    return tr.text("quality.figure.encoder", share=_share(computer.encode_ratio))


def processor(desk: QualityDesk, tr: Translator) -> str:
    """占用 23%."""
    computer = desk.computer
    return "" if computer is None else tr.text("quality.figure.busy", share=_share(computer.busy_ratio))


def disk(desk: QualityDesk, tr: Translator) -> str:
    """182 GB."""
    computer = desk.computer
    if computer is None or computer.free_disk_bytes is None:
        return ""
    return tr.text("quality.figure.disk", size=bytes_text(computer.free_disk_bytes))


def power(desk: QualityDesk, tr: Translator) -> str:
    """接着电源, or 电池 63%."""
    computer = desk.computer
    if computer is None or computer.is_on_battery is None:
        return ""
    if not computer.is_on_battery:
        return tr.text("quality.figure.mains")
    if computer.battery_ratio is None:
        return tr.text("quality.figure.battery_unknown")
    return tr.text("quality.figure.battery", share=_share(computer.battery_ratio))


def clock(desk: QualityDesk, tr: Translator) -> str:
    """差 0.3 秒; how far it is off is known to the judgement only, which heard the platform's time."""
    found = (one for one in desk.findings.get(Group.COMPUTER, ()) if one.defect is Defect.CLOCK_WRONG)
    off_s = next((one.values.get("clock_off_s") for one in found), None)
    return "" if off_s is None else tr.text("quality.figure.clock", seconds=_apart(off_s))


def picture_chip(picture: PictureMeasures | None, tr: Translator) -> str:
    """1280 × 720 · 29.9 帧/秒."""
    if picture is None:
        return ""
    size = f"{picture.width_px} × {picture.height_px}"
    if picture.delivered_fps is None:
        return size
    return f"{size} · {tr.text('quality.figure.fps', fps=signed(picture.delivered_fps))}"
