"""The sentence of health; unfolded: cause, figures, parts, curve and the record of events."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

from app.i18n import Translator
from ui.presenters.health import HealthView
from ui.theme.apply import set_look
from ui.views.base import View
from ui.widgets.basics import Button, Elided, box, column, label, row, rule
from ui.widgets.curve import Curve
from ui.widgets.marks import Pill

FIGURES = 6
PARTS = 5
"""Picture and sound where they were measured, computer, network, platform."""
FOLDED_PX = 44
LOG_SHOWN, LOG_ROW_PX = 3, 22
_MARKS = {"neutral": "dot", "good": "dot", "warn": "warn", "bad": "warn"}


class HealthCard(View):
    """Draws HealthView, folded or open. ``fold_asked``: the person clicked 详情 or 收起; ``acted``: the one button."""

    fold_asked = Signal()

    def __init__(self) -> None:
        super().__init__("health", kind="card")
        self._tr = Translator()
        self._drawn: tuple[HealthView, bool] | None = None
        outer = column(self, margins=(14, 0, 14, 0))
        head = box("health.head")
        head.setFixedHeight(FOLDED_PX - 2)
        line = row(head, gap=10)
        self.pill = Pill("health.pill")
        self.sentence = Elided("health.sentence", tone="2")
        self.figures_line = label("health.figures_line", type_="12", tone="2")
        self.action = Button("health.action", kind="small")
        self.action.clicked.connect(self._act)
        self.fold = self.button("health.fold", "health.more", kind="link", tip="health.tip")
        self.fold.clicked.connect(self.fold_asked)
        line.addWidget(self.pill)
        line.addWidget(self.sentence, 1)
        line.addWidget(self.figures_line)
        line.addWidget(self.action)
        line.addWidget(self.fold)
        outer.addWidget(head)
        self.detail = QWidget()
        self.detail.setObjectName("health.detail")
        outer.addWidget(self.detail, 1)
        self._fill_detail()
        self.detail.hide()

    def _fill_detail(self) -> None:
        layout = column(self.detail, margins=(0, 0, 4, 12))
        self.cause = label("health.cause", tone="2", wraps=True)
        self.check = self.button("health.check", "preflight.link", kind="link", tip="preflight.open_tip")
        self.check.clicked.connect(lambda: self.acted.emit("open_preflight"))
        why = row(gap=12)
        why.addWidget(self.cause, 1)
        why.addStretch()
        why.addWidget(self.check, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(why)
        layout.addSpacing(10)
        figures = row()
        self._figures: list[tuple[QLabel, QLabel]] = []
        for number in range(FIGURES):
            if number:
                figures.addWidget(rule(is_vertical=True))
            cell = column(margins=(12 if number else 0, 4, 8, 4), gap=1)
            value = label(f"health.figure.{number}", type_="h1")
            caption = Elided(f"health.figure_name.{number}", type_="11", tone="2")
            cell.addWidget(value)
            cell.addWidget(caption)
            figures.addLayout(cell, 1)
            self._figures.append((value, caption))
        layout.addLayout(figures)
        layout.addSpacing(10)
        parts = row(gap=6)
        self._parts: list[tuple[QLabel, QLabel]] = []
        for number in range(PARTS):
            name = label(f"health.part.{number}", type_="12", tone="2")
            word = label(f"health.part_word.{number}", type_="12")
            parts.addWidget(name)
            parts.addWidget(word)
            parts.addSpacing(6)
            self._parts.append((name, word))
        legend = Elided("health.legend", type_="12", tone="3")
        legend.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.texts.bind(legend.setText, "health.legend")
        parts.addWidget(legend, 1)
        layout.addLayout(parts)
        layout.addSpacing(8)
        self.curve = Curve("health.curve")
        self.named(self.curve, "health.legend")
        layout.addWidget(self.curve, 1)
        layout.addSpacing(8)
        self.log = QScrollArea()
        self.log.setObjectName("health.log")
        self.named(self.log, "health.log")
        self.log.setWidgetResizable(True)
        self.log.setFrameShape(QFrame.Shape.NoFrame)
        inner = QWidget()
        self._log_rows = column(inner, gap=2)
        self._log_rows.addStretch(1)
        self.log.setWidget(inner)
        self._log_labels: list[tuple[QWidget, QLabel, QLabel]] = []
        layout.addWidget(self.log)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr = tr
        self._drawn = None

    def draw(self, view: HealthView, *, is_open: bool) -> None:
        """Show this state."""
        if self._drawn == (view, is_open):
            return
        self._drawn = (view, is_open)
        self.pill.show_text(view.sentence if is_open else view.pill, view.tone, _MARKS[view.tone])
        self.sentence.setText("" if is_open else view.sentence)
        self.sentence.setAccessibleName(view.sentence)
        # where there is something to do, the sentence and its button need the room
        self.figures_line.setText("" if is_open or view.action else view.figures_line)
        self.action.setText(view.action_label)
        self.action.setAccessibleName(view.action_label)
        self.action.setVisible(bool(view.action))
        self.fold.setText(self._tr.text("health.less" if is_open else "health.more"))
        self.fold.setAccessibleName(self._tr.text("health.fold" if is_open else "health.unfold"))
        self.detail.setVisible(is_open)
        self.setMaximumHeight(16_777_215 if is_open else FOLDED_PX)
        if is_open:
            self._draw_detail(view)

    def _act(self) -> None:
        if self._drawn is not None:
            self.acted.emit(self._drawn[0].action)

    def _draw_detail(self, view: HealthView) -> None:
        self.cause.setText(view.cause)
        self.cause.setVisible(bool(view.cause))
        for (value, name), figure in zip(self._figures, view.figures, strict=True):
            value.setText(figure.value)
            name.setText(figure.label)
            value.setAccessibleName(f"{figure.label} {figure.value}")
        for number, (name, word) in enumerate(self._parts):
            part = view.parts[number] if number < len(view.parts) else None
            for words in (name, word):
                words.setVisible(part is not None)
            if part is not None:
                name.setText(part.label)
                word.setText(part.word)
                set_look(word, tone=part.tone if part.tone != "neutral" else "3")
        self.curve.draw(view.curve)
        while len(self._log_labels) < len(view.log):
            holder = QWidget()
            line = row(holder, gap=12)
            time = label("health.log_time", type_="12", tone="2")
            entry = Elided("health.log_text", type_="12", tone="2")
            line.addWidget(time)
            line.addWidget(entry, 1)
            self._log_rows.insertWidget(len(self._log_labels), holder)
            self._log_labels.append((holder, time, entry))
        for number, (holder, time, text) in enumerate(self._log_labels):
            holder.setVisible(number < len(view.log))
            if number < len(view.log):
                time.setText(view.log[number].time)
                text.setText(view.log[number].text)
        self.log.setFixedHeight(min(LOG_SHOWN, len(view.log)) * LOG_ROW_PX)
        self.log.setVisible(bool(view.log))
