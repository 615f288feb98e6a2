"""A list model that follows tuples of rows: what went is removed, what is new is put in its place, what changed is
told; only another order, or a whole other list, resets it. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
KEY_ROLE = ROW_ROLE + 1
"""What names the row across changes, resets too."""
MAX_RUNS = 8
"""Changes in more places than this are one reset: laying out once is cheaper then."""
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
        if role == KEY_ROLE:
            return self._key(row)
        if role in (int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.AccessibleTextRole)):
            return self._text(row)
        return None

    def follow(self, rows: tuple[Any, ...]) -> None:
        """Become ``rows``."""
        if rows is self._rows:
            return
        keys, old_keys = [self._key(row) for row in rows], self._keys
        self._keys = keys
        wanted, known = set(keys), set(old_keys)
        gone = _runs(at for at, key in enumerate(old_keys) if key not in wanted)
        new = _runs(at for at, key in enumerate(keys) if key not in known)
        kept = [key for key in old_keys if key in wanted]
        is_other = bool(old_keys) and not kept
        is_moved = kept != [key for key in keys if key in known]
        if is_other or is_moved or len(wanted) < len(keys) or len(gone) + len(new) > MAX_RUNS:
            self.beginResetModel()
            self._rows = rows
            self.resets += 1
            self.endResetModel()
            return
        for first, last in reversed(gone):
            self.beginRemoveRows(QModelIndex(), first, last)
            self._rows = (*self._rows[:first], *self._rows[last + 1 :])
            self.endRemoveRows()
        for first, last in new:
            self.beginInsertRows(QModelIndex(), first, last)
            self._rows = (*self._rows[:first], *rows[first : last + 1], *self._rows[first:])
            self.endInsertRows()
        before, self._rows = self._rows, rows
        for first, last in _runs(at for at, row in enumerate(before) if row is not rows[at]):
            self.dataChanged.emit(self.index(first), self.index(last))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each row of neighbours."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
