"""What the service is set to, as values. Made once at start by server.main; nothing here does I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from app.contract.reports import MAX_CLIP_BYTES
from app.contract.rest import IngestAddress
from app.errors import InputError
from app.runtime.launch import IngestPlace, ServiceLaunch
from server.proxies import TrustedProxies
from server.retention import DEFAULT, Retention

VERSION = "0.1.0"
PUBLIC_HOTLINE = "12377"
"""Of the national centre for reports about the internet: what a demo platform shows."""
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_INGEST_SCHEMES = frozenset({"rtmp", "rtmps"})
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  names the wildcard, binds nothing


@dataclass(frozen=True)
class Limits:
    """Rates and sizes. A rate is (burst, refill a second) unless its name says otherwise."""

    body_bytes: int = 64 * 1024
    body_deadline_s: float = 10.0
    image_body_bytes: int = 6 * 1024 * 1024
    """Of an upload of a signed-in person."""
    import_body_bytes: int = 4 * 1024 * 1024
    """Of a file that an operator imports at the desk."""
    large_bodies: int = 12
    """How many bodies above ``body_bytes`` are held at a time; the next are asked to come again."""
    large_bodies_per_address: int = 3
    large_body_deadline_s: float = 60.0
    clip_body_bytes: int = MAX_CLIP_BYTES
    """Of the clip of a recording that goes with a report."""
    clip_bodies: int = 4
    clip_bodies_per_address: int = 1
    clip_body_deadline_s: float = 300.0
    """An uplink that carries a broadcast has little left for it."""
    requests_burst: int = 1500
    requests_per_s: float = 300.0
    """Of one address, over all routes."""
    sign_in_burst: int = 30
    sign_in_per_s: float = 30 / 600
    """Codes asked for and sign-ins tried, of one address."""
    codes_per_phone_per_hour: int = 8
    operator_burst: int = 8
    operator_per_s: float = 8 / 600
    """Wrong passwords for one name from one address."""
    operator_all_burst: int = 40
    operator_all_per_s: float = 40 / 3600
    """Wrong passwords for one name from all addresses; beyond it an address has one try only."""
    chat_burst: int = 10
    chat_per_s: float = 2.0
    """Messages of one account."""
    chat_refusals_burst: int = 20
    chat_refusals_per_s: float = 1.0
    """Refusals one socket may collect before it is closed as a flood."""
    report_burst: int = 10
    report_per_s: float = 1 / 20
    """Reports of one account made and withdrawn."""
    moderation_burst: int = 40
    moderation_per_s: float = 4.0
    """A moderator in a raid deletes a message with each click."""
    second_burst: int = 20
    second_per_s: float = 1.0
    """Questions that one account seconds, or no longer does."""
    draft_burst: int = 30
    draft_per_s: float = 2.0
    """Drafts saved by one account."""
    submit_burst: int = 20
    submit_per_s: float = 1 / 30
    """Submissions tried by one account; those that are taken are counted by the day besides."""
    text_check_burst: int = 30
    text_check_per_s: float = 3.0
    """Texts that one account has looked at while it types."""
    identity_burst: int = 20
    identity_per_s: float = 1 / 15
    """Names checked and face checks asked for by one account; tries that cost one are counted by the day besides."""
    liveness_attempts_a_day: int = 10
    """Sessions of the face check by camera in which something was asked for, of one account."""
    liveness_burst: int = 20
    liveness_per_s: float = 1 / 15
    """Sessions begun by one account, and whatever else of them is no step of one."""
    liveness_part_burst: int = 200
    liveness_part_per_s: float = 10.0
    """Progress and parts of packages of one account: a whole package is a hundred."""
    schedule_burst: int = 30
    schedule_per_s: float = 0.5
    """Sessions planned and changed by one account."""
    probe_burst: int = 10
    probe_per_s: float = 10 / 3600
    """Keys to measure with, of one account."""
    image_burst: int = 20
    image_per_s: float = 1 / 6
    """Images uploaded by one account."""
    import_burst: int = 20
    import_per_s: float = 1 / 15
    """Files imported by one operator."""
    frames_burst: int = 60
    frames_per_s: float = 20.0
    """Frames of one socket."""
    connections: int = 10_000
    connections_per_address: int = 2000
    """High, as a campus or a mobile network shows one address for many people. A named proxy's are not counted."""
    request_head_s: float = 10.0
    sockets: int = 8000
    sockets_per_address: int = 2000
    visitors_burst: int = 500
    visitors_per_s: float = 0.2
    """Different visitors without an account that one address can be the way of, in one room; more count as one."""
    outbox_bytes: int = 512 * 1024
    outbox_frames: int = 256
    stalled_s: float = 5.0
    """How long the oldest frame of a socket may wait before the socket is closed as too slow."""
    resume_facts: int = 1000
    """A client that missed more is told to reload."""


