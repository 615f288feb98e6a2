"""Moments and days of the platform in words: Asia/Shanghai, said so where this machine keeps another time. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.domain.china_time import CHINA
from app.i18n import Translator


def china(at: datetime) -> datetime:
    """The same moment in Asia/Shanghai."""
    return at.astimezone(CHINA)


def day_text(day: date, today: date | None, tr: Translator) -> str:
    """今天, 明天, else the date."""
    if today is not None and day == today:
        return tr.text("day.today")
    if today is not None and day == today + timedelta(days=1):
        return tr.text("day.tomorrow")
    return date_text(day, today, tr)


def date_text(day: date, today: date | None, tr: Translator) -> str:
    """11 月 29 日 周日; of another year with the year."""
    weekday = tr.text(f"weekday.{day.weekday()}")
    message = "day.this_year" if today is None or day.year == today.year else "day.other_year"
    return tr.text(
        message, year=day.year, month=day.month, day=day.day, month_name=tr.text(f"month.{day.month}"), weekday=weekday
    )


def moment_text(at: datetime, today: date | None, tr: Translator) -> str:
    """A day and a time, with its zone where this machine keeps another one."""
    there = china(at)
    text = tr.text("day.moment", day=day_text(there.date(), today, tr), time=there.strftime("%H:%M"))
    return tr.text("day.china_time", text=text) if is_elsewhere(at) else text


def appointment_text(at: datetime, today: date | None, tr: Translator) -> str:
    """As ``moment_text``, and with its date also where that is today or tomorrow: 明天 11 月 28 日 周六 10:30."""
    there = china(at)
    day, near = date_text(there.date(), today, tr), day_text(there.date(), today, tr)
    if near != day:
        day = tr.text("day.named", name=near, day=day)
    text = tr.text("day.moment", day=day, time=there.strftime("%H:%M"))
    return tr.text("day.china_time", text=text) if is_elsewhere(at) else text


def short_text(at: datetime, tr: Translator) -> str:
    """Where there is little room: 11 月 29 日 10:30."""
    there = china(at)
    day = tr.text("day.short", day=there.day, month_name=tr.text(f"month.{there.month}"))
    return tr.text("day.moment", day=day, time=there.strftime("%H:%M"))


def capital(text: str) -> str:
    """As it stands at the beginning of a line."""
    return text[:1].upper() + text[1:]


def is_elsewhere(at: datetime) -> bool:
    """Whether this machine's clock shows another time of day at that moment."""
    return at.astimezone().utcoffset() != CHINA.utcoffset(None)


def iso_moment_text(text: str, today: date | None, tr: Translator) -> str:
    """Of a moment in ISO 8601, as messages carry it; what is none is given back."""
    at = iso_moment(text)
    return moment_text(at, today, tr) if at is not None else text


def iso_moment(text: str) -> datetime | None:
    """None for what is no moment in ISO 8601 with its zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
