"""Which requests may carry more than the usual body, and how many of them are held at a time. Event loop; the guard's.

Only somebody who shows a sign-in is let to send so much; whether it is good is found out by the route. The memory that
bodies take is bounded by their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from app.contract.liveness import PART_BYTES
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
    deadline_s: float
    shares: Shares
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """``shares`` tells who may still be held; who took one gives it back."""

    max_bytes: int
    deadline_s: float
    shares: Shares


class LargeBodies:
    """Invariant: no more are held than the limits say, of one address and in all."""

    def __init__(self, limits: Limits) -> None:
        self._usual_bytes = limits.body_bytes
        usual = Shares(limits.large_bodies_per_address, limits.large_bodies)
        # A clip takes as much memory as five images, and longer to come.
        clips = Shares(limits.clip_bodies_per_address, limits.clip_bodies)
        usual_s, clip_s = limits.large_body_deadline_s, limits.clip_body_deadline_s
        mine, proofs = f"{API_PREFIX}/me", f"{API_PREFIX}/complaints/proofs/"
        self._routes = (
            _Route("PUT", f"{mine}/images/", limits.image_body_bytes, True, _ACCESS_COOKIE, usual_s, usual),
            _Route("POST", proofs, limits.image_body_bytes, True, _ACCESS_COOKIE, usual_s, usual),
            _Route(
                "POST", f"{mine}/reports/", limits.clip_body_bytes, True, _ACCESS_COOKIE, clip_s, clips, suffix="/clip"
            ),
            _Route("POST", f"{mine}/liveness/", PART_BYTES, True, _ACCESS_COOKIE, usual_s, usual, suffix="/parts"),
            _Route("POST", "/desk/documents", limits.import_body_bytes, False, DESK_COOKIE, usual_s, usual),
        )

    def wanted(self, scope: Scope, headers: Headers) -> Allowance | None:
        """What this request may carry where that is more than usual, and it says that it does, or not how much."""
        route = self._route(scope, headers)
        if route is None or route.max_bytes <= self._usual_bytes or not self._is_large(headers):
            return None
        return Allowance(route.max_bytes, route.deadline_s, route.shares)

    def _route(self, scope: Scope, headers: Headers) -> _Route | None:
        for route in self._routes:
            path = scope["path"]
            if scope["method"] == route.method and path.startswith(route.prefix) and path.endswith(route.suffix):
                has_header = route.takes_header and bool(headers.get("authorization"))
                return route if has_header or _cookie(headers, route.cookie) else None
        return None

    def _is_large(self, headers: Headers) -> bool:
        declared = headers.get("content-length", "")
        return int(declared) > self._usual_bytes if declared.isdecimal() else "transfer-encoding" in headers


def _cookie(headers: Headers, name: str) -> bool:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return False
    return found is not None and bool(found.value)