@dataclass(frozen=True)
class Lifetimes:
    """Terms in seconds."""

    code_s: int = 300
    code_tries: int = 5
    code_resend_s: int = 60
    access_s: int = 15 * 60
    refresh_s: int = DEFAULT.tokens_days * 24 * 3600
    refresh_leeway_s: int = 60
    """How long a spent refresh token may be shown again by whoever never got the answer."""
    media_token_s: int = 55
    """The ingest takes 60 s at most by its own clock, which may be a little behind."""
    settle_s: float = 10.0
    """After a start of the service no grace period runs out before the ingest had this long to report."""
    reconcile_s: float = 5.0
    """How often the ingest is asked which connections it really has."""
    ingest_away_s: float = 30.0
    """Without a sign of the ingest for this long its sessions count as interrupted."""


@dataclass(frozen=True, kw_only=True)
class ServiceConfig:
    data_dir: Path
    log_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    database_url: str = ""
    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    is_demo: bool = False
    hook_secret: str = field(repr=False)
    media_secret: str = field(repr=False)
    local_token: str = field(default="", repr=False)
    ingest_http_url: str = ""
    ingest_server_name: str = ""
    ingest_ca_file: str = ""
    ingest_public_http_url: str = ""
    ingest_public_rtmp_url: str = ""
    ingest_name: str = ""
    further_ingests: tuple[IngestPlace, ...] = ()
    tls_certificate: str = ""
    tls_key: str = ""
    name: str = "智联主播平台"
    name_en: str = "AnchorDesk platform"
    contact: str = ""
    contact_en: str = ""
    report_hotline: str = ""
    max_publish_kbps: int = 12_000
    field_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Keys of the personal fields from the environment; empty: from the file (server.field_keys)."""
    limits: Limits = field(default_factory=Limits)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    retention: Retention = DEFAULT

    @classmethod
    def from_launch(cls, launch: ServiceLaunch) -> ServiceConfig:
        """Raises InputError for what cannot be meant."""
        plain = cls(
            data_dir=Path(launch.data_dir),
            log_dir=Path(launch.log_dir),
            host=launch.host,
            port=launch.port,
            database_url=launch.database_url,
            public_url=launch.public_url.rstrip("/"),
            allowed_hosts=launch.allowed_hosts,
            proxies=TrustedProxies(launch.trusted_proxies),
            is_demo=launch.is_demo,
            hook_secret=launch.hook_secret,
            media_secret=launch.media_secret,
            local_token=launch.local_token,
            ingest_http_url=launch.ingest_http_url.rstrip("/"),
            ingest_server_name=launch.ingest_server_name,
            ingest_ca_file=launch.ingest_ca_file,
            ingest_public_http_url=launch.ingest_public_http_url.rstrip("/"),
            ingest_public_rtmp_url=launch.ingest_public_rtmp_url.rstrip("/"),
            ingest_name=launch.ingest_name,
            further_ingests=tuple(_checked(place) for place in launch.further_ingests),
            tls_certificate=launch.tls_certificate,
            tls_key=launch.tls_key,
            contact=launch.contact,
            contact_en=launch.contact_en or launch.contact,
            report_hotline=launch.report_hotline,
        )
        if launch.is_demo:
            return replace(
                plain,
                name="本机演示平台",
                name_en="Demo platform on this machine",
                contact="这是本机演示平台，没有客服；请联系开设它的人。",
                contact_en="This is a demo platform without customer service. Ask whoever set it up.",
                report_hotline=launch.report_hotline or PUBLIC_HOTLINE,
            )
        return plain

    @property
    def ingests(self) -> tuple[IngestAddress, ...]:
        """The ways to the ingest, the main one first; each with a name of its own."""
        main = IngestPlace(url=self.ingest_public_rtmp_url, name=self.ingest_name)
        named: dict[str, IngestAddress] = {}
        for place in (main, *self.further_ingests):
            wanted = place.name or urlsplit(place.url).hostname or "ingest"
            names = (wanted, *(f"{wanted} {number}" for number in range(2, len(self.further_ingests) + 2)))
            name = next(one for one in names if one not in named)
            named[name] = IngestAddress(name=name, url=place.url)
        return tuple(named.values())

    @property
    def is_tls(self) -> bool:
        return bool(self.tls_certificate)

    @property
    def hosts(self) -> frozenset[str]:
        """Names, lower case and without port, under which a request may address the service.

        Loopback names are among them only when the service listens there.
        """
        names = {host.lower() for host in self.allowed_hosts}
        if self.public_url:
            names.add((urlsplit(self.public_url).hostname or "").lower())
        bound = self.host.strip("[]").lower()
        if bound in _LOOPBACK_NAMES or bound in _EVERY_ADDRESS:
            names |= _LOOPBACK_NAMES
        if bound not in _EVERY_ADDRESS:
            names.add(bound)
        return frozenset(names - {""})

    @property
    def url(self) -> str:
        """SQLAlchemy address of the database."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'platform.sqlite3'}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else self.database_url


def _checked(place: IngestPlace) -> IngestPlace:
    """Raises InputError (ingest_address_invalid) for what no encoder could publish to."""
    try:
        parts = urlsplit(place.url)
        is_good = parts.scheme in _INGEST_SCHEMES and bool(parts.hostname) and bool(parts.path.strip("/"))
        is_good = is_good and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise InputError("ingest_address_invalid", detail={"url": place.url})
    return IngestPlace(url=place.url.rstrip("/"), name=place.name.strip())
