"""The event socket ``/api/v1/events``. The guard has checked host and origin before it comes here."""

from __future__ import annotations

from fastapi import APIRouter, WebSocket

from app.contract.rest import API_PREFIX
from server.rooms.connection import Connection
from server.routes.deps import ACCESS_COOKIE, services_of

router = APIRouter()
TRY_LATER = 1013


@router.websocket(f"{API_PREFIX}/events")
async def events(websocket: WebSocket) -> None:
    services = services_of(websocket)
    if services.hub.is_full():
        await websocket.accept()
        await websocket.close(TRY_LATER)
        return
    # A browser always names its origin; without one a cookie is not the page's.
    has_origin = "origin" in websocket.headers
    cookie = websocket.cookies.get(ACCESS_COOKIE) if has_origin else None
    await Connection(websocket, services.room, cookie).run()
