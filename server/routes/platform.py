"""Open to all: who this is, whether it is well, what is live."""

from __future__ import annotations

from fastapi import APIRouter

from app.contract.rest import API_PREFIX, Health, PlatformInfo, Session
from server.routes.deps import REFUSALS, WithServices

router = APIRouter(responses=REFUSALS)


@router.get("/health")
async def get_health(services: WithServices) -> Health:
    return await services.health()


@router.get(f"{API_PREFIX}/platform")
async def get_platform(services: WithServices) -> PlatformInfo:
    return services.platform_info()


@router.get(f"{API_PREFIX}/live")
async def list_live(services: WithServices) -> list[Session]:
    """Sessions on air, the newest first."""
    return await services.list_live()
