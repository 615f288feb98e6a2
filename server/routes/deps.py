"""What routes share: the services, who asks, cookies of the viewer page, and the documented refusals."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict
from starlette.requests import HTTPConnection

from app.contract.errors import ErrorCode, ErrorReply
from app.contract.rest import API_PREFIX, TokenPair
from app.runtime.clock import utc_ms
from server.accounts.tokens import authenticate
from server.errors import Refusal
from server.gate import Person, require
from server.gate_acts import Act
from server.proxies import household
from server.services import Services

ACCESS_COOKIE = "ad_access"
REFRESH_COOKIE = "ad_refresh"
REFRESH_PATH = f"{API_PREFIX}/auth"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

REFUSALS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorReply, "description": "The request cannot be used"},
    "default": {"model": ErrorReply, "description": "A refusal"},
}


class PageQuery(BaseModel):
    """What an address asks for of a list. A name that is not known is refused: it would be passed over in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SomeId = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,64}$", max_length=64)]

# Only for the OpenAPI document: the header itself is read below, so that refusals have our form.
_documented_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="Access token of POST /auth/sign-in"
)
DocumentedBearer = Annotated[Any, Depends(_documented_bearer)]


def services_of(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


def with_services(request: Request) -> Services:
    return services_of(request)


WithServices = Annotated[Services, Depends(with_services)]


async def optional_person(request: Request, services: WithServices) -> Person | None:
    """Who asks. A cookie counts for changes only from our own page. Raises Refusal for a token that is not good."""
    now_ms = utc_ms(services.clock.utc())
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refusal(ErrorCode.NOT_SIGNED_IN)
        return await services.store.read(lambda db: authenticate(db, token.strip(), now_ms))
    cookie = request.cookies.get(ACCESS_COOKIE)
    if not cookie:
        return None
    require_own_page(request)
    return await services.store.read(lambda db: authenticate(db, cookie, now_ms))


async def signed_in_person(
    person: Annotated[Person | None, Depends(optional_person)], _bearer: DocumentedBearer
) -> Person:
    if person is None:
        raise Refusal(ErrorCode.NOT_SIGNED_IN)
    return person


AlsoClosed = Annotated[Person, Depends(signed_in_person)]
"""Whoever is signed in, be their account closed: for what they need to read the reason and to appeal."""


async def open_person(person: AlsoClosed) -> Person:
    return require(Act.USE_ACCOUNT, person)


SignedIn = Annotated[Person, Depends(open_person)]


async def reading_person(request: Request, services: WithServices) -> Person | None:
    """Who reads something open to all: a sign-in that ran out makes a visitor of them."""
    try:
        return await optional_person(request, services)
    except Refusal:
        return None


Reading = Annotated[Person | None, Depends(reading_person)]


def require_own_page(request: Request) -> None:
    """A change by cookie names its origin, which the guard has compared with ours. Raises Refusal."""
    if request.method not in _SAFE and "origin" not in request.headers:
        raise Refusal(ErrorCode.ORIGIN_REFUSED)


def is_page(request: Request) -> bool:
    """The viewer page keeps its tokens in cookies that its scripts cannot read."""
    return request.headers.get("x-client", "").lower() == "page"


def hand_out(request: Request, response: Response, pair: TokenPair, services: Services) -> TokenPair:
    """Tokens in the body, or for the page in cookies and not in the body."""
    if not is_page(request):
        return pair
    secure = services.config.is_tls or services.config.public_url.startswith("https://")
    access_s, refresh_s = services.config.lifetimes.access_s, services.config.lifetimes.refresh_s
    for name, value, path, age_s in (
        (ACCESS_COOKIE, pair.access_token, "/", access_s),
        (REFRESH_COOKIE, pair.refresh_token, REFRESH_PATH, refresh_s),
    ):
        response.set_cookie(name, value, max_age=age_s, path=path, secure=secure, httponly=True, samesite="strict")
    return pair.model_copy(update={"access_token": "", "refresh_token": ""})


def forget_cookies(response: Response) -> None:
    response.delete_cookie(ACCESS_COOKIE, path="/", httponly=True, samesite="strict")
    response.delete_cookie(REFRESH_COOKIE, path=REFRESH_PATH, httponly=True, samesite="strict")


def client_address(request: Request) -> str:
    """Who asks, to count by."""
    return household(request.client.host) if request.client else ""


def require_secret(request: Request, secret: str) -> None:
    """Raises Refusal when it is not shown."""
    if not has_secret(request, secret):
        raise Refusal(ErrorCode.NOT_SIGNED_IN)


def has_secret(request: Request, secret: str) -> bool:
    """Whether the bearer secret is shown; compared in constant time. An empty secret opens nothing."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ").encode("utf-8", "replace")
    return bool(secret) and hmac.compare_digest(given, secret.encode())
