"""The service's REST side: one ``requests`` session, called in worker threads of the I/O loop.

Foreign exceptions end here: everything leaves as PlatformError with a code of ports.platform.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pydantic
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from app.contract.errors import ErrorReply
from app.contract.rest import API_PREFIX
from app.errors import PlatformError

CONNECT_S, READ_S = 3.0, 10.0
USER_AGENT = "AnchorDesk/0.1"
MAX_REPLY_BYTES = 4 * 1024 * 1024
"""Of what has no limit of its own."""

TOLD_BYTES = 256 * 1024
"""Of an upload, how much more before it is told again."""

M = TypeVar("M", bound=pydantic.BaseModel)


class _Counted(io.BytesIO):
    """Bytes that tell how far they were read; a repeat of the connection begins anew."""

    def __init__(self, data: bytes, on_sent: Callable[[int], None]) -> None:
        super().__init__(data)
        self._on_sent, self._told = on_sent, 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        at = self.tell()
        if at - self._told >= TOLD_BYTES or at < self._told or not data:
            self._told = at
            self._on_sent(at)
        return data


class Api:
    """Blocking calls; any worker thread. ``url`` is the service's base address."""

    def __init__(self, url: str, ca_file: str = "", language: str = "zh") -> None:
        self._base = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_file or True
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept-Language": language})
        # Only what may be repeated is repeated: safe methods, and writes that carry an idempotency key.
        # When to try again later is the caller's to decide: a Retry-After would be slept through here, in the worker.
        retries = Retry(
            total=2, connect=2, read=1, backoff_factor=0.2, allowed_methods={"GET", "DELETE"},
            respect_retry_after_header=False,
        )  # fmt: skip
        self._session.mount("http://", HTTPAdapter(max_retries=retries))
        self._session.mount("https://", HTTPAdapter(max_retries=retries))

    @property
    def base_url(self) -> str:
        return self._base

    def call(
        self,
        method: str,
        path: str,
        *,
        body: pydantic.BaseModel | None = None,
        token: str | None = None,
        idempotency_key: str = "",
        prefix: str = API_PREFIX,
        file: tuple[bytes, str] | None = None,
        is_file: bool = False,
        on_sent: Callable[[int], None] | None = None,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> Any:
        """The reply's JSON, None when it has no body. Raises PlatformError.

        ``file`` is sent as it is: its bytes and content type; ``on_sent`` hears, in this thread, how many
        went out. With ``is_file`` the reply is given as it is: bytes.
        """
        headers: dict[str, str] = {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if method == "POST":
            headers["Idempotency-Key"] = idempotency_key or uuid.uuid4().hex
        data: bytes | _Counted | None = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = body.model_dump_json().encode()
        elif file is not None:
            content_bytes, headers["Content-Type"] = file
            data = content_bytes if on_sent is None else _Counted(content_bytes, on_sent)
        try:
            with self._session.request(
                method, self._base + prefix + path, data=data, headers=headers, timeout=(CONNECT_S, READ_S),
                allow_redirects=False, stream=True,
            ) as reply:  # fmt: skip
                content = _read(reply, max_reply_bytes)
        except requests.exceptions.SSLError as cause:
            raise PlatformError("platform_tls", retryable=False) from cause
        except requests.exceptions.ConnectTimeout as cause:
            raise PlatformError("platform_unreachable") from cause
        except requests.exceptions.Timeout as cause:
            raise PlatformError("platform_timeout") from cause
        except requests.exceptions.RequestException as cause:
            raise PlatformError("platform_unreachable") from cause
        if reply.status_code >= 300:
            raise _refusal(reply.status_code, content, reply.headers)
        if is_file:
            return content
        if reply.status_code == 204 or not content:
            return None
        try:
            return json.loads(content)
        except ValueError as cause:
            raise PlatformError("platform_not_ours", retryable=False) from cause

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def parsed_all(kind: type[M], reply: Any) -> list[M]:
    """A list of them. Raises as ``parsed``."""
    if not isinstance(reply, list):
        raise PlatformError("platform_not_ours", retryable=False)
    return [parsed(kind, item) for item in reply]


def parsed(kind: type[M], reply: Any) -> M:
    """The reply as a wire type. Raises PlatformError ``platform_not_ours`` when it is something else."""
    try:
        return kind.model_validate(reply)
    except pydantic.ValidationError as cause:
        raise PlatformError("platform_not_ours", retryable=False) from cause


def _read(reply: requests.Response, max_bytes: int) -> bytes:
    """The body; given up as soon as it is longer than what was asked for can be."""
    content = bytearray()
    for part in reply.iter_content(64 * 1024):
        content += part
        if len(content) > max_bytes:
            raise PlatformError("platform_not_ours", retryable=False)
    return bytes(content)


def _refusal(status: int, content: bytes, headers: Mapping[str, str]) -> PlatformError:
    try:
        error = ErrorReply.model_validate_json(content).error
    except pydantic.ValidationError:
        if status in (502, 503, 504):
            return PlatformError("platform_unreachable")
        return PlatformError("platform_not_ours", retryable=False)
    detail: dict[str, object] = dict(error.detail)
    after = headers.get("Retry-After", "")
    if after.isdecimal() and "retry_after_s" not in detail:
        detail["retry_after_s"] = int(after)
    return PlatformError(error.code, retryable=error.retryable, detail=detail)
