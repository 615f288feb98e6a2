"""What the ingest asks and reports, and the demo codes for the window of this machine. Not in the public document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request

from app.contract.errors import ErrorCode
from app.contract.hooks import ProbeReport, PublishAsk, PublishFact, PublishGrant
from app.contract.rest import DemoCode
from server.errors import Refusal
from server.providers.code_sender import DemoCodeSender
from server.routes.deps import WithServices, require_secret
from server.services import Services
from server.sessions import probe_keys, publishing
from server.store.store import Tx

T = TypeVar("T")
PREFIX = "/internal/v1"


def from_ingest(request: Request, services: WithServices) -> None:
    require_secret(request, services.config.hook_secret)
    services.ingest_heard()


publish = APIRouter(prefix=f"{PREFIX}/publish", include_in_schema=False, dependencies=[Depends(from_ingest)])
demo = APIRouter(prefix=f"{PREFIX}/demo", include_in_schema=False)


@publish.post("/authorize")
async def authorize(ask: PublishAsk, services: WithServices) -> PublishGrant:
    return await _write(
        services, lambda tx: publishing.authorize(tx, ask, services.platform_tag, services.config.max_publish_kbps)
    )


@publish.post("/started", status_code=204)
async def started(fact: PublishFact, services: WithServices) -> None:
    await _write(services, lambda tx: publishing.started(tx, fact))


@publish.post("/stopped", status_code=204)
async def stopped(fact: PublishFact, services: WithServices) -> None:
    await _write(services, lambda tx: publishing.stopped(tx, fact))


@publish.post("/stats", status_code=204)
async def probe_reported(report: ProbeReport, services: WithServices) -> None:
    await _write(services, lambda tx: probe_keys.reported(tx, report))


@publish.get("/grants")
async def list_grants(services: WithServices) -> list[PublishGrant]:
    return await services.store.read(lambda db: publishing.grants(db, services.config.max_publish_kbps))


async def _write(services: Services, work: Callable[[Tx], T]) -> T:
    """A queue that is full is no answer to the ingest, which takes every 4xx for one: it is to try again."""
    try:
        return await services.store.write(work)
    except Refusal as refusal:
        if refusal.reason is ErrorCode.RATE_LIMITED:
            raise Refusal(ErrorCode.INGEST_UNAVAILABLE, retry_after_s=refusal.retry_after_s) from refusal
        raise


def demo_sender(request: Request, services: WithServices) -> DemoCodeSender:
    """Only a sender that keeps codes has them; only the supervisor's token opens them."""
    if not isinstance(services.sender, DemoCodeSender):
        raise Refusal(ErrorCode.NOT_FOUND)
    require_secret(request, services.config.local_token)
    return services.sender


@demo.get("/codes")
async def list_codes(sender: Annotated[DemoCodeSender, Depends(demo_sender)]) -> list[DemoCode]:
    return sender.codes()
