"""What uploaded images are for, and how their review stands. Pure.

=========  =====================================================
from       to
=========  =====================================================
pending    approved, refused (operator); replaced (owner)
approved   refused (operator, later finding); replaced (owner)
refused    replaced (owner)
replaced   nothing: final
=========  =====================================================
"""

from __future__ import annotations

from enum import StrEnum


class ImagePurpose(StrEnum):
    AVATAR = "avatar"
    COVER = "cover"
    LICENCE = "licence"
    """Business licence of an organisation: never public, encrypted at rest."""
    AUTHORISATION = "authorisation"
    """Letter by which the organisation authorises the person on camera: as above."""

    @property
    def is_public(self) -> bool:
        """Whether everyone sees it once it is approved."""
        return self in (ImagePurpose.AVATAR, ImagePurpose.COVER)


class ImageState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    REPLACED = "replaced"


_NEXT: dict[ImageState, frozenset[ImageState]] = {
    ImageState.PENDING: frozenset({ImageState.APPROVED, ImageState.REFUSED, ImageState.REPLACED}),
    ImageState.APPROVED: frozenset({ImageState.REFUSED, ImageState.REPLACED}),
    ImageState.REFUSED: frozenset({ImageState.REPLACED}),
    ImageState.REPLACED: frozenset(),
}


def may_become(state: ImageState, following: ImageState) -> bool:
    """Whether ``following`` is a lawful next state."""
    return following in _NEXT[state]
