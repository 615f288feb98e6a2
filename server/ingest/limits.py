"""Deadlines and bounds of the ingest, as one value; tests give tighter ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.rtmp import Limits as RtmpLimits


@dataclass(frozen=True)
class IngestLimits:
    """What a peer may take, and how long each step may last."""

    rtmp: RtmpLimits = field(default_factory=RtmpLimits)
    connections: int = 200
    """RTMP connections at the same time."""
    connections_per_address: int = 20
    handshake_s: float = 5.0
    """From the TCP connection to the connect command, TLS and handshake included."""
    commands_s: float = 5.0
    """From the connect command to the publish command."""
    first_picture_s: float = 10.0
    """From the accepted publish to the first key frame with its configuration."""
    silence_s: float = 10.0
    """Without an audio or video message."""
    farewell_s: float = 0.6
    """How long a connection that was told why it ends may still send before it is cut."""
    bitrate_ratio: float = 3.0
    """Times the grant's max_kbps that is borne over ``bitrate_window_s``."""
    bitrate_window_s: int = 5
    gop_bytes: int = 16 * 1024 * 1024
    """A longer group of pictures is not kept for those who join."""
    viewer_bytes: int = 4 * 1024 * 1024
    viewer_ms: int = 3000
    """What may wait for one viewer; beyond either, the viewer skips to the next key frame."""
    viewer_stall_s: float = 20.0
    """A viewer that takes next to nothing for this long is cut; so is a connection without another request."""
    viewers: int = 3000
    viewers_per_person: int = 6
    """Connections of one viewer to one session."""
    viewers_per_address: int = 1000
    """HTTP-FLV responses of one address: a school's or a company's viewers share theirs."""
    http_connections: int = 4000
    http_connections_per_address: int = 2000
    http_request_s: float = 10.0
    """From the connection to the end of the first request's head."""
    probe_s: float = 60.0
    probe_max_kbps: int = 20_000
    """A probe measures the way here; longer or more tells nothing new. Its key has one connection at a time and lives
    for two minutes, so that no more than 300 MB come with it."""
    sessions: int = 200
    idle_session_s: float = 600.0
    """A session without publisher and viewers, and without a close order, is forgotten after this."""
    cached_grant_s: float = 600.0
    """While the service is away, keys that it last held good within this time still count."""
    hook_timeout_s: float = 3.0
    health_poll_s: float = 2.0
    max_facts: int = 512
    """Reports that wait for the service; the oldest goes first."""
    worker_bytes: int = 8 * 1024 * 1024
    worker_ms: int = 6000
    """What may wait for a session's remux worker."""
    worker_stall_s: float = 4.0
    """A worker that takes nothing for this long while data waits is killed."""
    worker_end_s: float = 5.0
    """How long a worker may take to write the last segment."""
    kept_after_close_s: float = 60.0
    """How long the finished HLS list stays for those who are still watching."""
