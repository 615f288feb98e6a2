"""What a browser posted, read with limits. Event loop."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.contract.documents import MAX_TEXT_BYTES
from app.contract.errors import ErrorCode
from server.errors import Refusal

MAX_FIELDS = 200
MAX_FIELD_BYTES = MAX_TEXT_BYTES + 64 * 1024
_ONCE = re.compile(r"[0-9a-f]{32}")
_PRIVATE = frozenset({"csrf", "once", "password", "code"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file: what it is called is data and nothing else."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Posted:
    fields: Mapping[str, str] = field(repr=False, default_factory=dict)
    uploads: Mapping[str, Upload] = field(repr=False, default_factory=dict)
    once: str | None = None
    """The same for the same form of the same page with the same words in it: posted twice it is done once."""

    def __call__(self, name: str, default: str = "") -> str:
        """A field's text, for handlers and for templates that show again what was typed."""
        return self.fields.get(name, default)

    def number(self, name: str) -> int:
        """Raises Refusal (input_invalid) when it is none that a database holds."""
        text = self(name)
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise Refusal(ErrorCode.INPUT_INVALID, detail={"field": name})
        return int(text)

    @property
    def typed(self) -> dict[str, str]:
        """What a person wrote, to be shown again where it could not be taken."""
        return {name: text for name, text in self.fields.items() if name not in _PRIVATE and len(text) > 1}


async def read_posted(request: Request) -> Posted:
    """Raises Refusal (input_invalid) for what is no form, or has too many or too large fields."""
    fields: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    try:
        async with request.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    uploads[name] = Upload((value.filename or "")[:200], await value.read())
                else:
                    # Browsers send line ends as CRLF.
                    fields[name] = value.replace("\r\n", "\n")
    except HTTPException as error:
        raise Refusal(ErrorCode.INPUT_INVALID) from error
    return Posted(fields, uploads, _once(request.url.path, fields, uploads))


def _once(path: str, fields: Mapping[str, str], uploads: Mapping[str, Upload]) -> str | None:
    if not _ONCE.fullmatch(fields.get("once", "")):
        return None
    files = sorted((name, upload.name, hashlib.sha256(upload.data).hexdigest()) for name, upload in uploads.items())
    said = repr((path, sorted(fields.items()), files))
    return f"desk {hashlib.sha256(said.encode('utf-8', 'surrogatepass')).hexdigest()}"
