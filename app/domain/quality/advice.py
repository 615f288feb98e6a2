"""What is told on air when something gets worse. Pure.

It is told once, after it has lasted, and again only when it was well between:

well → worse (``LASTS_S`` long bad) → told → well again (``WELL_S`` long well) → …
"""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.quality.model import FOUND_SHARE, Defect, Finding, Group

TOLD_SHARE = 0.15
"""What costs less does not interrupt a person who is on air."""
LASTS_S = 6.0
WELL_S = 20.0
APART_S = 45.0
"""Between two pieces of advice, whatever they are about."""
_GROUPS = (Group.PICTURE, Group.SOUND)
"""Network and computer are told by the health of the broadcast."""


class Adviser:
    """Fed with each judgement while on air; ``begin`` when the broadcast begins. What was bad then is known already."""

    def __init__(self) -> None:
        self._bad_since_s: dict[Defect, float] = {}
        self._well_since_s: dict[Defect, float] = {}
        self._told: set[Defect] = set()
        self._last_s = float("-inf")

    def begin(self, findings: Iterable[Finding]) -> None:
        """Forget all; what is bad already was seen before going on air."""
        self._bad_since_s.clear()
        self._well_since_s.clear()
        self._last_s = float("-inf")
        self._told = {one.defect for one in findings if one.share >= TOLD_SHARE}

    def look(self, findings: Iterable[Finding], now_s: float) -> Finding | None:
        """The one thing to tell now, the dearest first; None mostly."""
        due: list[Finding] = []
        for finding in findings:
            if finding.group not in _GROUPS:
                continue
            defect = finding.defect
            if finding.share >= TOLD_SHARE:
                self._well_since_s.pop(defect, None)
                since_s = self._bad_since_s.setdefault(defect, now_s)
                if defect not in self._told and now_s - since_s >= LASTS_S:
                    due.append(finding)
            elif finding.share < FOUND_SHARE:
                self._bad_since_s.pop(defect, None)
                if now_s - self._well_since_s.setdefault(defect, now_s) >= WELL_S:
                    self._told.discard(defect)
        if not due or now_s - self._last_s < APART_S:
            return None
        worst = max(due, key=lambda one: one.share)
        self._told.add(worst.defect)
        self._last_s = now_s
        return worst

    def is_well(self, defect: Defect, now_s: float) -> bool:
        """Whether what was told is over: well for ``WELL_S``."""
        since_s = self._well_since_s.get(defect)
        return since_s is not None and now_s - since_s >= WELL_S


class MutedTalk:
    """Notices that somebody talks while muted: after a second of speech; three seconds of quiet forget it."""

    NOTICED_S, FORGOTTEN_S = 1.0, 3.0

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._last_s = float("-inf")
        self.is_noticed = False

    def look(self, is_muted: bool, is_speaking: bool, now_s: float) -> bool:
        """Whether it is so now."""
        if not is_muted:
            self._since_s, self.is_noticed = None, False
        elif is_speaking:
            self._last_s = now_s
            self._since_s = now_s if self._since_s is None else self._since_s
            self.is_noticed = self.is_noticed or now_s - self._since_s >= self.NOTICED_S
        elif now_s - self._last_s >= self.FORGOTTEN_S:
            self._since_s, self.is_noticed = None, False
        return self.is_noticed
