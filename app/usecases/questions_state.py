"""What who moderates a room sees of its questions. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.questions import QuestionItem
from app.domain.room.questions import QuestionState
from app.usecases.trouble import Trouble
from app.usecases.way_state import LoadPhase


@dataclass(frozen=True)
class QuestionsDesk:
    """``items`` in their order: on screen, open, answered; none that is hidden."""

    session_id: str = ""
    phase: LoadPhase = LoadPhase.IDLE
    items: tuple[QuestionItem, ...] = ()
    busy: frozenset[str] = frozenset()
    """Ids of questions with which something is being done."""
    trouble: Trouble | None = None
    """Why the last act, or the last load, failed."""

    @property
    def on_screen(self) -> QuestionItem | None:
        """The one whose card is in the picture."""
        return next((one for one in self.items if one.state is QuestionState.ON_SCREEN), None)

    @property
    def open_count(self) -> int:
        """How many wait for an answer."""
        return sum(one.state in (QuestionState.ASKED, QuestionState.ON_SCREEN) for one in self.items)
