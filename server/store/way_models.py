"""The tables of the way to air: documents, acceptances, applications, images, messages to a person, the desk."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.store.base import HASH, ID, Base


class DocumentVersionRow(Base):
    """A published version. Never changed and never deleted: triggers of the database refuse it."""

    __tablename__ = "document_versions"
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    effective_ms: Mapped[int] = mapped_column(BigInteger)
    published_ms: Mapped[int] = mapped_column(BigInteger)
    published_by: Mapped[str] = mapped_column(ID)
    is_material: Mapped[bool]
    changes: Mapped[str] = mapped_column(Text)
    """JSON list of lines."""
    sha256: Mapped[str] = mapped_column(HASH)
    chars: Mapped[int]
    text: Mapped[str] = mapped_column(Text)


class DocumentDraftRow(Base):
    """What an operator imported and corrects before publishing. ``revision`` grows with each save."""

    __tablename__ = "document_drafts"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    changes: Mapped[str] = mapped_column(Text)
    is_material: Mapped[bool]
    effective_ms: Mapped[int | None] = mapped_column(BigInteger)
    source_name: Mapped[str] = mapped_column(String(200))
    findings: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")
    """JSON: what the import was not sure of; empty once somebody saved."""
    created_by: Mapped[str] = mapped_column(ID)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    saved_ms: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int]


class AcceptanceRow(Base):
    """Who accepted which version when. ``read_s`` is the client's word."""

    __tablename__ = "acceptances"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(HASH)
    accepted_ms: Mapped[int] = mapped_column(BigInteger)
    client_version: Mapped[str] = mapped_column(String(40))
    read_s: Mapped[int]


class ApplicationRow(Base):
    """``form_sealed`` is the form as JSON, encrypted with the field key: it holds a phone and what a person wrote."""

    __tablename__ = "applications"
    __table_args__ = (Index("ix_applications_state_submitted_ms", "state", "submitted_ms"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    form_sealed: Mapped[str] = mapped_column(Text)
    revision: Mapped[int]
    created_ms: Mapped[int] = mapped_column(BigInteger)
    saved_ms: Mapped[int] = mapped_column(BigInteger)
    submitted_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    consultant_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))


class ApplicationStepRow(Base):
    """History: one row a step, with what was submitted at that moment (``form_sealed``) or why it was returned."""

    __tablename__ = "application_steps"
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    actor_id: Mapped[str] = mapped_column(ID)
    comment: Mapped[str] = mapped_column(Text)
    reasons: Mapped[str] = mapped_column(Text)
    """JSON: {field: reason}."""
    form_sealed: Mapped[str | None] = mapped_column(Text)


class ApplicationContactRow(Base):
    """The consultant's log of contacts with the applicant. Seen by operators only."""

    __tablename__ = "application_contacts"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"), index=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    operator_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)


class ScopeRow(Base):
    """What an anchor is approved for."""

    __tablename__ = "account_scopes"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(32), primary_key=True)


class ImageRow(Base):
    """An uploaded image; its re-encoded file lies in the folder ``images`` of the data folder under its id."""

    __tablename__ = "images"
    __table_args__ = (Index("ix_images_account_id_purpose", "account_id", "purpose"), Index("ix_images_state", "state"))
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    purpose: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    width_px: Mapped[int]
    height_px: Mapped[int]
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    uploaded_ms: Mapped[int] = mapped_column(BigInteger)
    decided_ms: Mapped[int | None] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(ID)
    reason: Mapped[str] = mapped_column(String(200))
    deleted_ms: Mapped[int | None] = mapped_column(BigInteger)
    """Since when a measure has deleted it, whatever its state; null: none has."""


class BlocklistRow(Base):
    """A phone, ID number or organisation that may not apply; found by keyed hash, shown masked.

    ``value_sealed`` is there for a change of the key alone: without the value no new hash can be made of it.
    """

    __tablename__ = "blocklist"
    __table_args__ = (Index("ix_blocklist_kind_value_hash", "kind", "value_hash"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    value_hash: Mapped[str] = mapped_column(HASH)
    value_masked: Mapped[str] = mapped_column(String(40))
    value_sealed: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(200))
    added_by: Mapped[str] = mapped_column(ID)
    added_ms: Mapped[int] = mapped_column(BigInteger)
    removed_ms: Mapped[int | None] = mapped_column(BigInteger)
    removed_by: Mapped[str | None] = mapped_column(ID)


class InboxRow(Base):
    """A message to a person. Its words are made from ``kind`` and ``params`` where it is shown."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("account_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    params: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(16))
    link_id: Mapped[str] = mapped_column(String(64))
    read_ms: Mapped[int | None] = mapped_column(BigInteger)


class FactorRow(Base):
    """An operator's second factor (TOTP, RFC 6238). ``last_step`` is the time step used last: a code is good once."""

    __tablename__ = "operator_factors"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret_sealed: Mapped[str] = mapped_column(Text)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    confirmed_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_step: Mapped[int]


class RecoveryCodeRow(Base):
    """One-time codes for an operator who lost the authenticator; only hashes."""

    __tablename__ = "operator_recovery_codes"
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    used_ms: Mapped[int | None] = mapped_column(BigInteger)


class DeskSessionRow(Base):
    """A browser signed in to the operator's desk. Good for the desk's pages only once ``factor_ms`` is set."""

    __tablename__ = "desk_sessions"
    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    seen_ms: Mapped[int] = mapped_column(BigInteger)
    factor_ms: Mapped[int | None] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    wrong_codes: Mapped[int] = mapped_column(default=0, server_default="0")
