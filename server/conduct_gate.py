"""Whether a text may be kept: asks the checker and refuses. Any thread; nothing of the text leaves with the refusal."""

from __future__ import annotations

from functools import cache

from app.contract.errors import ErrorCode
from server.conduct.checker import RULES_FOLDER, Checker, Place, strongest
from server.errors import Refusal


@cache
def shipped_checker() -> Checker:
    """By the rules that come with the program; made once a process, as it takes 0.3 s. Raises StorageError."""
    return Checker.from_folder(RULES_FOLDER)


def require_clean(checker: Checker, text: str, place: Place, field: str) -> None:
    """Raises Refusal (text_refused) with the field, how many places offend and the weightiest label."""
    findings = checker.check(text, place)
    label = strongest(findings)
    if label is not None:
        raise Refusal(ErrorCode.TEXT_REFUSED, detail={"field": field, "count": len(findings), "label": label.value})
