"""Both languages of the pages say the same things, and nothing is kept that no page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.contract.errors import ErrorCode
from app.contract.questions import QuestionAct
from app.contract.room import ActionKind
from app.domain.measures import ConductCategory
from app.domain.reports import ProofKind, ReportState, RightKind, TargetKind
from app.domain.room.restrictions import Length
from app.domain.session import EndReason
from server.pages.language import LANGUAGES, load_texts
from server.pages.routes import STATIC_DIR
from tools.check_files import translation_findings

PAGES = STATIC_DIR.parent
LITERAL = re.compile(r"""["'`]([a-z]+(?:\.[a-z_]+)+|viewers)["'`]""")
VIEWS = ("loading", "waiting", "interrupted", "ended", "reconnecting", "offline", "unsupported", "removed")
WHY_HELD = {"advert", "contact", "impersonation", "other", "prohibited", "recruit", "word"}
FAMILIES = {
    "player.": {*VIEWS} | {f"{view}_hint" for view in ("waiting", "interrupted", "unsupported", "ended", "removed")},
    "pill.": {"scheduled", "waiting", "live", "interrupted", "ended"},
    "chat.backlog_": {"loading", "failed"},
    "player.ended_": {reason.value for reason in EndReason} - {EndReason.ANCHOR.value},
    "report.category_": {str(one.value) for one in ConductCategory},
    "report.target_": {one.value for one in TargetKind},
    "report.of_": {one.value for one in TargetKind},
    "report.state_": {one.value for one in ReportState},
    "mod.length_": {one.value for one in Length},
    "mod.did_": {one.value for one in ActionKind},
    "mod.why_": WHY_HELD,
    "ask.do_": {one.value for one in QuestionAct},
    "complaint.right_": {one.value for one in RightKind},
    "complaint.state_": {one.value for one in ReportState} - {ReportState.WITHDRAWN.value},
    **{f"complaint.{what}_": {"person", "organisation"} for what in ("claimant", "no_claimant", "kind", "says")},
    **{f"complaint.{kind.value}_": {"person", "organisation"} for kind in ProofKind},
    "complaint.no_": {kind.value for kind in ProofKind},
    "page.complaint_choose_": {kind.value for kind in ProofKind},
    **{f"complaint.{what}_": {"label"} for what in ("again", "remove")},
    "page.complaint_": {"identity", "rights", "from", "until"},
    "error.": {code.value for code in ErrorCode} | {"network", "other"},
}
"""Ids that are put together while a page runs, and what they may end with; categories are told by their enum."""


def sources() -> list[Path]:
    return [*(PAGES / "templates").glob("*.html"), *(STATIC_DIR / "js").glob("*.js")]


def said_literally() -> set[str]:
    return {found for path in sources() for found in LITERAL.findall(path.read_text(encoding="utf-8"))}


def may_be_put_together(key: str) -> bool:
    if key.startswith("category."):
        return True
    return any(key.startswith(prefix) and key.removeprefix(prefix) in ends for prefix, ends in FAMILIES.items())


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    findings = translation_findings(dict(load_texts("zh")), dict(load_texts("en")))
    # The link to the other language is written in that language.
    assert [one for one in findings if "page.other_language" not in one] == []


def test_every_text_is_said_somewhere() -> None:
    said = said_literally()
    assert [key for key in load_texts("zh") if key not in said and not may_be_put_together(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_asked_for_is_there(language: str) -> None:
    texts = load_texts(language)
    asked = {
        found
        for path in sources()
        for found in re.findall(r"""\b(?:t|text)\(\s*["']([a-z._]+)["']\s*[,)]""", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 40
    assert asked - texts.keys() == set()
    for prefix, ends in FAMILIES.items():
        if prefix != "error.":
            assert {prefix + end for end in ends} - texts.keys() == set()
