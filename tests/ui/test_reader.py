"""The reader: reading to the end, contents, search, comparison, size, history, downloads, long documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.documents import canonical
from app.domain.documents.compare import ChangeKind
from app.domain.documents.model import DocumentKind
from app.usecases.state import Trouble
from app.usecases.way_state import DocumentsState, LoadPhase
from app.usecases.wishes import AcceptDocument, ChangeSettings, CompareDocument, ReadDocument
from tests.ui import fakes
from tests.ui.reader_stage import KIND, Reader, acceptance, long_text, open_reader, reading, summary, version
from ui.presenters.reader_text import Ink

__all__ = ["open_reader"]
pytestmark = pytest.mark.qt_log_ignore("does not support (propagateSizeHints|raise|grabbing)")
Open = Callable[..., Reader]


def wished(reader: Reader, kind: type) -> list[Any]:
    return [one for one in reader.wishes if isinstance(one, kind)]


# ---- the gate ------------------------------------------------------------------------------------


def test_who_did_not_read_to_the_end_cannot_accept(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(6)))
    page = reader.page
    assert not page.bar.accept.isEnabled()
    page.bar.accept.click()
    assert wished(reader, AcceptDocument) == []
    assert page.bar.text.text().startswith("全文已读到 ")
    reader.read_on()
    assert page.bar.text.text() == "全文已读完"
    page.bar.accept.click()
    assert wished(reader, AcceptDocument) == [AcceptDocument(read_s=0, was_shown_to_end=True)]


def test_who_jumps_to_the_end_has_skipped_what_is_between(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(6)))
    page = reader.page
    bar = page.text.verticalScrollBar()
    bar.setValue(bar.maximum())
    reader.paint()
    assert not page.bar.accept.isEnabled()
    assert not page.bar.skipped.isHidden()
    page.bar.skipped.click()
    assert 0 < page.text.top_paragraph < len(page.text.paragraphs) // 2
    reader.read_on()
    assert page.bar.accept.isEnabled()


def test_a_text_that_fits_is_read_as_soon_as_it_is_shown(open_reader: Open) -> None:
    reader = open_reader()
    assert reader.page.bar.accept.isEnabled()


def test_the_keyboard_reads_to_the_end(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(3)))
    text = reader.page.text
    for _ in range(40):
        QTest.keyClick(text, Qt.Key.Key_PageDown)
        text.viewport().repaint()
    assert reader.page.bar.accept.isEnabled()
    QTest.keyClick(text, Qt.Key.Key_Home)
    assert text.top_paragraph == 0


def test_the_comparison_does_not_count_and_what_was_read_before_still_does(open_reader: Open) -> None:
    reader = open_reader()
    reader.push(reading(compared=True))
    assert not reader.page.bar.accept.isEnabled()
    assert reader.page.bar.text.text() == "对照不计入阅读，请切换到全文读完"
    reader.read_on()
    assert not reader.page.bar.accept.isEnabled()
    reader.push(reading())
    assert reader.page.bar.accept.isEnabled()


def test_a_new_version_is_read_anew(open_reader: Open) -> None:
    state = reading(long_text(4))
    reader = open_reader(state)
    reader.read_on()
    assert reader.page.bar.accept.isEnabled()
    new = version(long_text(4) + "\n另加一句。\n", 3)
    opened = state.documents.opened
    assert opened is not None
    later = replace(opened, version=new, document=canonical.parse(new.text), versions=(summary(new), *opened.versions))
    reader.push(replace(state, documents=replace(state.documents, opened=later)))
    assert not reader.page.bar.accept.isEnabled()
    assert reader.page.text.top_paragraph == 0


def test_while_it_is_accepted_nothing_is_sent_twice(open_reader: Open) -> None:
    reader = open_reader(reading(is_accepting=True))
    assert not reader.page.bar.accept.isEnabled()
    assert not reader.page.bar.decline.isEnabled()
    reader.push(reading(needs_acceptance=False))
    assert reader.page.bar.isHidden()


def test_declining_is_asked_of_the_shell(open_reader: Open) -> None:
    reader = open_reader()
    reader.page.bar.decline.click()
    assert reader.declined == [True]
    assert reader.wishes == []


def test_a_refusal_is_told_and_the_text_stays(open_reader: Open) -> None:
    reader = open_reader(reading(trouble=Trouble("hash_mismatch")))
    assert not reader.page.trouble.isHidden()
    assert reader.page.trouble.text.text()
    assert reader.page.stack.currentWidget() is reader.page.text


# ---- finding one's way ---------------------------------------------------------------------------


def test_the_contents_lead_to_each_heading(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(5)))
    contents = reader.page.left.contents
    rows = contents.model_.rows
    assert len(rows) == 20
    assert (rows[0].text, rows[0].level, rows[1].level) == ("第 1 章", 0, 1)
    index = contents.model_.index(12)
    contents.clicked.emit(index)
    assert reader.page.text.paragraphs[reader.page.text.top_paragraph].text == rows[12].text
    assert contents.currentIndex().row() == 12


def test_searching_counts_steps_and_wraps(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(4)))
    page = reader.page
    page.head.search.click()
    assert page.search.input.hasFocus()
    page.search.input.setText("条款 2")
    assert page.search.count.text() == "1 / 3"
    QTest.keyClick(page.search.input, Qt.Key.Key_Return)
    assert page.search.count.text() == "2 / 3"
    QTest.keyClick(page.search.input, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(page.search.input, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert page.search.count.text() == "3 / 3"
    page.search.input.setText("没有这样的话")
    assert page.search.count.text() == "没有找到"
    assert not page.search.next.isEnabled()
    QTest.keyClick(page.search.input, Qt.Key.Key_Escape)
    assert page.search.isHidden()


def test_a_word_is_found_across_emphasis_and_however_it_is_written(open_reader: Open) -> None:
    reader = open_reader()
    page = reader.page
    page.head.search.click()
    page.search.input.setText("适用于全部主播和")
    assert page.search.count.text() == "1 / 1"
    page.search.input.setText("７天")
    assert page.search.count.text() == "1 / 1"


def test_searching_does_not_count_as_reading(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(8) + "\n## 末章\n\n最后一句。\n"))
    page = reader.page
    page.head.search.click()
    page.search.input.setText("最后一句")
    page.text.viewport().repaint()
    assert page.text.shown_ratio < 0.9
    assert not page.bar.accept.isEnabled()


def test_another_size_is_wished_for_and_keeps_the_place(open_reader: Open) -> None:
    state = reading(long_text(5))
    reader = open_reader(state)
    page = reader.page
    page.text.go_to(9)
    page.head.larger.click()
    [wish] = wished(reader, ChangeSettings)
    assert wish == ChangeSettings({"reader_size_px": 16})
    reader.push(replace(state, settings=state.settings.changed({"reader_size_px": 16})))
    assert page.text.top_paragraph == 9


# ---- what changed --------------------------------------------------------------------------------


def test_the_comparison_says_what_changed_in_words_and_marks(open_reader: Open) -> None:
    reader = open_reader(reading(compared=True))
    page = reader.page
    rows = [entry.text for entry in page.right.changes.model_.rows]
    assert set(rows) == {"修改：适用范围", "修改：结算", "删除：纸质资料", "新增：二、连麦", "新增：连麦嘉宾"}
    kinds = {one.change for one in page.text.paragraphs}
    assert {ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED} <= kinds
    settled = next(one for one in page.text.paragraphs if "冻结期" in one.text)
    inks = {(piece.text, piece.inks) for piece in settled.pieces if piece.inks}
    assert ("15", (Ink.DELETED,)) in inks
    assert ("7", (Ink.INSERTED,)) in inks


def test_any_earlier_version_can_be_compared_and_read(open_reader: Open) -> None:
    reader = open_reader()
    page = reader.page
    page.head.mode.chosen.emit("compare")
    assert wished(reader, CompareDocument) == [CompareDocument(1)]
    page.head.mode.chosen.emit("full")
    assert wished(reader, CompareDocument)[-1] == CompareDocument(0)
    page._open_history()
    menu = page.findChild(object, "reader.history_menu")
    actions = {action.text(): action for action in menu.actions() if action.text()}
    assert len(actions) == 3
    [compared] = [action for text, action in actions.items() if "对照" in text or "比" in text]
    compared.trigger()
    assert wished(reader, CompareDocument)[-1] == CompareDocument(1)
    menu.close()


def test_a_first_version_offers_no_comparison(open_reader: Open) -> None:
    old = version("只有一版。\n", 1)
    reader = open_reader(reading("只有一版。\n", versions=(summary(old),), version=old))
    assert reader.page.head.mode.isHidden()


def test_what_i_accepted_and_when_is_named_and_can_be_opened(open_reader: Open) -> None:
    old = version("旧。\n", 1)
    reader = open_reader(reading(accepted=(acceptance(old),)))
    page = reader.page
    button = page.right.findChild(object, "reader.accepted.1")
    assert "2026-09-27" in button.text()
    assert "2026-11-26" in button.text()
    button.click()
    assert wished(reader, ReadDocument) == [ReadDocument(KIND, 1)]
    assert [row.note for row in page._view.versions] == ["生效中", "已同意"]


def test_companion_documents_and_the_contact_are_at_the_left(open_reader: Open) -> None:
    reader = open_reader()
    page = reader.page
    other = page.left.findChild(object, "reader.kind.privacy_policy")
    other.click()
    assert wished(reader, ReadDocument) == [ReadDocument(DocumentKind.PRIVACY_POLICY)]
    assert page._view.contact


# ---- long documents ------------------------------------------------------------------------------


def test_of_two_hundred_pages_only_what_is_seen_is_laid_out(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(200)))
    text = reader.page.text
    assert len(text.paragraphs) > 1000
    assert text.laid_count < 60
    before = text.laid_count
    text.verticalScrollBar().setValue(text.verticalScrollBar().maximum() // 2)
    text.viewport().repaint()
    assert text.laid_count - before < 80


def test_the_end_of_a_long_document_is_its_end(open_reader: Open) -> None:
    reader = open_reader(reading(long_text(60)))
    text = reader.page.text
    for _ in range(5):
        text.verticalScrollBar().setValue(text.verticalScrollBar().maximum())
        text.viewport().repaint()
    last = len(text.paragraphs) - 1
    assert last in text._laid
    assert text.verticalScrollBar().value() == text.verticalScrollBar().maximum()


# ---- states, widths, languages -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        (DocumentsState(), "正在"),
        (DocumentsState(LoadPhase.LOADING), "正在"),
        (DocumentsState(LoadPhase.FAILED, trouble=Trouble("service_unreachable")), ""),
        (DocumentsState(LoadPhase.READY), ""),
    ],
)
def test_without_a_text_the_page_says_why(open_reader: Open, documents: DocumentsState, words: str) -> None:
    reader = open_reader(replace(fakes.off_air(), documents=documents))
    page = reader.page
    assert page.stack.currentWidget() is page.empty
    assert page.empty.text()
    assert words in page.empty.text()
    assert page.bar.isHidden()
    assert not page.head.download.isEnabled()


@pytest.mark.parametrize(("width_px", "left", "right"), [(1300, True, True), (900, True, False)])
def test_columns_fold_where_there_is_no_room(open_reader: Open, width_px: int, left: bool, right: bool) -> None:
    reader = open_reader(size_px=(width_px, 700))
    page = reader.page
    assert (not page.left.isHidden(), not page.right.isHidden()) == (left, right)
    if not right:
        page.head.right.click()
        assert not page.right.isHidden()


def test_in_english_nothing_of_the_page_is_chinese(open_reader: Open) -> None:
    reader = open_reader()
    reader.push(reading(compared=True), "en")
    page = reader.page
    for text in (page.bar.text.text(), page.bar.accept.text(), page.head.history.text(), page.search.next.text()):
        assert text
        assert text.isascii()


def test_controls_have_names(open_reader: Open) -> None:
    page = open_reader().page
    for widget in (
        page.text,
        page.head.smaller,
        page.head.larger,
        page.head.search,
        page.search.input,
        page.right.changes,
    ):
        assert widget.accessibleName()


def test_words_are_selected_and_copied(open_reader: Open, qapp: Any) -> None:
    page = open_reader().page
    QTest.keyClick(page.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(page.text, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "冻结期为 7 天。" in qapp.clipboard().text()


# ---- downloads -----------------------------------------------------------------------------------


def saved(reader: Reader, path: Path) -> str:
    with reader.qtbot.waitSignal(reader.page._writer.done, timeout=15_000):
        reader.page.save_as(str(path))
    return str(reader.page.saved.text.toolTip() or reader.page.saved.text.text())


def test_a_pdf_has_the_whole_text_the_day_and_the_hash(open_reader: Open, tmp_path: Path) -> None:
    reader = open_reader(reading(long_text(8) + "\n一页一行，马上长见识：ffi fl 2026。\n"))
    path = tmp_path / "协议.pdf"
    saved(reader, path)
    pdf = PdfReader(path)
    assert len(pdf.pages) > 3
    text = "".join(page.extract_text() for page in pdf.pages)
    plain = "".join(text.split())
    # Characters and no radicals or ligatures that only look like them: it can be searched and copied.
    assert not [sign for sign in plain if "\u2e80" <= sign <= "\u2fdf" or "\ufb00" <= sign <= "\ufb06"]
    opened = reader.page._view.opened
    for words in (
        "直播协议",
        "第8章",
        "条款8.2",
        "2026-10-27",
        "一页一行，马上长见识：ffifl2026",
        opened.version.sha256,
    ):
        assert words in plain, words
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_file_is_read_by_every_editor(open_reader: Open, tmp_path: Path) -> None:
    reader = open_reader()
    path = tmp_path / "协议.txt"
    saved(reader, path)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    assert "【适用范围】" in text
    assert "冻结期为 7 天。" in text
    assert "**" not in text
    assert "\r\n" in text


@pytest.mark.parametrize("name", ["协议.pdf", "协议.txt"])
def test_a_folder_that_takes_nothing_is_told(open_reader: Open, tmp_path: Path, name: str) -> None:
    reader = open_reader()
    told = saved(reader, tmp_path / "missing" / name)
    assert "没有" in told or "失败" in told or "不能" in told
    assert reader.page.saved.folder.isHidden()
