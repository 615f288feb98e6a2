"""What each child process is told: the first line on its standard input is one ``*Launch`` as JSON.

Secrets travel there, never on the command line or in the environment.
"""

from __future__ import annotations

import sys
from typing import TypeVar

import msgspec

L = TypeVar("L", bound="_Launch")


class _Launch(msgspec.Struct, frozen=True, kw_only=True):
    data_dir: str
    log_dir: str

    def __repr__(self) -> str:
        return type(self).__name__


class EngineLaunch(_Launch, frozen=True, kw_only=True):
    endpoint: str
    key_hex: str
    shared_name: str
    """Prefix of the shared memory segments it makes; segments of that prefix left behind are removed."""
    window_grace_s: float = 120.0
    test_camera: str = ""
    """Path of a Unix socket whose pictures are a camera's, for hands-free runs; empty in normal use."""


class WindowLaunch(_Launch, frozen=True, kw_only=True):
    engine_endpoint: str
    engine_key_hex: str
    supervisor_endpoint: str
    supervisor_key_hex: str
    is_restart: bool = False
    script: str = ""
    """A driver of the window for the hands-free demo: path of a Unix socket it listens on; empty in normal use."""
    script_key_hex: str = ""


class IngestPlace(msgspec.Struct, frozen=True, kw_only=True):
    """An address where encoders publish."""

    url: str
    name: str = ""


class ServiceLaunch(_Launch, frozen=True, kw_only=True):
    """The platform service. Embedded: SQLite in ``data_dir``, loopback, is_demo."""

    host: str = "127.0.0.1"
    port: int = 0
    database_url: str = ""
    """Empty: SQLite in data_dir."""
    public_url: str = ""
    """How others reach it, e.g. https://live.example.org; empty: http://host:port."""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies in front of it, e.g. 127.0.0.1: only their X-Forwarded-For is believed."""
    is_demo: bool = False
    renews_operator: bool = False
    """Demo: say a new password of the operator also when there is one; nobody took the last."""
    hook_secret: str
    media_secret: str
    local_token: str = ""
    ingest_http_url: str
    """Where the service orders the ingest, e.g. http://127.0.0.1:18080; https when the ingest has a certificate."""
    ingest_server_name: str = ""
    """Name in the ingest's certificate, where it is not the host of ``ingest_http_url``."""
    ingest_ca_file: str = ""
    """Certificate to trust for the ingest, where no public authority signed its own."""
    ingest_public_http_url: str
    """Where players fetch media."""
    ingest_public_rtmp_url: str
    """Where encoders publish, e.g. rtmp://127.0.0.1:1935/live."""
    ingest_name: str = ""
    """How this address is called; empty: by its host."""
    further_ingests: tuple[IngestPlace, ...] = ()
    """Other ways to the same ingest: another carrier's line, another port, a relay that passes everything on."""
    tls_certificate: str = ""
    tls_key: str = ""
    contact: str = ""
    """How people reach customer service, shown beside the agreements: a phone, an address, hours."""
    contact_en: str = ""
    report_hotline: str = ""
    """The phone for reports, shown wherever something is reported."""


class IngestLaunch(_Launch, frozen=True, kw_only=True):
    """The ingest: RTMP listener, HTTP-FLV and HLS."""

    host: str = "127.0.0.1"
    rtmp_port: int = 0
    http_port: int = 0
    service_url: str
    allowed_origins: tuple[str, ...] = ()
    """Origins of the viewer pages (CORS)."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which players reach it, beside loopback, ``host`` and the hosts of ``allowed_origins``."""
    trusted_proxies: tuple[str, ...] = ()
    """As for the service: their ``X-Forwarded-For`` is believed by the HTTP side."""
    hook_secret: str
    media_secret: str
    tls_certificate: str = ""
    tls_key: str = ""


class RemuxLaunch(_Launch, frozen=True, kw_only=True):
    """A worker of the ingest; ``data_dir`` is the folder of the session's HLS files."""

    session_id: str


def read_launch(kind: type[L]) -> L:
    """Read the launch from standard input. Raises ``msgspec.DecodeError`` when it is not one."""
    return msgspec.json.decode(sys.stdin.buffer.readline(1 << 16), type=kind)


def write_launch(launch: _Launch) -> bytes:
    """The line for a child's standard input."""
    return msgspec.json.encode(launch) + b"\n"
