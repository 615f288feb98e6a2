"""What a person can ask of a room. Part of ``wishes``."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.contract.reports import ReportWish
from app.contract.room import ActionKind, ModerationWish


@dataclass(frozen=True)
class SendChat:
    text: str
    request_id: str
    """Made by the screen, so that a repeat is the same message."""
    reply_to: str = ""
    """The message that it answers."""


@dataclass(frozen=True)
class Moderate:
    """One act in the room that is followed. ``request_key``: made by the screen, so that a repeat is the same act."""

    wish: ModerationWish
    request_key: str


@dataclass(frozen=True)
class BeginReport:
    """The form to report is opened: what was just recorded is kept, where anything is."""


@dataclass(frozen=True)
class DropReport:
    """The form was closed without sending it."""


@dataclass(frozen=True)
class SendReport:
    """Tell the platform of a message, a person or the session. ``request_key`` as of ``Moderate``: of the form."""

    session_id: str
    wish: ReportWish = field(repr=False)
    request_key: str
    with_clip: bool = False
    """What was recorded before the form was opened goes along."""


@dataclass(frozen=True)
class RetryClip:
    """Send the clip of this report again."""

    report_id: str


@dataclass(frozen=True)
class LoadReports:
    """Ask for what one reported."""


@dataclass(frozen=True)
class WithdrawReport:
    report_id: str


@dataclass(frozen=True)
class UndoAct:
    action_id: str


@dataclass(frozen=True)
class DismissAct:
    """What was done last, or why it was not, has been read."""


@dataclass(frozen=True)
class LoadAudience:
    """Ask who is there; goes on being asked while ``is_on``."""

    is_on: bool


@dataclass(frozen=True)
class LoadRecord:
    """Ask for the record: of these kinds, or of all."""

    kinds: tuple[ActionKind, ...] = ()


@dataclass(frozen=True)
class OpenPerson:
    """Open somebody's card; an empty id closes it."""

    account_id: str


@dataclass(frozen=True)
class ExportRecord:
    """Write the record, filtered as it is shown, as a table."""

    path: str = field(repr=False)


@dataclass(frozen=True)
class LoadQuestions:
    """Ask for the questions again; they come by themselves as long as nothing fails."""


@dataclass(frozen=True)
class ShowQuestion:
    """Put it on screen, with its card in the picture; the one that was there goes back into the row."""

    question_id: str


@dataclass(frozen=True)
class HideQuestion:
    """Take its card away; it waits for its answer still."""

    question_id: str


@dataclass(frozen=True)
class AnswerQuestion:
    """It was answered."""

    question_id: str


@dataclass(frozen=True)
class DeleteQuestion:
    """Nobody sees it any more."""

    question_id: str


QuestionWish = LoadQuestions | ShowQuestion | HideQuestion | AnswerQuestion | DeleteQuestion
ReportingWish = BeginReport | DropReport | SendReport | RetryClip | LoadReports | WithdrawReport
RoomWish = (
    SendChat
    | Moderate
    | ReportingWish
    | UndoAct
    | DismissAct
    | LoadAudience
    | LoadRecord
    | OpenPerson
    | ExportRecord
    | QuestionWish
)
