"""Keys that the service held good lately, so that a broadcast goes on while the service is away. Event loop.

Kept in memory and in a small file of the data folder, by a keyed hash: the file tells no key, and is worth
nothing without the hook secret. Only what the service itself granted gets in; a refusal or an order takes out.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from collections.abc import Collection
from pathlib import Path

import msgspec
import structlog

from app.contract.hooks import PublishGrant
from app.runtime.clock import Clock

MAX_GRANTS = 2000
log = structlog.get_logger("ingest.grants")


class _Entry(msgspec.Struct, frozen=True):
    key_hash: str
    key_id: str
    session_id: str
    max_kbps: int
    good_unix_s: float
    is_probe: bool = False
    """Kept by earlier versions; such a key must never be taken for one to go on air with."""


class GrantBook:
    """Invariant: at most one entry a key, at most ``MAX_GRANTS``, none older than ``granted_s`` is given out."""

    def __init__(self, path: Path, secret: str, clock: Clock, granted_s: float) -> None:
        self._path = path
        self._secret = secret.encode()
        self._clock = clock
        self._granted_s = granted_s
        self._entries: dict[str, _Entry] = {}
        self._load()

    def remember(self, key: str, grant: PublishGrant) -> None:
        """The service has just granted ``key``. One to measure with is not remembered: it dies too soon."""
        if grant.is_probe:
            return
        key_hash = self._hash(key)
        self._entries.pop(key_hash, None)
        self._entries[key_hash] = _Entry(key_hash, grant.key_id, grant.session_id, grant.max_kbps, self._now_s())
        while len(self._entries) > MAX_GRANTS:
            del self._entries[next(iter(self._entries))]
        self._save()

    def find(self, key: str, connection_id: str) -> PublishGrant | None:
        """The grant that still counts for ``key`` while the service is away."""
        entry = self._entries.get(self._hash(key))
        if entry is None or not self._is_good(entry):
            return None
        return PublishGrant(
            key_id=entry.key_id,
            session_id=entry.session_id,
            connection_id=connection_id,
            is_probe=False,
            max_kbps=entry.max_kbps,
        )

    def renew(self, key_ids: Collection[str]) -> None:
        """These publish, and the service, which could have dropped them, is there."""
        now_s = self._now_s()
        for key_hash, entry in self._entries.items():
            if entry.key_id in key_ids:
                self._entries[key_hash] = msgspec.structs.replace(entry, good_unix_s=now_s)
        self._save()

    def forget(self, *, key: str = "", key_id: str = "", session_id: str = "") -> None:
        """The service refused the key, ordered it dropped, or ended the session."""
        key_hash = self._hash(key) if key else ""
        kept = {
            entry.key_hash: entry
            for entry in self._entries.values()
            if entry.key_hash != key_hash and entry.key_id != key_id and entry.session_id != session_id
        }
        if len(kept) != len(self._entries):
            self._entries = kept
            self._save()

    def _hash(self, key: str) -> str:
        return hmac.new(self._secret, b"grant\0" + key.encode(), hashlib.sha256).hexdigest()

    def _now_s(self) -> float:
        return self._clock.utc().timestamp()

    def _is_good(self, entry: _Entry) -> bool:
        if entry.is_probe:
            return False
        # The upper bound keeps a clock that was set back from making a grant last for ever.
        return -60.0 <= self._now_s() - entry.good_unix_s <= self._granted_s

    def _load(self) -> None:
        try:
            entries = msgspec.json.decode(self._path.read_bytes(), type=list[_Entry])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("grants_unreadable", error=type(error).__name__)
            return
        self._entries = {entry.key_hash: entry for entry in entries[-MAX_GRANTS:] if self._is_good(entry)}

    def _save(self) -> None:
        entries = [entry for entry in self._entries.values() if self._is_good(entry)]
        temporary = self._path.with_suffix(".new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(entries))
            os.replace(temporary, self._path)
        except OSError as error:
            # The memory still holds them; only a restart during an outage would miss them.
            log.warning("grants_unwritable", error=type(error).__name__)
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
