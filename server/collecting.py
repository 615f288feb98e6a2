"""Keeps the search for garbage from stopping every room: a full one looks at all that lives. Event loop.

With 1,000 sockets that takes a fifth of a second, in which nobody hears anything. Most of what lives stays for long:
what the service is made of, and what each connection is. Both are put aside where the search does not go. What is put
aside is freed all the same once nothing refers to it, but for what refers to itself. That is looked at again when so
many sockets have gone that the search is short; until then there is no more of it than of what was put aside.
"""

from __future__ import annotations

import gc

GROWN_RATIO, GROWN_SOCKETS = 1.25, 100


class Collecting:
    """One a process."""

    def __init__(self) -> None:
        self._sockets = 0

    def start(self) -> None:
        """What is there now stays."""
        gc.collect()
        gc.freeze()

    def look(self, sockets: int) -> None:
        """Now and then: so many sockets there are."""
        if sockets >= self._sockets * GROWN_RATIO + GROWN_SOCKETS:
            gc.freeze()
        elif self._sockets and sockets <= self._sockets / 2:
            gc.unfreeze()
        else:
            return
        self._sockets = sockets
