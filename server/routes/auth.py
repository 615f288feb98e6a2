"""Signing in and out: by phone and code, by operator name and password, by refresh token."""

from __future__ import annotations

import contextlib
import secrets

from fastapi import APIRouter, Request, Response

from app.contract.errors import ErrorCode
from app.contract.rest import API_PREFIX, CodeRequest, CodeSent, OperatorSignIn, Refresh, SignIn, TokenPair
from server.accounts import codes, factors, people, tokens
from server.accounts.tokens import authenticate
from server.audit import audit
from server.errors import Refusal
from server.measures import telling
from server.providers.code_sender import DemoCodeSender
from server.routes.deps import (
    ACCESS_COOKIE,
    REFRESH_COOKIE,
    REFUSALS,
    DocumentedBearer,
    WithServices,
    client_address,
    forget_cookies,
    hand_out,
    optional_person,
    require_own_page,
    signed_in_person,
)
from server.secrets import digest
from server.services import Services
from server.store.models import AccountRow, DeviceRow, RefreshRow
from server.store.store import Tx

router = APIRouter(prefix=f"{API_PREFIX}/auth", responses=REFUSALS, tags=["auth"])


@router.post("/code")
async def request_code(wish: CodeRequest, request: Request, services: WithServices) -> CodeSent:
    """Send a one-time code to the phone."""
    _limit_address(request, services)
    lifetimes, limits = services.config.lifetimes, services.config.limits
    code = await services.store.write(lambda tx: codes.make_code(tx, services.cipher, wish.phone, lifetimes, limits))
    try:
        await services.sender.send(wish.phone, code, lifetimes.code_s)
    except Exception:
        await services.store.write(lambda tx: codes.take_back(tx, services.cipher, wish.phone, code))
        raise
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
        telling.tell_closed(tx, account.id)
        return tokens.start_device(tx, services.cipher, account, wish.device_name, wish.device_id, lifetimes)

    issued = _granted(await services.store.write(work))
    if isinstance(services.sender, DemoCodeSender):
        services.sender.forget(wish.phone)
    return hand_out(request, response, issued.to_wire(services.config.lifetimes), services)


@router.post("/operator")
async def sign_in_operator(
    wish: OperatorSignIn, request: Request, response: Response, services: WithServices
) -> TokenPair:
    """Operators have a name, a password and a second factor."""
    _limit_address(request, services)
    account_id, guess = await services.operator_guesses.require_right(
        services.store, client_address(request), wish.name, wish.password
    )

    def work(tx: Tx) -> tokens.Issued | Refusal:
        if not wish.otp:
            return Refusal(ErrorCode.SECOND_FACTOR_REQUIRED)
        refusal = factors.spend(tx, services.cipher, account_id, wish.otp)
        if refusal is not None:
            return refusal
        account = tx.db.get_one(AccountRow, account_id)
        issued = tokens.start_device(tx, services.cipher, account, wish.device_name, None, services.config.lifetimes)
        tx.db.get_one(DeviceRow, issued.device_id).factor_ms = tx.now_ms
        return issued

    outcome = await services.store.write(work)
    if not isinstance(outcome, Refusal) or outcome.reason is ErrorCode.SECOND_FACTOR_REQUIRED:
        # A wrong code of the second factor goes on counting as a wrong guess.
        services.operator_guesses.was_right(guess)
    issued = _granted(outcome)
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
async def sign_out(request: Request, response: Response, services: WithServices, _bearer: DocumentedBearer) -> None:
    """End this device: its tokens, sockets and stream keys. The page shows whichever cookie it still has."""
    if "authorization" in request.headers:
        person = await signed_in_person(await optional_person(request, services), None)
        await services.store.write(lambda tx: tokens.end_own_device(tx, person, person.device_id))
        forget_cookies(response)
        return
    access, refreshing = request.cookies.get(ACCESS_COOKIE), request.cookies.get(REFRESH_COOKIE)
    if not access and not refreshing:
        raise Refusal(ErrorCode.NOT_SIGNED_IN)
    require_own_page(request)

    def work(tx: Tx) -> None:
        device_id = _device_of_cookies(tx, access, refreshing)
        device = tx.db.get(DeviceRow, device_id) if device_id is not None else None
        if device is not None and device.ended_ms is None:
            tokens.end_device(tx, device)
            audit(tx, device.account_id, "device.ended", device.id, "ended by its owner")

    await services.store.write(work)
    forget_cookies(response)


def _device_of_cookies(tx: Tx, access: str | None, refreshing: str | None) -> str | None:
    """Whose the cookies are. A spent refresh token will do: another tab may be renewing at this moment."""
    if access:
        with contextlib.suppress(Refusal):
            return authenticate(tx.db, access, tx.now_ms).device_id
    row = tx.db.get(RefreshRow, digest(refreshing)) if refreshing else None
    return row.device_id if row is not None and row.expires_ms > tx.now_ms else None


def _limit_address(request: Request, services: Services) -> None:
    wait_s = services.rates.sign_in.take(client_address(request))
    if wait_s > 0:
        raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)


def _granted(outcome: tokens.Issued | Refusal) -> tokens.Issued:
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome
