"""What a person typed into the application and the service may not have yet, kept on this machine. Blocking calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from app.contract.applications import ApplicationForm


@dataclass(frozen=True)
class KeptDraft:
    """A form as it was typed last."""

    form: ApplicationForm = field(repr=False)
    application_id: str = ""
    """Of the service; empty when it had told none."""
    base_revision: int = 0
    """The revision that this form was made from or, when it is saved, is."""
    is_unsaved: bool = True
    """Whether the service has not said that it has it."""
    sent: tuple[str, ...] = ()
    """Digests of forms that were sent without an answer: should the service have one of those, it is ours."""


class Drafts(Protocol):
    """One draft for each owner: a person on one platform. Any worker thread."""

    def load(self, owner: str) -> KeptDraft | None:
        """None when there is none that can be read. Raises StorageError when that cannot be told now."""

    def keep(self, owner: str, draft: KeptDraft) -> None:
        """Written whole or not at all, on the disk when this returns. Raises StorageError."""

    def forget(self, owner: str) -> None:
        """Raises StorageError when it is there still."""
