"""The tokens of a sign-in, shared by all adapters of one service. Owned by the I/O loop.

A refresh token is spent once it was shown: showing it again ends the device. So the newest pair is kept in memory
before anything else, the renewal is one task for all who ask, and nobody who gives up waiting can stop it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from app.contract.errors import ErrorCode
from app.contract.rest import TokenPair
from app.errors import AppError, PlatformError, StorageError
from app.ports.platform import SecretStore
from app.runtime.clock import Clock

REFRESH_EARLY_S = 60.0
SAVE_AGAIN_S = 15.0
SETTLE_S = 2.0
ENDED = frozenset({ErrorCode.NOT_SIGNED_IN, ErrorCode.DEVICE_ENDED, ErrorCode.TOKEN_EXPIRED})
"""Refusals of a renewal that mean: signed out. Any other says nothing about the token."""
NOT_SAVED = "sign_in_not_saved"
Renew = Callable[[str], Awaitable[TokenPair]]
Tell = Callable[[StorageError], None]
log = structlog.get_logger("tokens")


class Wallet:
    """The tokens under one name of ``secrets``. ``tell`` gets a StorageError when they could not be written."""

    def __init__(self, name: str, secrets: SecretStore, clock: Clock, tell: Tell) -> None:
        self._name, self._secrets, self._clock, self._tell = name, secrets, clock, tell
        self._is_read = False
        self._refresh: str | None = None
        self._access: str | None = None
        self._access_until_s = 0.0
        self._version = 0
        """Grows with each pair that is kept or forgotten."""
        self._saved_version = 0
        self._save_after_s = 0.0
        self._renewing: asyncio.Task[str | None] | None = None
        self._saving: asyncio.Task[None] | None = None
        self.ended_code = "not_signed_in"
        """Why there is no token."""

    async def token(self, renew: Renew) -> str | None:
        """A good access token, renewed when it is about to run out; None when signed out.

        Raises what ``renew`` raises for an outside cause, and StorageError when the kept token cannot be read.
        """
        self._save_again()
        if self._access is not None and self._clock.monotonic_s() < self._access_until_s - REFRESH_EARLY_S:
            return self._access
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.get_running_loop().create_task(self._renew(renew), name="token-renewal")
            # When everybody gave up waiting, its error is no news.
            self._renewing.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._renewing)

    async def _renew(self, renew: Renew) -> str | None:
        if not self._is_read:
            version = self._version
            kept = await asyncio.to_thread(self._secrets.get, self._name)
            if version == self._version:
                self._is_read, self._refresh = True, kept
        if self._refresh is None:
            return None
        version = self._version
        try:
            pair = await renew(self._refresh)
        except PlatformError as problem:
            if problem.code not in ENDED:
                raise
            if version == self._version:
                await self.forget(problem.code)
        else:
            if version == self._version:
                await self.keep(pair)
        # Meanwhile somebody may have signed in or out: what that left is what counts.
        return self._access

    async def keep(self, pair: TokenPair) -> None:
        """Go on with this pair. A failed write is told, not raised: the pair is good all the same."""
        self._is_read = True
        self._refresh, self._access = pair.refresh_token, pair.access_token
        self._access_until_s = self._clock.monotonic_s() + pair.access_expires_in_s
        await self._changed()

    async def forget(self, code: str = "not_signed_in") -> None:
        """Signed out, because of ``code``."""
        self._is_read, self.ended_code = True, code
        self._refresh = self._access = None
        await self._changed()

    async def refused(self, token: str, code: str) -> None:
        """The service refused this access token. An older one than ours says nothing about ours."""
        if token != self._access:
            return
        if code == "device_ended":
            await self.forget(code)
        else:
            self._access = None

    # ---- writing ---------------------------------------------------------------------------------

    async def _changed(self) -> None:
        self._version += 1
        await asyncio.shield(self._save())

    def _save(self) -> asyncio.Task[None]:
        if self._saving is None or self._saving.done():
            self._saving = asyncio.get_running_loop().create_task(self._write(), name="token-save")
        return self._saving

    def _save_again(self) -> None:
        if self._saved_version != self._version and self._clock.monotonic_s() >= self._save_after_s:
            self._save()

    async def settle(self) -> None:
        """Wait a little for what is under way, so that the end of the program loses no pair."""
        under_way = [task for task in (self._renewing, self._saving) if task is not None and not task.done()]
        if under_way:
            await asyncio.wait(under_way, timeout=SETTLE_S)

    async def _write(self) -> None:
        """Write what is newest until nothing is newer, or it fails."""
        while self._saved_version != self._version:
            version, value = self._version, self._refresh
            try:
                await asyncio.to_thread(self._put, value)
            except AppError as problem:
                is_first = self._save_after_s == 0.0
                self._save_after_s = self._clock.monotonic_s() + SAVE_AGAIN_S
                log.warning("tokens_not_saved", code=problem.code, **problem.detail)
                if is_first:
                    self._tell(StorageError(NOT_SAVED, detail=problem.detail))
                return
            self._saved_version, self._save_after_s = version, 0.0

    def _put(self, value: str | None) -> None:
        if value is None:
            self._secrets.delete(self._name)
            return
        try:
            self._secrets.set(self._name, value)
        except StorageError:
            # Better none at the next start than the spent one.
            with contextlib.suppress(StorageError):
                self._secrets.delete(self._name)
            raise


class Wallets:
    """One wallet a name for as long as the program runs: a new adapter goes on with the pair of the one before."""

    def __init__(self, secrets: SecretStore, clock: Clock, tell: Tell = lambda _: None) -> None:
        self._secrets, self._clock, self._tell = secrets, clock, tell
        self._wallets: dict[str, Wallet] = {}

    def of(self, name: str) -> Wallet:
        """The wallet of this name."""
        if name not in self._wallets:
            self._wallets[name] = Wallet(name, self._secrets, self._clock, self._tell)
        return self._wallets[name]
