"""The states of the reader that ``tools.screenshots`` draws: the sample agreement, as it is shipped."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QApplication

from app.contract.documents import DocumentSummary
from app.domain.application import ApplicationState
from app.domain.documents import canonical
from app.domain.documents.compare import compare
from app.domain.documents.model import DocumentKind
from app.domain.onboarding import AgreementStanding
from app.usecases.state import DeskState
from app.usecases.way_state import DocumentsState, LoadPhase, OpenDocument
from server.demo_documents import FOLDER
from tests.ui import fakes, way_fakes
from tests.ui.reader_stage import acceptance, summary, version
from tests.ui.way_fakes import on_the_way
from tools.screen_stage import Do, Stage
from ui.shell import MainWindow

NARROW_PX, LEAST_PX = (1024, 680), (960, 640)
LIVE = DocumentKind.LIVE_AGREEMENT
LONG_TITLE = "平台主播直播服务与内容合作协议（含未成年人保护、个人信息处理与争议解决的特别约定）"


def _sample(number: int) -> str:
    return (FOLDER / f"live_agreement.{number}.md").read_text(encoding="utf-8")


def opened(*, is_compared: bool = False, accepted: bool = False, **changes: object) -> DeskState:
    """The second version of the sample agreement is open."""
    new, old = version(_sample(2)), version(_sample(1), 1, changes=[])
    document = replace(
        OpenDocument(LIVE, LoadPhase.READY, (summary(new), summary(old)), new, canonical.parse(new.text)),
        needs_acceptance=not accepted,
    )
    if is_compared:
        before = canonical.parse(old.text)
        comparison = compare(before, canonical.parse(new.text))
        document = replace(document, compared_with=summary(old), old_document=before, comparison=comparison)
    mine = (acceptance(new), acceptance(old, old.effective_at)) if accepted else (acceptance(old, old.effective_at),)
    kinds = tuple(DocumentSummary(kind=kind, current=summary(new)) for kind in DocumentKind)
    standing = AgreementStanding.ACCEPTED if accepted else AgreementStanding.OUTDATED
    base = on_the_way(fakes.off_air(), ApplicationState.APPROVED, standing)
    return replace(base, documents=DocumentsState(LoadPhase.READY, kinds, mine, replace(document, **changes)))  # type: ignore[arg-type]


def _without(documents: DocumentsState) -> DeskState:
    return replace(opened(), documents=documents)


def read(window: MainWindow) -> None:
    """Open the page."""
    window.rail.buttons["documents"].click()


def to_end(window: MainWindow) -> None:
    """Read on to the end."""
    read(window)
    text = window.reader.text
    bar = text.verticalScrollBar()
    while bar.value() < bar.maximum():
        bar.setValue(bar.value() + bar.pageStep() * 3 // 4)
        QApplication.processEvents()
        text.viewport().repaint()


def to_change(window: MainWindow) -> None:
    """To a change of words inside a clause."""
    read(window)
    window.reader.right.changes.clicked.emit(window.reader.right.changes.model_.index(3))


def searching(needle: str) -> Do:
    """Look for something."""

    def do(window: MainWindow) -> None:
        read(window)
        window.reader.head.search.click()
        window.reader.search.input.setText(needle)

    return do


def jumped(window: MainWindow) -> None:
    """To the end without reading what is between."""
    read(window)
    bar = window.reader.text.verticalScrollBar()
    bar.setValue(bar.maximum())


def reader_screens(stage: Stage) -> None:
    """The page 协议 in every state."""
    for theme, language in (("light", "zh"), ("dark", "zh"), ("light", "en")):
        stage.shoot("reader-normal", opened(), theme=theme, language=language, do=read)
        stage.shoot("reader-read", opened(), theme=theme, language=language, do=to_end)
        stage.shoot("reader-compared", opened(is_compared=True), theme=theme, language=language, do=to_change)
        stage.shoot("reader-search", opened(), theme=theme, language=language, do=searching("结算"))
    for size_px, name in ((NARROW_PX, "narrow"), (LEAST_PX, "least"), ((1920, 1080), "wide")):
        stage.shoot(f"reader-{name}", opened(), size_px=size_px, theme="light", do=read)
        stage.shoot(f"reader-{name}-compared", opened(is_compared=True), size_px=size_px, language="en", do=to_change)
    new = version(_sample(2), title=LONG_TITLE)
    large = replace(opened(), settings=opened().settings.changed({"reader_size_px": 21}))
    failed = DocumentsState(LoadPhase.FAILED, trouble=way_fakes.OFFLINE)
    for name, state, do in (
        ("accepted", opened(accepted=True), read),
        ("accepting", opened(is_accepting=True), to_end),
        ("refused", opened(trouble=way_fakes.OFFLINE), to_end),
        ("comparing", opened(is_comparing=True), read),
        ("jumped", opened(), jumped),
        ("not-found", opened(), searching("没有这样的话")),
        ("large", large, read),
        ("long", opened(version=new), read),
        ("loading", _without(DocumentsState(LoadPhase.LOADING)), read),
        ("empty", _without(DocumentsState(LoadPhase.READY)), read),
        ("failed", _without(failed), read),
        ("text-failed", opened(document=None, phase=LoadPhase.FAILED, trouble=way_fakes.OFFLINE), read),
    ):
        stage.shoot(f"reader-{name}", state, theme="light", do=do)
        stage.shoot(f"reader-{name}", state, theme="dark", language="en", size_px=NARROW_PX, do=do)
