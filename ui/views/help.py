"""The help sheet (F1): the keys at the left, common troubles at the right, the logs below."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QWidget

from ui.keys import DEFAULTS
from ui.presenters.help import TROUBLES, HelpView
from ui.shortcuts import shown_keys
from ui.views.sheets import Sheet
from ui.widgets.basics import column, label, row, rule

HELP_PX, KEYS_PX = 780, 292


class HelpSheet(Sheet):
    """Draws HelpView. Its button 更改快捷键 leads to the settings."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("help", parent, width_px=HELP_PX)
        self._view: HelpView | None = None
        self.add_title("help.title")
        body = row(gap=24)
        keys = column(gap=8)
        keys.addWidget(self._caption("help.keys"))
        self._keys: list[tuple[QLabel, QLabel]] = []
        for action in DEFAULTS:
            line = row(gap=12)
            name = label(f"help.key_name.{action}", tone="2")
            value = label(f"help.key.{action}")
            value.setProperty("kind", "key")
            line.addWidget(name)
            line.addStretch(1)
            line.addWidget(value)
            keys.addLayout(line)
            self._keys.append((name, value))
        keys.addStretch(1)
        holder = QWidget()
        holder.setFixedWidth(KEYS_PX)
        holder.setLayout(keys)
        body.addWidget(holder)
        body.addWidget(rule(is_vertical=True))
        troubles = column(gap=8)
        troubles.addWidget(self._caption("help.troubles"))
        self._troubles: list[tuple[QLabel, QLabel]] = []
        for trouble in TROUBLES:
            seen, to_do = label(f"help.seen.{trouble}", wraps=True), label(f"help.do.{trouble}", tone="2", wraps=True)
            pair = column(gap=0)
            pair.addWidget(seen)
            pair.addWidget(to_do)
            troubles.addLayout(pair)
            self._troubles.append((seen, to_do))
        troubles.addStretch(1)
        body.addLayout(troubles, 1)
        self.inner.addLayout(body)
        self.inner.addWidget(rule())
        foot = row(gap=8)
        self.logs = label("help.logs", type_="12", tone="2", wraps=True)
        self.logs.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.open_logs = self.button("help.open_logs", "help.open_logs", icon_name="folder")
        self.open_logs.clicked.connect(self._open_logs)
        self.change = self.button("help.change", "help.change")
        self.change.clicked.connect(self._change)
        self.done = self.button("help.done", "action.ok", kind="primary")
        self.done.clicked.connect(self.close_sheet)
        foot.addWidget(self.logs, 1)
        for button in (self.open_logs, self.change, self.done):
            foot.addWidget(button)
        self.inner.addLayout(foot)
        self.closed.connect(self.close_sheet)

    def _caption(self, message_id: str) -> QLabel:
        made = label(f"{message_id}.caption", type_="13b")
        self.texts.bind(made.setText, message_id)
        return made

    def draw(self, view: HelpView) -> None:
        """Show this state."""
        if view == self._view:
            return
        self._view = view
        for (name, value), (_, text, keys) in zip(self._keys, view.keys, strict=True):
            name.setText(text)
            value.setText(shown_keys(keys))
            value.setVisible(bool(keys))
        for (seen, to_do), (what, do) in zip(self._troubles, view.troubles, strict=True):
            seen.setText(what)
            to_do.setText(do)
        self.logs.setText(view.log_line)
        self.open_logs.setVisible(bool(view.log_dir))
        self.change.setVisible(view.can_change_keys)

    def _open_logs(self) -> None:
        if self._view is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._view.log_dir))

    def _change(self) -> None:
        self.close_sheet()
        self.acted.emit("change_keys")
