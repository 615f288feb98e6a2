"""Both languages of the operator's desk say the same things, each text is said somewhere, and none is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.contract.rest import Category
from app.contract.room import ActionKind
from app.domain.application import ApplicantKind, ApplicationKind, ApplicationState, Declaration, FormField
from app.domain.documents.compare import ChangeKind
from app.domain.documents.model import DocumentKind
from app.domain.face_check import FaceMethod, FaceStanding, FaceState
from app.domain.images import ImagePurpose, ImageState
from app.domain.liveness import Action, Finding, Grade, LivenessPath, Retry
from app.domain.measures import AppealState, ConductCategory, MeasureKind, MeasureState, PieceKind
from app.domain.reports import ProofKind, ReportState, RightKind, TargetKind
from app.domain.session import SessionState
from server.applications.review import ContactChannel
from server.blocklist import BlockKind
from server.desk.applications import SHOWN
from server.desk.faces import SHOWN as FACES_SHOWN
from server.desk.frame import TEXTS_DIR
from server.desk.record import FAMILIES as AUDITED
from server.gate import KEEPS_OFF_AIR
from server.gate_acts import Act
from server.liveness.decision import About
from server.measures.queue import SHOWN as MEASURES_SHOWN
from server.pages.language import LANGUAGES, load_texts
from server.reports.handle import SHOWN as REPORTS_SHOWN
from tools.check_files import translation_findings

DESK = TEXTS_DIR.parent
FAMILIES: dict[str, set[str]] = {
    "category.": {one.value for one in Category},
    "state.": {one.value for one in ApplicationState} - {"draft"},
    "step.": {one.value for one in ApplicationState},
    "kind.": {one.value for one in ApplicationKind},
    "applicant.": {one.value for one in ApplicantKind},
    "declaration.": {one.value for one in Declaration},
    "field.": {one.value for one in FormField},
    "channel.": {one.value for one in ContactChannel},
    "image.state.": {one.value for one in ImageState},
    "purpose.": {one.value for one in ImagePurpose},
    "session.": {one.value for one in SessionState if one.is_on_air},
    "document.": {one.value for one in DocumentKind},
    "change.": {one.value for one in ChangeKind} - {"same"},
    "block.": {one.value for one in BlockKind},
    "applications.show.": set(SHOWN),
    "faces.show.": set(FACES_SHOWN),
    "face.state.": {one.value for one in FaceState},
    "face.step.": {one.value for one in FaceState},
    "face.standing.": {one.value for one in FaceStanding},
    "face.method.": {one.value for one in FaceMethod},
    "face.about.": {one.value for one in About}
    | {f"doubt_{one.value}" for one in Finding}
    | {f"again_{one.value}" for one in Retry},
    "evidence.action.": {one.value for one in Action},
    "evidence.path.": {one.value for one in LivenessPath},
    "evidence.finding.": {one.value for one in Finding},
    "evidence.grade.": {one.value for one in Grade},
    "sign.": {f"{finding.value}.{grade.value}" for finding in Finding for grade in Grade},
    "missing.": {code.value for code in KEEPS_OFF_AIR},
    "audit.refused.": {act.value for act in Act},
    "audit.family.": set(AUDITED),
    "audit.measure.": {one.value for one in MeasureKind} - {"suspension"} | {"upheld", "reversed", "told"},
    "measure.kind.": {one.value for one in MeasureKind},
    "measure.state.": {one.value for one in MeasureState},
    "measure.appeal.": {one.value for one in AppealState} - {"none"},
    "measures.session.": {one.value for one in SessionState},
    "measures.notice.": {"usual", "now", "later"},
    "piece.": {one.value for one in PieceKind},
    "measures.show.": set(MEASURES_SHOWN),
    "report.state.": {one.value for one in ReportState},
    "report.target.": {one.value for one in TargetKind},
    "reports.show.": set(REPORTS_SHOWN),
    "reports.": {"uphold", "uphold_now", "dismiss", "dismiss_now"},
    "right.": {one.value for one in RightKind},
    "proof.": {one.value for one in ProofKind},
    "audit.report.": {"upheld", "dismissed"},
    "audit.complaint.": {"shown", "upheld", "dismissed"},
    "rule.": {str(one.value) for one in ConductCategory},
    "audit.room.": {one.value for one in ActionKind} | {"undone"},
}
"""What is put together of a prefix and a value: each value must have its text."""
FREE = ("refused.", "done.", "finding.", "fault.", "audit.", "why.", "field.", "nav.")
"""Prefixes whose ends are codes of refusals, acts and findings, looked up where there is one."""
LITERAL = re.compile(r"""["']([a-z_]+(?:\.[a-z_]+)*)["']""")


def said() -> set[str]:
    sources = [*(DESK / "templates").glob("*.html"), *DESK.glob("*.py")]
    return {found for path in sources for found in LITERAL.findall(path.read_text(encoding="utf-8"))}


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    findings = translation_findings(dict(load_texts("zh", TEXTS_DIR)), dict(load_texts("en", TEXTS_DIR)))
    # The link to the other language is written in that language.
    assert [one for one in findings if "other_language" not in one] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("prefix", FAMILIES)
def test_every_value_has_its_text(language: str, prefix: str) -> None:
    assert [end for end in FAMILIES[prefix] if f"{prefix}{end}" not in load_texts(language, TEXTS_DIR)] == []


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = {
        found
        for path in (DESK / "templates").glob("*.html")
        for found in re.findall(r"""\bt\(\s*"([a-z_.]+)"\s*[,)]""", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    assert sorted(asked - set(load_texts("zh", TEXTS_DIR))) == []


def test_no_text_is_kept_that_no_page_says() -> None:
    literal = said()
    families = {f"{prefix}{end}" for prefix, ends in FAMILIES.items() for end in ends}
    unsaid = [key for key in load_texts("zh", TEXTS_DIR) if key not in literal | families and not key.startswith(FREE)]
    assert unsaid == []


def test_every_audited_act_and_every_thing_done_has_its_words() -> None:
    server = DESK.parent
    acts = {
        found
        for path in server.rglob("*.py")
        for found in re.findall(r'audit\(\s*tx,\s*[^,]+,\s*"([a-z_]+\.[a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(acts) > 15
    texts = load_texts("zh", TEXTS_DIR)
    assert sorted(one for one in acts if f"audit.{one}" not in texts) == []
    assert {one.partition(".")[0] for one in acts} <= set(AUDITED)


def test_every_finding_and_every_reason_of_an_import_has_its_words() -> None:
    documents = Path(DESK.parent / "documents")
    source = "\n".join(path.read_text(encoding="utf-8") for path in documents.glob("*.py"))
    texts = load_texts("zh", TEXTS_DIR)
    findings = set(re.findall(r'(?:Finding\(|_find\(|finding=)"([a-z_]+)"', source)) - {""}
    assert len(findings) > 5
    assert sorted(one for one in findings if f"finding.{one}" not in texts) == []
    reasons = set(re.findall(r'(?:_refusal\(|_invalid\(|"reason": )"([a-z_]+)"', source))
    assert len(reasons) > 8
    assert sorted(one for one in reasons if f"refused.document_invalid.{one}" not in texts) == []
