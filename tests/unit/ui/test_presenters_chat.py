"""The chat panel: which rows are made, what a failed message says, when it can be written."""

from __future__ import annotations

import pytest

from app.i18n import Translator
from app.usecases.room_wishes import SendChat
from app.usecases.state import MessageStatus
from tests.ui import fakes
from tests.ui.fakes import change
from ui.presenters.chat import ChatPresenter, send_wish

ZH = Translator("zh")


def test_rows_that_did_not_change_are_kept() -> None:
    presenter = ChatPresenter()
    lines = fakes.chat(6)
    first = presenter.present(change(fakes.on_air(), room=fakes.room(lines[:5])), ZH)
    more = change(fakes.on_air(), room=fakes.room(lines))
    second = presenter.present(more, ZH)
    assert second.rows[:5] == first.rows
    assert all(kept is row for kept, row in zip(second.rows[:5], first.rows, strict=True))
    assert presenter.present(more, ZH).rows is second.rows


def test_failed_message_carries_its_own_request_again() -> None:
    state = change(fakes.on_air(), room=fakes.room(fakes.failed_chat()))
    presenter = ChatPresenter()
    rows = presenter.present(state, ZH).rows
    assert rows[2].status is MessageStatus.SENDING
    assert rows[3].retry == SendChat("大家把问题发在评论里", "r8")
    left = change(state, room=change(state.room, is_followed=False))
    assert presenter.present(left, ZH).rows[3].retry is None


@pytest.mark.parametrize(
    ("code", "can_retry"),
    [("rate_limited", True), ("internal", True), ("", True), ("forbidden", False), ("message_too_long", False)],
)
def test_failed_message_says_why_and_is_offered_again_where_that_helps(code: str, can_retry: bool) -> None:
    line = fakes.chat_line(1, "a", True, "x", status=MessageStatus.FAILED, request_id="r1", code=code)
    row = ChatPresenter().present(change(fakes.on_air(), room=fakes.room((line,))), ZH).rows[0]
    assert (row.retry is not None) is can_retry
    assert row.status_text.startswith(ZH.text(f"error.{code}" if code else "chat.not_sent"))
    assert ("重发" in row.status_text) is can_retry


def test_key_of_a_row_stays_when_it_is_posted() -> None:
    sending = fakes.chat_line(1, "a", True, "x", id="r1", status=MessageStatus.SENDING, request_id="r1")
    posted = fakes.chat_line(1, "a", True, "x", id="m1", request_id="r1")
    presenter = ChatPresenter()
    keys = [
        presenter.present(change(fakes.on_air(), room=fakes.room((line,))), ZH).rows[0].key
        for line in (sending, posted)
    ]
    assert keys[0] == keys[1]


def test_chat_can_be_written_only_while_the_room_is_followed() -> None:
    assert not ChatPresenter().present(fakes.off_air(), ZH).can_send
    assert ChatPresenter().present(fakes.on_air(), ZH).can_send
    unknown = change(fakes.on_air(), room=fakes.room(is_followed=False, is_connected=False))
    view = ChatPresenter().present(unknown, ZH)
    assert not view.can_send
    assert view.trouble is None
    away = change(fakes.on_air(), room=fakes.room(is_connected=False))
    view = ChatPresenter().present(away, ZH)
    assert view.trouble is not None
    assert view.empty_text == ZH.text("chat.empty")


def test_message_is_trimmed_and_cut() -> None:
    assert send_wish("  ") is None
    wish = send_wish(" " + "长" * 300)
    assert wish is not None
    assert wish.text == "长" * 200
    other = send_wish("a")
    assert other is not None
    assert other.request_id != wish.request_id
