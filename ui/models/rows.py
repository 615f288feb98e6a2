"""A list model that follows tuples of rows: what went off the head is removed, what changed is told, what is new is
appended; only another order resets it. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


class RowsModel(QAbstractListModel):
    """``key`` names a row across changes; ``text`` is what a screen reader says of it."""

    def __init__(self, key: Callable[[Any], str], text: Callable[[Any], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key, self._text = key, text
        self._rows: tuple[Any, ...] = ()
        self._keys: list[str] = []
        self.resets = 0

    @property
    def rows(self) -> tuple[Any, ...]:
        return self._rows

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            return self._text(row)
        return None

    def follow(self, rows: tuple[Any, ...]) -> None:
        """Become ``rows``."""
        if rows is self._rows:
            return
        old, keys = self._rows, [self._key(row) for row in rows]
        old_keys = self._keys if len(self._keys) == len(old) else [self._key(row) for row in old]
        self._keys = keys
        gone = old_keys.index(keys[0]) if keys and keys[0] in old_keys else len(old)
        kept = len(old) - gone
        if not rows or old_keys[gone:] != keys[:kept] or (not kept and old):
            self.beginResetModel()
            self._rows = rows
            self.resets += 1
            self.endResetModel()
            return
        if gone:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            self._rows = old[gone:]
            self.endRemoveRows()
        changed = [number for number in range(kept) if self._rows[number] is not rows[number]]
        if len(rows) > kept:
            self.beginInsertRows(QModelIndex(), kept, len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
        else:
            self._rows = rows
        for number in changed:
            self.dataChanged.emit(self.index(number), self.index(number))
