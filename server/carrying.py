"""Carries out what follows from a commit: rooms hear of it, the ingest is told, deadlines are set. Event loop."""

from __future__ import annotations

from app.contract.errors import ErrorCode
from app.contract.hooks import CloseOrder, DropOrder, ViewerDropOrder
from app.runtime.clock import Clock
from server.effects import (
    DeviceEnded,
    Effect,
    FactPosted,
    GraceSet,
    KeyDied,
    ModeratorsTold,
    PersonSentOut,
    PersonTold,
    PersonToldInRoom,
    ProbeKeyDied,
    QuestionSeconded,
    SessionClosed,
)
from server.providers.ingest import IngestControl
from server.rooms.hub import Hub

TOKEN_MARGIN_S = 2


class Carrier:
    """``deadlines_ms``: when the grace period of each session that waits for its publisher runs out."""

    def __init__(self, hub: Hub, ingest: IngestControl, clock: Clock, media_token_s: int) -> None:
        self._hub = hub
        self._ingest = ingest
        self._clock = clock
        self._media_token_s = media_token_s
        self.deadlines_ms: dict[str, int] = {}

    def carry_out(self, effect: Effect) -> None:
        """One of them."""
        match effect:
            case FactPosted():
                self._hub.post(effect)
            case KeyDied():
                self.drop_key(effect.key_id)
                self._hub.revoke_key(effect)
            case ProbeKeyDied():
                self.drop_key(effect.key_id)
            case DeviceEnded():
                self._hub.end_device(effect.device_id)
            case SessionClosed():
                self.close_at_ingest(effect.session_id)
            case ModeratorsTold():
                self._hub.tell_moderators(effect)
            case PersonToldInRoom():
                self._hub.tell_in_room(effect)
            case QuestionSeconded():
                self._hub.count_seconds(effect)
            case PersonSentOut():
                self._hub.send_out(effect)
                self._ingest.drop_viewer(self._drop_order(effect))
            case PersonTold():
                self._hub.tell_person(effect.account_id, effect.what)
            case GraceSet():
                if effect.deadline_ms is None:
                    self.deadlines_ms.pop(effect.session_id, None)
                else:
                    self.deadlines_ms[effect.session_id] = effect.deadline_ms

    def drop_key(self, key_id: str) -> None:
        """Whoever publishes with it is cut off."""
        self._ingest.drop(DropOrder(key_id=key_id, code=ErrorCode.KEY_DEAD.value))

    def close_at_ingest(self, session_id: str) -> None:
        """The session is over there as well."""
        self._ingest.close_session(CloseOrder(session_id=session_id, code=ErrorCode.SESSION_ENDED.value))

    def _drop_order(self, effect: PersonSentOut) -> ViewerDropOrder:
        """Against every media token that was made for them until now; an address may be handed out at this moment."""
        until_unix_s = int(self._clock.utc().timestamp()) + self._media_token_s + TOKEN_MARGIN_S
        return ViewerDropOrder(
            session_id=effect.session_id, viewer_id=effect.account_id, tokens_until_unix_s=until_unix_s
        )
