"""Messages in words: every kind, what is missing, what leads where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.contract.inbox import InboxKind, LinkPlace
from app.i18n import Translator, load_texts, placeholders
from app.usecases.state import AccountState, DeskState
from app.usecases.way_state import InboxState, LoadPhase
from tests.ui import fakes, way_fakes
from ui.presenters.messages import (
    MessagesPresenter,
    arrival_words,
    badge_said,
    badge_text,
    message_row,
    present_messages,
)

ZH, EN = Translator("zh"), Translator("en")


def with_inbox(inbox: InboxState) -> DeskState:
    return replace(way_fakes.on_the_way(fakes.off_air()), inbox=inbox)


@pytest.mark.parametrize("kind", list(InboxKind))
def test_every_kind_has_a_title_and_a_body(kind: InboxKind) -> None:
    for language in ("zh", "en"):
        texts = load_texts(language)
        assert texts[f"inbox.{kind}.title"]
        assert texts[f"inbox.{kind}.body"]
        assert placeholders(texts[f"inbox.{kind}.title"]) <= {"title", "date", "consultant"}


def test_places_that_lead_somewhere_have_a_label() -> None:
    for place in LinkPlace:
        row = message_row(way_fakes.message(1, place=place), ZH)
        assert bool(row.link_label) is (place is not LinkPlace.NONE)


def test_values_and_what_an_operator_wrote_stand_in_the_message() -> None:
    row = message_row(
        way_fakes.message(1, InboxKind.APPLICATION_IN_REVIEW, params={"consultant": "王敏", "comment": "下午联系"}), ZH
    )
    assert "王敏" in row.body
    assert row.body.endswith("说明：下午联系")


def test_braces_of_an_operator_are_only_words() -> None:
    row = message_row(way_fakes.message(1, params={"reasons": "{consultant} {0}", "comment": "{x}"}), ZH)
    assert "{consultant} {0}" in row.body
    assert "{x}" in row.body


@pytest.mark.parametrize(
    ("phase", "text_id", "can_retry"),
    [
        (LoadPhase.IDLE, "messages.loading", False),
        (LoadPhase.LOADING, "messages.loading", False),
        (LoadPhase.READY, "messages.none", False),
        (LoadPhase.FAILED, "messages.failed", True),
    ],
)
def test_an_empty_list_says_why(phase: LoadPhase, text_id: str, can_retry: bool) -> None:
    view = present_messages(with_inbox(InboxState(phase)), ZH)
    assert (view.empty_text, view.can_retry, view.can_mark) == (ZH.text(text_id), can_retry, False)


def test_what_is_shown_stays_while_the_service_is_away() -> None:
    view = present_messages(with_inbox(way_fakes.inbox(trouble=way_fakes.OFFLINE)), ZH)
    assert len(view.rows) == 8
    assert view.empty_text == ""
    assert view.trouble is not None
    assert view.unread == "2 条未读"


def test_signed_out_shows_none() -> None:
    view = present_messages(replace(with_inbox(way_fakes.inbox()), account=AccountState()), ZH)
    assert (view.rows, view.unread, view.empty_text) == ((), "", ZH.text("page.signed_out"))


def test_words_are_kept_while_messages_and_language_stay() -> None:
    presenter, state = MessagesPresenter(), with_inbox(way_fakes.inbox())
    first = presenter.present(state, ZH)
    assert first == present_messages(state, ZH)
    assert presenter.present(replace(state, default_title="x"), ZH).rows is first.rows
    new = way_fakes.message(9)
    more = with_inbox(way_fakes.inbox(new, *state.inbox.messages))
    second = presenter.present(more, ZH)
    assert second == present_messages(more, ZH)
    assert second.rows[1] is first.rows[0]
    assert presenter.present(more, EN) == present_messages(more, EN)


def test_the_badge_has_at_most_two_digits() -> None:
    assert [badge_text(count) for count in (0, 1, 99, 100)] == ["", "1", "99", "99+"]
    assert badge_said(3, ZH) == "3 条未读"
    assert badge_said(0, ZH) == ""


def test_one_is_told_whole_and_several_by_number() -> None:
    first, second, *_ = way_fakes.messages()
    assert arrival_words((first,), ZH)[0] == "申请已通过"
    title, body = arrival_words((first, second, second), ZH)
    assert title == "3 条新消息"
    assert body == "申请已通过、申请被退回"
