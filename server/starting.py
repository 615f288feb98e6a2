"""What is looked at before the service starts, so that a start that fails says why. Main thread."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import ssl
from pathlib import Path

from app.errors import InputError, KnownError, StorageError
from server.sockets import BACKLOG

SEND_BUFFER_BYTES = 256 * 1024


def require_folder(path: Path) -> None:
    """Make the folder if there is none, and see that files can be made in it. Raises StorageError."""
    probe = path / f".{secrets.token_hex(4)}"
    try:
        path.mkdir(parents=True, exist_ok=True)
        # Asked by doing: permission bits say nothing of read-only mounts, quotas and the superuser.
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StorageError("data_folder_unwritable", detail={"folder": str(path)}) from error
    with contextlib.suppress(OSError):
        probe.unlink()


def require_certificate(certificate: str, key: str) -> None:
    """Raises InputError when the files cannot be read, are no certificate and key, or do not belong together."""
    if not certificate:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key with a password is refused; asked on the terminal, a service would wait for ever.
        context.load_cert_chain(certificate, key or None, password=lambda: "")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise InputError("certificate_unreadable") from error


def bind(host: str, port: int) -> socket.socket:
    """The listening socket. Raises KnownError when another program has the address, or it is none of this machine."""
    if not 0 <= port < 1 << 16:
        raise KnownError("address_unavailable")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise KnownError("address_unavailable") from error
    # Without it the kernel would hold up to 4 MB for each viewer who stopped reading.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    return listener
