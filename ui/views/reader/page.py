"""The reader page: contents, text, what changed; acceptance at the foot. GUI thread; owned by the shell.

What was read is counted here, as the time and the parts of the full text that were on screen: the client's word.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget

from app.domain.documents.compare import ChangeKind
from app.domain.documents.outline import search
from app.i18n import Translator
from app.runtime.clock import Clock
from app.usecases.wishes import AcceptDocument, ChangeSettings, CompareDocument, ReadDocument
from ui.export.files import Sheet, file_name_of, write_pdf, write_text
from ui.export.worker import FileWriter
from ui.presenters.reader import ReaderView, VersionRow, current_entry, day_text, next_size
from ui.presenters.reader_text import Paragraph, compared, whole
from ui.views.base import View
from ui.views.live_header import HEADER_PX
from ui.views.reader.bar import AcceptBar
from ui.views.reader.head import ReaderHead
from ui.views.reader.search import SearchBar
from ui.views.reader.sides import LeftSide, RightSide
from ui.views.reader.text import Hit, ReaderText
from ui.views.saved import SavedLine
from ui.widgets.basics import Button, box, column, label, row
from ui.widgets.menus import ask_save
from ui.widgets.trouble import TroubleLine

WIDE_PX, MIDDLE_PX = 1080, 800
"""Widths of the page from which both columns, or the left one alone, stand beside the text by themselves."""
SECOND_MS = 1000
TextKey = tuple[object, int, int]


class ReaderPage(View):
    """Draws ReaderView. ``decline_asked``: the person wants out; the shell asks once."""

    decline_asked = Signal()

    def __init__(self, clock: Clock) -> None:
        super().__init__("reader", ground="bg")
        self._clock = clock
        self._tr = Translator()
        self._view: ReaderView | None = None
        self._key: TextKey | None = None
        self._hits: tuple[Hit, ...] = ()
        self._hit = -1
        self._read_s = 0.0
        self._left_wanted: bool | None = None
        self._right_wanted: bool | None = None
        self._build()
        self._writer = FileWriter(self)
        self._writer.done.connect(self._saved)
        self._second = QTimer(self)
        self._second.setInterval(SECOND_MS)
        self._second.timeout.connect(self._count_second)

    def _build(self) -> None:
        outer = column(self)
        self.head = ReaderHead(HEADER_PX)
        outer.addWidget(self.head)
        body = row()
        outer.addLayout(body, 1)
        self.left, self.right = LeftSide(), RightSide()
        middle = box("reader.middle", ground="surface")
        inner = column(middle)
        self.search = SearchBar()
        self.trouble = TroubleLine("reader.trouble")
        self.trouble.setContentsMargins(44, 10, 44, 10)
        self.saved = SavedLine(
            "reader", margin_px=44, words=("reader.downloading", "reader.downloaded", "reader.download_failed")
        )
        self.text = ReaderText("reader.text")
        self.named(self.text, "reader.text")
        self.empty = label("reader.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.text)
        self.stack.addWidget(self.empty)
        foot = box("reader.foot", ground="surface")
        foot.setFixedHeight(40)
        self._foot = row(foot, margins=(44, 0, 20, 0), gap=14)
        self._foot_rows: tuple[VersionRow, ...] = ()
        self.foot = foot
        for widget in (self.search, self.trouble, self.saved):
            inner.addWidget(widget)
        inner.addWidget(self.stack, 1)
        inner.addWidget(foot)
        body.addWidget(self.left)
        body.addWidget(middle, 1)
        body.addWidget(self.right)
        self.bar = AcceptBar()
        outer.addWidget(self.bar)
        self._parts: tuple[View, ...] = (self.head, self.left, self.right, self.search, self.bar, self.saved)
        for part in self._parts:
            part.wished.connect(self.wished)
            part.acted.connect(self.acted)
        self.trouble.acted.connect(self.acted)
        self.left.entry_asked.connect(self.text.go_to_block)
        self.right.entry_asked.connect(self.text.go_to)
        self.text.place_changed.connect(self._mark_place)
        self.text.shown_changed.connect(lambda _: self._draw_bar())
        self.text.verticalScrollBar().valueChanged.connect(lambda _: self._draw_bar())
        self.text.said_of = self._said_of
        self.search.needle_changed.connect(self._search)
        self.search.step_asked.connect(self._step)
        self.search.closed.connect(self._close_search)
        self.bar.accept_asked.connect(self._accept)
        self.bar.decline_asked.connect(self.decline_asked)
        self.bar.unshown_asked.connect(lambda: self.text.go_to(max(0, self.text.first_unshown())))
        self.head.mode.chosen.connect(self._choose_mode)
        self.head.history.clicked.connect(self._open_history)
        self.head.download.clicked.connect(self._open_download)
        self.head.search.clicked.connect(self._open_search)
        self.head.size_asked.connect(self._change_size)
        self.head.contents_asked.connect(self._toggle_left)
        self.head.changes_asked.connect(self._toggle_right)
        for keys, call in (
            (QKeySequence(QKeySequence.StandardKey.Find), self._open_search),
            (QKeySequence("Ctrl+="), partial(self._change_size, 1)),
            (QKeySequence("Ctrl++"), partial(self._change_size, 1)),
            (QKeySequence("Ctrl+-"), partial(self._change_size, -1)),
        ):
            shortcut = QShortcut(keys, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(call)

    # ---- drawing ---------------------------------------------------------------------------------

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        for part in self._parts:
            part.retranslate(tr)
        self._foot_rows = ()

    def focus_first(self) -> None:
        """Give the keyboard to the text, so that the space bar reads on."""
        self.text.setFocus()

    def draw(self, view: ReaderView) -> None:
        """Show this state; where the person reads stays."""
        self._view = view
        self.head.draw(view)
        self.left.draw(view)
        self.right.draw(view)
        self.trouble.draw(view.trouble)
        self.text.set_size(view.size_px)
        self._draw_text(view)
        self.stack.setCurrentWidget(self.empty if view.empty_text else self.text)
        self.empty.setText(view.empty_text)
        self._draw_foot(view.versions)
        self._draw_bar()
        self._fold()

    def _draw_text(self, view: ReaderView) -> None:
        opened = view.opened
        if opened is None or opened.document is None or opened.version is None:
            self._key = None
            return
        number, old = opened.version.number, opened.compared_with
        is_compared = opened.comparison is not None and opened.old_document is not None and old is not None
        key = (opened.kind, number, old.number if is_compared and old is not None else 0)
        if key == self._key:
            return
        is_same_version = self._key is not None and self._key[:2] == key[:2]
        if not is_same_version:
            self._read_s = 0.0
        self._key = key
        if is_compared and opened.comparison is not None and opened.old_document is not None:
            paragraphs = compared(opened.old_document, opened.document, opened.comparison)
            self.text.show_text(paragraphs, counts=False, keeps_place=is_same_version)
        else:
            self.text.show_text(
                whole(opened.document), counts=True, keeps_place=is_same_version, keeps_shown=is_same_version
            )
        self._mark_place(self.text.top_paragraph)
        if not self.search.isHidden():
            self._search(self.search.input.text())

    def _draw_foot(self, rows: tuple[VersionRow, ...]) -> None:
        self.foot.setVisible(bool(rows))
        if rows == self._foot_rows:
            return
        self._foot_rows = rows
        while (item := self._foot.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        name = label("reader.foot_head", type_="12", tone="2")
        name.setText(self._tr.text("reader.history"))
        self._foot.addWidget(name)
        for one in rows[:6]:
            button = Button(f"reader.foot.{one.number}", kind="link")
            button.setProperty("tone", "" if one.is_open else "2")
            button.setText(self._noted(one.day, one.note))
            button.setAccessibleName(button.text())
            wish = ReadDocument(one.kind, one.number)
            button.clicked.connect(lambda _=False, wished=wish: self.wished.emit(wished))
            self._foot.addWidget(button)
        self._foot.addStretch(1)

    def _noted(self, text: str, note: str) -> str:
        return self._tr.text("reader.noted", text=text, note=note) if note else text

    def _draw_bar(self) -> None:
        view = self._view
        self.bar.setVisible(view is not None and view.bar is not None)
        if view is not None and view.bar is not None:
            bar = self.text.verticalScrollBar()
            self.bar.draw(view.bar, self.text.shown_ratio, is_at_end=bar.value() >= bar.maximum())

    def _mark_place(self, number: int) -> None:
        paragraphs = self.text.paragraphs
        if self._view is None or number >= len(paragraphs):
            return
        block = next((one.block for one in reversed(paragraphs[: number + 1]) if one.block is not None), -1)
        self.left.contents.show_current(current_entry(self._view.contents, block))

    def _said_of(self, paragraph: Paragraph) -> str:
        if paragraph.change is ChangeKind.SAME:
            return ""
        return self._tr.text(f"reader.tag_{paragraph.change.value}", title=paragraph.moved_from)

    # ---- columns ---------------------------------------------------------------------------------

    def _fold(self) -> None:
        left = self.width() >= MIDDLE_PX if self._left_wanted is None else self._left_wanted
        right = self.width() >= WIDE_PX if self._right_wanted is None else self._right_wanted
        self.left.setVisible(left)
        self.right.setVisible(right)
        self.head.show_folds(
            is_left_offered=self.width() < MIDDLE_PX, is_right_offered=self.width() < WIDE_PX, left=left, right=right
        )

    def _toggle_left(self) -> None:
        self._left_wanted = self.left.isHidden()
        self._fold()

    def _toggle_right(self) -> None:
        self._right_wanted = self.right.isHidden()
        self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._left_wanted = self._right_wanted = None
            self._fold()

    # ---- reading ---------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._second.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._second.stop()

    def _count_second(self) -> None:
        if self._view is not None and not self._view.is_comparing and self._key is not None and self.isActiveWindow():
            self._read_s += SECOND_MS / 1000

    def _accept(self) -> None:
        self.wished.emit(AcceptDocument(read_s=round(self._read_s), was_shown_to_end=self.text.shown_ratio >= 1.0))

    def _choose_mode(self, value: str) -> None:
        if self._view is not None:
            self.wished.emit(CompareDocument(self._view.previous if value == "compare" else 0))

    def _change_size(self, step: int) -> None:
        if self._view is not None:
            size_px = next_size(self._view.size_px, step)
            self.wished.emit(ChangeSettings({"reader_size_px": size_px}))

    # ---- searching -------------------------------------------------------------------------------

    def _open_search(self) -> None:
        self.search.open()
        self._search(self.search.input.text())

    def _close_search(self) -> None:
        self.search.hide()
        self.text.show_hits((), -1)
        self.text.setFocus()

    def _search(self, needle: str) -> None:
        opened = self._view.opened if self._view is not None else None
        self._hits, self._hit = (), -1
        if opened is not None and opened.document is not None and needle.strip():
            places = {one.block: number for number, one in enumerate(self.text.paragraphs) if one.block is not None}
            # In a comparison what was inserted or deleted shifts the words: there the whole block is marked.
            is_whole = self._view is not None and self._view.is_comparing
            paragraphs = self.text.paragraphs
            self._hits = tuple(
                (places[block], 0 if is_whole else begin, len(paragraphs[places[block]].text) if is_whole else end)
                for block, begin, end in search(opened.document, needle)
                if block in places
            )
            following = (number for number, hit in enumerate(self._hits) if hit[0] >= self.text.top_paragraph)
            self._hit = next(following, 0) if self._hits else -1
        self._show_hit()

    def _step(self, step: int) -> None:
        if self._hits:
            self._hit = (self._hit + step) % len(self._hits)
            self._show_hit()

    def _show_hit(self) -> None:
        self.text.show_hits(self._hits, self._hit)
        self.search.draw(self._hit, len(self._hits), self._tr)

    # ---- menus and files -------------------------------------------------------------------------

    def _open_history(self) -> None:
        if self._view is None:
            return
        menu = self._menu("reader.history_menu")
        for one in self._view.versions:
            name = self._tr.text("reader.history_open", day=one.day)
            action = menu.addAction(self._noted(name, one.note))
            action.setCheckable(True)
            action.setChecked(one.is_open)
            action.triggered.connect(partial(self.wished.emit, ReadDocument(one.kind, one.number)))
        earlier = [one for one in self._view.versions if one.can_compare]
        if earlier:
            menu.addSeparator()
        for one in earlier:
            action = menu.addAction(self._tr.text("reader.history_compare", day=one.day))
            action.setCheckable(True)
            action.setChecked(one.is_compared)
            action.triggered.connect(partial(self.wished.emit, CompareDocument(one.number)))
        menu.popup(self.head.history.mapToGlobal(self.head.history.rect().bottomLeft()))

    def _open_download(self) -> None:
        menu = self._menu("reader.download_menu")
        for suffix, message_id in (("pdf", "reader.download_pdf"), ("txt", "reader.download_text")):
            action = menu.addAction(self._tr.text(message_id))
            action.setObjectName(f"reader.download.{suffix}")
            action.triggered.connect(partial(self._ask_file, suffix))
        menu.popup(self.head.download.mapToGlobal(self.head.download.rect().bottomLeft()))

    def _menu(self, name: str) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _ask_file(self, suffix: str, _checked: bool = False) -> None:
        sheet = self._sheet()
        if sheet is None or self._view is None or self._view.opened is None or self._view.opened.version is None:
            return
        name = file_name_of(sheet.title, day_text(self._view.opened.version.effective_at), suffix)
        ask_save(self, self._tr.text("reader.download"), name, suffix, self.save_as)

    def save_as(self, path: str) -> None:
        """Write the version that is open; the name's ending says what as."""
        sheet = self._sheet()
        if sheet is not None and path:
            write = write_text if path.lower().endswith(".txt") else write_pdf
            self.saved.show_busy()
            self._writer.write(Path(path), lambda target: write(target, sheet))

    def _saved(self, path: str, reason: str) -> None:
        self.saved.show_done(path, reason)

    def _sheet(self) -> Sheet | None:
        opened = self._view.opened if self._view is not None else None
        if opened is None or opened.version is None or opened.document is None:
            return None
        day = day_text(opened.version.effective_at)
        return Sheet(
            opened.version.title,
            (self._tr.text("reader.version", day=day), self._tr.text("pdf.effective", day=day)),
            self._tr.text("pdf.page", page="{page}", count="{count}"),
            self._tr.text("pdf.hash", hash=opened.version.sha256),
            opened.document,
        )

    def shut(self) -> None:
        """Wait for a file that is being written."""
        self._second.stop()
        self._writer.close()
