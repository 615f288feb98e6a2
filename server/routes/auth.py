"""Signing in and out: by phone and code, by operator name and password, by refresh token."""

from __future__ import annotations

import asyncio
import secrets

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.contract.rest import API_PREFIX, CodeRequest, CodeSent, OperatorSignIn, Refresh, SignIn, TokenPair
from server.accounts import codes, people, tokens
from server.errors import Refusal
from server.providers.code_sender import DemoCodeSender
from server.routes.deps import (
    REFRESH_COOKIE,
    REFUSALS,
    SignedIn,
    WithServices,
    client_address,
    forget_cookies,
    hand_out,
    require_own_page,
)
from server.services import Services
from server.store.models import AccountRow
from server.store.store import Tx

router = APIRouter(prefix=f"{API_PREFIX}/auth", responses=REFUSALS, tags=["auth"])


@router.post("/code")
async def request_code(wish: CodeRequest, request: Request, services: WithServices) -> CodeSent:
    """Send a one-time code to the phone."""
    _limit_address(request, services)
    lifetimes, limits = services.config.lifetimes, services.config.limits
    code = await services.store.write(lambda tx: codes.make_code(tx, services.cipher, wish.phone, lifetimes, limits))
    await services.sender.send(wish.phone, code, lifetimes.code_s)
    return CodeSent(
        expires_in_s=lifetimes.code_s,
        retry_after_s=lifetimes.code_resend_s,
        is_shown_in_window=services.sender.is_shown_in_window,
    )


@router.post("/sign-in")
async def sign_in(wish: SignIn, request: Request, response: Response, services: WithServices) -> TokenPair:
    """Show the code; a phone that is new becomes a viewer's account."""
    _limit_address(request, services)

    def work(tx: Tx) -> tokens.Issued | Refusal:
        refusal = codes.spend_code(tx, services.cipher, wish.phone, wish.code)
        if refusal is not None:
            return refusal
        account = people.find_by_phone(tx.db, services.cipher, wish.phone) or people.add_account(
            tx, services.cipher, wish.phone, f"观众{secrets.randbelow(10**6):06d}"
        )
        lifetimes = services.config.lifetimes
        return tokens.start_device(tx, services.cipher, account, wish.device_name, wish.device_id, lifetimes)

    issued = _granted(await services.store.write(work))
    if isinstance(services.sender, DemoCodeSender):
        services.sender.forget(wish.phone)
    return hand_out(request, response, issued.to_wire(services.config.lifetimes), services)


@router.post("/operator")
async def sign_in_operator(
    wish: OperatorSignIn, request: Request, response: Response, services: WithServices
) -> TokenPair:
    """Operators have a name and a password."""
    for bucket_key in (f"address {client_address(request)}", f"name {wish.name.lower()}"):
        wait_s = services.operator_rate.take(bucket_key)
        if wait_s > 0:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)
    query = select(AccountRow.id, AccountRow.password_hash).where(
        AccountRow.operator_name == wish.name.replace("\x00", "")
    )
    found = await services.store.read(lambda db: db.execute(query).first())
    account_id, password_hash = found if found is not None else ("", None)
    loop = asyncio.get_running_loop()
    if not await loop.run_in_executor(None, people.is_password_right, password_hash, wish.password):
        raise Refusal(ErrorCode.CREDENTIALS_WRONG)

    def work(tx: Tx) -> tokens.Issued:
        account = tx.db.get_one(AccountRow, account_id)
        return tokens.start_device(tx, services.cipher, account, wish.device_name, None, services.config.lifetimes)

    issued = await services.store.write(work)
    return hand_out(request, response, issued.to_wire(services.config.lifetimes), services)


@router.post("/refresh")
async def refresh(
    request: Request, response: Response, services: WithServices, wish: Refresh | None = None
) -> TokenPair:
    """Spend the refresh token for a new pair. The page sends none: its token is in a cookie."""
    token = wish.refresh_token if wish is not None else None
    if token is None:
        token = request.cookies.get(REFRESH_COOKIE)
        if not token:
            raise Refusal(ErrorCode.NOT_SIGNED_IN)
        require_own_page(request)
    shown = token
    issued = _granted(
        await services.store.write(lambda tx: tokens.refresh(tx, services.cipher, shown, services.config.lifetimes))
    )
    return hand_out(request, response, issued.to_wire(services.config.lifetimes), services)


@router.post("/sign-out", status_code=204)
async def sign_out(person: SignedIn, response: Response, services: WithServices) -> None:
    """End this device: its tokens, sockets and stream keys."""
    await services.store.write(lambda tx: tokens.end_own_device(tx, person, person.device_id))
    forget_cookies(response)


def _limit_address(request: Request, services: Services) -> None:
    wait_s = services.sign_in_rate.take(client_address(request))
    if wait_s > 0:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)


def _granted(outcome: tokens.Issued | Refusal) -> tokens.Issued:
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
