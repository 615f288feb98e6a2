"""The rows of what was checked. Every row that there can be is made once and filled in place. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.quality.model import Group
from app.i18n import Translator
from ui.presenters.preflight_rows import ROW_IDS, SPECS, WHOLE, CheckRow
from ui.theme.apply import set_look
from ui.theme.tokens import DARK, Tokens
from ui.views.base import View
from ui.widgets.basics import Button, column, label, row, rule
from ui.widgets.reading import Reading
from ui.widgets.ring import Mark

_GROUP_OF = {spec.id: spec.group for spec in SPECS} | {row_id: group for group, row_id in WHOLE.items()}


HEAD_PX = 20
FEW_ROWS = 3


class ProgressBar(QWidget):
    """A thin bar, filled as far as something has come."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFixedHeight(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.passed_ratio = 0.0
        self._tokens: Tokens = DARK

    def sizeHint(self) -> QSize:
        return QSize(80, 4)

    def set_tokens(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def show_passed(self, ratio: float) -> None:
        """0 … 1."""
        if ratio != self.passed_ratio:
            self.passed_ratio = ratio
            self.setAccessibleName(f"{ratio:.0%}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tokens.line))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
        painter.setBrush(QColor(self._tokens.accent_fill))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * min(1.0, max(0.0, self.passed_ratio)), 4), 2, 2)
        painter.end()


class CheckLine(QWidget):
    """One row: mark, name, figure, points; below them a sentence; at the right what can be done.

    Only what has changed is set: a new figure is painted, a new sentence is laid out.
    """

    def __init__(self, row_id: str, owner: ChecksCard) -> None:
        super().__init__()
        name = f"preflight.row.{row_id}"
        self.setObjectName(name)
        self._owner = owner
        self._view: CheckRow | None = None
        whole = column(self)
        self.line = rule()
        whole.addWidget(self.line)
        across = row(margins=(14, 9, 14, 9), gap=12)
        whole.addLayout(across)
        self.mark = Mark(f"{name}.mark")
        across.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        middle = column(gap=1)
        head = row(gap=10)
        self.name = label(f"{name}.name", type_="13b")
        self.figure = Reading(f"{name}.figure")
        self.points = label(f"{name}.points", type_="12", tone="2")
        self.points.setFixedHeight(HEAD_PX)
        head.addWidget(self.name)
        head.addWidget(self.figure, 1)
        middle.addLayout(head)
        self.sentence = label(f"{name}.sentence", type_="12", tone="2", wraps=True)
        middle.addWidget(self.sentence)
        self.progress = ProgressBar(f"{name}.progress")
        middle.addSpacing(3)
        middle.addWidget(self.progress)
        across.addLayout(middle, 1)
        self.undo = Button(f"{name}.undo", kind="quiet")
        self.action = Button(f"{name}.action", kind="small")
        at_right = column(gap=4)
        at_right.addWidget(self.points, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        for button in (self.action, self.undo):
            at_right.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)
        at_right.addStretch(1)
        across.addLayout(at_right)
        self.action.clicked.connect(self._act)
        self.undo.clicked.connect(self._undo)

    @property
    def view(self) -> CheckRow | None:
        return self._view

    def forget(self) -> None:
        """Everything is set anew with the next state."""
        self._view = None

    def draw(self, view: CheckRow, tr: Translator) -> None:
        """Show this row."""
        before = self._view
        if view == before:
            return
        self._view = view
        self.setAccessibleName(view.said)
        self.mark.show_tone(view.tone)
        self.figure.setText(view.figure)
        if before is not None and _fixed(before) == _fixed(view):
            if view.passed_ratio is not None:
                self.progress.show_passed(view.passed_ratio)
            return
        self.name.setText(view.name)
        self.points.setText(view.points)
        self.points.setVisible(bool(view.points))
        if self.sentence.text() != view.sentence:
            self.sentence.setText(view.sentence)
        self.sentence.setVisible(bool(view.sentence))
        self.action.setText(view.action_label)
        self.action.setAccessibleName(f"{view.action_label} {view.name}")
        self.action.setVisible(bool(view.action_label))
        self.undo.setText(tr.text("mend.undo"))
        self.undo.setAccessibleName(tr.text("mend.undo_named", name=view.name))
        self.undo.setVisible(view.undo is not None)
        self.progress.setVisible(view.passed_ratio is not None)
        self.progress.show_passed(view.passed_ratio or 0.0)

    def _act(self) -> None:
        view = self._view
        if view is not None and view.wish is not None:
            self._owner.wished.emit(view.wish)
        elif view is not None and view.action:
            self._owner.acted.emit(view.action)

    def _undo(self) -> None:
        if self._view is not None and self._view.undo is not None:
            self._owner.wished.emit(self._view.undo)


def _fixed(view: CheckRow) -> tuple[object, ...]:
    """What takes a new layout when it changes."""
    is_under_way = view.passed_ratio is not None
    return (view.name, view.points, view.sentence, view.action_label, view.wish, view.action, view.undo, is_under_way)


