from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.contract.errors import ErrorCode
from app.contract.inbox import LinkPlace
from app.contract.rest import Category
from app.contract.room import ActionKind
from app.domain import health
from app.domain.health import Grade, HealthFigures, judge
from app.domain.measures import AppealState, ConductCategory, MeasureKind, MeasureState, PieceKind
from app.domain.reports import ReportState, TargetKind
from app.domain.room.restrictions import Length
from app.domain.room.rules import Policy
from app.errors import AppError, BugError, DeviceError, InputError, PlatformError, StorageError, StreamError
from app.i18n import LANGUAGES, Translator, load_emoji, load_texts, placeholders
from app.ports.engine import PublishStatus
from app.usecases import context
from app.usecases.state import BroadcastState, FiguresPhase, Trouble
from server.conduct.packs import Label
from tests.ui import fakes
from tests.ui.fakes import change
from ui.keys import KeyAction
from ui.presenters.common import Place, action_target
from ui.presenters.help import TROUBLES
from ui.presenters.room_side import RECORD_FILTERS
from ui.views.rail import ENTRIES
from ui.views.room.panel import TABS

ROOT = Path(__file__).resolve().parents[3]
UI_FILES = sorted((ROOT / "ui").rglob("*.py"))
ID = re.compile(r"\"([a-z_]+(?:\.[a-z0-9_]+)+)\"")
FAMILIES = {
    "measure": [kind.value for kind in MeasureKind],
    "measures.piece": [kind.value for kind in PieceKind],
    "measure.state": [state.value for state in MeasureState],
    "appeal": [state.value for state in AppealState if state is not AppealState.NONE],
    "conduct": [str(int(category)) for category in ConductCategory],
    "reporting": [f"of_{kind.value}" for kind in TargetKind]
    + [f"category_{int(one)}{end}" for one in ConductCategory for end in ("", "_hint")],
    "reports": [f"of_{kind.value}" for kind in TargetKind] + [f"state_{state.value}" for state in ReportState],
    "messages": [f"link_{place.value}" for place in LinkPlace if place is not LinkPlace.NONE],
    "room.act": [kind.value for kind in ActionKind],
    "room.length": [length.value for length in Length],
    "room.policy": [policy.value for policy in Policy],
    "room.filter": list(RECORD_FILTERS),
    "room.tab": list(TABS),
    "room.why": [*(label.value for label in Label), "word", "other"],
    "room.role": ["guest", "moderator", "owner", "operator"],
    "room.group": ["moderator", "muted", "viewer"],
    "room.tip": ["reply", "delete", "mute", "remove", "more"],
    "figures": ["onlookers", "peak", "average", "comments", "watch", "watch_each"],
    "summary": [f"figures_{phase.value}" for phase in FiguresPhase if phase is not FiguresPhase.TOLD],
    "category": [category.value for category in Category],
    "grade": [grade.value for grade in Grade],
    "network": [grade.value for grade in Grade],
    "health.pill": [grade.value for grade in Grade],
    "log": [f"publish_{status.value}" for status in PublishStatus],
    "theme": ["system", "light", "dark"],
    "quality": ["540p", "720p", "1080p"],
    "rail": [name for name, *_ in ENTRIES],
    "figure": ["rate", "fps", "dropped", "backlog", "cpu", "loudness"],
    "part": ["computer", "network", "platform"],
    "source.header": ["cameras", "screens", "microphones", "more"],
    "settings.section": ["general", "camera", "sound", "output", "network", "keys", "account", "about"],
    "keys": [action.value for action in KeyAction],
    "help": [name for trouble in TROUBLES for name in (trouble, f"{trouble}.do")],
}
SETTERS = re.compile(
    r"(?:bind\([^,()]+(?:\(\))?, |named\([^,]+, |\.text\(|add_title\(|self\.button\([^,]+, |section\.add\(|"
    r"tip=|hint_id=|message_id=)\s*\"([a-z_]+\.[a-z0-9_.]+)\""
)


def used_ids() -> set[str]:
    found: set[str] = set()
    for path in UI_FILES:
        found |= set(SETTERS.findall(path.read_text(encoding="utf-8").replace("\n", " ").replace("(     ", "(")))
    return found


def test_both_languages_have_the_same_ids_and_placeholders() -> None:
    zh, en = load_texts("zh"), load_texts("en")
    assert set(zh) == set(en)
    assert {key for key in zh if placeholders(zh[key]) != placeholders(en[key])} == set()
    assert {key for key in zh if not zh[key] and key != "sentence.joiner"} == set()


def test_every_id_that_the_screen_uses_exists() -> None:
    ids = used_ids()
    assert len(ids) > 120
    assert ids - set(load_texts("zh")) == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_a_family_has_a_text(family: str) -> None:
    assert {f"{family}.{value}" for value in FAMILIES[family]} - set(load_texts("zh")) == set()


def test_every_refusal_of_the_service_has_a_sentence() -> None:
    assert {f"error.{code.value}" for code in ErrorCode} - set(load_texts("zh")) == set()


def test_every_default_error_has_a_sentence() -> None:
    kinds: tuple[type[AppError], ...] = (
        DeviceError, PlatformError, StreamError, StorageError, InputError, BugError, AppError,
    )  # fmt: skip
    assert {kind().message_id for kind in kinds} - set(load_texts("zh")) == set()


