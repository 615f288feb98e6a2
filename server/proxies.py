"""Whom a request comes from when a proxy named by the operator stands in between. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from app.errors import InputError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """The proxies whose ``X-Forwarded-For`` is believed; anybody else's is what a stranger wrote."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        """Addresses or networks. Raises InputError (proxies_invalid) for what is neither."""
        try:
            self._networks = [ipaddress.ip_network(one.strip(), strict=False) for one in named]
        except ValueError as error:
            raise InputError("proxies_invalid") from error

    def __contains__(self, text: object) -> bool:
        address = address_of(text) if isinstance(text, str) else None
        return address is not None and any(address in network for network in self._networks)

    def client_of(self, peer: str, forwarded: Iterable[str]) -> str:
        """The address that asks: the right-most one in the headers (in their order) that is no named proxy.

        Each proxy appends the address it was asked by, so what stands further left is hearsay. What is no
        address ends the search: the last proxy that could be followed counts.
        """
        if peer not in self:
            return peer
        client = peer
        for text in reversed([part for header in forwarded for part in header.split(",")]):
            address = address_of(text)
            if address is None:
                break
            client = str(address)
            if client not in self:
                break
        return client


def household(text: str) -> str:
    """What one party holds, to count by: an IPv4 address, or the /64 of IPv6 in which it may take any address."""
    address = address_of(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address) if address is not None else text


def address_of(text: str) -> Address | None:
    """An address, with or without brackets and port; IPv4 within IPv6 as IPv4. None when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
