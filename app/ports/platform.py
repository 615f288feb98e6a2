"""The platform service as the use cases see it. All coroutines run in the I/O loop; they raise PlatformError.

``code`` of the error is one of contract.errors, or ``platform_unreachable``, ``platform_timeout``, ``platform_tls``,
``platform_not_ours`` (something else answers at the address), ``not_signed_in``. What acts for the person signed in
raises StorageError ``secrets_unreadable`` when the kept sign-in cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from app.contract.events import Envelope
from app.contract.rest import (
    Account,
    Category,
    CodeSent,
    DemoCode,
    Device,
    PlatformInfo,
    ProbeTarget,
    Session,
    StreamTarget,
)
from app.ports.liveness import LivenessPort
from app.ports.measures import MeasuresPort
from app.ports.questions import QuestionsPort
from app.ports.reports import ReportsPort
from app.ports.rooms import RoomDeskPort
from app.ports.way import WayToAir


def untold(code: str) -> None:
    """For who does not ask why a room refused."""


class Platform(WayToAir, RoomDeskPort, MeasuresPort, QuestionsPort, ReportsPort, LivenessPort, Protocol):
    """One configured service and the person signed in to it."""

    async def info(self) -> PlatformInfo: ...

    async def ask_code(self, phone: str) -> CodeSent: ...

    async def sign_in(self, phone: str, code: str, device_name: str, device_id: str) -> tuple[Account, str]:
        """The account and the id of this device. The tokens are kept by the adapter."""

    async def restore(self) -> Account | None:
        """The account of the kept refresh token; None when there is none or it is no longer good."""

    async def sign_out(self) -> None: ...

    async def devices(self) -> list[Device]: ...

    async def end_device(self, device_id: str) -> None: ...

    async def create_session(self, title: str, category: Category, idempotency_key: str) -> Session: ...

    async def current_session(self) -> Session | None:
        """The one that is being prepared or on air, else one that was made on the spot and has not begun."""

    async def session_of(self, session_id: str) -> Session:
        """As it is now; also one that has ended."""

    async def stream_key(self, session_id: str, *, take_over: bool) -> StreamTarget:
        """Where to publish, and all the ways there; the key before dies."""

    async def probe_key(self) -> ProbeTarget:
        """A key to measure the way to the ingest with, and the addresses to try."""

    async def end_session(self, session_id: str) -> Session: ...

    async def demo_codes(self, local_token: str) -> list[DemoCode]: ...

    def follow(
        self,
        room: str,
        on_event: Callable[[Envelope], None],
        on_link: Callable[[bool], None],
        on_refused: Callable[[str], None] = untold,
    ) -> RoomLink:
        """Follow a room's events; ``on_link`` says whether it is connected. All run in the I/O loop.

        ``on_refused`` is called once, with an error code, when the service refuses for good and the link gives up:
        ``device_ended``, ``token_expired`` and ``not_signed_in`` end the sign-in, ``not_found`` and ``forbidden``
        concern the room.
        Only events of known types and shapes are handed on. ``contract.inbox.PERSONAL_ROOM`` is the person's own one.
        """

    async def close(self) -> None: ...


class RoomLink(Protocol):
    """An open (or reconnecting) way to a room."""

    def send_chat(self, request_id: str, text: str, reply_to: str = "") -> None:
        """Send until it is acknowledged or refused; both come as events. One that came too fast is sent again.

        ``reply_to``: the id of the message that it answers.
        """

    async def close(self) -> None: ...


class PlatformFactory(Protocol):
    """Makes the adapter for an address. ``ca_file``: the embedded platform's own certificate, or empty.

    ``is_embedded``: the platform on this machine. Its sign-in is kept whatever address it listens at, so that a new
    adapter may ``restore``; media goes to it over the host of ``url``.
    """

    def __call__(self, url: str, ca_file: str, is_embedded: bool = False) -> Platform: ...


class SecretStore(Protocol):
    """Small secrets by name, kept by the system's keyring or a private file. Blocking: call in a worker."""

    def get(self, name: str) -> str | None:
        """None when there is none. Raises StorageError when that cannot be told."""

    def set(self, name: str, value: str) -> None:
        """Raises StorageError; what was kept before may then be there still."""

    def delete(self, name: str) -> None:
        """Raises StorageError when it is there still."""
