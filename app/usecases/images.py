"""Images of a person: avatar, cover, and what an organisation shows. Files are read in workers. I/O loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.contract.applications import MAX_IMAGE_BYTES, Image
from app.domain.images import ImagePurpose
from app.errors import AppError, InputError
from app.usecases.context import Context
from app.usecases.scope import Scope
from app.usecases.trouble import Trouble
from app.usecases.wishes import RemoveImage, UploadImage

LIMIT_MB = MAX_IMAGE_BYTES // 1024 // 1024


class ImagesCase:
    """``on_changed`` gets the purpose and the id of the image that there is now; empty for none."""

    def __init__(self, context: Context, scope: Scope, on_changed: Callable[[ImagePurpose, str], None]) -> None:
        self._context, self._scope, self._on_changed = context, scope, on_changed
        self._turn = asyncio.Lock()

    def upload(self, wish: UploadImage) -> None:
        self._scope.spawn(self._upload(wish), "image-upload")

    def remove(self, wish: RemoveImage) -> None:
        self._scope.spawn(self._remove(wish.purpose), "image-remove")

    def fetch(self) -> None:
        """Get the pictures of the images that there are; what cannot be had now is asked for the next time."""
        self._scope.spawn(self._fetch(), "image-fetch")

    async def _fetch(self) -> None:
        platform = self._scope.platform
        for image in self._context.state.application.images:
            if platform is None or image.id in self._context.state.application.pictures:
                continue
            try:
                data = await platform.image_bytes(image.id)
            except AppError:
                continue
            desk = self._context.state.application
            ids = {one.id for one in desk.images}
            known = {one: picture for one, picture in desk.pictures.items() if one in ids}
            self._set(pictures={**known, image.id: data})

    async def _upload(self, wish: UploadImage) -> None:
        async with self._turn:
            platform = self._scope.platform
            if platform is None:
                return
            self._set(uploading=wish.purpose, trouble=None)
            trouble: Trouble | None = None
            try:
                data: bytes = await self._context.in_worker(read_image, wish.path)
                image = await platform.put_image(wish.purpose, data)
            except AppError as error:
                known = _too_large() if error.code == "too_large" else error
                trouble = self._context.trouble(known)
                if trouble is None:
                    return
                self._set(uploading=None, trouble=trouble)
                return
            self._show(wish.purpose, image)

    async def _remove(self, purpose: ImagePurpose) -> None:
        async with self._turn:
            platform = self._scope.platform
            if platform is None:
                return
            try:
                await platform.remove_image(purpose)
            except AppError as error:
                if error.code != "not_found":
                    trouble = self._context.trouble(error)
                    if trouble is not None:
                        self._set(trouble=trouble)
                    return
            self._show(purpose, None)

    def _show(self, purpose: ImagePurpose, image: Image | None) -> None:
        others = tuple(one for one in self._context.state.application.images if one.purpose is not purpose)
        self._set(images=others if image is None else (*others, image), uploading=None, trouble=None)
        self._on_changed(purpose, image.id if image is not None else "")

    def _set(self, **fields: object) -> None:
        self._context.change(application=replace(self._context.state.application, **fields))  # type: ignore[arg-type]


def read_image(path: str) -> bytes:
    """The file, when it is not larger than the service takes. InputError ``image_too_large``, ``image_unreadable``."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_IMAGE_BYTES + 1)
    except (OSError, ValueError) as cause:
        raise InputError("image_unreadable", detail={"reason": getattr(cause, "strerror", None) or ""}) from cause
    if len(data) > MAX_IMAGE_BYTES:
        raise _too_large()
    return data


def _too_large() -> InputError:
    return InputError("image_too_large", detail={"limit_mb": LIMIT_MB})
