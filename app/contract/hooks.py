"""What the ingest asks the service, and what the service orders the ingest to do (HTTP, JSON, bearer secret).

ingest → service, under ``/internal/v1`` with ``Authorization: Bearer <hook secret>``:
    POST /publish/authorize  PublishAsk   → PublishGrant, or a refusal with a code of contract.errors
    POST /publish/started    PublishFact  (first key frame arrived)
    POST /publish/stopped    PublishFact
    POST /publish/stats      ProbeReport  (a probe key's measurement; of its connections nothing else is reported)
    GET  /publish/grants     list[PublishGrant] that are still good: asked after a restart of the service
service → ingest, on the ingest's HTTP port, same secret:
    POST /control/drop       DropOrder    (closes the publisher within a second)
    POST /control/close      CloseOrder   (session ended: closes the players too, finishes the HLS list)
    GET  /control/publishers list[PublisherFact] of the connections that publish now; the service asks every few
                             seconds and takes what is not among them for stopped, and what ``has_started`` for
                             started (a crash of either side, a report that was lost)
    GET  /control/sessions   list[str], ids of the sessions it keeps something of; those that have ended are
                             closed again
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PublishAsk(_Wire):
    app: str = Field(max_length=64)
    key: str = Field(max_length=200, repr=False)
    connection_id: str
    encoder: str = Field(default="", max_length=200)


class PublishGrant(_Wire):
    key_id: str
    session_id: str
    """Empty for a probe key, which belongs to none."""
    connection_id: str
    is_probe: bool
    max_kbps: int


class PublishFact(_Wire):
    key_id: str
    session_id: str
    connection_id: str
    reason: str = ""


class PublisherFact(PublishFact):
    has_started: bool = False
    """Whether its first key frame has come."""


class ProbeReport(_Wire):
    key_id: str
    connection_id: str
    duration_ms: int
    received_bytes: int
    kbps: float


class DropOrder(_Wire):
    key_id: str
    code: str


class CloseOrder(_Wire):
    session_id: str
    code: str


class ViewerDropOrder(_Wire):
    """``tokens_until_unix_s``: media tokens of this person are dead that run out by then, which are those made until
    now; one that is made when they were let in again runs out later. None: all that may have been made."""

    session_id: str
    viewer_id: str
    tokens_until_unix_s: int | None = None
