"""The pages for viewers: what is live, one session, complaining of an infringement, and the page for an address that
leads nowhere.

Event loop. ``build_router`` is called once by the composition root; ``not_found_page`` by its handler of 404.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from app.contract import reports
from app.contract.rest import API_PREFIX, Session
from app.domain.china_time import CHINA
from app.domain.reports import RightKind
from app.domain.session import SessionState
from app.errors import AppError
from app.i18n import load_emoji
from app.runtime.clock import utc_ms
from server.page_services import ComplaintTerms, PageServices
from server.pages.language import COOKIE, HTML_NAMES, LANGUAGES, Texts, choose_language, texts_for_scripts

_HERE = Path(__file__).parent
STATIC_DIR = _HERE / "static"
VENDOR_DIR = _HERE.parents[1] / "resources" / "vendor"
_YEAR_S = 365 * 24 * 3600
_MACHINE_PATHS = (f"{API_PREFIX}/", "/internal/", "/static/")

Lang = Annotated[str | None, Query(max_length=8)]
Via = Annotated[str | None, Query(max_length=8)]
About = Annotated[str, Query(max_length=64)]
_PERSON_CHARS = 60
"""Of whom a complaint is about, which goes into its description."""
_MB_BYTES = 1024 * 1024


def build_router(services: PageServices, vendor_dir: Path = VENDOR_DIR) -> APIRouter:
    """``/``, ``/s/{session_id}``, ``/complaint`` and ``/static/…``. ``vendor_dir`` holds mpegts.js and hls.js."""
    router = APIRouter(include_in_schema=False)
    pages = _Pages(services)
    static = StaticFiles(directory=STATIC_DIR)
    vendor = StaticFiles(directory=vendor_dir, check_dir=False)

    @router.get("/")
    async def show_home(request: Request, lang: Lang = None) -> Response:
        try:
            live = await services.list_live()
        except AppError:
            return pages.render(request, lang, "failed.html", 503)
        return pages.render(request, lang, "home.html", sessions=live)

    @router.get("/s/{session_id}")
    async def show_session(session_id: str, request: Request, lang: Lang = None, via: Via = None) -> Response:
        try:
            session = await services.get_session(session_id)
        except AppError:
            return pages.render(request, lang, "failed.html", 503)
        if session is None:
            return pages.render(request, lang, "missing.html", 404)
        now = services.platform_info().server_time
        planned = planned_time(session, now)
        start = {
            "session": session_for_script(session, planned),
            "nowMs": utc_ms(now),
            "via": via if via in {"flv", "hls"} else "auto",
        }
        return pages.render(request, lang, "viewer.html", session=session, planned=planned, start=start)

    @router.get("/complaint")
    async def show_complaint(request: Request, lang: Lang = None, about: About = "") -> Response:
        try:
            # What is no id is not asked for: a database takes not every character.
            session = await services.get_session(about) if about.isascii() and about.isalnum() else None
        except AppError:
            return pages.render(request, lang, "failed.html", 503)
        terms = services.complaint_terms
        return pages.render(
            request,
            lang,
            "complaint.html",
            session=session,
            rights=[kind.value for kind in RightKind],
            limits=complaint_limits(terms),
            kept={"loose_days": terms.loose_days, "complaint_days": terms.complaint_days},
        )

    @router.get("/static/vendor/{path:path}")
    async def give_vendor(path: str, request: Request) -> Response:
        return await _file(vendor, path, request)

    @router.get("/static/{path:path}")
    async def give_static(path: str, request: Request) -> Response:
        return await _file(static, path, request)

    return router


def wants_page(request: Request) -> bool:
    """Whether a person asked for this address in a browser, and not a program for data."""
    return (
        request.method in {"GET", "HEAD"}
        and not request.url.path.startswith(_MACHINE_PATHS)
        and "text/html" in request.headers.get("accept", "")
    )


def not_found_page(request: Request, services: PageServices) -> Response:
    """The page for an address that leads nowhere (404)."""
    return _Pages(services).render(request, request.query_params.get("lang"), "missing.html", 404)


async def _file(files: StaticFiles, path: str, request: Request) -> Response:
    try:
        response = await files.get_response(path, request.scope)
    except (OSError, ValueError) as error:
        raise HTTPException(404) from error
    # Asked again each time, answered 304 when nothing changed: an update never meets old scripts.
    response.headers["Cache-Control"] = "no-cache"
    return response


class _Pages:
    """Renders templates with what every page shows."""

    def __init__(self, services: PageServices) -> None:
        self._services = services
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self, request: Request, asked: str | None, template: str, status: int = 200, **values: Any
    ) -> HTMLResponse:
        language = choose_language(asked, request.cookies.get(COOKIE), request.headers.get("accept-language", ""))
        platform = self._services.platform_info()
        html = self._templates.get_template(template).render(
            t=Texts(language),
            language=language,
            html_language=HTML_NAMES[language],
            emoji=load_emoji(language),
            other_language=next(other for other in LANGUAGES if other != language),
            platform=platform,
            platform_name=platform.name if language == "zh" else platform.name_en,
            script_texts=dict(texts_for_scripts(language)),
            **values,
        )
        response = HTMLResponse(
            html,
            status,
            {
                "Content-Security-Policy": content_security_policy(self._services.media_origin),
                "Cache-Control": "no-store",
                "Vary": "Accept-Language, Cookie",
            },
        )
        if asked in LANGUAGES:
            response.set_cookie(COOKIE, language, max_age=_YEAR_S, samesite="lax", httponly=True)
        return response


def content_security_policy(media_origin: str) -> str:
    """No inline script or style, nothing from elsewhere but the media. mpegts.js and hls.js work in blob: workers."""
    parts = urlsplit(media_origin)
    media = f" {parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src 'self'{media}",
            f"media-src 'self' blob:{media}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def complaint_limits(terms: ComplaintTerms) -> dict[str, int]:
    """What the form of a complaint measures by."""
    return {
        "claimantChars": reports.MAX_CLAIMANT_CHARS,
        "contactChars": reports.MAX_CONTACT_CHARS,
        "descriptionChars": reports.MAX_COMPLAINT_CHARS,
        "personChars": _PERSON_CHARS,
        "links": reports.MAX_LINKS,
        "linkChars": reports.MAX_LINK_CHARS,
        "proofs": reports.MAX_PROOFS,
        "proofBytes": terms.proof_bytes,
        "proofMb": terms.proof_bytes // _MB_BYTES,
        "proofPx": terms.proof_px,
    }


def planned_time(session: Session, now: datetime) -> str:
    """When one that has not begun is to begin, in Beijing time; empty once that is past, as for one on the spot."""
    if session.started_at is not None or session.state is SessionState.ENDED:
        return ""
    if session.starts_at is None or session.starts_at <= now:
        return ""
    return session.starts_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def session_for_script(session: Session, planned: str) -> dict[str, Any]:
    """What the scripts of the viewer page start from."""
    return {
        "id": session.id,
        "state": session.state.value,
        "endReason": session.end_reason.value if session.end_reason else "",
        "plannedTime": planned,
        "anchorId": session.anchor_id,
        "viewers": session.viewers,
        "messages": session.messages,
    }
