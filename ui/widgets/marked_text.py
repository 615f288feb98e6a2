"""A text area in which words can be marked that may not stay. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QColor, QFocusEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from app.contract.applications import TextFinding
from ui.theme.tokens import DARK, Tokens

Findings = tuple[TextFinding, ...]


def place_of(text: str, at: int) -> int:
    """Where a code point of ``text`` lies in Qt's UTF-16."""
    return len(text[:at].encode("utf-16-le")) // 2


class MarkedText(QPlainTextEdit):
    """``edited``: a person changed the text. At most ``max_chars`` code points; what is pasted beyond is cut off.

    Marks keep to their words while the text around them is changed.
    """

    edited = Signal()

    def __init__(self, name: str, max_chars: int) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "area")
        self.setTabChangesFocus(True)
        self._max_chars = max_chars
        self._marks: Findings = ()
        self._tokens: Tokens = DARK
        self._next = 0
        self.textChanged.connect(self._changed)

    @property
    def text(self) -> str:
        return self.toPlainText()

    @property
    def marks(self) -> Findings:
        return self._marks

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._paint_marks()

    def fill(self, text: str) -> None:
        """Show another text; the same one leaves the cursor where it is."""
        if text != self.text:
            blocker = QSignalBlocker(self)
            self.setPlainText(text)
            del blocker

    def show_marks(self, text: str, findings: Findings) -> None:
        """Mark the words of ``text``; while another text stands here the marks that there are move with it."""
        if text == self.text and (findings != self._marks or len(self.extraSelections()) != len(findings)):
            self._marks, self._next = findings, 0
            self._paint_marks()

    def go_to_mark(self) -> None:
        """Select a marked word, and the next one the next time."""
        selections = self.extraSelections()
        if selections:
            marked: QTextCursor = selections[self._next % len(selections)].cursor
            self._next += 1
            self.setTextCursor(marked)
            self.ensureCursorVisible()
        self.setFocus()

    def _paint_marks(self) -> None:
        text, made = self.text, []
        for one in self._marks:
            cursor = QTextCursor(self.document())
            cursor.setPosition(place_of(text, one.start))
            cursor.setPosition(place_of(text, one.end), QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            look.setUnderlineColor(QColor(self._tokens.bad))
            look.setBackground(QColor(self._tokens.on_air_soft))
            selection = QTextEdit.ExtraSelection()
            selection.cursor, selection.format = cursor, look
            made.append(selection)
        self.setExtraSelections(made)

    def _changed(self) -> None:
        text = self.text
        if len(text) > self._max_chars:
            cursor = self.textCursor()
            cursor.setPosition(place_of(text, self._max_chars))
            cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            return
        self.edited.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._next = 0
