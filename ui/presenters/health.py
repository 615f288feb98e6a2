"""The one sentence of health, its detail with figures, curve and record, and when the detail opens by itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.health import Grade
from app.domain.quality.model import Group
from app.i18n import Translator
from app.ports.engine import Stats
from app.usecases.state import DeskState, LogEntry
from ui.presenters.advice import quality_words
from ui.presenters.common import ON_AIR_PHASES, action_label, count_text, error_sentence, rate_text
from ui.presenters.quality_words import score_tone

LOG_LINES = 30
CURVE_S = 300
TONES = {Grade.IDLE: "neutral", Grade.GOOD: "good", Grade.WARN: "warn", Grade.BAD: "bad"}
_OPENS_BY_ITSELF = frozenset(
    f"health.{name}"
    for name in (
        "refused", "silent_ingest", "reconnecting", "no_picture", "no_sound", "network_bad", "network_slow",
        "computer_bad", "computer_slow",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    value: str
    label: str


@dataclass(frozen=True)
class PartView:
    label: str
    word: str
    tone: str


@dataclass(frozen=True)
class CurveView:
    """Seconds, oldest first: bitrate and backlog against the tops, drops as counts."""

    sent_kbps: tuple[float, ...] = ()
    backlog_ms: tuple[float, ...] = ()
    drops: tuple[int, ...] = ()
    top_kbps: float = 1.0
    top_backlog_ms: float = 1000.0
    span_s: int = CURVE_S


@dataclass(frozen=True)
class LogRow:
    time: str
    text: str


@dataclass(frozen=True)
class HealthView:
    tone: str
    pill: str
    sentence: str
    cause: str
    figures_line: str
    figures: tuple[Figure, ...]
    parts: tuple[PartView, ...]
    curve: CurveView
    log: tuple[LogRow, ...] = field(default=())
    action_label: str = ""
    action: str = ""


def present_health(state: DeskState, tr: Translator, *, is_detailed: bool = True) -> HealthView:
    """``is_detailed`` False leaves out what a folded card does not show."""
    report = state.health
    stats = state.engine.stats
    values = dict(report.detail)
    cause = tr.text("sentence.joiner").join(
        tr.text(text_id, **values) for text_id in (report.cause_id, report.advice_id) if text_id
    )
    return HealthView(
        tone=TONES[report.grade],
        pill=tr.text(f"health.pill.{report.grade.value}"),
        sentence=_all_well(state, tr) if report.message_id == "health.good" else tr.text(report.message_id, **values),
        cause=cause,
        figures_line=_figures_line(stats, tr),
        figures=_figures(stats, tr) if is_detailed else (),
        parts=_parts(state, tr) if is_detailed else (),
        curve=_curve(state.engine.history) if is_detailed else CurveView(),
        log=tuple(_log_row(entry, tr) for entry in reversed(state.log[-LOG_LINES:])) if is_detailed else (),
        action_label=action_label(report.action, tr),
        action=report.action if action_label(report.action, tr) else "",
    )


def _all_well(state: DeskState, tr: Translator) -> str:
    """Of picture and sound only what the meters say: nothing is called clear that was not measured."""
    groups = state.quality.score.groups
    seen = [group for group in (Group.PICTURE, Group.SOUND) if group in groups]
    weak = [group.value for group in seen if score_tone(groups[group]) != "good"]
    if weak:
        return tr.text(f"health.good_but_{weak[0] if len(weak) == 1 else 'both'}")
    return tr.text("health.good" if len(seen) == 2 else "health.good_network")


def _figures_line(stats: Stats | None, tr: Translator) -> str:
    if stats is None:
        return ""
    if stats.sent_kbps <= 0 and stats.frames_sent == 0:
        return tr.text("health.figures_idle", fps=f"{stats.programme_fps:.0f}")
    return tr.text(
        "health.figures",
        rate=rate_text(stats.sent_kbps),
        fps=f"{stats.programme_fps:.0f}",
        dropped=count_text(stats.frames_dropped),
    )


def _figures(stats: Stats | None, tr: Translator) -> tuple[Figure, ...]:
    dash = "–"
    values = [dash] * 6
    if stats is not None:
        sent = stats.frames_sent + stats.frames_dropped
        ratio = stats.frames_dropped / sent if sent else 0.0
        loud = f"{stats.loudness_lufs:.1f}".replace("-", "−")
        values = [
            rate_text(stats.sent_kbps),
            f"{stats.programme_fps:.1f}",
            f"{stats.frames_dropped} / {ratio:.1%}",
            f"{stats.backlog_ms / 1000:.1f} s",
            f"{stats.machine_cpu_ratio:.0%}",
            f"{loud} LUFS" if stats.loudness_lufs > -69 else dash,
        ]
    labels = ("rate", "fps", "dropped", "backlog", "cpu", "loudness")
    return tuple(Figure(value, tr.text(f"figure.{label}")) for value, label in zip(values, labels, strict=True))


def _parts(state: DeskState, tr: Translator) -> tuple[PartView, ...]:
    report = state.health
    link = tuple(
        PartView(tr.text(f"part.{name}"), tr.text(f"grade.{grade.value}"), TONES[grade])
        for name, grade in (("computer", report.computer), ("network", report.network), ("platform", report.platform))
    )
    return tuple(PartView(*words) for words in quality_words(state, tr)) + link


def _curve(history: tuple[Stats, ...]) -> CurveView:
    shown = history[-CURVE_S:]
    if not shown:
        return CurveView()
    dropped = [stats.frames_dropped for stats in shown]
    drops = tuple(max(0, after - before) for before, after in zip([dropped[0], *dropped], dropped, strict=False))
    sent = tuple(stats.sent_kbps for stats in shown)
    backlog = tuple(stats.backlog_ms for stats in shown)
    target = max(stats.target_kbps for stats in shown)
    return CurveView(sent, backlog, drops, max(*sent, target, 1.0) * 1.1, max(*backlog, 1000.0))


def _log_row(entry: LogEntry, tr: Translator) -> LogRow:
    moment = datetime.fromtimestamp(entry.at_ms / 1000).strftime("%H:%M:%S")
    if entry.message_id.startswith("error."):
        return LogRow(moment, error_sentence(entry.message_id[len("error.") :], entry.detail, tr))
    return LogRow(moment, tr.text(entry.message_id, **dict(entry.detail)))


class DetailFold:
    """Whether the detail is open. It opens by itself on trouble while on air and folds again when that is over;
    a person's own choice stands until a trouble of another kind comes."""

    def __init__(self) -> None:
        self.is_open = False
        self._is_ours = False
        self._seen = ""

    def toggle(self) -> bool:
        """The person opened or closed it; returns whether it is open now."""
        self.is_open = not self.is_open
        self._is_ours = False
        return self.is_open

    def follow(self, state: DeskState) -> bool:
        """Look at a new state; returns whether it is open now."""
        message_id = state.health.message_id
        is_trouble = state.broadcast.phase in ON_AIR_PHASES and message_id in _OPENS_BY_ITSELF
        if is_trouble and message_id != self._seen and not self.is_open:
            self.is_open = self._is_ours = True
        if not is_trouble and self._is_ours:
            self.is_open = self._is_ours = False
        self._seen = message_id if is_trouble else ""
        return self.is_open
