"""The page 开播前检查: what viewers see and hear at the left, what was measured of it at the right. GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.wishes import CheckAgain, SizePreview
from ui.export.worker import FileWriter
from ui.presenters.preflight import PreflightView
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.views.preflight.checks import ChecksCard
from ui.views.preflight.look import LookPanel
from ui.views.preflight.proposal import ProposalCard
from ui.views.preflight.score import ScoreCard
from ui.views.preflight.sound import SoundCard
from ui.views.preflight.sources import SourcesRow
from ui.views.saved import SavedLine
from ui.widgets.basics import Elided, box, column, label, row
from ui.widgets.frames import FrameFeed
from ui.widgets.menus import ask_save, document_path
from ui.widgets.pieces import Pieces
from ui.widgets.scroll import scrolled

SIDE_RATIO, LEAST_SIDE_PX, MOST_SIDE_PX = 0.332, 344, 520
ROOMY_PX = 1160
"""Height of the column from which every row has room."""
MARGIN_PX, GAP_PX = 20, 14
COPIED_MS = 2500


class PreflightPage(View):
    """Draws PreflightView. ``report`` makes the text for support."""

    def __init__(self, feed: FrameFeed, clock: Clock) -> None:
        super().__init__("preflight", ground="bg")
        self._tr = Translator()
        self._view: PreflightView | None = None
        self._pieces = Pieces(self)
        self.report: Callable[[], str] = str
        outer = column(self)
        outer.addWidget(self._build_header())
        words = ("preflight.saving", "preflight.saved", "preflight.save_failed")
        self.saved = SavedLine("preflight", margin_px=20, words=words)
        outer.addWidget(self.saved)
        body = row(margins=(MARGIN_PX, 0, 0, 0))
        outer.addLayout(body, 1)
        self.look, self.sources, self.sound = LookPanel(feed), SourcesRow(), SoundCard(feed, clock)
        self.proposal, self.score, self.checks = ProposalCard(), ScoreCard(), ChecksCard(self._pieces)
        self._body: QHBoxLayout = body
        self.left_side = QWidget()
        self._fill_left(column(self.left_side, margins=(0, MARGIN_PX, 0, MARGIN_PX), gap=GAP_PX))
        body.addWidget(self.left_side, 1)
        self.area, side = scrolled("preflight.area", margins=(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX))
        self._fill_right(side)
        rows = self.area.widget()
        if rows is not None:
            # it grows and shrinks with its rows: what stays in its place is not painted again
            rows.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        body.addWidget(self.area)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(COPIED_MS)
        self._copied.timeout.connect(self._name_copy)
        self._make: Callable[[], PreflightView] | None = None
        self._writer = FileWriter(self)
        self._writer.done.connect(self.saved.show_done)
        self._parts: tuple[View, ...] = (
            self.look, self.sources, self.sound, self.proposal, self.score, self.checks, self.saved,
        )  # fmt: skip
        for part in self._parts:
            part.wished.connect(self.wished)
            part.acted.connect(self.acted)
        self.look.preview.size_wished.connect(lambda width, height: self.wished.emit(SizePreview(width, height)))

    # ---- building --------------------------------------------------------------------------------

    def _build_header(self) -> QFrame:
        header = box("preflight.header", ground="header")
        header.setFixedHeight(HEADER_PX)
        line = row(header, margins=(12, 0, 20, 0), gap=14)
        self.back = self.button("preflight.leave", "preflight.leave", kind="icon", icon_name="back")
        self.back.clicked.connect(self._leave)
        title = label("preflight.title", type_="h1")
        self.texts.bind(title.setText, "preflight.title")
        subtitle = Elided("preflight.subtitle", tone="2")
        self.texts.bind(subtitle.setText, "preflight.subtitle")
        self.again = self.button(
            "preflight.check_again", "preflight.check_again", kind="ghost", tip="preflight.check_again_tip"
        )
        self.again.clicked.connect(lambda: self.wished.emit(CheckAgain()))
        self.enter = self.button("preflight.enter", "preflight.enter", kind="primary")
        self.enter.clicked.connect(self._leave)
        line.addWidget(self.back)
        line.addWidget(title)
        line.addWidget(subtitle, 1)
        line.addWidget(self.again)
        line.addWidget(self.enter)
        return header

    def _fill_left(self, inner: QVBoxLayout) -> None:
        inner.addWidget(self.look, 100)
        inner.addWidget(self.sources)
        inner.addWidget(self.sound)
        inner.addWidget(self.proposal)
        inner.addStretch(1)

    def _fill_right(self, inner: QVBoxLayout) -> None:
        self.named(self.area, "preflight.checks")
        inner.addWidget(self.score)
        inner.addSpacing(GAP_PX)
        inner.addWidget(self.checks)
        foot = row(margins=(4, 8, 0, 0), gap=4)
        self.copy = self.button("preflight.copy_report", "preflight.copy_report", kind="quiet", icon_name="copy",
                                icon_px=14, tip="preflight.report_tip")  # fmt: skip
        self.save = self.button("preflight.save_report", "preflight.save_report", kind="quiet", icon_name="download",
                                icon_px=14, tip="preflight.report_tip")  # fmt: skip
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_file)
        foot.addWidget(self.copy)
        foot.addWidget(self.save)
        foot.addStretch(1)
        inner.addLayout(foot)
        inner.addStretch(1)

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._view = None
        for part in self._parts:
            part.retranslate(tr)

    @property
    def is_filling(self) -> bool:
        """Whether there is something to show that is not shown yet."""
        return self.isVisible() and self._pieces.is_busy

    def draw_soon(self, make: Callable[[], PreflightView]) -> None:
        """Show what ``make`` gives by the next turns of the event loop: the one that brought it has done enough."""
        self._make = make
        if not self._pieces.is_doing("page"):
            self._pieces.begin("page", self._draw_newest())

    def _draw_newest(self) -> Iterator[None]:
        """Until nothing newer has come meanwhile."""
        while self._make is not None:
            make, self._make = self._make, None
            view = make()
            if view != self._view:
                self._view = view
                yield
                yield from self._draw(view)

    def _draw(self, view: PreflightView) -> Iterator[None]:
        yield from self.score.draw(view.score)
        yield
        self.look.draw(view.look)
        self.sound.draw(view.sound)
        yield
        self.sources.draw(view)
        self.checks.draw(view.rows)
        if self.again.isEnabled() is not view.can_check:
            self.again.setEnabled(view.can_check)
        if self.enter.text() != view.enter_label:
            self.enter.setText(view.enter_label)
            self.enter.setAccessibleName(view.enter_label)
        yield
        self.proposal.draw(view.proposal)

    def showEvent(self, event: QShowEvent) -> None:
        self._pieces.go_on()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pieces.pause()

    def focus_first(self) -> None:
        """The one thing that most will do next."""
        self.enter.setFocus()

    def _leave(self) -> None:
        self.acted.emit("open_live")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side_px = min(MOST_SIDE_PX, max(LEAST_SIDE_PX, round(self.width() * SIDE_RATIO)))
        self.area.setFixedWidth(side_px + 2 * MARGIN_PX)
        left_px = self.width() - side_px - 3 * MARGIN_PX
        self.look.setMaximumHeight(max(135, left_px * 9 // 16))
        self.checks.set_roomy(self.height() - HEADER_PX >= ROOMY_PX)

    # ---- the report ------------------------------------------------------------------------------

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report())
        self.copy.setText(self._tr.text("preflight.copied_report"))
        self._copied.start()

    def _name_copy(self) -> None:
        self.copy.setText(self._tr.text("preflight.copy_report"))

    def _ask_file(self) -> None:
        name = document_path(f"{self._tr.text('preflight.report_file')}.txt")
        ask_save(self, self._tr.text("preflight.save_report"), name, "txt", self._save)

    def _save(self, path: str) -> None:
        # UTF-8 with a mark at its beginning, so that every editor of Windows reads it
        data = ("\ufeff" + self.report().replace("\n", "\r\n")).encode()
        self.saved.show_busy()
        self._writer.write(Path(path), lambda found: found.write_bytes(data))

    def shut(self) -> None:
        """Wait for what is being written."""
        self._copied.stop()
        self._pieces.stop()
        self._writer.close()
