"""What who moderates does with a question: show it on screen, take it down, mark it answered, delete it.

Store thread, inside a write. Each can be repeated: where nothing changes, nothing is written down.
"""

from __future__ import annotations

from app.contract.errors import ErrorCode
from app.contract.questions import QuestionAct, QuestionItem
from app.contract.room import ActionKind, ModerationWish
from app.domain.room.questions import Question, QuestionState, may_follow, moved, shown
from app.domain.session import SessionState
from server.accounts.presence import require_presence
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.rooms import questions
from server.rooms.moderation import Done, Scene, write_down
from server.rooms.people import standing_in
from server.secrets import new_id
from server.sessions.acts import subject_of
from server.store.question_models import QuestionRow
from server.store.store import Tx

_KINDS = {
    QuestionAct.SHOW: ActionKind.SHOW_QUESTION,
    QuestionAct.HIDE_CARD: ActionKind.HIDE_QUESTION,
    QuestionAct.ANSWER: ActionKind.ANSWER_QUESTION,
    QuestionAct.DELETE: ActionKind.DELETE_QUESTION,
}


def act(tx: Tx, actor: Person, session_id: str, question_id: str, wanted: QuestionAct) -> QuestionItem:
    """Do it, and write it down. Returns the question as it is now.

    Raises Refusal: not_found, forbidden, session_ended for the screen of a session that is over, state_conflict.
    """
    session = questions.session_of(tx.db, session_id)
    require_presence(tx.db, actor)
    room = standing_in(tx.db, session, actor.account_id, tx.now_ms)
    require(Act.MODERATE, actor, subject_of(session), room=room)
    row = questions.found(tx.db, session_id, question_id, with_hidden=wanted is QuestionAct.DELETE)
    scene = Scene(tx, session, actor, room.role, ModerationWish(action=_KINDS[wanted]), "")
    if wanted is QuestionAct.SHOW and session.state == SessionState.ENDED.value:
        raise Refusal(ErrorCode.SESSION_ENDED)
    if wanted is QuestionAct.DELETE and row.author_id != actor.account_id:
        scene.require_target(row.author_id)
    text = row.text
    rows = questions.on_screen_or(tx.db, session_id, row)
    changes = _changes(wanted, row, rows)
    for to in changes:
        questions.change(tx, session, rows[to.id], to)
    if changes:
        write_down(scene, Done(row.author_id, text), new_id())
    return questions.item(tx.db, row, actor.account_id)


def _changes(wanted: QuestionAct, row: QuestionRow, rows: dict[str, QuestionRow]) -> list[Question]:
    question = questions.as_question(row)
    match wanted:
        case QuestionAct.SHOW:
            _require_step(question, QuestionState.ON_SCREEN)
            return shown(map(questions.as_question, rows.values()), question.id)
        case QuestionAct.HIDE_CARD:
            is_there = question.state is QuestionState.ON_SCREEN
            return [moved(question, QuestionState.ASKED)] if is_there else []
        case QuestionAct.ANSWER:
            return _step(question, QuestionState.ANSWERED)
        case QuestionAct.DELETE:
            return _step(question, QuestionState.HIDDEN)


def _step(question: Question, to: QuestionState) -> list[Question]:
    _require_step(question, to)
    return [] if question.state is to else [moved(question, to)]


def _require_step(question: Question, to: QuestionState) -> None:
    if question.state is not to and not may_follow(question.state, to):
        raise Refusal(ErrorCode.STATE_CONFLICT, detail={"state": question.state.value})
