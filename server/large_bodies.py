"""Which requests may carry more than the usual body, and how many of them are held at a time. Event loop; the guard's.

Only somebody who shows a sign-in is let to send so much; whether it is good is found out by the route. The memory that
bodies take is bounded by their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from app.contract.rest import API_PREFIX
from server.config import Limits
from server.sockets import Shares

DESK_COOKIE = "ad_desk"
_ACCESS_COOKIE = "ad_access"


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    prefix: str
    max_bytes: int
    takes_header: bool
    """Whether an Authorization header is a sign-in here."""
    cookie: str


class LargeBodies:
    """Invariant: no more are held than the limits say, of one address and in all."""

    def __init__(self, limits: Limits) -> None:
        self._usual_bytes = limits.body_bytes
        self._shares = Shares(limits.large_bodies_per_address, limits.large_bodies)
        self._routes = (
            _Route("PUT", f"{API_PREFIX}/me/images/", limits.image_body_bytes, True, _ACCESS_COOKIE),
            _Route("POST", "/desk/documents", limits.import_body_bytes, False, DESK_COOKIE),
        )

    def is_wanted(self, scope: Scope, headers: Headers) -> bool:
        """Whether this request may carry more, and says that it does or does not say how much."""
        return self.max_bytes(scope, headers) > self._usual_bytes and self._is_large(headers)

    def max_bytes(self, scope: Scope, headers: Headers) -> int:
        """What this request may carry."""
        for route in self._routes:
            if scope["method"] == route.method and scope["path"].startswith(route.prefix):
                has_header = route.takes_header and bool(headers.get("authorization"))
                if has_header or _cookie(headers, route.cookie):
                    return route.max_bytes
        return self._usual_bytes

    def take(self, address: str) -> bool:
        """False when too many are held; who got True gives back."""
        return self._shares.take(address)

    def give_back(self, address: str) -> None:
        self._shares.give_back(address)

    def _is_large(self, headers: Headers) -> bool:
        declared = headers.get("content-length", "")
        return int(declared) > self._usual_bytes if declared.isdecimal() else "transfer-encoding" in headers


def _cookie(headers: Headers, name: str) -> bool:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return False
    return found is not None and bool(found.value)
