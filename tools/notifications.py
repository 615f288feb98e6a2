"""Stands for a desktop's notification service: takes ``org.freedesktop.Notifications`` and writes down what comes.

``python -m tools.notifications LOG READY_FD``; a process of its own, ended by its parent. A line of JSON for each
notification: number, app, summary, body, actions. A test clicks one by calling ``Click`` (see ``click``) with its
number and an action: the service then says ``ActionInvoked`` and ``NotificationClosed``, as a desktop does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.Notifications"
ADDRESS = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)
CAPABILITIES = ["body", "body-markup", "actions"]
DISMISSED = 2
"""Why it was closed: by the person."""


class Service:
    """Answers one connection, message by message."""

    def __init__(self, connection: DBusConnection, log: Path) -> None:
        self._connection, self._log = connection, log
        self._count = 0

    def serve(self) -> None:
        """Until the bus goes away."""
        while True:
            message = self._connection.receive()
            if message.header.message_type is MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Message) -> None:
        reply = new_method_return(message)
        match message.header.fields.get(HeaderFields.member):
            case "Notify":
                reply = new_method_return(message, "u", (self._shown(message),))
            case "GetCapabilities":
                reply = new_method_return(message, "as", (CAPABILITIES,))
            case "GetServerInformation":
                reply = new_method_return(message, "ssss", ("stub", "tests", "1", "1.2"))
            case "Click":
                number, action = message.body
                self._tell("ActionInvoked", "us", (number, action))
                self._tell("NotificationClosed", "uu", (number, DISMISSED))
            case _:
                pass
        self._connection.send(reply)

    def _shown(self, message: Message) -> int:
        self._count += 1
        app, _, _, summary, body, actions, *_ = message.body
        told = {"number": self._count, "app": app, "summary": summary, "body": body, "actions": list(actions)}
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
        return self._count

    def _tell(self, member: str, signature: str, body: tuple[object, ...]) -> None:
        self._connection.send(new_signal(ADDRESS, member, signature, body))


def click(bus: str, number: int, action: str = "default") -> None:
    """Click a notification of the service on ``bus`` (DBUS_SESSION_BUS_ADDRESS). Raises OSError, TimeoutError."""
    connection = open_dbus_connection(bus=bus)
    try:
        connection.send_and_get_reply(new_method_call(ADDRESS, "Click", "us", (number, action)), timeout=5)
    finally:
        connection.close()


def main(log: Path, ready_fd: int) -> None:
    """Serve until the bus goes away."""
    connection = open_dbus_connection(bus="SESSION")
    connection.send_and_get_reply(message_bus.RequestName(NAME))
    with os.fdopen(ready_fd, "w") as ready:
        ready.write("ready\n")
    Service(connection, log).serve()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except (ConnectionError, EOFError):
        sys.exit(0)
