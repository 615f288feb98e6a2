"""Calls to one service, as anybody or as the person signed in to it. Owned by the I/O loop."""

from __future__ import annotations

import asyncio
from typing import Any

from app.client.api import Api, parsed
from app.client.tokens import Wallet
from app.contract import rest
from app.errors import PlatformError

_REFUSED_TOKEN = ("token_expired", "not_signed_in", "device_ended")


class Caller:
    """REST calls in worker threads with the tokens of one wallet."""

    def __init__(self, api: Api, wallet: Wallet) -> None:
        self._api, self._wallet = api, wallet

    async def _call(self, method: str, path: str, **given: Any) -> Any:
        return await asyncio.to_thread(self._api.call, method, path, **given)

    async def _signed(self, method: str, path: str, **given: Any) -> Any:
        """A call as the person signed in; an expired token is renewed once."""
        token = await self._good_token()
        try:
            return await self._call(method, path, token=token, **given)
        except PlatformError as problem:
            if problem.code not in _REFUSED_TOKEN:
                raise
            await self._wallet.refused(token, problem.code)
        return await self._call(method, path, token=await self._good_token(), **given)

    async def _good_token(self) -> str:
        token = await self._wallet.token(self._renew)
        if token is None:
            raise PlatformError(self._wallet.ended_code, retryable=False)
        return token

    async def _renew(self, refresh_token: str) -> rest.TokenPair:
        reply = await self._call("POST", "/auth/refresh", body=rest.Refresh(refresh_token=refresh_token))
        return parsed(rest.TokenPair, reply)
