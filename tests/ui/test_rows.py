"""The model of rows: whatever comes, it is the new rows, and only what is between is told."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractListModel, QPersistentModelIndex

from ui.models.rows import KEY_ROLE, RowsModel


@dataclass(frozen=True)
class One:
    key: str
    text: str = ""


def of(keys: str) -> tuple[One, ...]:
    return tuple(One(key) for key in keys)


def model_of(keys: str) -> RowsModel:
    made = RowsModel(lambda one: one.key, lambda one: one.text)
    made.follow(of(keys))
    return made


def followed(model: RowsModel, keys: str) -> list[tuple[str, int, int]]:
    told: list[tuple[str, int, int]] = []
    model.rowsInserted.connect(lambda _, first, last: told.append(("in", first, last)))
    model.rowsRemoved.connect(lambda _, first, last: told.append(("out", first, last)))
    known = {one.key: one for one in model.rows}
    model.follow(tuple(known.get(key, One(key)) for key in keys))
    return told


def test_what_comes_before_a_line_that_waits_is_put_before_it() -> None:
    model = model_of("abcW")
    assert followed(model, "bcdW") == [("out", 0, 0), ("in", 2, 2)]
    assert model.resets == 0


def test_the_newest_may_be_the_first() -> None:
    model = model_of("cba")
    assert followed(model, "dcb") == [("out", 2, 2), ("in", 0, 0)]
    assert model.resets == 0


def test_another_order_and_another_list_are_resets() -> None:
    model = model_of("abc")
    assert followed(model, "acb") == [] and model.resets == 1
    model.follow(of("xyz"))
    assert model.resets == 2


def test_what_changed_is_told_in_runs() -> None:
    model = model_of("abcdef")
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    rows = list(model.rows)
    for at in (1, 2, 5):
        rows[at] = One(rows[at].key, "new")
    model.follow(tuple(rows))
    assert told == [(1, 2), (5, 5)]


@given(st.text("abcdefghijkl", max_size=12), st.text("abcdefghijkl", max_size=12))
def test_it_becomes_the_new_rows_and_who_stays_is_found_again(before: str, after: str) -> None:
    old, new = "".join(dict.fromkeys(before)), "".join(dict.fromkeys(after))
    model = model_of(old)
    assert isinstance(model, QAbstractListModel)
    marks = {key: QPersistentModelIndex(model.index(at)) for at, key in enumerate(old)}
    model.follow(of(new))
    assert "".join(model.index(at).data(KEY_ROLE) for at in range(model.rowCount())) == new
    if model.resets == 0:
        for key, mark in marks.items():
            assert mark.isValid() is (key in new)
            assert not mark.isValid() or mark.row() == new.index(key)
