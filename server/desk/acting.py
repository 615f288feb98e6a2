"""What a form of the desk does: an act, then the page that says that it is done, or the one that says why not.

Event loop. Each module of pages makes one ``FormAct`` for the page on which its forms stand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from fastapi import Request, Response

from server.desk.access import carry_out
from server.desk.forms import Posted
from server.desk.sessions import Visitor
from server.errors import Refusal
from server.services import Services
from server.store.store import Tx


class FormPage(Protocol):
    """Draws the page again for a form that was refused, with what was typed into it."""

    def __call__(
        self,
        request: Request,
        visitor: Visitor,
        services: Services,
        subject_id: str,
        /,
        *,
        refusal: Refusal,
        typed: Posted,
    ) -> Awaitable[Response]: ...


class FormAct(Protocol):
    """``subject_id``: what the form is about; empty for something new. ``done`` names what was done."""

    def __call__(
        self,
        request: Request,
        visitor: Visitor,
        services: Services,
        subject_id: str,
        posted: Posted,
        done: str,
        work: Callable[[Tx], object],
        /,
    ) -> Awaitable[Response]: ...


def form_act(page: FormPage, target: Callable[[str, Posted], str]) -> FormAct:
    """``target``: where it leads when it is done, by what the form was about and what it carried."""

    async def act(
        request: Request,
        visitor: Visitor,
        services: Services,
        subject_id: str,
        posted: Posted,
        done: str,
        work: Callable[[Tx], object],
    ) -> Response:
        async def again(refusal: Refusal) -> Response:
            return await page(request, visitor, services, subject_id, refusal=refusal, typed=posted)

        return await carry_out(services, visitor, posted, work, again, target(subject_id, posted), done)

    return act


def to_one(prefix: str) -> Callable[[str, Posted], str]:
    """To the page of what the form was about."""
    return lambda subject_id, _: f"{prefix}/{subject_id}"


def to_list(prefix: str) -> Callable[[str, Posted], str]:
    """To the page of all of them."""
    return lambda *_: prefix
