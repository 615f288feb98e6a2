"""Messages of the platform as they are listed: words from their kind, and where they lead. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.contract.inbox import InboxKind, InboxMessage, LinkPlace
from app.i18n import Translator
from app.usecases.state import AccountPhase, DeskState
from app.usecases.way_state import LoadPhase
from ui.presenters.china_times import china, iso_moment_text
from ui.presenters.common import TroubleView, trouble_view

ARRIVAL_TITLES = 3


@dataclass(frozen=True)
class MessageRow:
    id: str
    title: str
    body: str
    time: str
    is_read: bool
    link_label: str
    """Empty: it leads nowhere."""
    place: LinkPlace
    link_id: str
    said: str
    """All of it, for a screen reader."""

    @property
    def key(self) -> str:
        return self.id


@dataclass(frozen=True)
class MessagesView:
    rows: tuple[MessageRow, ...]
    unread: str
    """3 条未读; empty when all were read."""
    can_mark: bool
    has_more: bool
    empty_text: str
    can_retry: bool
    trouble: TroubleView | None


class MessagesPresenter:
    """Keeps the rows while messages and language stay: 500 of them cost 7 ms to put in words."""

    def __init__(self) -> None:
        self._messages: tuple[InboxMessage, ...] | None = None
        self._language = ""
        self._rows: tuple[MessageRow, ...] = ()

    def present(self, state: DeskState, tr: Translator) -> MessagesView:
        """The view for this state."""
        messages = state.inbox.messages
        if messages is not self._messages or tr.language != self._language:
            known = dict(zip(map(id, self._messages or ()), self._rows, strict=True))
            is_same = tr.language == self._language
            self._rows = tuple((known.get(id(one)) if is_same else None) or message_row(one, tr) for one in messages)
            self._messages, self._language = messages, tr.language
        return present_messages(state, tr, self._rows)


def present_messages(state: DeskState, tr: Translator, rows: tuple[MessageRow, ...] | None = None) -> MessagesView:
    """The centre of messages; ``rows``: its messages in words, where they are known."""
    inbox = state.inbox
    if rows is None:
        rows = tuple(message_row(one, tr) for one in inbox.messages)
    empty = ""
    is_in = state.account.phase is AccountPhase.SIGNED_IN
    if not is_in:
        rows, empty = (), tr.text("page.signed_out")
    elif not rows:
        if inbox.phase is LoadPhase.FAILED:
            empty = tr.text("messages.failed")
        else:
            empty = tr.text("messages.none" if inbox.phase is LoadPhase.READY else "messages.loading")
    return MessagesView(
        rows=rows,
        unread=tr.text("messages.unread", count=inbox.unread) if inbox.unread and is_in else "",
        can_mark=inbox.unread > 0 and is_in,
        has_more=inbox.has_more,
        empty_text=empty,
        can_retry=inbox.phase is LoadPhase.FAILED and is_in,
        trouble=trouble_view(inbox.trouble, tr) if is_in else None,
    )


def message_row(message: InboxMessage, tr: Translator) -> MessageRow:
    """One message in words. What an operator wrote stands at its end as it was written."""
    title, body = message_words(message, tr)
    label_id = f"messages.link_{message.place.value}"
    label, time = tr.text(label_id) if tr.has(label_id) else "", message.at.astimezone().strftime("%Y-%m-%d %H:%M")
    unread = "" if message.is_read else tr.text("messages.new")
    return MessageRow(
        id=message.id,
        title=title,
        body=body,
        time=time,
        is_read=message.is_read,
        link_label=label,
        place=message.place,
        link_id=message.link_id,
        said=" ".join(part for part in (unread, title, time, body, label) if part),
    )


def message_words(message: InboxMessage, tr: Translator) -> tuple[str, str]:
    """Title and body; a kind of a newer service still reads as a sentence."""
    kind = message.kind.value
    values = _in_words(message, tr)
    title_id, body_id = f"inbox.{kind}.title", f"inbox.{kind}.body"
    title = tr.text(title_id, **values) if tr.has(title_id) else tr.text("messages.other")
    body = tr.text(body_id, **values) if tr.has(body_id) else ""
    comment = message.params.get("comment", "")
    if comment:
        body = "\n".join(part for part in (body, tr.text("messages.comment", comment=comment)) if part)
    return title, body


def _in_words(message: InboxMessage, tr: Translator) -> dict[str, str]:
    """The values of a message as a person reads them: moments in the platform's time, codes in words."""
    values = {**message.params, "title": message.params.get("title", "")}
    today = china(message.at).date()
    for name in ("at", "starts_at"):
        if name in values:
            values[name] = iso_moment_text(values[name], today, tr)
    if "method" in values and tr.has(f"face.method.{values['method']}"):
        values["method"] = tr.text(f"face.method.{values['method']}")
    if message.kind is InboxKind.SUSPENDED:
        until = values.get("until", "")
        at = iso_moment_text(until, None, tr)
        values["until"] = tr.text("inbox.until_moment", at=at) if until else tr.text("inbox.until_lifted")
    return values


def arrival_words(arrived: tuple[InboxMessage, ...], tr: Translator) -> tuple[str, str]:
    """Title and body of the notification that tells of what came in; several are told of by their titles."""
    if len(arrived) == 1:
        return message_words(arrived[0], tr)
    titles = dict.fromkeys(message_words(one, tr)[0] for one in arrived)
    return tr.text("messages.many", count=len(arrived)), tr.text("list.separator").join(list(titles)[:ARRIVAL_TITLES])


def badge_text(unread: int) -> str:
    """What stands on the rail: at most two digits."""
    return "" if unread <= 0 else "99+" if unread > 99 else str(unread)


def badge_said(unread: int, tr: Translator) -> str:
    """What a screen reader says of it."""
    return tr.text("messages.unread", count=unread) if unread > 0 else ""
