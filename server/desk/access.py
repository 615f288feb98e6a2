"""Who may come to the desk's pages, and what its forms must carry. Event loop.

A page is for an operator with a second factor. A form is taken from our own page only: its origin, and a token that
belongs to the session, are asked for; that is besides the cookie, which other sites' forms do not send.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from app.contract.errors import ErrorCode
from app.errors import AppError
from app.runtime.clock import utc_ms
from server.desk import frame, sessions
from server.desk.forms import Posted, read_posted
from server.desk.sessions import Visitor
from server.errors import Refusal, refusal_of
from server.large_bodies import DESK_COOKIE
from server.once import done_before, remember
from server.routes.deps import WithServices, require_own_page, services_of
from server.services import Services
from server.store.store import Tx

PATH = "/desk"
SIGN_IN = f"{PATH}/sign-in"
FACTOR = f"{PATH}/factor"
ENROL = f"{PATH}/enrol"


class SignInNeeded(Exception):
    """The desk is not open to who asks: ``target`` is where it can be opened."""

    def __init__(self, target: str) -> None:
        self.target = target


async def find_visitor(request: Request, services: WithServices) -> Visitor | None:
    """Whoever shows a good cookie, be it without the second factor."""
    token = request.cookies.get(DESK_COOKIE, "")
    if not token:
        return None
    now_ms = utc_ms(services.clock.utc())
    visitor = await services.store.read(lambda db: sessions.find(db, token, now_ms))
    if visitor is not None and visitor.is_seen_late:
        await services.store.write(lambda tx: sessions.see(tx, token))
    return visitor


MaybeVisitor = Annotated[Visitor | None, Depends(find_visitor)]


async def password_shown(visitor: MaybeVisitor) -> Visitor:
    """Who has shown the password and no second factor yet."""
    if visitor is None:
        raise SignInNeeded(SIGN_IN)
    if visitor.person.has_second_factor:
        raise SignInNeeded(PATH)
    return visitor


async def at_desk(visitor: MaybeVisitor) -> Visitor:
    """An operator with a second factor."""
    if visitor is None:
        raise SignInNeeded(SIGN_IN)
    if not visitor.person.has_second_factor:
        raise SignInNeeded(FACTOR if visitor.is_enrolled else ENROL)
    return visitor


AtDesk = Annotated[Visitor, Depends(at_desk)]
PasswordShown = Annotated[Visitor, Depends(password_shown)]


async def own_form(request: Request, visitor: MaybeVisitor) -> Posted:
    """A form of this visitor's own page. Raises Refusal."""
    require_own_page(request)
    posted = await read_posted(request)
    request.state.posted = posted
    if visitor is None:
        raise Refusal(ErrorCode.NOT_SIGNED_IN)
    if not visitor.is_csrf(posted("csrf")):
        raise Refusal(ErrorCode.CSRF_REFUSED)
    return posted


OwnForm = Annotated[Posted, Depends(own_form)]


class DeskRoute(APIRoute):
    """Answers with pages, be it a refusal; a form that could not be taken is shown, so that nothing typed is lost."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        usual = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await usual(request)
            except SignInNeeded as needed:
                posted = await _typed(request)
                if not posted.typed:
                    return see_other(needed.target)
                return frame.refused(request, services_of(request), Refusal(ErrorCode.NOT_SIGNED_IN), posted)
            except RequestValidationError:
                refusal = Refusal(ErrorCode.NOT_FOUND)
            except AppError as error:
                refusal = refusal_of(error)
            posted = getattr(request.state, "posted", Posted())
            return frame.refused(request, services_of(request), refusal, posted)

        return handle


async def _typed(request: Request) -> Posted:
    """What a form carried that came after its sign-in ran out."""
    if request.method != "POST":
        return Posted()
    with contextlib.suppress(Refusal):
        return await read_posted(request)
    return Posted()


def see_other(target: str, done: str = "") -> Response:
    """To another page after a form; ``done`` names what it says there."""
    joint = "&" if "?" in target else "?"
    return RedirectResponse(f"{target}{joint}done={quote(done)}" if done else target, 303)


async def carry_out(
    services: Services,
    visitor: Visitor,
    posted: Posted,
    work: Callable[[Tx], object],
    page: Callable[[Refusal], Awaitable[Response]],
    target: str,
    done: str,
) -> Response:
    """Do what a form asked for and go to ``target``; when it is refused, ``page`` shows why and what was typed."""
    account_id = visitor.person.account_id

    def once(tx: Tx) -> None:
        if done_before(tx, account_id, posted.once, done) is None:
            work(tx)
            remember(tx, account_id, posted.once, done, "")

    try:
        await services.store.write(once)
    except Refusal as refusal:
        return await page(refusal)
    return see_other(target, done)


def hand_cookie(response: Response, token: str, services: Services) -> None:
    """The session's token, for the desk's pages only."""
    secure = services.config.is_tls or services.config.public_url.startswith("https://")
    response.set_cookie(
        DESK_COOKIE, token, max_age=sessions.TERM_S, path=PATH, secure=secure, httponly=True, samesite="strict"
    )


def forget_cookie(response: Response) -> None:
    response.delete_cookie(DESK_COOKIE, path=PATH, httponly=True, samesite="strict")
