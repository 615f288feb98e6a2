"""The schedule as iCalendar (RFC 5545), for calendars elsewhere. Pure; any thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from app.contract.schedule import Entry
from app.domain.session import SessionState
from server.config import VERSION
from server.pages.language import load_texts

ALARM_BEFORE = timedelta(minutes=30)
_WORDS = {
    "zh": {
        "category": "直播内容：{said}",
        "industry": "行业：{said}",
        "position": "岗位：{said}",
        "alarm": "直播快要开始了",
    },
    "en": {
        "category": "Category: {said}",
        "industry": "Industry: {said}",
        "position": "Position: {said}",
        "alarm": "Your broadcast is about to begin",
    },
}


def to_ical(entries: Sequence[Entry], platform_tag: str, now: datetime, language: str) -> bytes:
    """A calendar of these entries, UTF-8. ``language``: ``zh`` or ``en``; ``now``: UTC, when it was made.

    An entry keeps its UID and counts its SEQUENCE up: a calendar that takes it again changes the event it has. Texts
    are escaped by the library, so that none of them ends its line.
    """
    made = Calendar()
    made.add("prodid", f"-//AnchorDesk//Platform {VERSION}//{language.upper()}")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for entry in entries:
        made.add_component(_event(entry, platform_tag, now, language))
    return bytes(made.to_ical())


def _event(entry: Entry, platform_tag: str, now: datetime, language: str) -> Event:
    session, plan, words = entry.session, entry.plan, _WORDS[language]
    category = load_texts(language)[f"category.{session.category.value}"]
    said = (("category", category), ("industry", plan.industry), ("position", plan.position))
    starts_at = plan.starts_at.astimezone(UTC)
    is_off = session.state is SessionState.ENDED and session.started_at is None
    event = Event()
    event.add("uid", f"{session.id}@{platform_tag}")
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", starts_at)
    event.add("dtend", starts_at + timedelta(minutes=plan.length_min))
    event.add("summary", session.title)
    event.add("description", "\n".join(words[name].format(said=text) for name, text in said if text))
    event.add("url", session.viewer_url)
    event.add("sequence", entry.revision)
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    if not is_off:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words["alarm"])
        alarm.add("trigger", -ALARM_BEFORE)
        event.add_component(alarm)
    return event
