"""The reader as it is drawn: which document, contents, what changed, what I accepted, the bar of acceptance. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from app.contract.documents import Acceptance, DocumentSummary, VersionSummary
from app.domain.documents.compare import ChangeKind, Comparison
from app.domain.documents.model import Document, DocumentKind
from app.domain.documents.outline import Heading, outline
from app.i18n import Translator
from app.usecases.state import DeskState
from app.usecases.way_state import LoadPhase, OpenDocument
from ui.presenters.common import TroubleView, trouble_view

SHANGHAI = timezone(timedelta(hours=8))
"""Days of documents are days there; the zone has had no summer time since 1991."""
SIZES_PX = (13, 14, 16, 18, 21)


@dataclass(frozen=True)
class Entry:
    """A line that can be clicked. ``target`` is a block or an entry of the comparison; −1 leads nowhere."""

    key: str
    text: str
    level: int = 0
    target: int = -1


@dataclass(frozen=True)
class KindRow:
    kind: DocumentKind
    title: str
    is_open: bool
    needs_acceptance: bool


@dataclass(frozen=True)
class VersionRow:
    kind: DocumentKind
    number: int
    day: str
    note: str
    """In force, to come, accepted: in words; empty for an earlier one."""
    is_open: bool
    is_compared: bool
    can_compare: bool


@dataclass(frozen=True)
class AcceptedRow:
    kind: DocumentKind
    number: int
    text: str


@dataclass(frozen=True)
class BarView:
    """The bar at the foot; ``is_full_shown``: the comparison is open, which does not count as reading."""

    is_accepting: bool
    is_comparing: bool
    accept_label: str
    decline_label: str


@dataclass(frozen=True)
class ReaderView:
    title: str
    pill: str
    pill_tone: str
    kinds: tuple[KindRow, ...]
    versions: tuple[VersionRow, ...]
    accepted: tuple[AcceptedRow, ...]
    contents: tuple[Entry, ...]
    counts: str
    summary: tuple[str, ...]
    changes: tuple[Entry, ...]
    contact: str
    empty_text: str
    """Shown instead of a text: loading, none published, failed."""
    is_loading: bool
    trouble: TroubleView | None
    is_comparing: bool
    can_compare: bool
    compare_label: str
    previous: int
    """Number of the version before, to compare with; 0: none."""
    bar: BarView | None
    opened: OpenDocument | None
    size_px: int


def day_text(moment: datetime) -> str:
    """2026-11-20"""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def minute_text(moment: datetime) -> str:
    """2026-11-20 10:15, in this computer's zone."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def kind_text(kind: DocumentKind, tr: Translator) -> str:
    """直播协议 and so on."""
    return tr.text(f"document.{kind.value}")


def present_reader(state: DeskState, tr: Translator, now: datetime) -> ReaderView:
    """What the page shows. ``now`` tells what is in force."""
    documents = state.documents
    opened = documents.opened
    version = opened.version if opened is not None else None
    kinds = tuple(_kind_row(one, opened, state, tr) for one in documents.kinds)
    versions = _version_rows(opened, documents.acceptances, now, tr) if opened is not None else ()
    earlier = [row.number for row in versions if version is not None and row.number < version.number]
    is_comparing = opened is not None and (opened.compared_with is not None or opened.is_comparing)
    pill, tone = _pill(version, versions, tr)
    trouble = opened.trouble if opened is not None and opened.trouble is not None else documents.trouble
    info = state.platform.info
    contact = "" if info is None else info.contact if tr.language == "zh" else info.contact_en
    comparison = opened.comparison if opened is not None else None
    return ReaderView(
        title=_title(opened, tr),
        pill=pill,
        pill_tone=tone,
        kinds=kinds,
        versions=versions,
        accepted=_accepted_rows(documents.acceptances, opened, tr),
        contents=contents_of(opened.document) if opened is not None and opened.document is not None else (),
        counts=_counts(comparison, tr) if comparison is not None else "",
        summary=tuple(version.changes) if version is not None else (),
        changes=_changes(comparison, tr) if comparison is not None else (),
        contact=contact or tr.text("reader.contact_none"),
        empty_text=_empty(state, opened, tr),
        is_loading=opened is not None and opened.phase is LoadPhase.LOADING,
        trouble=trouble_view(trouble, tr),
        is_comparing=is_comparing,
        can_compare=bool(earlier),
        compare_label=_compare_label(opened, tr),
        previous=max(earlier, default=0),
        bar=_bar(opened, is_comparing, tr) if opened is not None and opened.needs_acceptance else None,
        opened=opened,
        size_px=state.settings.reader_size_px,
    )


def _title(opened: OpenDocument | None, tr: Translator) -> str:
    if opened is None:
        return tr.text("reader.title")
    return opened.version.title if opened.version is not None else kind_text(opened.kind, tr)


def contents_of(document: Document) -> tuple[Entry, ...]:
    """Chapters, and their clauses one level deeper."""
    found: list[Entry] = []

    def add(heading: Heading, level: int) -> None:
        found.append(Entry(f"{heading.block_index}", heading.title, level, heading.block_index))
        for clause in heading.clauses:
            add(clause, level + 1)

    for heading in outline(document):
        add(heading, 0)
    return tuple(found)


