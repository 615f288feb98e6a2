"""Sessions: opening, keys, ending, watching, reading back."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import Field
from sqlalchemy.orm import Session as Db

from app.contract.errors import ErrorCode
from app.contract.rest import (
    API_PREFIX,
    ChatMessage,
    CutOff,
    GuestCheck,
    KeyRequest,
    PlayInfo,
    Session,
    SessionCreate,
    StreamTarget,
)
from app.domain.session import SessionState
from app.runtime.clock import utc_ms
from server import media_token
from server.errors import Refusal
from server.gate import Person, may_join_as_guest, require
from server.gate_acts import Act
from server.rooms.chat import read_messages
from server.rooms.people import standing_in
from server.routes.deps import REFUSALS, PageQuery, Reading, SignedIn, SomeId, WithServices
from server.services import Services
from server.sessions import acts
from server.sessions.views import view_of
from server.standing import standing_of

router = APIRouter(prefix=f"{API_PREFIX}/sessions", responses=REFUSALS, tags=["sessions"])
MAX_SEQ = 2**31 - 1
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,100}$")]


class MessagePage(PageQuery):
    """Which messages are asked for."""

    after_seq: Annotated[int, Field(ge=0, le=MAX_SEQ)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


@router.post("", status_code=201)
async def open_session(
    wish: SessionCreate, person: SignedIn, services: WithServices, idempotency_key: IdempotencyKey = None
) -> Session:
    """One on the spot. Repeatable with Idempotency-Key."""
    cipher, checker = services.cipher, services.checker
    return services.wire(
        await services.store.write(lambda tx: acts.open_session(tx, person, cipher, checker, wish, idempotency_key)),
        person,
    )


@router.get("/current")
async def get_current(person: SignedIn, services: WithServices) -> Session:
    """The one of this anchor that is being prepared or on air, or was made on the spot; not_found when none is."""

    view = await services.store.read(
        lambda db: view_of(db, row) if (row := acts.find_current(db, person.account_id)) else None
    )
    if view is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return services.wire(view, person)


@router.get("/{session_id}")
async def get_session(session_id: SomeId, person: Reading, services: WithServices) -> Session:
    """What was counted in it is told to its anchor and to operators."""
    session = await services.get_session(session_id, person)
    if session is None:
        raise Refusal(ErrorCode.NOT_FOUND)
    return session


@router.post("/{session_id}/stream-key")
async def issue_stream_key(
    session_id: SomeId, person: SignedIn, services: WithServices, wish: KeyRequest | None = None
) -> StreamTarget:
    """A new stream key for this device; the one before dies. ``live_elsewhere`` when another device holds it."""
    issued = await services.store.write(
        lambda tx: acts.issue_stream_key(
            tx, person, services.cipher, session_id, wish or KeyRequest(), services.platform_tag
        )
    )
    ingests = list(services.config.ingests)
    return StreamTarget(url=ingests[0].url, key=issued.key, key_id=issued.key_id, ingests=ingests)


@router.post("/{session_id}/end")
async def end_session(session_id: SomeId, person: SignedIn, services: WithServices) -> Session:
    """End it; repeatable."""
    return services.wire(await services.store.write(lambda tx: acts.end(tx, person, session_id)), person)


@router.post("/{session_id}/cut-off")
async def cut_off_session(session_id: SomeId, wish: CutOff, person: SignedIn, services: WithServices) -> Session:
    """An operator ends it, with a reason that is kept."""
    return services.wire(
        await services.store.write(lambda tx: acts.cut_off(tx, person, session_id, wish.reason, wish.category)), person
    )


@router.get("/{session_id}/play")
async def get_play_info(session_id: SomeId, person: Reading, services: WithServices) -> PlayInfo:
    """Where to watch. The addresses are good for a minute; ``session_ended`` when there is nothing to come."""
    session = await get_session(session_id, person, services)
    if session.state is SessionState.ENDED:
        raise Refusal(ErrorCode.SESSION_ENDED)
    if person is not None:
        await _require_welcome(services, person, session_id)
    viewer_id = person.account_id if person else f"v{secrets.token_hex(8)}"
    term_s = services.config.lifetimes.media_token_s
    expires_unix_s = int(services.clock.utc().timestamp()) + term_s
    token = media_token.sign(services.config.media_secret, session_id, viewer_id, expires_unix_s)
    base = services.config.ingest_public_http_url
    return PlayInfo(
        flv_url=f"{base}/live/{session_id}.flv?token={token}",
        hls_url=f"{base}/hls/{session_id}/index.m3u8?token={token}",
        expires_in_s=term_s,
        state=session.state,
    )


async def _require_welcome(services: Services, person: Person, session_id: str) -> None:
    """Raises Refusal (removed_from_room)."""
    now_ms = utc_ms(services.clock.utc())

    def read(db: Db) -> None:
        row = acts.get(db, session_id)
        room = standing_in(db, row, person.account_id, now_ms)
        require(Act.WATCH, person, acts.subject_of(row), room=room)

    await services.store.read(read)


@router.get("/{session_id}/guest-check")
async def check_guest(session_id: SomeId, person: SignedIn, services: WithServices) -> GuestCheck:
    """Whether I may talk with the anchor on air, and if not, what is missing."""
    now_ms = utc_ms(services.clock.utc())

    def read(db: Db) -> GuestCheck:
        row = acts.get(db, session_id)
        subject = acts.guest_subject_of(db, row, now_ms)
        room = standing_in(db, row, person.account_id, now_ms)
        standing = standing_of(db, services.cipher, person.account_id, now_ms, only_told=True)
        code = may_join_as_guest(person, subject, standing, room)
        return GuestCheck(may=code is None, missing=code.value if code is not None else "")

    return await services.store.read(read)


@router.get("/{session_id}/messages")
async def list_messages(
    session_id: SomeId, services: WithServices, page: Annotated[MessagePage, Query()]
) -> list[ChatMessage]:
    """Messages after a number, oldest first."""
    return await services.store.read(lambda db: read_messages(db, session_id, page.after_seq, page.limit))
