"""The reader page alone, with a document that a desk would have opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from app.contract.documents import Acceptance, DocumentSummary, Version, VersionSummary
from app.domain.documents import canonical
from app.domain.documents.compare import compare
from app.domain.documents.model import DocumentKind
from app.i18n import Translator
from app.runtime.clock import ManualClock
from app.usecases.state import DeskState
from app.usecases.way_state import DocumentsState, LoadPhase, OpenDocument
from tests.ui import fakes
from ui.presenters.reader import present_reader
from ui.views.reader.page import ReaderPage

KIND = DocumentKind.LIVE_AGREEMENT
NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
OLD = """## 一、总则

### 适用范围

本协议适用于全部主播。

### 结算

冻结期为 15 天。

### 纸质资料

参加活动时邮寄身份证件的复印件，由平台保管三个月。
"""
NEW = """## 一、总则

### 适用范围

本协议适用于**全部主播**和嘉宾。

### 结算

冻结期为 7 天。

## 二、连麦

### 连麦嘉宾

嘉宾经主播同意后可以加入直播。
"""


def long_text(pages: int) -> str:
    """Some 700 characters a page."""
    lines = []
    for number in range(1, pages + 1):
        lines.append(f"## 第 {number} 章")
        lines += [f"### 条款 {number}.{one}\n\n{'主播应当遵守平台规则，爱护观众。' * 14}" for one in range(3)]
    return "\n\n".join(lines) + "\n"


def version(text: str, number: int = 2, **changes: Any) -> Version:
    document = canonical.write(canonical.parse(text))
    at = NOW - timedelta(days=30 * (3 - number))
    made = Version(
        kind=KIND,
        number=number,
        title="直播协议",
        effective_at=at,
        published_at=at,
        is_material=True,
        changes=["冻结期改为 7 天"] if number > 1 else [],
        sha256=canonical.sha256(document),
        chars=len(document),
        text=document,
    )
    return made.model_copy(update=changes)


def summary(of: Version) -> VersionSummary:
    return VersionSummary(**of.model_dump(exclude={"text"}))


def acceptance(of: Version, at: datetime = NOW) -> Acceptance:
    return Acceptance(
        kind=of.kind, number=of.number, title=of.title, sha256=of.sha256, effective_at=of.effective_at, accepted_at=at,
        client_version="0.1.0", read_s=90,
    )  # fmt: skip


def reading(
    text: str = NEW, *, compared: bool = False, accepted: tuple[Acceptance, ...] = (), **changes: Any
) -> DeskState:
    """A desk that has opened ``text`` as the second version; with ``compared`` beside the first."""
    new, old = version(text), version(OLD, 1)
    opened = OpenDocument(
        KIND, LoadPhase.READY, (summary(new), summary(old)), new, canonical.parse(new.text), needs_acceptance=True
    )
    if compared:
        before = canonical.parse(old.text)
        opened = replace(
            opened,
            compared_with=summary(old),
            old_document=before,
            comparison=compare(before, canonical.parse(new.text)),
        )
    kinds = (
        DocumentSummary(kind=KIND, current=summary(new)),
        DocumentSummary(kind=DocumentKind.PRIVACY_POLICY, current=summary(old)),
    )
    documents = DocumentsState(LoadPhase.READY, kinds, accepted, replace(opened, **changes))
    return replace(fakes.off_air(), documents=documents)


@dataclass
class Reader:
    page: ReaderPage
    qtbot: QtBot
    wishes: list[Any]
    declined: list[bool]

    def push(self, state: DeskState, language: str = "zh") -> None:
        tr = Translator(language)
        self.page.retranslate(tr)
        self.page.draw(present_reader(state, tr, NOW))
        self.paint()

    def paint(self) -> None:
        """What was told a moment ago is drawn."""
        QCoreApplication.processEvents()
        self.page.text.viewport().repaint()

    def read_on(self) -> None:
        """Page by page to the end, each painted."""
        bar = self.page.text.verticalScrollBar()
        while True:
            self.paint()
            if bar.value() >= bar.maximum():
                return
            bar.setValue(bar.value() + bar.pageStep() * 3 // 4)


@pytest.fixture
def open_reader(qtbot: QtBot) -> Iterator[Callable[..., Reader]]:
    pages: list[ReaderPage] = []

    def make(state: DeskState | None = None, size_px: tuple[int, int] = (1208, 800)) -> Reader:
        page = ReaderPage(ManualClock())
        qtbot.addWidget(page)
        pages.append(page)
        reader = Reader(page, qtbot, [], [])
        page.wished.connect(reader.wishes.append)
        page.decline_asked.connect(lambda: reader.declined.append(True))
        page.resize(*size_px)
        with qtbot.waitExposed(page):
            page.show()
        reader.push(state or reading())
        return reader

    yield make
    for page in pages:
        page.shut()