def current_entry(contents: tuple[Entry, ...], block: int) -> int:
    """The heading that a block stands under; −1 before the first."""
    found = -1
    for number, entry in enumerate(contents):
        if entry.target > block:
            break
        found = number
    return found


def read_line(ratio: float, *, is_comparing: bool, tr: Translator) -> str:
    """How much was read, and what that means for accepting."""
    if is_comparing:
        return tr.text("reader.read_compare")
    if ratio >= 1.0:
        return tr.text("reader.read_all")
    return tr.text("reader.read_part", percent=int(ratio * 100))


def next_size(size_px: int, step: int) -> int:
    """The next larger or smaller size of the text."""
    place = min(range(len(SIZES_PX)), key=lambda number: abs(SIZES_PX[number] - size_px))
    return SIZES_PX[max(0, min(len(SIZES_PX) - 1, place + step))]


def _kind_row(one: DocumentSummary, opened: OpenDocument | None, state: DeskState, tr: Translator) -> KindRow:
    is_open = opened is not None and opened.kind is one.kind
    missing = state.onboarding.onboarding.missing if state.onboarding.onboarding is not None else ""
    needs = one.kind is DocumentKind.LIVE_AGREEMENT and missing in ("agreement_missing", "agreement_outdated")
    return KindRow(one.kind, kind_text(one.kind, tr), is_open, needs)


def _version_rows(
    opened: OpenDocument, acceptances: tuple[Acceptance, ...], now: datetime, tr: Translator
) -> tuple[VersionRow, ...]:
    accepted = {one.number for one in acceptances if one.kind is opened.kind}
    in_force = max((one.number for one in opened.versions if one.effective_at <= now), default=0)
    shown = opened.version.number if opened.version is not None else 0
    rows = []
    for one in opened.versions:
        notes = []
        if one.number == in_force:
            notes.append(tr.text("reader.in_force"))
        elif one.effective_at > now:
            notes.append(tr.text("reader.upcoming"))
        if one.number in accepted:
            notes.append(tr.text("reader.accepted"))
        compared = opened.compared_with is not None and opened.compared_with.number == one.number
        rows.append(
            VersionRow(
                opened.kind,
                one.number,
                day_text(one.effective_at),
                " · ".join(notes),
                one.number == shown,
                compared,
                one.number < shown,
            )
        )
    return tuple(rows)


def _pill(version: VersionSummary | None, rows: tuple[VersionRow, ...], tr: Translator) -> tuple[str, str]:
    if version is None:
        return "", "neutral"
    note = next((row.note for row in rows if row.number == version.number), "")
    name = tr.text("reader.version", day=day_text(version.effective_at))
    earlier = tr.text("reader.earlier")
    return f"{name} · {note or earlier}", "neutral"


def _accepted_rows(
    acceptances: tuple[Acceptance, ...], opened: OpenDocument | None, tr: Translator
) -> tuple[AcceptedRow, ...]:
    return tuple(
        AcceptedRow(
            one.kind,
            one.number,
            tr.text("reader.accepted_at", day=day_text(one.effective_at), at=minute_text(one.accepted_at)),
        )
        for one in acceptances
        if opened is None or one.kind is opened.kind
    )


def _counts(comparison: Comparison, tr: Translator) -> str:
    if comparison.is_same:
        return tr.text("reader.no_change")
    parts = (
        ("reader.count_added", comparison.added_count),
        ("reader.count_removed", comparison.removed_count),
        ("reader.count_changed", comparison.changed_count),
        ("reader.count_moved", comparison.moved_count),
    )
    return " · ".join(tr.text(message_id, count=count) for message_id, count in parts if count)


def _changes(comparison: Comparison, tr: Translator) -> tuple[Entry, ...]:
    lead = tr.text("reader.lead")
    return tuple(
        Entry(
            f"{number}",
            tr.text(f"reader.change_{change.kind.value}", title=change.title or change.chapter or lead),
            0,
            change.entry_index,
        )
        for number, change in enumerate(comparison.clauses)
        if change.kind is not ChangeKind.SAME
    )


def _compare_label(opened: OpenDocument | None, tr: Translator) -> str:
    if opened is None or opened.compared_with is None:
        return tr.text("reader.compare_previous")
    return tr.text("reader.compare_with", day=day_text(opened.compared_with.effective_at))


def _empty(state: DeskState, opened: OpenDocument | None, tr: Translator) -> str:
    documents = state.documents
    if opened is not None:
        if opened.document is not None:
            return ""
        return tr.text("reader.loading" if opened.phase is LoadPhase.LOADING else "reader.failed")
    if documents.phase in (LoadPhase.IDLE, LoadPhase.LOADING):
        return tr.text("reader.loading")
    if documents.phase is LoadPhase.FAILED:
        return tr.text("reader.failed")
    return tr.text("reader.choose" if documents.kinds else "reader.none")


def _bar(opened: OpenDocument, is_comparing: bool, tr: Translator) -> BarView:
    return BarView(
        opened.is_accepting,
        is_comparing,
        tr.text("reader.accepting" if opened.is_accepting else "reader.accept"),
        tr.text("reader.decline"),
    )
