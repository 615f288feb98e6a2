"""Stands for a desktop's notification service: takes ``org.freedesktop.Notifications`` and writes down what comes.

``python -m tools.notifications LOG READY_FD``; a process of its own, ended by its parent.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from jeepney import MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.Notifications"


def main(log: Path, ready_fd: int) -> None:
    """Serve until the bus goes away."""
    connection = open_dbus_connection(bus="SESSION")
    connection.send_and_get_reply(message_bus.RequestName(NAME))
    with os.fdopen(ready_fd, "w") as ready:
        ready.write("ready\n")
    count = 0
    while True:
        message = connection.receive()
        if message.header.message_type is not MessageType.method_call:
            continue
        member = message.header.fields.get(3)
        if member == "Notify":
            count += 1
            app, _, _, summary, body, *_ = message.body
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"app": app, "summary": summary, "body": body}, ensure_ascii=False) + "\n")
            connection.send(new_method_return(message, "u", (count,)))
        elif member == "GetCapabilities":
            connection.send(new_method_return(message, "as", (["body", "actions"],)))
        elif member == "GetServerInformation":
            connection.send(new_method_return(message, "ssss", ("stub", "tests", "1", "1.2")))
        else:
            connection.send(new_method_return(message))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    except (ConnectionError, EOFError):
        sys.exit(0)
