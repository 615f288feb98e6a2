"""How often an operator's password may be wrong. Event loop; owned by the services."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import select

from app.contract.errors import ErrorCode
from app.runtime.clock import Clock
from server.accounts import people
from server.config import Limits
from server.errors import Refusal
from server.limits import Buckets
from server.store.models import AccountRow
from server.store.store import Store


@dataclass(frozen=True, slots=True)
class Guess:
    """One try. ``did_count_for_all`` is False for the one that an address has left when the name is under attack."""

    own_key: str
    name: str
    did_count_for_all: bool


class OperatorGuesses:
    """Invariant: a right password never counts, and nobody else's wrong ones keep it out.

    Each address has its own allowance a name. A slower one for all addresses together bounds what many of them
    can guess; when it is used up, an address without a wrong guess still has one try.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._own = Buckets(clock, limits.operator_burst, limits.operator_per_s)
        self._all = Buckets(clock, limits.operator_all_burst, limits.operator_all_per_s)

    def begin(self, address: str, name: str) -> Guess:
        """Counted as wrong until ``was_right``: tries that run at the same time count too. Raises Refusal."""
        name = name.lower()
        own_key = f"{address} {name}"
        is_first = self._own.is_untouched(own_key)
        wait_s = self._own.take(own_key)
        if wait_s > 0:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)
        wait_s = self._all.take(name)
        if wait_s > 0 and not is_first:
            raise Refusal(ErrorCode.RATE_LIMITED, retry_after_s=wait_s)
        return Guess(own_key, name, wait_s == 0)

    async def require_right(self, store: Store, address: str, name: str, password: str) -> tuple[str, Guess]:
        """Id of the operator with this name and password. Raises Refusal (credentials_wrong, rate_limited).

        It still counts as a guess: the caller says ``was_right`` when what is asked for next was right too.
        """
        guess = self.begin(address, name)
        query = select(AccountRow.id, AccountRow.password_hash).where(
            AccountRow.operator_name == name.replace("\x00", "")
        )
        found = await store.read(lambda db: db.execute(query).first())
        account_id, password_hash = found if found is not None else ("", None)
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, people.is_password_right, password_hash, password):
            raise Refusal(ErrorCode.CREDENTIALS_WRONG)
        return account_id, guess

    def was_right(self, guess: Guess) -> None:
        self._own.give_back(guess.own_key)
        if guess.did_count_for_all:
            self._all.give_back(guess.name)
