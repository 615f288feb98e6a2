"""Open to all: who this is, whether it is well, what is live."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.contract.rest import API_PREFIX, Health, PlatformInfo, Session
from server.routes.deps import REFUSALS, WithServices, has_secret

router = APIRouter(responses=REFUSALS)


@router.get("/health", responses={503: {"model": Health, "description": "The database cannot be used"}})
async def get_health(request: Request, response: Response, services: WithServices) -> Health:
    """How the service is. The ingest asks this every few seconds and shows its secret: so it is known to be there."""
    if has_secret(request, services.config.hook_secret):
        services.ingest_heard()
    health = await services.health()
    if health.status != "ok":
        response.status_code = 503
    return health


@router.get(f"{API_PREFIX}/platform")
async def get_platform(services: WithServices) -> PlatformInfo:
    return services.platform_info()


@router.get(f"{API_PREFIX}/live")
async def list_live(services: WithServices) -> list[Session]:
    """Sessions on air, the newest first."""
    return await services.list_live()
