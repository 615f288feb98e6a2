"""The first operator of a platform that has none: name and password in a file of the data folder, until they are used.

The file is readable by the service's own user only. It goes once the operator has set up the second factor.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from app.errors import StorageError
from server.accounts import people
from server.accounts.operators import new_password
from server.store.models import AccountRow
from server.store.store import Tx

NAME = "operator"
FILE = "first_operator.json"


@dataclass(frozen=True, slots=True)
class FirstOperator:
    """Shown once."""

    name: str
    password: str = field(repr=False)


def is_needed(db: Db) -> bool:
    """Whether there never was an operator."""
    return db.scalar(select(AccountRow.id).where(AccountRow.operator_name.is_not(None)).limit(1)) is None


def note(folder: Path) -> FirstOperator:
    """Make a password and write it down; before the account is made, so that no account is without. StorageError."""
    made = FirstOperator(NAME, new_password())
    path = folder / FILE
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({"operator_name": made.name, "operator_password": made.password, "page": "/desk"}, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageError("data_folder_unwritable", detail={"folder": str(folder)}) from error
    return made


def add(tx: Tx, first: FirstOperator, nickname: str) -> None:
    """The account."""
    people.add_operator(tx, first.name, people.hash_password(first.password), nickname, "first start")


def forget(folder: Path, name: str) -> None:
    """Remove the file when it is this operator's."""
    path = folder / FILE
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path.read_text("utf-8")).get("operator_name") == name:
            path.unlink()
