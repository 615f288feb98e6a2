"""Viewer tokens of media addresses: made by the service, checked by the ingest; pure, any thread.

A token is ``<claim>.<mac>``, both base64url without padding: the claim is compact JSON
``[version, session_id, viewer_id, expires_unix_s]`` and the mac HMAC-SHA256 of the encoded claim.
Both sides hold the same media secret, so a token can be checked while the service is away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from app.errors import InputError

MAX_LIFETIME_S = 60
MIN_SECRET_CHARS = 32
"""Of the secrets that service and ingest share: with a shorter one, or none, a stranger could sign for himself."""
_MAX_TOKEN_CHARS = 512
_VERSION = 1
_PURPOSE = b"anchordesk-media-v1\0"


@dataclass(frozen=True)
class MediaClaim:
    """Who may watch what, until when (UTC seconds since 1970)."""

    session_id: str
    viewer_id: str
    expires_unix_s: int


def require_secret(name: str, secret: str) -> None:
    """Raises InputError (secret_too_short) naming the field that holds too short a secret."""
    if len(secret) < MIN_SECRET_CHARS:
        raise InputError("secret_too_short", detail={"field": name, "chars": MIN_SECRET_CHARS})


def sign(secret: str, session_id: str, viewer_id: str, expires_unix_s: int) -> str:
    """A token for one viewer of one session; at most ``MAX_LIFETIME_S`` ahead, or ``verify`` refuses it."""
    claim = json.dumps([_VERSION, session_id, viewer_id, int(expires_unix_s)], separators=(",", ":"))
    encoded = _encode(claim.encode())
    return f"{encoded}.{_encode(_mac(secret, encoded))}"


def verify(secret: str, token: str, now_unix_s: int) -> MediaClaim | None:
    """The claim of a genuine token that is neither over nor valid for longer than allowed; None otherwise."""
    if len(token) > _MAX_TOKEN_CHARS or not token.isascii():
        return None
    encoded, dot, mac = token.partition(".")
    if not dot:
        return None
    # compared as text: the last base64 character has spare bits, and a token must have one spelling only
    if not hmac.compare_digest(_encode(_mac(secret, encoded)), mac):
        return None
    claim = _decode(encoded)
    if claim is None or not now_unix_s < claim.expires_unix_s <= now_unix_s + MAX_LIFETIME_S:
        return None
    return claim


def _mac(secret: str, encoded: str) -> bytes:
    return hmac.new(secret.encode(), _PURPOSE + encoded.encode(), hashlib.sha256).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(encoded: str) -> MediaClaim | None:
    try:
        claim = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, ValueError):
        return None
    match claim:
        case [1, str(session_id), str(viewer_id), int(expires_unix_s)]:
            return MediaClaim(session_id, viewer_id, expires_unix_s)
    return None
