"""The embedded platform (本机演示平台): its ports, secrets and launches. Supervisor's main thread.

Ports are chosen once and kept in ``platform.json``, so that clients find a restarted service where it was; secrets
are made anew for each run of the program.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.runtime.launch import IngestLaunch, ServiceLaunch
from app.supervision.certificate import Certificate, make_certificate

LOOPBACK = "127.0.0.1"
ALL_ADDRESSES = "0.0.0.0"  # noqa: S104  only when the person asked to be reached from the local network


class Ports(msgspec.Struct, frozen=True):
    service: int
    rtmp: int
    http: int


@dataclass
class EmbeddedPlatform:
    """What both children are told."""

    data_dir: Path
    log_dir: Path
    on_lan: bool = False
    hook_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    media_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    local_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    ready: set[str] = field(default_factory=set)
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        self.ports = _ports(self.data_dir / "platform.json")
        # Those that the certificate covers, for as long as this platform stands.
        self.addresses = lan_addresses() if self.on_lan else ()
        if self.on_lan:
            self.certificate = make_certificate(self.data_dir / "tls", self.addresses)

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://{LOOPBACK}:{self.ports.service}"

    @property
    def lan_urls(self) -> tuple[str, ...]:
        return tuple(f"{self._scheme}://{address}:{self.ports.service}" for address in self.addresses)

    @property
    def ca_file(self) -> str:
        return str(self.certificate.certificate) if self.certificate else ""

    @property
    def _scheme(self) -> str:
        return "https" if self.on_lan else "http"

    @property
    def _public_host(self) -> str:
        return self.addresses[0] if self.addresses else LOOPBACK

    def service(self) -> ServiceLaunch:
        """Launch of the service."""
        return ServiceLaunch(
            data_dir=str(self.data_dir),
            log_dir=str(self.log_dir),
            host=ALL_ADDRESSES if self.on_lan else LOOPBACK,
            port=self.ports.service,
            public_url=f"{self._scheme}://{self._public_host}:{self.ports.service}",
            allowed_hosts=(LOOPBACK, "localhost", *self.addresses),
            is_demo=True,
            renews_operator=not _taken(self.data_dir).exists(),
            hook_secret=self.hook_secret,
            media_secret=self.media_secret,
            local_token=self.local_token,
            ingest_http_url=f"{self._scheme}://{LOOPBACK}:{self.ports.http}",
            ingest_public_http_url=f"{self._scheme}://{self._public_host}:{self.ports.http}",
            ingest_public_rtmp_url=f"{'rtmps' if self.on_lan else 'rtmp'}://{self._public_host}:{self.ports.rtmp}/live",
            tls_certificate=self.ca_file,
            tls_key=str(self.certificate.key) if self.certificate else "",
        )

    def ingest(self) -> IngestLaunch:
        """Launch of the ingest."""
        pages = (self.base_url, f"{self._scheme}://localhost:{self.ports.service}", *self.lan_urls)
        return IngestLaunch(
            data_dir=str(self.data_dir),
            log_dir=str(self.log_dir),
            host=ALL_ADDRESSES if self.on_lan else LOOPBACK,
            rtmp_port=self.ports.rtmp,
            http_port=self.ports.http,
            service_url=self.base_url,
            allowed_origins=pages,
            hook_secret=self.hook_secret,
            media_secret=self.media_secret,
            tls_certificate=self.ca_file,
            tls_key=str(self.certificate.key) if self.certificate else "",
        )


def take_operator(data_dir: Path) -> None:
    """The person has the operator's password: no later start of the service makes another."""
    with contextlib.suppress(OSError):
        _taken(data_dir).touch()


def _taken(data_dir: Path) -> Path:
    return data_dir / "operator.taken"


def lan_addresses() -> tuple[str, ...]:
    """Addresses of this machine on its networks, the one of the default route first; nothing is sent."""
    found: list[str] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return tuple(dict.fromkeys(address for address in found if not address.startswith("127.")))


def _ports(path: Path) -> Ports:
    with contextlib.suppress(OSError, msgspec.DecodeError):
        kept = msgspec.json.decode(path.read_bytes(), type=Ports)
        if all(_is_free(port) for port in (kept.service, kept.rtmp, kept.http)):
            return kept
    with contextlib.ExitStack() as held:
        chosen = []
        for _ in range(3):
            probe = held.enter_context(socket.socket())
            probe.bind((LOOPBACK, 0))
            chosen.append(int(probe.getsockname()[1]))
    ports = Ports(*chosen)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(ports))
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
