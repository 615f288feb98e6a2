"""The questions of the room that is followed, and the card of the one that is on screen. I/O loop.

The service decides which one that is, and tells (``question.changed``); whoever put it there, the engine is given its
card. A card does not outlast the session, nor the engine it was given to: a new one is given it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from app.contract import events
from app.contract.questions import QuestionAct, QuestionItem
from app.domain.room.questions import QuestionState, place
from app.domain.session import SessionState
from app.errors import AppError
from app.ports.engine import AnyCommand, HideCard, ShowCard
from app.usecases import room_wishes as w
from app.usecases.context import Context, trouble_of
from app.usecases.questions_state import QuestionsDesk
from app.usecases.scope import Reload, Retry, Scope
from app.usecases.way_state import LoadPhase

_ACTS = {
    w.ShowQuestion: QuestionAct.SHOW,
    w.HideQuestion: QuestionAct.HIDE_CARD,
    w.AnswerQuestion: QuestionAct.ANSWER,
    w.DeleteQuestion: QuestionAct.DELETE,
}


class QuestionsCase:
    """For one room at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._scope = Scope(context)
        self._list = Reload(self._scope, self._load, "room-questions")
        self._list_again = Retry(context.clock, self._list)
        self._heard: dict[str, QuestionItem] = {}
        """What was told while a list was on its way."""
        self._revs: dict[str, int] = {}
        """The newest that is known of each, also of those that are hidden."""
        self._is_followed = False
        self._told: AnyCommand | None = None
        """The card as the engine was told last; None: it is not known what it shows."""

    # ---- the room --------------------------------------------------------------------------------

    def enter(self, session_id: str) -> None:
        """Another room, or the same after a while."""
        self._scope.leave()
        self._list_again.settle()
        self._is_followed, self._revs = True, {}
        self._context.change(questions=QuestionsDesk(session_id=session_id))
        if self._told is not None:
            self._show()

    def leave(self) -> None:
        """It is followed no longer: the questions stay to be read, the card goes."""
        self._is_followed = False
        self._show()

    def clear(self) -> None:
        """The person went: nothing is left to be seen."""
        self._scope.leave()
        self._list_again.settle()
        self._context.change(questions=QuestionsDesk())
        self.leave()

    def heard(self, body: object) -> None:
        """A fact of the room; others are let pass."""
        match body:
            case events.HelloAck():
                self._list.ask()
            case events.QuestionChanged():
                self._changed(body)
            case events.QuestionsSeconded():
                self._counted(body)
            case events.SessionChanged() if body.state == SessionState.ENDED.value:
                self.leave()

    def tick(self) -> None:
        """Once a second: what could not be loaded is asked for again."""
        if self._is_followed:
            self._list_again.tick()

    # ---- the engine ------------------------------------------------------------------------------

    def commands(self) -> tuple[AnyCommand, ...]:
        """What a new engine must be told. While it is not known what is on screen it shows what it shows."""
        self._told = None
        if self._is_followed and self._desk.phase is not LoadPhase.READY:
            return ()
        self._told = self._card()
        return (self._told,)

    def _card(self) -> AnyCommand:
        question = self._desk.on_screen if self._is_followed else None
        return ShowCard(name=question.author_name, text=question.text) if question is not None else HideCard()

    def _show(self) -> None:
        card = self._card()
        if card != self._told:
            self._told = card
            self._context.spawn(self._tell(card), "question-card")

    async def _tell(self, card: AnyCommand) -> None:
        done = await self._context.engine.ask(card)
        # An engine that is away is told when it is back.
        if done.code and done.code != "engine_away":
            self._set(trouble=trouble_of(AppError(done.code, detail=dict(done.detail))))

    # ---- wishes ----------------------------------------------------------------------------------

    def take(self, wish: object) -> bool:
        """Whether it was for here."""
        match wish:
            case w.ShowQuestion() | w.HideQuestion() | w.AnswerQuestion() | w.DeleteQuestion():
                self._begin(wish.question_id, _ACTS[type(wish)])
            case w.LoadQuestions():
                self._list.ask()
            case _:
                return False
        return True

    def _begin(self, question_id: str, act: QuestionAct) -> None:
        if question_id not in self._desk.busy and self._context.platform is not None and self._desk.session_id:
            self._set(busy=self._desk.busy | {question_id}, trouble=None)
            self._scope.spawn(self._act(question_id, act), "question-act")

    async def _act(self, question_id: str, act: QuestionAct) -> None:
        platform, session_id = self._context.platform, self._desk.session_id
        assert platform is not None
        try:
            self._put(await platform.act_on_question(session_id, question_id, act))
        except AppError as error:
            self._fail(error)
        finally:
            self._set(busy=self._desk.busy - {question_id})

    # ---- what is shown ---------------------------------------------------------------------------

    async def _load(self) -> None:
        platform, desk = self._context.platform, self._desk
        if platform is None or not desk.session_id:
            if desk.session_id:
                self._list_again.missed()
            return
        if desk.phase is not LoadPhase.READY:
            self._set(phase=LoadPhase.LOADING)
        self._heard = {}
        try:
            found = await platform.questions(desk.session_id)
        except AppError as error:
            failed = self._scope.failure(error, is_shown=desk.phase is LoadPhase.READY)
            if failed is not None:
                self._set(**failed)
                if error.retryable:
                    self._list_again.missed()
            return
        self._list_again.settle()
        known = {one.id: one for one in found}
        for one in self._heard.values():
            if one.id not in known or known[one.id].rev < one.rev:
                known[one.id] = one
        self._revs |= {one.id: one.rev for one in known.values()}
        self._set(phase=LoadPhase.READY, items=_ordered(known.values()), trouble=None)
        self._show()

    def _changed(self, body: events.QuestionChanged) -> None:
        known = self._known(body.id)
        self._put(
            QuestionItem(
                id=body.id,
                author_id=body.author_id,
                author_name=body.author_name,
                text=body.text,
                seconds=body.seconds,
                state=QuestionState(body.state),
                rev=body.rev,
                asked_at=datetime.fromtimestamp(body.asked_ms / 1000, UTC),
                is_seconded=known is not None and known.is_seconded,
            )
        )

    def _counted(self, body: events.QuestionsSeconded) -> None:
        counts = {one.id: one for one in body.questions}
        for known in self._desk.items:
            one = counts.get(known.id)
            if one is not None and one.rev > known.rev:
                self._put(known.model_copy(update={"seconds": one.seconds, "rev": one.rev}))

    def _put(self, item: QuestionItem) -> None:
        """As it is now, unless something newer was told before."""
        if self._revs.get(item.id, 0) >= item.rev:
            return
        self._heard[item.id], self._revs[item.id] = item, item.rev
        others = [one for one in self._desk.items if one.id != item.id]
        if item.state is QuestionState.ON_SCREEN:
            # one at most: that the former is down is told beside it
            off = {"state": QuestionState.ASKED}
            others = [one.model_copy(update=off) if one.state is QuestionState.ON_SCREEN else one for one in others]
        self._set(items=_ordered([*others, item]))
        if self._desk.phase is LoadPhase.READY:
            self._show()

    def _known(self, question_id: str) -> QuestionItem | None:
        return next((one for one in self._desk.items if one.id == question_id), None)

    def _fail(self, error: AppError) -> None:
        trouble = self._context.trouble(error)
        if trouble is not None:
            self._set(trouble=trouble)

    @property
    def _desk(self) -> QuestionsDesk:
        return self._context.state.questions

    def _set(self, **fields: object) -> None:
        self._context.change(questions=replace(self._desk, **fields))  # type: ignore[arg-type]


def _ordered(items: Iterable[QuestionItem]) -> tuple[QuestionItem, ...]:
    shown = [one for one in items if one.state is not QuestionState.HIDDEN]
    shown.sort(key=lambda one: place(one.state, one.seconds, round(one.asked_at.timestamp() * 1000), one.id))
    return tuple(shown)
