"""What all bodies on the wire share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """Frozen; fields that are not known are passed over, so that an older side reads a newer one."""

    model_config = ConfigDict(extra="ignore", frozen=True)
