"""What all pages of the desk share: language, navigation with what waits, the form token, what was just done."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.domain.session import SessionState
from server.applications import queue
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.documents.publishing import SHANGHAI
from server.errors import Refusal
from server.identity import queue as faces
from server.images import review as image_review
from server.measures import queue as appeals
from server.messages import sentence
from server.pages.language import COOKIE, HTML_NAMES, LANGUAGES, Texts, choose_language
from server.reports import complaints
from server.reports import handle as reports
from server.services import Services
from server.store.models import SessionRow

_HERE = Path(__file__).parent
TEXTS_DIR = _HERE / "texts"
STATIC_DIR = _HERE / "static"
_OWN_FORMS = frozenset({"/desk/sign-in", "/desk/factor", "/desk/enrol"})
"""Addresses under which a form is shown and taken."""
_YEAR_S = 365 * 24 * 3600
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits, for the navigation."""

    applications: int
    faces: int
    images: int
    live: int
    appeals: int
    reports: int
    complaints: int


def waiting(db: Db, visitor: Visitor) -> Waiting:
    on_air = [state.value for state in SessionState if state.is_on_air]
    live = db.scalar(select(func.count()).select_from(SessionRow).where(SessionRow.state.in_(on_air)))
    return Waiting(
        queue.count(db, visitor.person),
        faces.count(db, visitor.person),
        image_review.count(db, visitor.person),
        live or 0,
        appeals.count_appeals(db, visitor.person),
        reports.count(db, visitor.person),
        complaints.count(db, visitor.person),
    )


def _moment(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _day(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def _local(at: datetime) -> str:
    """As a ``datetime-local`` field takes it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, SHANGHAI).strftime("%H:%M:%S")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    made.filters["day"] = _day
    made.filters["local"] = _local
    made.filters["clock"] = _clock
    return made


_templates = _environment()


async def page(
    request: Request,
    services: Services,
    visitor: Visitor,
    template: str,
    here: str,
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
    **values: Any,
) -> HTMLResponse:
    """A page of the desk for who is at it; with ``refusal`` what a form of it was refused for, and what was typed."""
    counts = await services.store.read(lambda db: waiting(db, visitor))
    return render(
        request,
        services,
        template,
        refusal.status if refusal is not None else 200,
        visitor=visitor,
        here=here,
        counts=counts,
        refusal=refusal,
        typed=typed if typed is not None else Posted(),
        **values,
    )


def bare(
    request: Request,
    services: Services,
    template: str,
    *,
    refusal: Refusal | None = None,
    typed: Posted | None = None,
    csrf: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page for who is not at the desk yet: signing in."""
    status = refusal.status if refusal is not None else 200
    return render(request, services, template, status, refusal=refusal, typed=typed or Posted(), csrf=csrf, **values)


def refused(request: Request, services: Services, refusal: Refusal, posted: Posted) -> HTMLResponse:
    """The page of a refusal that belongs to no other page; it shows what was typed."""
    needs_sign_in = refusal.status == 401 or refusal.reason is ErrorCode.CSRF_REFUSED
    return bare(request, services, "refused.html", refusal=refusal, typed=posted, needs_sign_in=needs_sign_in)


def render(
    request: Request, services: Services, template: str, status: int, *, refusal: Refusal | None, **values: Any
) -> HTMLResponse:
    asked = request.query_params.get("lang")
    language = choose_language(asked, request.cookies.get(COOKIE), request.headers.get("accept-language", ""))
    t = Texts(language, TEXTS_DIR)
    done = f"done.{request.query_params.get('done', '')}"
    platform = services.platform_info()
    html = _templates.get_template(template).render(
        t=t,
        language=language,
        html_language=HTML_NAMES[language],
        other_language_link=_same_page(request, next(other for other in LANGUAGES if other != language)),
        platform_name=platform.name if language == "zh" else platform.name_en,
        is_demo=platform.is_demo,
        error=_told(t, refusal),
        # Of a form that was refused, what was done before is not said again.
        done=t(done) if done in t and refusal is None else "",
        once=secrets.token_hex(16),
        **values,
    )
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
        # With the usual no-referrer browsers do not say from which page a form comes.
        "Referrer-Policy": "same-origin",
    }
    if refusal is not None and refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.wire_detail["retry_after_s"])
    response = HTMLResponse(html, status, headers)
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=_YEAR_S, samesite="lax", httponly=True)
    return response


def _same_page(request: Request, language: str) -> str:
    """The page in another language. That of a refused form has an address that is for forms only: then the desk."""
    if request.method == "POST" and request.url.path not in _OWN_FORMS:
        return f"/desk?lang={language}"
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in {"lang", "done"}]
    return f"?{urlencode([*kept, ('lang', language)])}"


def _told(t: Texts, refusal: Refusal | None) -> str:
    """The sentence of a refusal, with the field that it is about and, where there is one, the time to wait."""
    if refusal is None:
        return ""
    field = str(refusal.wire_detail.get("field", ""))
    exact = f"refused.{refusal.reason.value}.{field or refusal.wire_detail.get('reason', '')}"
    if exact in t:
        return t(
            exact, **{name: value for name, value in refusal.wire_detail.items() if name not in {"field", "reason"}}
        )
    parts = [sentence(refusal.reason, t.language)]
    if f"field.{field}" in t:
        parts.append(t("refused.field", field=t(f"field.{field}")))
    if refusal.retry_after_s is not None:
        parts.append(t("refused.wait", s=refusal.wire_detail["retry_after_s"]))
    return " ".join(parts)
