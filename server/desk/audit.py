"""The page of the record of who did what (操作记录). Event loop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from server.desk import frame, record
from server.desk.access import PATH, AtDesk, DeskRoute
from server.routes.deps import WithServices

router = APIRouter(prefix=f"{PATH}/audit", include_in_schema=False, route_class=DeskRoute)


@router.get("")
async def show_audit(
    request: Request,
    visitor: AtDesk,
    services: WithServices,
    family: Annotated[str, Query(max_length=16)] = "",
    about: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    found = await services.store.read(
        lambda db: record.records(db, visitor.person, family=family, about=about.strip(), after=after)
    )
    return await frame.page(
        request,
        services,
        visitor,
        "audit.html",
        "audit",
        records=found,
        families=record.FAMILIES,
        family=family,
        about=about.strip(),
        is_first=not after,
        more=found[-1].place if len(found) == record.PAGE else "",
    )
