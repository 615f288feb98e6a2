"""Whom the ingest's HTTP side takes a request to come from."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.ingest.http_guard import IngestGuard
from server.proxies import TrustedProxies


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.9", "203.0.113.7", "198.51.100.9"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_only_a_named_proxy_is_believed(peer: str, forwarded: str, client: str) -> None:
    seen: list[tuple[str, int]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"])

    async def send(message: Any) -> None:
        raise AssertionError(message)

    headers = [(b"host", b"127.0.0.1"), (b"x-forwarded-for", forwarded.encode())]
    scope = {
        "type": "http", "method": "GET", "path": "/live/s1.flv", "headers": headers, "client": (peer, 5),
    }  # fmt: skip
    guard = IngestGuard(app, "127.0.0.1", (), (), TrustedProxies(["10.0.0.0/8"]))
    asyncio.run(guard(scope, send, send))
    assert seen == [(client, 5)]
