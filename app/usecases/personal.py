"""A person's own room: hears what of theirs has changed. I/O loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.contract import events
from app.contract.inbox import PERSONAL_ROOM, Concern
from app.errors import AppError
from app.ports.platform import Platform, RoomLink
from app.usecases.context import Context


class PersonalRoom:
    """``on_concern`` gets what changed; None: anything may have, as after each connection."""

    def __init__(self, context: Context, on_concern: Callable[[Concern | None], None]) -> None:
        self._context, self._on_concern = context, on_concern
        self._link: RoomLink | None = None
        self._number = 0
        """Of the link: one that is being closed may still say something."""
        self.is_connected = False

    def follow(self, platform: Platform) -> None:
        """Be told by this platform, and by no other any more."""
        self.leave()
        number = self._number
        self._link = platform.follow(
            PERSONAL_ROOM, partial(self._take, number), partial(self._linked, number), partial(self._given_up, number)
        )

    def leave(self) -> None:
        link = self._let_go()
        if link is not None:
            self._context.spawn(link.close(), "personal-leave")

    async def close(self) -> None:
        """Leave, and wait until the link is closed."""
        link = self._let_go()
        if link is not None:
            await link.close()

    def _let_go(self) -> RoomLink | None:
        link, self._link, self.is_connected = self._link, None, False
        self._number += 1
        return link

    def _linked(self, number: int, is_connected: bool) -> None:
        if number == self._number:
            self.is_connected = is_connected
            if is_connected:
                self._on_concern(None)

    def _given_up(self, number: int, code: str) -> None:
        """A service that has no such room is asked from time to time instead; a lost sign-in is told."""
        if number == self._number:
            self.is_connected = False
            self._context.trouble(AppError(code))

    def _take(self, number: int, envelope: events.Envelope) -> None:
        body = events.body(envelope)
        if number == self._number and isinstance(body, events.MeChanged):
            # A newer service may name what we do not know.
            is_known = body.what in tuple(Concern)
            self._on_concern(Concern(body.what) if is_known else None)
