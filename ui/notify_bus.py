"""Notifications of a Linux desktop: ``org.freedesktop.Notifications`` on the session bus.

One thread (``notify``) owns the connection; it begins with the first notification and ends within JOIN_S of ``close``.
Not by QtDBus: from Python that cannot make the unsigned number which ``Notify`` takes. A desktop without a bus or
without the service shows nothing, and that is written to the log once.
"""

from __future__ import annotations

import html
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.threading import DBusConnection, ReceiveStopped, open_dbus_connection
from PySide6.QtCore import QObject, Qt, Signal, Slot

NAME = "org.freedesktop.Notifications"
ADDRESS = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)
APP = "AnchorDesk"
DESKTOP_ENTRY = "anchordesk"
DEFAULT_ACTION = "default"
WAITING, SHOWN = 16, 64
"""So many may wait to be sent (further ones are dropped and counted), so many are known by their number."""
JOIN_S = 2.0
log = structlog.get_logger("notify")


@dataclass(frozen=True)
class _Told:
    key: str
    title: str
    body: str
    open_label: str


class BusDesktop(QObject):
    """Lives in the GUI thread. ``clicked`` carries the key, in the GUI thread."""

    clicked = Signal(str)
    _heard = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._heard.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._waiting: queue.Queue[_Told] = queue.Queue(WAITING)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._connection: DBusConnection | None = None
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def show(self, key: str, title: str, body: str, open_label: str) -> None:
        """Show one; returns at once."""
        if self._stop.is_set():
            return
        try:
            self._waiting.put_nowait(_Told(key, title, body, open_label))
        except queue.Full:
            self.dropped += 1
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
            self._thread.start()
        else:
            self._wake()

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        self._wake()
        if self._thread is not None:
            self._thread.join(JOIN_S)

    def _wake(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()

    @Slot(str)
    def _deliver(self, key: str) -> None:
        if not self._stop.is_set():
            self.clicked.emit(key)

    # ---- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            connection = open_dbus_connection("SESSION")
        except (KeyError, ValueError, StopIteration, OSError, RuntimeError, EOFError) as cause:
            log.info("no_bus", cause=type(cause).__name__)
            return
        with self._lock:
            self._connection = connection
        try:
            _Talk(connection, self._waiting, self._stop, self._heard.emit).run()
        except (OSError, EOFError) as cause:
            log.info("bus_lost", cause=type(cause).__name__)
        finally:
            with self._lock:
                self._connection = None
            connection.close()


class _Talk:
    """What is said on one connection. Runs in the thread alone."""

    def __init__(
        self,
        connection: DBusConnection,
        waiting: queue.Queue[_Told],
        stop: threading.Event,
        tell: Callable[[str], object],
    ) -> None:
        self._connection, self._waiting, self._stop, self._tell = connection, waiting, stop, tell
        self._asked: dict[int, str] = {}
        """Serial of a Notify that is not answered, to its key."""
        self._shown: dict[int, str] = {}
        """Number that the service gave, to its key."""
        self._capabilities_serial = 0
        self._capabilities: frozenset[str] | None = None

    def run(self) -> None:
        """Until ``stop``. Raises OSError, EOFError when the bus goes away."""
        for member in ("ActionInvoked", "NotificationClosed"):
            self._send(message_bus.AddMatch(MatchRule(type="signal", interface=NAME, member=member)))
        self._capabilities_serial = self._send(new_method_call(ADDRESS, "GetCapabilities"))
        while not self._stop.is_set():
            if self._capabilities is not None:
                self._send_waiting(self._capabilities)
            try:
                self._take(self._connection.receive())
            except ReceiveStopped:
                self._connection.reset_interrupt()

    def _send(self, message: Message) -> int:
        serial: int = next(self._connection.outgoing_serial)
        self._connection.send(message, serial=serial)
        return serial

    def _send_waiting(self, capabilities: frozenset[str]) -> None:
        while True:
            try:
                told = self._waiting.get_nowait()
            except queue.Empty:
                return
            body = html.escape(told.body, quote=False) if "body-markup" in capabilities else told.body
            actions = [DEFAULT_ACTION, told.open_label] if "actions" in capabilities else []
            hints = {"desktop-entry": ("s", DESKTOP_ENTRY)}
            message = new_method_call(
                ADDRESS, "Notify", "susssasa{sv}i", (APP, 0, DESKTOP_ENTRY, told.title, body, actions, hints, -1)
            )
            self._asked[self._send(message)] = told.key

    def _take(self, message: Message) -> None:
        fields = message.header.fields
        if message.header.message_type is MessageType.signal:
            self._take_signal(str(fields.get(HeaderFields.member, "")), message.body)
            return
        serial = fields.get(HeaderFields.reply_serial, 0)
        is_answer = message.header.message_type is MessageType.method_return
        if serial == self._capabilities_serial:
            if not is_answer:
                log.info("no_service", error=str(fields.get(HeaderFields.error_name, "")))
            self._capabilities = frozenset(message.body[0]) if is_answer else frozenset()
        key = self._asked.pop(serial, None)
        if key is not None and is_answer:
            self._shown[message.body[0]] = key
            while len(self._shown) > SHOWN:
                del self._shown[next(iter(self._shown))]

    def _take_signal(self, member: str, body: tuple[object, ...]) -> None:
        number = body[0] if body and isinstance(body[0], int) else -1
        if member == "NotificationClosed":
            self._shown.pop(number, None)
        elif member == "ActionInvoked" and number in self._shown and body[1:] == (DEFAULT_ACTION,):
            self._tell(self._shown.pop(number))
