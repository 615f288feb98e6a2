"""The record of what was done: filtered, taken back, written to a file; the shield (一键防护). GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.contract.room import ActionKind
from app.i18n import Translator
from app.usecases.room_wishes import ExportRecord, LoadRecord, UndoAct
from ui.presenters.room_side import RECORD_FILTERS, ActRow, RecordView
from ui.presenters.room_words import act
from ui.views.base import View
from ui.views.room.lists import ActList
from ui.views.saved import SavedLine
from ui.widgets.basics import Combo, column, label, row
from ui.widgets.menus import ask_save, document_path

EDGE_PX = 14


class RecordPanel(View):
    """Draws RecordView."""

    def __init__(self) -> None:
        super().__init__("record")
        self._tr = Translator()
        self._view: RecordView | None = None
        self._told = 0
        """The number of the file whose end was told."""
        self._is_saving = False
        layout = column(self)
        head = row(margins=(EDGE_PX, 10, EDGE_PX, 6))
        layout.addLayout(head)
        self.filter = Combo("record.filter")
        self.named(self.filter, "room.filter")
        self.filter.activated.connect(self._choose)
        head.addWidget(self.filter, 1)
        self.saved = SavedLine("record", margin_px=EDGE_PX, words=("room.saving", "room.saved", "room.save_failed"))
        layout.addWidget(self.saved)
        self.list = ActList("record.list")
        self.named(self.list, "room.record_list")
        self.list.taken.connect(self._undo)
        layout.addWidget(self.list, 1)
        self.empty = label("record.empty", tone="3", wraps=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setContentsMargins(28, 0, 28, 0)
        layout.addWidget(self.empty, 1)
        foot = row(margins=(EDGE_PX, 10, EDGE_PX, 14), gap=8)
        layout.addLayout(foot)
        self.export = self.button("record.export", "room.export", kind="ghost")
        self.export.clicked.connect(self._ask_file)
        self.shield = self.button("record.shield", "room.do.shield", icon_name="shield", tip="room.tip.shield")
        self.shield.clicked.connect(self._turn_shield)
        foot.addWidget(self.export)
        foot.addStretch(1)
        foot.addWidget(self.shield)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        self._tr, self._view = tr, None
        self.saved.retranslate(tr)
        self.list.set_do_text(tr.text("room.do.undo"))
        taken = self.filter.currentIndex()
        self.filter.clear()
        for name in RECORD_FILTERS:
            self.filter.addItem(tr.text(f"room.filter.{name}"), name)
        self.filter.setCurrentIndex(max(0, taken))

    def draw(self, view: RecordView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        self.filter.setCurrentIndex(max(0, self.filter.findData(view.filter)))
        self.list.rows.follow(view.rows)
        self.list.setVisible(bool(view.rows))
        self.empty.setVisible(not view.rows)
        self.empty.setText(view.empty_text)
        self.export.setEnabled(bool(view.rows))
        self.shield.setEnabled(view.can_moderate)
        text = self._tr.text("room.do.shield_off" if view.is_shielded else "room.do.shield")
        self.shield.setText(text)
        self.shield.setAccessibleName(text)
        self._draw_saved(view)

    def _draw_saved(self, view: RecordView) -> None:
        if view.saved:
            if view.saved_number != self._told:
                self._told, self._is_saving = view.saved_number, False
                self.saved.show_done(view.saved, view.saved_reason)
        elif view.saved_number:
            self._is_saving = True
        elif self._is_saving:
            self._is_saving = False
            self.saved.hide()  # the room was left meanwhile

    def _undo(self, one: ActRow) -> None:
        if one.target_id:
            self.wished.emit(UndoAct(one.target_id))

    def _choose(self) -> None:
        self.wished.emit(LoadRecord(RECORD_FILTERS[self.filter.currentData()]))

    def _turn_shield(self) -> None:
        is_on = self._view is not None and self._view.is_shielded
        self.wished.emit(act(ActionKind.SHIELD_OFF if is_on else ActionKind.SHIELD_ON))

    def _ask_file(self) -> None:
        name = document_path(f"{self._tr.text('room.record_file')}.csv")
        ask_save(self, self._tr.text("room.export"), name, "csv", self._save)

    def _save(self, path: str) -> None:
        self.saved.show_busy()
        self.wished.emit(ExportRecord(path))