def _many(before: Sequence[CheckRow], rows: Sequence[CheckRow]) -> bool:
    """Whether so much changes that it is cheaper to fill the list unseen."""
    known = {one.id: _fixed(one) for one in before}
    return sum(known.get(one.id) != _fixed(one) for one in rows) > FEW_ROWS


class ChecksCard(View):
    """Draws CheckRow of every group. Those that are well and have nothing to tell are folded, a line tells how many.

    ``resized``: what is shown takes another height.
    """

    resized = Signal()

    def __init__(self) -> None:
        super().__init__("preflight.checks", kind="card")
        self._tr = Translator()
        self._rows: tuple[CheckRow, ...] = ()
        self._opened: dict[Group, bool] = {}
        """What the person chose; the others follow the room there is."""
        self._is_roomy = False
        inner = column(self)
        self.lines: dict[str, CheckLine] = {}
        self.folds: dict[Group, Button] = {}
        self._fold_rows: dict[Group, QWidget] = {}
        for group in Group:
            for row_id in ROW_IDS:
                if _GROUP_OF[row_id] is group:
                    line = CheckLine(row_id, self)
                    line.hide()
                    self.lines[row_id] = line
                    inner.addWidget(line)
            inner.addWidget(self._make_fold(group))

    def _make_fold(self, group: Group) -> QWidget:
        holder = QWidget()
        whole = column(holder)
        whole.addWidget(rule())
        fold = Button(f"preflight.fold.{group.value}", kind="link")
        set_look(fold, tone="2")
        fold.clicked.connect(lambda: self._turn(group))
        across = row(margins=(50, 5, 14, 5))
        across.addWidget(fold)
        across.addStretch(1)
        whole.addLayout(across)
        holder.hide()
        self.folds[group] = fold
        self._fold_rows[group] = holder
        return holder

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._rows = ()
        for line in self.lines.values():
            line.forget()

    def set_roomy(self, is_roomy: bool) -> None:
        """Whether there is room for every row."""
        if is_roomy != self._is_roomy:
            self._is_roomy = is_roomy
            self._show_rows()

    def draw(self, rows: Sequence[CheckRow]) -> None:
        """Show these rows."""
        rows = tuple(rows)
        if rows == self._rows:
            return
        focused = self.window().focusWidget()
        before, self._rows = self._rows, rows
        has_focus = focused is not None and self.isAncestorOf(focused)
        if self.isVisible() and not has_focus and _many(before, rows):
            # each part that is shown lays out everything above it at once, but for what is hidden
            self.hide()
            self._fill()
            self.show()
        else:
            self._fill()
            self._keep_focus(focused)

    def _fill(self) -> None:
        for one in self._rows:
            self.lines[one.id].draw(one, self._tr)
        self._show_rows()

    def _is_open(self, group: Group) -> bool:
        return self._opened.get(group, self._is_roomy)

    def _turn(self, group: Group) -> None:
        self._opened[group] = not self._is_open(group)
        self._show_rows()

    def _show_rows(self) -> None:
        shown: set[str] = set()
        for group in Group:
            mine = [one for one in self._rows if one.group is group]
            quiet = [one for one in mine if not one.is_kept]
            is_open = self._is_open(group)
            shown |= {one.id for one in mine if one.is_kept or is_open}
            # one row is as high as the line that would stand for it
            is_folding = len(quiet) > 1
            if not is_folding:
                shown |= {one.id for one in quiet}
            text = self._fold_text(quiet, is_open=is_open) if is_folding else ""
            fold = self.folds[group]
            if fold.text() != text:
                fold.setText(text)
                fold.setAccessibleName(f"{self._tr.text(f'quality.group.{group.value}')}: {text}")
            self._fold_rows[group].setVisible(is_folding)
        did_change = False
        is_first = True
        for row_id, line in self.lines.items():
            is_shown = row_id in shown
            did_change = did_change or line.isHidden() is is_shown
            line.setVisible(is_shown)
            if is_shown:
                line.line.setVisible(not is_first)
                is_first = False
        if did_change:
            self.resized.emit()

    def _fold_text(self, quiet: Sequence[CheckRow], *, is_open: bool) -> str:
        tr = self._tr
        if is_open:
            return f"{tr.text('preflight.fold_less')} ▴"
        unknown = sum(one.tone == "neutral" for one in quiet)
        good = len(quiet) - unknown
        name = "fold_more" if not unknown else "fold_unknown" if good else "fold_only_unknown"
        points = sum(one.points_lost for one in quiet)
        costs = f"  {tr.text('quality.points', points=points)}" if points else ""
        return f"{tr.text(f'preflight.{name}', count=good, good=good, unknown=unknown)}{costs} ▾"

    def _keep_focus(self, focused: QWidget | None) -> None:
        """A button that went took the keyboard with it: the other one of its row is given it, where there is one."""
        for line in self.lines.values():
            for went, other in ((line.action, line.undo), (line.undo, line.action)):
                if focused is went and went.isHidden() and not other.isHidden():
                    other.setFocus(Qt.FocusReason.OtherFocusReason)
