"""Rooms of every kind: what who moderates one sees beside its chat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.contract.questions import QuestionItem
from app.contract.rest import ChatMessage
from app.contract.room import (
    ActionKind,
    Audience,
    AudienceMember,
    HeldMessage,
    MyRoom,
    PersonCard,
    RoomAction,
    Rules,
)
from app.domain.room.questions import QuestionState
from app.domain.room.restrictions import Length
from app.ports.engine import PreviewReady
from app.usecases.moderation_state import DoneAct, ModerationDesk
from app.usecases.questions_state import QuestionsDesk
from app.usecases.state import ChatLine, DeskState
from app.usecases.way_state import LoadPhase
from tests.ui import fakes
from tests.ui.fakes import change

NOON = datetime.fromtimestamp(fakes.NOON_MS / 1000, UTC)
ME = "a1"
LONG_QUESTION = "转行做产品经理，以前做的是客服，经历里有没有能写的东西？该怎么写才不会显得没有重点？"


def line(number: int, author: str, text: str, **changes: Any) -> ChatLine:
    made = fakes.chat_line(number, author, False, text, author_id=f"v{number}")
    return change(made, **changes)


def lines() -> tuple[ChatLine, ...]:
    return (
        line(1, "屿上有风", "项目经历没有数据怎么办？"),
        line(2, "小苗不急", "实习两段都很短，要都写吗"),
        line(3, "木头人", "欢迎大家，提问请带上岗位", role="moderator"),
        line(4, "user_83021", "加我微信领内推名额，名额有限", is_hidden=True),
        fakes.chat_line(5, "林晓", True, "短的合成一段，写清楚做成了什么", reply_author="小苗不急",
                        reply_text="实习两段都很短，要都写吗"),
        line(6, "晚一点睡", "数字比形容词更可信，记下了"),
        line(7, "一叶舟", "老师能看下我的第二页吗"),
    )  # fmt: skip


def action(number: int, kind: ActionKind, name: str = "user_83021", **changes: Any) -> RoomAction:
    made = RoomAction(
        id=f"x{number}", session_id="s1", at=NOON + timedelta(minutes=number), kind=kind, actor_id=ME,
        actor_name="林晓", actor_role="owner", target_id="v4", target_name=name, excerpt="", reason="", length=None,
        until=None, undone_at=None, is_undoable=True,
    )  # fmt: skip
    return made.model_copy(update=changes)


def record() -> tuple[RoomAction, ...]:
    return (
        action(44, ActionKind.SHIELD_ON, "", actor_id="v3", actor_name="木头人", actor_role="moderator"),
        action(42, ActionKind.MUTE, length=Length.TEN_MINUTES, reason="联系方式", until=NOON + timedelta(minutes=52)),
        action(42, ActionKind.DELETE_MESSAGE, id="x41", excerpt="加我微信领内推名额，名额有限"),
        action(40, ActionKind.REFUSE_HELD, "user_77120", is_undoable=False),
        action(31, ActionKind.UNMUTE, "橙子汽水", undone_at=NOON + timedelta(minutes=33), is_undoable=False),
        action(12, ActionKind.REMOVE, "user_55010", length=Length.FOREVER, reason="侮辱他人"),
    )


def member(number: int, name: str, **changes: Any) -> AudienceMember:
    made = AudienceMember(
        account_id=f"v{number}", name=name, role="viewer", is_following=False, is_muted=False, is_new=False, messages=0
    )
    return made.model_copy(update=changes)


def audience() -> Audience:
    people = [
        member(3, "木头人", role="moderator", is_following=True, messages=12),
        member(4, "user_83021", is_muted=True, muted_until=NOON + timedelta(minutes=52), messages=3),
        member(6, "晚一点睡", is_following=True, messages=1),
        member(7, "一叶舟", messages=1),
        member(2, "小苗不急", is_new=True, messages=2),
        member(8, "名字特别特别长的一位热心观众从第一场就开始来听了", is_new=True, is_following=True),
    ]
    return Audience(people=people, visitors=1278, total=1284)


def card(**changes: Any) -> PersonCard:
    said = [
        ChatMessage(
            id=f"m{number}", session_id="s1", author_id="v4", author_name="user_83021", is_anchor=False, text=text,
            sent_at=NOON + timedelta(minutes=minute), seq=number, is_hidden=number == 3,
        )
        for number, minute, text in (
            (3, 42, "加我微信领内推名额，名额有限，先到先得，过了今天就没有了"), (2, 41, "私我"), (1, 39, "有内推吗"),
        )
    ]  # fmt: skip
    made = PersonCard(
        account_id="v4", name="user_83021", role="viewer", is_following=False, is_new=True, is_present=True,
        muted_until=NOON + timedelta(minutes=52), is_muted=True, is_removed=False, messages=said,
        actions=[record()[1], record()[2]],
    )  # fmt: skip
    return made.model_copy(update=changes)


def my_room(**changes: Any) -> MyRoom:
    made = MyRoom(
        role="owner", is_following=False, is_muted=False, muted_until=None, muted_reason="", rules=Rules(),
        is_shielded=False, pinned=None, words=["内推群", "兼职刷单"],
    )  # fmt: skip
    return made.model_copy(update=changes)


def held(number: int = 1, name: str = "user_77120", text: str = "资料在我主页，加 v 领取") -> HeldMessage:
    return HeldMessage(
        id=f"h{number}", author_id=f"w{number}", author_name=name, text=text, why="contact", sent_at=NOON
    )


def desk(**changes: Any) -> ModerationDesk:
    made = ModerationDesk(
        session_id="s1", room=my_room(), held=(held(),), record_phase=LoadPhase.READY, record=record(),
        audience_phase=LoadPhase.READY, audience=audience(),
    )  # fmt: skip
    return change(made, **changes)


def busy_desk(**changes: Any) -> ModerationDesk:
    """Everything at once: shield, pinned, held, just done."""
    pinned = ChatMessage(
        id="m3", session_id="s1", author_id="v3", author_name="木头人", is_anchor=False,
        text="欢迎大家，提问请带上岗位和年限，老师会按顺序回答", sent_at=NOON, seq=3,
    )  # fmt: skip
    rules = Rules(slow_s=30, followers_only=True)
    return desk(
        room=my_room(rules=rules, is_shielded=True, pinned=pinned), held=(held(), held(2)),
        done=DoneAct(1, record()[1]), **changes,
    )  # fmt: skip


def on_air(preview: PreviewReady | None = None, moderation: ModerationDesk | None = None, **changes: Any) -> DeskState:
    return fakes.on_air(preview, room=fakes.room(lines()), moderation=moderation or desk(), **changes)


def question(
    number: int, name: str, text: str, seconds: int, state: QuestionState = QuestionState.ASKED
) -> QuestionItem:
    return QuestionItem(
        id=f"q{number}", author_id=f"v{number}", author_name=name, text=text, seconds=seconds, state=state, rev=1,
        asked_at=NOON,
    )  # fmt: skip


def questions(count: int = 7, **changes: Any) -> QuestionsDesk:
    asked = [
        question(1, "屿上有风", "项目经历没有数据怎么办？", 12, QuestionState.ON_SCREEN),
        question(2, "小苗不急", "实习两段都很短，要都写吗", 8),
        question(3, "一叶舟", "老师能看下我的第二页吗", 5),
        question(4, "名字特别特别长的一位热心观众", LONG_QUESTION, 2),
        *(question(number, f"观众{number}", f"第 {number} 个问题", 0) for number in range(5, 20)),
    ]  # fmt: skip
    made = QuestionsDesk("s1", LoadPhase.READY, tuple(asked[:count]))
    return change(made, **changes)
