"""Images: uploading, taking away, listing one's own; and the pictures themselves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.contract.applications import Image
from app.contract.errors import ErrorCode
from app.contract.rest import API_PREFIX
from app.domain.images import ImagePurpose
from server.errors import Refusal
from server.images import acts
from server.images.acts import Shown
from server.routes.deps import REFUSALS, Reading, SignedIn, SomeId, WithServices
from server.store.store import Tx

router = APIRouter(prefix=API_PREFIX, responses=REFUSALS, tags=["images"])
CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp")
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in CONTENT_TYPES},
    }
}
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}, "description": "The picture"}
}


@router.put("/me/images/{purpose}", openapi_extra=_FILE)
async def put_image(purpose: ImagePurpose, request: Request, person: SignedIn, services: WithServices) -> Image:
    """Store a new one: the body is the file. It is re-encoded, and reviewed before others see it."""
    services.rates.image.require(person.account_id)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise Refusal(ErrorCode.IMAGE_INVALID)
    return await services.images.upload(person, purpose, await request.body())


@router.delete("/me/images/{purpose}", status_code=204)
async def remove_image(purpose: ImagePurpose, person: SignedIn, services: WithServices) -> None:
    """Take it away; not_found when there is none."""

    def work(tx: Tx) -> None:
        acts.remove(tx, person, purpose)

    await services.store.write(work)


@router.get("/me/images")
async def list_images(person: SignedIn, services: WithServices) -> list[Image]:
    """The newest of each purpose."""
    return await services.store.read(lambda db: acts.images_of(db, person))


@router.get("/images/{image_id}", response_class=Response, responses=_PICTURE)
async def get_image(image_id: SomeId, person: Reading, services: WithServices) -> Response:
    """The picture: for its owner, for operators, and for all when it is an approved avatar or cover."""
    shown, data = await services.images.read(person, image_id)
    return picture_response(shown, data)


def picture_response(shown: Shown, data: bytes) -> Response:
    """What is under an id never changes, but who may see it does: others' caches give it up within the hour."""
    if not shown.purpose.is_public:
        cache = "private, no-store"
    elif shown.is_for_all:
        cache = "public, max-age=3600, immutable"
    else:
        cache = "private, max-age=3600, immutable"
    headers = {
        "Cache-Control": cache,
        "Content-Disposition": 'inline; filename="image.jpg"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type="image/jpeg", headers=headers)
