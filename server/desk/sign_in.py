"""Signing in to the desk: name and password, then the second factor, which the first sign-in sets up."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup

from app.contract.errors import ErrorCode
from server.accounts import factors
from server.desk import frame, sessions
from server.desk.access import (
    ENROL,
    FACTOR,
    PATH,
    SIGN_IN,
    DeskRoute,
    MaybeVisitor,
    OwnForm,
    PasswordShown,
    forget_cookie,
    hand_cookie,
    see_other,
)
from server.desk.forms import Posted, read_posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.routes.deps import WithServices, client_address, require_own_page
from server.services import Services
from server.store.store import Tx

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=DeskRoute)
MAX_PASSWORD_CHARS = 200
MAX_NAME_CHARS = 40


async def any_form(request: Request) -> Posted:
    """Of the page for signing in, which has no session that a token could belong to."""
    require_own_page(request)
    return await read_posted(request)


@router.get("/sign-in")
async def show_sign_in(request: Request, visitor: MaybeVisitor, services: WithServices) -> Response:
    if visitor is not None:
        return see_other(_next(visitor))
    return frame.bare(request, services, "sign_in.html")


@router.post("/sign-in")
async def sign_in(request: Request, services: WithServices, posted: Annotated[Posted, Depends(any_form)]) -> Response:
    try:
        services.rates.sign_in.require(client_address(request))
        name, password = posted("name").strip(), posted("password")
        if not 1 <= len(name) <= MAX_NAME_CHARS or not 1 <= len(password) <= MAX_PASSWORD_CHARS:
            raise Refusal(ErrorCode.CREDENTIALS_WRONG)
        address = client_address(request)
        account_id, guess = await services.operator_guesses.require_right(services.store, address, name, password)
        browser = request.headers.get("user-agent", "")
        token = await services.store.write(lambda tx: sessions.begin(tx, account_id, browser))
        services.operator_guesses.was_right(guess)
    except Refusal as refusal:
        return frame.bare(request, services, "sign_in.html", refusal=refusal, typed=posted)
    # Which of the two it is, the page for the second factor finds out.
    response = see_other(FACTOR)
    hand_cookie(response, token, services)
    return response


@router.get("/factor")
async def show_factor_form(request: Request, visitor: PasswordShown, services: WithServices) -> Response:
    if not visitor.is_enrolled:
        return see_other(ENROL)
    return frame.bare(request, services, "factor.html", csrf=visitor.csrf)


@router.post("/factor")
async def show_factor(request: Request, visitor: PasswordShown, services: WithServices, posted: OwnForm) -> Response:
    try:
        guess = services.operator_guesses.begin(client_address(request), visitor.operator_name)
        outcome = await services.store.write(
            lambda tx: sessions.show_factor(tx, services.cipher, visitor.token, posted("code"))
        )
        if isinstance(outcome, Refusal):
            raise outcome
        services.operator_guesses.was_right(guess)
    except Refusal as refusal:
        if refusal.reason is ErrorCode.NOT_SIGNED_IN:
            # Too many wrong codes: from the beginning.
            response: Response = frame.bare(
                request, services, "sign_in.html", refusal=Refusal(ErrorCode.SECOND_FACTOR_WRONG)
            )
            forget_cookie(response)
            return response
        return frame.bare(request, services, "factor.html", refusal=refusal, csrf=visitor.csrf)
    response = see_other(PATH)
    hand_cookie(response, outcome, services)
    return response


@router.get("/enrol")
async def show_enrolment(request: Request, visitor: PasswordShown, services: WithServices) -> Response:
    if visitor.is_enrolled:
        return see_other(FACTOR)
    return await _enrolment(request, visitor, services, None)


@router.post("/enrol")
async def enrol(request: Request, visitor: PasswordShown, services: WithServices, posted: OwnForm) -> Response:
    """The first code of the authenticator; answers with the recovery codes, which are shown this once."""
    try:
        outcome = await services.store.write(
            lambda tx: sessions.enrol(tx, services.cipher, visitor.token, posted("code"))
        )
        if isinstance(outcome, Refusal):
            raise outcome
    except Refusal as refusal:
        if refusal.reason in {ErrorCode.NOT_SIGNED_IN, ErrorCode.STATE_CONFLICT}:
            return see_other(SIGN_IN)
        return await _enrolment(request, visitor, services, refusal)
    token, codes = outcome
    await services.forget_first_operator(visitor.operator_name)
    response = frame.bare(request, services, "recovery_codes.html", codes=codes)
    hand_cookie(response, token, services)
    return response


@router.post("/sign-out")
async def sign_out(visitor: MaybeVisitor, services: WithServices, _posted: OwnForm) -> Response:
    if visitor is not None:
        token = visitor.token
        await services.store.write(lambda tx: sessions.end(tx, token))
    response = see_other(SIGN_IN, "signed_out")
    forget_cookie(response)
    return response


async def _enrolment(request: Request, visitor: Visitor, services: Services, refusal: Refusal | None) -> Response:
    def work(tx: Tx) -> str:
        return factors.begin(tx, services.cipher, visitor.person.account_id)

    secret = await services.store.write(work)
    picture = segno.make(factors.address_of(secret, visitor.operator_name), error="m")
    return frame.bare(
        request,
        services,
        "enrol.html",
        refusal=refusal,
        csrf=visitor.csrf,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        # Made of the address by the library, which writes numbers only.
        picture=Markup(picture.svg_inline(scale=4, border=2, svgclass="qr", lineclass=None, omitsize=False)),  # noqa: S704
    )


def _next(visitor: Visitor) -> str:
    if visitor.person.has_second_factor:
        return PATH
    return FACTOR if visitor.is_enrolled else ENROL
