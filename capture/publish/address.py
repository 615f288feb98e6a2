"""Where to publish: an rtmp:// or rtmps:// address taken apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.errors import InputError

_PORTS = {"rtmp": 1935, "rtmps": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """``app`` may have several parts and a query; ``tc_url`` is the address without the key."""

    host: str
    port: int
    is_tls: bool
    app: str = field(repr=False)
    tc_url: str = field(repr=False)


def parse_address(url: str) -> Address:
    """Raises InputError ``ingest_address_invalid``."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise InputError("ingest_address_invalid") from None
    app = parts.path.strip("/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme not in _PORTS or not parts.hostname or not app or parts.username is not None:
        raise InputError("ingest_address_invalid")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    number = _PORTS[parts.scheme] if port is None else port
    return Address(
        parts.hostname, number, parts.scheme == "rtmps", app, f"{parts.scheme}://{host}:{number}/{app}"
    )  # fmt: skip