def test_every_code_raised_or_told_has_a_sentence() -> None:
    told = re.compile(r"(?:Trouble|DeviceError|PlatformError|StreamError|StorageError|InputError)\(\s*\"([a-z_]+)\"")
    logged = re.compile(r"\.record\(\s*\"([a-z_.]+)\"")
    codes: set[str] = set()
    for folder in ("app", "capture", "ui"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            codes |= {f"error.{code}" for code in told.findall(text)} | set(logged.findall(text))
    assert codes - set(load_texts("zh")) == set()


def test_every_action_that_is_named_has_a_label_and_leads_somewhere() -> None:
    other = Trouble("session_busy", {"session_id": "s2", "title": "另一场"}, "start_that")
    waiting = change(fakes.off_air(), broadcast=BroadcastState(session=fakes.session(), trouble=other))
    named = {*context._ACTIONS.values(), *health._ACTIONS.values(), *Place, "continue_live", "end_waiting"}
    named -= {Place.KEYS, Place.HELP, Place.LIVE, Place.ACCOUNT}
    assert {f"action.{action}" for action in named} - set(load_texts("zh")) == set()
    assert [action for action in named if action_target(action, waiting) is None] == []


def test_codes_named_by_the_engine_have_sentences() -> None:
    text = (ROOT / "app/ports/engine/events.py").read_text(encoding="utf-8")
    named = re.findall(r'code: str = ""\n    """([a-z_,\s]+)"""', text)
    codes = {code for block in named for code in re.findall(r"[a-z]+_[a-z_]+", block)}
    assert {"no_camera", "disk_full", "ingest_silent"} <= codes
    assert {f"error.{code}" for code in codes} - set(load_texts("zh")) == set()


@pytest.mark.parametrize(
    "figures",
    [
        HealthFigures(),
        HealthFigures(is_on_air=True),
        HealthFigures(is_on_air=True, publish_status="refused"),
        HealthFigures(is_on_air=True, publish_status="reconnecting", publish_code="ingest_silent"),
        HealthFigures(is_on_air=True, publish_status="reconnecting"),
        HealthFigures(video_status="lost"),
        HealthFigures(audio_status="failed"),
        HealthFigures(is_on_air=True, video_status="lost"),
        HealthFigures(is_on_air=True, video_status="live", audio_status="failed"),
        HealthFigures(is_on_air=True, video_status="live"),
        HealthFigures(is_on_air=True, audio_status="live"),
        HealthFigures(is_on_air=True, video_status="live", audio_status="live", is_camera_off=True),
        HealthFigures(is_on_air=True, backlog_ms=3000),
        HealthFigures(late_ratio=0.5),
        HealthFigures(is_on_air=True, backlog_ms=700),
        HealthFigures(late_ratio=0.03),
        HealthFigures(is_on_air=True, video_status="live", audio_status="live", is_service_reachable=False),
        HealthFigures(is_on_air=True, video_status="live", audio_status="live", is_signed_out=True),
        HealthFigures(record_code="disk_full"),
        HealthFigures(is_on_air=True, is_muted=True),
        HealthFigures(is_on_air=True, quiet_s=20),
    ],
)
def test_every_judgement_of_health_has_its_sentences(figures: HealthFigures) -> None:
    report = judge(figures)
    action_id = f"action.{report.action}" if report.action else ""
    ids = {text_id for text_id in (report.message_id, report.cause_id, report.advice_id, action_id) if text_id}
    for language in ("zh", "en"):
        texts = load_texts(language)
        assert ids <= set(texts)
        assert {name for text_id in ids for name in placeholders(texts[text_id])} <= set(report.detail)


def test_no_chinese_text_lies_in_the_code() -> None:
    chinese = re.compile("[\u3400-\u9fff\uff00-\uffef]")
    found: list[str] = []
    for path in UI_FILES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if chinese.search(line) and '"""' not in line and "#" not in line and not _is_prose(path, number):
                found.append(f"{path.name}:{number}")
    assert found == []


def _is_prose(path: Path, number: int) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and node.lineno <= number <= (node.end_lineno or node.lineno)
        for node in ast.walk(tree)
    )


def test_placeholder_without_a_value_becomes_a_dash() -> None:
    assert "–" in Translator("zh").text("source.screen")
    assert Translator("en").text("source.screen", number=2) == "Screen 2"


def test_unknown_language_reads_as_chinese_and_unknown_id_is_seen() -> None:
    translator = Translator("xx")
    assert translator.language == "zh"
    assert translator.text("no.such") == "no.such"
    assert not translator.has("no.such")


def test_an_emoji_counts_as_one_character_and_has_a_name_in_each_language() -> None:
    listed = [load_emoji(language) for language in LANGUAGES]
    chosen = [[one.text for one in emoji] for emoji in listed]
    assert chosen[0] == chosen[1]
    assert len(set(chosen[0])) == len(chosen[0]) > 40
    assert {len(text) for text in chosen[0]} == {1}
    for emoji in listed:
        names = {one.name for one in emoji}
        assert len(names) == len(emoji)
        assert all(name.strip() and name not in chosen[0] for name in names)
